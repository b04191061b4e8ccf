"""The door for coding agents: tools over MCP, and the files that introduce them to an assistant.

It decides nothing: a tool reads its arguments, calls a use case and puts what came out into one
envelope, small enough for a context window. `tools/` lists itself: one tool per file.
"""
