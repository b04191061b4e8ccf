"""Sagas on a real PostgreSQL: whatever fails or crashes, at whichever step, both ends are clean."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from backend_lead.catalog.domains import domains, load
from backend_lead.emit import render
from backend_lead.model.design import Design
from backend_lead.model.system import System
from backend_lead.trial.drivers import DRIVERS, Server
from backend_lead.views.data.copies import Saga
from backend_lead.views.data.layer import layer
from backend_lead.views.data.saga_steps import TRIES, SagaPlan, _steps, plans, statements, watch

HOW = ("refused", "before", "after", "silent", "silent for good")


class Crash(Exception):
    """The worker dies here."""


@dataclass
class World:
    """Places outside the store: what was done under which key, and what is wrong, once or for
    good."""

    there: dict[str, set[str]] = field(default_factory=dict)
    wrong: dict[tuple[int, str], str] = field(default_factory=dict)
    done: list[tuple[int, str]] = field(default_factory=list)  # effects, in their order

    def act(self, step: int, action: str, key: str, place: str) -> str:
        """Do a step, or take it back; a key has an effect once. Gives the outcome."""
        how = self.wrong.get((step, action), "")
        if how != "silent for good":
            self.wrong.pop((step, action), None)
        if how == "refused":
            return "failed"
        if how == "before":
            raise Crash
        keys = self.there.setdefault(place, set())
        if (key in keys) == (action == "undo"):
            (keys.add if action == "do" else keys.remove)(key)
            self.done.append((step, action))
        if how == "after":
            raise Crash
        return "unknown" if how.startswith("silent") else "done"


@pytest.fixture(scope="module")
def store() -> Iterator[Server]:
    """A PostgreSQL for the tests of this file."""
    driver = DRIVERS["postgres"]
    if driver.missing:
        pytest.skip(f"not installed: {', '.join(driver.missing)}")
    with driver.running() as server:
        yield server


def invented() -> SagaPlan:
    """Two calls outside around rows of the store, and rows of another."""
    saga = Saga("app.order", "Order", ("outside", "db", "other"), ())
    return SagaPlan(saga, "db", tuple(_steps(saga, "db")))


def of_domains() -> list[SagaPlan]:
    """The sagas of all reference domains."""
    out = []
    for domain in domains():
        made = layer(System.model_validate(load(domain).system()))
        out += plans(made) if made else []
    return out


async def database(server: Server, name: str, found: list[SagaPlan]) -> Any:
    """A connection to a new database that keeps sagas, and a table for local effects."""
    connection = await _empty(server, name)
    for statement in statements(found):
        await connection.execute(statement.sql)
    await connection.execute("CREATE TABLE effects (key text PRIMARY KEY)")
    return connection


async def work(connection: Any, world: World, home: str) -> bool:
    """One step as a worker does it; False where nothing is due. What it holds is lost when it
    crashes; its lease is over at once, so that another takes the step."""
    await connection.execute("UPDATE sagas SET due_at = now() - interval '1 s'")  # time goes by
    row = await connection.fetchrow("SELECT * FROM saga_next('0 s')")
    if row is None:
        return bool(await connection.fetchval(
            "SELECT count(*) FROM sagas WHERE state IN ('running', 'undoing')"))  # fmt: skip
    key, word = f"{row['id']}/{row['step']}", (row["step"], row["action"])
    told = "SELECT saga_told($1, $2, $3, $4)"
    try:
        if row["place"] == home:
            async with connection.transaction():
                how = world.wrong.get(word, "")
                if how == "silent":
                    world.wrong.pop(word)
                if how.startswith("silent"):
                    raise Crash  # a store that says nothing of its own transaction: it is gone
                outcome = world.act(*word, key, home) if how != "after" else "done"
                if how == "after":
                    world.wrong.pop(word)
                if outcome == "done":
                    await connection.execute(
                        "INSERT INTO effects VALUES ($1)" if row["action"] == "do" else
                        "DELETE FROM effects WHERE key = $1", key)  # fmt: skip
                await connection.execute(told, row["id"], *word, outcome)
                if how == "after":
                    raise Crash  # before the commit: neither the rows nor the word are there
        else:
            outcome = world.act(*word, key, row["place"])
            await connection.execute(told, row["id"], *word, outcome)
    except Crash:
        pass
    return True


async def ended(connection: Any, plan: SagaPlan, world: World) -> str:
    """Begin a saga, twice, work until nothing is due, and hold what must be; gives its state."""
    key = uuid.uuid4()
    for _ in range(2):
        assert await connection.fetchval("SELECT saga_begin($1, $2, $3)", key, plan.name,
                                         json.dumps({"n": 1})) == "running"  # fmt: skip
    for _ in range(TRIES * 8):
        if not await work(connection, world, plan.home):
            break
    state = str(await connection.fetchval("SELECT saga_begin($1, $2, '{}')", key, plan.name))
    there = {k for keys in world.there.values() for k in keys} | {
        r[0] for r in await connection.fetch("SELECT key FROM effects")}  # fmt: skip
    mine = {int(k.rpartition("/")[2]) for k in there if k.startswith(str(key))}
    steps = set(range(1, len(plan.steps) + 1))
    assert state in ("done", "undone", "stuck"), state
    assert state != "done" or mine == steps, (state, mine)
    assert state != "undone" or not mine, (state, mine)
    undone = [r[0] for r in await connection.fetch(
        "SELECT step FROM saga_log WHERE saga_id = $1 AND action = 'undo' AND outcome = 'done' "
        "ORDER BY at", key)]  # fmt: skip
    assert undone == sorted(undone, reverse=True), "taken back in another order"
    asked = await connection.fetchrow(watch(plan.home).sql)
    assert asked["stuck"] == (state == "stuck") and asked["oldest_open_seconds"] == 0
    await connection.execute("DELETE FROM saga_log; DELETE FROM sagas; DELETE FROM effects")
    return state


@pytest.mark.parametrize("plan", [*of_domains(), invented()], ids=lambda p: p.name)
def test_every_failure_at_every_step_ends_whole_or_taken_back(
    store: Server, plan: SagaPlan
) -> None:
    """Refused, crashed before and after its effect, silent once and for good, at each step, alone
    and with a crash while an earlier step is taken back: done with all, or undone with nothing."""

    async def told() -> None:
        name = plan.name.replace(".", "_").lower()
        connection = await database(store, f"saga_{name}", [plan])
        try:
            assert await ended(connection, plan, World()) == "done"
            asked = await connection.fetchrow(watch(plan.home).sql)
            assert (asked["stuck"], asked["oldest_open_seconds"]) == (0, 0)
            seen = set()
            for step, how in itertools.product(range(1, len(plan.steps) + 1), HOW):
                local = plan.steps[step - 1].place == plan.home
                state = await ended(connection, plan, World(wrong={(step, "do"): how}))
                lost = how == "refused" or (how == "silent for good")
                assert state == ("undone" if lost else "done"), (step, how, local, state)
                seen.add(state)
                for back, again in itertools.product(range(1, step), ("before", "after", "silent")):
                    wrong = {(step, "do"): "refused", (back, "undo"): again}
                    if plan.steps[back - 1].place == plan.home and again == "silent":
                        continue  # its own store cannot be silent and go on
                    assert await ended(connection, plan, World(wrong=wrong)) == "undone"
            assert seen == {"done", "undone"}
            first = next(n for n, s in enumerate(plan.steps, 1) if n < len(plan.steps))
            stays = {(first + 1, "do"): "refused", (first, "undo"): "silent for good"}
            assert await ended(connection, plan, World(wrong=stays)) == "stuck"
        finally:
            await connection.close()

    asyncio.run(told())


def test_the_word_of_a_worker_that_is_too_late_changes_nothing(store: Server) -> None:
    """Two workers hold the same step; the first word counts, and a saga nobody knows is refused."""

    async def told() -> None:
        plan = invented()
        connection = await database(store, "late", [plan])
        key = uuid.uuid4()
        await connection.execute("SELECT saga_begin($1, 'app.order', '{}')", key)
        for _ in range(2):
            assert (await connection.fetchrow("SELECT * FROM saga_next('0 s')"))["step"] == 1
        word = "SELECT saga_told($1, 1::smallint, 'do', $2)"
        assert await connection.fetchval(word, key, "done") == "running"
        assert await connection.fetchval(word, key, "failed") == "running"
        assert await connection.fetchval("SELECT step FROM sagas") == 2
        with pytest.raises(asyncpg.RaiseError, match="no saga is called"):
            await connection.execute("SELECT saga_begin($1, 'nothing', '{}')", uuid.uuid4())
        await connection.close()

    asyncio.run(told())


def test_what_is_emitted_runs_and_names_every_saga(store: Server) -> None:
    """Each domain's file runs on an empty database; where no request crosses places, there is
    none."""

    async def told() -> None:
        written = 0
        for domain in domains():
            system = System.model_validate(load(domain).system())
            files = render(Design(system, "0" * 12, 1, "", "", "unknown", {}), "sagas")
            made = layer(system)
            found = plans(made) if made else []
            assert bool(files) == bool(found), domain
            for path, text in files.items():
                written += 1
                name = f"emitted_{domain.replace('-', '_')}"
                connection = await _empty(store, name)
                await connection.execute(text)
                listed = await connection.fetch("SELECT DISTINCT saga FROM saga_steps")
                assert {r[0] for r in listed} == {p.name for p in found}, path
                await connection.close()
        assert written >= 2

    asyncio.run(told())


async def _empty(server: Server, name: str) -> Any:
    admin = await asyncpg.connect(server.url)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    return await asyncpg.connect(server.url, database=name)
