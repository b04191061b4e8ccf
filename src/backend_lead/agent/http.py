"""The server over Streamable HTTP: on this machine only, for whoever holds the token.

Browsers are kept out: a foreign Host or Origin is refused before anything is read (DNS rebinding).
"""

from __future__ import annotations

import hmac
import socket
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from backend_lead.agent.server import server
from backend_lead.agent.workspace import Workspace

HOST = "127.0.0.1"
PATH = "/mcp"
BODY_MAX = 1_000_000  # bytes of one request
SESSIONS_MAX = 256
IDLE_S = 300.0


@dataclass(frozen=True)
class TokenOnly:
    """Lets through who shows the token as `Authorization: Bearer`; others get 401."""

    app: ASGIApp
    token: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._shown(scope):
            refused = PlainTextResponse(
                "a bearer token is needed: the one this server was started with",
                401, {"WWW-Authenticate": 'Bearer realm="backend-lead"'},
            )  # fmt: skip
            await refused(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _shown(self, scope: Scope) -> bool:
        shown = next((v for k, v in scope["headers"] if k == b"authorization"), b"")
        scheme, _, token = shown.partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token, self.token.encode())


def app(workspace: Workspace, token: str, port: int) -> ASGIApp:
    """The ASGI application."""
    names = [f"{name}:{port}" for name in (HOST, "localhost")]
    inner = server(workspace).streamable_http_app(
        streamable_http_path=PATH, max_request_body_size=BODY_MAX, max_sessions=SESSIONS_MAX,
        session_idle_timeout=IDLE_S, host=HOST,
        transport_security=TransportSecuritySettings(
            allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names]
        ),
    )  # fmt: skip
    return TokenOnly(inner, token)


def serve(workspace: Workspace, token: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve on loopback until stopped; `ready` gets the address. Port 0: a free one."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()  # whoever is told the address may call at once
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            app(workspace, token, port), log_level="warning", access_log=False, lifespan="on",
            timeout_graceful_shutdown=2,
        )  # fmt: skip
        ready(f"http://{HOST}:{port}{PATH}")
        uvicorn.Server(config).run(sockets=[listening])
