"""The differences of two protobuf files: fields by number, all else by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from backend_lead.changes.change import Change
from backend_lead.changes.proto.reading import FIELDS, PACKAGE, Part, ProtoFile
from backend_lead.changes.proto.rules import RULES

# Types that are written alike, on the wire and in JSON.
SAME_WIRE = (
    {"int32", "uint32"}, {"int64", "uint64"}, {"fixed32", "sfixed32"}, {"fixed64", "sfixed64"},
)  # fmt: skip
RESERVED_END = 1  # ranges of a message end before their last number, those of an enum with it
Found = Iterator[Change]


class Differences:
    """What differs between two files."""

    def __init__(self, old: ProtoFile, new: ProtoFile) -> None:
        self.old, self.new = old, new

    def all(self) -> Found:
        """Every difference."""
        old, new = self.old, self.new
        if old.package != new.package:
            yield self._change("package-changed", "", (PACKAGE,), False, old.package, new.package)
        if old.syntax != new.syntax:
            yield self._change("syntax-changed", "", (), False, old.syntax, new.syntax)
        for name in dict.fromkeys([*old.options, *new.options]):
            was, now = (str(file.options.get(name, "none")) for file in (old, new))
            if was != now and name != "deprecated":
                yield self._change("file-option-changed", name, (8,), False, was, now)
        yield from self._parts("message", old.messages, new.messages, self._message)
        yield from self._parts("enum", old.enums, new.enums, self._enum)
        yield from self._parts("service", old.services, new.services, self._service)

    def _change(
        self, id: str, name: str, path: tuple[int, ...], gone: bool, was: str = "", now: str = "",
        operation: str = "",
    ) -> Change:  # fmt: skip
        rule = RULES[id]
        file = self.old if gone else self.new
        values = f" ({was} -> {now})" if was and now else f" ({was or now})" if was or now else ""
        where = f"{name}: " if name else ""
        return Change("proto", id, rule.level, f"{where}{rule.says}{values}", rule.safe, operation,
                      name, name, file.place(path, name), "", was, now)  # fmt: skip

    def _parts(
        self, what: str, old: dict[str, Part], new: dict[str, Part],
        inner: Callable[[str, Part, Part], Found],
    ) -> Found:  # fmt: skip
        for name in dict.fromkeys([*old, *new]):
            if name not in new or name not in old:
                part = old.get(name) or new[name]
                if not part.content.get("options", {}).get("mapEntry"):
                    gone = name not in new
                    word = "removed" if gone else "added"
                    operation = name if what == "service" else ""
                    yield self._change(f"{what}-{word}", name, part.path, gone, "", "", operation)
                continue
            yield from inner(name, old[name], new[name])

    def _message(self, name: str, old: Part, new: Part) -> Found:
        was, now = (_by_number(part.content.get("field", ())) for part in (old, new))
        moved = {f["name"]: n for n, (_, f) in now.items() if n not in was}
        for number, (i, field) in was.items():
            label = f"{name}.{field['name']}"
            path = (*old.path, FIELDS, i)
            if number in now:
                j, other = now[number]
                yield from self._field(label, field, other, old, new, (*new.path, FIELDS, j))
            elif field["name"] in moved:
                yield self._change("field-number-changed", label, path, True, str(number),
                                   str(moved[field["name"]]))  # fmt: skip
            else:
                kept = _reserved(new, number, field["name"], RESERVED_END)
                yield self._change(f"field-removed{'-reserved' if kept else ''}", label, path,
                                   True, f"number {number}")  # fmt: skip
        gone = {field["name"] for number, (_, field) in was.items() if number not in now}
        for number, (i, field) in now.items():
            if number not in was and field["name"] not in gone:
                required = field.get("label") == "LABEL_REQUIRED"
                yield self._change("required-field-added" if required else "field-added",
                                   f"{name}.{field['name']}", (*new.path, FIELDS, i), False, "",
                                   f"number {number}")  # fmt: skip
        names = [{one["name"] for one in part.content.get("oneofDecl", ())} for part in (old, new)]
        for one in sorted(names[0] - names[1]):
            if not one.startswith("_"):  # those stand for `optional` and are made by the compiler
                yield self._change("oneof-removed", f"{name}.{one}", new.path, False)
        yield from self._options(name, old.content, new.content, new.path)
        yield from self._reservations(name, old, new, RESERVED_END)

    def _field(
        self, name: str, was: dict[str, Any], now: dict[str, Any], old: Part, new: Part,
        path: tuple[int, ...],
    ) -> Found:  # fmt: skip
        def change(id: str, before: str = "", after: str = "") -> Change:
            return self._change(id, name, path, False, before, after)

        if was["name"] != now["name"]:
            yield change("field-name-changed", was["name"], now["name"])
        elif was.get("jsonName") != now.get("jsonName"):
            yield change("field-json-name-changed", was.get("jsonName", ""),
                         now.get("jsonName", ""))  # fmt: skip
        before, after = _kind(self.old, was), _kind(self.new, now)
        if before != after:
            alike = any({before, after} <= group for group in SAME_WIRE)
            yield change(f"field-type-changed{'-same-wire' if alike else ''}", before, after)
        oneofs = _oneof(old, was), _oneof(new, now)
        labels = _label(self.old, old, was), _label(self.new, new, now)
        if oneofs[0] != oneofs[1]:
            yield change("field-oneof-changed", oneofs[0] or "none", oneofs[1] or "none")
        elif labels[0] != labels[1]:
            words = {*labels}
            id = "field-label-changed"
            if "required" in words:
                id = "field-required-changed"
            elif words <= {"single", "optional"}:
                id = "field-presence-changed"
            same = before != after and "message" in (was["type"] + now["type"]).lower()
            if not (id == "field-presence-changed" and same):
                yield change(id, *labels)
        if was.get("defaultValue") != now.get("defaultValue"):
            yield change("field-default-changed", was.get("defaultValue", "none"),
                         now.get("defaultValue", "none"))  # fmt: skip
        styles = [one.get("options", {}).get("jstype", "JS_NORMAL") for one in (was, now)]
        if styles[0] != styles[1]:
            yield change("field-jstype-changed", *styles)
        yield from self._options(name, was, now, path)

    def _options(
        self, name: str, was: dict[str, Any], now: dict[str, Any], path: tuple[int, ...],
        operation: str = "",
    ) -> Found:  # fmt: skip
        before, after = (one.get("options", {}).get("deprecated", False) for one in (was, now))
        if before != after:
            yield self._change("deprecated" if after else "reactivated", name, path, False, "", "",
                               operation)  # fmt: skip

    def _reservations(self, name: str, old: Part, new: Part, end: int) -> Found:
        for area in old.content.get("reservedRange", ()):
            kept = all(_number_reserved(new, n, end) for n in _edges(area, end))
            if not kept or not _covered(area, new, end):
                low, high = _edges(area, end)
                yield self._change("reserved-removed", name, new.path, False,
                                   str(low) if low == high else f"{low} to {high}")  # fmt: skip
        for word in old.content.get("reservedName", ()):
            if word not in new.content.get("reservedName", ()):
                yield self._change("reserved-removed", name, new.path, False, word)

    def _enum(self, name: str, old: Part, new: Part) -> Found:
        was, now = (_names_by_number(part.content.get("value", ())) for part in (old, new))
        for number, names in was.items():
            if number not in now:
                for word in names:
                    kept = "-reserved" if _reserved(new, number, word, 0) else ""
                    yield self._change(f"enum-value-removed{kept}", f"{name}.{word}", old.path,
                                       True, f"number {number}")  # fmt: skip
            elif not set(names) <= set(now[number]):
                yield self._change("enum-value-name-changed", f"{name}.{names[0]}", new.path,
                                   False, ", ".join(names), ", ".join(now[number]))  # fmt: skip
        for number, names in now.items():
            if number not in was:
                yield self._change("enum-value-added", f"{name}.{names[0]}", new.path, False, "",
                                   f"number {number}")  # fmt: skip
        yield from self._options(name, old.content, new.content, new.path)
        yield from self._reservations(name, old, new, 0)

    def _service(self, name: str, old: Part, new: Part) -> Found:
        was, now = (
            {one["name"]: (i, one) for i, one in enumerate(part.content.get("method", ()))}
            for part in (old, new)
        )
        for word in dict.fromkeys([*was, *now]):
            call = f"{name}.{word}"
            if word not in now:
                yield self._change("rpc-removed", call, (*old.path, FIELDS, was[word][0]), True,
                                   "", "", call)  # fmt: skip
            elif word not in was:
                yield self._change("rpc-added", call, (*new.path, FIELDS, now[word][0]), False, "",
                                   "", call)  # fmt: skip
            else:
                path = (*new.path, FIELDS, now[word][0])
                yield from self._call(call, was[word][1], now[word][1], path)

    def _call(
        self, name: str, was: dict[str, Any], now: dict[str, Any], path: tuple[int, ...]
    ) -> Found:
        level = "idempotencyLevel"
        pairs = (
            ("request-type", self.old.short(was["inputType"]), self.new.short(now["inputType"])),
            ("response-type", self.old.short(was["outputType"]), self.new.short(now["outputType"])),
            ("client-streaming", *(_streams(one, "clientStreaming") for one in (was, now))),
            ("server-streaming", *(_streams(one, "serverStreaming") for one in (was, now))),
            ("idempotency", *(one.get("options", {}).get(level, "unknown") for one in (was, now))),
        )  # fmt: skip
        for word, before, after in pairs:
            if before != after:
                yield self._change(f"rpc-{word}-changed", name, path, False, before, after, name)
        yield from self._options(name, was, now, path, name)


def _by_number(fields: Any) -> dict[int, tuple[int, dict[str, Any]]]:
    return {field["number"]: (i, field) for i, field in enumerate(fields)}


def _names_by_number(values: Any) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for value in values:
        found.setdefault(value.get("number", 0), []).append(value["name"])
    return found


def _streams(call: dict[str, Any], key: str) -> str:
    return "stream" if call.get(key) else "one message"


def _kind(file: ProtoFile, field: dict[str, Any]) -> str:
    """The type as it is written: a scalar, or a name within the package."""
    if "typeName" in field:
        return file.short(field["typeName"])
    return str(field["type"]).removeprefix("TYPE_").lower()


def _label(file: ProtoFile, message: Part, field: dict[str, Any]) -> str:
    """`single`, `optional` (tells unset from zero), `required`, `repeated` or `map`."""
    if field.get("label") == "LABEL_REPEATED":
        entry = file.short(field.get("typeName", ""))
        part = file.messages.get(entry)
        return "map" if part and part.content.get("options", {}).get("mapEntry") else "repeated"
    if field.get("label") == "LABEL_REQUIRED":
        return "required"
    tells = (field.get("proto3Optional") or field["type"] in ("TYPE_MESSAGE", "TYPE_GROUP")
             or file.syntax == "proto2")  # fmt: skip
    return "optional" if tells else "single"


def _oneof(message: Part, field: dict[str, Any]) -> str:
    if "oneofIndex" not in field or field.get("proto3Optional"):
        return ""
    return str(message.content["oneofDecl"][field["oneofIndex"]]["name"])


def _edges(area: dict[str, int], end: int) -> tuple[int, int]:
    return area.get("start", 0), area.get("end", 0) - end


def _covered(area: dict[str, int], part: Part, end: int) -> bool:
    """Whether every number of a range is still reserved."""
    low, high = _edges(area, end)
    for start, stop in sorted(_edges(one, end) for one in part.content.get("reservedRange", ())):
        if start <= low <= stop:
            low = stop + 1
    return low > high


def _number_reserved(part: Part, number: int, end: int) -> bool:
    return any(low <= number <= high for low, high in
               (_edges(one, end) for one in part.content.get("reservedRange", ())))  # fmt: skip


def _reserved(part: Part, number: int, name: str, end: int) -> bool:
    return _number_reserved(part, number, end) and name in part.content.get("reservedName", ())
