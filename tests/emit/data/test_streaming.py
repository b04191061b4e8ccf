"""data/streaming and data/watching, judged by those who use them."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_lead.catalog.domains import domains, load
from backend_lead.emit import emitters, render
from backend_lead.intake.brief import read_brief
from backend_lead.model.design import Design
from backend_lead.model.system import Component, System
from backend_lead.trial.drivers import DRIVERS, Server
from backend_lead.trial.pipeline.made_rows import Rows
from backend_lead.views.data.ddl import create_table
from backend_lead.views.data.layer import Layer, layer
from backend_lead.views.data.outbox import NOBODY
from backend_lead.views.data.streams import streams
from tests.views.streaming_model import shop

OURS = ("streaming", "streaming-outbox", "streaming-config", "streaming-runbook", "watching")


def written(system: System) -> dict[str, str]:
    """The files about streams of a system."""
    design = Design(system, "0" * 12, 1, "", "", "unknown", {})
    return {path: text for word in OURS for path, text in render(design, word).items()}


def of_domain(name: str) -> System:
    """A reference domain as it is asked for by its words alone."""
    return System.model_validate(load(name).system())


@pytest.mark.parametrize("domain", [*domains(), ""])
def test_alerts_are_taken_by_promtool_each_fires_and_each_is_silent(
    domain: str, tmp_path: Path
) -> None:
    """Every alert has a test in which it fires and one in which it does not; promtool runs all."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed")
    files = written(of_domain(domain) if domain else shop("800/s"))
    for name in ("alerts.yaml", "alerts.test.yaml"):
        (tmp_path / name).write_text(files[f"data/watching/{name}"], encoding="utf-8")
    for words in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]):
        ran = subprocess.run([tool, *words], cwd=tmp_path, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    rules = yaml.safe_load(files["data/watching/alerts.yaml"])["groups"][0]["rules"]
    tests = yaml.safe_load(files["data/watching/alerts.test.yaml"])["tests"]
    for rule in [r for r in rules if "alert" in r]:
        seen = [bool(t["alert_rule_test"][0]["exp_alerts"]) for t in tests
                if t["alert_rule_test"][0]["alertname"] == rule["alert"]]  # fmt: skip
        assert sorted(seen) == [False, True], rule["alert"]


def test_an_alert_that_is_broken_fails_its_test(tmp_path: Path) -> None:
    """The tests judge: with a rule turned round, promtool refuses."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed")
    files = written(shop("800/s"))
    broken = files["data/watching/alerts.yaml"]
    broken = re.sub(r"(reconciliation_missing_events) != 0", r"\1 > 5", broken)
    (tmp_path / "alerts.yaml").write_text(broken, encoding="utf-8")
    (tmp_path / "alerts.test.yaml").write_text(files["data/watching/alerts.test.yaml"])
    ran = subprocess.run([tool, "test", "rules", "alerts.test.yaml"], cwd=tmp_path,
                         capture_output=True, text=True)  # fmt: skip
    assert ran.returncode != 0 and "WarehouseIncomplete" in ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def store() -> Server:
    """A PostgreSQL for the tests of this file."""
    driver = DRIVERS["postgres"]
    if driver.missing:
        pytest.skip(f"not installed: {', '.join(driver.missing)}")
    with driver.running() as server:
        yield server  # type: ignore[misc]


def test_every_domains_outbox_runs_and_tells_of_each_change(store: Server) -> None:
    """On a real PostgreSQL: tables, outbox.sql, its upkeep twice, and the other way, publications;
    what was published and is old is dropped, what was not stays."""
    asyncio.run(_outboxes(store))


async def _outboxes(store: Server) -> None:
    import asyncpg

    for number, domain in enumerate([*domains(), ""]):
        system = of_domain(domain) if domain else shop("800/s")
        made = layer(system)
        assert made is not None
        admin = await asyncpg.connect(store.url)
        await admin.execute(f"CREATE DATABASE outbox{number}")
        await admin.close()
        connection = await asyncpg.connect(store.url, database=f"outbox{number}")
        try:
            main = streams(made).captures[0].store
            for table in made.of_store(main):
                plain = replace(table, foreign=(), parts=None)
                if table.parent:
                    plain = replace(table, foreign=table.foreign[:1], parts=None)
                await connection.execute(create_table(plain).sql)
            script = written(system)["data/streaming/outbox.sql"]
            await connection.execute(script)
            await connection.execute("CALL outbox_upkeep()")
            for line in script.splitlines():
                if line.startswith("--   "):
                    await connection.execute(line.removeprefix("--   "))
            parts = await connection.fetchval(
                "SELECT count(*) FROM pg_inherits WHERE inhparent = 'outbox'::regclass"
            )
            assert parts == 50, domain  # 48 ahead, this hour's, and the rest
            await _changes_are_told(connection, made, domain)
            await _old_parts_go(connection)
        finally:
            await connection.close()


async def _changes_are_told(connection: Any, made: Layer, domain: str) -> None:
    """A row of each table is added, changed and deleted: three events, all of one person where the
    entity has one, whichever of its tables they are of."""
    for stream in streams(made).leaving:
        kept: dict[str, dict[str, Any]] = {}
        for table in stream.tables:
            rows = Rows(table, 1)
            row = kept[table.name] = rows.row()
            if table.parent:
                theirs = [kept[stream.table.name][c] for c in stream.table.key]
                row.update(zip(table.foreign[0].columns, theirs, strict=True))
            await connection.execute(rows.insert, *row.values())
            if rows.changed:
                values = [rows.new(name) for name in rows.changed]
                await connection.execute(rows.update, *values, *rows.key_of(row))
        for table in reversed(stream.tables):
            rows = Rows(table, 1)
            await connection.execute(rows.delete, *rows.key_of(kept[table.name]))
        told = await connection.fetch(
            "SELECT table_name, change, subject, row IS NULL AS bare FROM outbox "
            "WHERE starts_with(subject, $1 || '.')", stream.topic,
        )  # fmt: skip
        for table in stream.tables:
            mine = [t for t in told if t["table_name"] == table.name]
            assert {"insert", "delete"} <= {t["change"] for t in mine}, (domain, table.name)
            assert all(t["bare"] == (t["change"] == "delete") for t in mine)
        whose = {t["subject"].rpartition(".")[2] for t in told}
        assert len(whose) == 1 and ((whose == {NOBODY}) == (not stream.person)), (domain, whose)


async def _old_parts_go(connection: Any) -> None:
    sql = connection.execute
    owner = await connection.fetchval(
        "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'outbox'"
    )
    for part, hour, published in (("2020010101", 1, "now()"), ("2020010102", 2, "NULL")):
        await sql(f"CREATE TABLE outbox_{part} PARTITION OF outbox FOR VALUES FROM "
                  f"('2020-01-01 0{hour}:00+00') TO ('2020-01-01 0{hour + 1}:00+00')")  # fmt: skip
        await sql(f"ALTER TABLE outbox_{part} OWNER TO {owner}")
        await sql(
            "INSERT INTO outbox (lane, subject, stream_key, row_key, table_name, change, "
            f"happened_at, published_at) VALUES (0, 's', 'k', 'k', 't', 'delete', "
            f"'2020-01-01 0{hour}:30+00', {published})"
        )
    await sql("CALL outbox_upkeep()")
    left = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relname LIKE 'outbox_2020%' AND relkind = 'r'"
    )
    assert [row[0] for row in left] == ["outbox_2020010102"]


def test_the_page_says_when_nothing_is_needed() -> None:
    """A small load is told that one store is enough, and until when; a large one why not."""
    files = written(shop("10/s"))
    small = files["data/streaming/README.md"]
    assert not [path for path in files if path.endswith((".json", ".sql", "runbook.md"))]
    large = written(shop("3k/s"))["data/streaming/README.md"]
    assert "## Not needed at this load" in small and "1,000 changes/s" in small
    assert "## Needed, because" in large and "Not needed" not in large


def test_the_page_promises_no_exactly_once() -> None:
    """Delivery is at least once, and what makes the effect single is said."""
    for text in written(shop("800/s")).values():
        assert "exactly once" not in text.lower() and "exactly-once" not in text.lower()
    page = written(shop("800/s"))["data/streaming/README.md"]
    for word in ("At least once", "`event_id`", "`version`", "Purge by subject", "watermark",
                 "ask for a second factor", "not proven"):  # fmt: skip
        assert word in page, word


def test_a_broker_that_cannot_purge_gets_another_way() -> None:
    """With Kafka in the model a person is erased by a key that is destroyed, and it is said."""
    system = shop("800/s")
    system.components["log"] = Component.model_validate(
        {"kind": "kafka", "instance": "m7g.large", "count": 3, "topics": {"t": {"message": "1 kB"}}}
    )
    text = written(system)["data/streaming/README.md"]
    assert "Crypto-shredding" in text and "Apache Kafka, which the design has" in text


def test_brokers_files_say_what_the_list_says() -> None:
    """NATS and Kafka get the same streams, kept as long, put into as many partitions."""
    files = written(shop("3k/s"))
    listed = yaml.safe_load(files["data/streaming/streams.yaml"])
    nats = json.loads(files["data/streaming/nats/shop.json"])
    (topic,) = listed["streams"]
    assert nats["max_age"] == listed["streams"][topic]["keep_s"] * 1e9
    assert "Not proven" in files["data/streaming/kafka-topics.yaml"]
    kafka = {t["metadata"]["name"]: t["spec"] for t in
             yaml.safe_load_all(files["data/streaming/kafka-topics.yaml"])}  # fmt: skip
    assert kafka[topic]["partitions"] == listed["streams"][topic]["partitions"]
    for name, consumer in listed["consumers"].items():
        told = json.loads(files[f"data/streaming/nats/shop-{name}.json"])
        assert told["max_batch"] == consumer["at_most"]
        assert told["filter_subjects"][:-1] == [f"{t}.>" for t in consumer["takes"]]


@pytest.mark.parametrize("domain", domains())
def test_what_is_assumed_is_never_called_stated(domain: str) -> None:
    """A reference domain states nothing of its data: each number of a product, of late events and
    of an erasure has the origin the model gives it, on every page."""
    design = Design(of_domain(domain), "0" * 12, 1, "", "", "unknown", {})
    for word in (*OURS, "analytics", "data-readme", "data-executive"):
        for path, text in render(design, word).items():
            if path.endswith(".md"):
                assert not re.search(r"\(stated\)|\*stated\*|\| stated \|", text), path


BROKERS = re.compile(r"broker|NATS|Kafka|JetStream|\bsink\b", re.I)


def test_ten_events_a_second_meet_no_broker_on_any_page() -> None:
    """The simplicity test: 10 events/s and 20 GB end in one PostgreSQL; no page and no file of the
    data layer names a broker, and the page says at which figures that changes."""
    brief = "Architect our data layer for analytics: 10 events/s, 20 GB of data"
    design = Design(read_brief(brief).system, "0" * 12, 1, "", "", "unknown", {})
    files = {path: text for e in emitters() if e.group == "data"
             for path, text in render(design, e.id).items()}  # fmt: skip
    assert "1,000 changes/s" in files["data/streaming/README.md"]
    named = {p: BROKERS.findall(text) for p, text in files.items() if BROKERS.search(text)}
    assert not named
