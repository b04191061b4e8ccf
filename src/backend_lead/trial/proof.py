"""One store proved: its tables made, filled and asked on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from backend_lead.model.finding import Finding, Place
from backend_lead.trial.analysing import Views, analysed, chosen
from backend_lead.trial.drawing import Drawing
from backend_lead.trial.drivers import Server
from backend_lead.trial.filling import Filled, fill, scaled
from backend_lead.trial.hot_keys import hot_keys
from backend_lead.trial.measuring import BATCH_S, Demand, measured
from backend_lead.trial.plans import LARGE_ROWS, Plan, judged, plan_of
from backend_lead.trial.schema import finish, make_tables, without_foreign_keys
from backend_lead.trial.values import Data
from backend_lead.views.data.indexes import CASCADE
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.offered_lists import Variant
from backend_lead.views.data.parts import AccessPattern, Table
from backend_lead.views.data.statements import Asked, statement

DRAWS = 64  # different parameters a statement is asked with
PLANS = 3  # of them, how many plans are looked at
ENOUGH = 0.5  # of a pattern's rows; with fewer, what is measured is a lower bound
_SIZES = """
SELECT relname AS name, reltuples::float8 AS rows FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
"""
_PARTS = """
SELECT i.inhrelid::regclass::text AS part, i.inhparent::regclass::text AS whole
FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE c.relkind = 'r'
"""
_INDEXES = """
SELECT c.relname AS name, t.relname AS held_by FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
WHERE t.relnamespace = 'public'::regnamespace AND i.indisvalid
"""
_USED = """
SELECT coalesce(p.relname, c.relname) AS name, sum(s.idx_scan)::float8 AS scans
FROM pg_stat_user_indexes AS s JOIN pg_class AS c ON c.oid = s.indexrelid
LEFT JOIN pg_inherits AS h ON h.inhrelid = s.indexrelid
LEFT JOIN pg_class AS p ON p.oid = h.inhparent
GROUP BY 1
"""
_WIDTHS = "SELECT pg_table_size($1::regclass)::float8"


class Refused(RuntimeError):
    """The database does not take the tables, keys or indexes of the design."""


@dataclass
class Trial:
    """What a trial may be told: how large, from which seed, and how it tells what it does."""

    rows: int = 100_000
    seed: int = 1
    workers: int = 2
    batch_s: float = BATCH_S  # of a batch of runs that is timed
    stage: Callable[[str], None] = lambda text: None
    share: Callable[[str, float], None] = lambda name, done: None
    check: Callable[[], None] = lambda: None


@dataclass
class AskedPattern:
    """A pattern, the statement that asked it, how it was run and what it takes."""

    pattern: AccessPattern
    asked: Asked
    plan: Plan | None = None
    demand: Demand | None = None
    rows_seen: float = 0.0
    rows_due: float = 1.0
    findings: list[Finding] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether it read about as many rows as it will: then its demand counts for the model."""
        return self.asked.writes or self.rows_seen >= ENOUGH * self.rows_due


@dataclass
class StoreProof:
    """What was seen of one store."""

    store: str
    part: str  # what it ran on, with its version
    filled: Filled
    asked: list[AskedPattern] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    row_bytes: dict[str, float] = field(default_factory=dict)
    offered: dict[str, str] = field(default_factory=dict)  # plans of what the API offers, in words
    views: Views | None = None  # where analyses are asked of views in this store


def prove_store(
    server: Server, layer: Layer, store: str, trial: Trial, without: Collection[str] = ()
) -> StoreProof:
    """Prove a store on an empty database. Indexes named in `without` are left out.

    Raises Refused where the database refuses what the tables are made of, with its words; CannotRun
    where it cannot be filled.
    """
    import asyncpg

    tables = {table.name: table for table in layer.of_store(store)}
    patterns = [p for p in layer.patterns if p.table in tables]
    url = server.url
    keys = asyncio.run(_make(url, tables))
    data = Data(tables, scaled(tables, trial.rows), tuple(patterns_alone(patterns)), trial.seed)
    trial.stage(f"{store}: filling {len(tables)} tables, {sum(_expected(data)):,} rows")
    filled = fill(url, data, workers=trial.workers, check=trial.check,
                  told=lambda done: trial.share(store, done))  # fmt: skip
    trial.stage(f"{store}: filled in {filled.seconds:.1f} s; keys, indexes, statistics")
    out = StoreProof(store, server.title, filled)
    asyncio.run(_prove(url, layer, out, tables, patterns, keys, trial, without))
    if (made := chosen(layer, store)) is not None:
        trial.stage(f"{store}: views of sums made, refreshed and compared")
        try:
            out.views = asyncio.run(analysed(url, made, filled.rows))
        except asyncpg.PostgresError as err:
            raise Refused(f"views: {type(err).__name__}: {err}") from err
    return out


def patterns_alone(patterns: Sequence[AccessPattern]) -> list[AccessPattern]:
    """The patterns without the words of the model they come from, for other processes."""
    return [replace(p, said=None) for p in patterns]


def rows_due(pattern: AccessPattern, tables: Mapping[str, Table]) -> float:
    """The rows that a statement will read in the model's own size: those it asks for, or those
    that there are on the mean for each row it asks by."""
    table = tables[pattern.table]
    there = table.rows
    for key in table.foreign:
        if set(key.columns) <= set(pattern.by):
            there /= max(1.0, tables[key.table].rows)
    return max(1.0, min(pattern.rows, there))


