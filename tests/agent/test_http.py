"""The server over HTTP: for whoever holds the token, on this machine, and for no web page."""

from __future__ import annotations

import http.client
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.agent.client import COMMAND, environment
from tests.app.good_model import GOOD

TOKEN = "a-token-of-more-than-sixteen-characters"
BODY_MAX = 1_000_000


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The address of a server over a folder with a good model."""
    (tmp_path / "backend.yaml").write_text(GOOD, encoding="utf-8")
    process = subprocess.Popen(
        [*COMMAND, "--http", "--root", str(tmp_path)], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment() | {"BACKEND_LEAD_MCP_TOKEN": TOKEN},
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        _, told = process.communicate(timeout=30)
    assert TOKEN not in told


def post(url: str, body: bytes = b"{}", **headers: str) -> tuple[int, bytes]:
    """Status and body of a raw request with these headers (`_` for `-`)."""
    host = url.split("/")[2]
    port = int(host.rpartition(":")[2])
    sent = {"Host": host, "Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}",
            "Accept": "application/json, text/event-stream", "Content-Length": str(len(body)),
            **{name.replace("_", "-"): text for name, text in headers.items()}}  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest("POST", "/mcp", skip_host=True)
        for name, text in sent.items():
            connection.putheader(name, text)
        connection.endheaders()
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all was read
            connection.send(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_who_may_not_is_refused_and_who_may_is_answered(url: str) -> None:
    """No token or another: 401; a foreign Host 421, a foreign Origin 403, a huge body 413."""
    assert url.startswith("http://127.0.0.1:")
    assert post(url, Authorization="")[0] == 401
    assert post(url, Authorization="Bearer other")[0] == 401
    assert post(url, Authorization=f"Basic {TOKEN}")[0] == 401
    assert post(url, Host="evil.example")[0] == 421
    assert post(url, Host="evil.example:80", Authorization="")[0] == 401
    assert post(url, Origin="https://evil.example")[0] == 403
    assert post(url, b"x" * (BODY_MAX + 1))[0] == 413
    status, body = post(url, b"not json")
    assert status == 400 and b"Traceback" not in body

    async def work() -> None:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as web,
            Client(streamable_http_client(url, http_client=web)) as client,
        ):
            found = (await client.call_tool("check", {})).structured_content or {}
            assert found["status"] == "complete"
            page = await client.read_resource("catalog://rules?limit=500")
            assert page.contents

    anyio.run(work)


def test_a_token_that_is_too_short_is_refused(tmp_path: Path) -> None:
    """Exit code 2 and what is allowed; the token itself is not repeated."""
    done = subprocess.run(
        [*COMMAND, "--http", "--root", str(tmp_path)], capture_output=True, text=True, timeout=60,
        env=environment() | {"BACKEND_LEAD_MCP_TOKEN": "sh0rt"}, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "at least 16" in done.stderr and "sh0rt" not in done.stderr


def test_without_a_token_one_is_made_and_told(tmp_path: Path) -> None:
    """On standard error, once; standard output has the address alone."""
    process = subprocess.Popen(
        [*COMMAND, "--http", "--root", str(tmp_path)], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment() | {"BACKEND_LEAD_MCP_TOKEN": ""},
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    address, told = process.stdout.readline().strip(), process.stderr.readline()
    token = told.rpartition("token: ")[2].strip()
    assert len(token) >= 32
    assert post(address, Authorization=f"Bearer {token}")[0] == 400
    assert post(address, Authorization="Bearer guess")[0] == 401
    process.terminate()
    assert process.wait(30) in (0, 130)
