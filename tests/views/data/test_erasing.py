"""Erasing people on a real PostgreSQL: gone, blanked or kept by law, and told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend_lead.catalog.domains import domains, load
from backend_lead.model.system import System
from backend_lead.trial.drivers import Server
from backend_lead.views.data.erasing import blank, people, plan
from backend_lead.views.data.governing import erasing
from backend_lead.views.data.layer import Layer, layer
from backend_lead.views.data.outbox import outbox_tables, writers
from backend_lead.views.data.script import schema
from backend_lead.views.data.streams import streams
from backend_lead.views.data.upkeep import prepare
from tests.views.data.databases import domain_layer, in_database, run_all
from tests.views.data.test_upkeep import made

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


async def with_erasure(line: Any, id: str) -> Layer:
    """A domain's tables with what keeps them and what erases people."""
    found = domain_layer(id)
    await made(line, id)
    await run_all(line, erasing(found, found.stores[0]))
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
            who = uuid4()
            told = json.loads(
                await line.fetchval(f"SELECT upkeep.erase_{person.name}(ARRAY[$1::uuid])", who)
            )[str(who)]
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
        assert json.loads(told)[str(who)]["again"] is True
        assert await line.fetchval("SELECT name FROM users") == "erased"
        later = NOW + timedelta(days=10)
        told = await line.fetchval("SELECT upkeep.erase_users($1::uuid[], $2)", [who], later)
        assert json.loads(told)[str(who)]["again"] is False
        assert await line.fetchval("SELECT count(*) FROM users") == 0

    in_database(server, use)


async def member(line: Any, name: str) -> UUID:
    """A user of the feed with a post."""
    id = uuid4()
    await line.execute(
        "INSERT INTO users (id, handle, email, name, about) "
        "VALUES ($1, $2, $2 || '@x.example', $2, '')", id, name,
    )  # fmt: skip
    await line.execute(
        "INSERT INTO posts (id, author_id, text, likes, comments) VALUES ($1, $1, 't', 0, 0)", id
    )
    return id


async def asked(line: Any, table: str, *who: UUID) -> None:
    """Requests of people, made at `NOW`."""
    for id in who:
        await line.execute(
            "INSERT INTO upkeep.erasures (person_table, person_key, asked_at, due_at) "
            "VALUES ($1, $2, $3, $4)", table, str(id), NOW, NOW + timedelta(days=30),
        )  # fmt: skip


def test_each_person_is_decided_on_alone(server: Server) -> None:
    """Of two who ask in one night the one with a held row is blanked and comes again, the other is
    deleted and done; each report counts the rows of its own person."""

    async def use(line: Any) -> None:
        await with_erasure(line, "social-feed")
        held, free = await member(line, "held"), await member(line, "free")
        await line.execute(
            "INSERT INTO upkeep.held_rows VALUES ('posts', $1, 'case 17', $2)",
            str(held), NOW + timedelta(days=9),
        )  # fmt: skip
        await asked(line, "users", held, free)
        await line.execute("CALL upkeep.erase_asked($1)", NOW)
        left = dict(await line.fetch("SELECT id, name FROM users"))
        assert left == {held: "erased"}
        found = {r["person_key"]: r for r in await line.fetch("SELECT * FROM upkeep.erasures")}
        assert found[str(held)]["again"] and not found[str(free)]["again"]
        told = {key: json.loads(r["report"])["tables"] for key, r in found.items()}
        assert (told[str(held)]["posts"]["rows"], told[str(held)]["posts"]["kept"]) == (0, 1)
        assert (told[str(free)]["posts"]["rows"], told[str(free)]["posts"]["kept"]) == (1, 0)
        assert told[str(held)]["users"]["action"] == "anonymise"
        assert told[str(free)]["users"] == {
            "action": "delete", "rows": 1, "kept": 0, "why": "the model says so",
        }  # fmt: skip
        await line.execute("CALL upkeep.erase_asked($1)", NOW + timedelta(days=10))
        assert await line.fetchval("SELECT count(*) FROM users") == 0
        assert not await line.fetchval("SELECT bool_or(again) FROM upkeep.erasures")
        report = await line.fetchval(
            "SELECT report FROM upkeep.erasures WHERE person_key = $1", str(held)
        )
        assert json.loads(report)["tables"]["users"]["rows"] == 2  # blanked, then deleted

    in_database(server, use)


