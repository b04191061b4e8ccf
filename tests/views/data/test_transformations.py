"""The transformations, run on DuckDB."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from backend_lead.catalog.domains import domains
from backend_lead.views.data.star_parts import UNKNOWN
from backend_lead.views.data.transformations import erasing, transformations
from tests.views.data.few_rows import fill
from tests.views.data.stars import of_domain, of_shop, rows, run


@pytest.fixture
def database() -> duckdb.DuckDBPyConnection:
    """An empty warehouse."""
    return duckdb.connect()


@pytest.mark.parametrize("id", domains())
def test_nothing_is_lost_or_counted_twice(id: str, database: duckdb.DuckDBPyConnection) -> None:
    """Run twice, each fact table has a row for each row of its source and finds its dimensions."""
    star = of_domain(id)
    fill(star.layer, database)
    run(star, database)
    run(star, database)
    for fact in star.facts:
        there = database.execute(f"select count(*) from raw.{fact.table}").fetchone()
        keys = f"select count(*), count(distinct {fact.key}) from marts.{fact.name}"
        here = database.execute(keys).fetchone()
        assert there and here == (there[0], there[0]), fact.name
        for link in fact.links:
            lost = f"select count(*) from marts.{fact.name} where {star.link_key(link)} = 'unknown'"
            assert database.execute(lost).fetchone() == (0,), (fact.name, link.role)


def test_sums_by_day_agree_with_the_source(database: duckdb.DuckDBPyConnection) -> None:
    """Money by day and currency adds up to what the orders say."""
    star = of_domain("payments")
    fill(star.layer, database)
    run(star, database)
    fact = star.facts[0]
    here = f"select amount_currency, sum(amount_amount) from marts.agg_{fact.name[4:]}_daily"
    there = "select amount_currency, sum(amount_amount) from raw.payments"
    end = " group by 1 order by 1"
    assert database.execute(here + end).fetchall() == database.execute(there + end).fetchall()


def test_the_calendar_has_every_day(database: duckdb.DuckDBPyConnection) -> None:
    """Days on which nothing happened are there too."""
    star = of_shop()
    fill(star.layer, database)
    run(star, database)
    found = database.execute(
        "select count(*), max(date_key) - min(date_key) + 1, count(distinct date_key) "
        "from marts.dim_date").fetchone()  # fmt: skip
    assert found and found[0] == found[1] == found[2] > 1


def test_what_happened_points_to_what_was(database: duckdb.DuckDBPyConnection) -> None:
    """After a product changed, sales before point to the version before, sales after to the one
    after; a run without a change adds no version."""
    star = of_shop()
    fill(star.layer, database)
    run(star, database)
    run(star, database)
    count = "select count(*) from marts.dim_product where product_key <> 'unknown'"
    before = database.execute(count).fetchone()
    database.execute("update raw.products set name = name || ' II'")
    run(star, database)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    database.execute("insert into raw.orders by name (select * replace (uuid() as id, ? as "
                     "created_at) from raw.orders limit 1)", [later])  # fmt: skip
    database.execute(
        "insert into raw.order_lines by name (select * replace ((select id from raw.orders order "
        "by created_at desc limit 1) as order_id) from raw.order_lines limit 1)"
    )
    run(star, database)
    after = database.execute(count).fetchone()
    assert before and after and after[0] == 2 * before[0]
    names = database.execute(
        "select distinct f.happened_at > current_timestamp, d.name like '% II', d.is_current from "
        "marts.fct_sales f join marts.dim_product d using (product_version_key) order by 1"
    ).fetchall()
    assert names == [(False, False, False), (True, True, True)]


def test_what_is_not_there_yet_is_unknown(database: duckdb.DuckDBPyConnection) -> None:
    """A row that refers to what has not come yet is counted, under `unknown`."""
    star = of_shop()
    fill(star.layer, database)
    database.execute("delete from raw.customers")
    run(star, database)
    found = database.execute("select distinct customer_key from marts.fct_sales").fetchall()
    assert found == [(UNKNOWN,)]


def test_a_person_is_erased(database: duckdb.DuckDBPyConnection) -> None:
    """After the statements of an erasure no mart holds the person's key, and the sums are as they
    were."""
    star = of_shop()
    fill(star.layer, database)
    run(star, database)
    sums = rows(database, "marts.agg_sales_daily")
    (key,) = database.execute(
        "select customer_key from marts.fct_sales limit 1").fetchone() or ("",)  # fmt: skip
    for statement in erasing(star):
        database.execute(statement, [key])
    for step in transformations(star):
        if step.model.stage == "marts":
            assert all(key not in row for row in rows(database, step.relation)), step.relation
    assert rows(database, "marts.agg_sales_daily") == sums


def test_pseudonyms_hang_on_the_secret(database: duckdb.DuckDBPyConnection) -> None:
    """With another secret nobody has the same key; no store's key of a person is in a mart."""
    star = of_shop()
    fill(star.layer, database)
    run(star, database, "one")
    first = {
        r[0] for r in database.execute("select customer_key from marts.dim_customer").fetchall()
    }
    run(star, database, "two")
    second = {
        r[0] for r in database.execute("select customer_key from marts.dim_customer").fetchall()
    }
    assert first & second == {UNKNOWN}
    people = {str(r[0]) for r in database.execute("select id from raw.customers").fetchall()}
    for step in transformations(star):
        if step.model.stage == "marts":
            assert not {v for row in rows(database, step.relation) for v in row} & people
