"""An access pattern as the statement that asks it: SQL with parameters, and what each stands for.

Artefacts show it, trials run it; both take it from here, so that they speak of the same statement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from backend_lead.views.data.ddl import create_index, listed, literal, quoted, words_vector
from backend_lead.views.data.parts import AccessPattern, Column, Index, Table
from backend_lead.views.data.types import KEPT

# equal: what rows are found by; from, to: ends of a range; words: what is searched for;
# value: what is written; fresh: a value that no row has yet
Role = Literal["equal", "from", "to", "words", "value", "fresh"]


@dataclass(frozen=True)
class Parameter:
    """A place in a statement: `$1` is the first. `row` tells the rows of a list apart."""

    role: Role
    table: str
    column: str
    row: int = 0


@dataclass(frozen=True)
class Asked:
    """A statement with its parameters; one transaction runs it `times` times."""

    sql: str
    parameters: tuple[Parameter, ...]
    writes: bool = False
    times: int = 1


@dataclass
class _Places:
    """Hands out `$1`, `$2` and so on."""

    taken: list[Parameter] = field(default_factory=list)

    def add(self, role: Role, table: Table, column: str, row: int = 0) -> str:
        self.taken.append(Parameter(role, table.name, column, row))
        return f"${len(self.taken)}"


def statement(pattern: AccessPattern, tables: Mapping[str, Table]) -> Asked:
    """The statement of a pattern."""
    table, places = tables[pattern.table], _Places()
    children = [tables[name] for name in pattern.children]
    if pattern.does != "write":
        sql = _read(pattern, table, children, places)
        return Asked(sql, tuple(places.taken))
    if pattern.change == "insert":
        sql = _insert(table, children, places)
    elif pattern.change == "upsert":
        sql = _upsert(pattern, table, children, places)
    elif pattern.change == "delete":
        sql = f"DELETE FROM {quoted(table.name)} WHERE {_where(pattern, table, places)}"
    else:
        sql = _update(pattern, table, children, places)
    return Asked(sql, tuple(places.taken), True, max(1, round(pattern.rows)))


def index_sql(index: Index) -> str:
    """The statement that makes an index, for a hint."""
    return create_index(index).sql


def _read(
    pattern: AccessPattern, table: Table, children: list[Table], places: _Places
) -> str:  # fmt: skip
    where = _where(pattern, table, places)
    where = f"\nWHERE {where}" if where else ""
    if pattern.does == "aggregate":
        sums = [f"sum({quoted(c)}) AS {quoted(f'sum_{c}')}" for c in pattern.sums]
        groups = [quoted(c) for c in pattern.groups]
        grouped = f"\nGROUP BY {', '.join(groups)}" if groups else ""
        shown = ", ".join([*groups, "count(*) AS rows", *sums])
        return f"SELECT {shown}\nFROM {quoted(table.name)}{where}{grouped}"
    shown = listed(c.name for c in table.columns)
    for child in children:
        shown += f",\n  {_listed(table, child)} AS {quoted(child.listed or child.name)}"
    sql = f"SELECT {shown}\nFROM {quoted(table.name)}{where}"
    if pattern.order:
        sql += f"\nORDER BY {quoted(pattern.order)}" + (" DESC" if pattern.descending else "")
    return sql if pattern.does == "point" else f"{sql}\nLIMIT {math.ceil(pattern.rows)}"


def _listed(table: Table, child: Table) -> str:
    """The rows that hang on each row, in the order of their list."""
    key = child.foreign[0] if child.foreign else None
    own = key.columns if key else child.key[: len(table.key)]
    theirs = key.refers if key else table.key
    match = " AND ".join(f"c.{quoted(a)} = {quoted(table.name)}.{quoted(b)}"
                         for a, b in zip(own, theirs, strict=True))  # fmt: skip
    return (f"ARRAY(SELECT c FROM {quoted(child.name)} AS c WHERE {match} "
            f"ORDER BY c.{quoted(child.key[-1])})")  # fmt: skip


def _where(pattern: AccessPattern, table: Table, places: _Places) -> str:
    usual = dict(pattern.usual)
    parts = [f"{quoted(c)} = {places.add('equal', table, c)}"
             for c in pattern.by if c not in usual]  # fmt: skip
    parts += [f"{quoted(c)} = {literal(value)}" for c, value in pattern.usual]
    if pattern.range:
        parts.append(f"{quoted(pattern.range)} >= {places.add('from', table, pattern.range)}")
        parts.append(f"{quoted(pattern.range)} <= {places.add('to', table, pattern.range)}")
    if pattern.words:
        place = places.add("words", table, pattern.words[0])
        parts.append(f"{words_vector(pattern.words)} @@ plainto_tsquery('simple', {place})")
    return " AND ".join(parts)


def _given(table: Table) -> list[Column]:
    """Columns that whoever inserts a row gives a value; the others the database makes."""
    by = table.parts.by if table.parts else ""
    return [c for c in table.columns if c.made not in ("id", "now") or c.name == by]


def _unique(table: Table) -> frozenset[str]:
    return frozenset(table.key).union(*table.unique)


def _insert(table: Table, children: list[Table], places: _Places) -> str:
    given, own = _given(table), _unique(table)
    values = ", ".join(_typed(table, c, places, "fresh" if c.name in own else "value")
                       for c in given)  # fmt: skip
    row = f"INSERT INTO {quoted(table.name)} ({listed(c.name for c in given)})\nVALUES ({values})"
    if not given:
        row = f"INSERT INTO {quoted(table.name)} DEFAULT VALUES"
    return _with_lists(row, table, children, places)


def _upsert(
    pattern: AccessPattern, table: Table, children: list[Table], places: _Places
) -> str:  # fmt: skip
    """Insert, or change the row that is there; which one, the key says, or what is unique."""
    asked = set(pattern.by)
    target = next((g for g in (table.key, *table.unique) if set(g) <= asked), table.key)
    given = [c for c in table.columns if c in _given(table) or c.name in target]
    own = _unique(table) - set(target)
    values = ", ".join(
        _typed(table, c, places, "equal" if c.name in target else
               "fresh" if c.name in own else "value")
        for c in given
    )  # fmt: skip
    sets = [f"{quoted(c.name)} = "
            + ("now()" if c.made == "now" else f"excluded.{quoted(c.name)}")
            for c in _changed(pattern, table) if c.name not in target]  # fmt: skip
    does = f"DO UPDATE SET {', '.join(sets)}" if sets else "DO NOTHING"
    row = (f"INSERT INTO {quoted(table.name)} ({listed(c.name for c in given)})\n"
           f"VALUES ({values})\nON CONFLICT ({listed(target)}) {does}")  # fmt: skip
    return _with_lists(row, table, children, places, one=True)


def _update(
    pattern: AccessPattern, table: Table, children: list[Table], places: _Places
) -> str:  # fmt: skip
    sets = ", ".join(
        f"{quoted(c.name)} = "
        + ("now()" if c.made == "now" else places.add("value", table, c.name))
        for c in _changed(pattern, table)
    )  # fmt: skip
    where = _where(pattern, table, places)
    row = f"UPDATE {quoted(table.name)} SET {sets}" + (f"\nWHERE {where}" if where else "")
    return _with_lists(row, table, children, places, one=True)


def _changed(pattern: AccessPattern, table: Table) -> list[Column]:
    """The columns that a write changes: those it names, else all that may change."""
    if pattern.sets:
        return [c for c in table.columns if c.name in pattern.sets]
    fixed = _unique(table) | set(pattern.by)
    free = [c for c in table.columns if c.name not in fixed and c.made != "id" and not c.refers]
    return [c for c in free if c.made != "now"] or free or list(table.columns[-1:])


def _with_lists(
    row: str, table: Table, children: list[Table], places: _Places, *, one: bool = False
) -> str:
    """The statement together with rows of the lists of its row: as many as a new one has on the
    mean, or `one` that is changed or added."""
    row += f"\nRETURNING {listed(table.key)}"
    if not children:
        return row
    parts = [f"WITH made AS (\n{row}\n)"]
    for child in children:
        up = child.key[:-1]
        plain = [c for c in child.columns if c.name not in child.key]
        rows = 1 if one else max(1, round(child.per_parent))
        lines = [
            ", ".join([str(n + 1), *(_typed(child, c, places, "value", n) for c in plain)])
            for n in range(rows)
        ]
        names = [child.key[-1], *(c.name for c in plain)]
        sql = (f"INSERT INTO {quoted(child.name)} ({listed((*up, *names))})\n"
               f"SELECT {', '.join(f'made.{quoted(k)}' for k in table.key)}, v.*\n"
               f"FROM made, (VALUES {', '.join(f'({line})' for line in lines)}) AS v")  # fmt: skip
        if one:
            sets = [f"{quoted(c.name)} = excluded.{quoted(c.name)}" for c in plain]
            does = f"DO UPDATE SET {', '.join(sets)}" if sets else "DO NOTHING"
            sql += f"\nON CONFLICT ({listed(child.key)}) {does}"
        parts.append(f"{quoted(f'{child.name}_made')} AS (\n{sql}\n)")
    return ",\n".join(parts) + f"\nSELECT {listed(table.key)} FROM made"


def _typed(table: Table, column: Column, places: _Places, role: Role, row: int = 0) -> str:
    return f"{places.add(role, table, column.name, row)}::{KEPT[column.type].postgres}"
