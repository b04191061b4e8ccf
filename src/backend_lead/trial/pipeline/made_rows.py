"""Rows made up one at a time for changes under way, as values that a client sends.

`values.py` makes the millions that are there before, as bytes of COPY by number; there the model's
popularity and sizes count, here that each change is another.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from backend_lead.views.data.ddl import listed, quoted
from backend_lead.views.data.parts import Column, Table

LETTERS = "abcdefghijklmnopqrstuvwxyz"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
NUMBERS = ("int", "long", "number", "decimal", "amount")
PEOPLE = 40  # whose rows they are; few, so that each has some
TEXT_MOST = 40


def value(column: Column, dice: Random) -> Any:
    """A value that a column takes, as asyncpg wants it."""
    word = "".join(dice.choices(LETTERS, k=8))
    match column.type:
        case "uuid":
            return uuid.UUID(int=dice.getrandbits(128), version=4)
        case "int":
            return dice.randint(1, 1000)
        case "long":
            return dice.randint(1, 1_000_000)
        case "number":
            return dice.randint(1, 1000) / 4  # exact in binary, so that sums are
        case "decimal" | "amount":
            return Decimal(dice.randint(1, 1_000_000)) / 100
        case "currency":
            return dice.choice(("EUR", "USD"))
        case "bool":
            return dice.random() < 0.5
        case "timestamp":
            return FIRST + timedelta(seconds=dice.randint(0, 10_000_000))
        case "date":
            return (FIRST + timedelta(days=dice.randint(0, 300))).date()
        case "duration":
            return timedelta(seconds=dice.randint(1, 10_000))
        case "json":
            return json.dumps({word: dice.randint(1, 9)})
        case "words":
            return [dice.choice(column.one_of)] if column.one_of else [word]
        case "word":
            return dice.choice(column.one_of)
        case "email":
            return f"{word}@example.com"
        case "url":
            return f"https://example.com/{word}"
    many = min(column.most or TEXT_MOST, dice.randint(8, TEXT_MOST))
    return "".join(dice.choices(LETTERS, k=many))


class Rows:
    """Makes rows of one table, and the statements that write them."""

    def __init__(self, table: Table, seed: int, by: str = "") -> None:
        """`by`: a column whose values come again and again, as many as there are `people`."""
        self.table = table
        self.by = by if by not in (*table.key, table.person) else ""
        self.dice = Random(seed)
        person = table.column(table.person) if table.person else None
        self.people = [value(person, self.dice) for _ in range(PEOPLE)] if person else []
        kept = table.column(self.by) if self.by else None
        self.keys = [value(kept, self.dice) for _ in range(PEOPLE)] if kept else []

    def row(self) -> dict[str, Any]:
        """A new row; those of a person belong to one of `people`."""
        out = {column.name: value(column, self.dice) for column in self.table.columns}
        if self.table.person and self.table.person not in self.table.key:
            out[self.table.person] = self.dice.choice(self.people)
        if self.by:
            out[self.by] = self.dice.choice(self.keys)
        return out

    @property
    def changed(self) -> tuple[str, ...]:
        """The columns that an update sets: what can be added up, else the first that may change."""
        free = [c for c in self.table.columns
                if c.name not in (*self.table.key, self.table.person)
                and not any(c.name in group for group in self.table.unique)]  # fmt: skip
        numbers = [c.name for c in free if c.type in NUMBERS]
        return tuple(numbers or [c.name for c in free[:1]])

    @property
    def sums(self) -> tuple[str, ...]:
        """The columns whose sums are compared."""
        return tuple(c.name for c in self.table.columns if c.type in NUMBERS and not c.hidden)

    @property
    def insert(self) -> str:
        """Adds a row; again, it does nothing, so that it can be repeated after a lost answer."""
        names = [c.name for c in self.table.columns]
        marks = ", ".join(f"${i}" for i in range(1, len(names) + 1))
        return (f"INSERT INTO {quoted(self.table.name)} ({listed(names)}) VALUES ({marks}) "
                "ON CONFLICT DO NOTHING")  # fmt: skip

    @property
    def update(self) -> str:
        """Sets columns of a row by its key."""
        sets = ", ".join(f"{quoted(c)} = ${i}" for i, c in enumerate(self.changed, 1))
        return f"UPDATE {quoted(self.table.name)} SET {sets} WHERE {self.by_key(len(self.changed))}"

    @property
    def delete(self) -> str:
        """Deletes a row by its key."""
        return f"DELETE FROM {quoted(self.table.name)} WHERE {self.by_key(0)}"

    def by_key(self, after: int) -> str:
        """The condition on the key, its values after `after` others."""
        return " AND ".join(f"{quoted(c)} = ${i}" for i, c in enumerate(self.table.key, after + 1))

    def key_of(self, row: dict[str, Any]) -> list[Any]:
        """The values of a row's key."""
        return [row[name] for name in self.table.key]

    def new(self, name: str) -> Any:
        """A new value of a column."""
        return value(self.table.column(name), self.dice)
