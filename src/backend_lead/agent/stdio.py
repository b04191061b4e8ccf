"""The server over standard input and output, as assistants start it.

A line that is too long is thrown away as it comes and answered as what cannot be parsed, so that
no client fills the memory.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from threading import Thread
from typing import BinaryIO

import anyio
import anyio.to_thread
from mcp.server.stdio import stdio_server

from backend_lead.agent.server import server
from backend_lead.agent.workspace import Workspace

LINE_MAX = 1_000_000  # bytes of one message
CHUNK = 65_536
TOO_LONG = '{"jsonrpc":"2.0","error":"a message is longer than this server reads"}'


class Lines:
    """Lines of a stream, each of bounded length; what is longer becomes one that does not parse."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[str]:
        return self._lines()

    async def _lines(self) -> AsyncIterator[str]:
        while True:
            line = await anyio.to_thread.run_sync(self._line, abandon_on_cancel=True)
            if line is None:
                return
            if line.strip():
                yield line

    def _line(self) -> str | None:
        data = self._stream.readline(LINE_MAX)
        if not data:
            return None
        if len(data) < LINE_MAX or data.endswith(b"\n"):
            return data.decode("utf-8", "replace")
        while data and not data.endswith(b"\n"):
            data = self._stream.readline(CHUNK)
        return TOO_LONG


def serve(workspace: Workspace) -> None:
    """Serve until the input ends. Nothing but the protocol goes to standard output."""
    stream = _own_input()
    anyio.run(_serve, workspace, stream)


def _own_input() -> BinaryIO:
    """The input under another number; under 0 nothing, so that no program started here reads it."""
    own = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return os.fdopen(own, "rb", closefd=False)


def _warm() -> None:
    """Load what the first answer needs, while the assistant is still greeting."""
    import backend_lead.app.check
    import backend_lead.app.simulate  # noqa: F401


async def _serve(workspace: Workspace, stream: BinaryIO) -> None:
    made = server(workspace)
    Thread(target=_warm, daemon=True).start()
    async with stdio_server(stdin=Lines(stream)) as (read, write):  # type: ignore[arg-type]
        await made.run(read, write, made.create_initialization_options())
