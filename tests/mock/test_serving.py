"""The socket of the mock: what reaches it, what is refused, how it ends."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backend_lead.mock import serving
from backend_lead.mock.message import Answer, Asked
from backend_lead.mock.serving import Server, is_loopback
from tests.mock.library_model import LIBRARY
from tests.mock.served import served, stop


@contextmanager
def listening(answering: Any = None, speed: float = 1.0) -> Iterator[Server]:
    """A server in a thread; without `answering` it tells what it was asked."""

    def echo(asked: Asked, now_s: float) -> Answer:
        told = {"method": asked.method, "path": asked.path, "body": asked.body.decode()}
        return Answer(200, {"Content-Type": "application/json"}, json.dumps(told).encode())

    server = Server("127.0.0.1", 0, answering or echo, speed)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def ask(server: Server, method: str = "GET", path: str = "/x", body: bytes | None = None,
        **headers: str) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def raw(server: Server, text: bytes) -> bytes:
    """What comes back for bytes that no client library would send."""
    with socket.create_connection(server.server_address[:2], timeout=10) as link:
        link.sendall(text)
        link.shutdown(socket.SHUT_WR)
        found = b""
        while part := link.recv(65536):
            found += part
        return found


def test_a_request_reaches_the_mock_as_it_was_sent() -> None:
    """Method, path and body; a HEAD has the length of the body and no body."""
    with listening() as server:
        status, _, body = ask(server, "PURGE", "/a/b?c=d", b"hello")
        assert status == 200 and json.loads(body) == {
            "method": "PURGE", "path": "/a/b", "body": "hello"}  # fmt: skip
        status, headers, body = ask(server, "HEAD")
        assert status == 200 and int(headers["Content-Length"]) > 0 and body == b""


@pytest.mark.parametrize(("host", "status"), [
    ("localhost", 200), ("127.0.0.1:80", 200), ("[::1]:80", 200), ("evil.example", 421),
    ("localhost.evil.example:80", 421), ("", 421),
])  # fmt: skip
def test_only_names_of_this_machine_are_served(host: str, status: int) -> None:
    """A name elsewhere that leads here (DNS rebinding) gets nothing."""
    with listening() as server:
        assert ask(server, Host=host)[0] == status


@pytest.mark.parametrize(("origin", "status"), [
    ("http://localhost:3000", 200), ("http://127.0.0.1", 200), ("https://evil.example", 403),
    ("null", 403), ("http://[", 403),
])  # fmt: skip
def test_only_pages_of_this_machine_may_ask(origin: str, status: int) -> None:
    """CORS is for pages on loopback; others are refused and told of no origin."""
    with listening() as server:
        found, headers, _ = ask(server, Origin=origin)
        assert found == status
        assert headers.get("Access-Control-Allow-Origin") == (origin if status == 200 else None)
        if status == 200:
            found, headers, _ = ask(server, "OPTIONS", Origin=origin,
                                    Access_Control_Request_Method="POST")  # fmt: skip
            assert found == 204 and "Idempotency-Key" in headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(("text", "status"), [
    (b"GARBAGE\r\n\r\n", 400),
    (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 505),
    (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", 413),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
])  # fmt: skip
def test_what_is_no_request_is_a_problem(text: bytes, status: int) -> None:
    """Malformed and too large ones are refused as problems, and the connection closed."""
    with listening() as server:
        head, _, body = raw(server, text).partition(b"\r\n\r\n")
        assert int(head.split()[1]) == status
        assert b"application/problem+json" in head and json.loads(body)["status"] == status


def test_a_client_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither lines nor bodies may take longer than is allowed; others are served meanwhile."""
    monkeypatch.setattr(serving, "SILENT_S", 0.2)
    monkeypatch.setattr(serving.Handler, "timeout", 0.2)
    with listening() as server:
        for start in (
            b"GET / HT",
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
        ):
            with socket.create_connection(server.server_address[:2], timeout=5) as link:
                link.sendall(start)
                assert ask(server)[0] == 200
                began = time.monotonic()
                while link.recv(4096):
                    pass
                assert time.monotonic() - began < 3


def test_a_mistake_of_ours_is_told_without_a_trace() -> None:
    """The client gets a problem that names nothing of the inside."""

    def broken(asked: Asked, now_s: float) -> Answer:
        raise KeyError("secret place")

    with listening(broken) as server:
        status, _, body = ask(server)
        assert status == 500 and b"secret" not in body and b"Traceback" not in body
        assert json.loads(body)["code"] == "internal"


def test_an_answer_is_kept_back_as_long_as_the_design_takes() -> None:
    """The wait passes at the speed of the mock's time."""
    slow = Answer(200, {}, b"", wait_s=0.4)
    for speed, low, high in ((1.0, 0.4, 2.0), (20.0, 0.0, 0.3)):
        with listening(lambda asked, now_s: slow, speed) as server:
            began = time.monotonic()
            ask(server)
            assert low <= time.monotonic() - began < high


def test_which_hosts_are_this_machine() -> None:
    """Loopback in all its spellings."""
    assert all(map(is_loopback, ("127.0.0.1", "localhost", "::1", "[::1]", "127.9.9.9")))
    assert not any(map(is_loopback, ("0.0.0.0", "192.168.1.4", "example.com", "")))


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0)])
def test_the_command_serves_until_it_is_stopped(tmp_path: Path, by: int, code: int) -> None:
    """It tells its address and where its times come from, and ends without a trace."""
    model = tmp_path / "backend.yaml"
    model.write_text(LIBRARY, encoding="utf-8")
    with served(model, "--audience", "partner") as (url, process):
        host, _, port = url.removeprefix("http://").partition(":")
        assert host == "127.0.0.1" and process.stdout is not None and process.stderr is not None
        assert "operations for partner (others: --audience web)" in process.stdout.readline()
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        connection.request("GET", "/openapi.json")
        assert json.loads(connection.getresponse().read())["openapi"] == "3.1.0"
        connection.close()
        process.send_signal(by)
        process.wait(10)
        assert process.stderr.read().strip() == "stopped"
        assert stop(process) == code
