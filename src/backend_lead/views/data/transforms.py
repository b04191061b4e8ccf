"""The statements that make a star schema of the stores' tables: decided once for every runner.

A body names others by tokens: `@ref(stg_orders)` another model, `@source(orders)` a table of a
store, `@pepper` the secret that pseudonyms are made with. The words are those that PostgreSQL and
DuckDB share; who runs it puts names for the tokens in (`transformations.py`, the dbt project).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from backend_lead.model.data import Class
from backend_lead.views.api.names import singular
from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.guarding import about_people, treatment
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.parts import Column, Table
from backend_lead.views.data.star import Star, role_of
from backend_lead.views.data.star_parts import UNKNOWN, Dimension, FactTable, LeftOut
from backend_lead.views.data.types import KEPT

Stage = Literal["staging", "snapshots", "marts"]
Runs = Literal["view", "table", "incremental", "snapshot"]
REF = re.compile(r"@ref\((\w+)\)")
SOURCE = re.compile(r"@source\((\w+)\)")
PEPPER = "@pepper"
FIRST, LAST = "1900-01-01 00:00:00+00", "9999-12-31 00:00:00+00"


@dataclass(frozen=True)
class OutColumn:
    """A column of a model: what it is, and what is tested of it. `to` is the model and column that
    its values must be found in."""

    name: str
    type: str
    title: str
    cls: Class = "internal"
    unique: bool = False
    filled: bool = False
    values: tuple[str, ...] = ()
    to: tuple[str, str] | None = None


@dataclass(frozen=True)
class Model:
    """One SELECT and what is made of it. `since` is the condition that finds new rows, where not
    all are read again; `key` what a row is known by."""

    name: str
    stage: Stage
    runs: Runs
    about: str
    sql: str
    columns: tuple[OutColumn, ...]
    key: str = ""
    since: str = ""
    fact: FactTable | None = field(default=None, repr=False)

    @property
    def refs(self) -> tuple[str, ...]:
        """The models it reads, in the order of their names."""
        return tuple(sorted(set(REF.findall(self.sql))))

    @property
    def sources(self) -> tuple[str, ...]:
        """The tables of stores it reads."""
        return tuple(sorted(set(SOURCE.findall(self.sql))))


def models(star: Star, *, joined: bool = True) -> list[Model]:
    """Every model of a star schema, each after those it reads.

    Where rows and what they refer to lie in one database, a fact table need not be `joined` with
    its dimensions to find that they are there.
    """
    from backend_lead.views.data.marts import daily, dates, dimension, facts, snapshot

    out = [staging(star, star.layer.tables[name]) for name in used(star)]
    for dim in star.dimensions:
        if dim.changes == 2:
            out.append(snapshot(dim))
        out.append(dimension(dim))
    out.append(dates(star))
    out += [facts(star, fact, joined=joined) for fact in star.facts]
    out += [daily(star, fact) for fact in star.facts]
    return out


def used(star: Star) -> list[str]:
    """The tables that a star schema is made of, in the order of the data layer."""
    wanted = {d.table for d in star.dimensions}
    for fact in star.facts:
        wanted |= {fact.table, fact.parent} - {""}
    return [name for name in star.layer.tables if name in wanted]


def staging(star: Star, table: Table) -> Model:
    """A table of a store with keys hashed and with no column that the warehouse must not have."""
    lines, columns = [], []
    one = singular(table.name)
    key = [table.column(name) for name in table.key]
    lines.append((hashed(key, person=about_people(table)), f"{one}_key"))
    columns.append(OutColumn(f"{one}_key", "string", f"Key of a row of {table.name}, hashed",
                             unique=True, filled=True))  # fmt: skip
    for held, group in references(star.layer, table).items():
        target = star.layer.tables[group[0].refers]
        if f"{held}_key" == columns[0].name:
            continue
        lines.append((hashed(group, person=about_people(target)), f"{held}_key"))
        columns.append(OutColumn(f"{held}_key", "string", f"{group[0].title}, hashed",
                                 group[0].cls))  # fmt: skip
    for column in natural(star, table):
        lines.append((quoted(column.name), quoted(column.name)))
        columns.append(OutColumn(column.name, column.type, column.title, column.cls))
    for column in kept(star, table):
        if any(c.name == column.name for c in columns):
            continue
        how, _ = treatment(column, asked=True)
        sql = pseudonym([column]) if how == "pseudonym" else plain(column)
        lines.append((sql, quoted(column.name)))
        columns.append(out_column(column, hashed=how == "pseudonym"))
    return Model(f"stg_{table.name}", "staging", "view", f"{table.title}, as the warehouse has it",
                 select(lines, f"@source({table.name})"), tuple(columns), f"{one}_key")  # fmt: skip


def kept(star: Star, table: Table) -> list[Column]:
    """The columns of a table that its fact tables and its dimension need, references aside."""
    wanted: set[str] = set()
    for dim in star.dimensions:
        if dim.table == table.name:
            wanted |= {a.column for a in dim.attributes}
    for fact in star.facts:
        above = fact.parent == table.name
        if fact.table != table.name and not above:
            continue
        wanted |= {a.column for a in fact.degenerate if a.above == above}
        wanted |= {m.name for m in fact.measures if m.above == above and not m.counts}
        wanted |= {c for m in fact.measures if m.product and not above for c in m.product}
        if fact.when_above == above:
            wanted |= {fact.when, fact.changed}
    return [c for c in table.columns if c.name in wanted and not c.refers]


def natural(star: Star, table: Table) -> list[Column]:
    """The stores' own keys that rows and those they hang on are joined by, unless they are a
    person's."""
    wanted: set[str] = set()
    for fact in star.facts:
        if not fact.parent or about_people(star.layer.tables[fact.parent]):
            continue
        if fact.table == table.name:
            wanted |= set(table.foreign[0].columns)
        if fact.parent == table.name:
            wanted |= set(table.key)
    return [c for c in table.columns if c.name in wanted]


