"""Walks two schemas side by side and tells every edit, once, with the path that leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from backend_lead.changes.change import Direction
from backend_lead.changes.contract import Sameness, Spot
from backend_lead.changes.schemas import choices, keywords, objects
from backend_lead.changes.schemas.edit import Edit
from backend_lead.changes.schemas.kinds import Wire, type_edit, type_list_edits
from backend_lead.changes.schemas.shape import Shape, shape

PAIRS_MAX = 20_000  # pairs looked into before each is looked into only once more
DEPTH_MAX = 100  # properties within each other
# Edits of a property that is not sent (read-only) or not returned (write-only) which are told.
TOLD_UNSENT = {
    "enum-value-removed", "max-decreased", "min-increased", "max-length-decreased",
    "exclusive-max-decreased", "exclusive-min-increased",
}  # fmt: skip
TOLD_UNRETURNED = {"enum-value-added"}


@dataclass
class Walk:
    """One comparison: which way the data goes, how it travels, and what day it is."""

    direction: Direction
    wire: Wire
    sameness: Sameness
    today: date
    open: set[tuple[object, object]] = field(default_factory=set)
    done: set[tuple[object, object]] = field(default_factory=set)
    count: int = 0

    def compare(self, old: Spot | None, new: Spot | None) -> list[Edit]:
        """Every edit between two schemas that are both there."""
        if old is None or new is None:
            return []
        return list(self.below(old, new, ()))

    def below(self, old: Spot, new: Spot, path: tuple[str, ...]) -> Iterator[Edit]:
        """Edits of a pair of schemas and of everything in them. A pair within itself ends it."""
        key = (old.loc, new.loc)
        self.count += 1
        if key in self.open or len(path) > DEPTH_MAX or self.sameness.same(old, new):
            return
        if self.count > PAIRS_MAX:
            if key in self.done:
                return
            self.done.add(key)
        self.open.add(key)
        try:
            yield from self._pair(shape(old), shape(new), path)
        finally:
            self.open.discard(key)

    def _pair(self, old: Shape, new: Shape, path: tuple[str, ...]) -> Iterator[Edit]:
        found = self._edits(old, new, path)
        unsent = self.direction == "request" and new.flag("readOnly") and old.flag("readOnly")
        unread = self.direction == "response" and new.flag("writeOnly") and old.flag("writeOnly")
        if path and (unsent or unread):
            yield from self._unseen(found, path)
        else:
            yield from found

    def _unseen(self, found: Iterator[Edit], path: tuple[str, ...]) -> Iterator[Edit]:
        """Of what the caller never sends or never gets, a few edits are told, as harmless."""
        names = TOLD_UNSENT if self.direction == "request" else TOLD_UNRETURNED
        variant = "read-only" if self.direction == "request" else "write-only"
        for edit in found:
            if edit.word in names and edit.path == path and not edit.variant:
                yield Edit(edit.word, path, edit.direction, edit.was, edit.now, edit.old, edit.new,
                           variant)  # fmt: skip

    def _edits(self, old: Shape, new: Shape, path: tuple[str, ...]) -> Iterator[Edit]:
        listed = type_list_edits(old, new)
        for kind in listed or ():
            yield Edit(kind.word, path, self.direction, kind.was, kind.now, old.spot, new.spot)
        wrapped = choices.wrapped(old, new)
        other = bool(old.types and new.types) and not set(old.types) & set(new.types)
        if listed is None and not wrapped:
            one = type_edit(old, new, self.direction, self.wire)
            if one is not None:
                yield Edit(one.word, path, self.direction, one.was, one.now, old.spot, new.spot)
        if old.nullable != new.nullable and not old.only_null and not new.only_null:
            word = "became-nullable" if new.nullable else "became-not-nullable"
            yield Edit(word, path, self.direction, "", "", old.spot, new.spot)
        yield from keywords.edits(old, new, path, self.direction, self.today)
        if wrapped:
            yield Edit("wrapped-in-one-of", path, self.direction, "", "", old.spot, new.spot)
        if wrapped or other:  # nothing inside of the one is the same as inside of the other
            return
        if listed is None:
            yield from choices.edits(self, old, new, path)
        yield from objects.edits(self, old, new, path)
