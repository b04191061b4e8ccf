"""api/asyncapi.yaml: events as AsyncAPI 3.0, in CloudEvents envelopes, with their channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backend_lead.catalog import kinds
from backend_lead.model.design import Design
from backend_lead.model.manners import Topic
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.envelope import envelope, envelope_example, event_type
from backend_lead.views.api.names import camel, kebab, plural
from backend_lead.views.api.parts import Contract, Operation
from backend_lead.views.api.schema import enum_schema, shape_schema
from backend_lead.views.yaml_layout import document

ID = "asyncapi"
GROUP = "api"
RUNS = False
FILES = ()
MORE = r"api/asyncapi\.yaml"
MEDIA = "application/cloudevents+json"
COMPATIBILITY = {
    "mode": "FULL_TRANSITIVE",
    "why": (
        "Services publish before all who listen are of the new version, so older readers must "
        "understand newer events (forward); and kept events are read again, so newer readers must "
        "understand older ones (backward), of every version that is still kept (transitive). What "
        "follows: fields are only added, and only as ones that may be absent; readers ignore what "
        "they do not know. Anything else is a new type with the next version in its name."
    ),
}
_DEAD_LETTER = {
    "deadletterreason": {"type": "string", "maxLength": 200,
                         "description": "Why it was given up: the stable code of a problem."},
    "deadletterattempts": {"type": "integer", "minimum": 1, "description": "How often tried."},
    "deadletterconsumer": {"type": "string", "maxLength": 100, "description": "Who gave it up."},
}  # fmt: skip
_BY = "workload"
_DEAD_EXAMPLE = {"deadletterreason": "not-acceptable", "deadletterattempts": 5}


@dataclass(frozen=True)
class Channel:
    """Where events travel: a topic of the model, or an address made for them."""

    id: str
    address: str
    events: tuple[Operation, ...]
    broker: str = ""
    protocol: str = ""
    binding: str = ""
    topic: Topic | None = None
    readers: tuple[str, ...] = ()


def emit(design: Design) -> dict[str, str]:
    """The document, where anything is told of."""
    found = contract(design.system)
    if found is None or not events_of(found):
        return {}
    head = f"# Generated from the model {design.digest}; change the model, not this file.\n"
    return {"api/asyncapi.yaml": head + document(asyncapi(found, design.system))}


def events_of(found: Contract) -> list[Operation]:
    """The operations that tell of something."""
    return [op for op in found.operations.values() if op.nature == "event"]


def channels_of(found: Contract, system: System) -> list[Channel]:
    """A channel for each topic that carries events, and one for those of an entity without one."""
    by_address: dict[tuple[str, str], list[Operation]] = {}
    for op in events_of(found):
        broker, _, topic = (op.said.topic or "").partition(".")
        derived = f"{kebab(found.name)}.{kebab(plural(op.of.name))}.v{found.major}"
        by_address.setdefault((broker, topic or derived), []).append(op)
    out: list[Channel] = []
    for (broker, address), events in by_address.items():
        part = system.components.get(broker)
        topic_of = part.topics.get(address) if part else None
        name = camel("_".join(address.replace(".", "-").split("-")))
        if name in {c.id for c in out}:
            name = camel(f"{broker or 'own'}_{name}")
        kind = kinds().get(part.kind) if part else None
        out.append(Channel(
            name, address, tuple(events), broker, kind.protocol if kind else "",
            kind.keyed_binding if kind else "", topic_of,
            tuple(readers(system, f"{broker}.{address}")),
        ))  # fmt: skip
    return out


def readers(system: System, topic: str) -> Iterator[str]:
    """The endpoints that handle the messages of a topic."""
    for name, part in system.components.items():
        yield from (f"{name}.{word}" for word, e in part.endpoints.items() if e.on == topic)


def asyncapi(found: Contract, system: System) -> dict[str, Any]:
    """The document as plain data."""
    channels = channels_of(found, system)
    out: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"{found.title}: events",
            "version": found.version,
            "description": _about(),
            "contact": {"name": "API team", "url": f"https://{found.host}/docs"},
            "license": {"name": "Proprietary", "url": f"https://{found.host}/terms"},
        },
        "defaultContentType": MEDIA,
        "x-schema-compatibility": dict(COMPATIBILITY),
    }
    servers = {c.broker: _server(found, system, c) for c in channels if c.protocol}
    if servers:
        out["servers"] = servers
    out["channels"] = {}
    for c in channels:
        out["channels"][c.id] = _channel(c)
        if c.readers:
            out["channels"][f"{c.id}DeadLetter"] = _dead_channel(c)
    out["operations"] = {}
    for c in channels:
        for op in c.events:
            out["operations"] |= _operations(found, c, op)
    out["components"] = _components(found, channels)
    return out


def _about() -> str:
    return "\n".join([
        "What services tell each other, and clients, of what happened.",
        "",
        "- Events are CloudEvents 1.0 in structured JSON; `type` ends with its major version.",
        "- They come at least once and in order of their key: keep the ids you have handled.",
        "- What cannot be handled after several attempts goes to the dead letters of its channel.",
        "- Readers ignore fields they do not know.",
    ])  # fmt: skip


def _server(found: Contract, system: System, c: Channel) -> dict[str, Any]:
    title = system.components[c.broker].title or c.broker
    return {
        "host": f"{kebab(c.broker)}.{kebab(found.name)}.internal",
        "protocol": c.protocol,
        "description": title,
    }


def _channel(c: Channel) -> dict[str, Any]:
    out: dict[str, Any] = {
        "address": c.address,
        "title": (c.topic.title if c.topic else None) or f"Events of {c.events[0].of.name}",
        "messages": {op.type_name: _ref("messages", op.type_name) for op in c.events},
    }
    return out | _kept(c, c.address)


def _dead_channel(c: Channel) -> dict[str, Any]:
    out: dict[str, Any] = {
        "address": f"{c.address}.dead-letter",
        "title": f"What readers of {c.address} could not handle",
        "messages": {f"{op.type_name}DeadLetter": _ref("messages", f"{op.type_name}DeadLetter")
                     for op in c.events},
    }  # fmt: skip
    return out | _kept(c, f"{c.address}.dead-letter")


def _kept(c: Channel, address: str) -> dict[str, Any]:
    """Where a channel is kept: its server, partitions, key and for how long."""
    out: dict[str, Any] = {}
    if c.protocol:
        out["servers"] = [{"$ref": f"#/servers/{c.broker}"}]
    if c.topic is None:
        return out
    out["x-partitions"] = c.topic.partitions
    if c.topic.key:
        out["x-key"] = c.topic.key
    if c.topic.retention is not None:
        out["x-retention-s"] = round(c.topic.retention.value)
    if c.binding:
        binding: dict[str, Any] = {"topic": address, "partitions": c.topic.partitions}
        if c.topic.retention is not None:
            binding["topicConfiguration"] = {"retention.ms": round(c.topic.retention.value * 1000)}
        out["bindings"] = {c.protocol: binding | {"bindingVersion": c.binding}}
    return out


def _operations(found: Contract, c: Channel, op: Operation) -> dict[str, Any]:
    """Who sends an event, and who gets it: handlers, and classes of clients."""
    at: dict[str, Any] = {"channel": {"$ref": f"#/channels/{c.id}"},
          "messages": [{"$ref": f"#/channels/{c.id}/messages/{op.type_name}"}]}  # fmt: skip
    told = op.title.rstrip(".") + "."
    at |= {"tags": [_ref("tags", op.of.type_name)], "security": [_ref("securitySchemes", _BY)]}
    service = op.service or found.name
    after = f" Follows {found.operations[op.said.after].id}." if op.said.after else ""
    out = {
        f"send{op.type_name}": {
            "action": "send", **at, "summary": told,
            "description": f"Sent by {service}, with the change it tells of.{after}",
        },
        f"receive{op.type_name}": {
            "action": "receive", **at, "summary": told,
            "description": _received(found, c, op),
        },
    }  # fmt: skip
    if c.readers:
        dead = f"{c.id}DeadLetter"
        out[f"giveUp{op.type_name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{dead}"},
            "messages": [{"$ref": f"#/channels/{dead}/messages/{op.type_name}DeadLetter"}],
            "summary": f"Given up: {told}",
            "tags": at["tags"],
            "security": at["security"],
            "description": f"Sent by {', '.join(c.readers)} after the last attempt.",
        }
    return out


def _received(found: Contract, c: Channel, op: Operation) -> str:
    """Who gets an event: handlers from the channel, clients through what tells them."""
    told = [f"Received by {', '.join(c.readers)}."] if c.readers else []
    ways = (("as webhooks", ("partner",)), ("over their stream of events", ("mobile", "web")),
            ("from the channel", ("internal",)))  # fmt: skip
    for way, audiences in ways:
        names = [n for n in op.clients if found.callers[n].audience in audiences]
        if names:
            told.append(f"Told on to {', '.join(names)} {way}.")
    return " ".join(told) or "Received by nobody yet."


def _components(found: Contract, channels: list[Channel]) -> dict[str, Any]:
    messages: dict[str, Any] = {}
    for c in channels:
        for op in c.events:
            messages[op.type_name] = _message(found, c, op)
            if c.readers:
                messages[f"{op.type_name}DeadLetter"] = _dead_message(found, c, op)
    events = [op for c in channels for op in c.events]
    given = [t for t in (op.gives for op in events) if t is not None]
    schemas: dict[str, Any] = {}
    for name in sorted(found.reached(given)):
        if name in found.shapes:
            schemas[found.shapes[name].type_name] = shape_schema(found, found.shapes[name])
        else:
            schemas[found.enums[name].type_name] = enum_schema(found, name)
    out: dict[str, Any] = {
        "messages": messages,
        "tags": {op.of.type_name: {"name": op.of.type_name, "description": op.of.title}
                 for op in events},
        "securitySchemes": {_BY: {"type": "X509", "description": "The certificate of a service."}},
    }  # fmt: skip
    return out | ({"schemas": dict(sorted(schemas.items()))} if schemas else {})


def _message(found: Contract, c: Channel, op: Operation) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": event_type(found, op),
        "title": op.title,
        "summary": op.title.rstrip(".") + ".",
        "contentType": MEDIA,
        "payload": envelope(found, op),
        "examples": [{"name": "usual", "payload": envelope_example(found, op)}],
    }
    if c.binding:
        told = f"The {c.topic.key} it concerns." if c.topic and c.topic.key else "`subject`."
        key = {"type": "string", "description": told}
        out["bindings"] = {c.protocol: {"key": key, "bindingVersion": c.binding}}
    return out


def _dead_message(found: Contract, c: Channel, op: Operation) -> dict[str, Any]:
    """The event as it came, with why it was given up as attributes of its envelope."""
    out = _message(found, c, op)
    out["title"] = f"Given up: {op.title}"
    out["summary"] = f"{out['title'].rstrip('.')}."
    out["payload"]["required"] += list(_DEAD_LETTER)
    out["payload"]["properties"] |= {name: dict(about) for name, about in _DEAD_LETTER.items()}
    reason = _DEAD_EXAMPLE | {"deadletterconsumer": c.readers[0]}
    out["examples"] = [{"name": "usual", "payload": envelope_example(found, op) | reason}]
    return out


def _ref(sort: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{sort}/{name}"}
