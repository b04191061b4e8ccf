"""The marts inside PostgreSQL, on a real one: what is asked there is what DuckDB says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import duckdb
import pytest

from backend_lead.catalog.domains import domains
from backend_lead.trial.drivers import Server
from backend_lead.views.data.ddl import add_foreign, create_table, quoted
from backend_lead.views.data.materialised import SECRET, materialised, refreshing
from backend_lead.views.data.star import Star
from backend_lead.views.data.transforms import models
from tests.trial.conftest import server as server
from tests.views.data.few_rows import few_rows, fill
from tests.views.data.stars import of_domain, of_shop, run

PEPPER = "p"


def asked(server: Server, star: Star, use: Callable[[Any], Awaitable[Any]]) -> Any:
    """What `use` gives with a database that holds a few rows and the views over them."""
    import asyncpg

    name = f"t_{uuid4().hex[:12]}"

    async def go() -> Any:
        outer = await asyncpg.connect(server.url)
        await outer.execute(f"CREATE DATABASE {name}")
        inner = await asyncpg.connect(server.url, database=name)
        try:
            await laid_out(inner, star)
            return await use(inner)
        finally:
            await inner.close()
            await outer.execute(f"DROP DATABASE {name} WITH (FORCE)")
            await outer.close()

    return asyncio.run(go())


async def laid_out(line: Any, star: Star) -> None:
    """Tables, rows, views, and the sums of closed days."""
    tables = list(star.layer.tables.values())
    for table in tables:
        await line.execute(create_table(table).sql)
        if table.parts:
            rest = quoted(f"{table.name}_rest")
            await line.execute(f"CREATE TABLE {rest} PARTITION OF {quoted(table.name)} DEFAULT")
    for name, rows in few_rows(star.layer).items():
        table = star.layer.tables[name]
        columns = [c.name for c in table.columns]
        await line.copy_records_to_table(
            name, columns=columns, records=[[row[c] for c in columns] for row in rows]
        )
    for table in tables:
        for statement in add_foreign(table):
            await line.execute(statement.sql)
    for statement in materialised(star):
        await line.execute(statement.sql)
    await line.execute(f"UPDATE {SECRET}.pepper SET value = '{PEPPER}'")
    for statement in refreshing(star, first=True):
        await line.execute(statement.sql)


def spelled(rows: Any) -> list[list[str]]:
    """Rows as sorted texts; numbers alike whatever their type."""
    number = (int, float, Decimal)
    return sorted(
        [f"{float(v):.4f}" if isinstance(v, number) and not isinstance(v, bool) else str(v)
         for v in row] for row in rows
    )  # fmt: skip


@pytest.mark.parametrize("star", [*map(of_domain, domains()), of_shop()],
                         ids=[*domains(), "stated"])  # fmt: skip
def test_postgres_says_what_duckdb_says(server: Server, star: Star) -> None:
    """Every statement runs, and dimensions, fact tables and sums have the same rows as on DuckDB,
    but for the row `unknown`."""
    marts = [m for m in models(star) if m.stage == "marts" and m.name != "dim_date"]

    def query(name: str, schema: str) -> str:
        columns = ", ".join(quoted(c.name) for m in marts if m.name == name for c in m.columns)
        return f"select {columns} from {schema}.{name}"

    async def ask(line: Any) -> dict[str, Any]:
        await line.execute("set timezone = 'UTC'")
        return {m.name: spelled(await line.fetch(query(m.name, "analytics"))) for m in marts}

    found = asked(server, star, ask)
    with duckdb.connect() as database:
        fill(star.layer, database)
        run(star, database, PEPPER)
        for model in marts:
            there = spelled(database.execute(query(model.name, "marts")).fetchall())
            assert found[model.name] == there, model.name


def test_an_answer_is_as_fresh_as_the_tables(server: Server) -> None:
    """An order of now is in the sums at once; a second refresh, while it is asked, changes
    nothing."""
    star = of_domain("payments")
    sums = "select sum(payment_count), sum(amount_amount) from analytics.agg_payments_daily"
    if "fct_payments" not in [f.name for f in star.facts]:
        sums = sums.replace("agg_payments_daily", f"agg_{star.facts[0].name[4:]}_daily")

    async def ask(line: Any) -> list[Any]:
        out = [await line.fetchrow(sums)]
        await line.execute(
            "create temp table one as select * from payments limit 1; update one set id = "
            "gen_random_uuid(), created_at = now(), idempotency_key = 'another', amount_amount = 5;"
            " insert into payments select * from one;"
        )
        out.append(await line.fetchrow(sums))
        for statement in refreshing(star):
            await line.execute(statement.sql)
        return [*out, await line.fetchrow(sums)]

    before, after, refreshed = asked(server, star, ask)
    assert after[0] == before[0] + 1 and after[1] == before[1] + 5
    assert tuple(refreshed) == tuple(after)


def test_who_asks_reads_neither_tables_nor_secret(server: Server) -> None:
    """A role with rights on the schema of analyses alone is answered from it and refused the tables
    and what pseudonyms are made with."""
    star = of_shop()

    async def ask(line: Any) -> list[str]:
        role = f"r_{uuid4().hex[:8]}"
        out = []
        await line.execute(f"create role {role}; grant usage on schema analytics to {role}; grant "
                           f"select on all tables in schema analytics to {role}")  # fmt: skip
        try:
            await line.execute(f"set role {role}")
            out.append(str(len(await line.fetch("select * from analytics.fct_sales"))))
            for table in ("public.orders", f"{SECRET}.pepper"):
                try:
                    await line.fetch(f"select * from {table}")
                    out.append("read")
                except Exception as err:
                    out.append(type(err).__name__)
        finally:
            await line.execute(f"reset role; drop owned by {role}; drop role {role}")
        return out

    found = asked(server, star, ask)
    assert int(found[0]) > 0 and found[1:] == ["InsufficientPrivilegeError"] * 2
