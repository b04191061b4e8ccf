"""Events over a connection that an app holds: server-sent events, as OpenAPI can say them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from backend_lead.emit.api.problems import EVERYWHERE, name_of
from backend_lead.emit.api.securing import security_of
from backend_lead.model.contract import Audience
from backend_lead.model.screens import Streaming
from backend_lead.views.api.envelope import envelope_example, event_type
from backend_lead.views.api.parts import Contract, Operation

SSE = "SSE"
_HEADERS = ("X-Request-Id", "RateLimit", "RateLimit-Policy")


def streamed(
    found: Contract, audience: Audience, streaming: Sequence[Streaming]
) -> list[Operation]:
    """The events that clients of an audience get over a stream of HTTP."""
    names = {
        name for one in streaming if one.way == SSE
        and found.callers[one.client].audience == audience for name in one.events
    }  # fmt: skip
    return [op for op in found.operations.values() if op.name in names]


def stream_path(found: Contract) -> str:
    """Where a client opens its stream; beside an entity of the model that is called so."""
    own = f"/v{found.major}/events"
    taken = any(op.path == own or op.path.startswith(own + "/")
                for op in found.operations.values() if op.nature != "event")  # fmt: skip
    return f"/v{found.major}/event-stream" if taken else own


def stream_operation(
    found: Contract, events: Sequence[Operation], audience: Audience
) -> dict[str, Any]:
    """How an app listens: one answer that does not end."""
    types = ", ".join(f"`{event_type(found, op)}`" for op in events)
    ways = [way for op in events for way in security_of(found, op, audience)]
    first = envelope_example(found, events[0], audience)
    id_ = "openEvents" if "open_events" not in found.operations else "openEventStream"
    data = json.dumps(first, ensure_ascii=False, separators=(",", ":"))
    sample = f"id: {first['id']}\nevent: {first['type']}\ndata: {data}\n\n"
    return {
        "operationId": id_,
        "tags": [events[0].of.type_name],
        "summary": "Listen to events",
        "description": f"Server-sent events that concern the caller: {types}; their data are "
        "CloudEvents, described in asyncapi.yaml. One connection per user. After a loss send "
        "`Last-Event-ID`: what came meanwhile comes first.",
        "parameters": [{
            "name": "Last-Event-ID", "in": "header", "required": False,
            "description": "The id of the last event that was handled.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 64}, "example": first["id"],
        }],
        "responses": {
            "200": {
                "description": "A stream that stays open.",
                "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS},
                "content": {
                    "text/event-stream": {
                        "schema": {"type": "string", "description": "Events, one after another."},
                        "examples": {"usual": {"value": sample}},
                    }
                },
            },
            **{str(code): {"$ref": f"#/components/responses/{name_of(code)}"}
               for code in (400, *EVERYWHERE)},
        },
        "security": [way for i, way in enumerate(ways) if way not in ways[:i]],
    }  # fmt: skip
