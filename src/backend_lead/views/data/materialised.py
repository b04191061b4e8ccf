"""The marts inside PostgreSQL: views over the tables as they are, sums by day kept up to date."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_lead.views.api.names import snake
from backend_lead.views.data.access import role
from backend_lead.views.data.ddl import Statement, quoted
from backend_lead.views.data.star import Star
from backend_lead.views.data.star_parts import FactTable
from backend_lead.views.data.transformations import resolved
from backend_lead.views.data.transforms import FIRST, PEPPER, Model, models
from backend_lead.views.growth import DAY_S

SCHEMA = "analytics"
CALENDAR, AHEAD = "dim_date", "current_date + 7"  # a week ahead, should a refresh fail
SECRET = "analytics_secret"  # a schema that only the role that owns the views reads


def materialised(star: Star, schema: str = SCHEMA, tables: str = "public") -> Iterator[Statement]:
    """The statements, in an order in which they can be run.

    Sums of closed days are materialised; the sums people ask add to them those of the rows since,
    so they are as fresh as the tables. Of what a row was, nothing is kept: each has one version.
    """
    yield Statement(f"CREATE SCHEMA IF NOT EXISTS {schema};", "what analyses are asked of")
    yield from secret()
    yield from (blocks(star, fact, tables) for fact in heads(star))
    for model in models(star, joined=False):
        sql = _resolved(model.sql, schema, tables)
        if model.runs == "snapshot":
            sql = (f"select s.*, cast('{FIRST}' as timestamptz) as dbt_valid_from, "
                   f"cast(null as timestamptz) as dbt_valid_to\nfrom ({sql}) s")  # fmt: skip
        if sums(model):
            yield from _sums(model, sql, schema)
        elif model.name == CALENDAR:
            sql = sql.replace("max(happened_on)", f"greatest(max(happened_on), {AHEAD})")
            made = f"CREATE MATERIALIZED VIEW {schema}.{CALENDAR} AS\n{sql}\nWITH NO DATA;"
            yield Statement(made, model.about)
            yield Statement(f"CREATE UNIQUE INDEX ON {schema}.{CALENDAR} ({model.key});")
        else:
            yield Statement(f"CREATE OR REPLACE VIEW {schema}.{model.name} AS\n{sql};", model.about)
    reader = f"{snake(star.layer.system.backend)}_analyst"
    yield Statement(role(reader), "who asks; the same role as for the masked views")
    yield Statement(f"GRANT USAGE ON SCHEMA {schema} TO {quoted(reader)};")
    yield Statement(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {quoted(reader)};")


def secret() -> Iterator[Statement]:
    """What pseudonyms are made with: made once, read by nobody but the views."""
    yield Statement(f"CREATE SCHEMA IF NOT EXISTS {SECRET};", "what pseudonyms are made with")
    yield Statement(f"REVOKE ALL ON SCHEMA {SECRET} FROM PUBLIC;")
    yield Statement(f"CREATE TABLE IF NOT EXISTS {SECRET}.pepper (value text NOT NULL);")
    yield Statement(
        f"INSERT INTO {SECRET}.pepper SELECT gen_random_uuid()::text || gen_random_uuid()::text "
        f"WHERE NOT EXISTS (SELECT 1 FROM {SECRET}.pepper);"
    )


def heads(star: Star) -> list[FactTable]:
    """A fact table for each table that says when things happened."""
    return list({fact.parent or fact.table: fact for fact in star.facts}.values())


def blocks(star: Star, fact: FactTable, tables: str = "public") -> Statement:
    """A small index that finds the rows since a day; parts of a table get theirs from it."""
    table = star.layer.tables[fact.parent or fact.table]
    how = "" if table.parts else " CONCURRENTLY"
    name = f"{table.name[:40]}_{fact.when[:16]}_blocks"
    return Statement(
        f"CREATE INDEX{how} IF NOT EXISTS {quoted(name)} ON {tables}.{quoted(table.name)} "
        f"USING brin ({quoted(fact.when)});", "finds the rows since the last closed day",
    )  # fmt: skip


def _sums(model: Model, sql: str, schema: str) -> Iterator[Statement]:
    fact = model.fact
    assert fact is not None
    closed = f"{schema}.{model.name.removesuffix('_daily')}_closed"
    days = max(1, math.ceil(fact.late_s / DAY_S))
    older = sql.replace("\ngroup by", f"\nwhere date_key < current_date - {days}\ngroup by")
    yield Statement(f"CREATE MATERIALIZED VIEW {closed} AS\n{older}\nWITH NO DATA;",
                    f"{model.about}, of days older than {days} d")  # fmt: skip
    key = ", ".join(quoted(c) for c in model.key.split(","))
    yield Statement(f"CREATE UNIQUE INDEX ON {closed} ({key});",
                    "lets a refresh run while it is asked")  # fmt: skip
    last = f"(select coalesce(max(date_key), date '1900-01-01') + 1 from {closed})"
    newer = sql.replace(
        "\ngroup by", f"\nwhere happened_at >= {last}::timestamp at time zone 'UTC'\ngroup by"
    )
    yield Statement(
        f"CREATE OR REPLACE VIEW {schema}.{model.name} AS\nselect * from {closed}\nunion all\n"
        f"{newer};", model.about,
    )  # fmt: skip


def refreshing(star: Star, schema: str = SCHEMA, *, first: bool = False) -> Iterator[Statement]:
    """What makes the sums of closed days, once a day: the first time alone, later while they are
    asked."""
    how = "" if first else " CONCURRENTLY"
    yield Statement(f"REFRESH MATERIALIZED VIEW{how} {schema}.{CALENDAR};")
    for model in models(star):
        if sums(model):
            closed = f"{schema}.{model.name.removesuffix('_daily')}_closed"
            yield Statement(f"REFRESH MATERIALIZED VIEW{how} {closed};")


def _resolved(sql: str, schema: str, tables: str) -> str:
    text = resolved(sql, lambda m: f"{schema}.{m}", lambda t: f"{tables}.{quoted(t)}", PEPPER)
    return text.replace(f"'{PEPPER}'", f"(select value from {SECRET}.pepper)")


def sums(model: Model) -> bool:
    """Whether a model is the sums of a fact table."""
    return model.fact is not None and model.name != model.fact.name
