"""For who builds: the order of work, and drawings of the parts and of each request."""
