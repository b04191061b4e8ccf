"""Example data: rows of every entity, made of its fields; the same seed makes the same rows.

The first row of an entity is the example of the contract, so that what stands in its documents
works against the mock as it stands.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from backend_lead.views.api.parts import Contract, FieldOf, ShapeOf
from backend_lead.views.api.schema import example_of
from backend_lead.views.api.types import SCALARS, Type

ROWS = 25  # of each entity: more than one page of 20, and still few enough to look at
NEW_ROWS = 1000  # ids from here on are of rows that callers made
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32, as in ULIDs
_FIRST = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)  # the moment of the contract's examples
_DEEP = 4
_SHORT = 8  # characters of a text that is a code rather than words
_BEGUN = {"created", "made", "placed", "begun", "started", "registered"}
_TITLES = {"name", "title", "subject", "label", "words"}
_COLOURS = ("blue", "red", "green", "white", "black", "small", "large", "old", "new", "plain")
_THINGS = ("lamp", "chair", "table", "story", "note", "plan", "trip", "photo", "concert", "report")
_PEOPLE = ("ada", "grace", "alan", "edsger", "barbara", "donald", "frances", "tony", "radia", "ken")


def id_of(index: int) -> str:
    """The id of a row: that of the contract's examples for the first."""
    sample = str(SCALARS["id"].sample)
    if index == 0:
        return sample
    tail = ""
    for _ in range(4):
        index, digit = divmod(index, 32)
        tail = _DIGITS[digit] + tail
    return sample[:-4] + tail


class Rows:
    """What makes values of fields, in numbers drawn from one seed."""

    def __init__(self, found: Contract, seed: int) -> None:
        self.found = found
        self.random = random.Random(seed)

    def data(self, shape: ShapeOf, index: int) -> dict[str, Any]:
        """A row of an entity by JSON names."""
        row = {f.json: self.value(f, index) for f in shape.fields}
        return self._in_order(shape, row)

    def _in_order(self, shape: ShapeOf, row: dict[str, Any]) -> dict[str, Any]:
        """A row whose making is not after anything else that happened to it."""
        times = [f for f in shape.fields if f.type == Type("scalar", "timestamp") and not f.key
                 and f.generated and row[f.json] is not None]  # fmt: skip
        began = next((f for f in times if _BEGUN & set(f.name.split("_"))), None)
        if began is not None:
            first = min(row[f.json] for f in times)
            at = next(f.json for f in times if row[f.json] == first)
            row[at], row[began.json] = row[began.json], first
        return row

    def value(self, f: FieldOf, index: int, depth: int = 0) -> Any:
        """A value of a field: in the first row its example."""
        if index == 0:
            return example_of(self.found, f)
        if f.null and not f.key and self.random.random() < 0.2:
            return None
        made = self._of(f.type, f, index, depth)
        if f.most is None or made is None:
            return made
        if isinstance(made, str) and f.type.sort == "scalar":
            return self._short(made, index, f)
        return made[: f.most] if isinstance(made, list) else made

    def _short(self, made: str, index: int, f: FieldOf) -> str:
        """Cut to the field's bound; a key stays different from others."""
        assert f.most is not None
        return (str(index) + made)[: f.most] if f.key and len(made) > f.most else made[: f.most]

    def _of(self, type_: Type, f: FieldOf, index: int, depth: int) -> Any:
        if type_.item is not None:
            count = 0 if depth > _DEEP else self.random.randint(1, 3)
            return [self._of(type_.item, f, index, depth + 1) for _ in range(count)]
        if type_.sort == "ref":
            return self.reference(type_.name, index)
        if type_.sort == "enum":
            return self.random.choice(self.found.enums[type_.name].wire)
        if type_.sort == "shape":
            shape = self.found.shapes[type_.name]
            if depth > _DEEP:
                return {g.json: example_of(self.found, g, depth) for g in shape.fields}
            return {g.json: self.value(g, index, depth + 1) for g in shape.fields}
        return _SCALARS[type_.name](self, f, index)

    def reference(self, entity: str, index: int) -> str:
        """The id of some row of an entity."""
        key = self.found.shapes[entity].key
        if key and key[0].type.sort == "scalar" and key[0].type.name != "id":
            return id_of(0)
        return id_of(self.random.choice((0, self.random.randrange(ROWS), index % ROWS)))

    def moment(self) -> str:
        """A time within the month before the examples' moment."""
        return told_time(_FIRST - timedelta(seconds=self.random.randrange(30 * 86_400)))

    def words(self, f: FieldOf, index: int) -> str:
        """A short text: a person's name where it is one, else a thing."""
        if f.key:
            return f"{SCALARS['string'].sample}-{index}"
        if f.example is not None and (f.most or _SHORT + 1) <= _SHORT:
            return str(f.example)  # a code, such as that of a currency
        if f.type.item is not None:
            return self.random.choice(_COLOURS)
        if f.personal and f.type.name == "text":
            return f"{self.random.choice(_COLOURS)} {self.random.choice(_THINGS)}".capitalize()
        if f.personal:
            return self.random.choice(_PEOPLE).capitalize()
        if not _TITLES & set(f.name.split("_")):
            return f"{f.name.replace('_', '-')}-{index}"
        return f"{self.random.choice(_COLOURS)} {self.random.choice(_THINGS)}".capitalize()


def told_time(moment: datetime) -> str:
    """A time as JSON writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Maker = Callable[[Rows, FieldOf, int], Any]
_SCALARS: dict[str, Maker] = {
    "id": lambda rows, f, i: id_of(i) if f.key else id_of(rows.random.randrange(ROWS)),
    "string": lambda rows, f, i: rows.words(f, i),
    "text": lambda rows, f, i: ". ".join(rows.words(f, i) for _ in range(3)) + ".",
    "int": lambda rows, f, i: i + 1 if f.key else rows.random.randint(1, 100),
    "long": lambda rows, f, i: str(i + 1 if f.key else rows.random.randint(1, 10**9)),
    "number": lambda rows, f, i: round(rows.random.uniform(0, 100), 2),
    "decimal": lambda rows, f, i: f"{rows.random.uniform(1, 200):.2f}",
    "bool": lambda rows, f, i: rows.random.random() < 0.5,
    "timestamp": lambda rows, f, i: (
        told_time(_FIRST - timedelta(minutes=i)) if f.key else rows.moment()
    ),
    "date": lambda rows, f, i: (
        (_FIRST - timedelta(days=i)).date().isoformat() if f.key else rows.moment()[:10]
    ),
    "duration": lambda rows, f, i: f"PT{rows.random.randint(1, 59)}M",
    "email": lambda rows, f, i: f"{rows.random.choice(_PEOPLE)}{i}@example.com",
    "url": lambda rows, f, i: f"https://example.com/picture-{i}.jpg",
    "json": lambda rows, f, i: {"theme": rows.random.choice(("dark", "light")), "row": i},
}
