"""Migrations beside what is there: the old program, the governance file, parts of a table."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from backend_lead.catalog.domains import load
from backend_lead.trial.drivers import Server
from backend_lead.trial.migrating import run
from backend_lead.trial.moving import prove
from backend_lead.trial.proof import Trial
from backend_lead.views.data import script
from backend_lead.views.data.governing import governance
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.migration.files import files_of
from backend_lead.views.data.migration.planning import plan
from backend_lead.views.data.migration.steps import Choices
from tests.trial.test_migrations import ROWS, edited, made, shop, whole
from tests.views.data.databases import in_database, run_all


@pytest.mark.parametrize("name", ["column gone", "renamed column", "wider type", "new table",
                                  "wider type of few", "personal column gone"])  # fmt: skip
def test_what_guards_the_tables_comes_along(name: str, server: Server) -> None:
    """On a database that the governance file was run on, a migration ends with the masked views,
    triggers, rights and functions of the new model; people can be erased and nothing is in the way
    of a column that goes."""
    if name == "personal column gone":
        old, new = shop(), shop()
        del new["entities"]["customer"]["fields"]["address"]
        before, after, choices = made(old), made(new), Choices()
    else:
        before, after, choices = edited(name.removesuffix(" of few"),
                                        "50k" if name.endswith(" of few") else "50M")  # fmt: skip
    guarded = """
        SELECT 'view', table_schema, table_name, column_name FROM information_schema.columns
        WHERE table_schema IN ('masked', 'offered') UNION ALL
        SELECT 'trigger', event_object_table, trigger_name, action_statement
        FROM information_schema.triggers UNION ALL
        SELECT 'right', grantee, table_schema || '.' || table_name, privilege_type
        FROM information_schema.role_table_grants
        WHERE grantee LIKE 'shop%' AND table_name <> 'migration_progress' UNION ALL
        SELECT 'body', n.nspname, p.proname, p.prosrc FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('upkeep', 'audit')
        ORDER BY 1, 2, 3, 4"""

    async def fresh(line: Any) -> Any:
        for part in (script.schema(after, "db"), governance(after, "db")):
            await run_all(line, [s for _, group in part for s in group])
        return await line.fetch(guarded)

    async def moved(line: Any) -> Any:
        for part in (script.schema(before, "db"), governance(before, "db")):
            await run_all(line, [s for _, group in part for s in group])
        for sql in ROWS:
            await line.execute(sql)
        (found,) = plan(before, after, choices)
        assert not found.findings
        for done in await run(line, files_of(found)):
            assert not done.error, done
        told = await line.fetch(guarded)
        await line.execute("INSERT INTO upkeep.erasures (person_table, person_key, due_at) "
                           "SELECT 'customers', id, now() FROM customers LIMIT 1")  # fmt: skip
        await line.execute("SET ROLE shop_upkeep; CALL upkeep.erase_asked(); RESET ROLE")
        await line.execute("SET ROLE shop_analyst")
        for table in after.tables:
            await line.fetch(f"SELECT * FROM masked.{table} LIMIT 1")
        await line.execute("RESET ROLE")
        return told

    assert in_database(server, moved) == in_database(server, fresh)


def test_another_length_of_parts_begins_behind_those_that_are_there(server: Server) -> None:
    """Parts of a week become parts of two: a step says so, and none overlaps or leaves a gap."""
    old, new = load("telemetry").system(), load("telemetry").system()
    for model, every in ((old, "7 d"), (new, "14 d")):
        model["entities"]["reading"]["partition"] = {"by": "measured_at", "every": every}
    before, after = made(old), made(new)
    (found,) = plan(before, after, Choices())
    assert [s.slug for s in found.steps if s.slug.startswith("parts_")]

    async def use(line: Any) -> None:
        for part in (script.schema(before, "db"), governance(before, "db")):
            await run_all(line, [s for _, group in part for s in group])
        for done in await run(line, files_of(found)):
            assert not done.error, done
        for days in range(0, 43, 7):
            await line.execute(f"CALL upkeep.make_all_parts(now() + interval '{days} days')")
        rows = await line.fetch("SELECT low, high FROM upkeep.parts_of('readings') ORDER BY low")
        assert all(a["high"] == b["low"] for a, b in pairwise(rows))
        assert {(r["high"] - r["low"]).days for r in rows} >= {7, 14}

    in_database(server, use)


def test_rows_are_made_so_that_a_new_rule_can_be_tried() -> None:
    """A column that becomes unique is proved on rows that are; a step that may not run is told and
    does not end the program."""
    old, new, choices = edited("unique")
    new.tables["customers"].column("name")
    extra = shop()
    extra["entities"]["customer"]["fields"]["name"]["unique"] = True
    after = made(extra)
    (found,) = plan(old, after, choices)
    proof = prove("db", old, after, files_of(found), Trial(rows=2000, workers=1), 20.0)
    assert len(proof.files) == len(files_of(found)), proof.findings


def test_a_step_that_may_not_run_is_a_finding() -> None:
    """Rows that a step must not find end the proof with a finding that has the question."""
    old, new = shop(), shop()
    state = new["entities"]["order"]["fields"]["state"]
    state["one_of"] = state["one_of"][:1]
    (found,) = plan(made(old), made(new), Choices())
    proof = prove("db", made(old), made(new), files_of(found), Trial(rows=500, workers=1), 5.0)
    assert not proof.held and any("ask: SELECT" in f.seen for f in proof.findings)


async def in_phases(
    server: Server, old: Layer, new: Layer, choices: Choices, rows: tuple[str, ...],
    meanwhile: tuple[str, ...], asked: str,
) -> Any:  # fmt: skip
    """What is asked for at the end, where the old program does something after each phase before
    the last."""
    connection = await asyncpg.connect(server.url)
    try:
        await connection.execute("DROP SCHEMA IF EXISTS was CASCADE; CREATE SCHEMA was")
        await connection.execute("SET search_path = was; SET TimeZone = 'America/New_York'")
        for sql in (*whole(old), *rows):
            await connection.execute(sql)
        (found,) = plan(old, new, choices)
        assert not found.findings
        for phase, more in (("expand", meanwhile[:1]), ("backfill", meanwhile[1:]), ("switch", ()),
                            ("contract", ())):  # fmt: skip
            steps = found.of(phase)  # type: ignore[arg-type]
            for done in await run(connection, files_of(replace(found, steps=tuple(steps)))):
                assert not done.error, done
            for sql in more:
                await connection.execute(sql)
        return await connection.fetch(asked)
    finally:
        await connection.close()


def test_the_old_program_goes_on_while_a_name_is_shortened(server: Server) -> None:
    """Renamed to a column that takes less: what the old program writes meanwhile is taken, and cut
    only when it is gone, by what was said."""
    old, new = shop(), shop()
    fields = new["entities"]["customer"]["fields"]
    new["entities"]["customer"]["fields"] = {
        ("full_name" if k == "name" else k): ({**v, "most": 5} if k == "name" else v)
        for k, v in fields.items()
    }
    choices = Choices(renamed={"customers.name": "full_name"},
                      fill={"customers.full_name": "left(full_name, 5)"})  # fmt: skip
    add = "INSERT INTO customers (email, name) VALUES ('{0}@x.example', 'a long name {0}')"
    rows = asyncio.run(in_phases(
        server, made(old), made(new), choices, (add.format(0),), (add.format(1), add.format(2)),
        "SELECT full_name FROM customers",
    ))  # fmt: skip
    assert [r[0] for r in rows] == ["a lon"] * 3


def test_rows_that_a_new_rule_does_not_allow_are_asked_for() -> None:
    """A renamed column that takes less has a question that finds the rows it would not take."""
    old, new = shop(), shop()
    fields = new["entities"]["customer"]["fields"]
    new["entities"]["customer"]["fields"] = {
        ("full_name" if k == "name" else k): ({**v, "most": 5} if k == "name" else v)
        for k, v in fields.items()
    }
    (found,) = plan(made(old), made(new), Choices(renamed={"customers.name": "full_name"}))
    asked = [s.must_be_empty for s in found.steps if "full_name" in s.must_be_empty]
    assert any("char_length(full_name) <= 5" in q for q in asked)
    assert not any(s.phase != "contract" for s in found.steps if "length" in s.slug
                   and s.slug.startswith("check_"))  # fmt: skip


@pytest.mark.parametrize("rows", ["50k", "50M"])
def test_the_old_program_goes_on_while_a_text_becomes_a_number(server: Server, rows: str) -> None:
    """Texts that are no number are taken from the old program, and get the value that was said."""
    old, new = shop(), shop()
    old["entities"]["customer"]["rows"] = new["entities"]["customer"]["rows"] = rows
    new["entities"]["customer"]["fields"]["name"] = {"type": "int"}
    value = "CASE WHEN name ~ '^[0-9]+$' THEN name::integer ELSE -1 END"
    choices = Choices(fill={"customers.name": value}, loses=frozenset({"customers.name"}))
    add = "INSERT INTO customers (email, name) VALUES ('{0}@x.example', '{0}')"
    found = asyncio.run(in_phases(
        server, made(old), made(new), choices, (add.format("en-GB"), add.format("7")),
        (add.format("de-DE"), add.format("8")), "SELECT name FROM customers ORDER BY email",
    ))  # fmt: skip
    assert [r[0] for r in found] == [7, 8, -1, -1]


def test_a_column_that_is_split_follows_the_old_program(server: Server) -> None:
    """A name split in two is split again when the old program changes it, after the backfill too;
    what the new program sets is not overruled by a change of something else."""
    old, new = shop(), shop()
    fields = new["entities"]["customer"]["fields"]
    name = fields.pop("name")
    fields["first_name"], fields["last_name"] = name, name
    choices = Choices(fill={"customers.first_name": "split_part(name, ' ', 1)",
                            "customers.last_name": "split_part(name, ' ', 2)"})  # fmt: skip
    add = "INSERT INTO customers (email, name) VALUES ('{0}@x.example', '{0} Byron')"
    found = asyncio.run(in_phases(
        server, made(old), made(new), choices, (add.format("Ada"), add.format("Bob")),
        ("UPDATE customers SET name = 'Early Bird' WHERE email LIKE 'Bob%'",
         "UPDATE customers SET name = 'Grace Hopper' WHERE email LIKE 'Ada%'",
         "UPDATE customers SET last_name = 'Set' WHERE email LIKE 'Bob%'",
         "UPDATE customers SET created_at = now() WHERE email LIKE 'Bob%'"),
        "SELECT first_name, last_name FROM customers ORDER BY email",
    ))  # fmt: skip
    assert [tuple(r) for r in found] == [("Grace", "Hopper"), ("Early", "Set")]


@pytest.mark.parametrize("rows", ["50k", "50M"])
def test_a_time_becomes_the_day_it_has_in_utc(server: Server, rows: str) -> None:
    """Whatever the time zone of the session that migrates or writes."""
    old, new = shop(), shop()
    old["entities"]["customer"]["rows"] = new["entities"]["customer"]["rows"] = rows
    new["entities"]["customer"]["fields"]["created_at"] = {"type": "date"}
    choices = Choices(loses=frozenset({"customers.created_at"}))
    add = ("INSERT INTO customers (email, name, created_at) "
           "VALUES ('{0}@x.example', 'n', '2026-05-01 01:00:00+00')")  # fmt: skip
    found = asyncio.run(in_phases(
        server, made(old), made(new), choices, (add.format(0),), (add.format(1),),
        "SELECT DISTINCT created_at::text FROM customers",
    ))  # fmt: skip
    assert [r[0] for r in found] == ["2026-05-01"]
