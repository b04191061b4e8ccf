"""Upkeep on a real PostgreSQL: parts come before they are needed, old rows go, held rows stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from backend_lead.catalog.domains import load
from backend_lead.model.system import System
from backend_lead.trial.drivers import Server
from backend_lead.views.data.layer import Layer, layer
from backend_lead.views.data.parts import Table
from backend_lead.views.data.script import in_order, schema
from backend_lead.views.data.upkeep import (
    AHEAD,
    age_column,
    kept_s,
    prepare,
    rest_part,
    retention,
    step_words,
)
from tests.views.data.databases import domain_layer, in_database, run_all

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


async def made(line: Any, id: str) -> list[Table]:
    """The tables of a domain with what keeps them; returned in order."""
    found = domain_layer(id)
    store = found.stores[0]
    await run_all(line, [s for _, group in schema(found, store) for s in group])
    tables = in_order(found.of_store(store))
    await run_all(line, [*prepare(), *retention(tables)])
    return tables


def test_old_parts_are_dropped_with_what_hangs_on_them(server: Server) -> None:
    """Readings older than they are kept go with their part, notes first; newer ones stay."""

    async def use(line: Any) -> None:
        await made(line, "telemetry")
        device = await line.fetchval(
            "INSERT INTO devices (serial, model, owner_name, settings_report_every, "
            "settings_metrics, settings_firmware, last_seen_at, account_id) VALUES "
            "('a','b','c','1 minute','{}','1',now(),'x') RETURNING id"
        )
        old, new = NOW - timedelta(days=40), NOW - timedelta(days=2)
        for at in (old, new):
            await line.execute("CALL upkeep.make_all_parts($1)", at)
            await line.execute(
                "INSERT INTO readings (device_id, measured_at, metric, reading) "
                "VALUES ($1, $2, 1, 2.5)", device, at,
            )  # fmt: skip
            await line.execute(
                "INSERT INTO reading_extra (reading_device_id, reading_measured_at, "
                "reading_metric, position, name, text) VALUES ($1, $2, 1, 1, 'n', 't')", device, at,
            )  # fmt: skip
        await line.execute("CALL upkeep.keep_no_longer($1)", NOW)
        assert await line.fetchval("SELECT array_agg(measured_at) FROM readings") == [new]
        assert await line.fetchval("SELECT count(*) FROM reading_extra") == 1

    in_database(server, use)


def test_parts_are_made_ahead_and_once(server: Server) -> None:
    """The part of today and those after it are there; a second run makes none; a row of a time
    without a part is kept beside them."""

    async def use(line: Any) -> None:
        await made(line, "telemetry")
        count = (
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'readings'::regclass "
            "AND inhrelid::regclass::text <> 'readings_rest'"
        )
        before = await line.fetchval(count)
        assert before == AHEAD + 1
        await line.execute("CALL upkeep.make_all_parts()")
        assert await line.fetchval(count) == before
        assert await line.fetchval("SELECT upkeep.part_start('1 day', '2026-06-15 12:30Z')") == (
            datetime(2026, 6, 15, tzinfo=UTC)
        )

    in_database(server, use)


def test_old_rows_are_deleted_in_batches_and_held_ones_stay(server: Server) -> None:
    """Carts that nobody touched go, lines with them; a cart that a court wants kept stays."""

    async def use(line: Any) -> None:
        await made(line, "ecommerce")
        ids = [uuid4() for _ in range(12)]
        for n, id in enumerate(ids):
            await line.execute(
                "INSERT INTO customers (id, email, name) VALUES ($1, $2, 'n')", id, f"{n}@x.example"
            )
            at = NOW - timedelta(days=40 if n < 9 else 1)
            await line.execute(
                "INSERT INTO carts (id, customer_id, total_amount, total_currency, updated_at) "
                "VALUES ($1, $1, 1, 'EUR', $2)", id, at,
            )  # fmt: skip
        await line.execute(
            "INSERT INTO upkeep.held_rows VALUES ('carts', $1, 'case 17', $2)",
            str(ids[0]), NOW + timedelta(days=100),
        )  # fmt: skip
        key, col, keep = "{id}", "updated_at", timedelta(days=30)
        await line.execute("CALL upkeep.delete_old('carts', $1::text::text[], $2, $3, '', $4, 4)",
                           key, col, keep, NOW)  # fmt: skip
        left = {r[0] for r in await line.fetch("SELECT id FROM carts")}
        assert left == {ids[0], *ids[9:]}
        await line.execute("CALL upkeep.keep_no_longer($1)", NOW + timedelta(days=200))
        assert await line.fetchval("SELECT count(*) FROM carts") == 0

    in_database(server, use)


def test_a_law_keeps_longer_than_a_retention() -> None:
    """Rows are kept for the longer of what the model says and what a law wants."""
    tables = domain_layer("ecommerce").tables
    orders = tables["orders"]
    assert kept_s(orders) == max(orders.keep_s or 0, orders.hold_s or 0) > 0
    assert kept_s(tables["customers"]) is None


def test_the_age_of_a_row() -> None:
    """The age is told by the time of the parts, else by when a row was made; steps have names."""
    tables = domain_layer("telemetry").tables
    readings = tables["readings"]
    column = age_column(readings)
    assert column is not None and column.name == "measured_at"
    assert readings.parts is not None and step_words(readings.parts.every_s) == "1 day"
    assert step_words(21_600) == "6 hours"
    extra = tables["reading_extra"]
    assert extra.parts is not None and extra.parts.by == "reading_measured_at"
    assert rest_part(extra).sql.endswith("reading_extra DEFAULT;")


def test_what_newer_rows_point_to_stays(server: Server) -> None:
    """A payment that is old enough stays while a newer entry of the books points to it; both go
    when the entry is old enough too."""

    async def use(line: Any) -> None:
        await made(line, "payments")
        who, payment = uuid4(), uuid4()
        await line.execute(
            "INSERT INTO customers (id, email, name, card_token, balance_amount, balance_currency) "
            "VALUES ($1, 'e@x.y', 'n', 'c', 1, 'EUR')", who,
        )  # fmt: skip
        await line.execute(
            "INSERT INTO merchants (id, name, contact_email, iban, balance_amount, "
            "balance_currency) VALUES ($1, 'n', 'e@x.y', 'i', 1, 'EUR')", who,
        )  # fmt: skip
        await line.execute(
            "INSERT INTO payments (id, idempotency_key, customer_id, merchant_id, amount_amount, "
            "amount_currency, state, created_at) "
            "VALUES ($1, 'k', $2, $2, 1, 'EUR', 'captured', $3)",
            payment, who, NOW,
        )  # fmt: skip
        await line.execute(
            "INSERT INTO entries (payment_id, kind, booked_at) VALUES ($1, 'refund', $2)",
            payment, NOW + timedelta(days=30),
        )  # fmt: skip
        keep = timedelta(days=2557)
        for after, left in ((0, 1), (10, 1), (31, 0)):
            await line.execute("CALL upkeep.keep_no_longer($1)", NOW + keep + timedelta(days=after))
            assert await line.fetchval("SELECT count(*) FROM payments") == left

    in_database(server, use)


def changed(id: str, change: Callable[[dict[str, Any]], None]) -> Layer:
    """The data layer of a domain with something changed in its entities."""
    content = load(id).system()
    change(content["entities"])
    found = layer(System.model_validate(content))
    assert found is not None
    return found


@pytest.mark.parametrize("every", ["30 d", "1 month", "45 min", "6 h", "14 d", "1 y"])
def test_parts_of_any_length_follow_each_other(every: str, server: Server) -> None:
    """A table in parts of any length is made, and a year of nights leaves no gap between parts and
    none that is empty."""

    def parts(entities: dict[str, Any]) -> None:
        entities["reading"]["partition"] = {"by": "measured_at", "every": every}

    async def use(line: Any) -> None:
        found = changed("telemetry", parts)
        await run_all(line, [s for _, group in schema(found, "db") for s in group])
        step = step_words(found.tables["readings"].parts.every_s)  # type: ignore[union-attr]
        at = NOW
        for _ in range(8):
            await line.execute("CALL upkeep.make_parts('readings', $1::text::interval, $2)",
                               step, at)  # fmt: skip
            at += timedelta(seconds=found.tables["readings"].parts.every_s)  # type: ignore[union-attr]
        bounds = await line.fetch(
            "SELECT (m)[1]::timestamptz AS low, (m)[2]::timestamptz AS high FROM (SELECT "
            "regexp_match(pg_get_expr(c.relpartbound, c.oid), "
            "$re$\\('(.*)'\\) TO \\('(.*)'\\)$re$) AS m FROM pg_inherits "
            "JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'readings'::regclass) AS x "
            "WHERE m IS NOT NULL AND (m)[1]::timestamptz < $1 ORDER BY 1",
            at + timedelta(days=400),
        )  # fmt: skip
        lasting = [r for r in bounds if r["low"] >= NOW - timedelta(days=400)]
        runs = [(a["high"], b["low"]) for a, b in pairwise(lasting)]
        assert len(runs) >= 8 and all(r["low"] < r["high"] for r in lasting)
        assert sum(1 for high, low in runs if high != low) <= 1  # between `NOW` and the real now

    in_database(server, use)


def with_refunds(entities: dict[str, Any]) -> None:
    """Orders in parts by time, kept for 30 days, with refunds that point to them."""
    order = entities["order"]
    order["fields"]["created_at"]["key"] = True
    order["partition"] = {"by": "created_at", "every": "7 d"}
    order["retention"] = "30 d"
    del order["legal_hold"]
    entities["refund"] = {
        "store": "db", "rows": "1k", "row": "100 B", "retention": "100 d",
        "fields": {"id": {"type": "id", "key": True, "generated": True},
                   "order_id": {"type": "ref(order)"},
                   "made_at": {"type": "timestamp", "generated": True}},
    }  # fmt: skip


def test_old_parts_go_though_rows_point_to_them(server: Server) -> None:
    """Orders in parts are taken away with their lines; those that a refund points to stay until it
    goes, and one that a court holds until it is released; a row that no part was there for goes
    too."""

    async def use(line: Any) -> None:
        found = changed("ecommerce", with_refunds)
        await run_all(line, [s for _, group in schema(found, "db") for s in group])
        await run_all(line, [*prepare(), *retention(in_order(found.of_store("db")))])
        orders = found.tables["orders"]
        assert orders.parts is not None
        who = uuid4()
        await line.execute(
            "INSERT INTO customers (id, email, name) VALUES ($1, 'a@x.example', 'n')", who
        )
        await line.execute("CALL upkeep.make_all_parts($1)", NOW - timedelta(days=40))
        ids = {}
        for word, days in (("free", 40), ("refunded", 40), ("held", 41), ("rest", 90), ("new", 2)):
            ids[word] = uuid4()
            at = NOW - timedelta(days=days)
            await line.execute(
                "INSERT INTO orders (id, customer_id, total_amount, total_currency, ship_to_name, "
                "ship_to_street, ship_to_postal_code, ship_to_city, ship_to_country, state, "
                "created_at) VALUES ($1, $2, 9, 'EUR', 'A', 'S', '1', 'C', 'PT', 'sent', $3)",
                ids[word], who, at,
            )  # fmt: skip
        await line.execute(
            "INSERT INTO refunds (order_id, order_created_at, made_at) VALUES ($1, $2, $3)",
            ids["refunded"], NOW - timedelta(days=40), NOW,
        )  # fmt: skip
        key = f"{ids['held']}/" + await line.fetchval(
            "SELECT created_at::text FROM orders WHERE id = $1", ids["held"]
        )
        await line.execute("INSERT INTO upkeep.held_rows VALUES ('orders', $1, 'case', $2)",
                           key, NOW + timedelta(days=5))  # fmt: skip
        count = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'orders'::regclass"
        before = await line.fetchval(count)
        for later, left in ((0, {"refunded", "held", "new"}), (6, {"refunded", "new"}),
                            (101, set())):  # fmt: skip
            await line.execute("CALL upkeep.keep_no_longer($1)", NOW + timedelta(days=later))
            rows = {r[0] for r in await line.fetch("SELECT id FROM orders")}
            assert rows == {ids[word] for word in left}
        assert await line.fetchval(count) < before

    in_database(server, use)


def with_requests(entities: dict[str, Any]) -> None:
    """Orders in parts by time; the key of a request is unique over all of them, as a row of its
    own."""
    with_refunds(entities)
    del entities["refund"]
    entities["order-request"] = {
        "store": "db", "rows": "1k", "row": "100 B", "retention": "30 d",
        "fields": {"word": {"type": "string", "key": True}},
    }  # fmt: skip
    entities["order"]["fields"]["request"] = {"type": "ref(order-request)"}


def test_a_value_is_unique_over_all_parts(server: Server) -> None:
    """The way that the page about parts tells: a repeated request a month later, which lies in
    another part, fails on the key of its own row, and so writes no second order."""
    import asyncpg

    async def use(line: Any) -> None:
        found = changed("ecommerce", with_requests)
        await run_all(line, [s for _, group in schema(found, "db") for s in group])
        who = uuid4()
        await line.execute(
            "INSERT INTO customers (id, email, name) VALUES ($1, 'a@x.example', 'n')", who
        )

        async def ordered(at: datetime) -> None:
            async with line.transaction():
                await line.execute("INSERT INTO order_requests (word) VALUES ('again')")
                await line.execute(
                    "INSERT INTO orders (id, customer_id, total_amount, total_currency, "
                    "ship_to_name, ship_to_street, ship_to_postal_code, ship_to_city, "
                    "ship_to_country, state, created_at, request_id) VALUES ($1, $2, 9, 'EUR', "
                    "'A', 'S', '1', 'C', 'PT', 'sent', $3, 'again')", uuid4(), who, at,
                )  # fmt: skip

        await ordered(NOW - timedelta(days=40))
        with pytest.raises(asyncpg.UniqueViolationError):
            await ordered(NOW)
        assert await line.fetchval("SELECT count(*) FROM orders") == 1

    in_database(server, use)


def test_a_table_whose_unique_rule_lacks_the_time_gets_no_parts() -> None:
    """Where the model does not ask for parts, none are made that could not hold what is unique."""

    def unasked(entities: dict[str, Any]) -> None:
        entities["reading"].pop("partition", None)

    def unique(entities: dict[str, Any]) -> None:
        unasked(entities)
        entities["reading"]["unique"] = [["reading"]]

    assert changed("telemetry", unasked).tables["readings"].parts is not None
    assert changed("telemetry", unique).tables["readings"].parts is None
