"""Clients that send what they should not: refused cleanly, the server alive, files untouched."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import anyio
import pytest

from tests.agent.client import COMMAND, connected, environment
from tests.app.good_model import GOOD

ESCAPES = ("../secret.yaml", "/etc/passwd", "a/../../secret.yaml", "link/secret.yaml", "x\0y",
           "", "~/secret.yaml", "..", "loop/x", "n" * 499)  # fmt: skip
HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {},
               "clientInfo": {"name": "test", "version": "1"}},
}  # fmt: skip
CHECK = {"jsonrpc": "2.0", "id": 9, "method": "tools/call",
         "params": {"name": "check", "arguments": {}}}  # fmt: skip


@contextmanager
def raw(folder: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Both ends of a server's pipe, after the greeting."""
    (folder / "backend.yaml").write_text(GOOD, encoding="utf-8")
    with subprocess.Popen(
        [*COMMAND, "--root", str(folder)], env=environment(), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        try:
            say(process.stdin, HELLO)
            assert heard(process.stdout)["result"]["serverInfo"]["name"] == "backend-lead"
            say(process.stdin, {"jsonrpc": "2.0", "method": "notifications/initialized"})
            yield process.stdin, process.stdout
            say(process.stdin, CHECK)
            found = next(m for m in iter(lambda: heard(process.stdout), None) if m.get("id") == 9)
            assert found["result"]["structuredContent"]["status"] == "complete"
        finally:
            process.stdin.close()
            process.wait(30)
    assert process.returncode == 0


def say(pipe: IO[bytes], message: Any) -> None:
    pipe.write(json.dumps(message).encode() + b"\n")
    pipe.flush()


def heard(pipe: IO[bytes] | None) -> dict[str, Any]:
    """The next message; everything on standard output is one."""
    assert pipe is not None
    line = pipe.readline()
    assert line, "the server is gone"
    found: dict[str, Any] = json.loads(line)
    return found


@pytest.mark.parametrize(
    "line",
    [
        b"this is no JSON\n", b'{"jsonrpc": "2.0"\n', b"[]\n", b"\xff\xfe\x00\n", b"null\n",
        b'{"jsonrpc": "2.0", "id": 3, "method": "no/such/method"}\n',
        b'{"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"name": 7}}\n',
        b'{"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "rm"}}\n',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}}\n',
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"\n",
        b'{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"check","arguments":'
        b'{"model":"' + b"x" * 5_000_000 + b'"}}}\n',
    ],
    ids=["text", "half", "list", "bytes", "null", "method", "types", "tool", "cancel", "deep",
         "large"],
)  # fmt: skip
def test_a_message_that_makes_no_sense_ends_nothing(tmp_path: Path, line: bytes) -> None:
    """It is refused as no message; after it the server answers as before, and says nothing but the
    protocol."""
    with raw(tmp_path) as (write, read):
        write.write(line)
        write.flush()
        if not line.startswith(b'{"jsonrpc": "2.0", "id"') and b"notifications" not in line:
            told = heard(read)  # whoever waits for an answer gets one
            assert told["error"]["code"] == -32700
            assert told.get("id") == (6 if b'"id":6' in line else None)
    assert (tmp_path / "backend.yaml").read_text(encoding="utf-8") == GOOD


def test_no_path_leaves_the_folder(tmp_path: Path) -> None:
    """Neither up, nor absolute, nor by a link: for reading, writing, comparing, as a resource."""
    folder, secret = tmp_path / "work", tmp_path / "secret.yaml"
    folder.mkdir()
    secret.write_text(GOOD, encoding="utf-8")
    (folder / "link").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "backend.yaml").write_text(GOOD, encoding="utf-8")

    async def work() -> None:
        async with connected(folder) as client:
            for path in ESCAPES:
                calls = [("check", {"model": path}), ("compare", {"before": path, "after": path})]
                if path not in ("n" * 499, "~/secret.yaml"):  # these are names below the folder
                    calls.append(("design", {"model": "backend.yaml", "search": False,
                                             "only": "model", "out": path}))  # fmt: skip
                for tool, arguments in calls:
                    if tool == "check" and not path:
                        continue  # none is named: the model of the folder is meant
                    found = (await client.call_tool(tool, arguments)).structured_content or {}
                    assert found["status"] == "blocked", (tool, path)
                    assert "users: 10k" not in json.dumps(found)
                with pytest.raises(Exception, match=r"inside|no file|no such|read"):
                    await client.read_resource(f"design://files/{path}".replace("\0", "%00"))
            with pytest.raises(Exception, match="inside"):
                await client.read_resource("design://files/%2e%2e/secret.yaml")
            with pytest.raises(Exception, match="inside"):
                await client.read_resource("evidence://p99?model=../secret.yaml")

    anyio.run(work)
    assert secret.read_text(encoding="utf-8") == GOOD
    assert sorted(p.name for p in tmp_path.iterdir()) == ["secret.yaml", "work"]


def test_somebodys_files_are_not_written_over(tmp_path: Path) -> None:
    """A folder with a file of a name we use is refused; what is there stays."""
    (tmp_path / "backend.yaml").write_text(GOOD, encoding="utf-8")
    taken = tmp_path / "out" / "README.md"
    taken.parent.mkdir()
    taken.write_text("mine", encoding="utf-8")

    async def work() -> None:
        async with connected(tmp_path) as client:
            result = await client.call_tool("design", {"model": "backend.yaml"})
            found = result.structured_content or {}
            assert found["findings"][0]["rule"] == "output-taken"

    anyio.run(work)
    assert taken.read_text(encoding="utf-8") == "mine"


def test_many_calls_at_once_are_all_answered(tmp_path: Path) -> None:
    """Light and heavy ones together, each with its own answer."""
    (tmp_path / "backend.yaml").write_text(GOOD, encoding="utf-8")
    calls = [("check", {}), ("explain", {"word": "cache-aside"}), ("capacity", {}),
             ("change", {"set": {"components.app.count": 7}}),
             ("simulate", {"duration": "6s"})] * 4  # fmt: skip

    async def work() -> None:
        async with connected(tmp_path) as client:
            answers: dict[int, Any] = {}

            async def one(number: int, tool: str, arguments: dict[str, Any]) -> None:
                result = await client.call_tool(tool, arguments)
                answers[number] = result.structured_content

            async with anyio.create_task_group() as group:
                for number, (tool, arguments) in enumerate(calls):
                    group.start_soon(one, number, tool, arguments)
            assert all(answers[n]["status"] == "complete" for n in range(len(calls)))
            firsts = [answers[n]["summary"] for n in range(5)]
            for start in range(5, len(calls), 5):
                assert [answers[start + n]["summary"] for n in range(5)] == firsts

    anyio.run(work)
    assert (tmp_path / "backend.yaml").read_text(encoding="utf-8") == GOOD