def loaded(star: Star, table: Table) -> list[Column]:
    """The columns of a table that a warehouse loads: those its models read, and no others."""
    names = {c.name for c in (*natural(star, table), *kept(star, table))} | set(table.key)
    return [c for c in table.columns if c.name in names or c.refers]


def not_loaded(star: Star) -> list[LeftOut]:
    """Every other column of the tables that are read, and why it stays away."""
    known = {(x.table, x.column): x for x in star.left_out}
    out = []
    for name in used(star):
        table = star.layer.tables[name]
        there = {c.name for c in loaded(star, table)}
        for column in table.columns:
            if column.name not in there:
                why = treatment(column, asked=False)[1] or "no fact table or dimension needs it"
                plain = LeftOut(name, column.name, why)
                out.append(known.get((name, column.name), plain))
    return out


def references(layer: Layer, table: Table) -> dict[str, list[Column]]:
    """The columns of each reference of a table by its role."""
    out: dict[str, list[Column]] = {}
    for column in table.columns:
        if column.refers:
            role = role_of(table, column, layer.tables)
            size = len(layer.tables[column.refers].key)
            while len(out.get(role, ())) == size:
                role += "_2"
            out.setdefault(role, []).append(column)
    return out


def hashed(columns: list[Column], *, person: bool) -> str:
    """The key of a row from the columns that know it; of a person with the pepper."""
    return pseudonym(columns) if person else f"md5({joined(columns)})"


def pseudonym(columns: list[Column]) -> str:
    """A value nobody reads without the pepper."""
    return f"md5('{PEPPER}' || '|' || {joined(columns)})"


def joined(columns: list[Column]) -> str:
    """Values as one text, spelled alike by every engine."""
    return " || '|' || ".join(f"cast({moment(quoted(c.name), c.type)} as varchar)" for c in columns)


def moment(sql: str, type_: str) -> str:
    """A time without its zone, in UTC."""
    return f"{sql} at time zone 'UTC'" if type_ == "timestamp" else sql


def day(sql: str, type_: str) -> str:
    """The day of a time, in UTC."""
    return f"cast({moment(sql, type_)} as date)"


def plain(column: Column) -> str:
    """A column as it is; a duration in seconds, which can be added up."""
    name = quoted(column.name)
    return f"extract(epoch from {name})" if column.type == "duration" else name


def out_column(column: Column, *, hashed: bool = False) -> OutColumn:
    """What is known of a column that is passed on."""
    type_ = "string" if hashed else "number" if column.type == "duration" else column.type
    return OutColumn(
        column.name, type_, column.title + (", hashed" if hashed else ""), column.cls,
        filled=not column.null,
        values=column.one_of if column.type == "word" and not hashed and not column.null else (),
    )  # fmt: skip


def select(lines: list[tuple[str, str]], origin: str) -> str:
    """A SELECT with a line for each column."""
    return "select\n" + ",\n".join(f"  {named(sql, name)}" for sql, name in lines) + (
        f"\nfrom {origin}")  # fmt: skip


def named(sql: str, name: str) -> str:
    """A column with its name, said once where they are the same."""
    return sql if sql == name or sql.endswith(f".{name}") else f"{sql} as {name}"


def empty(columns: tuple[OutColumn, ...], known: dict[str, str]) -> str:
    """The row of a dimension that stands for what is not there."""
    cells = [known.get(c.name, f"cast(null as {KEPT[c.type].postgres})") for c in columns]
    return "select\n  " + ",\n  ".join(
        f"{cell} as {quoted(c.name)}" for cell, c in zip(cells, columns, strict=True)
    )


def unknown(columns: tuple[OutColumn, ...], keys: Iterator[str]) -> str:
    """That row with its keys."""
    return empty(columns, dict.fromkeys(keys, f"'{UNKNOWN}'"))


def version(dim: Dimension) -> str:
    """The key of one version of a row."""
    return f"md5({dim.key} || '|' || cast(version as varchar))"
