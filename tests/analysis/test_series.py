"""Runs from window to window: each window says what became of its requests, and none is lost."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from backend_lead.analysis.lowering import lower
from backend_lead.analysis.ran import Ran
from backend_lead.analysis.series import ROWS_MAX, batches, series
from backend_lead.analysis.simulation import run_steady
from backend_lead.app.model_file import read_checked_text
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.kernel.run import simulate
from backend_lead.views.resolve import resolve
from tests.app.good_model import changed

TRACED = 100_000


def ran_for(seconds: float, *, load: float = 1.0, timeout: str = "2 s", trace: int = 0) -> Ran:
    """The good model from 0 on, by the second."""
    text = changed(("timeout: 2 s", f"timeout: {timeout}"))
    flow = resolve(read_checked_text(text).system)
    lowered = lower(flow, load=load)
    return Ran("steady", flow, lowered,
               simulate(lowered.program, seed=1, until_s=seconds, trace=trace))  # fmt: skip


@pytest.mark.parametrize("timeout", ["2 s", "100 ms", "30 ms"])
def test_each_second_says_what_became_of_its_requests(timeout: str) -> None:
    """Counts and mean are those of the requests that began in it, one by one; percentiles too, as
    far as a histogram tells, where those that timed out count as never answered."""
    ran = ran_for(10.5, timeout=timeout, trace=TRACED)
    every = ran.result.trace
    assert every is not None
    rows = series(ran)
    assert [(w.t_s, w.lasts_s) for w in rows] == [*((float(t), 1.0) for t in range(10)), (10, 0.5)]
    for w in rows:
        own = every[every["start"] // L.NS_PER_S == w.t_s]
        ok = own[own["outcome"] == L.OK]
        took_s = (ok["end"] - ok["start"]) / L.NS_PER_S
        assert w.ok == len(ok) and w.timed_out == (own["outcome"] == L.TIMED_OUT).sum()
        assert w.failed == w.refused == 0 and len(own) <= w.started
        assert w.mean_s == pytest.approx(took_s.mean(), rel=1e-9)
        waited = np.sort([*took_s, *[math.inf] * (len(own) - len(ok))])
        for q, found in ((0.5, w.p50_s), (0.99, w.p99_s)):
            low, high = (waited[min(len(waited) - 1, k)] for k in
                         (math.ceil(q * len(waited)) - 1, math.ceil(q * len(waited))))  # fmt: skip
            assert low * (1 - L.HIST_ERROR) <= found <= high * (1 + L.HIST_ERROR)
    assert any(math.isinf(w.p99_s) for w in rows) == (timeout == "30 ms")


@pytest.mark.parametrize(
    ("seconds", "each", "last"),
    [(ROWS_MAX, 1, 1.0), (ROWS_MAX + 1.5, 2, 1.5), (3 * ROWS_MAX, 3, 3.0)],
)
def test_no_request_is_lost_in_a_long_run(seconds: float, each: int, last: float) -> None:
    """Windows follow each other to the end, all but the last as long, and hold every request."""
    ran = ran_for(seconds, load=0.01)
    rows, r = series(ran), ran.result
    assert len(rows) <= ROWS_MAX and rows[0].t_s == 0
    assert all(w.t_s + w.lasts_s == after.t_s for w, after in pairwise(rows))
    assert {w.lasts_s for w in rows[:-1]} == {each} and rows[-1].lasts_s == last
    assert sum(w.started for w in rows) == r.started
    assert sum(w.ok for w in rows) == r.ok and sum(w.timed_out for w in rows) == r.timed_out
    assert sum(w.failed + w.refused for w in rows) == r.failed


def test_what_is_counted_is_told_in_as_many_windows_as_intervals_come_from() -> None:
    """They begin after the warm-up, are all as long, and leave out what fills none."""
    ran = run_steady(ran_for(1.0).flow, 1, measure_s=47.0)
    rows = batches(ran)
    assert [w.t_s for w in rows] == [5.0 + 3 * k for k in range(15)] and len(rows) <= stats.BATCHES
    assert {w.lasts_s for w in rows} == {3.0}


def test_a_second_without_requests_has_no_mean_and_no_percentile() -> None:
    """It is there, with nothing in it."""
    rows = series(ran_for(60.0, load=2e-4))
    quiet = [w for w in rows if not w.started]
    assert len(rows) == 60 and quiet
    assert all(math.isnan(x) for w in quiet for x in (w.mean_s, w.p50_s, w.p99_s))
