"""The same statements without a template: what a runner executes one after the other.

DuckDB gets three schemas, PostgreSQL views and materialised views; both get what dbt would build.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.star import Star
from backend_lead.views.data.star_parts import Dimension
from backend_lead.views.data.transforms import FIRST, PEPPER, REF, SOURCE, Model, models

RAW = "raw"


@dataclass(frozen=True)
class Transformation:
    """A model that is run: where it goes, the SELECT with every name resolved, the statements."""

    model: Model
    relation: str
    select: str
    statements: tuple[str, ...]


def transformations(
    star: Star, *, raw: str = RAW, pepper: str = "", before: str = ""
) -> list[Transformation]:
    """Every model in an order in which it can be run on DuckDB, from tables in the schema `raw`.

    Run once they build everything; run again they build everything anew, but for snapshots, which
    keep what was. `before` is put in front of the schemas `staging`, `snapshots` and `marts`.
    """
    made = models(star)
    at = {m.name: f"{before}{m.stage}.{m.name}" for m in made}
    return [
        Transformation(m, at[m.name], sql, tuple(_duckdb(m, at[m.name], sql)))
        for m in made
        for sql in [resolved(m.sql, at.__getitem__, lambda t: f"{raw}.{quoted(t)}", pepper)]
    ]


def schemas(before: str = "") -> list[str]:
    """The statements that make the schemas."""
    return [f"create schema if not exists {before}{s};" for s in ("staging", "snapshots", "marts")]


def resolved(
    sql: str, ref: Callable[[str], str], source: Callable[[str], str], pepper: str
) -> str:  # fmt: skip
    """A body with names for its tokens."""
    sql = REF.sub(lambda m: ref(m[1]), sql)
    sql = SOURCE.sub(lambda m: source(m[1]), sql)
    return sql.replace(PEPPER, pepper.replace("'", "''"))


def _duckdb(model: Model, relation: str, sql: str) -> list[str]:
    if model.runs == "view":
        return [f"create or replace view {relation} as\n{sql};"]
    if model.runs != "snapshot":
        return [f"create or replace table {relation} as\n{sql};"]
    return _versions(model, relation, sql)


def _versions(model: Model, relation: str, sql: str) -> list[str]:
    """A snapshot: rows that changed are closed, and what they are now is added."""
    key = model.key
    return [
        f"create table if not exists {relation} as\nselect s.*, cast('{FIRST}' as timestamptz) as "
        f"dbt_valid_from, cast(null as timestamptz) as dbt_valid_to\nfrom ({sql}) s;",
        f"update {relation} t set dbt_valid_to = now()\nfrom ({sql}) s\n"
        f"where s.{key} = t.{key} and t.dbt_valid_to is null and "
        f"{_row('s', model)} is distinct from {_row('t', model)};",
        f"insert into {relation}\nselect s.*, now(), cast(null as timestamptz)\nfrom ({sql}) s\n"
        f"where not exists (select 1 from {relation} t where t.{key} = s.{key} "
        "and t.dbt_valid_to is null);",
    ]


def _row(name: str, model: Model) -> str:
    """The values of a row that make a version of it."""
    return "row(" + ", ".join(f"{name}.{quoted(c.name)}" for c in model.columns) + ")"


def erasing(star: Star, only: Dimension | None = None) -> list[str]:
    """The statements that take one person out of the marts; `$1` is the pseudonym of the key. With
    `only` those of one sort of people.

    Rows of what happened stay, for the sums, and point to nobody; the person's own row goes.
    """
    out = []
    for dim in star.dimensions:
        if not dim.person or only not in (None, dim):
            continue
        for fact in star.facts:
            for link in fact.links:
                if link.dimension == dim.name:
                    name = star.link_key(link)
                    where = (f"{name} in (select {dim.version_key} from marts.{dim.name} where "
                             f"{dim.key} = $1)")  # fmt: skip
                    out.append(f"update marts.{fact.name} set {name} = 'unknown' where {where};")
        out.append(f"delete from marts.{dim.name} where {dim.key} = $1;")
        if dim.changes == 2:
            out.append(f"delete from snapshots.snap_{dim.table} where {dim.key} = $1;")
    return out
