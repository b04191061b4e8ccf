"""A real MCP client on a server of its own, over stdio."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.app.command_line import CACHE, SOURCE

COMMAND = [sys.executable, "-m", "backend_lead.cli", "mcp"]


def environment() -> dict[str, str]:
    """What the server sees: the sources under test, and the compiled kernel that is kept."""
    return {**os.environ, "PYTHONPATH": SOURCE, "XDG_CACHE_HOME": str(CACHE)}


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[Client]:
    """A client whose server works in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    server = StdioServerParameters(
        command=COMMAND[0], args=[*COMMAND[1:], "--root", str(folder)], env=environment()
    )
    async with Client(stdio_client(server)) as client:
        yield client
