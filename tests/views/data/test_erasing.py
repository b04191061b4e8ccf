"""Erasing people on a real PostgreSQL: gone, blanked or kept by law, and told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend_lead.catalog.domains import domains
from backend_lead.trial.drivers import Server
from backend_lead.views.data.erasing import blank, people, plan
from backend_lead.views.data.erasing_sql import carry_out, erase_function, requests
from backend_lead.views.data.layer import Layer
from tests.views.data.databases import domain_layer, in_database, run_all
from tests.views.data.test_upkeep import made

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


async def with_erasure(line: Any, id: str) -> Layer:
    """A domain's tables with what keeps them and what erases people."""
    found = domain_layer(id)
    await made(line, id)
    plans = [plan(found.tables, person) for person in people(found.tables)]
    functions = [erase_function(p, found.tables) for p in plans]
    await run_all(line, [*requests(), *functions, carry_out(plans)])
    return found


async def customer(line: Any, name: str) -> UUID:
    """A customer with an address."""
    id = uuid4()
    await line.execute(
        "INSERT INTO customers (id, email, name, address_name, address_street, "
        "address_postal_code, address_city, address_country) "
        "VALUES ($1, $2, $3, $3, 'S 1', '1', 'C', 'PT')", id, f"{name}@x.example", name,
    )  # fmt: skip
    return id


async def order(line: Any, whose: UUID, at: datetime) -> UUID:
    """An order with an address to send it to."""
    id = uuid4()
    await line.execute(
        "INSERT INTO orders (id, customer_id, total_amount, total_currency, ship_to_name, "
        "ship_to_street, ship_to_postal_code, ship_to_city, ship_to_country, state, created_at) "
        "VALUES ($1, $2, 9.5, 'EUR', 'Ada', 'S 1', '1', 'C', 'PT', 'sent', $3)", id, whose, at,
    )  # fmt: skip
    return id


@pytest.mark.parametrize("id", domains())
def test_every_domain_erases_people(id: str, server: Server) -> None:
    """In each domain somebody can be erased: the functions are made and run, and each table with a
    reference to a person is told of, or points to a row that is blanked."""

    async def use(line: Any) -> None:
        found = await with_erasure(line, id)
        assert people(found.tables)
        for person in people(found.tables):
            told = json.loads(
                await line.fetchval(f"SELECT upkeep.erase_{person.name}(ARRAY[$1::uuid])", uuid4())
            )
            assert person.name in told["tables"] and told["again"] is False
            steps = plan(found.tables, person).steps
            for table in found.tables.values():
                refers = [c.name for c in table.columns if c.refers == person.name]
                if refers and not table.parent and table.name not in {s.table for s in steps}:
                    assert steps[-1].action != "delete" and not blank(table)

    in_database(server, use)


def test_a_customer_is_erased_and_the_books_are_kept(server: Server) -> None:
    """The cart is deleted, the account is blanked, orders stay for as long as a law wants and are
    blanked afterwards; others are not touched; the request tells all of it."""

    async def use(line: Any) -> None:
        await with_erasure(line, "ecommerce")
        ada, bob = await customer(line, "ada"), await customer(line, "bob")
        years = timedelta(days=365)
        new, old = (
            await order(line, ada, NOW - years),
            await order(line, ada, NOW - 6.5 * years),
        )
        other = await order(line, bob, NOW - 6.5 * years)
        for whose in (ada, bob):
            await line.execute(
                "INSERT INTO carts (id, customer_id, total_amount, total_currency) "
                "VALUES ($1, $1, 1, 'EUR')", whose,
            )  # fmt: skip
        await line.execute(
            "INSERT INTO upkeep.erasures (person_table, person_key, asked_at, due_at) "
            "VALUES ('customers', $1, $2, $3)", str(ada), NOW, NOW + timedelta(days=30),
        )  # fmt: skip
        await line.execute("CALL upkeep.erase_asked($1)", NOW)
        assert [r[0] for r in await line.fetch("SELECT id FROM carts")] == [bob]
        row = await line.fetchrow("SELECT * FROM customers WHERE id = $1", ada)
        assert row["name"] == "erased" and row["email"].endswith("@erased.invalid")
        assert row["address_street"] is None
        names = dict(await line.fetch("SELECT id, ship_to_name FROM orders"))
        assert names == {new: "Ada", old: "erased", other: "Ada"}
        asked = await line.fetchrow("SELECT done_at, again, report FROM upkeep.erasures")
        told = json.loads(asked["report"])["tables"]
        assert asked["done_at"] == NOW and asked["again"]
        assert told["orders"] == {
            "action": "keep", "rows": 1, "kept": 1, "why": "a law wants it kept",
        }  # fmt: skip
        await line.execute("CALL upkeep.erase_asked($1)", NOW + 6 * years)
        assert await line.fetchval("SELECT again FROM upkeep.erasures") is False
        assert await line.fetchval(
            "SELECT count(*) FROM orders WHERE customer_id = $1 AND ship_to_name <> 'erased'", ada
        ) == 0  # fmt: skip
        assert await line.fetchval("SELECT name FROM customers WHERE id = $1", bob) == "bob"

    in_database(server, use)


def test_two_people_at_once(server: Server) -> None:
    """Two people with values that must differ are erased in one pass."""

    async def use(line: Any) -> None:
        await with_erasure(line, "chat")
        ids = [uuid4(), uuid4()]
        for n, id in enumerate(ids):
            await line.execute(
                "INSERT INTO users (id, handle, phone, name) VALUES ($1, $2, $2, 'N')", id, f"u{n}"
            )
        await line.execute("SELECT upkeep.erase_users($1::uuid[])", ids)
        handles = [r[0] for r in await line.fetch("SELECT handle FROM users")]
        assert len(set(handles)) == 2 and all(h.startswith("erased-") for h in handles)

    in_database(server, use)


def test_what_a_court_holds_stays(server: Server) -> None:
    """A post that is held stays with its author blanked; when it is released both go."""

    async def use(line: Any) -> None:
        await with_erasure(line, "social-feed")
        who, post = uuid4(), uuid4()
        await line.execute(
            "INSERT INTO users (id, handle, email, name, about) VALUES ($1, 'h', 'e@x.y', 'N', '')",
            who,
        )
        await line.execute(
            "INSERT INTO posts (id, author_id, text, likes, comments) VALUES ($1, $2, 't', 0, 0)",
            post, who,
        )  # fmt: skip
        await line.execute(
            "INSERT INTO upkeep.held_rows VALUES ('posts', $1, 'case 17', $2)",
            str(post), NOW + timedelta(days=9),
        )  # fmt: skip
        told = await line.fetchval("SELECT upkeep.erase_users($1::uuid[], $2)", [who], NOW)
        assert json.loads(told)["again"] is True
        assert await line.fetchval("SELECT name FROM users") == "erased"
        later = NOW + timedelta(days=10)
        told = await line.fetchval("SELECT upkeep.erase_users($1::uuid[], $2)", [who], later)
        assert json.loads(told)["again"] is False
        assert await line.fetchval("SELECT count(*) FROM users") == 0

    in_database(server, use)


def test_rows_that_stay_keep_the_person() -> None:
    """Who would be deleted is blanked where rows that stay point to the account, with why."""
    found = domain_layer("media-streaming")
    last = plan(found.tables, found.tables["accounts"]).steps[-1]
    assert last.action == "anonymise" and last.why == "rows of sessions stay and point to it"
    assert "email" in last.blanked and "id" not in last.blanked
