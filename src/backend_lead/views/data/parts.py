"""What a data layer is made of: tables with columns, access patterns, indexes.

Nothing here knows an engine beyond the words of `types.py`; nothing knows files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from backend_lead.model.data import GUARDED, Change, Class, Erase, Pattern

Does = Literal["point", "range", "search", "aggregate", "write"]
Consistency = Literal["primary", "own writes", "may lag"]
Made = Literal["", "id", "now", "position"]  # how a value comes about where nobody gives it


@dataclass(frozen=True)
class Column:
    """A column: `type` is a word of `types.py`, `field` its place in the model, such as
    `ship_to.street`. `bytes` is what a value takes on the mean, where the model says so."""

    name: str
    type: str
    field: str
    title: str
    null: bool = False
    made: Made = ""
    one_of: tuple[str, ...] = ()
    most: int | None = None
    refers: str = ""  # the table whose key it holds
    cls: Class = "internal"
    purpose: tuple[str, ...] = ()
    hidden: bool = False
    example: Any = None

    @property
    def guarded(self) -> bool:
        """Whether only some may see it."""
        return self.cls in GUARDED


@dataclass(frozen=True)
class ForeignKey:
    """Columns that hold the key of a row of another table; `cascade`: they go with it.

    `later`: the other table comes after, so it is added when both are there. In a `circle` it is
    checked at commit, because no row could be the first.
    """

    columns: tuple[str, ...]
    table: str
    refers: tuple[str, ...]
    cascade: bool = False
    later: bool = False
    circle: bool = False


@dataclass(frozen=True)
class Parts:
    """A table in parts by `by`, a new one every `every_s`; kept for `keep_s` (None: for ever)."""

    by: str
    every_s: float
    keep_s: float | None


@dataclass(frozen=True)
class Table:
    """A table of a store. `parent` is the table whose rows its rows hang on (lines of an order),
    `listed` the field of the parent that holds them. `rows` and `row_bytes` are those of the model;
    of a child `per_parent` is the mean number for each parent, taken from the catalogue."""

    name: str
    entity: str
    title: str
    store: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    foreign: tuple[ForeignKey, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    parts: Parts | None = None
    parent: str = ""
    listed: str = ""
    per_parent: float = 1.0
    rows: float = 0.0
    row_bytes: float = 0.0
    skew: float = 0.0
    owner: str = ""
    person: str = ""  # the column that names whose row it is
    tenant: str = ""  # the column that names the tenant it belongs to
    keep_s: float | None = None
    hold_s: float | None = None
    erase: Erase = "delete"

    def column(self, name: str) -> Column:
        """A column by its name. Raises StopIteration where there is none."""
        return next(c for c in self.columns if c.name == name)

    @property
    def has(self) -> frozenset[str]:
        """The names of its columns."""
        return frozenset(c.name for c in self.columns)


@dataclass(frozen=True)
class AccessPattern:
    """One statement of a store with what the flow knows of it.

    `id` is `component.operation`. `rate_per_s` is that at peak. `by`, `range`, `order` and others
    are columns of `table`. `stated`: the model says the pattern; otherwise it was read off the API.
    """

    id: str
    title: str
    table: str
    does: Does
    rate_per_s: float
    by: tuple[str, ...] = ()
    range: str = ""
    order: str = ""
    descending: bool = False
    rows: float = 1.0
    words: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    change: Change | None = None
    sets: tuple[str, ...] = ()
    children: tuple[str, ...] = ()  # tables whose rows come with each row
    usual: tuple[tuple[str, str], ...] = ()
    fresh_s: float | None = None
    consistency: Consistency = "primary"
    asked_by: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    stated: bool = True
    said: Pattern | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Index:
    """An index and the access patterns that justify it. `method` is a word of the engine's methods:
    ordered, words, blocks."""

    name: str
    table: str
    columns: tuple[str, ...]
    method: Literal["ordered", "words", "blocks"] = "ordered"
    descending: tuple[str, ...] = ()
    unique: bool = False
    where: tuple[tuple[str, str], ...] = ()
    serves: tuple[str, ...] = ()