def _expected(data: Data) -> list[int]:
    return [data.of(name).expected for name in data.tables]


async def _make(url: str, tables: dict[str, Table]) -> list[str]:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        await make_tables(connection, tables.values())
        return await without_foreign_keys(connection)
    except asyncpg.PostgresError as err:
        raise Refused(f"{type(err).__name__}: {err}") from err
    finally:
        await connection.close()


async def _prove(
    url: str, layer: Layer, out: StoreProof, tables: dict[str, Table],
    patterns: list[AccessPattern], keys: list[str], trial: Trial, without: Collection[str],
) -> None:  # fmt: skip
    import asyncpg

    connection = await asyncpg.connect(url, server_settings={"search_path": "public"})
    try:
        wanted = [index for index in layer.indexes if index.table in tables]
        await finish(connection, keys, wanted, without)
        out.part += f" {await connection.fetchval('SHOW server_version')}"
        for name in tables:
            size = await connection.fetchval(_WIDTHS, name)
            out.row_bytes[name] = size / max(1, out.filled.rows[name])
        known = await _known(connection)
        drawing = Drawing(connection, tables, trial.seed)
        for n, pattern in enumerate(patterns):
            trial.check()
            trial.share(f"{out.store} asked", n / len(patterns))
            asked = AskedPattern(pattern, statement(pattern, tables))
            asked.rows_due = rows_due(pattern, tables)
            out.asked.append(asked)
            await _ask(connection, asked, drawing, known, layer, trial)
        for variant in layer.offered:
            if variant.pattern.table in tables:
                out.offered[variant.id] = await _shown(connection, variant, drawing, tables)
        out.findings += await _unused(connection, layer, tables, out.filled)
        out.findings += hot_keys(layer, patterns)
    except asyncpg.PostgresError as err:
        raise Refused(f"{type(err).__name__}: {err}") from err
    finally:
        await connection.close()


@dataclass(frozen=True)
class _Known:
    rows: dict[str, float]
    parents: dict[str, str]
    indexes: dict[str, str]


async def _known(connection: Any) -> _Known:
    return _Known(
        {row["name"]: row["rows"] for row in await connection.fetch(_SIZES)},
        {row["part"]: row["whole"] for row in await connection.fetch(_PARTS)},
        {row["name"]: row["held_by"] for row in await connection.fetch(_INDEXES)},
    )


async def _ask(
    connection: Any, asked: AskedPattern, drawing: Drawing, known: _Known, layer: Layer,
    trial: Trial,
) -> None:  # fmt: skip
    """Ask one pattern: its plans, what is wrong with them, what it takes."""
    import asyncpg

    pattern = asked.pattern
    try:
        draws = await drawing.draw(pattern, asked.asked, DRAWS)
        if not draws:
            asked.findings.append(_unknown(pattern, f"{pattern.table} has no rows to ask for"))
            return
        for values in draws[:PLANS]:
            asked.plan = await plan_of(connection, asked.asked.sql, values)
            asked.rows_seen += asked.plan.rows / min(PLANS, len(draws))
            told = judged(pattern, asked.plan, known.rows, known.indexes, layer.indexes,
                          known.parents)  # fmt: skip
            seen = {f.rule for f in asked.findings}
            asked.findings += [f for f in told if f.rule not in seen]
        fresh = await drawing.draw(pattern, asked.asked, DRAWS)
        keep = asked.asked.writes and pattern.change in ("update", "upsert")
        asked.demand = await measured(
            connection, asked.asked.sql, fresh, keep=keep, times=asked.asked.times,
            check=trial.check, batch_s=trial.batch_s,
        )  # fmt: skip
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as err:
        asked.findings.append(_unknown(pattern, " ".join(str(err).split())))


async def _shown(
    connection: Any, variant: Variant, drawing: Drawing, tables: Mapping[str, Table]
) -> str:  # fmt: skip
    """How a list is answered as the API lets it be asked."""
    asked = statement(variant.pattern, tables)
    draws = await drawing.draw(variant.pattern, asked, 1)
    if not draws:
        return f"{variant.pattern.table} has no rows to ask for"
    return (await plan_of(connection, asked.sql, draws[0])).words


def _unknown(pattern: AccessPattern, why: str) -> Finding:
    component, _, operation = pattern.id.partition(".")
    return Finding(
        "statement-refused", "error", f"{pattern.id} did not run: {why}",
        Place(path=f"components.{component}.operations.{operation}"), why,
        "a statement that the database runs", "see its `pattern` and the fields of its entity",
    )  # fmt: skip


async def _unused(
    connection: Any, layer: Layer, tables: dict[str, Table], filled: Filled
) -> list[Finding]:
    """Indexes that no statement of the trial used, on tables large enough to need one."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    used = {row["name"]: row["scans"] for row in await connection.fetch(_USED)}
    out = []
    for index in layer.indexes:
        asked = [word for word in index.serves if word != CASCADE]
        if index.table not in tables or not asked or used.get(index.name, 1.0) > 0:
            continue
        large = filled.rows[index.table] >= LARGE_ROWS
        out.append(Finding(
            "index-unused", "warning" if large else "note",
            f"no statement used {index.name}, which is there for {', '.join(asked)}",
            Place(path=f"entities.{tables[index.table].entity}"),
            f"0 uses; {filled.rows[index.table]:,} rows", "used by what it is there for",
            "ask for --rows 1M: at that size the planner may choose it; if not, leave it out"
            if large else "a table of so few rows is read whole; try more --rows",
        ))  # fmt: skip
    return out
