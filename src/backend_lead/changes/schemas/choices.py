"""Edits of allOf, anyOf, oneOf and the discriminator: which part of the old is which of the new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend_lead.changes.contract import Spot, one_line
from backend_lead.changes.schemas.edit import Edit, told
from backend_lead.changes.schemas.shape import CHOICES, Shape, annotation_only, shape

if TYPE_CHECKING:
    from backend_lead.changes.schemas.walk import Walk

WORDS = {"allOf": "all-of", "anyOf": "any-of", "oneOf": "one-of"}


@dataclass(frozen=True)
class Matched:
    """Parts that are in both, with their common name, and those that are in one only."""

    both: list[tuple[str, Spot, Spot]]
    gone: list[Spot]
    come: list[Spot]


def edits(walk: Walk, old: Shape, new: Shape, path: tuple[str, ...]) -> Iterator[Edit]:
    """What changed in the choices of a schema, and inside of the parts that stayed."""

    def edit(word: str, was: str = "", now: str = "") -> Edit:
        return Edit(word, path, walk.direction, was, now, old.spot, new.spot)

    for keyword in CHOICES:
        found = matched(old.choices.get(keyword, []), new.choices.get(keyword, []))
        word = WORDS[keyword]
        for parts, change in ((found.come, "added"), (found.gone, "removed")):
            bare = [p for p in parts if keyword == "allOf" and annotation_only(p)]
            full = [p for p in parts if p not in bare]
            for some, tail in ((full, ""), (bare, "-annotation-only")):
                names = ", ".join(_label(part) for part in some)
                if some and change == "added":
                    yield edit(f"{word}-added{tail}", "", names)
                elif some:
                    yield edit(f"{word}-removed{tail}", names, "")
        for name, was, now in found.both:
            yield from walk.below(was, now, (*path, f"{keyword}[{name}]"))
    yield from _discriminator(old, new, edit)


def matched(old: list[Spot], new: list[Spot]) -> Matched:
    """Pair parts: the same reference, the same words, the same title, the last ones left."""
    both: list[tuple[str, Spot, Spot]] = []
    gone, come = list(old), list(new)

    def pair(key: object) -> None:
        for was in list(gone):
            name = key(was)  # type: ignore[operator]
            mine = [one for one in gone if key(one) == name]  # type: ignore[operator]
            theirs = [one for one in come if key(one) == name]  # type: ignore[operator]
            if name and theirs and len(mine) == len(theirs) == 1:
                both.append((_label(was), was, theirs[0]))
                gone.remove(was)
                come.remove(theirs[0])

    pair(_component)
    pair(lambda spot: one_line(spot.value))
    pair(_title)
    plain = [[p for p in parts if not _component(p)] for parts in (gone, come)]
    if len(plain[0]) == len(plain[1]) == 1:
        (was,), (now,) = plain
        both.append((_label(was), was, now))
        gone.remove(was)
        come.remove(now)
    return Matched(both, gone, come)


def wrapped(old: Shape, new: Shape) -> bool:
    """Whether a plain object became one of several alternatives that hold its properties."""
    if old.choices or "oneOf" not in new.choices or new.named("properties"):
        return False
    names = set(old.named("properties"))
    if not names:
        return False
    return any(names & set(shape(part).named("properties")) for part in new.choices["oneOf"])


def _component(spot: Spot) -> str:
    """The name of a part that is defined elsewhere, "" of one that is written out in place."""
    return spot.name if not isinstance(spot.loc[-1], int) else ""


def _title(spot: Spot) -> str:
    stated = spot.get("title")
    return stated if isinstance(stated, str) else ""


def _label(spot: Spot) -> str:
    return _component(spot) or _title(spot) or str(spot.get("type") or f"part {spot.name}")


def _discriminator(old: Shape, new: Shape, edit: object) -> Iterator[Edit]:
    was, now = (shape.inner("discriminator") for shape in (old, new))
    make = edit  # a function of the caller's that knows place and direction
    assert callable(make)
    if was is None or now is None:
        if was is not None or now is not None:
            there = was or now
            assert there is not None
            name = told(there.get("propertyName", ""))
            yield (
                make("discriminator-removed", name, "")
                if now is None
                else make("discriminator-added", "", name)
            )
        return
    if was.get("propertyName") != now.get("propertyName"):
        yield make("discriminator-property-name-changed", told(was.get("propertyName")),
                   told(now.get("propertyName")))  # fmt: skip
    before, after = (spot.get("mapping") or {} for spot in (was, now))
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    for key in dict.fromkeys([*before, *after]):
        if key not in after:
            yield make("discriminator-mapping-deleted", told(key), "")
        elif key not in before:
            yield make("discriminator-mapping-added", "", told(key))
        elif before[key] != after[key]:
            yield make("discriminator-mapping-changed", told(before[key]), told(after[key]))
