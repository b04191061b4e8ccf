"""A run cut into windows, each with 95 % intervals of what it found: from batches of it, as its
requests wait for each other, or from replications."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from backend_lead.analysis.ran import Ran, seen_windows
from backend_lead.analysis.series import ROWS_MAX
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.kernel.state import window_t
from backend_lead.model.design import Interval
from backend_lead.model.windows import Window, known

_Sums = Sequence[NDArray[np.float64]]  # per window, per batch

USUAL = 60  # windows where nobody said how long they are, at most
# Batches of a window from which an interval may come. Fewer tell too little of their own spread.
BATCHES_MIN = 10
# Slow requests come in clumps, and the window that has none of them has a small spread too: alone,
# nine intervals in ten held the mean of M/M/4 at 80 %, and of the p99 three in four. So a spread is
# no smaller than such a quantile of those of so many windows before and after and its own; a fault
# in one of the seven does not move it. Spreads from batches lean to the right, and what is too wide
# is dropped: with their median, of the p99s of M/M/4 in 25 windows that were given 158 of 184 held.
# Replications, apart from each other, hold it with the median.
NEAR = 3
LENT_BATCHES = 0.75
LENT_APART = 0.5
# To each side, of the share of requests that are slower (of a percentile) or of the value: wider
# means that fewer than some eight clumps were seen, and an interval of those is none.
HALF_MAX = 0.8
# A run of fewer windows than FEW has none to borrow from: those whose spread is small by chance are
# taken for known (68 of 91 p99s of M/M/4 at 80 % in three windows held). None is then, unless the
# widest of them is well below what would be dropped: of those up to 0.55 one in six held, up to 0.4
# there are none.
FEW = 5
HALF_FEW = HALF_MAX / 2
# Batches that follow from each other tell less than so many independent ones. As if each were that
# much of the one before (an autoregression of the first order), the variance of their mean is
# (1 + c) / (1 - c) times as large at a lag-1 correlation of c, as Skart has it: Tafazzoli, Wilson,
# Lada and Steiger, INFORMS Journal on Computing 23 (2011).
ALIKE_MAX = 0.9  # times 19
UNFINISHED_MAX = 0.01  # of a window's requests under way at the end of the run: they are the slow
QUANTILES = {"p50_s": 0.5, "p95_s": 0.95, "p99_s": 0.99}


@dataclass(frozen=True)
class Cut:
    """A window in batches, which follow each other or are replications.

    `counts` (n_batches,) are columns of state.window_t, all roots together; `hist` (n_batches,
    HIST_BUCKETS) the requests that ended well.
    """

    t_s: float
    lasts_s: float
    counts: NDArray[np.void]
    hist: NDArray[np.int64]

    @property
    def lost(self) -> NDArray[np.int64]:
        """Requests that ended badly, per batch; those refused at the door are not among them."""
        c = self.counts
        out: NDArray[np.int64] = c["failed"] + c["timed_out"] - c["refused"]
        return out

    @property
    def unfinished(self) -> float:
        """Share of the requests that were under way at the end."""
        c, started = self.counts, int(self.counts["started"].sum())
        over = int((c["ok"] + c["failed"] + c["timed_out"]).sum())
        return 1 - over / started if started else 0.0


def windows(ran: Ran, window_s: float | None = None) -> list[Window]:
    """What is counted of a run, in windows of `window_s` or one that fits its length."""
    return of_batches(cut(ran, window_s))


def cut(ran: Ran, window_s: float | None = None) -> list[Cut]:
    """What is counted of a run in windows of whole numbers of its own, each in batches of these.

    What is left at the end is in the last, if it is too short for an interval of its own.
    """
    r, seen = ran.result, seen_windows(ran)
    counts = r.windows[seen]
    return [
        Cut((seen.start + a) * r.window_s, (b - a) * r.window_s,
            np.stack([summed(counts[group]) for group in groups]),
            np.stack([r.hist_windows[seen][group].sum(axis=(0, 1), dtype=np.int64)
                      for group in groups]))
        for a, b in spans(len(counts), each_of(len(counts), r.window_s, window_s))
        for groups in [np.array_split(np.arange(a, b), min(stats.BATCHES, b - a))]
    ]  # fmt: skip


def each_of(n: int, row_s: float, window_s: float | None) -> int:
    """How many rows of `row_s` are a window, of a run of `n`."""
    if window_s is None:
        return max(BATCHES_MIN, math.ceil(n / USUAL))
    return max(1, round(window_s / row_s), math.ceil(n / ROWS_MAX))


def spans(n: int, each: int) -> list[tuple[int, int]]:
    """Windows of `each` rows of `n`, as (from, up to)."""
    edges = [*range(0, n, each), n]
    if len(edges) > 2 and n - edges[-2] < BATCHES_MIN <= each:
        del edges[-2]
    return list(pairwise(edges))


def summed(counts: NDArray[np.void], axis: int | None = None) -> NDArray[np.void]:
    """Columns of state.window_t, each summed over an axis, or over all."""
    sums = {name: counts[name].sum(axis=axis) for name in window_t.names or ()}
    out = np.zeros(np.shape(sums["started"]), window_t)
    for name, column in sums.items():
        out[name] = column
    return out


# --- estimates ------------------------------------------------------------------------------------
def of_batches(cuts: Sequence[Cut]) -> list[Window]:
    """Windows of one run, the intervals of each from its consecutive batches."""
    return _read(cuts, _Spread(least=BATCHES_MIN, apart=False))


def of_replications(cuts: Sequence[Cut]) -> list[Window]:
    """Windows of several runs, the intervals of each from how far the runs differ."""
    return _read(cuts, _Spread(least=2, apart=True))


@dataclass(frozen=True)
class _Ratio:
    """A sum over batches by another: its value; the variance of that, as a share of its square, and
    by what that is divided before it is compared with the variance of another window; and how much
    each batch follows from the one before (lag-1 correlation)."""

    value: float
    variance: float
    unit: float
    alike: float
    batches: int


@dataclass(frozen=True)
class _Spread:
    """How far a ratio may be off: from at least so many batches, and whether these are runs of
    their own, apart from each other."""

    least: int
    apart: bool

    def halves(
        self, cuts: Sequence[Cut], parts: _Sums, wholes: _Sums, *, events: bool = False
    ) -> list[tuple[float, float]]:
        """Per window sum of parts by sum of wholes, and half of its 95 % interval as a share of it,
        nan where there is none; `events` where parts are those of the wholes that something befell,
        whose variance goes with p (1 - p)."""
        rows = [self._ratio(p, w, events) for p, w in zip(parts, wholes)]
        out = []
        for i, (one, cut) in enumerate(zip(rows, cuts)):
            half = math.nan
            if one is not None and cut.unfinished <= UNFINISHED_MAX:
                around = self._around(rows, i)
                half = self._half(one, around)
                if not self.apart and len(cuts) < FEW and self._half(one, around, 1.0) > HALF_FEW:
                    half = math.nan
            out.append((one.value if one else math.nan, half if half <= HALF_MAX else math.nan))
        return out

    def _ratio(
        self, parts: NDArray[np.float64], wholes: NDArray[np.float64], events: bool
    ) -> _Ratio | None:
        """None where too few batches have anything, or nothing is seen in them, or all were
        befallen."""
        filled = wholes > 0
        k = int(filled.sum())
        if k < self.least or not parts.sum():
            return None
        parts, wholes = parts[filled], wholes[filled]
        value = float(parts.sum() / wholes.sum())
        unit = (1 - value) / value if events else 1.0
        if unit <= 0:
            return None
        apart = (parts - value * wholes) / float(wholes.mean())
        square = float((apart**2).sum())
        alike = float((apart[1:] * apart[:-1]).sum()) / square if square else 0.0
        return _Ratio(value, square / (k - 1) / k / value**2, unit, alike, k)

    def _around(self, rows: Sequence[_Ratio | None], i: int) -> list[_Ratio]:
        """Those of the windows near to one, as many at the ends of a run as within it."""
        first = max(0, min(i - NEAR, len(rows) - 2 * NEAR - 1))
        return [row for row in rows[first : first + 2 * NEAR + 1] if row is not None]

    def _half(self, own: _Ratio, around: list[_Ratio], lends: float | None = None) -> float:
        if lends is None:
            lends = LENT_APART if self.apart else LENT_BATCHES
        lent = np.quantile([row.variance / row.unit for row in around], lends)
        variance = max(own.variance, own.unit * float(lent))
        if not self.apart:  # of those that do not, it is -1/k on the mean
            alike = float(np.median([row.alike + 1 / row.batches for row in around]))
            alike = min(max(0.0, alike), ALIKE_MAX)
            variance *= (1 + alike) / (1 - alike)
        return stats.t95(own.batches) * math.sqrt(variance)


def _read(cuts: Sequence[Cut], spread: _Spread) -> list[Window]:
    lost = [cut.lost.astype(float) for cut in cuts]
    ok = [cut.counts["ok"].astype(float) for cut in cuts]
    over = [n + gone for n, gone in zip(ok, lost)]
    took = [cut.counts["latency"] / L.NS_PER_S for cut in cuts]
    found = {"failed_share": _plain(over, lost, spread.halves(cuts, lost, over, events=True), 1.0),
             "mean_s": _plain(ok, took, spread.halves(cuts, took, ok))}  # fmt: skip
    for name, q in QUANTILES.items():
        found[name] = _quantiles(cuts, q, lost, over, spread)
    return [
        _window(cut, {name: column[i] for name, column in found.items()},
                len(cut.counts) if spread.apart else 1)
        for i, cut in enumerate(cuts)
    ]  # fmt: skip


def _window(cut: Cut, found: dict[str, Interval], runs: int) -> Window:
    c = {name: int(cut.counts[name].sum()) for name in window_t.names or ()}
    batches = len(cut.counts) if any(known(x) for x in found.values()) else 0
    return Window(
        cut.t_s, cut.lasts_s, c["started"] / cut.lasts_s / runs, batches, c["started"],
        c["ok"], c["failed"] - c["refused"], c["refused"], c["timed_out"], **found,
    )  # fmt: skip


def _plain(
    wholes: _Sums, parts: _Sums, halves: list[tuple[float, float]], most: float = math.inf
) -> list[Interval]:
    """Sums by sums, with their intervals up to `most`; nan where there is no whole."""
    out = []
    for whole, part, (_, half) in zip(wholes, parts, halves):
        value = float(part.sum() / whole.sum()) if whole.sum() else math.nan
        high = min(most, value * (1 + half)) if math.isfinite(half) else math.nan
        out.append(Interval(value, value * (1 - half), high))
    return out


def _quantiles(
    cuts: Sequence[Cut], q: float, lost: _Sums, over: _Sums, spread: _Spread
) -> list[Interval]:
    """A quantile per window. It is the share of each batch that is slower than it that varies; how
    far that may be off is read back as times: the quantile of a short batch would be too low."""
    sums = [cut.hist.sum(axis=0) for cut in cuts]
    values = [stats.quantile(hist, q, int(gone.sum())) for hist, gone in zip(sums, lost)]
    slower = [stats.beyond(cut.hist, value) + gone if math.isfinite(value) else 0 * gone
              for cut, value, gone in zip(cuts, values, lost)]  # fmt: skip
    out, edge = [], L.HIST_ERROR / 2
    for hist, gone, value, (share, half) in zip(
        sums, lost, values, spread.halves(cuts, slower, over)
    ):
        ends = [stats.quantile(hist, 1 - min(1.0, share * (1 + side * half)), int(gone.sum()))
                for side in (1, -1)] if math.isfinite(half) else [math.nan]  # fmt: skip
        low, high = ends[0] * (1 - edge), ends[-1] * (1 + edge)
        told = math.isfinite(low) and math.isfinite(high)
        out.append(Interval(value, low, high) if told else Interval(value, math.nan, math.nan))
    return out
