"""The marts as ClickHouse tables: what is sorted together, what is dropped together, how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.views.data.parts import Table
from backend_lead.views.data.star import Star
from backend_lead.views.data.star_parts import FactTable
from backend_lead.views.data.transforms import Model, OutColumn, models
from backend_lead.views.data.types import KEPT

DAY_S = 86_400.0
KEYS = "FixedString(32)"  # md5 in hexadecimal digits, or `unknown` filled up with zeros
DAILY_S = 90 * DAY_S  # rows kept for less are dropped by the day, others by the month


@dataclass(frozen=True)
class Ddl:
    """A statement and what it is for."""

    sql: str
    about: str


def clickhouse(star: Star, database: str = "marts") -> Iterator[Ddl]:
    """The statements, in an order in which they can be run."""
    yield Ddl(f"CREATE DATABASE IF NOT EXISTS {database};", "")
    for model in models(star):
        if model.stage == "marts":
            yield Ddl(table(star, model, database), model.about)


def table(star: Star, model: Model, database: str) -> str:
    """One table. A row that comes again with the same key replaces the one before at a merge, so
    what is delivered twice counts once where it is read with FINAL."""
    fact = model.fact
    order = sorting(model)
    by = "changed_at" if any(c.name == "changed_at" for c in model.columns) else ""
    lines = [f"  {name(c.name)} {kind(c, (*order, by))}" for c in model.columns]
    engine = "MergeTree" if fact and model.name != fact.name else (
        f"ReplacingMergeTree({by})" if by else "ReplacingMergeTree")  # fmt: skip
    parts = [f"CREATE TABLE IF NOT EXISTS {database}.{model.name} (", ",\n".join(lines), ")",
             f"ENGINE = {engine}"]  # fmt: skip
    if fact:
        daily = 0 < (star.layer.tables[fact.table].keep_s or 0) <= DAILY_S
        parts.append(f"PARTITION BY {'date_key' if daily else 'toYYYYMM(date_key)'}")
    parts.append(f"ORDER BY ({', '.join(name(c) for c in order)})")
    keep = _kept(star.layer.tables[fact.table]) if fact else None
    if keep:
        parts.append(f"TTL date_key + INTERVAL {keep} DAY DELETE")
    return "\n".join(parts) + ";"


def sorting(model: Model) -> tuple[str, ...]:
    """What rows are sorted by: few values first, then the time, then what makes them one."""
    fact = model.fact
    if fact is None:
        return (model.key,)
    if model.name != fact.name:
        return tuple(model.key.split(","))
    few = [c.name for c in model.columns if c.type in ("word", "currency") and _filled(fact, c)]
    return (*few[:2], "date_key", model.key)


def kind(column: OutColumn, order: tuple[str, ...]) -> str:
    """The type of a column; what rows are sorted by, or told apart by their age, has no NULL."""
    if column.name.endswith("_key") and column.type == "string":
        return KEYS
    type_ = KEPT[column.type].clickhouse
    if column.filled or column.name in order:
        return type_
    if type_.startswith("LowCardinality("):
        return f"LowCardinality(Nullable({type_[15:-1]}))"
    return f"Nullable({type_})"


def name(word: str) -> str:
    """A name as ClickHouse takes it, whatever it means there."""
    return f"`{word}`"


def _filled(fact: FactTable, column: OutColumn) -> bool:
    return any(a.name == column.name and not a.null for a in fact.degenerate)


def _kept(table: Table) -> int | None:
    return int(table.keep_s // DAY_S) or 1 if table.keep_s else None
