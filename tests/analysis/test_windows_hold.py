"""The intervals of windows hold the truth: of queues with a known answer, and of a step in load.

They are judged by the binomial distribution: of n that hold it with 95 % each, so few hold it once
in a thousand times. Those of one run are not quite independent, which this leaves out.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from backend_lead.analysis.lowering import Lowered
from backend_lead.analysis.replications import Task, pool, replicate
from backend_lead.analysis.windows import cut, windows
from backend_lead.kernel import stats
from backend_lead.kernel.layout import NS_PER_S
from tests.analysis.window_cases import (
    QUANTILES,
    Held,
    flow,
    lost_of_mmcc,
    mmc,
    mmcc,
    ran_of,
    step,
    truth_of_mmc,
)

SEEDS = range(1, 41)
WARMUP_S = 5.0


@pytest.mark.parametrize(
    ("servers", "per_s", "served_per_s", "until_s", "window_s", "given"),
    [(8, 4_000, 625, 55, None, 0.9), (4, 800, 250, 105, 20, 0.2), (4, 800, 250, 255, None, 0.04),
     pytest.param(16, 12_000, 1_000, 65, None, 0.9, marks=pytest.mark.full),
     pytest.param(8, 4_000, 625, 35, 30, 0.9, marks=pytest.mark.full)],
)  # fmt: skip
def test_windows_of_a_queue(
    servers: int, per_s: float, served_per_s: float, until_s: float, window_s: float | None,
    given: float,
) -> None:  # fmt: skip
    """Mean, median, p95 and p99 of M/M/c, in windows as they are usual and in stated ones; at least
    so many of these have an interval."""
    truth, held = truth_of_mmc(servers, per_s, served_per_s), Held()
    program = mmc(servers, per_s, served_per_s)
    for seed in SEEDS:
        for window in windows(ran_of(program, seed, until_s, WARMUP_S), window_s):
            held.add(window, truth)
    held.judge(given)


def test_three_windows_that_hold_too_little_know_no_p99() -> None:
    """Of M/M/4 at 80 %, 10 s each: mean and median are held, tails are not known. At a hundred
    times the load they are."""
    truth, held = truth_of_mmc(4, 800, 250), Held()
    program = mmc(4, 800, 250)
    for seed in range(1, 301):
        for window in windows(ran_of(program, seed, 35, WARMUP_S)):
            held.add(window, truth)
    for name, few in (("p99_s", 0.005), ("p95_s", 0.02)):
        assert held.given.pop(name, 0) <= few * held.windows[name]
    held.judge(0.5)
    truth, held = truth_of_mmc(4, 80_000, 25_000), Held()
    program = mmc(4, 80_000, 25_000)
    for seed in range(1, 13):
        for window in windows(ran_of(program, seed, 35, WARMUP_S)):
            held.add(window, truth)
    held.judge(1.0)


@pytest.mark.full
@pytest.mark.parametrize(("per_s", "window_s"), [(900, 20), (950, 40)])
def test_windows_of_a_queue_that_forgets_slowly(per_s: float, window_s: float) -> None:
    """Batches of M/M/1 at 90 % and 95 % follow from each other: mean and median are held; no window
    knows the p99."""
    truth, held = truth_of_mmc(1, per_s, 1_000), Held()
    del truth["p95_s"]
    tail = truth.pop("p99_s")
    program = mmc(1, per_s, 1_000)
    for seed in SEEDS:
        for window in windows(ran_of(program, seed, 5 * window_s + WARMUP_S, WARMUP_S), window_s):
            held.add(window, truth)
            assert np.isnan(window.p99_s.low) and window.p99_s.value < 10 * tail
    held.judge(0.9)


def test_the_share_that_failed() -> None:
    """Where nobody may wait, Erlang's loss formula; more than one in a hundred has no p99."""
    truth, held = {"failed_share": lost_of_mmcc(8, 2_500, 625)}, Held()
    program = mmcc(8, 2_500, 625)
    for seed in SEEDS:
        for window in windows(ran_of(program, seed, 35, WARMUP_S)):
            held.add(window, truth)
            assert window.p99_s.value == np.inf and np.isnan(window.p99_s.high)
    held.judge(0.99)


@pytest.mark.full
@pytest.mark.parametrize("at_s", [35.0, 40.0])
def test_windows_around_a_step_in_load(at_s: float) -> None:
    """From 48 % to 80 % of M/M/8, at the edge of a window and within one; the truth is what 300
    other runs found in each."""
    program = step(8, 2_400, 625, at_s, 5 / 3)
    took, ok = defaultdict[int, float](float), defaultdict[int, int](int)
    hist = defaultdict[int, np.ndarray](lambda: np.zeros(1, np.int64))
    for seed in range(1_001, 1_301):
        for i, one in enumerate(cut(ran_of(program, seed, 65, WARMUP_S), 10)):
            took[i] += float(one.counts["latency"].sum()) / NS_PER_S
            ok[i] += int(one.counts["ok"].sum())
            hist[i] = hist[i] + one.hist.sum(axis=0)
    truth = {i: {"mean_s": took[i] / ok[i],
                 **{name: stats.quantile(hist[i], q) for name, q in QUANTILES.items()}}
             for i in ok}  # fmt: skip
    held = Held()
    for seed in range(1, 61):
        for i, window in enumerate(windows(ran_of(program, seed, 65, WARMUP_S), 10)):
            held.add(window, truth[i])
    held.judge(0.9)


@pytest.mark.full
@pytest.mark.parametrize(
    ("number", "window_s", "given"), [(5, 5, 0.1), (10, 5, 0.5), (10, 1, 0.1), (30, 1, 0.5)]
)
def test_windows_of_replications(number: int, window_s: float, given: float) -> None:
    """Of groups of replications of M/M/4 at 80 %; with few of them the p99 of a second is seldom
    known, and where it is not there is no interval."""
    truth, held = truth_of_mmc(4, 800, 250), Held()
    program = mmc(4, 800, 250)
    lowered = Lowered(program, {}, {}, {}, {}, {})
    for group in range(240 // number):
        tasks = [Task(program, group * number + k + 1, 26, 5, 0.25) for k in range(number)]
        pooled = pool(flow(), lowered, tasks[0], [replicate(task) for task in tasks], number)
        for window in pooled.over_time.windows(window_s):
            if window.lasts_s >= window_s and window.t_s + window.lasts_s < 26:
                held.add(window, truth)
    held.judge(given)
