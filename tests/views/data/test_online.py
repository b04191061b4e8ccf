"""An online answer on a real PostgreSQL: right whatever order events come in, and forgetful."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import asyncpg
import pytest

from backend_lead.catalog.domains import domains, load
from backend_lead.emit import render
from backend_lead.model.design import Design
from backend_lead.model.system import System
from backend_lead.trial.drivers import DRIVERS, Server
from backend_lead.views.data import online
from backend_lead.views.data.layer import layer
from backend_lead.views.data.online import OnlineStore, online_store
from backend_lead.views.data.streams import streams
from tests.views.streaming_model import shop

NOW = datetime.now(UTC)  # anew for each test: an hour's window is asked


@pytest.fixture(autouse=True)
def _from_now_on() -> None:
    global NOW
    NOW = datetime.now(UTC)


KEYS, ROWS = ("a", "b", "c"), 40


@pytest.fixture(scope="module")
def store() -> Iterator[Server]:
    """A PostgreSQL for the tests of this file."""
    driver = DRIVERS["postgres"]
    if driver.missing:
        pytest.skip(f"not installed: {', '.join(driver.missing)}")
    with driver.running() as server:
        yield server


def kept() -> OnlineStore:
    """The answer of the small model: payments of a customer over an hour."""
    made = layer(shop("800/s"))
    assert made is not None
    found = streams(made)
    out = next(o for c in found.consumers if (o := online_store(found, c)))
    assert out.sums == ("amount_amount",) and out.currency == "amount_currency" and out.by_person
    return out


async def fresh(server: Server, name: str, o: OnlineStore) -> Any:
    """A connection to a new database with the tables of an answer."""
    admin = await asyncpg.connect(server.url)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    connection = await asyncpg.connect(server.url, database=name)
    for statement in online.tables(o):
        await connection.execute(statement.sql)
    await connection.execute(online.told(o), NOW)
    return connection


def events(dice: Random) -> list[tuple[Any, ...]]:
    """Rows that are added, changed, moved to another currency and deleted, by version."""
    out: list[tuple[Any, ...]] = []
    version = 0
    for number in range(ROWS):
        key, person = dice.choice(KEYS), f"p{number % 7}"
        born = NOW - timedelta(seconds=dice.randrange(3000))
        kinds = ["insert", *("update" for _ in range(dice.randrange(3)))]
        kinds += ["delete"] if dice.random() < 0.3 else []
        for kind in kinds:
            version += 1
            gone = kind == "delete"
            out.append((
                f"r{number}", None if gone else key,
                None if gone else dice.choice(("EUR", "USD")), person, version, gone,
                born if kind == "insert" else None,
                None if gone else Decimal(dice.randrange(1, 9999)) / 100,
            ))  # fmt: skip
    return out


def truth(told: list[tuple[Any, ...]], but: str = "") -> dict[tuple[str, str], tuple[int, Decimal]]:
    """What the rows add up to in the end, by key and currency."""
    last = {e[0]: e for e in sorted(told, key=lambda e: e[4])}
    out: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for event in last.values():
        if not event[5] and event[3] != but:
            n, s = out.get((event[1], event[2]), (0, Decimal(0)))
            out[event[1], event[2]] = n + 1, s + event[7]
    return out


async def answers(connection: Any, o: OnlineStore) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """What a decision reads, for every key."""
    out = {}
    for key in KEYS:
        for row in await connection.fetch(online.read(o), key):
            if row["n"]:
                out[key, row["currency"]] = (int(row["n"]), row["amount_amount"])
    return out


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("by_person", [False, True])
def test_any_order_and_repetition_give_the_same_answer(
    store: Server, seed: int, by_person: bool
) -> None:
    """Events in a random order, many of them twice, in batches of any size: each answer is what the
    latest versions add up to; after a person is forgotten, without theirs, and they stay away."""

    async def told() -> None:
        o = kept()
        o = o if by_person else replace(o, by="id")
        connection = await fresh(store, f"order{seed}{by_person}".lower(), o)
        try:
            dice = Random(seed)
            made = events(dice)
            if by_person:  # kept by the token of whose they are
                made = [(*e[:3], None if e[5] else e[1], *e[4:]) for e in made]
                keys = {e[0]: e[1] for e in made if e[1]}
                made = [(*e[:3], keys[e[0]], *e[4:]) for e in made]
            sent = [*made, *dice.choices(made, k=len(made) // 2)]
            dice.shuffle(sent)
            while sent:
                batch = [sent.pop() for _ in range(min(len(sent), dice.randrange(1, 9)))]
                await connection.execute(online.take(o), *map(list, zip(*batch, strict=True)))
            assert await answers(connection, o) == truth(made)
            gone = "a" if by_person else "p3"
            for statement in online.forget(o):
                await connection.execute(statement, [gone])
            await connection.execute(online.take(o), *map(list, zip(*made, strict=True)))
            assert await answers(connection, o) == truth(made, gone) != truth(made)
        finally:
            await connection.close()

    asyncio.run(told())


def test_what_is_past_the_window_is_not_added_and_goes(store: Server) -> None:
    """A row of two hours ago is in no answer of an hour, and is dropped; a row whose first event is
    a change was added before the window, and does not count until that is known."""

    async def told() -> None:
        o = kept()
        connection = await fresh(store, "past", o)
        try:
            old, new = NOW - timedelta(hours=2), NOW - timedelta(minutes=1)
            rows = [("r1", "a", "EUR", "x", 1, False, old, Decimal(5)),
                    ("r2", "a", "EUR", "x", 2, False, new, Decimal(7)),
                    ("r3", "a", "EUR", "x", 9, False, None, Decimal(9))]  # fmt: skip
            await connection.execute(online.take(o), *map(list, zip(*rows, strict=True)))
            assert await answers(connection, o) == {("a", "EUR"): (1, Decimal(7))}
            for statement in online.expire(o):
                await connection.execute(statement)
            left = await connection.fetch(f"SELECT row_key FROM {o.word}_rows ORDER BY 1")
            assert [r[0] for r in left] == ["r2", "r3"]
            late = [("r3", "a", "EUR", "x", 3, False, new, Decimal(4))]
            await connection.execute(online.take(o), *map(list, zip(*late, strict=True)))
            assert await answers(connection, o) == {("a", "EUR"): (2, Decimal(16))}
        finally:
            await connection.close()

    asyncio.run(told())


def test_every_domains_file_runs(store: Server) -> None:
    """What is emitted is taken by PostgreSQL twice, and so is each statement that it names; what
    watches it gives samples."""

    async def told() -> None:
        seen = 0
        for domain in (*domains(), ""):
            system = System.model_validate(load(domain).system()) if domain else shop("800/s")
            design = Design(system, "0" * 12, 1, "", "", "unknown", {})
            made = layer(system)
            assert made is not None
            found = streams(made)
            files = render(design, "online-store")
            stores = [o for c in found.consumers if (o := online_store(found, c))]
            assert set(files) == {f"data/online/{o.name}.{e}" for o in stores
                                  for e in ("sql", "queries.yaml")}  # fmt: skip
            for o in stores:
                seen += 1
                name = f"file_{domain.replace('-', '_')}_{o.word}"
                connection = await fresh(store, name, o)
                await connection.execute(files[f"data/online/{o.name}.sql"])
                for sql in (online.read(o), online.take(o), online.noted(o), online.begun(o),
                            *online.forget(o), *online.expire(o)):  # fmt: skip
                    await connection.prepare(sql)
                    assert sql.splitlines()[-1] in files[f"data/online/{o.name}.sql"]
                await connection.execute(online.noted(o), 3, 0.1, 0.2)
                rows = [await connection.fetch(q.sql) for q in online.watch(o)]
                assert [len(r) for r in rows] == [2, 1, 1]
                await connection.close()
        assert seen >= 3

    asyncio.run(told())
