"""Edits of properties, items and all other schemas that stand within a schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from backend_lead.changes.contract import Spot, one_line
from backend_lead.changes.schemas.choices import matched
from backend_lead.changes.schemas.edit import Edit, told
from backend_lead.changes.schemas.shape import Shape, shape

if TYPE_CHECKING:
    from backend_lead.changes.schemas.walk import Walk

# Keywords that hold one schema: the word for it and the step it adds to the path.
ONE = {
    "contains": ("contains", "contains"),
    "propertyNames": ("property-names", "propertyNames"),
    "unevaluatedItems": ("unevaluated-items", "unevaluatedItems"),
    "unevaluatedProperties": ("unevaluated-properties", "unevaluatedProperties"),
    "if": ("if", "if"),
    "then": ("then", "then"),
    "else": ("else", "else"),
    "contentSchema": ("content-schema", "content"),
}
# Keywords that hold schemas by name.
NAMED = {
    "patternProperties": ("pattern-property", "patternProperties"),
    "dependentSchemas": ("dependent-schema", "dependentSchemas"),
}
ITEMS = "[]"
REST = "*"  # the step to properties that are not named


def edits(walk: Walk, old: Shape, new: Shape, path: tuple[str, ...]) -> Iterator[Edit]:
    """What changed in the schemas within a schema."""
    yield from _properties(walk, old, new, path)
    yield from _items(walk, old, new, path)
    yield from _rest(walk, old, new, path)
    yield from _inner(walk, old, new, path)
    yield from _dependent(walk, old, new, path)


def _properties(walk: Walk, old: Shape, new: Shape, path: tuple[str, ...]) -> Iterator[Edit]:
    was, now = old.named("properties"), new.named("properties")
    request = walk.direction == "request"
    for name in dict.fromkeys([*was, *now]):
        below = (*path, name)
        if name not in was:
            tell = _added_to_request if request else _added_to_response
            yield from tell(walk, new, now[name], below)
        elif name not in now:
            yield from _removed(walk, old, new, was[name], below)
        else:
            yield from _required(walk, old, new, name, below)
            yield from _access(walk, old, was[name], now[name], below)
            yield from walk.below(was[name], now[name], below)


def _added_to_request(
    walk: Walk, parent: Shape, prop: Spot, path: tuple[str, ...]
) -> Iterator[Edit]:
    if prop.get("readOnly") is True:
        return
    word = "optional"
    if path[-1] in parent.required:
        word = "required with default" if "default" in shape(prop).words else "required"
    yield Edit(word, path, "request", new=prop, variant="new")


def _added_to_response(
    walk: Walk, parent: Shape, prop: Spot, path: tuple[str, ...]
) -> Iterator[Edit]:
    variant = "required" if path[-1] in parent.required else "optional"
    yield Edit("added", path, "response", new=prop, variant=_kept_back(prop, variant))


def _removed(
    walk: Walk, old: Shape, new: Shape, prop: Spot, path: tuple[str, ...]
) -> Iterator[Edit]:
    if walk.direction == "request":
        if prop.get("readOnly") is not True:
            yield Edit("removed", path, "request", old=prop, new=new.spot)
        return
    variant = "required" if path[-1] in old.required else "optional"
    yield Edit("removed", path, "response", old=prop, new=new.spot,
               variant=_kept_back(prop, variant))  # fmt: skip


def _kept_back(prop: Spot, variant: str) -> str:
    return f"{variant}-write-only" if prop.get("writeOnly") is True else variant


def _required(
    walk: Walk, old: Shape, new: Shape, name: str, path: tuple[str, ...]
) -> Iterator[Edit]:
    was, now = name in old.required, name in new.required
    prop = new.named("properties")[name]
    before = old.named("properties")[name]
    if was == now or (walk.direction == "request" and prop.get("readOnly") is True):
        return
    word = "became-required" if now else "became-optional"
    variant = ""
    if walk.direction == "request" and now and "default" in shape(prop).words:
        word += "-with-default"
    if walk.direction == "response" and (prop.get("writeOnly") or before.get("writeOnly")) is True:
        variant = "write-only"
    yield Edit(word, path, walk.direction, old=before, new=prop, variant=variant)


def _access(walk: Walk, old: Shape, was: Spot, now: Spot, path: tuple[str, ...]) -> Iterator[Edit]:
    variant = "required" if path[-1] in old.required else "optional"
    for keyword, word in (("readOnly", "read-only"), ("writeOnly", "write-only")):
        before, after = was.get(keyword) is True, now.get(keyword) is True
        if before != after:
            yield Edit(f"became-{'' if after else 'not-'}{word}", path, walk.direction,
                       old=was, new=now, variant=variant)  # fmt: skip


def _items(walk: Walk, old: Shape, new: Shape, path: tuple[str, ...]) -> Iterator[Edit]:
    was, now = old.inner("items"), new.inner("items")
    if was is not None and now is not None:
        yield from walk.below(was, now, (*path, ITEMS))
    elif old.types == new.types and (_limits(was) or _limits(now)):
        word = "items-added" if was is None else "items-removed"
        yield Edit(word, path, walk.direction, old=old.spot, new=new.spot)
    found = matched(old.listed("prefixItems"), new.listed("prefixItems"))
    for part, before, after in found.both:
        yield from walk.below(before, after, (*path, f"prefixItems[{part}]"))
    if found.come:
        yield Edit("prefix-items-added", path, walk.direction, now=str(len(found.come)),
                   old=old.spot, new=new.spot)  # fmt: skip
    if found.gone:
        yield Edit("prefix-items-removed", path, walk.direction, was=str(len(found.gone)),
                   old=old.spot, new=new.spot)  # fmt: skip


def _limits(spot: Spot | None) -> bool:
    """Whether a schema is there and says anything: an empty one allows every value."""
    return spot is not None and spot.value not in ({}, True)


def _rest(walk: Walk, old: Shape, new: Shape, path: tuple[str, ...]) -> Iterator[Edit]:
    """Properties that are not named: refused, free, or held to a schema."""
    if "object" not in (*old.types, "object") or old.types != new.types:
        return
    keyword = "additionalProperties"
    was, now = old.get(keyword, True), new.get(keyword, True)
    held = isinstance(was, dict) and bool(was), isinstance(now, dict) and bool(now)
    word = ""
    if all(held):
        before, after = old.inner(keyword), new.inner(keyword)
        if before is not None and after is not None:
            yield from walk.below(before, after, (*path, REST))
    elif (was is False) != (now is False):
        word = "closed" if now is False else "opened"
    elif held[1]:
        word = "added"
    elif held[0]:
        word = "removed"
    if word:
        yield Edit(f"additional-properties-{word}", path, walk.direction, _words(was), _words(now),
                   old.spot, new.spot)  # fmt: skip


def _words(value: Any) -> str:
    return "a schema" if isinstance(value, dict) and value else told(value not in (False,))


def _inner(walk: Walk, old: Shape, new: Shape, path: tuple[str, ...]) -> Iterator[Edit]:
    for keyword, (word, step) in ONE.items():
        was, now = old.inner(keyword), new.inner(keyword)
        if was is not None and now is not None:
            yield from walk.below(was, now, (*path, step))
        elif was is not None or now is not None:
            change = "removed" if now is None else "added"
            yield Edit(f"{word}-{change}", path, walk.direction, old=old.spot, new=new.spot)
    for keyword, (word, step) in NAMED.items():
        before, after = old.named(keyword), new.named(keyword)
        for name in dict.fromkeys([*before, *after]):
            if name in before and name in after:
                yield from walk.below(before[name], after[name], (*path, f"{step}[{name}]"))
            else:
                change = "removed" if name in before else "added"
                yield Edit(f"{word}-{change}", path, walk.direction,
                           told(name) if name in before else "",
                           told(name) if name in after else "", old.spot, new.spot)  # fmt: skip
    was, now = old.inner("not"), new.inner("not")
    if was is not None or now is not None:
        if was is None or now is None:
            word = "not-removed" if now is None else "not-added"
            yield Edit(word, path, walk.direction, old=old.spot, new=new.spot)
        elif one_line(was.value) != one_line(now.value):
            yield Edit("not-changed", path, walk.direction, told(was.value), told(now.value),
                       old.spot, new.spot)  # fmt: skip


def _dependent(walk: Walk, old: Shape, new: Shape, path: tuple[str, ...]) -> Iterator[Edit]:
    was, now = (shape.get("dependentRequired") or {} for shape in (old, new))
    if not isinstance(was, dict) or not isinstance(now, dict):
        return
    for name in dict.fromkeys([*was, *now]):
        before, after = was.get(name), now.get(name)
        if one_line(before) == one_line(after):
            continue
        change = "added" if before is None else "removed" if after is None else "changed"
        yield Edit(f"dependent-required-{change}", path, walk.direction,
                   told({name: before}) if before is not None else "",
                   told({name: after}) if after is not None else "",
                   old.spot, new.spot)  # fmt: skip
