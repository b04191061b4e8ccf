"""AsyncAPI 3.0: what changed between two contracts of events, for those who send and who receive.

The contract speaks for one application. What it sends, others read: like a response. What it
receives, others send: like a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from backend_lead.changes.change import (
    NOTHING_BREAKS,
    Change,
    Direction,
    Level,
    Protocol,
    Rule,
    Text,
    both,
    refused,
    sort_changes,
)
from backend_lead.changes.contract import Contract, Sameness, Spot, claims, one_line, read
from backend_lead.changes.schemas import LAWS, Edit, Naming, Walk, told, wire_of
from backend_lead.changes.schemas.laws import DEPRECATE, STILL, TAKE
from backend_lead.model.finding import Finding, Place

ID = "asyncapi"
_READ = re.compile(r"3\.\d+(\.\d+)?")
DIRECTIONS: dict[str, Direction] = {"send": "response", "receive": "request"}
JSON = "application/json"
# Parts of bindings that decide which partition or queue a message goes to.
ROUTING = ("key", "partitions", "topic", "queue", "exchange", "routingKey", "groupId", "is")
BOTH = ("Publish to the old channel as well until no consumer reads it any more, then remove"
        " it.")  # fmt: skip
NEW_TYPE = ("Publish a new message (name.v2) beside the old one until no consumer reads the old"
            " one.")  # fmt: skip
ORDER = ("Move to a new channel: the order of messages with the same key cannot be kept while the"
         " key changes.")  # fmt: skip

_ROWS: tuple[tuple[str, Level, str, str], ...] = (
    ("channel-added", "compatible", "a channel was added", ""),
    ("channel-removed", "breaking", "a channel was removed", BOTH),
    ("channel-address-changed", "breaking", "the address of a channel changed", BOTH),
    ("channel-parameter-added", "breaking", "the address of a channel needs a further parameter",
     BOTH),
    ("channel-parameter-removed", "breaking", "the address of a channel lost a parameter", BOTH),
    ("operation-added", "compatible", "an operation was added", ""),
    ("operation-removed", "breaking", "an operation was removed", BOTH),
    ("operation-action-changed", "breaking", "an operation turned from sending to receiving, or"
     " back", "Add a new operation for the other direction, and leave the old one."),
    ("operation-channel-changed", "breaking", "an operation moved to another channel", BOTH),
    ("operation-reply-added", "compatible", "a reply was added", ""),
    ("operation-reply-removed", "breaking", "a reply was removed", STILL),
    ("sent-message-added", "maybe", "a further message may be sent",
     "Tell consumers to skip messages they do not know before the first one is sent."),
    ("sent-message-removed", "breaking", "a message is not sent any more", DEPRECATE),
    ("received-message-added", "compatible", "a further message is taken", ""),
    ("received-message-removed", "breaking", "a message is not taken any more", TAKE),
    ("message-content-type-changed", "breaking", "the content type of a message changed", NEW_TYPE),
    ("message-name-changed", "breaking", "the name by which consumers tell a message changed",
     NEW_TYPE),
    ("message-correlation-changed", "breaking", "the place of the correlation id changed",
     NEW_TYPE),
    ("message-schema-format-changed", "breaking", "the language of the schema changed", NEW_TYPE),
    ("message-payload-added", "maybe", "a message got a schema", STILL),
    ("message-payload-removed", "maybe", "a message lost its schema", STILL),
    ("message-deprecated", "compatible", "a message was deprecated", ""),
    ("schema-compatibility-weakened", "maybe", "the mode by which schemas may change promises less",
     "Keep the mode; a change that it forbids is a new type of message."),
    ("schema-compatibility-changed", "compatible", "the mode by which schemas may change promises"
     " more, or something else", ""),
    ("bindings-key-changed", "breaking", "what decides where a message goes changed", ORDER),
    ("bindings-changed", "maybe", "settings of the protocol changed",
     "Change the settings of the broker first, such that old clients go on working."),
)  # fmt: skip
RULES = {id: Rule(id, level, says, safe or NOTHING_BREAKS) for id, level, says, safe in _ROWS}
NAMINGS = {
    ("payload", "response"): Naming("sent", "payload", "property"),
    ("payload", "request"): Naming("received", "payload", "property"),
    ("headers", "response"): Naming("sent", "headers", "header"),
    ("headers", "request"): Naming("received", "headers", "header"),
}


class AsyncAPI(Protocol):
    """Contracts of events."""

    id = ID
    title = "AsyncAPI"
    reads = "AsyncAPI 3"

    def rules(self) -> tuple[Rule, ...]:
        found = dict(RULES)
        for (_, direction), naming in NAMINGS.items():
            for rule in _schema_rules(naming, direction):
                found[rule.id] = rule
        return tuple(sorted(found.values(), key=lambda rule: rule.id))

    def is_one(self, text: str) -> bool:
        return claims(text, ID)

    def changes(self, old: Text, new: Text, today: date) -> list[Change]:
        contracts = both(_checked, old, new)
        report = _Report(contracts[0], contracts[1], today, Sameness(*contracts))
        _channels(report)
        _operations(report)
        _mode(report)
        return sort_changes(report.found)


# What each mode promises to whom: newer readers (backward), older ones (forward), of every version.
_PROMISED = {
    "NONE": set(), "BACKWARD": {"b"}, "FORWARD": {"f"}, "FULL": {"b", "f"},
    "BACKWARD_TRANSITIVE": {"b", "B"}, "FORWARD_TRANSITIVE": {"f", "F"},
    "FULL_TRANSITIVE": {"b", "f", "B", "F"},
}  # fmt: skip


def _mode(report: _Report) -> None:
    """The compatibility mode that a contract names."""
    found = [one.top.at("x-schema-compatibility") for one in (report.old, report.new)]
    was, now = (_mode_of(spot) for spot in found)
    if was == now:
        return
    weaker = _PROMISED.get(was, set()) - _PROMISED.get(now, set())
    id = "schema-compatibility-weakened" if weaker else "schema-compatibility-changed"
    report.add(id, found[1] or report.new.top, "x-schema-compatibility", was=was, now=now)


def _mode_of(spot: Spot | None) -> str:
    stated = spot.get("mode", spot.value) if spot else "NONE"
    return str(stated).upper() if isinstance(stated, str) else "NONE"


def _schema_rules(naming: Naming, direction: str) -> Iterator[Rule]:
    for word, law in LAWS.items():
        head, _, tail = word.partition(" ")
        variant, plain = (head, tail) if tail else ("", word)
        way: Direction = "request" if direction == "request" else "response"
        for path in ((), ("x",)) if not variant else (("x",),):
            edit = Edit(plain, path, way, variant=variant)
            yield Rule(naming.id_of(edit), edit.level, law.says, edit.law.safe(way))


def _checked(text: Text) -> Contract:
    contract = read(text, siblings=True)
    stated = str(contract.root.get("asyncapi", ""))
    if not _READ.fullmatch(stated):
        raise refused(Finding(
            "contract-version", "error", "this version of AsyncAPI is not read",
            contract.document.place(("asyncapi",)), stated or "no version", "3.0.x",
            "convert the contract to AsyncAPI 3 first",
        ))  # fmt: skip
    return contract


@dataclass
class _Report:
    old: Contract
    new: Contract
    today: date
    sameness: Sameness
    found: list[Change] = field(default_factory=list)

    def add(
        self, id: str, at: Spot | None, name: str, was: Any = "", now: Any = "",
        direction: Direction = "", part: str = "",
    ) -> None:  # fmt: skip
        """A change outside of the schemas, of an operation or channel or of a part of it."""
        rule = RULES[id]
        where = f"{name}, {part}" if part else name
        texts = [told(value) if value != "" else "" for value in (was, now)]
        self._put(id, rule.level, rule.says, rule.safe, where, name, "", at, texts[0], texts[1],
                  direction)  # fmt: skip

    def edits(self, found: Iterable[Edit], naming: Naming, operation: str, part: str) -> None:
        """Edits of a payload or of headers."""
        for edit in found:
            path = ".".join(edit.path)
            where = f"{operation}, {part}" + (f", {naming.inner} {path}" if path else "")
            self._put(naming.id_of(edit), edit.level, edit.law.says, edit.law.safe(edit.direction),
                      where, operation, path, edit.new or edit.old, edit.was, edit.now,
                      edit.direction)  # fmt: skip

    def _put(
        self, id: str, level: Level, says: str, safe: str, where: str, operation: str, path: str,
        at: Spot | None, was: str, now: str, direction: Direction,
    ) -> None:  # fmt: skip
        values = f"{was} -> {now}" if was and now else was or now
        message = f"{where}: {says}" + (f" ({values})" if values else "")
        self.found.append(Change(
            ID, id, level, message, safe if level != "compatible" else NOTHING_BREAKS, operation,
            path, at.pointer if at else "", at.place if at else Place(), direction, was, now,
        ))  # fmt: skip


def _channels(report: _Report) -> None:
    old, new = (one.top.children("channels") for one in (report.old, report.new))
    for name in dict.fromkeys([*old, *new]):
        label = f"channel {name}"
        if name not in new:
            report.add("channel-removed", old[name], label, old[name].get("address") or "")
        elif name not in old:
            report.add("channel-added", new[name], label, "", new[name].get("address") or "")
        else:
            was, now = old[name], new[name]
            before, after = was.get("address", name), now.get("address", name)
            if before != after:
                report.add("channel-address-changed", now, label, before, after)
            else:
                _parameters(report, label, was, now)
            _bindings(report, label, was, now)


def _parameters(report: _Report, label: str, was: Spot, now: Spot) -> None:
    before, after = was.children("parameters"), now.children("parameters")
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            report.add("channel-parameter-removed", now, label, name)
        elif name not in before:
            report.add("channel-parameter-added", after[name], label, "", name)


def _operations(report: _Report) -> None:
    old, new = (one.top.children("operations") for one in (report.old, report.new))
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            report.add("operation-removed", old[name], name, old[name].get("action") or "")
        elif name not in old:
            report.add("operation-added", new[name], name, "", new[name].get("action") or "")
        else:
            _operation(report, name, old[name], new[name])


def _operation(report: _Report, name: str, was: Spot, now: Spot) -> None:
    before, after = was.get("action"), now.get("action")
    if before != after:
        report.add("operation-action-changed", now, name, before, after)
        return
    direction = DIRECTIONS.get(str(after), "response")
    places = [spot.at("channel") for spot in (was, now)]
    names = [place.name if place else "" for place in places]
    if names[0] != names[1]:
        report.add("operation-channel-changed", now, name, names[0], names[1])
    _bindings(report, name, was, now)
    _messages(report, name, _messages_of(was), _messages_of(now), now, direction)
    replies = was.at("reply"), now.at("reply")
    if replies[0] is not None and replies[1] is not None:
        other: Direction = "request" if direction == "response" else "response"
        _messages(report, f"{name} reply", _messages_of(replies[0]), _messages_of(replies[1]),
                  replies[1], other)  # fmt: skip
    elif replies[0] is not None or replies[1] is not None:
        word = "removed" if replies[1] is None else "added"
        report.add(f"operation-reply-{word}", replies[0] or replies[1], name)


def _messages_of(operation: Spot) -> dict[str, Spot]:
    """The messages of an operation: those it lists, or all of its channel."""
    listed = operation.items("messages")
    if listed:
        return {_name(spot): spot for spot in listed}
    channel = operation.at("channel")
    return channel.children("messages") if channel is not None else {}


def _name(spot: Spot) -> str:
    """How a channel calls a message; a reference to a component goes by the component's name."""
    return str(spot.get("name") or spot.name)


