"""A run that goes on until its p99 and its mean are known well enough, or a bound ends it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend_lead.analysis.lowering import lower
from backend_lead.analysis.ran import Ran, lost_requests
from backend_lead.analysis.simulation import REQUESTS_MAX, WARMUP_S
from backend_lead.analysis.warm_up import warm_up
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.kernel.run import RunResult, simulate
from backend_lead.model.design import Interval
from backend_lead.views.flow import Flow

SHARE_MIN = 0.01  # the histogram alone leaves 0.8 % of a quantile open
SHARE_MAX = 0.5
TAIL = 0.99
FIRST_S = 30.0  # simulated time before the first look
NEXT = 1.4  # times the time of one look is the time of the next
# Looks in a row that must find it: an interval that is narrow by chance would end a run too early.
# Over seeds of M/M/1 at 80 % and 95 %, one look gave 72 to 90 % of intervals that hold the truth,
# two 85 to 95 %.
LOOKS = 2
WINDOWS = 512  # kept at most; where a run lasts longer, two become one
LONGEST_S = 3 * 86_400.0
UNFINISHED = 0.1  # of the windows at the end are left out while requests of them are under way
# Means of batches that follow each other must not look alike: their lag-1 correlation stays below
# this many of its standard deviations, one in twenty by chance. Source: Fishman, "Grouping
# observations in digital simulation", Management Science 24 (1978); normal table.
ALIKE = 1.6449


@dataclass(frozen=True)
class Known:
    """How well a run knows the p99 and the mean of all requests, after its warm-up.

    `settled`: the warm-up has ended; `apart`: batches do not follow from each other. Where most
    batches have no p99, as more than one in a hundred requests fails, it is infinite, and known.
    """

    p99_s: Interval
    mean_s: Interval
    removed_s: float
    settled: bool
    apart: bool

    @property
    def share(self) -> float:
        """The wider of the two intervals, as a share of its value, to each side."""
        return max(_share(self.p99_s), _share(self.mean_s))

    def within(self, share: float) -> bool:
        return self.settled and self.apart and self.share <= share


def _share(x: Interval) -> float:
    if math.isinf(x.value) and x.low == x.value:
        return 0.0
    return (x.high - x.low) / 2 / x.value if x.value > 0 else math.inf


def known(result: RunResult) -> Known:
    """How well a run knows its p99 and its mean so far."""
    slots = list(range(len(result.roots)))
    upto = _finished(result)
    w = result.windows[:upto]
    lost = lost_requests(w, slots)
    total, ok = w["latency"].sum(axis=1), w["ok"].sum(axis=1)
    first, settled = warm_up(total, ok)
    hist = result.hist_windows[first:upto].sum(axis=1)
    total, ok, lost = total[first:], ok[first:], lost[first:]
    p99, parts = _p99(hist, lost)
    mean, means = _mean(total, ok)
    return Known(p99, mean, first * result.window_s, settled, _apart(parts) and _apart(means))


def _finished(result: RunResult) -> int:
    """Windows from the first to the last whose requests have all ended, or nearly so many."""
    upto = int(result.reached_s / result.window_s)
    w = result.windows[:upto]
    over = (w["ok"] + w["failed"] + w["timed_out"] == w["started"]).all(axis=1)
    least = math.ceil(upto * (1 - UNFINISHED))
    while upto > least and not over[upto - 1]:
        upto -= 1
    return upto


def _batches(n: int) -> list[NDArray[Any]]:
    return np.array_split(np.arange(n), min(stats.BATCHES, max(1, n)))


def _p99(hist: NDArray[Any], lost: NDArray[Any]) -> tuple[Interval, list[float]]:
    """The p99 with its interval, and the share of each batch that was slower.

    Each batch's own p99 would be too low where batches are short; the share beyond the p99 of all
    is not. Its interval, from the batches, is turned into one of times by the quantiles of all.
    """
    every, gone = hist.sum(axis=0), int(lost.sum())
    value = stats.quantile(every, TAIL, gone)
    if math.isnan(value):
        return Interval(value, 0.0, math.inf), []
    n = np.array([hist[b].sum() + lost[b].sum() for b in _batches(len(lost))], float)
    if math.isinf(value):
        slow = np.array([lost[b].sum() for b in _batches(len(lost))], float)
    else:
        rows = [hist[b].sum(axis=0) for b in _batches(len(lost))]
        slow = np.array([float(stats.beyond(row, value)) for row in rows])
        slow += [lost[b].sum() for b in _batches(len(lost))]
    if len(n) < stats.BATCHES or not n.all():
        return Interval(value, 0.0, math.inf), []
    share = float(slow.sum() / n.sum())
    spread = float(np.std(slow - share * n, ddof=1)) / float(n.mean())
    half = stats.t95(len(n)) * spread / math.sqrt(len(n))
    low = stats.quantile(every, max(0.0, 1 - share - half), gone)
    high = stats.quantile(every, min(1.0, 1 - share + half), gone)
    edge = L.HIST_ERROR / 2
    return Interval(value, low * (1 - edge), high * (1 + edge)), list(slow / n)


def _mean(total: NDArray[Any], ok: NDArray[Any]) -> tuple[Interval, list[float]]:
    """Of requests that ended well (s)."""
    sums = [(float(total[b].sum()), int(ok[b].sum())) for b in _batches(len(ok))]
    parts = [t / n / L.NS_PER_S for t, n in sums if n]
    value = float(total.sum()) / max(1, int(ok.sum())) / L.NS_PER_S
    if len(parts) < stats.BATCHES:
        return Interval(value, 0.0, math.inf), parts
    half = stats.t95(len(parts)) * float(np.std(parts, ddof=1)) / math.sqrt(len(parts))
    return Interval(value, max(0.0, value - half), value + half), parts


def _apart(parts: list[float]) -> bool:
    """Whether means of batches do not follow from the one before."""
    x = np.array([p for p in parts if math.isfinite(p)])
    if len(x) < 3 or float(x.var()) == 0:
        return True
    d = x - x.mean()
    alike = float((d[1:] * d[:-1]).sum() / (d**2).sum())
    return alike <= ALIKE / math.sqrt(len(x))


@dataclass
class Rule:
    """Asked between slices of a run: stop once all is known within `share`, or at `most` requests.

    `ended` says which it was: "precision", "bound", or "" while neither.
    """

    share: float
    most: float = REQUESTS_MAX
    ended: str = field(default="", init=False)
    _narrow: int = field(default=0, init=False)
    _next_s: float = field(default=FIRST_S, init=False)

    def __call__(self, result: RunResult) -> bool:
        if result.reached_s >= self._next_s:
            self._next_s = result.reached_s * NEXT
            self._narrow = self._narrow + 1 if known(result).within(self.share) else 0
            if self._narrow == LOOKS:
                self.ended = "precision"
        if not self.ended and result.started >= self.most:
            self.ended = "bound"
        return bool(self.ended)


@dataclass(frozen=True)
class Reached:
    """What was asked of a run and what came of it: `ended` is "precision" or "bound"."""

    asked: float
    known: Known
    ended: str
    most_requests: float


def run_precise(
    flow: Flow, seed: int, share: float, *, load: float = 1.0, most: float = REQUESTS_MAX,
    longest_s: float | None = None, progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Ran, Reached]:  # fmt: skip
    """Peak load until p99 and mean of all requests are known within `share` to each side.

    `longest_s` bounds the simulated time beside `most` requests. What belongs to the warm-up is
    found by rule and left out.
    """
    lowered = lower(flow, load=load)
    rule = Rule(share, most)
    usual = math.ceil(2 * most / max(flow.requests_per_s * load, 1e-9))
    until = longest_s or min(LONGEST_S, max(FIRST_S, usual))
    result = simulate(
        lowered.program, seed=seed, until_s=until, warmup_s=min(WARMUP_S, until / 2),
        progress=progress, cancelled=cancelled, enough=rule, windows_max=WINDOWS,
    )  # fmt: skip
    found = known(result)
    ran = Ran("steady", flow, lowered, result, removed_s=found.removed_s)
    return ran, Reached(share, found, rule.ended or "bound", most)
