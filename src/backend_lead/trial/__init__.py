"""What runs a design's parts for real, here: started, filled, asked, stopped, nothing left behind.

Only this row starts processes, opens sockets and keeps temporary folders.
"""
