"""Requests and answers of an operation in REST: parameters, body, headers, pages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from backend_lead.emit.api.jobs import job_example, job_link
from backend_lead.emit.api.problems import name_of, outdated, statuses
from backend_lead.model.contract import Audience
from backend_lead.views.api.addresses import key_name
from backend_lead.views.api.keeping import cache_control
from backend_lead.views.api.names import camel
from backend_lead.views.api.parts import Contract, FieldOf, Operation
from backend_lead.views.api.schema import (
    example_of,
    field_schema,
    object_schema,
    pruned,
    sample,
    schema,
    shape_example,
)
from backend_lead.views.api.types import SCALARS, WHOLE_MOST

# Which thing a result of a bulk is of; absent where it failed.
RESULT_ID = "The key of what it made or changed; of several parts, with / between."
KEY_MOST = 1000
_KEY_EXAMPLE = "5f0c7a52-3f2a-4a51-9d29-6a6b0a2e7c11"
_ETAG = '"33a64df5"'
APP_VERSION = "App-Version"  # how an app tells its version; no registered field does
# One to three numbers between dots, as Apple's documentation of CFBundleShortVersionString says;
# Android takes any versionName.
APP_VERSION_PATTERN = r"^[0-9]{1,9}(\.[0-9]{1,9}){0,2}$"
APP_VERSION_MAX = 29  # characters, which the pattern allows
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Names this request; tell it when you ask us.",
        "schema": {"type": "string", "maxLength": 64},
        "example": "01J9ZQ4T7M8W3K5N",
    },
    "RateLimit": {
        "description": "What is left of the limit, and in how many seconds it is whole again.",
        "schema": {"type": "string", "maxLength": 100},
        "example": '"default";r=42;t=1',
    },
    "RateLimit-Policy": {
        "description": "The limit of this caller: requests (q) in a window of seconds (w).",
        "schema": {"type": "string", "maxLength": 100},
        "example": '"default";q=50;w=1',
    },
    "Retry-After": {
        "description": "Seconds to wait before the next attempt.",
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86400},
        "example": 2,
    },
    "WWW-Authenticate": {
        "description": "Which token is wanted (RFC 6750).",
        "schema": {"type": "string", "maxLength": 500},
        "example": 'Bearer error="invalid_token"',
    },
    "ETag": {
        "description": "The version of what was answered; send it back as `If-Match`.",
        "schema": {"type": "string", "maxLength": 100},
        "example": _ETAG,
    },
    "Location": {
        "description": "Where what was made can be read.",
        "schema": {"type": "string", "format": "uri-reference", "maxLength": 500},
    },
    "Deprecation": {
        "description": "Since when this should not be used (RFC 9745).",
        "schema": {"type": "string", "maxLength": 40},
        "example": "@1772323200",
    },
    "Sunset": {
        "description": "When this ends (RFC 8594).",
        "schema": {"type": "string", "maxLength": 40},
        "example": "Thu, 01 Oct 2026 00:00:00 GMT",
    },
}


def request_of(found: Contract, op: Operation, audience: Audience) -> dict[str, Any]:
    """Parameters and body of an operation for an audience."""
    parameters = [*_path(found, op), *_query(found, op, audience), *_request_headers(op, audience)]
    out: dict[str, Any] = {"parameters": parameters} if parameters else {}
    if op.body and op.beside_path:
        merged = op.method == "PATCH" and op.bulk is None
        media = "application/merge-patch+json" if merged else "application/json"
        content: dict[str, Any] = {
            "schema": _body(found, op, audience),
            "examples": {"usual": {"value": _body_example(found, op, audience)}},
        }
        out["requestBody"] = {"required": op.needs_input, "content": {media: content}}
    return out


def _body(found: Contract, op: Operation, audience: Audience) -> dict[str, Any]:
    # A change of nothing is a mistake of its caller.
    least = 1 + len(op.each_keys) if op.does == "update" else 0
    one = object_schema(
        found, op.beside_path, f"What {op.id} takes", audience, inputs=True, least=least
    )
    if op.said.bulk is None:
        return one
    return {
        "type": "object",
        "description": f"Up to {op.said.bulk} at once; each succeeds or fails by itself. A body "
        "that does not fit this schema is refused whole: nothing is done.",
        "required": ["items"],
        "additionalProperties": False,
        "properties": {
            "items": {"type": "array", "minItems": 1, "maxItems": op.said.bulk, "items": one}
        },
    }


def _body_example(found: Contract, op: Operation, audience: Audience) -> dict[str, Any]:
    one = shape_example(found, op.beside_path)
    one = {f.json: pruned(found, f.type, one[f.json], audience) for f in op.beside_path}
    return one if op.said.bulk is None else {"items": [one]}


def _path(found: Contract, op: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _about(f) + ".",
            **({"deprecated": True} if f.ending else {}),
            "schema": _bare(field_schema(found, f)),
            "example": example_of(found, f),
        }
        for name, f in (
            *((key_name(op, f), f) for f in op.keys),
            *((f.json, f) for f in op.in_path),
        )
    ]


def _query(found: Contract, op: Operation, audience: Audience) -> list[dict[str, Any]]:
    out = []
    inputs = () if op.body else op.beside_path
    for f in (*inputs, *(f for f in op.filters if f.name not in {i.name for i in inputs})):
        asked = f in inputs and f.required
        out.append({
            "name": f.json, "in": "query", "required": asked,
            "description": f"{_about(f) if f in inputs else 'Only those with this'}.",
            **({"deprecated": True} if f.ending else {}),
            **_valued(found, _not_null(f), audience),
        })  # fmt: skip
    if op.said.sorts:
        names = [camel(name) for name in op.said.sorts]
        values = [word for name in names for word in (name, f"-{name}")]
        usual = op.usual_sort
        out.append({
            "name": "sort", "in": "query", "required": False,
            "description": "The order; with - the last first.",
            "schema": {"type": "string", "enum": values, "default": usual},
            "example": usual,
        })  # fmt: skip
    if op.paged:
        out.append({
            "name": "limit", "in": "query", "required": False,
            "description": "How many at most.",
            "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": op.page_most,
                       "default": op.said.page},
            "example": op.said.page,
        })  # fmt: skip
        out.append({
            "name": "cursor", "in": "query", "required": False,
            "description": "Where to go on: `nextCursor` of the page before.",
            "schema": {"type": "string", "maxLength": 500},
            "example": "eyJpZCI6IjAxSjlaUTRUIn0",
        })  # fmt: skip
    return out


def _valued(found: Contract, f: FieldOf, audience: Audience) -> dict[str, Any]:
    """The schema and example of a parameter; what has parts of its own travels as JSON."""
    schema_, example = _bare(field_schema(found, f)), example_of(found, f)
    one = f.type.item or f.type
    if one.sort != "shape" and one.name != "json":
        return {"schema": schema_, "example": example}
    value = pruned(found, f.type, example, audience)
    content = {"schema": schema_, "examples": {"usual": {"value": value}}}
    return {"content": {"application/json": content}}


def _not_null(f: FieldOf) -> FieldOf:
    return replace(f, null=False)


def _bare(found: dict[str, Any]) -> dict[str, Any]:
    """Without what stands beside the schema of a parameter."""
    beside = ("description", "examples", "deprecated")
    return {key: value for key, value in found.items() if key not in beside}


def _about(f: FieldOf) -> str:
    """What a parameter is, and until when it is there."""
    return f"{f.title.rstrip('.')}. {f.ending}" if f.ending else f.title.rstrip(".")


def _request_headers(op: Operation, audience: Audience) -> list[dict[str, Any]]:
    out = []
    if audience == "mobile" and outdated(op):
        out.append({
            "name": APP_VERSION, "in": "header", "required": False,
            "description": "The version of the app; below the least that is served comes 426.",
            "schema": {"type": "string", "maxLength": APP_VERSION_MAX,
                       "pattern": APP_VERSION_PATTERN},
            "example": "4.2.0",
        })  # fmt: skip
    if op.needs_key:
        out.append({
            "name": "Idempotency-Key", "in": "header", "required": True,
            "description": "Made by the caller, new for each thing to do; the same when it tries "
                           "again.",
            "schema": {"type": "string", "minLength": 16, "maxLength": 64},
            "example": _KEY_EXAMPLE,
        })  # fmt: skip
    if op.changes_one:
        told = "Only if it is still the version that was read; `*` for any version."
        out.append({**_conditional("If-Match", told), "required": op.wants_match})
    if _cacheable(op):
        out.append(_conditional("If-None-Match", "Only if it is no longer the version at hand."))
    return out


def _conditional(name: str, told: str) -> dict[str, Any]:
    return {
        "name": name, "in": "header", "required": False, "description": told,
        "schema": {"type": "string", "minLength": 1, "maxLength": 100}, "example": _ETAG,
    }  # fmt: skip


def _cacheable(op: Operation) -> bool:
    return op.does == "get"


def responses_of(found: Contract, op: Operation, audience: Audience) -> dict[str, Any]:
    """The answers of an operation: what it gives, then its errors."""
    out: dict[str, Any] = {}
    status = _status(op)
    headers: dict[str, Any] = {
        name: {"$ref": f"#/components/headers/{name}"} for name in _answer_headers(op)
    }
    if op.nature == "query":
        headers["Cache-Control"] = _kept(op)
    answer: dict[str, Any] = {"description": _DONE[status], "headers": headers}
    given = _given(found, op)
    if given is not None:
        example = _given_example(found, op, audience)
        answer["content"] = {
            "application/json": {"schema": given, "examples": {"usual": {"value": example}}}
        }
    if op.long:
        answer["links"] = job_link(found)
    out[status] = answer
    if _cacheable(op):
        out["304"] = {"description": "The version at hand is still the one.", "headers": headers}
    for code in statuses(op, audience):
        out[str(code)] = {"$ref": f"#/components/responses/{name_of(code)}"}
    return out


def _kept(op: Operation) -> dict[str, Any]:
    return {
        "description": "Whether and how long the answer may be kept.",
        "schema": {"type": "string", "maxLength": 100}, "example": cache_control(op),
    }  # fmt: skip


_DONE = {"200": "Done.", "201": "Made.", "202": "Accepted; the job tells how it goes.",
         "204": "Done; there is nothing to tell."}  # fmt: skip


def _status(op: Operation) -> str:
    if op.said.takes_long:
        return "202"
    if op.said.bulk is not None:
        return "200"
    if op.gives is None:
        return "204"
    return "201" if op.does == "create" else "200"


def _given(found: Contract, op: Operation) -> dict[str, Any] | None:
    if op.said.takes_long:
        return {"$ref": "#/components/schemas/Job"}
    if op.said.bulk is not None:
        return _bulk(op)
    if op.gives is None:
        return None
    one = schema(found, op.gives)
    if op.paged:
        return {
            "type": "object",
            "description": "A page.",
            "required": ["items", "nextCursor"],
            "properties": {
                "items": {"type": "array", "maxItems": op.page_most, "items": one},
                "nextCursor": {
                    "type": ["string", "null"],
                    "maxLength": 500,
                    "description": "Null on the last page.",
                },
            },
        }
    if op.does in ("list", "search"):
        return {"type": "array", "maxItems": WHOLE_MOST, "items": one}
    return one


def _bulk(op: Operation) -> dict[str, Any]:
    one = {
        "type": "object",
        "required": ["index", "status"],
        "properties": {
            "index": {"type": "integer", "format": "int32", "minimum": 0,
                      "description": "Which of the items that were sent."},
            "status": {"type": "integer", "format": "int32", "minimum": 200, "maximum": 599,
                       "description": "What it would have answered alone."},
            "id": {**SCALARS["id"].schema, "maxLength": KEY_MOST, "description": RESULT_ID},
            "problem": {"$ref": "#/components/schemas/Problem"},
        },
    }  # fmt: skip
    return {
        "type": "object",
        "description": "One result for each item, in their order.",
        "required": ["results"],
        "properties": {"results": {"type": "array", "maxItems": op.said.bulk, "items": one}},
    }


def _given_example(found: Contract, op: Operation, audience: Audience) -> Any:
    if op.said.takes_long:
        long = [one for one in found.of_audience(audience) if one.long]
        return job_example(long)
    if op.said.bulk is not None:
        status = 201 if op.does == "create" else 200
        return {"results": [{"index": 0, "status": status, "id": SCALARS["id"].sample}]}
    assert op.gives is not None
    one = _seen(found, op, audience)
    if op.paged:
        return {"items": [one], "nextCursor": None}
    return [one] if op.does in ("list", "search") else one


def _seen(found: Contract, op: Operation, audience: Audience) -> Any:
    assert op.gives is not None
    return pruned(found, op.gives, sample(found, op.gives), audience)


def _answer_headers(op: Operation) -> list[str]:
    out = ["X-Request-Id", "RateLimit", "RateLimit-Policy"]
    if op.does == "get" or (op.changes_one and op.gives is not None):
        out.append("ETag")
    if op.does == "create" and op.gives is not None and op.said.bulk is None:
        out.append("Location")
    if op.said.deprecated is not None:
        out += ["Deprecation", "Sunset"]
    if op.said.takes_long:
        out += [name for name in ("Location", "Retry-After") if name not in out]
    return out


def shared_headers(
    found: Contract, operations: Iterable[Operation], audience: Audience
) -> dict[str, Any]:
    """The headers that answers refer to; limits are those of the first tier of the audience."""
    operations = list(operations)
    wanted = {name for op in operations for name in _answer_headers(op)}
    wanted |= {"Retry-After"}
    if any(401 in statuses(op) for op in operations):
        wanted.add("WWW-Authenticate")
    out = {name: _HEADERS[name] for name in sorted(wanted)}
    tiers = [(n, t.limit) for c in found.callers.values() if c.audience == audience
             for n, t in c.access.tiers.items()]  # fmt: skip
    for name, limit in tiers[:1]:
        most, rate = limit.burst_or_second, limit.rate.value
        window = max(1, math.ceil(most / rate))
        out["RateLimit-Policy"] = out["RateLimit-Policy"] | {
            "example": f'"{name}";q={most};w={window}'
        }
        left = max(0, most - 1)
        out["RateLimit"] = out["RateLimit"] | {
            "example": f'"{name}";r={left};t={math.ceil((most - left) / rate)}'
        }
    return out
