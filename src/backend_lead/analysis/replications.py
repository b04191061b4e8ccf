"""The same run with other seeds: what one of them gives, small enough to send, and all together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend_lead.analysis.ages import behind_per_window
from backend_lead.analysis.lowering import Lowered
from backend_lead.analysis.over_time import OverTime, Rows, by_row, rows_of
from backend_lead.analysis.ran import Ran
from backend_lead.analysis.series import ROWS_MAX
from backend_lead.analysis.warm_up import warm_up
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import COMPLETE, OVERFULL, RunResult, simulate
from backend_lead.kernel.state import LONGEST
from backend_lead.model.design import Interval
from backend_lead.views.flow import Flow

COUNTED = {  # what a run counts in tables that say how it is set up, too
    "limiters": ("passed", "refused"), "streams": ("dead",), "logs": ("written", "read", "stale"),
}  # fmt: skip
EDGES = 16  # the warm-up ends at one of so many edges of a run, in its first half


@dataclass(frozen=True)
class Task:
    """One replication: tables and numbers alone, so that any machine can run it."""

    program: Program
    seed: int
    until_s: float
    warmup_s: float  # before which attempts are not counted
    window_s: float

    @property
    def row_s(self) -> float:
        """How long a row is of what is told over time: as many windows as are about a second, or
        make ROWS_MAX of the run."""
        n = math.ceil(self.until_s / self.window_s - 1e-9)
        return self.window_s * max(1, round(1 / self.window_s), math.ceil(n / ROWS_MAX))

    @property
    def edges(self) -> NDArray[np.int64]:
        """Windows at which the warm-up may end, in ascending order."""
        n = max(1, math.ceil(self.until_s / self.window_s - 1e-9))
        return np.unique(np.arange(EDGES // 2 + 1) * n // EDGES)


@dataclass(frozen=True)
class Part:
    """What a replication found. `hist` (n_edges, n_roots, buckets) and `stream_hist` hold what
    began between one edge and the next, the last all to the end; `windows` and `stream_windows`
    are those of the run. `behind` (n_windows, n_streams) is how far each stream was behind (s), and
    `held`, `limiters`, `streams`, `logs` are tables of the run at its end. `rows` are the requests
    that ended well by how long they took, from row to row."""

    seed: int
    status: str
    reached_s: float
    windows: NDArray[Any]
    hist: NDArray[np.int32]
    stream_windows: NDArray[Any]
    stream_hist: NDArray[np.int32]
    stats: NDArray[Any]
    endpoint_hist: NDArray[np.int64]
    counts: tuple[int, ...]  # started, ok, failed, timed out, in flight
    frames_max: int
    events: int
    behind: NDArray[np.float64]
    held: NDArray[np.int64]
    limiters: NDArray[Any]
    streams: NDArray[Any]
    logs: NDArray[Any]
    rows: Rows
    live: NDArray[np.float64] | None = None  # of a program with controllers, as in RunResult


def replicate(task: Task, cancelled: Callable[[], bool] | None = None) -> Part:
    """Run one replication."""
    r = simulate(
        task.program, seed=task.seed, until_s=task.until_s, warmup_s=task.warmup_s,
        window_s=task.window_s, cancelled=cancelled,
    )  # fmt: skip
    return Part(
        r.seed, r.status, r.reached_s, r.windows, _between(r.hist_windows, task.edges),
        r.stream_windows, _between(r.hist_streams, task.edges), r.stats, r.hist,
        (r.started, r.ok, r.failed, r.timed_out, r.in_flight), r.frames_max, r.events,
        behind_per_window(r), r.held, r.limiters, r.streams, r.logs,
        rows_of(r.hist_windows, round(task.row_s / task.window_s)), r.live,
    )  # fmt: skip


def _between(windows: NDArray[Any], edges: NDArray[np.int64]) -> NDArray[np.int32]:
    """Sums over the windows from each edge to the next."""
    ends = [*edges[1:], len(windows)]
    return np.stack([windows[a:b].sum(axis=0, dtype=np.int32) for a, b in zip(edges, ends)])


@dataclass(frozen=True)
class Pooled:
    """Replications of one program, in the order of their seeds, read as one run whose windows they
    are: so intervals come from how far they differ."""

    ran: Ran
    seeds: tuple[int, ...]
    asked: int
    removed_s: float
    settled: bool
    over_time: OverTime

    @property
    def partial(self) -> bool:
        return len(self.seeds) < self.asked

    def quantile(self, q: float) -> Interval:
        """Of all requests; failed ones count as never answered."""
        hist, lost = self._hist(), self._lost()
        return Interval(*stats.interval(hist, q, lost))

    def mean(self) -> Interval:
        """Mean latency of the requests that ended well (s)."""
        w = self.ran.result.windows
        ok = np.maximum(1, w["ok"].sum(axis=1))
        return of_replications(w["latency"].sum(axis=1) / ok / L.NS_PER_S)

    def failed(self) -> Interval:
        """Share of the requests that failed or timed out."""
        w = self.ran.result.windows
        over = np.maximum(1, (w["ok"] + w["failed"] + w["timed_out"] - w["refused"]).sum(axis=1))
        return of_replications(self._lost() / over)

    def each(self, q: float) -> list[float]:
        """A quantile of all requests in each replication, in the order of their seeds."""
        return [stats.quantile(h, q, int(n)) for h, n in zip(self._hist(), self._lost())]

    def _hist(self) -> NDArray[Any]:
        hist: NDArray[Any] = self.ran.result.hist_windows.sum(axis=1)
        return hist

    def _lost(self) -> NDArray[Any]:
        w = self.ran.result.windows
        lost: NDArray[Any] = (w["failed"] + w["timed_out"] - w["refused"]).sum(axis=1)
        return lost


def of_replications(values: Sequence[float] | NDArray[np.float64]) -> Interval:
    """Mean of independent values with its 95 % interval; infinite for fewer than two."""
    x = np.asarray(values, float)
    mean = float(x.mean())
    if len(x) < 2 or not np.isfinite(x).all():
        return Interval(mean, -math.inf, math.inf)
    half = stats.t95(len(x)) * float(x.std(ddof=1)) / math.sqrt(len(x))
    return Interval(mean, mean - half, mean + half)


def pool(
    flow: Flow, lowered: Lowered, task: Task, parts: Sequence[Part], asked: int
) -> Pooled:  # fmt: skip
    """All replications together; `task` is any of theirs, `parts` come in any order.

    The warm-up is found by the rule in the mean of all replications, and ends at the next edge.
    """
    parts = sorted(parts, key=lambda part: part.seed)
    total = sum(part.windows["latency"].sum(axis=1) for part in parts)
    seen = sum(part.windows["ok"].sum(axis=1) for part in parts)
    first, settled = warm_up(np.asarray(total), np.asarray(seen))
    edges = task.edges
    edge = min(int(np.searchsorted(edges, first)), len(edges) - 1)
    start = int(edges[edge])
    measured = task.until_s - start * task.window_s
    full = all(part.status == COMPLETE for part in parts)
    n = len(parts)
    result = RunResult(
        status=COMPLETE if full else OVERFULL, seed=parts[0].seed, until_s=n * measured,
        warmup_s=0.0, window_s=measured, reached_s=n * measured,
        roots=task.program.roots,
        windows=_sums([part.windows[start:] for part in parts]),
        refused_before=sum(int(part.windows["refused"][:start].sum()) for part in parts),
        hist_windows=np.stack([part.hist[edge:].sum(axis=0) for part in parts]),
        stats=_sums([np.stack([part.stats for part in parts])])[0],
        hist=np.sum([part.endpoint_hist for part in parts], axis=0),
        **dict(zip(("started", "ok", "failed", "timed_out", "in_flight"),
                   (sum(column) for column in zip(*(part.counts for part in parts))))),
        frames_max=max(part.frames_max for part in parts),
        events=sum(part.events for part in parts), live=_live([part.live for part in parts]),
        held=np.sum([part.held for part in parts], axis=0),
        limiters=_counted("limiters", [part.limiters for part in parts]),
        streams=_counted("streams", [part.streams for part in parts]),
        logs=_counted("logs", [part.logs for part in parts]),
        stream_windows=_sums([part.stream_windows[start:] for part in parts]),
        hist_streams=np.stack([part.stream_hist[edge:].sum(axis=0) for part in parts]),
    )  # fmt: skip
    behind = np.stack([part.behind[start:].max(axis=0, initial=0.0) for part in parts])
    ran = Ran("steady", flow, lowered, result, counted_s=n * (task.until_s - task.warmup_s),
              behind=behind)  # fmt: skip
    over_time = OverTime(
        task.row_s, task.until_s, math.ceil(start * task.window_s / task.row_s - 1e-9),
        np.stack([by_row(part.windows, round(task.row_s / task.window_s)) for part in parts]),
        tuple(part.rows for part in parts),
    )  # fmt: skip
    seeds = tuple(part.seed for part in parts)
    return Pooled(ran, seeds, asked, start * task.window_s, settled, over_time)


def _live(found: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    """Mean and most of the live replicas over all replications."""
    known = [one for one in found if one is not None]
    if not known:
        return None
    both = np.stack(known)
    return np.stack([both[:, :, 0].mean(axis=0), both[:, :, 1].max(axis=0)], axis=1)


def _sums(tables: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Tables of named columns, each summed over its first axis (of what is the longest of a
    window: the longest): one row for each table."""
    out = np.zeros((len(tables), *tables[0].shape[1:]), tables[0].dtype)
    for row, table in zip(out, tables):
        for name in table.dtype.names or ():
            columns = table[name]
            row[name] = columns.max(axis=0) if name in LONGEST else columns.sum(axis=0)
    return out


def _counted(which: str, tables: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """A table of several runs of one program as one: what is counted in it is summed."""
    out = tables[0].copy()
    for name in COUNTED[which]:
        out[name] = sum(table[name] for table in tables)
    return out
