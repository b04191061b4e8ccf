"""data/analytics/: a dbt project that dbt builds and whose tests pass, on DuckDB."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from backend_lead.catalog.domains import domains, load
from backend_lead.emit import emitters
from backend_lead.emit.data.analytics import emit
from backend_lead.model.system import System
from backend_lead.views.data.star import Star
from tests.emit.data.dbt import FILE, PEPPER, built, dbt, laid_out, run
from tests.emit.sample_design import bare_design
from tests.views.data.few_rows import fill
from tests.views.data.stars import of_domain, of_shop, rows
from tests.views.data.stars import run as run_plain

GATE = ("chat",)  # the others are of the long tier: dbt takes some ten seconds each


def shops() -> list[object]:
    """Every domain, and a shop with a product and history."""
    return [pytest.param(id, marks=() if id in GATE else pytest.mark.full) for id in domains()]


def judged(star: Star) -> None:
    """dbt builds it without an error, every test of it passes, and the rows of each mart are those
    that the runner without dbt makes."""
    verdict = built(star)
    assert not verdict.bad
    kinds = {name.split(".")[0] for name in verdict.statuses}
    assert {"model", "test"} <= kinds
    with duckdb.connect() as database:
        fill(star.layer, database)
        run_plain(star, database, PEPPER)
        plain = {name: rows(database, f"marts.{name}") for name in verdict.marts}
    assert verdict.marts == plain and any(verdict.marts.values())


@pytest.mark.parametrize("id", shops())
def test_dbt_builds_every_domain_and_its_tests_pass(id: str) -> None:
    """Each reference domain's project builds, its tests pass, and what it makes is what the
    product's own runner makes."""
    judged(of_domain(id))


def test_dbt_builds_what_is_stated() -> None:
    """So does a product with its measures and dimensions, and a dimension with history."""
    judged(of_shop())


def test_the_secret_of_pseudonyms_is_in_no_file(tmp_path: Path) -> None:
    """dbt is given a secret: it makes other keys of people, and neither target, logs nor warehouse
    hold it."""
    place = laid_out(tmp_path, of_shop())
    secret = "a-secret-that-is-nowhere"
    assert not run(place, "build", WAREHOUSE_PEPPER=secret).bad
    holds = [p.name for p in place.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]
    assert not holds and (place / "target" / "run").is_dir()
    with duckdb.connect(str(place / FILE), read_only=True) as database:
        ((key, right),) = database.execute(
            "select customer_key, md5(? || '|' || id) from marts.dim_customer, raw.customers "
            "where customer_key = md5(? || '|' || id) limit 1",
            [secret, secret],
        ).fetchall()
        assert key == right
        with pytest.raises(duckdb.Error, match="pepper is not set"):
            database.execute("select * from staging.stg_customers").fetchall()


@pytest.mark.parametrize(("age", "status"), [("1 minute", "pass"), ("400 days", "error")])
def test_sources_have_an_age(age: str, status: str, tmp_path: Path) -> None:
    """`dbt source freshness` passes with rows of now and fails with rows of last year."""
    ago = dt.timedelta(minutes=1) if age == "1 minute" else dt.timedelta(days=400)
    place = laid_out(tmp_path, of_shop(), dt.datetime.now(dt.UTC) - ago)
    statuses = run(place, "source", "freshness").statuses
    assert set(statuses.values()) == {status}


@pytest.mark.full
def test_late_rows_come_in_and_later_ones_are_missed_aloud(tmp_path: Path) -> None:
    """A row within the window is added by the next run; one that is later fails the test that
    counts, until all is made anew. Nothing is counted twice."""
    star = of_domain("chat")
    (fact,) = star.facts
    place = laid_out(tmp_path, star)
    first = run(place, "build")
    assert not first.bad
    for back, missed in (("1 hour", False), (f"{fact.late_s * 2:.0f} seconds", True)):
        with duckdb.connect(str(place / FILE)) as database:
            database.execute(
                f"insert into raw.{fact.table} by name (select * replace (uuid() as "
                f"conversation_id, (select max({fact.when}) from raw.{fact.table}) - interval "
                f"'{back}' as {fact.when}) from raw.{fact.table} limit 1)"
            )
        again = run(place, "build")
        assert any("complete" in name for name in again.bad) == missed, again.bad
    whole = run(place, "build", "--full-refresh")
    assert not whole.bad
    assert len(whole.marts[fact.name]) == len(first.marts[fact.name]) + 2


