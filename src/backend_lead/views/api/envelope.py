"""Events as they travel: CloudEvents 1.0, the same over brokers, webhooks and streams."""

from __future__ import annotations

from typing import Any

from backend_lead.model.contract import Audience
from backend_lead.views.api.names import kebab, snake
from backend_lead.views.api.parts import Contract, Operation
from backend_lead.views.api.schema import pruned, sample, schema

ENVELOPE: dict[str, dict[str, Any]] = {
    "specversion": {"type": "string", "const": "1.0"},
    "id": {"type": "string", "maxLength": 64, "description": "Names the event, once and for all."},
    "source": {"type": "string", "format": "uri-reference", "maxLength": 200,
               "description": "The service it comes from."},
    "type": {"type": "string", "maxLength": 200, "description": "What happened."},
    "subject": {"type": "string", "maxLength": 200, "description": "What it happened to."},
    "time": {"type": "string", "format": "date-time", "description": "When it happened."},
    "datacontenttype": {"type": "string", "const": "application/json"},
}  # fmt: skip


def event_type(found: Contract, op: Operation) -> str:
    """The CloudEvents type: who, what, and the major version of its data."""
    return f"example.{snake(found.name)}.{snake(op.name).replace('_', '-')}.v{found.major}"


def envelope(found: Contract, op: Operation) -> dict[str, Any]:
    """The schema of an event: the envelope, and its data where it has any."""
    out: dict[str, Any] = {
        "type": "object",
        "required": list(ENVELOPE),
        "properties": {
            **{name: dict(about) for name, about in ENVELOPE.items()},
            "type": {"const": event_type(found, op), "type": "string"},
        },
    }
    if op.gives is not None:
        out["required"].append("data")
        out["properties"]["data"] = schema(found, op.gives)
    return out


def envelope_example(
    found: Contract, op: Operation, audience: Audience | None = None
) -> dict[str, Any]:
    """An event as it travels, for an audience with what that sees."""
    out = {
        "specversion": "1.0",
        "id": "01J9ZQ6A2C4E6G8J",
        "source": f"/services/{kebab(op.service or found.name)}",
        "type": event_type(found, op),
        "subject": "01J9ZQ4T7M8W3K5N6P2R1S0V",
        "time": "2026-03-01T09:30:00Z",
        "datacontenttype": "application/json",
    }
    if op.gives is None:
        return out
    data = sample(found, op.gives)
    return {**out, "data": pruned(found, op.gives, data, audience) if audience else data}
