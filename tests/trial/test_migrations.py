"""Migrations run on a real PostgreSQL: the schema they end with is that of the new model."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from backend_lead.catalog.domains import load
from backend_lead.model.system import System
from backend_lead.trial.drivers import Server
from backend_lead.trial.migrating import run
from backend_lead.trial.moving import prove
from backend_lead.trial.proof import Trial
from backend_lead.views.data.ddl import add_foreign, create_index, create_table
from backend_lead.views.data.layer import Layer, layer
from backend_lead.views.data.migration.files import files_of
from backend_lead.views.data.migration.planning import plan
from backend_lead.views.data.migration.steps import Choices

COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name <> 'migration_progress' ORDER BY 1, 2"""
RULES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype <> 'n'
AND conrelid::regclass::text <> 'migration_progress' ORDER BY 1, 2"""
INDEXES = """
SELECT indexname, replace(indexdef, current_schema() || '.', '') FROM pg_indexes
WHERE schemaname = current_schema() AND tablename <> 'migration_progress' ORDER BY 1"""


def shop(rows: str = "50k") -> dict[str, Any]:
    """The shop's model as plain data, its products so many."""
    out = load("ecommerce").system()
    out["entities"]["product"]["rows"] = rows
    return out


def made(model: dict[str, Any]) -> Layer:
    found = layer(System.model_validate(model))
    assert found is not None
    return found


def whole(data: Layer) -> list[str]:
    """Every statement that makes the schema from nothing."""
    out = [create_table(table).sql for table in data.tables.values()]
    out += [s.sql for table in data.tables.values() for s in add_foreign(table)]
    return out + [create_index(index).sql for index in data.indexes]


async def schema(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: [tuple(row) for row in await connection.fetch(query)]
        for name, query in (("columns", COLUMNS), ("rules", RULES), ("indexes", INDEXES))
    }


async def migrated(
    server: Server, old: Layer, new: Layer, choices: Choices, rows: tuple[str, ...] = ()
) -> tuple[Any, Any]:
    """The schemas of a migrated database and of one made anew."""
    connection = await asyncpg.connect(server.url)
    try:
        for name in ("was", "fresh"):
            await connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            await connection.execute(f"CREATE SCHEMA {name}")
        await connection.execute("SET search_path = fresh")
        for sql in whole(new):
            await connection.execute(sql)
        wanted = await schema(connection)
        await connection.execute("SET search_path = was")
        for sql in (*whole(old), *rows):
            await connection.execute(sql)
        for found in plan(old, new, choices):
            assert not found.findings
            for done in await run(connection, files_of(found)):
                assert not done.error, done
        return await schema(connection), wanted
    finally:
        await connection.close()


def edited(name: str, rows: str = "50k") -> tuple[Layer, Layer, Choices]:
    """The shop before and after an edit."""
    old, new = shop(rows), shop(rows)
    order = new["entities"]["order"]["fields"]
    product = new["entities"]["product"]["fields"]
    customer = new["entities"]["customer"]["fields"]
    choices = Choices()
    if name == "empty column":
        order["note"] = {"type": "text", "null": True}
    elif name == "constant column":
        order["channel"] = {"type": "string", "one_of": ["web", "shop"]}
        choices = Choices(fill={"orders.channel": "'web'"})
    elif name == "computed column":
        order["year"] = {"type": "int"}
        choices = Choices(fill={"orders.year": "extract(year FROM created_at)::integer"})
    elif name == "column gone":
        del product["description"]
    elif name == "renamed column":
        new["entities"]["customer"]["fields"] = {
            ("full_name" if k == "name" else k): v for k, v in customer.items()
        }
        choices = Choices(renamed={"customers.name": "full_name"})
    elif name == "wider type":
        product["stock"] = {**product["stock"], "type": "long", "example": "38"}
    elif name == "more values":
        order["state"] = {**order["state"], "one_of": [*order["state"]["one_of"], "lost"]}
    elif name == "fewer values":
        order["state"] = {**order["state"], "one_of": order["state"]["one_of"][:-1]}
        choices = Choices(fill={"orders.state": "'cancelled'"})
    elif name == "may be empty":
        product["description"] = {**product["description"], "null": True}
    elif name == "not empty any more":
        customer["address"] = {k: v for k, v in customer["address"].items() if k != "null"}
        choices = Choices(fill={
            f"customers.address_{part}": "''"
            for part in ("name", "street", "postal_code", "city", "country")
        })  # fmt: skip
    elif name == "unique":
        customer["email"] = {**customer["email"], "unique": True}
    elif name == "new table":
        new["entities"]["voucher"] = {
            "store": "db", "owner": "app", "row": "200 B", "rows": "10k",
            "fields": {"id": {"type": "id", "key": True}, "code": {"type": "string", "most": 20},
                       "customer_id": {"type": "ref(customer)"}},
        }  # fmt: skip
    elif name == "reference":
        product["maker_id"] = {"type": "ref(customer)", "null": True}
    return made(old), made(new), choices


