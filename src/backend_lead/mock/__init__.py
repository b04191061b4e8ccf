"""A contract answered in memory: what a client team builds against before the backend is there.

From here up to `serving` nothing knows a socket or a clock: a request and a time in, an answer and
how long to keep it back out.
"""
