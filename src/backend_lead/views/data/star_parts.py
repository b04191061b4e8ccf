"""What a star schema is made of: fact tables at one grain, dimensions, and how columns are treated.

A *fact table* holds what happened; the bare word fact is a number of the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend_lead.model.data import Class
from backend_lead.model.quantity import Origin

Treatment = Literal["kept", "pseudonym", "left out"]
Additive = Literal["all", "currency", "none"]
Grows = Literal["by time", "by change", "also daily"]
UNKNOWN = "unknown"  # the key of the row of a dimension that stands for what is not there


@dataclass(frozen=True)
class Attribute:
    """A column of a dimension, or one that a fact table keeps itself (a degenerate dimension).

    `column` is what it is called in the source. `above`: it comes from the row that the fact
    table's rows hang on.
    """

    name: str
    column: str
    type: str
    title: str
    cls: Class = "internal"
    treatment: Treatment = "kept"
    one_of: tuple[str, ...] = ()
    null: bool = False
    above: bool = False


@dataclass(frozen=True)
class Measure:
    """A number of a fact table. `additive` within a `currency` means: never summed across
    currencies. `product` are two columns that are multiplied, such as quantity and unit price."""

    name: str
    type: str
    title: str
    additive: Additive
    currency: str = ""
    product: tuple[str, str] | None = None
    counts: bool = False
    null: bool = False
    above: bool = False


@dataclass(frozen=True)
class Link:
    """A fact table's reference to a dimension: `role` says as what, `held` what the role is called
    in the source's own row."""

    role: str
    held: str
    dimension: str
    above: bool = False


@dataclass(frozen=True)
class Reference:
    """A reference to a row of another fact table: its key is kept, nothing is joined."""

    role: str
    held: str
    table: str
    above: bool = False


@dataclass(frozen=True)
class LeftOut:
    """A column of the source that does not reach the warehouse, and why."""

    table: str
    column: str
    why: str


@dataclass(frozen=True)
class Dimension:
    """What fact tables refer to. `changes`: type 2 keeps what a row was at any time, type 1 what it
    is now. Of a `person` the key is a pseudonym; `shared` are the fact tables that refer to it."""

    name: str
    table: str
    title: str
    key: str
    natural: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    changes: Literal[1, 2]
    person: bool
    shared: tuple[str, ...] = ()

    @property
    def version_key(self) -> str:
        """The column that fact tables point to."""
        return f"{self.key.removesuffix('_key')}_version_key" if self.changes == 2 else self.key


@dataclass(frozen=True)
class FactTable:
    """What happened, a row for each `grain`. `when` is its time; `grows` how new rows are found.

    `late_s` is how far back a run looks for rows that came late. `derived`: the model states no
    product, so it was read off its entities.
    """

    id: str
    name: str
    table: str
    title: str
    grain: str
    key: str
    natural: tuple[str, ...]
    when: str
    when_above: bool
    grows: Grows
    late_s: float
    links: tuple[Link, ...] = ()
    references: tuple[Reference, ...] = ()
    degenerate: tuple[Attribute, ...] = ()
    measures: tuple[Measure, ...] = ()
    parent: str = ""
    changed: str = ""
    derived: bool = True
    person: bool = False
    answers: str = ""
    consumers: tuple[str, ...] = ()
    owner: str = ""
    fresh_s: float | None = None
    queries_per_s: float | None = None
    scans_s: float | None = None
    why: str = ""
    origins: tuple[tuple[str, Origin], ...] = ()  # of fresh, queries and scans

    @property
    def sort_key(self) -> tuple[str, ...]:
        """Columns to sort by: what few values have first, then the time."""
        few = [a.name for a in self.degenerate if a.one_of or a.type == "currency"]
        return (*few, *(link.role + "_key" for link in self.links[:1]), "happened_at")
