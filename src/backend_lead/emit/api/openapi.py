"""api/openapi/<audience>.yaml: the REST contract, OpenAPI 3.1, one for each audience."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend_lead.emit.api.event_stream import stream_operation, stream_path, streamed
from backend_lead.emit.api.jobs import (
    job_operation,
    job_path,
    job_schema,
    job_statuses,
    long_ones,
)
from backend_lead.emit.api.problems import EVERYWHERE, problem_schema, problems_of
from backend_lead.emit.api.rest import request_of, responses_of, shared_headers
from backend_lead.emit.api.securing import schemes_of, security_of
from backend_lead.emit.api.webhooks import webhooks_of
from backend_lead.model.contract import Audience
from backend_lead.model.design import Design
from backend_lead.views.api.contract import contract
from backend_lead.views.api.guarding import nobodys_token
from backend_lead.views.api.owning import belongs_to, taken_from, wanted_roles
from backend_lead.views.api.parts import Contract, Operation, sandbox
from backend_lead.views.api.schema import carried, enum_schema, shape_schema
from backend_lead.views.yaml_layout import document

ID = "openapi"
GROUP = "api"
FILES = ()
RUNS = False
ROLES = "x-required-roles"  # any one of them; OpenAPI has a place for scopes alone
MORE = r"api/openapi/(mobile|web|partner|internal)\.yaml"


def emit(design: Design) -> dict[str, str]:
    """One document for each audience that may ask for anything."""
    found = contract(design.system)
    if found is None:
        return {}
    out = {}
    for audience in found.audiences:
        if any(op.nature != "event" for op in found.of_audience(audience)):
            told = design.screens.streaming if design.screens else ()
            text = document(openapi(found, audience, streamed(found, audience, told)))
            out[f"api/openapi/{audience}.yaml"] = _header(design) + text
    return out


def _header(design: Design) -> str:
    return f"# Generated from the model {design.digest}; change the model, not this file.\n"


def openapi(
    found: Contract, audience: Audience, events: Sequence[Operation] = ()
) -> dict[str, Any]:
    """The document as plain data; `events` are those that come over a stream of HTTP."""
    operations = [op for op in found.of_audience(audience) if op.nature != "event"]
    paths: dict[str, Any] = {}
    for op in operations:
        paths.setdefault(op.path, {})[op.method.lower()] = _operation(found, op, audience)
    if long_ones(operations):
        paths[job_path(found)] = {"get": job_operation(found, operations, audience)}
    if events:
        paths[stream_path(found)] = {"get": stream_operation(found, events, audience)}
    hooks = webhooks_of(found, audience)
    out: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": f"{found.title}: API for {_WHO[audience]}",
            "version": found.version,
            "description": _about(found, audience),
            "contact": {"name": "API team", "url": f"https://{found.host}/docs"},
            "license": {"name": "Proprietary", "identifier": "LicenseRef-Proprietary"},
        },
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "servers": _servers(found, audience),
        "tags": [
            {"name": found.shapes[name].type_name, "description": found.shapes[name].title}
            for name in dict.fromkeys(op.of.name for op in operations)
        ],
        "paths": dict(sorted(paths.items())),
    }
    if hooks:
        out["webhooks"] = hooks
    out["components"] = _components(found, operations, audience, events)
    return out


_WHO: dict[Audience, str] = {
    "mobile": "mobile apps", "web": "the web application", "partner": "partners",
    "internal": "our own services",
}  # fmt: skip


def _servers(found: Contract, audience: Audience) -> list[dict[str, str]]:
    out = [{"url": f"https://{found.host}", "description": "Production"}]
    if audience == "partner":
        out.append({"url": f"https://{sandbox(found)}",
                    "description": "Sandbox: the same contract over example data"})  # fmt: skip
    return out


def _about(found: Contract, audience: Audience) -> str:
    lines = [
        f"What {_WHO[audience]} may ask of {found.title}.",
        "",
        "- Lists come in pages: pass `nextCursor` as `cursor` until it is null. A cursor is opaque "
        "and stays valid for a day.",
        "- Errors are problems (RFC 9457); branch on `code`, never on `detail`.",
        "- Requests that begin something carry an `Idempotency-Key`; sent again with the same key "
        "within a day, they get the first answer.",
        "- Fields and values of enumerations may be added within a version; what breaks callers "
        "comes with a new number in the path.",
        "- An operation that will end says so in `Deprecation` (RFC 9745) and `Sunset` (RFC 8594).",
    ]
    return "\n".join(lines)


def _operation(found: Contract, op: Operation, audience: Audience) -> dict[str, Any]:
    out: dict[str, Any] = {
        "operationId": op.id,
        "tags": [op.of.type_name],
        "summary": op.title,
        "description": _explained(found, op, audience),
    }
    if op.said.roles:
        out[ROLES] = list(op.said.roles)
    if op.said.deprecated is not None:
        out["deprecated"] = True
        out["x-sunset"] = op.said.deprecated.sunset
    out |= request_of(found, op, audience)
    out["responses"] = responses_of(found, op, audience)
    out["security"] = security_of(found, op, audience)
    return out


def _explained(found: Contract, op: Operation, audience: Audience) -> str:
    told = [op.title.rstrip(".") + "."]
    if op.said.mine:
        told.append("Concerns what belongs to the caller.")
    elif not op.said.public and belongs_to(found.entities, op):
        told += _whose(op)
    asking = [c for n, c in found.callers.items() if c.audience == audience and n in op.clients]
    told += taken_from(
        found, op, nobody=bool(asking) and all(nobodys_token(found, op, c) for c in asking)
    )
    told += wanted_roles(op)
    if op.paged:
        told.append(
            f"Pages of {op.said.page} unless `limit` says otherwise, at most {op.page_most}."
        )
    if op.needs_key:
        told.append("Repeat it safely with the same `Idempotency-Key`.")
    if op.changes_one:
        told.append("Send `If-Match` with the `ETag` that was read: 412 if it changed meanwhile"
                    + (", 428 without." if op.wants_match else "."))  # fmt: skip
    if op.said.takes_long:
        told.append("Takes long: answers at once with a job to ask after.")
    if op.said.deprecated is not None:
        end = op.said.deprecated
        instead = found.operations[end.instead].id if end.instead else "nothing"
        told.append(f"Deprecated since {end.since}, ends on {end.sunset}; instead: {instead}.")
    return " ".join(told)


def _whose(op: Operation) -> list[str]:
    """What a caller finds of what belongs to somebody else."""
    if op.keys:
        return ["Answers 404 for what belongs to somebody else."]
    if op.does in ("list", "search"):
        return ["Gives only what belongs to the caller."]
    return []


def _components(
    found: Contract, operations: list[Operation], audience: Audience, streamed_: Sequence[Operation]
) -> dict[str, Any]:
    more = {*job_statuses(operations), *((400, *EVERYWHERE) if streamed_ else ())}
    events = [op for op in found.of_audience(audience) if op.nature == "event"]
    told = [*operations, *(events if audience == "partner" else [])]
    names = found.reached(carried(found, told), audience)
    schemas: dict[str, Any] = {}
    for name in sorted(names):
        if name in found.shapes:
            schemas[found.shapes[name].type_name] = shape_schema(
                found, found.shapes[name], audience
            )
        else:
            schemas[found.enums[name].type_name] = enum_schema(found, name)
    schemas["Problem"] = problem_schema(operations, audience, more)
    if long_ones(operations):
        schemas["Job"] = job_schema(found, operations)
    return {
        "schemas": dict(sorted(schemas.items())),
        "headers": shared_headers(found, operations, audience),
        "responses": problems_of(found, operations, audience, more),
        "securitySchemes": schemes_of(found, audience),
    }
