"""Errors of the API: one shape (RFC 9457), and a list of codes that never change their meaning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from backend_lead.model.contract import Audience
from backend_lead.views.api.parts import Contract, Operation


@dataclass(frozen=True)
class Problem:
    """A kind of error: its status, stable code, what it means, and whether to try again."""

    status: int
    code: str
    title: str
    detail: str
    again: str


METHOD = "method-not-allowed"  # of a path that is asked in a way the contract does not name
SCOPE = "SCOPE"  # stands in a detail for a scope of the contract
PROBLEMS = {
    p.status: p
    for p in (
        Problem(400, "invalid-request", "The request is not valid",
                "limit must be between 1 and 100.", "Change the request."),
        Problem(401, "not-authenticated", "Who you are is not known",
                "The access token has expired.", "Get a new token, then once more."),
        Problem(403, "not-allowed", "You may not do this", f"The scope {SCOPE} is missing.",
                "Not without another scope or role."),
        Problem(404, "not-found", "There is no such thing",
                "Nothing with this id, or it is not yours.", "No."),
        Problem(409, "conflict", "It conflicts with what is there",
                "This Idempotency-Key was used with another body.", "Read, decide, then again."),
        Problem(412, "changed-meanwhile", "It was changed meanwhile",
                "If-Match does not agree with the ETag of now.", "Read it again, then once more."),
        Problem(415, "media-type", "This media type is not taken",
                "Send application/json.", "Change the request."),
        Problem(422, "not-acceptable", "The values cannot be accepted",
                "A value is not one that is taken; errors names each.", "Change the values."),
        Problem(426, "update-required", "This version of the app is too old",
                "Versions before 4.2 are no longer served.", "With a newer version of the app."),
        Problem(428, "version-wanted", "The version that was read must be told",
                "Send If-Match with the ETag that was read.", "With If-Match."),
        Problem(429, "too-many-requests", "Too many requests",
                "The limit of this key is reached.", "After Retry-After seconds."),
        Problem(500, "internal", "Something broke on our side", "The failure is known by its id.",
                "With growing pauses, at most three times."),
        Problem(503, "unavailable", "Not available at the moment",
                "A part that is needed does not answer.", "After Retry-After seconds."),
    )
}  # fmt: skip
EVERYWHERE = (401, 403, 429, 500, 503)
_AGAIN = {429, 503}


def outdated(op: Operation) -> bool:
    """Whether an app that is too old is refused: not what everybody may read, nor what is its
    user's own."""
    return not (op.nature == "query" and (op.said.public or op.said.mine))


def statuses(op: Operation, audience: Audience | None = None) -> list[int]:
    """The errors an operation may answer an audience with; any, where none is said."""
    out = set(EVERYWHERE)
    if outdated(op) and "mobile" in ((audience,) if audience else op.audiences):
        out |= {400, 426}  # of a version that is none, and of one that is too old
    if op.said.public:
        out -= {401, 403}
    guarded = op.needs_key or op.changes_one or op.does == "get"  # headers that may be malformed
    if op.inputs or op.filters or op.paged or op.keys or guarded:
        out.add(400)
    if op.keys or op.in_path or op.said.mine or op.referred:
        out.add(404)
    if op.body:
        out |= {409, 415, 422} if op.beside_path else {409}
    if op.changes_one:
        out.add(412)
    if op.wants_match:
        out.add(428)
    return sorted(out)


def name_of(status: int) -> str:
    """The name of the shared response of a status."""
    return "".join(part.capitalize() for part in PROBLEMS[status].code.split("-"))


def problems_of(
    found: Contract, operations: Iterable[Operation], audience: Audience,
    more: Iterable[int] = (),
) -> dict[str, Any]:  # fmt: skip
    """The shared responses that operations refer to, and `more` of other statuses."""
    operations = list(operations)
    wanted = sorted({status for op in operations for status in statuses(op, audience)} | set(more))
    guarded = next((op.scope for op in operations if not op.said.public), "")
    return {name_of(s): _response(found, PROBLEMS[s], guarded) for s in wanted}


def _response(found: Contract, problem: Problem, scope: str) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    if problem.status in _AGAIN:
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/WWW-Authenticate"}
    if problem.status == 429:
        headers["RateLimit"] = {"$ref": "#/components/headers/RateLimit"}
        headers["RateLimit-Policy"] = {"$ref": "#/components/headers/RateLimit-Policy"}
    return {
        "description": f"{problem.title}. Again: {problem.again}",
        "headers": headers,
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {problem.code: {"value": example(found, problem, scope)}},
            }
        },
    }


def type_of(host: str, code: str) -> str:
    """The address that names a kind of error, and leads to what explains it."""
    return f"https://{host}/docs/problems#{code}"


def example(found: Contract, problem: Problem, scope: str) -> dict[str, Any]:
    """A problem as it travels, of a caller whose token lacks a scope."""
    return {
        "type": type_of(found.host, problem.code),
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail.replace(SCOPE, scope),
        "instance": "urn:request:01J9ZQ4T7M8W3K5N",
    }


def problem_schema(
    operations: Sequence[Operation], audience: Audience, more: Iterable[int] = ()
) -> dict[str, Any]:
    """The schema of every error of operations, and of `more` statuses."""
    wanted = {status for op in operations for status in statuses(op, audience)} | set(more)
    codes = sorted({*(PROBLEMS[status].code for status in wanted), METHOD})
    return {
        "type": "object",
        "description": "An error (RFC 9457). Branch on `code`; `detail` is for people.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri", "maxLength": 200,
                     "description": "A page that explains the error."},
            "title": {"type": "string", "maxLength": 200, "description": "The error in words."},
            "status": {"type": "integer", "format": "int32", "minimum": 400, "maximum": 599,
                       "description": "The HTTP status, again."},
            "code": {"type": "string", "enum": codes, "description": "Stable; codes may be added."},
            "detail": {"type": "string", "maxLength": 2000,
                       "description": "What is wrong with this request."},
            "instance": {"type": "string", "format": "uri", "maxLength": 200,
                         "description": "The id to name when you ask us."},
            "errors": {
                "type": "array",
                "maxItems": 100,
                "description": "What is wrong, field by field.",
                "items": {
                    "type": "object",
                    "required": ["pointer", "message"],
                    "properties": {
                        "pointer": {"type": "string", "maxLength": 500,
                                    "description": "A JSON pointer into the body."},
                        "message": {"type": "string", "maxLength": 500,
                                    "description": "What is wrong there."},
                    },
                },
            },
        },
    }  # fmt: skip
