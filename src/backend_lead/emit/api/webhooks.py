"""Events as partners get them: signed requests to an address of theirs."""

from __future__ import annotations

from typing import Any

from backend_lead.catalog.api_policies import HOOK_ANSWER_S, HOOK_TRIES_S, REPLAY_S
from backend_lead.emit.report.wording import seconds
from backend_lead.model.contract import Audience
from backend_lead.views.api.envelope import envelope, envelope_example
from backend_lead.views.api.parts import Contract, Operation


def webhooks_of(found: Contract, audience: Audience) -> dict[str, Any]:
    """The webhooks of partners; nothing for others, who listen to a stream."""
    if audience != "partner":
        return {}
    events = [op for op in found.of_audience(audience) if op.nature == "event"]
    return {op.id: {"post": _webhook(found, op)} for op in events}


def _webhook(found: Contract, op: Operation) -> dict[str, Any]:
    return {
        "operationId": f"on{op.type_name}",
        "tags": [op.of.type_name],
        "summary": op.title,
        "description": (
            f"{op.title.rstrip('.')}. Sent at least once: keep the ids you have handled. Answer "
            f"with 2xx within {seconds(HOOK_ANSWER_S.value)}; else it is sent again after growing "
            f"pauses, the last time {seconds(HOOK_TRIES_S[-1])} after the first."
        ),
        "security": [{}],
        "parameters": [
            _header("webhook-id", "Names this message; the same when it is sent again.",
                    "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"),
            _header("webhook-timestamp", "Unix seconds; refuse what is older than "
                    f"{REPLAY_S.value:.0f} s.", "1772357400"),
            _header("webhook-signature", "HMAC-SHA256 over id, timestamp and body; two while a key "
                    "is being replaced.", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/cloudevents+json": {
                    "schema": envelope(found, op),
                    "examples": {"usual": {"value": envelope_example(found, op, "partner")}},
                }
            },
        },
        "responses": {
            "204": {"description": "Taken."},
            "410": {"description": "Not wanted any more: nothing is sent there again."},
        },
    }  # fmt: skip


def _header(name: str, told: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": told,
        "schema": {"type": "string", "maxLength": 500},
        "example": example,
    }
