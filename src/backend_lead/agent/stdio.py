"""The server over standard input and output, as assistants start it.

A line that is too long is thrown away as it comes, so that no client fills the memory; it is
answered, as is everything else that is no message.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from threading import Thread
from typing import BinaryIO

import anyio
import anyio.to_thread
import mcp_types as types
from anyio.streams.memory import MemoryObjectSendStream
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage

from backend_lead.agent.server import server
from backend_lead.agent.workspace import Workspace

LINE_MAX = 1_000_000  # bytes of one message
CHUNK = 65_536
ID = re.compile(r'"id"\s*:\s*("(?:[^"\\]|\\.){0,100}"|-?\d{1,15})')
WARM_BY = "Design a shop backend for 200 concurrent users"


class Lines:
    """The lines of a stream that are messages; what is none, or too long, is answered at once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._answers: MemoryObjectSendStream[SessionMessage] | None = None
        self._open = anyio.Event()

    def answer_to(self, answers: MemoryObjectSendStream[SessionMessage]) -> None:
        """Where answers go; nothing is read before that is known."""
        self._answers = answers
        self._open.set()

    def __aiter__(self) -> AsyncIterator[str]:
        return self._lines()

    async def _lines(self) -> AsyncIterator[str]:
        await self._open.wait()
        while True:
            line = await anyio.to_thread.run_sync(self._line, abandon_on_cancel=True)
            if line is None:
                return
            if not line.strip():
                continue
            try:
                types.jsonrpc_message_adapter.validate_json(line, by_name=False)
            except (ValueError, RecursionError):
                await self._refuse(line)
                continue
            yield line

    async def _refuse(self, line: str) -> None:
        found = ID.search(line[:LINE_MAX])
        ident = json.loads(found[1]) if found else None
        told = f"this is no JSON-RPC message of at most {LINE_MAX:,} bytes"
        error = types.JSONRPCError(
            jsonrpc="2.0", id=ident, error=types.ErrorData(code=types.PARSE_ERROR, message=told)
        )
        assert self._answers is not None
        await self._answers.send(SessionMessage(error))

    def _line(self) -> str | None:
        data = self._stream.readline(LINE_MAX)
        if not data:
            return None
        text = data.decode("utf-8", "replace")
        if len(data) < LINE_MAX or data.endswith(b"\n"):
            return text
        while data and not data.endswith(b"\n"):
            data = self._stream.readline(CHUNK)
        return text  # cut, so that it is no message any more


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
    from backend_lead.catalog import kinds
    from backend_lead.checks import rules
    from backend_lead.intake.brief import read_brief
    from backend_lead.search.assess import assess

    kinds()
    rules()
    assess(read_brief(WARM_BY).system)


async def _serve(workspace: Workspace, stream: BinaryIO) -> None:
    made = server(workspace)
    Thread(target=_warm, daemon=True).start()
    lines = Lines(stream)
    async with stdio_server(stdin=lines) as (read, write):  # type: ignore[arg-type]
        lines.answer_to(write)
        await made.run(read, write, made.create_initialization_options())