def test_what_a_law_keeps_comes_again_until_it_ends(server: Server) -> None:
    """Rows that a law wants kept, with nothing in them to blank, keep a request open for as long
    as the law wants them; a night in between changes nothing a second time."""

    async def use(line: Any) -> None:
        found = plain_books()
        await run_all(line, [s for _, group in schema(found, "db") for s in group])
        await run_all(line, [*prepare(), *erasing(found, "db")])
        ada = await customer(line, "ada")
        await line.execute(
            "INSERT INTO orders (id, customer_id, total_amount, total_currency, state, created_at) "
            "VALUES ($1, $1, 9.5, 'EUR', 'sent', $2)", ada, NOW,
        )  # fmt: skip
        await asked(line, "customers", ada)
        for night in (NOW, NOW + timedelta(days=1)):
            await line.execute("CALL upkeep.erase_asked($1)", night)
            row = await line.fetchrow("SELECT again, report FROM upkeep.erasures")
            told = json.loads(row["report"])["tables"]
            assert row["again"] and told["orders"]["kept"] == 1
            assert told["customers"]["rows"] == 1
        await line.execute("CALL upkeep.erase_asked($1)", NOW + timedelta(days=7 * 365))
        assert await line.fetchval("SELECT again FROM upkeep.erasures") is False

    in_database(server, use)


def plain_books() -> Layer:
    """The shop with orders that name nobody but their customer."""
    content = load("ecommerce").system()
    del content["entities"]["order"]["fields"]["ship_to"]
    found = layer(System.model_validate(content))
    assert found is not None
    assert not blank(found.tables["orders"])
    return found


def test_the_outbox_forgets_in_the_same_transaction(server: Server) -> None:
    """Where a store has its outbox, an erasure empties the bodies of the person's events and writes
    one event that tells readers to forget; those of others stay."""

    async def use(line: Any) -> None:
        found = await with_erasure(line, "social-feed")
        made = streams(found)
        await run_all(line, outbox_tables(1))
        await run_all(line, [s for one in made.streams for s in writers(one, 1)])
        ada, bob = await member(line, "ada"), await member(line, "bob")
        await asked(line, "users", ada)
        await line.execute("CALL upkeep.erase_asked()")
        rows = await line.fetch(
            "SELECT person = person_token($1) AS hers, subject, change, row FROM outbox",
            str(ada),
        )  # fmt: skip
        assert all(r["row"] is None for r in rows if r["hers"])
        told = [r["subject"] for r in rows if r["change"] == "erase"]
        token = await line.fetchval("SELECT person_token($1)", str(ada))
        assert told == [f"{found.system.backend}.erasure.{token}"]
        assert any(r["row"] for r in rows if not r["hers"])
        await line.execute("CALL upkeep.erase_asked()")
        again = await line.fetchval("SELECT count(*) FROM outbox WHERE change = 'erase'")
        assert again == 1 and bob

    in_database(server, use)


def test_a_row_that_others_point_to_is_blanked(server: Server) -> None:
    """A post under which somebody else has written stays without its words, and so does the row of
    its author; a post that stands alone is deleted."""

    async def use(line: Any) -> None:
        found = with_replies()
        await run_all(line, [s for _, group in schema(found, "db") for s in group])
        await run_all(line, [*prepare(), *erasing(found, "db")])
        ada, bob = await member(line, "ada"), await member(line, "bob")
        for whose, on in ((bob, ada), (ada, bob)):
            await line.execute(
                "INSERT INTO replies (id, author_id, post_id, text) VALUES ($1, $1, $2, 'so')",
                whose, on,
            )  # fmt: skip
        await asked(line, "users", ada)
        await line.execute("CALL upkeep.erase_asked($1)", NOW)
        assert [r[0] for r in await line.fetch("SELECT author_id FROM replies")] == [bob]
        assert await line.fetchval("SELECT count(*) FROM posts") == 2
        assert await line.fetchval("SELECT name FROM users WHERE id = $1", ada) == "erased"
        await asked(line, "users", bob)
        await line.execute("CALL upkeep.erase_asked($1)", NOW)
        assert [r[0] for r in await line.fetch("SELECT id FROM posts")] == [ada]
        assert [r[0] for r in await line.fetch("SELECT id FROM users")] == [ada]

    in_database(server, use)


def with_replies() -> Layer:
    """The feed with replies under posts."""
    content = load("social-feed").system()
    content["entities"]["reply"] = {
        "store": "db", "rows": "1k", "row": "100 B", "owned_by": "author_id",
        "fields": {
            "id": {"type": "id", "key": True}, "author_id": {"type": "ref(user)"},
            "post_id": {"type": "ref(post)"},
            "text": {"type": "text", "class": "personal"},
        },
    }  # fmt: skip
    found = layer(System.model_validate(content))
    assert found is not None
    return found


def test_rows_that_stay_keep_the_person() -> None:
    """Who would be deleted is blanked where rows that stay point to the account, with why."""
    found = domain_layer("media-streaming")
    last = plan(found.tables, found.tables["accounts"]).steps[-1]
    assert last.action == "anonymise" and last.why == "rows of sessions stay and point to it"
    assert "email" in last.blanked and "id" not in last.blanked
