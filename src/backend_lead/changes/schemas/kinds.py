"""Types and formats: which of two takes more values, for a request, a response, a parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend_lead.changes.schemas.shape import Shape

Wire = Literal["json", "text", "unknown"]
# Formats whose values all fit another format, by type.
WIDER_FORMATS = {
    "number": {("float", "double")},
    "integer": {("int32", "int64"), ("int32", "bigint"), ("int64", "bigint")},
    "string": {("date", "date-time"), ("time", "date-time")},
}


@dataclass(frozen=True)
class KindEdit:
    """What became of a type: the word for it, what it was and what it is."""

    word: str
    was: str
    now: str


def wire_of(media_type: str) -> Wire:
    """How values travel: in JSON a number is not a text; in forms, XML and text it is."""
    name = media_type.partition(";")[0].strip().lower()
    return "json" if name == "application/json" or name.endswith("+json") else "text"


def spelled(shape: Shape) -> str:
    """A type with its format, as people say it."""
    types = " or ".join(shape.types) or "any type"
    form = shape.get("format")
    return f"{types} ({form})" if isinstance(form, str) and form else types


def type_edit(old: Shape, new: Shape, direction: str, wire: Wire) -> KindEdit | None:
    """What a change of type or format means, or None where there is none."""
    if old.types == new.types and _format(old) == _format(new):
        return None
    judge = _request if direction == "request" else _response
    word = judge(old, new, wire)
    return KindEdit(word, spelled(old), spelled(new))


def list_of_types(shape: Shape) -> tuple[str, ...] | None:
    """The types of a choice among plain types, or None where it is something else."""
    for word in ("oneOf", "anyOf"):
        parts = shape.choices.get(word)
        if not parts or len(parts) < 2:
            continue
        types = []
        for part in parts:
            value = part.value
            if not isinstance(value, dict) or not isinstance(value.get("type"), str):
                return None
            if set(value) - {"type", "title", "description"} or value["type"] == "object":
                return None
            types.append(value["type"])
        return tuple(sorted(set(types)))
    return None


def type_list_edits(old: Shape, new: Shape) -> list[KindEdit] | None:
    """Narrowed and widened choices among plain types; None where neither side is one."""
    was, now = list_of_types(old), list_of_types(new)
    if was is None and now is None:
        return None
    was, now = was or _lone(old), now or _lone(new)
    if not was or not now:
        return None
    gone = [one for one in was if not _covered(one, now)]
    come = [one for one in now if not _covered(one, was)]
    texts = " or ".join(was), " or ".join(now)
    edits = [KindEdit("list-of-types-narrowed", *texts)] if gone else []
    return edits + ([KindEdit("list-of-types-widened", *texts)] if come else [])


def takes_in(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Whether every value of the old types is one of the new types; no type at all takes any."""
    return not new or (bool(old) and all(_covered(one, new) for one in old))


def _lone(shape: Shape) -> tuple[str, ...]:
    plain = not shape.choices and not shape.named("properties") and shape.get("not") is None
    return shape.types if plain else ()


def _covered(one: str, types: tuple[str, ...]) -> bool:
    return one in types or (one == "integer" and "number" in types)


def _format(shape: Shape) -> str:
    stated = shape.get("format")
    return stated if isinstance(stated, str) else ""


def _format_kept(old: Shape, new: Shape) -> bool:
    """Whether every value of the old format is one of the new."""
    was, now = _format(old), _format(new)
    if was == now or not now:
        return True
    if len(new.types) != 1:
        return False
    if not was:
        return False
    return (was, now) in WIDER_FORMATS.get(new.types[0], set())


def _request(old: Shape, new: Shape, wire: Wire) -> str:
    wider = takes_in(old.types, new.types)
    as_text = new.types == ("string",) and bool(old.types)
    formats = _format_kept(old, new)
    if wire == "unknown" and formats and not wider and as_text:
        return "type-changed"  # of the property of a parameter: depends on how it is sent
    if wider and formats:
        return "type-generalized"
    if formats and as_text and wire == "text":
        return "type-compatible"
    return "type-specialized" if wire == "unknown" else "type-changed"


def _response(old: Shape, new: Shape, wire: Wire) -> str:
    narrower = takes_in(new.types, old.types)
    formats = _format_kept(new, old)
    if narrower and formats:
        return "type-specialized"
    if formats and wire != "json" and old.types == ("string",) and new.types:
        return "type-compatible"
    # no type in the old one: nothing was promised that could be taken away
    wider = takes_in(old.types, new.types) and _format_kept(old, new)
    return "type-generalized" if wider else "type-changed"
