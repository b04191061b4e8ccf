"""The socket: HTTP/1.1 on loopback, with bounds on size and time; no answer holds a traceback.

The standard library's threaded server is enough for the clients of one machine: a thread sleeps for
as long as the design would take, and nothing has to be installed for it.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from backend_lead.mock.message import Answer, Asked, Refused, refusal

BODY_MAX = 2**20  # bytes; gateways usually refuse more than some megabytes
SILENT_S = 10.0  # a client that sends nothing for so long is let go
CLIENTS_MAX = 128  # connections at once; more are closed at once
WAIT_MAX_S = 30.0  # however slow the design is, an answer comes
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1"}
_ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match"
_EXPOSED = (
    "Deprecation, ETag, Location, RateLimit, RateLimit-Policy, Retry-After, Sunset, X-Request-Id"
)
Answering = Callable[[Asked, float], Answer]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Server(ThreadingHTTPServer):
    """A server of one mock. `speed` is how much faster than the clock its time goes."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, answering: Answering, speed: float = 1.0) -> None:
        self.answering, self.speed = answering, speed
        self.names = _LOOPBACK | {host, f"[{host}]"}
        self.began_s, self.began = time.time(), time.monotonic()
        self.lock = threading.Lock()
        self.places = threading.BoundedSemaphore(CLIENTS_MAX)
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)

    def now_s(self) -> float:
        """The mock's own time: that of the clock at the start, then `speed` times as fast."""
        return self.began_s + (time.monotonic() - self.began) * self.speed

    def one(self, asked: Asked) -> Answer:
        """Answer one request; the store is asked by one at a time."""
        with self.lock:
            return self.answering(asked, self.now_s())

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nobody's trouble."""

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes) else str(host)
        return f"http://{f'[{name}]' if ':' in name else name}:{port}"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "backend-lead-mock"
    sys_version = ""
    timeout = SILENT_S
    disable_nagle_algorithm = True
    server: Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # every method is asked for; the contract says which are offered
            return self._do
        raise AttributeError(name)

    def handle_one_request(self) -> None:
        """As the library does, but a request whose lines trickle in is given up."""
        self._watch = threading.Timer(2 * SILENT_S, self._give_up)
        self._watch.daemon = True
        self._watch.start()
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True
        finally:
            self._watch.cancel()

    def parse_request(self) -> bool:
        """As the library does; from here on the body has a time of its own."""
        read = super().parse_request()
        self._watch.cancel()
        return read

    def _give_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _do(self) -> None:
        began = time.monotonic()
        try:
            answer = self._answer()
        except Refused as refused:
            self.close_connection = True
            answer = refusal(refused, "mock-refused")
        except TimeoutError:
            self.close_connection = True
            answer = refusal(Refused(408, "The body did not come in time."), "mock-refused")
        except (ConnectionError, OSError):
            self.close_connection = True
            return
        except Exception as err:  # a mistake of ours, told without where
            self.close_connection = True
            self.log_message("internal error: %s", f"{type(err).__name__}: {err}")
            answer = refusal(Refused(500, "The mock broke; its terminal says how."), "mock-broken")
        left_s = min(answer.wait_s, WAIT_MAX_S) / self.server.speed - (time.monotonic() - began)
        if left_s > 0:
            time.sleep(left_s)
        self._send(answer)

    def _answer(self) -> Answer:
        headers = self._headers()
        origin = self._origin(headers)
        self._host(headers)
        if self.command == "OPTIONS" and "access-control-request-method" in headers and origin:
            return Answer(204, {
                "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
                "Access-Control-Allow-Headers": _ALLOWED_HEADERS, "Access-Control-Max-Age": "600",
            })  # fmt: skip
        path, _, query = self.path.partition("?")
        body = self._body(headers)
        return self.server.one(Asked(self.command, path, query.partition("#")[0], headers, body))

    def _headers(self) -> dict[str, str]:
        """Headers by lower-case name; those that say who asks must not be there twice."""
        out: dict[str, str] = {}
        for name, value in self.headers.items():
            low = name.lower()
            if low in out and low in ("authorization", "content-length", "host", "origin",
                                      "content-type", "transfer-encoding"):  # fmt: skip
                raise Refused(400, f"{name} must be there once.")
            out[low] = f"{out[low]}, {value}" if low in out else value
        return out

    def _host(self, headers: dict[str, str]) -> None:
        """Refuse names that are not ours: a page elsewhere may have its name lead here."""
        if self.request_version >= "HTTP/1.1" and "host" not in headers:
            raise Refused(400, "Host must be given.")
        name = urlsplit(f"//{headers.get('host', 'localhost')}").netloc.rpartition("@")[2]
        host = name if name.endswith("]") else name.rpartition(":")[0] or name
        if host.lower() not in self.server.names:
            raise Refused(421, "This is the mock of a contract; ask it as localhost.")

    def _origin(self, headers: dict[str, str]) -> str:
        """The page that asks; only pages of this machine may."""
        origin = headers.get("origin", "")
        if not origin:
            return ""
        if not self._ours(origin):
            raise Refused(403, "Pages from elsewhere may not ask the mock.")
        return origin

    def _ours(self, origin: str) -> bool:
        try:
            return (urlsplit(origin).hostname or "") in self.server.names
        except ValueError:
            return False

    def _body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            raise Refused(411, "Send Content-Length; chunks are not taken here.")
        told = headers.get("content-length", "0").strip()
        if not told.isascii() or not told.isdigit() or len(told) > 12:
            raise Refused(400, "Content-Length is no number.")
        length = int(told)
        if length > BODY_MAX:
            raise Refused(413, f"At most {BODY_MAX} bytes are taken.")
        until, body = time.monotonic() + SILENT_S, b""
        while len(body) < length:
            part = self.rfile.read1(length - len(body))
            if not part:
                raise ConnectionError("the client went away")
            body += part
            if time.monotonic() > until:
                raise TimeoutError
        return body

    def _send(self, answer: Answer) -> None:
        bare = self.command == "HEAD" or answer.status in (204, 304)
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, "".join(c for c in value if c.isprintable()))
            for name, value in self._shared().items():
                self.send_header(name, value)
            if answer.status not in (204, 304):
                self.send_header("Content-Length", str(len(answer.body)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            if not bare:
                self.wfile.write(answer.body)
        except OSError:
            self.close_connection = True

    def _shared(self) -> dict[str, str]:
        out = {"X-Content-Type-Options": "nosniff"}
        origin = self.headers.get("Origin", "") if getattr(self, "headers", None) else ""
        if origin and self._ours(origin):
            out |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin",
                    "Access-Control-Expose-Headers": _EXPOSED}  # fmt: skip
        return out

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the standard library refuses before it is a request: a problem too."""
        self.close_connection = True
        self.request_version = self.protocol_version  # so that the answer has a status line
        self.command = getattr(self, "command", None) or "GET"
        self._send(refusal(Refused(int(code), message or "This is no request."), "mock-refused"))

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet, but for what broke."""
        if format.startswith("internal"):
            print(format % args, file=sys.stderr)
