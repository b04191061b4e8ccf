"""The tables of a store made in a real database, and what has to wait until they are filled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from backend_lead.trial.values import part_edges, span_s
from backend_lead.views.data.ddl import add_foreign, comments, create_index, create_table, quoted
from backend_lead.views.data.parts import Index, Table

_KEYS = """
SELECT conrelid::regclass::text AS held_by, conname, pg_get_constraintdef(oid) AS rule
FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 ORDER BY 1, 2
"""
_COUNTERS = """
SELECT a.attrelid::regclass::text AS held_by, a.attname
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE a.attidentity <> '' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


async def make_tables(connection: Any, tables: Iterable[Table]) -> None:
    """The tables with keys, checks and foreign keys, and their parts for the rows of a trial."""
    every = list(tables)
    for table in every:
        await connection.execute(create_table(table).sql)
        for statement in comments(table):
            await connection.execute(statement.sql)
        if table.parts:
            edges = part_edges(table.parts, span_s(table))
            for n, (first, end) in enumerate(zip(edges, edges[1:], strict=False)):
                await connection.execute(_part(table, n, first, end))
            await connection.execute(
                f"CREATE TABLE {quoted(f'{table.name}_rest')} "
                f"PARTITION OF {quoted(table.name)} DEFAULT"
            )
    for table in every:
        for statement in add_foreign(table):
            await connection.execute(statement.sql)


def _part(table: Table, number: int, first: float, end: float) -> str:
    since, until = (datetime.fromtimestamp(at, UTC).isoformat() for at in (first, end))
    return (f"CREATE TABLE {quoted(f'{table.name}_{number}')} PARTITION OF {quoted(table.name)} "
            f"FOR VALUES FROM ('{since}') TO ('{until}')")  # fmt: skip


async def without_foreign_keys(connection: Any) -> list[str]:
    """Take the foreign keys away for the filling; the statements that bring them back."""
    found = await connection.fetch(_KEYS)
    for row in found:
        name = quoted(row["conname"])
        await connection.execute(f"ALTER TABLE {row['held_by']} DROP CONSTRAINT {name}")
    return [f"ALTER TABLE {row['held_by']} ADD CONSTRAINT {quoted(row['conname'])} {row['rule']}"
            for row in found]  # fmt: skip


async def finish(
    connection: Any, keys: Iterable[str], indexes: Iterable[Index], without: Collection[str] = ()
) -> None:
    """What waits for the rows: foreign keys, which the database checks, indexes, statistics.

    `without` are the names of indexes that are left out.
    """
    for sql in keys:
        await connection.execute(sql)
    for index in indexes:
        if index.name not in without:
            await connection.execute(create_index(index).sql)
    for row in await connection.fetch(_COUNTERS):
        await connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{row['held_by']}', $1), "
            f"(SELECT coalesce(max({quoted(row['attname'])}), 0) + 1 FROM {row['held_by']}))",
            row["attname"],
        )  # fmt: skip
    await connection.execute("VACUUM (ANALYZE)")
