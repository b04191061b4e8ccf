"""A run in windows: each request is in one, and where too little is known there is no interval."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np
import pytest

from backend_lead.analysis.lowering import Lowered
from backend_lead.analysis.over_time import rows_of
from backend_lead.analysis.replications import Part, Pooled, Task, pool, replicate
from backend_lead.analysis.series import ROWS_MAX
from backend_lead.analysis.windows import (
    BATCHES_MIN,
    HALF_MAX,
    QUANTILES,
    USUAL,
    Cut,
    cut,
    each_of,
    of_batches,
    spans,
    windows,
)
from backend_lead.kernel import stats
from backend_lead.kernel.layout import HIST_BUCKETS, HIST_ERROR
from backend_lead.kernel.state import window_t
from backend_lead.model.kept import finite
from backend_lead.model.windows import ESTIMATES, Window, known, windows_of
from tests.analysis.window_cases import flow, mmc, ran_of, step

QUICK = mmc(4, 400, 250)  # 40 % busy
MANY = mmc(4, 4_000, 2_500)  # as busy, so many requests that few windows know their p99


def intervals(window: Window) -> list[bool]:
    return [known(getattr(window, name)) for name in ESTIMATES if name != "failed_share"]


@pytest.mark.parametrize("window_s", [None, 10.0, 17.0, 3.0])
def test_each_request_is_in_one_window(window_s: float | None) -> None:
    """They follow each other from the warm-up to the end, and add up to what was counted."""
    ran = ran_of(QUICK, 1, 63, 5)
    found = windows(ran, window_s)
    assert found[0].t_s == 5 and found[-1].t_s + found[-1].lasts_s == 63
    assert all(a.t_s + a.lasts_s == b.t_s for a, b in pairwise(found))
    assert {w.lasts_s for w in found[:-1]} == {window_s or 10.0}
    counted = ran.result.windows[5:]
    for name in ("started", "ok", "timed_out", "refused"):
        assert sum(getattr(w, name) for w in found) == counted[name].sum()
    assert all(w.per_s == w.started / w.lasts_s for w in found)


def test_values_are_those_of_all_requests_of_a_window() -> None:
    """Mean and percentiles are not means of the batches'; intervals lie around them."""
    ran = ran_of(MANY, 1, 45, 5)
    for w, part in zip(windows(ran), cut(ran)):
        hist = part.hist.sum(axis=0)
        assert hist.sum() == w.ok and w.batches == 10
        for name, q in QUANTILES.items():
            x = getattr(w, name)
            assert x.value == stats.quantile(hist, q) and x.low < x.value < x.high
        assert w.mean_s.value == pytest.approx(part.counts["latency"].sum() / w.ok / 1e9)


@pytest.mark.parametrize(
    ("rows", "each", "last"),
    [(30, 10, 10), (43, 10, 13), (19, 10, 19), (600, 10, 10), (601, 11, 18), (1_000, 17, 14),
     (7, 10, 7)],
)  # fmt: skip
def test_usual_windows_hold_enough_batches(rows: int, each: int, last: int) -> None:
    """Ten at least, and USUAL windows at most; what is left at the end is in the last, where it is
    too short for an interval of its own."""
    found = spans(rows, each_of(rows, 1.0, None))
    assert [b - a for a, b in found] == [*[each] * (len(found) - 1), last]
    assert len(found) <= USUAL and found[-1][1] == rows


def test_windows_are_whole_numbers_of_what_a_run_keeps() -> None:
    """Never shorter than that, and ROWS_MAX at most."""
    assert [each_of(300, 1.0, s) for s in (1.0, 2.6, 50.0)] == [1, 3, 50]
    assert each_of(100, 87.0, 10.0) == 1 and each_of(7_200, 1.0, 1.0) == 7_200 // ROWS_MAX
    assert spans(0, 10) == []


def test_too_few_batches_have_no_interval() -> None:
    """Nine seconds are told without; their values stand."""
    (short,) = windows(ran_of(MANY, 1, 5 + BATCHES_MIN - 1, 5))
    (enough,) = windows(ran_of(MANY, 1, 5 + BATCHES_MIN, 5))
    assert not any(intervals(short)) and short.batches == 0 and short.mean_s.value > 0
    assert all(intervals(enough)) and enough.batches == BATCHES_MIN


def test_a_window_without_failures_does_not_say_how_few_there_may_be() -> None:
    """None in a thousand seen may be three in a thousand."""
    for w in windows(ran_of(QUICK, 1, 45, 5)):
        assert w.failed_share.value == 0 and not known(w.failed_share)


