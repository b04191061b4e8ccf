"""How soon an assistant is answered: the server's start, and its first `check`.

    python benchmarks/agent.py

Median of several starts, by the clock, with a real client over stdio; the model is that of
benchmarks/start.py, of 30 parts. To reach: start under 2 s, the first answer under 1 s after it.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from start import model

STARTS = 5


async def once(folder: Path) -> tuple[float, float, int]:
    """Seconds to the list of tools, seconds of the first check, bytes of the list."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "backend_lead.cli", "mcp", "--root", str(folder)]
    )
    start = time.monotonic()
    async with Client(stdio_client(server)) as client:
        tools = await client.list_tools()
        started = time.monotonic()
        asked = time.monotonic()
        found = (await client.call_tool("check", {})).structured_content or {}
        assert found["status"] == "complete", found
        listed = [tool.model_dump(by_alias=True, exclude_none=True) for tool in tools.tools]
        return started - start, time.monotonic() - asked, len(json.dumps(listed))


def main() -> int:
    """Print the medians."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "backend.yaml").write_text(model(), encoding="utf-8")
        rows = [anyio.run(once, Path(folder)) for _ in range(STARTS)]
    started, checked, size = (statistics.median(column) for column in zip(*rows))
    print(f"start to the list of tools   {started:.2f} s   (to reach: 2 s)")
    print(f"first check after it         {checked:.2f} s   (to reach: 1 s)")
    print(f"list of tools                {size:.0f} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
