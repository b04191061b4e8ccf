"""A request as it came and an answer as it goes; every error is a problem (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend_lead.emit.api.problems import PROBLEMS, type_of

JSON = "application/json"
PROBLEM = "application/problem+json"
# What can go wrong before an operation is found, and so stands in no contract: title and code.
BEFORE: dict[int, tuple[str, str]] = {
    405: ("This method is not offered here", "method-not-allowed"),
    408: ("The request took too long to arrive", "request-timeout"),
    411: ("The length of the body must be told", "length-required"),
    413: ("The body is too large", "body-too-large"),
    414: ("The address is too long", "address-too-long"),
    421: ("This host is not served here", "host-not-served"),
    431: ("The headers are too large", "headers-too-large"),
    501: ("This is not understood here", "not-understood"),
    505: ("This version of HTTP is not spoken here", "http-version"),
}


@dataclass(frozen=True)
class Asked:
    """A request: the path as it was sent, headers by lower-case name."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """An answer, and after which time (s) a backend like the model would have given it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    wait_s: float = 0.0


class Refused(Exception):
    """Why a request gets a problem instead of what it asked for."""

    def __init__(
        self, status: int, detail: str, errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, errors
        self.headers = dict(headers or {})


def problem_of(refused: Refused, request_id: str, host: str = "") -> dict[str, Any]:
    """A problem as it travels, of the API at a host; what comes before it says no more than its
    status."""
    known = PROBLEMS.get(refused.status)
    title, code = (
        (known.title, known.code) if known
        else BEFORE.get(refused.status, ("The request is not valid", "invalid-request"))
    )  # fmt: skip
    out: dict[str, Any] = {
        "type": type_of(host, code) if host else "about:blank",
        "title": title,
        "status": refused.status,
        "code": code,
        "detail": refused.detail[:2000],
        "instance": f"urn:request:{request_id}",
    }
    if refused.errors:
        out["errors"] = [
            {"pointer": pointer[:500], "message": message[:500]}
            for pointer, message in refused.errors[:100]
        ]
    return out


def refusal(
    refused: Refused, request_id: str, headers: Mapping[str, str] | None = None, host: str = ""
) -> Answer:
    """The answer to a request that is refused."""
    body = encoded(problem_of(refused, request_id, host))
    told = {"Content-Type": PROBLEM, "X-Request-Id": request_id, **(headers or {})}
    return Answer(refused.status, told | refused.headers, body)


def encoded(value: Any) -> bytes:
    """A value as JSON, the same bytes each time."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
