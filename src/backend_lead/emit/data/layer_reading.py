"""A design read for the pages about its data: tables, patterns, stores, and their spelling."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.emit.report.wording import cell, number, rate
from backend_lead.model.data import Data
from backend_lead.model.design import Design
from backend_lead.model.system import Component, System
from backend_lead.model.units import DURATION
from backend_lead.views.data.layer import Layer, layer
from backend_lead.views.data.parts import AccessPattern, Table

RELATIONAL = "relational store"
DAY_S = 86_400.0


@dataclass(frozen=True)
class DataReading:
    """A design with its data layer."""

    design: Design
    layer: Layer

    @property
    def system(self) -> System:
        """The model."""
        return self.design.system

    @property
    def data(self) -> Data:
        """What is asked of the data layer; nothing where the model says nothing."""
        return self.system.data or Data()

    @property
    def stores(self) -> list[str]:
        """The stores whose tables can be told in SQL."""
        return [name for name in self.layer.stores if self.role(name) == RELATIONAL]

    def component(self, store: str) -> Component:
        """A store of the model."""
        return self.system.components[store]

    def role(self, name: str) -> str:
        """What a component is there for."""
        return kind_of(self.system.components[name].kind).role

    def of_role(self, role: str) -> list[str]:
        """The components of a role."""
        return [name for name in self.system.components if self.role(name) == role]

    def writers(self, table: Table) -> list[AccessPattern]:
        """The statements that change a table or what hangs on it."""
        return [p for p in self.layer.of_table(table.name) if p.change]

    def title(self, store: str) -> str:
        """A store as people say it: `db` (Database)."""
        said = self.component(store).title
        return f"`{store}`" + (f" ({cell(said)})" if said else "")


def data_reading(design: Design) -> DataReading | None:
    """None where no entity of the model has fields."""
    found = layer(design.system)
    return DataReading(design, found) if found is not None else None


def span(value_s: float | None) -> str:
    """A time as the model writes it: 30 d, 5 min; `for ever` where there is none."""
    return "for ever" if value_s is None else DURATION.format(value_s)


def code(names: Iterable[str]) -> str:
    """Names as code: `a`, `b`."""
    return ", ".join(f"`{name}`" for name in names)


def listed(words: Iterable[str]) -> str:
    """Words in a sentence: a, b and c."""
    every = list(words)
    return every[0] if len(every) == 1 else ", ".join(every[:-1]) + f" and {every[-1]}"


def ended_at(times: float) -> str:
    """At which load a resource ends: 800 times today's load."""
    if not math.isfinite(times):
        return "no load of this kind"
    return f"{number(times, 2)} times today's load"


def at_peak(pattern: AccessPattern) -> str:
    """How often a statement is made: 16.7/s."""
    return rate(pattern.rate_per_s)


def how_found(pattern: AccessPattern) -> str:
    """How a statement finds its rows, in columns."""
    parts = []
    if pattern.change == "insert":
        parts.append("adds a row")
    if pattern.by:
        parts.append(" and ".join(f"`{c}`" for c in pattern.by))
    if pattern.words:
        parts.append(f"words in {code(pattern.words)}")
    if pattern.range:
        parts.append(f"a range of `{pattern.range}`")
    if pattern.order:
        parts.append(f"by `{pattern.order}`, {'newest' if pattern.descending else 'least'} first")
    if pattern.groups or pattern.sums:
        sums = f"adds up {code(pattern.sums)}" if pattern.sums else "counts"
        parts.append(sums + (f" by {code(pattern.groups)}" if pattern.groups else ""))
    return "; ".join(parts) or "all rows"
