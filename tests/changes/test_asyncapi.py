"""AsyncAPI: what those who receive and those who send see of an edit."""

from __future__ import annotations

import pytest

from backend_lead.changes.asyncapi import PROTOCOL
from backend_lead.changes.change import Change, Text
from backend_lead.model.finding import InvalidInput
from tests.changes.public_pairs import TODAY

BASE = """asyncapi: 3.0.0
info: {title: t, version: 1.0.0}
channels:
  orders:
    address: orders.v1
    messages:
      placed: {$ref: '#/components/messages/Placed'}
      cancelled: {$ref: '#/components/messages/Cancelled'}
  users:
    address: users.{region}
    parameters: {region: {description: where}}
    messages:
      command: {$ref: '#/components/messages/Command'}
operations:
  publish:
    action: send
    channel: {$ref: '#/channels/orders'}
    messages: [{$ref: '#/channels/orders/messages/placed'}]
  take:
    action: receive
    channel: {$ref: '#/channels/users'}
    reply: {channel: {$ref: '#/channels/orders'}}
components:
  messages:
    Placed:
      name: orderPlaced
      contentType: application/json
      correlationId: {location: '$message.header#/id'}
      bindings: {kafka: {key: {type: string}}}
      headers: {type: object, properties: {trace: {type: string}}}
      payload: &same
        type: object
        required: [id]
        properties: {id: {type: string}, n: {type: integer, maximum: 5}}
    Cancelled: {payload: {type: object}}
    Command: {payload: {$ref: '#/components/schemas/Command'}}
  schemas:
    Command:
      type: object
      required: [id]
      properties: {id: {type: string}, n: {type: integer, maximum: 5}}
"""
SENT, TAKEN = "      payload: &same", "    Command:\n      type"
EDITS: list[tuple[str, str, str]] = [
    (
        "channel-removed",
        "  orders:\n    address",
        "  more: {address: more}\n  orders:\n    address",
    ),
    ("channel-added", "  orders:\n    address", "  more: {address: more}\n  orders:\n    address"),
    ("channel-address-changed", "orders.v1", "orders.v2"),
    ("channel-parameter-removed", "    parameters: {region: {description: where}}\n", ""),
    ("channel-parameter-added", "{region: {description: where}}", "{region: {}, zone: {}}"),
    (
        "operation-added",
        "operations:",
        "operations:\n  o: {action: send, channel: {$ref: '#/channels/orders'}}",
    ),
    ("operation-removed", "  publish:", "  published:"),
    ("operation-action-changed", "action: send", "action: receive"),
    (
        "operation-channel-changed",
        "channel: {$ref: '#/channels/users'}",
        "channel: {$ref: '#/channels/orders'}",
    ),
    ("operation-reply-removed", "    reply: {channel: {$ref: '#/channels/orders'}}\n", ""),
    (
        "sent-message-added",
        "placed'}]",
        "placed'}, {$ref: '#/channels/orders/messages/cancelled'}]",
    ),
    (
        "sent-message-removed",
        "[{$ref: '#/channels/orders/messages/placed'}]",
        "[{$ref: '#/channels/orders/messages/cancelled'}]",
    ),
    ("received-message-removed", "      command: {", "      order: {"),
    ("received-message-added", "      command: {", "      other: {payload: {}}\n      command: {"),
    ("message-content-type-changed", "application/json", "application/avro"),
    ("message-correlation-changed", "header#/id", "header#/other"),
    (
        "message-payload-removed",
        "Command: {payload: {$ref: '#/components/schemas/Command'}}",
        "Command: {}",
    ),
    ("message-payload-added", "Cancelled: {payload: {type: object}}", "Cancelled: {}"),
    ("message-deprecated", "name: orderPlaced", "name: orderPlaced\n      deprecated: true"),
    ("bindings-key-changed", "key: {type: string}", "key: {type: integer}"),
    ("bindings-changed", "key: {type: string}", "key: {type: string}, clientId: a"),
    ("sent-header-type-changed", "trace: {type: string}", "trace: {type: boolean}"),
]


def changes(old: str, new: str) -> list[Change]:
    return PROTOCOL.changes(Text("old.yaml", old), Text("new.yaml", new), TODAY)


@pytest.mark.parametrize(("id", "old", "new"), EDITS, ids=[id for id, _, _ in EDITS])
def test_an_edit_is_told_by_its_rule_and_place(id: str, old: str, new: str) -> None:
    """Channels, operations, messages and bindings each have their rules."""
    assert old in BASE
    texts = BASE, BASE.replace(old, new, 1)
    if id in ("message-payload-added", "channel-removed"):  # of the way back
        texts = texts[1], texts[0]
    rules = {rule.id: rule for rule in PROTOCOL.rules()}
    found = changes(*texts)
    assert id in {change.id for change in found}
    for change in found:
        assert (change.level, change.safe) == (rules[change.id].level, rules[change.id].safe)
        assert change.place.line and change.pointer


def test_the_same_edit_means_other_things_to_those_who_send_and_who_receive() -> None:
    """A higher maximum breaks readers of what is sent, and nobody who sends."""
    sent = BASE.replace("maximum: 5", "maximum: 9", 1)
    head, last, tail = BASE.rpartition("maximum: 5")
    taken = head + last.replace("5", "9") + tail
    assert {(c.id, c.level) for c in changes(BASE, sent)} >= {
        ("sent-property-max-increased", "breaking")
    }
    assert [(c.id, c.level, c.direction) for c in changes(BASE, taken)] == [
        ("received-property-max-increased", "compatible", "request")
    ]
    assert ("received-property-max-decreased", "breaking") in {
        (c.id, c.level) for c in changes(taken, BASE)
    }


def test_a_contract_equals_itself_and_other_versions_are_refused() -> None:
    """AsyncAPI 2 has other words; it is told, not guessed at."""
    assert changes(BASE, BASE) == []
    with pytest.raises(InvalidInput) as caught:
        changes(BASE, BASE.replace("3.0.0", "2.6.0"))
    (finding,) = caught.value.findings
    assert (finding.rule, finding.seen, finding.place.line) == ("contract-version", "2.6.0", 1)


@pytest.mark.parametrize(
    ("was", "now", "level"),
    [("FULL_TRANSITIVE", "NONE", "maybe"), ("FULL", "BACKWARD", "maybe"),
     ("BACKWARD", "FULL", "compatible"), ("FULL", "FULL", None)],
)  # fmt: skip
def test_a_mode_that_promises_less_is_told(was: str, now: str, level: str | None) -> None:
    """The compatibility mode is a promise: to weaken it may break who relied on it."""
    head = "asyncapi: 3.0.0\n"
    texts = [BASE.replace(head, f"{head}x-schema-compatibility: {{mode: {mode}}}\n")
             for mode in (was, now)]  # fmt: skip
    found = PROTOCOL.changes(Text("a.yaml", texts[0]), Text("b.yaml", texts[1]), TODAY)
    assert [c.level for c in found] == ([level] if level else [])