@pytest.mark.full
@pytest.mark.parametrize("domain", ["social-feed", "ecommerce"])
def test_a_person_is_erased_from_what_dbt_filled(domain: str, tmp_path: Path) -> None:
    """After the store's rows are gone and the macro was run with the key, the next build has no
    row of the person, no version, and nothing that points to them; sums stay; others stay."""
    star = of_domain(domain)
    dim = next(d for d in star.dimensions if d.person)
    place = laid_out(tmp_path, star)
    first = run(place, "build")
    key = star.layer.tables[dim.table].key[0]
    with duckdb.connect(str(place / FILE)) as database:
        (who,) = database.execute(f"select {key} from raw.{dim.table} limit 1").fetchall()[0]
        token = database.execute(
            "select md5(? || '|' || cast(? as varchar))", [PEPPER, str(who)]
        ).fetchall()[0][0]
        database.execute(f"delete from raw.{dim.table} where {key} = ?", [who])
    assert token in str(first.marts[dim.name])
    args = json.dumps({"person": dim.table, "keys": [str(who)]})
    said = subprocess.run(
        [dbt(), "run-operation", "erase", "--args", args, "--profiles-dir", "."], cwd=place,
        env={"PATH": os.environ["PATH"], "HOME": str(place)}, capture_output=True, text=True,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout
    told = [p for p in (place / "target/run_results.json", place / "logs/dbt.log")
            if str(who) in p.read_text(encoding="utf-8")]  # fmt: skip
    assert len(told) == 2, "the page says that both hold the keys"
    for path in told:
        path.unlink()
    left = [p.name for p in (*(place / "target").rglob("*"), *(place / "logs").rglob("*"))
            if p.is_file() and str(who).encode() in p.read_bytes()]  # fmt: skip
    assert not left, left
    again = run(place, "build")
    assert token not in str(again.marts)
    with duckdb.connect(str(place / FILE)) as database:
        for schema, name in database.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where schema_name in ('marts', 'snapshots')"
        ).fetchall():
            assert token not in str(database.execute(f"from {schema}.{name}").fetchall()), name
    for fact in star.facts:
        assert len(again.marts[fact.name]) == len(first.marts[fact.name])
    assert len(again.marts[dim.name]) == len(first.marts[dim.name]) - 1


def test_it_is_an_artefact_of_the_data_group() -> None:
    """It quotes no run, so it is written without one, and names every file it writes."""
    found = next(e for e in emitters() if e.id == "analytics")
    assert found.group == "data" and not found.runs
    design = bare_design()
    design.system = System.model_validate(load("ecommerce").system())
    files = emit(design)
    assert all(found.may_write(name) for name in files)
    assert {"data/analytics/README.md", "data/analytics/dbt_project.yml"} <= set(files)


def test_the_store_that_is_chosen_is_the_one_written() -> None:
    """A small system gets materialised views and no other store's DDL; one that takes in hundreds
    of thousands of rows a second gets ClickHouse tables and no views."""
    design = bare_design()
    small = load("telemetry").system()
    design.system = System.model_validate(small)
    files = emit(design)
    assert "data/analytics/materialised_views.sql" in files
    assert "data/analytics/clickhouse.sql" not in files
    assert "PostgreSQL" in files["data/analytics/README.md"].split("\n\n")[1]
    for client in small["workload"]["clients"].values():
        client["users" if "users" in client else "rate"] = {
            "value": 60e6 if "users" in client else 1e6, "origin": "stated"}  # fmt: skip
    design.system = System.model_validate(small)
    files = emit(design)
    assert "data/analytics/clickhouse.sql" in files
    assert "data/analytics/materialised_views.sql" not in files
    assert "a ClickHouse cluster" in files["data/analytics/README.md"].split("\n\n")[1]


def test_only_what_may_be_loaded_is_named() -> None:
    """The sources name no column that the warehouse must not have."""
    design = bare_design()
    design.system = System.model_validate(load("ecommerce").system())
    text = emit(design)["data/analytics/models/sources.yml"]
    for word in ("email", "ship_to_street", "address_city"):
        assert f"name: {word}\n" not in text
    assert "name: total_amount\n" in text
