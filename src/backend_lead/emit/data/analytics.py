"""data/analytics/: a dbt project that makes the star schema, and the DDL of the store asked.

`analytics_readme` writes its README; the statements themselves are `views/data/transforms`.
"""

from __future__ import annotations

import math
from typing import Any

from backend_lead.emit.data.analytics_erasing import FILE as ERASE
from backend_lead.emit.data.analytics_erasing import macro
from backend_lead.emit.data.analytics_readme import often, readme
from backend_lead.model.design import Design
from backend_lead.views.api.names import snake
from backend_lead.views.data.clickhouse import clickhouse
from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.layer import layer
from backend_lead.views.data.materialised import materialised, refreshing
from backend_lead.views.data.needs import Need, needs, quiet_s
from backend_lead.views.data.parts import Column, Table
from backend_lead.views.data.star import Star, star
from backend_lead.views.data.star_parts import FactTable
from backend_lead.views.data.stores import CLUSTER, ONE, REPLICA, Choice, choose
from backend_lead.views.data.transformations import resolved
from backend_lead.views.data.transforms import PEPPER, Model, OutColumn, loaded, models
from backend_lead.views.yaml_layout import document

ID = "analytics"
GROUP = "data"
FILES = ()
MORE = r"data/analytics/[\w./-]+"
RUNS = False
HOME = "data/analytics/"
NAME = "analytics"
VARIABLE = "WAREHOUSE_PEPPER"
ONLY_TRIED = "only for a trial run"
READ = (
    "coalesce(getvariable('pepper')::varchar, "
    "error('the pepper is not set: run dbt with pepper.py'))"
)
MINUTE_S = 60.0


def emit(design: Design) -> dict[str, str]:
    """The project; nothing where nothing happens that could be counted."""
    found = layer(design.system)
    made = star(found) if found else None
    if made is None:
        return {}
    asked = needs(made)
    choice = choose(asked)
    files = {
        **project(made, asked), **store(made, choice, asked),
        "README.md": readme(design, made, choice, asked),
    }  # fmt: skip
    return {HOME + name: text for name, text in files.items()}


def project(made: Star, asked: list[Need]) -> dict[str, str]:
    """The dbt project: settings, sources, models with their tests, snapshots."""
    every = models(made)
    source = source_name(made)
    out = {
        "dbt_project.yml": document(_project(every)),
        "profiles.yml": document(_profiles()),
        "pepper.py": _PLUGIN,
        "macros/generate_schema_name.sql": _SCHEMA_NAME,
        "models/sources.yml": document(_sources(made, asked, source)),
        "models/staging/staging.yml": document(_properties(every, "staging")),
        "models/marts/marts.yml": document(_properties(every, "marts")),
    }
    for model in every:
        if model.stage == "snapshots":
            out[f"snapshots/{model.name}.yml"] = document(_snapshot(model))
        else:
            out[f"models/{model.stage}/{model.name}.sql"] = _sql(model, source)
    if erase := macro(made, READ):
        out[ERASE] = erase
    out |= {f"tests/{fact.name}_complete.sql": _complete(made, fact, source) for fact in made.facts}
    return out


def store(made: Star, choice: Choice, asked: list[Need]) -> dict[str, str]:
    """The DDL of the store that is chosen, where it needs any."""
    if choice.chosen.id == CLUSTER:
        texts = [f"-- {d.about}\n{d.sql}" if d.about else d.sql for d in clickhouse(made)]
        return {"clickhouse.sql": "\n\n".join(texts) + "\n"}
    if choice.chosen.id in (ONE, REPLICA):
        every = often(asked)
        head = (
            "-- Run once, outside a transaction, by a role that may read the tables and owns the\n"
            "-- views. Who asks needs rights on the schema `analytics` alone;\n"
            f"-- refresh.sql {every}."
        )
        texts = [f"-- {s.about}\n{s.sql}" if s.about else s.sql for s in materialised(made)]
        first = [s.sql for s in refreshing(made, first=True)]
        later = [s.sql for s in refreshing(made)]
        return {"materialised_views.sql": "\n\n".join([head, *texts, *first]) + "\n",
                "refresh.sql": "\n".join(later) + "\n"}  # fmt: skip
    return {}


