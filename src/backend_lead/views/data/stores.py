"""Where analyses are asked, computed from what they need, the simplest store first.

One PostgreSQL, then a replica of it, then one machine with a column store (DuckDB), then a cluster
of one (ClickHouse). Each says what it is limited by; `flips` at which figures another is chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend_lead.catalog.analytics import (
    ANSWER_WITHIN,
    BATCH_CPU_S,
    BUSY,
    CLUSTER_BYTES,
    CLUSTER_COPIES,
    CLUSTER_CORES,
    CLUSTER_ROWS,
    COLUMN_SCAN,
    COLUMNS_PACKED,
    COLUMNS_READ,
    DAY_S,
    FILE_STORE_BYTES,
    FILE_STORE_CORES,
    FILE_STORE_FRESH,
    FILE_STORE_ROWS,
    LOAD_CPU,
    NIGHT,
    PRIMARY_CORES,
    REPLICA_CORES,
    ROW_SCAN,
    ROW_STORE_BUSY,
    ROW_STORE_BYTES,
    ROW_STORE_ROWS,
    ROW_WORKERS,
)
from backend_lead.views.data.needs import Need

ONE, REPLICA, FILE, CLUSTER = "one-postgres", "postgres-replica", "duckdb", "clickhouse"
TITLES = {
    ONE: "the one PostgreSQL, with materialised views",
    REPLICA: "PostgreSQL with materialised views, asked on a replica of its own",
    FILE: "DuckDB on one machine, over files in an object store",
    CLUSTER: "a ClickHouse cluster",
}
RUNS_PER_AGE = 2.0  # a run each half of the age allowed: begun just before, it is done in time
FAR = 1e7  # how far a figure is followed to find where the choice changes
STEPS = 60  # halvings: far below the precision of any figure here


@dataclass(frozen=True)
class Limit:
    """What a store is asked for, and the most it can give."""

    label: str
    value: float
    most: float
    unit: str

    @property
    def holds(self) -> bool:
        return self.value <= self.most


@dataclass(frozen=True)
class Option:
    """A store with its limits; `cores` it uses on the mean, `nodes` it takes."""

    id: str
    limits: tuple[Limit, ...]
    cores: float
    nodes: int = 1

    @property
    def title(self) -> str:
        return TITLES[self.id]

    @property
    def holds(self) -> bool:
        return all(limit.holds for limit in self.limits)


@dataclass(frozen=True)
class Flip:
    """The figure at which another store is chosen, everything else as it is. None: never."""

    label: str
    now: float
    at: float | None
    unit: str
    to: str = ""


@dataclass(frozen=True)
class Choice:
    """The simplest store that holds, with those that were looked at and where that changes."""

    chosen: Option
    options: tuple[Option, ...]
    flips: tuple[Flip, ...]


def choose(needs: Sequence[Need]) -> Choice:
    """The store for analyses, and the figures at which it would be another."""
    found = options(needs)
    chosen = _first(found)
    return Choice(chosen, tuple(found), tuple(flips(needs)))


def simplest(needs: Sequence[Need]) -> Option:
    """The store for analyses alone, without where that changes."""
    return _first(options(needs))


def too_old(needs: Sequence[Need], least_s: float) -> list[Need]:
    """The needs whose answers views in the store cannot keep fresh, where a refresh each `least_s`
    is the most it bears.

    Rows that are only added are added to the sums of closed days when somebody asks, so answers are
    of that moment. Of rows that change, sums of closed days are as old as the last refresh; a
    question that reads the rows themselves in time is of its moment too.
    """
    return [need for need in needs
            if need.changes and need.fresh_s < _refreshable_s(need, least_s)
            and need.scanned_bytes / ROW_SCAN.value / ROW_WORKERS.value > ANSWER_WITHIN.value
            ]  # fmt: skip


def refresh_s(needs: Sequence[Need], least_s: float) -> float:
    """How often views in the store are refreshed: in time for the freshest answer about rows that
    change after they are there, else once a day; `least_s` is the most often it bears."""
    changing = [need for need in needs if need.changes]
    if not changing:
        return DAY_S
    least = max(_refreshable_s(need, least_s) for need in changing)
    return min(DAY_S, max(least, min(need.fresh_s for need in changing) / RUNS_PER_AGE))


def _refreshable_s(need: Need, least_s: float) -> float:
    """The shortest time between refreshes: half of it is left when all rows were read."""
    return max(least_s, RUNS_PER_AGE * need.bytes / ROW_SCAN.value / ROW_WORKERS.value)


def options(needs: Sequence[Need]) -> list[Option]:
    """Every store, the simplest first; a cluster takes as many nodes as are needed."""
    return [
        _row_store(ONE, needs, PRIMARY_CORES.value), _row_store(
            REPLICA, needs, REPLICA_CORES.value * ROW_STORE_BUSY.value),
        _file_store(needs), _cluster(needs),
    ]  # fmt: skip


def flips(needs: Sequence[Need]) -> list[Flip]:
    """For rows, bytes, questions and freshness: where another store begins."""
    out = []
    fresh = min(need.fresh_s for need in needs)
    moved: list[tuple[str, float, str, Callable[[Need, float], Need]]] = [
        ("rows a second, all fact tables", sum(n.rows_per_s for n in needs), "1/s",
         lambda n, k: n.times(load=k)),
        ("bytes of rows kept", sum(n.bytes for n in needs), "B", lambda n, k: n.times(kept=k)),
        ("questions a day", sum(n.queries_per_day for n in needs), "1/day",
         lambda n, k: n.times(queries=k)),
        ("age of the freshest answer", fresh, "s", lambda n, k: n.times(fresh=1 / k)),
    ]  # fmt: skip
    now = _first(options(needs)).id
    for label, value, unit, move in moved:

        def at(k: float, move: Callable[[Need, float], Need] = move) -> str:
            return _first(options([move(n, k) for n in needs])).id

        for ends in ((1.0, FAR), (1.0, 1 / FAR)):
            k = _edge(at, now, *ends)
            more = ends[1] > 1
            if k is None and more:
                out.append(Flip(label, value, None, unit))
            elif k is not None:
                there = value / k if unit == "s" else value * k
                out.append(Flip(label, value, there, unit, at(k * (1.001 if more else 0.999))))
    return out


def row_cores(need: Need) -> tuple[float, float]:
    """(cores on the mean, seconds of one answer) of a row store that is asked, whichever takes
    fewer cores among those that answer in time: the rows themselves, or sums of closed days, made
    once a day, and the rows since."""
    asked = need.queries_per_day / DAY_S
    scanned = need.scanned_bytes
    direct = (asked * scanned / ROW_SCAN.value, scanned / ROW_SCAN.value / ROW_WORKERS.value)
    since = min(need.bytes, need.rows_per_s * (need.late_s + DAY_S) * need.row_bytes)
    sums = (need.bytes / ROW_SCAN.value / DAY_S + asked * since / ROW_SCAN.value,
            since / ROW_SCAN.value / ROW_WORKERS.value)  # fmt: skip
    made_s = need.bytes / ROW_SCAN.value / ROW_WORKERS.value
    ways = [direct] if direct[1] <= ANSWER_WITHIN.value else []
    ways += [sums] if sums[1] <= ANSWER_WITHIN.value and made_s <= NIGHT.value else []
    return min(ways, default=min(direct, sums))


def column_cores(need: Need, *, again: bool) -> tuple[float, float]:
    """(cores on the mean, seconds of one answer on one core) of a column store: what questions
    scan, and what is taken in. With `again` each run looks back as far as rows come late, and
    writes those anew that may have changed."""
    scanned = need.scanned_bytes * COLUMNS_READ.value
    period = need.fresh_s / RUNS_PER_AGE
    written = need.rows_per_s * need.row_bytes
    looked = 0.0
    if again:
        window = min(need.bytes, need.rows_per_s * (need.late_s + period) * need.row_bytes)
        looked = window * COLUMNS_READ.value / COLUMN_SCAN.value / period
        written = window / period + need.bytes / DAY_S if need.daily else written
    cores = need.queries_per_day / DAY_S * scanned / COLUMN_SCAN.value + looked
    return (cores + written / LOAD_CPU.value + BATCH_CPU_S.value / period,
            scanned / COLUMN_SCAN.value)  # fmt: skip


def _row_store(id: str, needs: Sequence[Need], cores: float) -> Option:
    asked = [row_cores(need) for need in needs]
    return Option(id, (
        Limit("cores for analyses, on the mean", sum(c for c, _ in asked), cores, "cores"),
        Limit("the slowest answer", max(s for _, s in asked), ANSWER_WITHIN.value, "s"),
        Limit("bytes of rows", sum(n.bytes for n in needs), ROW_STORE_BYTES.value, "B"),
        Limit("rows a second at peak", _peak(needs), ROW_STORE_ROWS.value, "1/s"),
    ), sum(c for c, _ in asked))  # fmt: skip


def _file_store(needs: Sequence[Need]) -> Option:
    asked = [column_cores(need, again=True) for need in needs]
    cores = FILE_STORE_CORES.value
    return Option(FILE, (
        Limit("age of the freshest answer, at least", FILE_STORE_FRESH.value,
              min(n.fresh_s for n in needs), "s"),
        Limit("cores, on the mean", sum(c for c, _ in asked), cores * BUSY.value, "cores"),
        Limit("the slowest answer", max(s for _, s in asked) / cores, ANSWER_WITHIN.value, "s"),
        Limit("bytes on disk", sum(n.bytes for n in needs) * COLUMNS_PACKED.value,
              FILE_STORE_BYTES.value, "B"),
        Limit("rows a second at peak", _peak(needs), FILE_STORE_ROWS.value, "1/s"),
    ), sum(c for c, _ in asked))  # fmt: skip


def _cluster(needs: Sequence[Need]) -> Option:
    asked = [column_cores(need, again=False) for need in needs]
    cores = sum(c for c, _ in asked)
    shards = max(
        1, math.ceil(_peak(needs) / CLUSTER_ROWS.value),
        math.ceil(cores / (CLUSTER_CORES.value * BUSY.value)),
        math.ceil(sum(n.bytes for n in needs) * COLUMNS_PACKED.value / CLUSTER_BYTES.value),
        math.ceil(max(s for _, s in asked) / CLUSTER_CORES.value / ANSWER_WITHIN.value),
    )  # fmt: skip
    return Option(CLUSTER, (), cores, shards * int(CLUSTER_COPIES.value))


def _peak(needs: Sequence[Need]) -> float:
    return sum(n.rows_per_s * n.peak for n in needs)


def _first(found: Sequence[Option]) -> Option:
    return next(option for option in found if option.holds)


def _edge(at: Callable[[float], str], now: str, near: float, far: float) -> float | None:
    """The factor between two ends at which the choice is another; None where it is not."""
    if at(far) == now:
        return None
    low, high = math.log(near), math.log(far)
    for _ in range(STEPS):
        middle = (low + high) / 2
        if at(math.exp(middle)) == now:
            low = middle
        else:
            high = middle
    return math.exp(high)
