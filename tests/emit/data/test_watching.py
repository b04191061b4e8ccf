"""data/watching: what is exported is what is read, on a real PostgreSQL and DuckDB."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import duckdb
import pytest
import yaml

from backend_lead.catalog.domains import domains
from backend_lead.trial.drivers import DRIVERS, Server
from backend_lead.trial.drivers.nats_stream import HOST, _free_port
from backend_lead.trial.pipeline.made_rows import Rows
from backend_lead.trial.pipeline.watching import Samples, differences, here, of, seen
from backend_lead.views.data.ddl import create_table
from backend_lead.views.data.layer import layer
from backend_lead.views.data.outbox import outbox_tables, writers
from backend_lead.views.data.sink import ADD, INCOMING, LOADED, STAGE, TABLES
from backend_lead.views.data.streams import Stream, streams
from backend_lead.views.data.watching import Watched, Window, sums
from tests.emit.data.test_streaming import of_domain, written
from tests.views.streaming_model import shop

EXPORTER = "prometheus-postgres-exporter"
ROWS = 60

_READ = re.compile(r"([a-z_]{6,})(?:\{([^}]*)\})?(?=[\s)>[]|$)")
_BY_CODE = {"online_answers_total": {"consumer"}, "online_fallbacks_total": {"consumer"}}
_WORDS = {"absent", "increase", "consumer", "column"}


@pytest.fixture(scope="module")
def store() -> Iterator[Server]:
    """A PostgreSQL for the tests of this file."""
    driver = DRIVERS["postgres"]
    if driver.missing:
        pytest.skip(f"not installed: {', '.join(driver.missing)}")
    with driver.running() as server:
        yield server


def exported(files: dict[str, str]) -> dict[str, set[str]]:
    """Every metric that the files make, with its labels."""
    out: dict[str, set[str]] = {}
    for path, text in files.items():
        if path.endswith(".queries.yaml"):
            for key, query in yaml.safe_load(text).items():
                columns = {n: c["usage"] for m in query["metrics"] for n, c in m.items()}
                labels = {n for n, usage in columns.items() if usage == "LABEL"}
                out |= {f"{key}_{n}": labels for n in columns.keys() - labels}
        if path.endswith("warehouse.sql"):
            for name, line in re.findall(r"SELECT '([a-z_]+)\{' \|\| (.*) \|\| '\} '", text):
                out[name] = set(re.findall(r"'(\w+)=\"'", line))
    rules = yaml.safe_load(files["data/watching/alerts.yaml"])["groups"][0]["rules"]
    for rule in rules:
        if "record" in rule:
            by = re.match(r"sum by \(([a-z, ]+)\)", rule["expr"])
            assert by is not None
            out[rule["record"]] = {*by[1].split(", "), *rule["labels"]}
    return out | _BY_CODE


@pytest.mark.parametrize("domain", [*domains(), ""])
def test_what_alerts_read_is_what_is_exported(domain: str) -> None:
    """Each metric that a rule reads, and each label that it asks for, is made by a file beside it;
    and what is made is read."""
    files = written(of_domain(domain) if domain else shop("800/s"))
    made, read = exported(files), set()
    for rule in yaml.safe_load(files["data/watching/alerts.yaml"])["groups"][0]["rules"]:
        for name, labels in _READ.findall(rule["expr"]):
            if name in _WORDS:
                continue
            assert name in made, (rule, name)
            assert set(re.findall(r"(\w+)=", labels)) <= made[name], (rule, name)
            read.add(name)
    assert read >= made.keys() - _BY_CODE.keys(), made.keys() - read


async def both(store: Server, name: str, stream: Stream) -> tuple[Any, Any]:
    """A store whose outbox tells of some changes, and a warehouse that has all of them."""
    admin = await asyncpg.connect(store.url)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    ours = await asyncpg.connect(store.url, database=name)
    tables = [replace(t, foreign=(), parts=None) for t in stream.tables]
    stream = replace(stream, tables=(tables[0],))
    for statement in (create_table(tables[0]), *outbox_tables(1), *writers(stream, 1)):
        await ours.execute(statement.sql)
    rows = Rows(tables[0], 1)
    for number in range(ROWS):
        row = rows.row()
        await ours.execute(rows.insert, *row.values())
        if number % 3 == 0 and rows.changed:
            values = [rows.new(n) for n in rows.changed]
            await ours.execute(rows.update, *values, *rows.key_of(row))
        if number % 7 == 0:
            await ours.execute(rows.delete, *rows.key_of(row))
    theirs = duckdb.connect()
    for statement in TABLES:
        theirs.execute(statement)
    told = [dict(r) for r in await ours.fetch(
        "SELECT event_id, subject AS topic, table_name, row_key, person, change, id AS version, "
        "happened_at, 1 AS load, row::text AS row FROM outbox")]  # fmt: skip
    theirs.execute(STAGE, [[r[c] for r in told] for c in INCOMING])
    for statement in ADD:
        theirs.execute(statement)
    theirs.execute(LOADED, [1, datetime.now(UTC), len(told)])
    return ours, theirs


def streamed(domain: str) -> Stream:
    """The busiest stream of a domain, its main table alone."""
    made = layer(of_domain(domain) if domain else shop("800/s"))
    assert made is not None
    stream = max(streams(made).streams, key=lambda s: s.rate_per_s)
    return replace(stream, tables=(replace(stream.table, foreign=(), parts=None),))


def test_the_warehouses_lines_are_what_prometheus_reads(tmp_path: Path) -> None:
    """The emitted statement writes a file on DuckDB that promtool finds nothing wrong with, with
    every metric that it is said to make."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed")
    files = written(shop("800/s"))
    sql = files["data/watching/warehouse.sql"].replace("TO 'w", f"TO '{tmp_path}/w")
    warehouse = duckdb.connect()
    for statement in TABLES:
        warehouse.execute(statement)
    warehouse.execute(LOADED, [1, datetime.now(UTC), 0])
    warehouse.execute(sql)
    lines = (tmp_path / "warehouse.prom.new").read_text(encoding="utf-8")
    ran = subprocess.run([tool, "check", "metrics"], input=lines, capture_output=True, text=True)
    assert ran.returncode == 0 and not ran.stderr, ran.stderr + lines
    made = set(exported({k: v for k, v in files.items() if "queries" not in k}))
    made -= {"reconciliation_missing_events", "reconciliation_sum_difference", *_BY_CODE}
    assert {line.split()[2] for line in lines.splitlines() if line.startswith("# TYPE")} == made


