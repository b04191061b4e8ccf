"""An index on a large table in parts, made on a real PostgreSQL while everybody goes on."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import asyncpg
import pytest

from backend_lead.trial.drivers import Server
from backend_lead.trial.migrating import run
from backend_lead.trial.schema import make_tables
from backend_lead.views.data.ddl import create_index
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.migration.files import files_of, page
from backend_lead.views.data.migration.planning import plan
from backend_lead.views.data.migration.steps import Choices, Plan
from tests.trial.stores import domain, emptied
from tests.trial.test_migrations import made
from tests.views.data.test_migration import told

_STATE = """
SELECT count(*) FILTER (WHERE i.indisvalid) AS valid, count(*) AS there,
  (SELECT count(*) FROM pg_partition_tree('readings') WHERE isleaf) AS parts,
  (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)) AS whole
FROM pg_inherits AS h JOIN pg_index AS i ON i.indexrelid = h.inhrelid
WHERE h.inhparent = to_regclass($1)
"""

_HALF = """
UPDATE pg_index SET indisvalid = false
WHERE indexrelid = (SELECT max(oid) FROM pg_class WHERE relkind = 'i')
"""


def edited(rows: str = "5G") -> tuple[Layer, Layer]:
    """Readings of devices, in parts by day, asked for by a column that had no index."""
    old = domain("telemetry")
    old["entities"]["reading"]["rows"] = rows
    new = copy.deepcopy(old)
    new["components"]["db"]["operations"]["list_by_value"] = {
        "type": "read", "cpu": "1 ms", "entity": "reading",
        "pattern": {"by": ["value"], "order": "-measured_at", "rows": 20},
    }  # fmt: skip
    endpoint = next(
        end for part in new["components"].values() for end in part.get("endpoints", {}).values()
    )
    endpoint["does"] = [*endpoint["does"], {"query": "db.list_by_value"}]
    return made(old), made(new)


def planned(rows: str = "5G") -> tuple[Layer, Plan, str]:
    old, new = edited(rows)
    (found,) = plan(old, new, Choices())
    (index,) = [i for i in new.indexes if i.name not in {o.name for o in old.indexes}]
    return old, found, index.name


async def started(server: Server, old: Layer) -> Any:
    connection = await asyncpg.connect(server.url)
    await make_tables(connection, old.tables.values())
    for index in old.indexes:
        await connection.execute(create_index(index).sql)
    return connection


def test_each_part_gets_its_index_and_the_table_a_whole_one(server: Server) -> None:
    """Made on every part and attached, valid in the end; parts made later have it; run again it
    changes nothing; undone it is gone."""

    own = emptied(server)

    async def all_of_it() -> tuple[Any, Any, Any, Any]:
        old, found, name = planned()
        connection = await started(own, old)
        try:
            files = files_of(found)
            assert [d.error for d in await run(connection, files)] == [""] * len(files)
            first = await connection.fetchrow(_STATE, name)
            await connection.execute("CREATE TABLE readings_late PARTITION OF readings FOR VALUES "
                                     "FROM ('2031-01-01') TO ('2031-01-02')")  # fmt: skip
            assert not any(d.error for d in await run(connection, files))
            again = await connection.fetchrow(_STATE, name)
            assert not any(d.error for d in await run(connection, files, back=True))
            undone = await connection.fetchval("SELECT to_regclass($1)", name)
            left = await connection.fetchval("SELECT count(*) FROM pg_index WHERE NOT indisvalid")
            return first, again, undone, left
        finally:
            await connection.close()

    first, again, undone, left = asyncio.run(all_of_it())
    assert first["whole"] and first["valid"] == first["parts"] > 2
    assert again["whole"] and again["valid"] == again["parts"] == first["parts"] + 1
    assert undone is None and left == 0


def test_a_stop_in_the_middle_is_gone_on_from(server: Server) -> None:
    """What a stop left half made is dropped and made again; until the last part has it the table's
    index is not valid, and the last step does not run."""

    own = emptied(server)

    async def stopped() -> tuple[Any, str, Any]:
        old, found, name = planned()
        connection = await started(own, old)
        try:
            files = files_of(found)
            await run(connection, files[:1])
            writes = await connection.fetch(files[1].steps[0].up[1])
            await connection.execute(writes[0][0])
            await connection.execute(_HALF)
            half = await connection.fetchrow(_STATE, name)
            why = str(files[2].steps[0].must_be_empty)
            rows = await connection.fetch(why)
            assert len(rows) == 1
            assert not any(d.error for d in await run(connection, files))
            return half, why, await connection.fetchrow(_STATE, name)
        finally:
            await connection.close()

    half, why, whole = asyncio.run(stopped())
    assert not half["whole"] and half["valid"] == 0 and "indisvalid" in why
    assert whole["whole"] and whole["valid"] == whole["parts"]


def test_others_write_while_an_index_is_made(server: Server) -> None:
    """A transaction that has written to the table holds up the index of its part and nobody else:
    rows go on being written meanwhile."""

    own = emptied(server)

    async def meanwhile() -> int:
        old, found, _ = planned()
        connection = await started(own, old)
        other = await asyncpg.connect(own.url)
        try:
            files = files_of(found)
            await run(connection, files[:1])
            held = other.transaction()
            await held.start()
            await other.execute("LOCK TABLE readings IN ROW EXCLUSIVE MODE")
            making = asyncio.create_task(run(connection, files[1:2]))
            third = await asyncpg.connect(own.url)
            done = 0
            for _ in range(20):
                await third.execute("LOCK TABLE readings IN ROW EXCLUSIVE MODE; SELECT 1")
                done += 1
                await asyncio.sleep(0.01)
            await held.rollback()
            assert not (await making)[0].error
            await third.close()
            return done
        finally:
            await other.close()
            await connection.close()

    assert asyncio.run(meanwhile()) == 20


def test_the_files_say_so_and_the_linter_finds_nothing(tmp_path: Any) -> None:
    """The queries are for psql; no step holds up others while it works through rows, no file has
    anything that the linter tells, and few rows take one statement."""
    _, found, name = planned()
    assert not found.findings and all(step.held_up_s <= 0.5 for step in found.steps)
    files = files_of(found)
    text = "".join(file.up for file in files)
    assert f"CREATE INDEX IF NOT EXISTS {name} ON ONLY readings" in text
    assert "CREATE INDEX CONCURRENTLY %I ON %s" in text and "ATTACH PARTITION" in text
    assert text.count("\\gexec") == 3 and "may be stopped" in page(found, files)
    paths = []
    for file in files:
        for way, sql in (("up", file.up), ("down", file.down)):
            paths.append(tmp_path / f"{file.name}.{way}.sql")
            paths[-1].write_text(sql, encoding="utf-8")
    assert told(paths) == []
    _, few, _ = planned("10k")
    assert [len(step.up) for step in few.steps] == [1] and few.steps[0].blocks == "writes"


@pytest.mark.parametrize("rows", ["10k", "5G"])
def test_an_index_that_goes_is_dropped_in_one_piece(server: Server, rows: str) -> None:
    """Of a table in parts it cannot be dropped concurrently; it is dropped, and can come back."""

    own = emptied(server)

    async def gone() -> tuple[Any, Any]:
        new, old = edited(rows)
        (found,) = plan(old, new, Choices())
        (index,) = [i for i in old.indexes if i.name not in {o.name for o in new.indexes}]
        connection = await started(own, old)
        try:
            assert not any(d.error for d in await run(connection, files_of(found)))
            away = await connection.fetchval("SELECT to_regclass($1)", index.name)
            assert not any(d.error for d in await run(connection, files_of(found), back=True))
            return away, await connection.fetchval("SELECT to_regclass($1)::text", index.name)
        finally:
            await connection.close()

    away, back = asyncio.run(gone())
    assert away is None and back is not None