def test_requests_under_way_leave_the_last_windows_open() -> None:
    """Where answers take 5 s, two in five of the last 10 s are not there when the run ends, and one
    in twenty of the 10 s before: what is there are the quick ones."""
    found = windows(ran_of(mmc(10_000, 200, 0.2), 1, 65, 25))
    assert [any(intervals(w)) for w in found] == [True, True, False, False]
    assert found[-1].batches == 0 and found[-1].ok < 0.7 * found[-1].started


def test_a_run_without_requests_has_windows_without_values() -> None:
    """Nothing started, nothing is known."""
    for w in windows(ran_of(mmc(1, 1e-5, 1), 1, 45, 5)):
        assert w.started == 0 and w.batches == 0
        assert all(math.isnan(getattr(w, name).value) for name in ESTIMATES)


def burst(parts: list[float]) -> Cut:
    """A window of ten batches of 10,000 requests each of 1 ms, so many ms more in each batch."""
    counts, hist = np.zeros(len(parts), window_t), np.zeros((len(parts), HIST_BUCKETS), np.int64)
    counts["started"] = counts["ok"] = 10_000
    for k, more in enumerate(parts):
        counts["latency"][k] = 10_000 * (1e6 + more * 1e6)
        hist[k, 1_000 + round(more)] = 10_000
    return Cut(0.0, 10.0, counts, hist)


def test_a_disturbance_stays_in_its_window() -> None:
    """Where one window in seven is torn, the others keep their narrow intervals, and it has a wide
    one or none."""
    calm = burst([0.01, -0.01] * 5)
    torn = burst([0, 0, 0, 9, 9, 9, 0, 0, 0, 0])
    found = of_batches([calm, calm, torn, calm, calm, calm, calm])
    halves = [(w.mean_s.high - w.mean_s.low) / 2 / w.mean_s.value for w in found]
    assert max(halves[:2] + halves[3:]) < 0.01
    assert math.isnan(halves[2]) or 0.4 < halves[2] <= HALF_MAX


def failing(shares: list[float]) -> Cut:
    """A window of batches of 10,000 requests each, of which such a share fails."""
    cut = burst([0.0] * len(shares))
    cut.counts["failed"] = np.round(10_000 * np.array(shares))
    cut.counts["ok"] -= cut.counts["failed"]
    return cut


def test_a_fault_fails_no_more_than_all() -> None:
    """One in a hundred fails, in clumps, and in one window 99 in a hundred, evenly: that share is
    known as well as it is even, and ends at 1; the others keep theirs."""
    usual, torn = failing([0.005, 0.015] * 5), failing([0.989, 0.991] * 5)
    found = [w.failed_share for w in of_batches([usual, usual, usual, torn, usual, usual, usual])]
    assert found[3].value == pytest.approx(0.99)
    assert 0.985 < found[3].low < found[3].high < 0.995
    assert all(0.005 < x.low < 0.01 < x.high < 0.015 for x in found[:3] + found[4:])
    clumps = failing([0.9, 0.999, 1, 0.9, 1, 1, 1, 1, 0.9, 1])
    (x,) = [w.failed_share for w in of_batches([clumps])]
    assert 0 < x.low < 0.97 < x.high <= 1


def test_a_window_in_which_all_failed_does_not_say_how_few_may_not() -> None:
    """As where none did."""
    (w,) = of_batches([failing([1.0] * 10)])
    assert w.failed_share.value == 1 and not known(w.failed_share)


def test_a_window_that_is_calm_by_chance_is_not_known_better() -> None:
    """Its interval is as wide as is usual near it."""
    usual, still = burst([0.5, -0.5] * 5), burst([0.0] * 10)
    found = of_batches([usual, usual, still, usual, usual])
    halves = [w.mean_s.high - w.mean_s.low for w in found]
    assert halves[2] == pytest.approx(halves[1]) and halves[2] > 0.1 * found[2].mean_s.value


def test_batches_that_follow_from_each_other_widen_intervals() -> None:
    """The same values in an order in which each is like the one before: wider, then none."""
    mixed = of_batches([burst([1, 3, 2, 4, 1, 4, 2, 3, 1, 4])] * 3)
    alike = of_batches([burst([1, 1, 1, 2, 2, 3, 4, 4, 4, 3])] * 3)
    assert known(mixed[0].mean_s) and not known(alike[0].mean_s)


def test_the_load_of_a_step_is_seen() -> None:
    """Requests a second before and after."""
    rates = [w.per_s for w in windows(ran_of(step(8, 2_000, 625, 25.0, 2.0), 1, 45, 5))]
    assert rates == pytest.approx([2_000, 2_000, 4_000, 4_000], rel=0.03)


def test_kept_windows_are_read_again() -> None:
    """Through JSON; null is what is not known."""
    found = windows(ran_of(QUICK, 1, 40, 5))
    kept = json.loads(json.dumps(finite({"windows": [asdict(w) for w in found]})))
    again = windows_of(kept)
    assert [w.p99_s for w in again] == [w.p99_s for w in found]
    assert all(math.isnan(w.failed_share.low) for w in again)
    assert [replace(w, failed_share=again[0].failed_share) for w in found] == [
        replace(w, failed_share=again[0].failed_share) for w in again]  # fmt: skip


