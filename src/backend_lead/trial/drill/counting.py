"""What tables hold, so that two states can be told apart: rows, and a sum over their content."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from backend_lead.trial.drill.writing import MARKS
from backend_lead.views.data.ddl import quoted

Counts = dict[str, tuple[int, str]]


def ask(url: str, sql: str, *values: Any) -> list[Any]:
    """Rows of one statement, run on a connection of its own."""

    async def once() -> list[Any]:
        import asyncpg

        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    return asyncio.run(once())


def counted(url: str, tables: Iterable[str], check: Callable[[], None]) -> Counts:
    """Rows of each table, and a sum over all their content that does not depend on their order.

    A table that is not there has -1 rows.
    """
    out: Counts = {}
    there = {row[0] for row in ask(url, "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
                                        "AND relnamespace = 'public'::regnamespace")}  # fmt: skip
    for name in tables:
        check()
        if name not in there:
            out[name] = (-1, "")
            continue
        row = ask(url, "SELECT count(*) AS n, coalesce(sum(hashtextextended(t::text, 0)::numeric), "
                       f"0)::text AS of_content FROM {quoted(name)} AS t")[0]  # fmt: skip
        out[name] = (int(row["n"]), row["of_content"])
    return out


def differing(left: Counts, right: Counts) -> tuple[str, ...]:
    """The tables that are not the same in both."""
    return tuple(name for name in left if left[name] != right.get(name))


def marks(url: str) -> set[int]:
    """The numbers of the commits that are there."""
    return {row[0] for row in ask(url, f"SELECT n FROM {MARKS}")}