def source_name(made: Star) -> str:
    """What the stores are called as a source."""
    return snake(made.layer.system.backend)


def _sql(model: Model, source: str) -> str:
    """A model's file: how it is built, then its SELECT."""
    config = f"materialized='{model.runs}'"
    if model.runs == "incremental":
        config += f", unique_key='{model.key}', incremental_strategy='delete+insert'"
    text = "{{ config(" + config + ") }}\n-- " + model.about + "\n" + _templated(model.sql, source)
    if model.since:
        since = model.since.replace("@this", "{{ this }}")
        text += "\n{% if is_incremental() %}\nwhere " + since + "\n{% endif %}"
    return text + "\n"


def _templated(sql: str, source: str) -> str:
    return resolved(
        sql, lambda m: "{{ ref('" + m + "') }}",
        lambda t: "{{ source('" + source + "', '" + t + "') }}", PEPPER,
    ).replace(f"'{PEPPER}'", READ)  # fmt: skip


def _project(every: list[Model]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": NAME, "version": "1.0.0", "profile": NAME, "require-dbt-version": ">=1.10.0",
        "model-paths": ["models"], "snapshot-paths": ["snapshots"], "test-paths": ["tests"],
        "macro-paths": ["macros"],
        "models": {NAME: {"staging": {"+schema": "staging"}, "marts": {"+schema": "marts"}}},
    }  # fmt: skip
    if any(model.stage == "snapshots" for model in every):
        out["snapshots"] = {NAME: {"+schema": "snapshots"}}
    return out


def _profiles() -> dict[str, Any]:
    return {NAME: {"target": "duckdb", "outputs": {"duckdb": {
        "type": "duckdb", "path": "{{ env_var('WAREHOUSE_FILE', 'warehouse.duckdb') }}",
        "threads": 2, "settings": {"TimeZone": "UTC"},
        "module_paths": ["."], "plugins": [{"module": "pepper"}],
    }}}}  # fmt: skip


_PLUGIN = f'''\
"""Gives the secret of pseudonyms to the sessions of dbt alone.

What dbt writes under target/, its logs and the views in the warehouse name the variable and not its
value, which would be there if the models had it from env_var().
"""

import os

from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """Sets a variable of each session from the environment, when dbt runs."""

    def configure_cursor(self, cursor):
        pepper = os.environ.get("{VARIABLE}", "{ONLY_TRIED}")
        cursor.execute("SET VARIABLE pepper = ?", [pepper])
'''
_SCHEMA_NAME = """{# Schemas are called as they are named, whoever runs it. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name or target.schema }}
{%- endmacro %}
"""


def _sources(made: Star, asked: list[Need], source: str) -> dict[str, Any]:
    """The tables of the stores with the columns that may be loaded, and how old their newest row
    may be."""
    wanted = sorted({t for model in models(made) for t in model.sources})
    by_table = {f.parent or f.table: (f, n) for f, n in zip(made.facts, asked, strict=True)}
    tables = [_source_table(made.layer.tables[t], by_table.get(t), made) for t in wanted]
    return {"version": 2, "sources": [{
        "name": source, "schema": "{{ var('raw_schema', 'raw') }}",
        "description": "The stores' tables as they are loaded: these columns and no others",
        "tables": tables,
    }]}  # fmt: skip


def _source_table(table: Table, fact: tuple[FactTable, Need] | None, made: Star) -> dict[str, Any]:
    out: dict[str, Any] = {"name": table.name, "description": table.title}
    if quoted(table.name) != table.name:
        out["quoting"] = {"identifier": True}
    if fact is not None:
        said, need = fact
        warn = math.ceil((need.fresh_s + quiet_s(need)) / MINUTE_S)
        out["config"] = {
            "loaded_at_field": quoted(said.when),
            "freshness": {"warn_after": {"count": warn, "period": "minute"},
                          "error_after": {"count": 2 * warn, "period": "minute"}},
        }  # fmt: skip
    out["columns"] = [_source_column(c, table) for c in loaded(made, table)]
    return out


def _source_column(column: Column, table: Table) -> dict[str, Any]:
    out: dict[str, Any] = {"name": column.name, "description": column.title,
                           "config": {"meta": {"class": column.cls}}}  # fmt: skip
    if quoted(column.name) != column.name:
        out["quote"] = True
    if column.name in table.key:
        out["data_tests"] = ["not_null"]
    return out