# --- replications ---------------------------------------------------------------------------------
def pooled_of(number: int, until_s: float, window_s: float) -> tuple[list[Part], Pooled, Pooled]:
    """Replications, and these pooled: as they are, and after they were sent in another order."""
    tasks = [Task(QUICK, seed, until_s, 5, window_s) for seed in range(1, number + 1)]
    parts = [replicate(task) for task in tasks]
    lowered = Lowered(QUICK, {}, {}, {}, {}, {})
    sent = pickle.loads(pickle.dumps(parts[::-1]))
    return parts, pool(flow(), lowered, tasks[0], parts, number), pool(
        flow(), lowered, tasks[0], sent, number)  # fmt: skip


def test_rows_are_the_histograms_by_the_second() -> None:
    """Without their empty buckets, in less than a third of the bytes."""
    ran = ran_of(QUICK, 1, 40, 5)
    kept = rows_of(ran.result.hist_windows, 4)
    for a, b in ((0, 10), (0, 1), (3, 7), (9, 10)):
        every = ran.result.hist_windows[4 * a : 4 * b].sum(axis=(0, 1))
        assert (kept.sum(a, b) == every).all()
    size = kept.ends.nbytes + kept.buckets.nbytes + kept.counts.nbytes
    assert 3 * size < ran.result.hist_windows[::4].nbytes


@pytest.mark.parametrize(
    ("until_s", "window_s", "row_s"),
    [(26, 0.26, 1.04), (30, 0.3, 0.9), (120, 1, 1.0), (1_300, 2, 4.0)],
)
def test_replications_are_told_by_the_second(until_s: float, window_s: float, row_s: float) -> None:
    """Or nearly, or by what makes no more than ROWS_MAX; the same in any order, and through a
    pickle. Counts are of all replications, the load is that of one. The last ends with the run."""
    parts, here, there = pooled_of(3, until_s, window_s)
    series = here.over_time.series()
    assert series == there.over_time.series() or str(series) == str(there.over_time.series())
    assert len(series) <= ROWS_MAX and {round(w.lasts_s, 9) for w in series[:-1]} == {row_s}
    first = here.over_time.first
    assert series[0].t_s == pytest.approx(first * row_s) and first * row_s >= here.removed_s
    each = round(row_s / window_s)
    assert abs(row_s - 1) < 0.5 or len(series) > ROWS_MAX / 2
    started = sum(int(part.windows["started"][first * each :].sum()) for part in parts)
    assert sum(w.started for w in series) == started
    assert series[-1].t_s + series[-1].lasts_s == pytest.approx(until_s)
    for w in series:
        assert w.per_s == pytest.approx(w.started / 3 / w.lasts_s)
        assert abs(w.per_s * w.lasts_s - 400 * w.lasts_s) < 5 * math.sqrt(400 * w.lasts_s / 3)


def test_windows_of_replications_come_from_how_far_they_differ() -> None:
    """The mean is that of all their requests; its interval is Student's t over three."""
    parts, pooled, _ = pooled_of(3, 26, 0.25)
    for w in pooled.over_time.windows(5)[:3]:
        rows = slice(round(w.t_s / 0.25), round((w.t_s + w.lasts_s) / 0.25))
        took = [part.windows["latency"][rows].sum() / 1e9 for part in parts]
        ok = [part.windows["ok"][rows].sum() for part in parts]
        means = [a / b for a, b in zip(took, ok)]
        assert w.mean_s.value == pytest.approx(sum(took) / sum(ok)) and w.batches == 3
        least = stats.t95(3) * np.std(means, ddof=1) / math.sqrt(3)
        assert (w.mean_s.high - w.mean_s.low) / 2 >= 0.9 * least
        assert w.p50_s.low < w.p50_s.value < w.p50_s.high
        assert w.p50_s.high - w.p50_s.low > HIST_ERROR * w.p50_s.value


def test_long_replications_have_long_windows() -> None:
    """A sixtieth of a run, where that is longer than in a short one."""
    _, pooled, _ = pooled_of(2, 1_300, 2)
    usual = pooled.over_time.windows()
    assert usual[0].lasts_s == 24.0 and len(usual) <= USUAL
    _, pooled, _ = pooled_of(2, 26, 0.25)
    assert pooled.over_time.windows()[0].lasts_s == 10.0


def test_a_single_replication_has_no_interval() -> None:
    """One value says nothing about how far others lie."""
    _, pooled, _ = pooled_of(1, 26, 0.25)
    assert all(not any(intervals(w)) and w.batches == 0 for w in pooled.over_time.windows(5))