@pytest.mark.parametrize("domain", [*domains(), ""])
def test_a_row_that_is_withheld_is_seen_and_nothing_else(store: Server, domain: str) -> None:
    """As they are both sides agree; one event less in the warehouse is one missing, with its sums;
    one row deleted behind the outbox's back is one that differs."""

    async def told() -> None:
        stream = streamed(domain)
        ours, theirs = await both(store, f"watched_{domain.replace('-', '_')}", stream)
        try:
            found = await seen(ours, theirs, stream)
            assert found.holds, found
            assert {"outbox_oldest_waiting_seconds", "pipeline_event_age_seconds",
                    "reconciliation_store_events"} <= set(found.metrics)  # fmt: skip
        finally:
            await ours.close()

    asyncio.run(told())


async def withheld(store: Server) -> tuple[Samples, Samples, Samples]:
    """The store's samples, the warehouse's, and those of a warehouse that has an event less."""
    stream = streamed("")
    tables = (Watched(stream.table, sums(stream.table)),)
    ours, theirs = await both(store, "rules", stream)
    left, right = await of(ours, tables), here(theirs, tables)
    theirs.execute("DELETE FROM events WHERE event_id = (SELECT max(event_id) FROM events "
                   'WHERE "row" IS NOT NULL)')  # fmt: skip
    less = here(theirs, tables)
    await ours.close()
    return left, right, less


