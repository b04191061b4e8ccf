"""Edits of the keywords that stand in one place: values, limits, patterns, the life of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from backend_lead.changes.change import Direction
from backend_lead.changes.contract import one_line
from backend_lead.changes.schemas.edit import Edit, told
from backend_lead.changes.schemas.shape import Shape

LIMITS = {  # keyword -> word, what stands for a limit that is absent
    "maximum": ("max", None),
    "exclusiveMaximum": ("exclusive-max", None),
    "minimum": ("min", None),
    "exclusiveMinimum": ("exclusive-min", None),
    "maxLength": ("max-length", None),
    "minLength": ("min-length", 0),
    "maxItems": ("max-items", None),
    "minItems": ("min-items", None),
    "maxProperties": ("max-properties", None),
    "minProperties": ("min-properties", 0),
    "maxContains": ("max-contains", None),
    "minContains": ("min-contains", 1),
}
PRESENT = {  # keyword -> word; there or not, without a look inside
    "uniqueItems": "unique-items",
}
STABILITY = ("draft", "alpha", "beta", "stable")
SUNSET = "x-sunset"


def edits(
    old: Shape, new: Shape, path: tuple[str, ...], direction: Direction, today: date
) -> Iterator[Edit]:
    """What changed at this schema itself."""

    def edit(word: str, was: Any = "", now: Any = "", variant: str = "") -> Edit:
        return Edit(word, path, direction, told(was), told(now), old.spot, new.spot, variant)

    for word, was, now in [
        *_values(old, new), *_limits(old, new), *_texts(old, new, direction), *_life(old, new, today),
    ]:  # fmt: skip
        yield edit(word, was, now)


Found = Iterator[tuple[str, Any, Any]]


def _values(old: Shape, new: Shape) -> Found:
    yield from _enum(old, new)
    extensible = "x-extensible-enum"
    was, now = old.get(extensible), new.get(extensible)
    if isinstance(was, list) and isinstance(now, list):
        for value in _without(was, now):
            yield "x-extensible-enum-value-removed", value, ""
    for keyword, word in (("const", "const"), ("default", "default-value")):
        was, now = old.get(keyword), new.get(keyword)
        if (keyword in old.words) and (keyword in new.words):
            if one_line(was) != one_line(now):
                yield f"{word}-changed", was, now
        elif keyword in new.words:
            yield f"{word}-added", "", now
        elif keyword in old.words:
            yield f"{word}-removed", was, ""


def _enum(old: Shape, new: Shape) -> Found:
    was, now = old.enum, new.enum
    if was is None and now is None:
        return
    if was is None:
        yield "became-enum", "", now
    elif now is None:
        yield "enum-lifted", was, ""
    else:
        for value in _without(was, now):
            yield "enum-value-removed", value, ""
        for value in _without(now, was):
            yield "enum-value-added", "", value


def _without(these: list[Any], those: list[Any]) -> list[Any]:
    known = {one_line(value) for value in those}
    return [value for value in these if one_line(value) not in known]


def _limits(old: Shape, new: Shape) -> Found:
    for keyword, (word, absent) in LIMITS.items():
        plain = keyword.endswith(("imum",))
        was = old.limit(keyword) if plain else old.number(keyword)
        now = new.limit(keyword) if plain else new.number(keyword)
        was, now = (absent if was is None else was), (absent if now is None else now)
        if word == "min-items":  # no item at all is what holds without the keyword
            was, now = was or None, now or None
        if was == now:
            continue
        if was is None:
            yield f"{word}-set", "", now
        elif now is None:
            yield f"{word}-unset", was, ""
        else:
            yield f"{word}-{'increased' if now > was else 'decreased'}", was, now
    was, now = old.number("multipleOf"), new.number("multipleOf")
    if was != now:
        change = "added" if was is None else "removed" if now is None else "changed"
        yield f"multiple-of-{change}", was if was is not None else "", now if now else ""
    for keyword, word in PRESENT.items():
        if old.flag(keyword) != new.flag(keyword):
            yield f"{word}-{'added' if new.flag(keyword) else 'removed'}", "", ""


def _texts(old: Shape, new: Shape, direction: Direction) -> Found:
    was, now = (shape.get("pattern") or "" for shape in (old, new))
    if was != now:
        if not now:
            yield "pattern-removed", was, ""
        elif not was:
            yield "pattern-added", "", now
        else:
            any_text = (
                now == ".*" and direction == "request"
            )  # to readers it is a change like others
            yield ("pattern-generalized" if any_text else "pattern-changed"), was, now
    for keyword, word in (("contentMediaType", "content-media-type"),
                          ("contentEncoding", "content-encoding")):  # fmt: skip
        was, now = old.get(keyword), new.get(keyword)
        if was != now:
            yield f"{word}-changed", was or "", now or ""


def _life(old: Shape, new: Shape, today: date) -> Found:
    if old.flag("deprecated") != new.flag("deprecated"):
        yield deprecation(new.flag("deprecated"), new.get(SUNSET), today)
    before, after = (stability(shape.get("x-stability-level")) for shape in (old, new))
    if before is not None and after is not None and before != after:
        word = "decreased" if after < before else "increased"
        yield f"stability-{word}", STABILITY[before], STABILITY[after]


def deprecation(deprecated: bool, sunset: Any, today: date) -> tuple[str, Any, Any]:
    """What a change of `deprecated` is, with the date it names."""
    if not deprecated:
        return "reactivated", "", ""
    if sunset is None:
        return "deprecated", "", ""
    day = sunset_of(sunset)
    if day is None:
        return "deprecated-sunset-invalid", "", sunset
    if day < today:
        return "sunset-date-too-small", "", day.isoformat()
    return "deprecated-with-sunset", "", day.isoformat()


def sunset_of(stated: Any) -> date | None:
    """The day a sunset names, or None where it names none."""
    try:
        return date.fromisoformat(str(stated)[:10])
    except ValueError:
        return None


def stability(stated: Any) -> int | None:
    """How stable: draft is least, what is not said is stable; None for another word."""
    if stated is None:
        return len(STABILITY) - 1
    return STABILITY.index(stated) if stated in STABILITY else None
