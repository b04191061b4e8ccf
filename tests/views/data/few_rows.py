"""A few generated rows in DuckDB, in the tables of a data layer as its stores have them."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import duckdb

from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.parts import Column, Table
from backend_lead.views.data.types import KEPT

FIRST = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ROWS, LINES = 40, 2
Row = dict[str, Any]


def fill(layer: Layer, database: duckdb.DuckDBPyConnection, schema: str = "raw") -> None:
    """Create every table in a schema and fill it; rows refer to rows that are there."""
    database.execute("set timezone = 'UTC'")
    database.execute(f"create schema {schema}")
    for table, rows in few_rows(layer).items():
        create(database, schema, layer.tables[table])
        insert(database, f"{schema}.{quoted(table)}", layer.tables[table], rows)


def create(database: duckdb.DuckDBPyConnection, schema: str, table: Table) -> None:
    """The table with the types DuckDB keeps its columns in."""
    columns = ", ".join(f"{quoted(c.name)} {KEPT[c.type].duckdb}" for c in table.columns)
    database.execute(f"create table {schema}.{quoted(table.name)} ({columns})")


def insert(
    database: duckdb.DuckDBPyConnection, name: str, table: Table, rows: Iterable[Row]
) -> None:  # fmt: skip
    """Put rows in."""
    places = ", ".join("?" for _ in table.columns)
    values = [[row[c.name] for c in table.columns] for row in rows]
    database.executemany(f"insert into {name} values ({places})", values)


def few_rows(layer: Layer, seed: int = 1) -> dict[str, list[Row]]:
    """Rows of every table; the same for the same seed."""
    chance = random.Random(seed)
    out: dict[str, list[Row]] = {}
    waiting = list(layer.tables.values())
    while waiting:
        ready = [t for t in waiting if all(r in out or r == t.name for r in refers(t))] or waiting
        table = ready[0]
        waiting.remove(table)
        out[table.name] = rows_of(table, out, chance)
    return out


def refers(table: Table) -> set[str]:
    """The tables a table points to."""
    return {c.refers for c in table.columns if c.refers}


def rows_of(table: Table, made: dict[str, list[Row]], chance: random.Random) -> list[Row]:
    """The rows of one table: some for each parent, or so many, each key once."""
    rows: list[Row] = []
    if table.parent:
        up = table.foreign[0]
        for parent in made[table.parent]:
            for position in range(1, LINES + 1):
                row = one(table, made, chance, len(rows))
                row |= {c: parent[k] for c, k in zip(up.columns, up.refers, strict=True)}
                rows.append(row | {"position": position})
        return rows
    seen: set[tuple[Any, ...]] = set()
    for number in range(ROWS):
        row = one(table, made, chance, number)
        keys = {(group, *(row[k] for k in group)) for group in (table.key, *table.unique)}
        if not seen & keys:
            seen |= keys
            rows.append(row)
    return rows


def one(table: Table, made: dict[str, list[Row]], chance: random.Random, number: int) -> Row:
    """A row; a reference of several columns takes them from one row."""
    alone = {c for group in table.unique for c in group}
    chosen = {t: chance.choice(rows) for t, rows in made.items() if rows}
    row: Row = {}
    for column in table.columns:
        if column.refers in chosen:
            target = chosen[column.refers]
            same = [k for k in target if column.name == k or column.name.endswith(f"_{k}")]
            row[column.name] = target[max(same, key=len) if same else next(iter(target))]
        else:
            row[column.name] = value(column, chance, number, alone=column.name in alone)
    return row


def value(column: Column, chance: random.Random, number: int, *, alone: bool) -> Any:
    """A value of a column's type, sometimes none where it may be none; `alone`: like no other."""
    if column.null and chance.random() < 0.3:
        return None
    if column.one_of and column.type == "word":
        return chance.choice(column.one_of)
    when = FIRST + dt.timedelta(seconds=chance.randrange(20 * 86_400))
    values: dict[str, Any] = {
        "uuid": uuid.UUID(int=chance.getrandbits(128)), "int": chance.randrange(1, 9),
        "long": number + 1, "number": chance.random() * 100,
        "decimal": Decimal(chance.randrange(10_000)) / 100,
        "amount": Decimal(chance.randrange(100_000)) / 100,
        "currency": chance.choice(["EUR", "USD"]), "bool": chance.random() < 0.5,
        "timestamp": when, "date": when.date(), "json": '{"a": 1}',
        "duration": dt.timedelta(seconds=chance.randrange(7_200)), "words": ["a", "b"],
    }  # fmt: skip
    text = f"{number if alone else chance.randrange(9)} {column.name}"[: column.most]
    return values.get(column.type, text)