def _messages(
    report: _Report, name: str, old: dict[str, Spot], new: dict[str, Spot], at: Spot,
    direction: Direction,
) -> None:  # fmt: skip
    word = "sent" if direction == "response" else "received"
    for message in dict.fromkeys([*old, *new]):
        if message not in new:
            report.add(f"{word}-message-removed", at, name, message, "", direction)
        elif message not in old:
            report.add(f"{word}-message-added", new[message], name, "", message, direction)
        else:
            _message(report, name, message, old[message], new[message], direction)


def _message(
    report: _Report, operation: str, name: str, was: Spot, now: Spot, direction: Direction
) -> None:
    label = f"message {name}"

    def add(id: str, before: Any, after: Any) -> None:
        report.add(id, now, operation, before, after, direction, label)

    types = [_content_type(spot) for spot in (was, now)]
    if types[0] != types[1]:
        add("message-content-type-changed", *types)
    for keyword, id in (("name", "message-name-changed"),):
        if was.get(keyword) and was.get(keyword) != now.get(keyword):
            add(id, was.get(keyword), now.get(keyword) or "none")
    ids = [spot.at("correlationId", "location") for spot in (was, now)]
    if ids[0] is not None and (ids[1] is None or ids[0].value != ids[1].value):
        add("message-correlation-changed", ids[0].value, ids[1].value if ids[1] else "none")
    if now.get("deprecated") is True and was.get("deprecated") is not True:
        add("message-deprecated", "", "")
    _bindings(report, operation, was, now, label)
    for part in ("payload", "headers"):
        before, after = was.at(part), now.at(part)
        if part == "payload" and (before is None) != (after is None):
            add(f"message-payload-{'removed' if after is None else 'added'}", "", "")
        if before is None or after is None:
            continue
        formats = [spot.get("schemaFormat") or "" for spot in (before, after)]
        if formats[0] != formats[1] and all(formats):
            add("message-schema-format-changed", *formats)
            continue
        before, after = (spot.at("schema") or spot for spot in (before, after))
        walk = Walk(direction, wire_of(types[1]), report.sameness, report.today)
        naming = NAMINGS[part, direction]
        report.edits(walk.compare(before, after), naming, operation, f"message {name} {part}")


def _content_type(spot: Spot) -> str:
    stated = spot.get("contentType") or spot.contract.root.get("defaultContentType") or JSON
    return str(stated)


def _bindings(report: _Report, name: str, was: Spot, now: Spot, part: str = "") -> None:
    before, after = was.children("bindings"), now.children("bindings")
    for protocol in dict.fromkeys([*before, *after]):
        mine = before[protocol].value if protocol in before else {}
        theirs = after[protocol].value if protocol in after else {}
        if not isinstance(mine, dict) or not isinstance(theirs, dict):
            continue
        for key in dict.fromkeys([*mine, *theirs]):
            if key == "bindingVersion" or one_line(mine.get(key)) == one_line(theirs.get(key)):
                continue
            id = "bindings-key-changed" if key in ROUTING else "bindings-changed"
            texts = [told(one.get(key, "none")) for one in (mine, theirs)]
            at = after.get(protocol) or before.get(protocol)
            report.add(id, at, name, f"{protocol} {key} {texts[0]}", texts[1], part=part)


PROTOCOL = AsyncAPI()
