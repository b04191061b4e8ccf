"""Sums by day inside the store, on a real one: made, refreshed while they are asked, compared.

What is predicted: a change of a row of a closed day waits for the next refresh's beginning, evenly
between none and all of the time between refreshes, and is there when that refresh is committed. So
its age is evenly between d and R + d: R the time between refreshes, d what one takes, measured
before.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import fmean, median
from typing import Any

from backend_lead.catalog.analytics import ROW_SCAN, ROW_WORKERS
from backend_lead.catalog.streams import REFRESH_LEAST
from backend_lead.trial.pipeline.proof import ALLOWED
from backend_lead.views.data.adding_up import Sums, adding_up
from backend_lead.views.data.ddl import listed, quoted
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.materialised import materialised, refreshing
from backend_lead.views.data.needs import needs
from backend_lead.views.data.parts import Table
from backend_lead.views.data.star import Star, star
from backend_lead.views.data.stores import ONE, REPLICA, refresh_s, simplest

REFRESHES = 5  # timed, before anything is predicted from them
ROUNDS = 4  # refreshes in which changes are followed
CHANGES = 12  # a round, evenly spread over it
LEAST_S, TIMES = 1.0, 3.0  # time between refreshes: at least, and beside what they take
MS = 1e3  # in a second
LOOK_S = 5e-3  # how often it is looked whether a change is there
_SIZE = """
SELECT greatest(sum(pg_table_size(relid)), pg_table_size($1::text::regclass))::float8
FROM pg_partition_tree($1::text::regclass)
"""
NEAR = 1e-9  # relative difference of sums of the same floating-point numbers in another order


@dataclass(frozen=True)
class Added:
    """Sums of a fact table as the views give them and as the tables do."""

    name: str
    view: dict[str, str]
    tables: dict[str, str]
    differing: tuple[str, ...]


@dataclass
class Views:
    """What was seen of the views over a store's tables: `rows` of `read_bytes` refreshed here, and
    in the design `due_bytes` in a year, each `due_every_s`. Times in seconds."""

    title: str
    asked_of: str
    rows: int
    read_bytes: float
    due_bytes: float
    due_every_s: float
    first_s: float = 0.0
    refresh_s: float = 0.0
    scan_s: float = 0.0  # of it, reading and adding up
    every_s: float = 0.0
    age_mean_s: float = 0.0
    age_most_s: float = 0.0
    changes: int = 0
    missed: int = 0  # of them, not in the sums after every refresh
    asked: int = 0
    asked_p50_s: float = 0.0
    asked_most_s: float = 0.0
    at_once: bool | None = None  # a row of today is in the sums before any refresh
    added: list[Added] = field(default_factory=list)

    @property
    def mean_s(self) -> float:
        """The mean age of a change, predicted."""
        return self.every_s / 2 + self.refresh_s

    @property
    def most_s(self) -> float:
        """The greatest, predicted."""
        return self.every_s + self.refresh_s

    @property
    def off(self) -> float:
        """How far the mean age is from what was predicted, as a share of it."""
        return self.age_mean_s / self.mean_s - 1

    @property
    def within(self) -> bool:
        """Whether ages are what was predicted, as far as is asked for."""
        return abs(self.off) <= ALLOWED and self.age_most_s <= self.most_s * (1 + ALLOWED)

    @property
    def due_s(self) -> float:
        """A refresh at the design's size in a year, read as quickly by the byte as here; what it
        does beside reading grows with the days, not with the rows. Disks are not in it."""
        scanned = min(self.scan_s, self.refresh_s)
        return self.due_bytes / self.read_bytes * scanned + self.refresh_s - scanned

    @property
    def assumed_s(self) -> float:
        """The same by the rates that the catalogue assumes, disks included."""
        return self.due_bytes / ROW_SCAN.value / ROW_WORKERS.value

    @property
    def in_time(self) -> bool:
        """Whether that is done before the next one is due, whichever is slower."""
        return max(self.due_s, self.assumed_s) <= self.due_every_s

    @property
    def holds(self) -> bool:
        """Every sum the same on both sides, every change there, and rows of today at once."""
        return (not any(one.differing for one in self.added) and not self.missed
                and self.at_once is not False)  # fmt: skip


def chosen(layer: Layer, store: str) -> Star | None:
    """The star whose views a store is asked, where they are what the design chooses and all of
    their tables are there."""
    made = star(layer)
    if made is None or simplest(needs(made)).id not in (ONE, REPLICA):
        return None
    names = {t for f in made.facts for t in (f.table, f.parent) if t}
    names |= {d.table for d in made.dimensions}
    return made if all(layer.tables[name].store == store for name in names) else None


async def analysed(url: str, made: Star, rows: Mapping[str, int]) -> Views | None:
    """Make the views over the rows that are there, refresh them, change rows and look when that is
    seen, and add both sides up. None where no fact table counts its rows."""
    import asyncpg

    every = adding_up(made)
    if not every:
        return None
    one = max(every, key=lambda s: rows.get(s.fact.table, 0))
    today = next((s for s in every if not s.fact.when_above), None)
    lines = [await asyncpg.connect(url) for _ in range(3)]
    try:
        trial = _Trial(made, one, today, made.layer.tables[one.fact.table], *lines)
        return await trial.run(every, rows)
    finally:
        for line in lines:
            await line.close()


@dataclass
class _Trial:
    """The views of a star, the fact table with most rows, one that gets a row of today, and who
    works on them: `line` makes and refreshes, `hand` changes rows, `looker` asks."""

    made: Star
    one: Sums
    today: Sums | None
    table: Table
    line: Any
    hand: Any
    looker: Any

    async def run(self, every: list[Sums], rows: Mapping[str, int]) -> Views:
        """All of it."""
        fact = self.one.fact
        for statement in materialised(self.made):
            await self.line.execute(statement.sql)
        # Rows are taken out alone: no trigger tells of it, no key is looked at.
        await self.hand.execute("SET session_replication_role = replica")
        need = next(n for n in needs(self.made) if n.name == fact.name)
        out = Views(fact.title, self.one.asked, rows[self.table.name],
                    float(await self.line.fetchval(_SIZE, self.table.name)),
                    need.bytes, refresh_s(needs(self.made), REFRESH_LEAST.value))  # fmt: skip
        withheld = self.today is not None and await self._withheld(self.today)
        out.first_s = (await self._refresh(first=True))[0]
        timed = [await self._refresh() for _ in range(REFRESHES)]
        out.refresh_s = median(own for own, _ in timed)
        out.every_s = max(LEAST_S, TIMES * median(whole for _, whole in timed))
        out.scan_s = await self._scanned()
        if self.today is not None and withheld:
            out.at_once = await self._at_once(self.today)
        await self._followed(out)
        await self._put_back()
        await self._refresh()
        out.added = [await _added(self.line, sums) for sums in every]
        return out

    async def _refresh(self, *, first: bool = False) -> tuple[float, float]:
        """Refresh all views; how long that of the one fact table took, and all of it."""
        own, began = 0.0, time.monotonic()
        for statement in refreshing(self.made, first=first):
            at = time.monotonic()
            await self.line.execute(statement.sql)
            if f" {self.one.closed};" in statement.sql:
                own = time.monotonic() - at
        return own, time.monotonic() - began

    async def _scanned(self) -> float:
        """How long reading and adding up takes, without what a refresh does beside."""
        made = await self.line.fetchval("SELECT pg_get_viewdef($1::text::regclass)",
                                        self.one.closed)  # fmt: skip
        sql = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + str(made).rstrip("; ")
        plans = [json.loads(await self.line.fetchval(sql))[0] for _ in range(REFRESHES)]
        return median(float(plan["Execution Time"]) for plan in plans) / MS

    async def _withheld(self, today: Sums) -> bool:
        """Take a row out before the first refresh, to be added as one of today."""
        table = self.made.layer.tables[today.fact.table]
        key, own = listed(table.key), quoted(table.name)
        await self.hand.execute(f"CREATE TEMP TABLE withheld AS SELECT * FROM {own} LIMIT 1")
        await self.hand.execute(f"DELETE FROM {own} WHERE ({key}) IN (SELECT {key} FROM withheld)")
        return bool(await self.hand.fetchval("SELECT count(*) FROM withheld"))

    async def _at_once(self, today: Sums) -> bool:
        """Add that row; whether the sums that people ask have it before any refresh."""
        asked = f"SELECT coalesce(sum({quoted(today.counts)}), 0)::bigint FROM {today.asked}"
        before = await self.looker.fetchval(asked)
        await self.hand.execute(f"UPDATE withheld SET {quoted(today.fact.when)} = now()")
        await self.hand.execute(f"INSERT INTO {quoted(today.fact.table)} OVERRIDING SYSTEM VALUE "
                                "SELECT * FROM withheld")  # fmt: skip
        return bool(await self.looker.fetchval(asked) == before + 1)

    async def _followed(self, out: Views) -> None:
        """Refresh at a steady pace, take rows of closed days out, evenly over the time between
        refreshes, and see when the sums know of each."""
        changed, seen, took = list[float](), list[float](), list[float]()
        await self.hand.execute(
            f"CREATE TEMP TABLE taken AS SELECT * FROM {quoted(self.table.name)} LIMIT 0"
        )
        keys = await self.hand.fetch(self._oldest(ROUNDS * CHANGES))
        asked = f"SELECT coalesce(sum({quoted(self.one.counts)}), 0)::bigint FROM {self.one.closed}"
        had = await self.looker.fetchval(asked)
        began = time.monotonic()

        async def refresh() -> None:
            for turn in range(ROUNDS + 1):
                await _until(began + turn * out.every_s)
                await self._refresh()

        async def change() -> None:
            where = " AND ".join(f"{quoted(c)} = ${i}" for i, c in enumerate(self.table.key, 1))
            for n, key in enumerate(keys):
                await _until(began + (n + 0.5) / CHANGES * out.every_s)
                await self.hand.execute(
                    f"WITH gone AS (DELETE FROM {quoted(self.table.name)} WHERE {where} "
                    "RETURNING *) INSERT INTO taken SELECT * FROM gone", *key,
                )  # fmt: skip
                changed.append(time.monotonic())

        async def look() -> None:
            while len(seen) < len(keys):
                at = time.monotonic()
                left = await self.looker.fetchval(asked)
                took.append(time.monotonic() - at)
                seen.extend([time.monotonic()] * (had - left - len(seen)))
                await asyncio.sleep(LOOK_S)

        watching = asyncio.create_task(look())
        try:
            await asyncio.gather(refresh(), change())
            with suppress(TimeoutError):
                await asyncio.wait_for(watching, out.every_s)
        finally:
            watching.cancel()
        ages = [there - at for at, there in zip(changed, seen, strict=False)] or [math.inf]
        out.changes, out.missed = len(changed), len(changed) - len(seen)
        out.age_mean_s, out.age_most_s = fmean(ages), max(ages)
        out.asked, out.asked_p50_s, out.asked_most_s = len(took), median(took), max(took)

    async def _put_back(self) -> None:
        """The rows that were taken out."""
        await self.hand.execute(f"INSERT INTO {quoted(self.table.name)} OVERRIDING SYSTEM VALUE "
                                "SELECT * FROM taken")  # fmt: skip

    def _oldest(self, many: int) -> str:
        """The keys of rows of closed days."""
        key, own = listed(self.table.key), quoted(self.table.name)
        order = "" if self.one.fact.when_above else f" ORDER BY {quoted(self.one.fact.when)}"
        return f"SELECT {key} FROM {own}{order} LIMIT {many}"


async def _until(at: float) -> None:
    await asyncio.sleep(max(0.0, at - time.monotonic()))


async def _added(line: Any, sums: Sums) -> Added:
    """Both sides added up."""
    views, tables = [tuple(await line.fetchrow(sql)) for sql in (sums.of_views, sums.of_tables)]
    apart = tuple(name for name, left, right in zip(sums.names, views, tables, strict=True)
                  if not _same(left, right))  # fmt: skip
    ours, theirs = (dict(zip(sums.names, map(str, side), strict=True)) for side in (views, tables))
    return Added(sums.asked, ours, theirs, apart)


def _same(left: Decimal | None, right: Decimal | None) -> bool:
    if left is None or right is None:
        return left is right
    return abs(left - right) <= Decimal(NEAR) * max(abs(left), abs(right))
