"""A run from window to window: what became of its requests, and how long answers took."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend_lead.analysis.ran import Ran, lost_requests, seen_windows
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats

ROWS_MAX = 600  # of a series, or windows: ten minutes by the second; longer runs have longer ones


@dataclass(frozen=True)
class RunWindow:
    """Of the requests that started from `t_s` on for `lasts_s`: how many there were and how they
    ended, those that a limit at the door refused and those under way at the end apart; the mean of
    those that ended well (nan: none), and percentiles, of which those that failed count as never
    answered (inf). They are all requests of that time, no sample: so there is no interval.
    """

    t_s: float
    lasts_s: float
    started: int
    ok: int
    failed: int
    refused: int
    timed_out: int
    mean_s: float
    p50_s: float
    p99_s: float

    @property
    def per_s(self) -> float:
        """Requests started a second."""
        return self.started / self.lasts_s


def series(ran: Ran) -> list[RunWindow]:
    """The whole run, its warm-up too, in ROWS_MAX windows at most."""
    r = ran.result
    n = min(len(r.windows), math.ceil(r.reached_s / r.window_s - 1e-9))
    return _rows(ran, 0, n, math.ceil(n / ROWS_MAX))


def batches(ran: Ran) -> list[RunWindow]:
    """What is counted of a run, in as many windows as its intervals come from, or fewer; what is
    left of it after the last of them is in none."""
    seen = seen_windows(ran)
    each = math.ceil(max(0, seen.stop - seen.start) / stats.BATCHES)
    whole = (seen.stop - seen.start) // each * each if each else 0
    return _rows(ran, seen.start, seen.start + whole, each)


def _rows(ran: Ran, first: int, upto: int, each: int) -> list[RunWindow]:
    r = ran.result
    slots = list(range(len(r.roots)))
    out = []
    for at in range(first, upto, max(1, each)):
        w = r.windows[at : min(at + each, upto)]
        total = {name: int(w[name].sum()) for name in w.dtype.names or ()}
        hist = r.hist_windows[at : at + len(w)].sum(axis=(0, 1))
        lost = int(lost_requests(w, slots).sum())
        ends_s = min(r.reached_s, (at + len(w)) * r.window_s)
        mean_s = total["latency"] / total["ok"] / L.NS_PER_S if total["ok"] else math.nan
        out.append(
            RunWindow(
                at * r.window_s, ends_s - at * r.window_s, total["started"], total["ok"],
                total["failed"] - total["refused"], total["refused"], total["timed_out"], mean_s,
                stats.quantile(hist, 0.5, lost), stats.quantile(hist, 0.99, lost),
            )
        )  # fmt: skip
    return out