def test_rules_make_of_measured_samples_what_the_proof_does(store: Server, tmp_path: Path) -> None:
    """promtool, given the samples of the real stores: with all events neither alert on them fires,
    with one less both do, by the difference that the running proof computes."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed")
    left, right, less = asyncio.run(withheld(store))
    assert set(differences(left, right).values()) == {0.0}
    files = written(shop("800/s"))
    (tmp_path / "alerts.yaml").write_text(files["data/watching/alerts.yaml"], encoding="utf-8")
    tests = [_case(left, right, False), _case(left, less, True)]
    told = {"rule_files": ["alerts.yaml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    ran = subprocess.run([tool, "test", "rules", "t.yaml"], cwd=tmp_path, capture_output=True,
                         text=True)  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _case(ours: Samples, theirs: Samples, fires: bool) -> dict[str, Any]:
    series = [{"series": _series(name, labels), "values": f"{value!r}x30"}
              for samples in (ours, theirs) for (name, labels), value in samples.items()
              if name.startswith("reconciliation_") and "timestamp" not in name]  # fmt: skip
    found = differences(ours, theirs)
    alerts = [("WarehouseIncomplete", "reconciliation_missing_events"),
              ("WarehouseSumsDiffer", "reconciliation_sum_difference")]  # fmt: skip
    return {
        "interval": "1m", "input_series": series,
        "promql_expr_test": [
            {"expr": metric, "eval_time": "5m", "exp_samples": [
                {"labels": _series(n, (*labels, ("consumer", "warehouse"))), "value": value}
                for (n, labels), value in found.items() if n == metric]}
            for _, metric in alerts
        ],
        "alert_rule_test": [
            {"eval_time": "25m", "alertname": alert, "exp_alerts": [
                {"exp_labels": {**dict(labels), "consumer": "warehouse", "severity": "page"},
                 "exp_annotations": _annotations(alert)}
                for (n, labels), value in found.items() if n == metric and value] if fires else []}
            for alert, metric in alerts
        ],
    }  # fmt: skip


def _series(name: str, labels: Any) -> str:
    return name + "{" + ",".join(f'{k}="{v}"' for k, v in labels) + "}"


def _annotations(alert: str) -> dict[str, str]:
    rules = yaml.safe_load(written(shop("800/s"))["data/watching/alerts.yaml"])["groups"][0][
        "rules"
    ]
    found: dict[str, str] = next(r["annotations"] for r in rules if r.get("alert") == alert)
    return found


def test_the_exporter_people_use_takes_the_file(store: Server, tmp_path: Path) -> None:
    """postgres_exporter, with the file of the store, exports each metric of it with the value that
    the running proof reads, and reports no error."""
    program = shutil.which(EXPORTER)
    if program is None:
        pytest.skip(f"{EXPORTER} is not installed")

    async def made() -> Samples:
        stream = streamed("")
        ours, _ = await both(store, "exporter", stream)
        try:
            await ours.execute("UPDATE outbox SET happened_at = happened_at - interval '30 min'")
            return await of(ours, (Watched(stream.table, sums(stream.table)),), Window())
        finally:
            await ours.close()

    expected = asyncio.run(made())
    files = written(shop("800/s"))
    (tmp_path / "q.yaml").write_text(files["data/watching/db.queries.yaml"], encoding="utf-8")
    port = _free_port()
    log = (tmp_path / "log").open("w")
    ran = subprocess.Popen(
        [program, "--disable-default-metrics", "--disable-settings-metrics",
         "--no-collector.bgwriter", "--no-collector.database",
         "--extend.query-path", str(tmp_path / "q.yaml"),
         "--web.listen-address", f"{HOST}:{port}"],
        stdout=log, stderr=log,
        env={**os.environ, "DATA_SOURCE_NAME":
             f"host={store.folder} user=proof dbname=exporter sslmode=disable"},
    )  # fmt: skip
    try:
        text = _scraped(f"http://{HOST}:{port}/metrics")
    finally:
        ran.terminate()
        ran.wait(10)
        log.close()
    assert "pg_exporter_last_scrape_error 0" in text, text + (tmp_path / "log").read_text()
    found = {(m[1], frozenset(re.findall(r'(\w+)="([^"]*)"', m[2]))): float(m[3])
             for m in re.finditer(r"^(\w+)\{(.*)\} (\S+)$", text, re.MULTILINE)}  # fmt: skip
    for (name, labels), value in expected.items():
        mine = {(k, "db" if k == "store" else v) for k, v in labels}
        got = [v for (n, told), v in found.items() if n == name and mine <= told]
        assert len(got) == 1, (name, labels, text)
        if "seconds" not in name:
            assert got[0] == value, name
    assert expected["reconciliation_store_events", (("store", "store"), ("table", "payments"))] > 50


def _scraped(url: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the exporter did not answer")