def _properties(every: list[Model], stage: str) -> dict[str, Any]:
    """What the models of a stage are and what is tested of each column."""
    rows = []
    for model in every:
        if model.stage == stage:
            row: dict[str, Any] = {"name": model.name, "description": model.about}
            if model.fact is not None:
                row["config"] = {"meta": _meta(model.fact)}
            rows.append(row | {"columns": [_column(c) for c in model.columns]})
    return {"version": 2, "models": rows}


def _meta(fact: FactTable) -> dict[str, Any]:
    out: dict[str, Any] = {"grain": fact.grain, "derived": fact.derived, "owner": fact.owner or "",
                           "sorting": list(fact.sort_key), "partition": "date_key"}  # fmt: skip
    if fact.consumers:
        out["consumers"] = list(fact.consumers)
    out["measures"] = {m.name: {"all": "additive", "none": "not additive",
                                "currency": f"additive within {m.currency}"}[m.additive]
                       for m in fact.measures}  # fmt: skip
    return out


def _column(column: OutColumn) -> dict[str, Any]:
    out: dict[str, Any] = {"name": column.name, "description": column.title}
    if quoted(column.name) != column.name:
        out["quote"] = True
    if column.cls != "internal":
        out["config"] = {"meta": {"class": column.cls}}
    tests: list[Any] = ["unique"] if column.unique else []
    tests += ["not_null"] if column.filled else []
    if column.values:
        tests.append({"accepted_values": {"arguments": {"values": list(column.values)}}})
    if column.to:
        tests.append({"relationships": {"arguments": {
            "to": f"ref('{column.to[0]}')", "field": column.to[1]}}})  # fmt: skip
    return out | ({"data_tests": tests} if tests else {})


def _snapshot(model: Model) -> dict[str, Any]:
    """Versions are kept by dbt, which compares values."""
    compared = [c.name for c in model.columns if c.name != model.key]
    config: dict[str, Any] = {"unique_key": model.key, "schema": "snapshots",
                              "strategy": "check", "check_cols": compared}  # fmt: skip
    return {"snapshots": [{"name": model.name, "description": model.about,
                           "relation": f"ref('{model.refs[0]}')", "config": config}]}  # fmt: skip


def _complete(made: Star, fact: FactTable, source: str) -> str:
    """A test that finds what is missing: no row of the source may be without one of the fact table,
    and where there are as many, sums must be the same."""
    own = made.layer.tables[fact.table]
    sums = [m for m in fact.measures if m.additive != "none" and not m.counts and not m.product
            and not m.above and own.column(m.name).type != "duration"]  # fmt: skip
    when = quoted(fact.when)
    if fact.parent:
        parent = made.layer.tables[fact.parent]
        on = " and ".join(f"h.{quoted(k)} = f.{quoted(c)}" for c, k in
                          zip(own.foreign[0].columns, parent.key, strict=True))  # fmt: skip
        origin = f"@source({fact.table}) f\n  join @source({fact.parent}) h on {on}"
        when = f"h.{when}"
    else:
        origin, when = f"@source({fact.table}) f", f"f.{when}"
    there = "".join(f", sum(f.{quoted(m.name)}) as s{i}" for i, m in enumerate(sums))
    here = "".join(f", sum({quoted(m.name)}) as s{i}" for i, m in enumerate(sums))
    differ = "".join(
        f"\n  or (made.n = source.n and made.s{i} is distinct from source.s{i})"
        for i in range(len(sums))
    )
    sql = (
        f"-- No row of {fact.table} up to the newest one in {fact.name} is missing there, and sums "
        f"agree.\nwith made as (\n  select count(*) as n{here} from @ref({fact.name})\n),\n"
        f"source as (\n  select count(*) as n{there}\n  from {origin}\n  where "
        f"cast({when} as timestamptz) <= (select max(happened_at) from @ref({fact.name}))\n)\n"
        f"select made.n as rows_here, source.n as rows_there\nfrom made cross join source\n"
        f"where made.n < source.n{differ}\n"
    )
    return _templated(sql, source)