NAMES = [
    "empty column", "constant column", "computed column", "column gone", "renamed column",
    "wider type", "more values", "fewer values", "may be empty", "not empty any more", "unique",
    "new table", "reference",
]  # fmt: skip
ROWS = (
    "INSERT INTO customers (email, name) SELECT i || '@example.com', 'n' || i "
    "FROM generate_series(1, 2500) i",
    "INSERT INTO products (sku, name, description, category_id, price_amount, price_currency, "
    "stock, availability) SELECT 's' || i, 'n' || i, 'd', 'c', 1, 'EUR', i, 'in_stock' "
    "FROM generate_series(1, 2500) i",
    "INSERT INTO orders (customer_id, total_amount, total_currency, ship_to_name, ship_to_street, "
    "ship_to_postal_code, ship_to_city, ship_to_country, state) SELECT id, 1, 'EUR', 'n', 's', "
    "'p', 'c', 'GB', 'returned' FROM customers",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", ["50k", "50M"])
def test_a_migration_ends_with_the_schema_of_the_new_model(
    server: Server, name: str, rows: str
) -> None:
    """Columns, rules (all validated) and indexes are those of a database made from the new model,
    whether the table is small enough to be rewritten or not."""
    was, fresh = asyncio.run(migrated(server, *edited(name, rows), rows=ROWS))
    assert was == fresh


def test_every_value_comes_along(server: Server) -> None:
    """After a column was copied beside itself in batches, no row lost its value."""

    async def values() -> tuple[Any, Any]:
        await migrated(server, *edited("wider type", "50M"), rows=ROWS)
        connection = await asyncpg.connect(server.url)
        try:
            await connection.execute("SET search_path = was")
            return (await connection.fetchval("SELECT sum(stock) FROM products"),
                    await connection.fetchval("SELECT count(*) FROM products"))  # fmt: skip
        finally:
            await connection.close()

    assert asyncio.run(values()) == (2500 * 2501 // 2, 2500)


def test_what_was_done_can_be_undone(server: Server) -> None:
    """Run back from the last file, the schema is the old one again, as long as nothing was lost."""

    async def back() -> tuple[Any, Any]:
        old, new, choices = edited("more values")
        connection = await asyncpg.connect(server.url)
        try:
            await connection.execute("DROP SCHEMA IF EXISTS was CASCADE")
            await connection.execute("CREATE SCHEMA was")
            await connection.execute("SET search_path = was")
            for sql in (*whole(old), *ROWS):
                await connection.execute(sql)
            before = await schema(connection)
            (found,) = plan(old, new, choices)
            await run(connection, files_of(found))
            await run(connection, files_of(found), back=True)
            return before, await schema(connection)
        finally:
            await connection.close()

    before, after = asyncio.run(back())
    assert before["columns"] == after["columns"] and before["indexes"] == after["indexes"]
    assert [row[:3] for row in after["rules"] if "NOT VALID" not in row[2]] != []


def test_a_change_that_loses_values_is_refused() -> None:
    """A text that becomes a number is refused unless its loss is accepted by name."""
    new = copy.deepcopy(shop())
    new["entities"]["product"]["fields"]["name"] = {"type": "int"}
    (found,) = plan(made(shop()), made(new), Choices())
    assert [f.rule for f in found.findings] == ["migration-loses"] and found.refused
    lost = frozenset({"products.name"})
    (taken,) = plan(made(shop()), made(new), Choices(loses=lost))
    assert [f.rule for f in taken.findings] == ["migration-fill"]
    (taken,) = plan(made(shop()), made(new), Choices(fill={"products.name": "0"}, loses=lost))
    assert not taken.findings


def test_a_backfill_that_is_killed_goes_on_where_it_was(server: Server) -> None:
    """Killed between two batches and called again, every row is done and none done twice."""

    async def killed() -> tuple[int, int, int]:
        old, new, choices = edited("computed column", "50M")
        (found,) = plan(old, new, choices)
        steps = {step.slug: step for step in found.steps}
        connection = await asyncpg.connect(server.url)
        worker = await asyncpg.connect(server.url)
        try:
            await connection.execute("DROP SCHEMA IF EXISTS was CASCADE")
            await connection.execute("CREATE SCHEMA was")
            for one in (connection, worker):
                await one.execute("SET search_path = was")
            for sql in (*whole(old), *ROWS, *steps["add_orders_year"].up,
                        *steps["procedure_orders_year"].up):  # fmt: skip
                await connection.execute(sql)
            running = asyncio.create_task(
                worker.execute("CALL backfill_orders_year(batch => 100, pause_s => 0.02)")
            )
            while not await connection.fetchval("SELECT rows_done > 300 FROM migration_progress"):
                await asyncio.sleep(0.01)
            pid = worker.get_server_pid()
            await connection.execute("SELECT pg_terminate_backend($1)", pid)
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                await running
            before = await connection.fetchval("SELECT rows_done FROM migration_progress")
            await connection.execute("CALL backfill_orders_year(batch => 1000, pause_s => 0)")
            after = await connection.fetchval("SELECT rows_done FROM migration_progress")
            empty = await connection.fetchval("SELECT count(*) FROM orders WHERE year IS NULL")
            return before, after, empty
        finally:
            await connection.close()

    before, after, empty = asyncio.run(killed())
    assert 300 < before < 2500
    assert (after, empty) == (2500, 0)


def test_what_is_asked_meanwhile_does_not_wait_long_and_does_not_fail() -> None:
    """A column is renamed while the old program asks, and dropped while the new one does."""
    old, new, choices = edited("renamed column")
    (found,) = plan(old, new, choices)
    proof = prove("db", old, new, files_of(found), Trial(rows=2000, workers=1), 40.0)
    assert [f for f in proof.findings if f.rule != "migration-blocked"] == []
    assert [m.file for m in proof.files] == [f.name for f in files_of(found)]
    assert sum(m.asked for m in proof.files) > 0


def test_a_column_taken_away_too_early_is_told() -> None:
    """Run without its first phases, the contract breaks the program that still asks."""
    old, new, choices = edited("column gone")
    (found,) = plan(old, new, choices)
    early = [replace(step, phase="expand") for step in found.of("contract")]
    files = files_of(replace(found, steps=(*found.of("expand"), *early)))
    proof = prove("db", old, new, files, Trial(rows=2000, workers=1), 60.0)
    assert "migration-errors" in {f.rule for f in proof.findings} and not proof.held
