"""The marts inside PostgreSQL: views over the tables as they are, sums by day kept up to date."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.views.data.ddl import Statement, quoted
from backend_lead.views.data.star import Star
from backend_lead.views.data.transformations import resolved
from backend_lead.views.data.transforms import FIRST, PEPPER, Model, models

SCHEMA = "analytics"
SETTING = "analytics.pepper"  # kept by the role that owns the views, never by those who ask


def materialised(star: Star, schema: str = SCHEMA, tables: str = "public") -> Iterator[Statement]:
    """The statements, in an order in which they can be run.

    Only the sums are materialised. Of what a row was, nothing is kept here: each has one version.
    """
    yield Statement(f"CREATE SCHEMA IF NOT EXISTS {schema};", "what analyses are asked of")
    for model in models(star):
        sql = resolved(model.sql, lambda m: f"{schema}.{m}", lambda t: f"{tables}.{quoted(t)}",
                       PEPPER)  # fmt: skip
        sql = sql.replace(f"'{PEPPER}'", f"current_setting('{SETTING}')")
        if model.runs == "snapshot":
            sql = (f"select s.*, cast('{FIRST}' as timestamptz) as dbt_valid_from, "
                   f"cast(null as timestamptz) as dbt_valid_to\nfrom ({sql}) s")  # fmt: skip
        if not sums(model):
            yield Statement(f"CREATE OR REPLACE VIEW {schema}.{model.name} AS\n{sql};", model.about)
            continue
        yield Statement(
            f"CREATE MATERIALIZED VIEW {schema}.{model.name} AS\n{sql}\nWITH NO DATA;", model.about
        )
        key = ", ".join(quoted(c) for c in model.key.split(","))
        yield Statement(f"CREATE UNIQUE INDEX ON {schema}.{model.name} ({key});",
                        "lets a refresh run while it is asked")  # fmt: skip


def refreshing(star: Star, schema: str = SCHEMA, *, first: bool = False) -> Iterator[Statement]:
    """What brings the sums up to date: the first time alone, later while they are asked."""
    how = "" if first else " CONCURRENTLY"
    for model in models(star):
        if sums(model):
            yield Statement(f"REFRESH MATERIALIZED VIEW{how} {schema}.{model.name};")


def sums(model: Model) -> bool:
    """Whether a model is the sums of a fact table."""
    return model.fact is not None and model.name != model.fact.name
