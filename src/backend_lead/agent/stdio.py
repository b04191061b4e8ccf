"""The server over standard input and output, as assistants start it.

A line that is too long is thrown away as it comes, so that no client fills the memory; it is
answered, as is everything else that is no message.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from threading import Timer
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
LATER_S = 1.0  # after which it is loaded that nobody asked for yet
SENTENCE = "Design a shop backend for 200 concurrent users"
ID = re.compile(r'"id"\s*:\s*("(?:[^"\\]|\\.){0,100}"|-?\d{1,15})')


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
    _load()
    anyio.run(_serve, workspace, stream)


def _own_input() -> BinaryIO:
    """The input under another number; under 0 nothing, so that no program started here reads it."""
    own = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return os.fdopen(own, "rb", closefd=False)


def _load() -> None:
    """Load what the first answer needs before anybody is greeted: who has been greeted asks at
    once, and would wait for it then."""
    import backend_lead.app.check
    import backend_lead.intake.brief.accept  # noqa: F401
    from backend_lead.catalog import kinds
    from backend_lead.checks import rules

    kinds()
    rules()


def _load_more() -> None:
    """The reader of briefs: what the first model that quotes one takes a second for."""
    from backend_lead.intake.brief import read_brief

    read_brief(SENTENCE)


async def _serve(workspace: Workspace, stream: BinaryIO) -> None:
    made = server(workspace)
    later = Timer(LATER_S, _load_more)
    later.daemon = True
    later.start()
    lines = Lines(stream)
    async with stdio_server(stdin=lines) as (read, write):  # type: ignore[arg-type]
        lines.answer_to(write)
        await made.run(read, write, made.create_initialization_options())
