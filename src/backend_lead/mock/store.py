"""What the mock remembers: rows of every entity, with whose they are and which version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backend_lead.mock.message import encoded
from backend_lead.mock.rows import NEW_ROWS, ROWS, Rows, id_of, told_time
from backend_lead.model.system import EVERYBODY
from backend_lead.views.api.owning import (
    is_person,
    owner_by_token,
    owner_through,
    refers_to,
)
from backend_lead.views.api.parts import Contract, FieldOf, ShapeOf
from backend_lead.views.api.schema import example_of

KEPT_MAX = 20_000  # rows of one entity; the oldest that a caller made leaves first
DEEP = 8  # rows that belong to one another, until it is called a ring
FIRST = id_of(0)  # the caller, where a token says nobody else
Key = tuple[str, ...]


@dataclass
class Row:
    """A row by JSON names. `owner` is the id of whom it belongs to, empty where it is nobody's; of
    what belongs to another row, who made it."""

    data: dict[str, Any]
    owner: str
    version: int = 1

    @property
    def etag(self) -> str:
        """Names this version of the row (strong)."""
        mark = hashlib.sha256(encoded(self.data)).hexdigest()[:8]
        return f'"{self.version}-{mark}"'


def text_of(value: Any) -> str:
    """A value as it stands in a path or a query."""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


class Store:
    """Rows by entity and key, in the order they were made."""

    def __init__(self, found: Contract, seed: int) -> None:
        self.found, self.rows = found, Rows(found, seed)
        self.made = NEW_ROWS
        self.tables: dict[str, dict[Key, Row]] = {}
        for name, shape in found.shapes.items():
            if shape.entity:
                self.tables[name] = self._first_rows(shape)

    def _first_rows(self, shape: ShapeOf) -> dict[Key, Row]:
        table: dict[Key, Row] = {}
        for index in range(ROWS):
            data = self.rows.data(shape, index)
            table.setdefault(self.key_of(shape, data, index), Row(data, self._owner(shape, data)))
        return table

    def key_of(self, shape: ShapeOf, data: dict[str, Any], index: int) -> Key:
        """The key of a row; of an entity without key fields its number."""
        return tuple(text_of(data[f.json]) for f in shape.key) or (str(index),)

    def _owner(self, shape: ShapeOf, data: dict[str, Any], maker: str = FIRST) -> str:
        """Whose a row is; where a hidden field says so, it belongs to whom it was made for."""
        name = self.found.entities[shape.name].owned_by
        if name is None:
            return ""
        f = shape.named(name)
        through = owner_through(self.found.entities, shape.name)
        return text_of(data[f.json]) if f is not None and through is None else maker

    def whose(self, shape: ShapeOf, row: Row, deep: int = 0) -> str:
        """Whose a row is now: of what belongs to another row, whose that one is."""
        parent = owner_through(self.found.entities, shape.name)
        f = shape.named(self.found.entities[shape.name].owned_by or "")
        if parent is None or f is None or deep > DEEP:
            return row.owner
        of = self.found.shapes[parent]
        there = self.get(of, (text_of(row.data[f.json]),))
        return self.whose(of, there, deep + 1) if there is not None else row.owner

    def shared(self, shape: ShapeOf, row: Row, who: str, deep: int = 0) -> bool:
        """Whether a row is shared with somebody who does not own it."""
        entities = self.found.entities
        for word in entities[shape.name].shared_with:
            f = shape.named(word)
            value = row.data[f.json] if f is not None else None
            if word == EVERYBODY or value == who or (isinstance(value, list) and who in value):
                return True
            parent = refers_to(entities[shape.name].fields.get(word))
            if parent is None or is_person(entities, parent) or value is None or deep > DEEP:
                continue
            there = self.get(self.found.shapes[parent], (text_of(value),))
            if there is not None and self.sees(self.found.shapes[parent], there, who, deep + 1):
                return True
        return False

    def sees(self, shape: ShapeOf, row: Row, who: str, deep: int = 0) -> bool:
        """Whether somebody owns a row, it is nobody's, or it is shared with them."""
        return self.whose(shape, row) in ("", who) or self.shared(shape, row, who, deep)

    def get(self, shape: ShapeOf, key: Key) -> Row | None:
        """A row by its key."""
        return self.tables[shape.name].get(key)

    def all(self, shape: ShapeOf) -> Iterator[tuple[Key, Row]]:
        """Every row of an entity."""
        yield from list(self.tables[shape.name].items())

    def add(
        self, shape: ShapeOf, given: dict[str, Any], owner: str, now: datetime
    ) -> tuple[Key, Row] | None:
        """A new row of what a caller gave, the rest made by us; None where its key is taken."""
        self.made += 1
        data = {f.json: self._begun(f, given, owner, now, shape) for f in shape.fields}
        key = self.key_of(shape, data, self.made)
        table = self.tables[shape.name]
        if key in table:
            return None
        if len(table) >= KEPT_MAX:
            table.pop(next(iter(table)))
        table[key] = Row(data, self._owner(shape, data, owner))
        return key, table[key]

    def _begun(
        self, f: FieldOf, given: dict[str, Any], owner: str, now: datetime, shape: ShapeOf
    ) -> Any:
        if f.json in given:
            return given[f.json]
        if f.name == owner_by_token(self.found.entities, shape.name):
            return owner
        if f.key and f.type.sort != "ref":
            return self.rows.value(f, self.made)
        if f.generated and f.type.sort == "scalar" and f.type.name == "timestamp":
            return told_time(now)
        if f.null:
            return None
        return example_of(self.found, f)

    def change(self, shape: ShapeOf, row: Row, given: dict[str, Any], now: datetime) -> None:
        """Set fields of a row, and when it was changed."""
        names = {f.json: f for f in shape.fields}
        row.data.update({name: value for name, value in given.items() if name in names})
        for f in shape.fields:
            if f.generated and f.type.name == "timestamp" and _tells_change(f.name):
                row.data[f.json] = told_time(now)
        row.version += 1

    def remove(self, shape: ShapeOf, key: Key) -> None:
        """Take a row away."""
        self.tables[shape.name].pop(key, None)


def _tells_change(name: str) -> bool:
    return any(word in name.split("_") for word in ("updated", "changed", "modified"))


def moment(now_s: float) -> datetime:
    """A time in seconds as a date."""
    return datetime.fromtimestamp(now_s, UTC)
