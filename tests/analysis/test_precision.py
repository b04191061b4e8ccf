"""A run until p99 and mean are known: its intervals hold the truth, and its bound is told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend_lead.analysis.precision import WINDOWS, Known, Rule, known, run_precise
from backend_lead.intake.backend_yaml import read_text
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import COMPLETE, simulate
from backend_lead.views.resolve import resolve
from tests.app.good_model import GOOD
from tests.kernel.measured import queue

PER_S = 1_000
LONGEST_S = 30_000.0


def mm1(busy: float) -> Program:
    """Poisson arrivals at one exponential server of 1 ms."""
    b = Builder()
    b.open(busy * PER_S, {queue(b, b.dist_exp(1 / PER_S)): 1})
    return b.build()


def until_known(program: Program, share: float, seed: int) -> tuple[Known, Rule, float]:
    rule = Rule(share)
    run = simulate(program, seed=seed, until_s=LONGEST_S, enough=rule, windows_max=WINDOWS)
    assert run.status == COMPLETE and run.conserved and len(run.windows) <= WINDOWS
    return known(run), rule, run.reached_s


@pytest.mark.parametrize(("busy", "seeds"), [(0.8, 40), pytest.param(0.95, 40,
                                             marks=pytest.mark.full)])  # fmt: skip
def test_intervals_hold_the_truth(busy: float, seeds: int) -> None:
    """Of runs of M/M/1 that end when 10 % is reached, four in five hold mean and p99: the interval
    is one of 95 %, and a run that may end when it looks narrow holds it less often. Batches that
    look alike by chance go on doing so, so one run in twenty may reach its bound instead."""
    mean_s = 1 / (PER_S * (1 - busy))
    p99_s = -mean_s * math.log(0.01)
    program, held, ended = mm1(busy), np.zeros(2), 0
    for seed in range(1, seeds + 1):
        found, rule, _ = until_known(program, 0.1, seed)
        if rule.ended == "bound":
            continue
        assert rule.ended == "precision" and found.within(0.1)
        ended += 1
        held += [x.low <= truth <= x.high
                 for x, truth in ((found.mean_s, mean_s), (found.p99_s, p99_s))]  # fmt: skip
    assert ended >= 0.95 * seeds and (held >= 0.8 * ended).all(), (ended, held)


def test_more_is_asked_for_longer() -> None:
    """Half the width takes about four times the time; the windows grow with the run."""
    program = mm1(0.8)
    wide, narrow = (np.mean([until_known(program, share, seed)[2] for seed in (1, 2, 3)])
                    for share in (0.16, 0.08))  # fmt: skip
    assert 2 <= narrow / wide <= 8


def test_windows_that_become_one_count_the_same() -> None:
    """A run in few windows counts each request once, as one in many does."""
    program = mm1(0.9)
    many = simulate(program, seed=1, until_s=100)
    few = simulate(program, seed=1, until_s=100, windows_max=16)
    assert len(few.windows) == 16 and few.window_s == 8
    for column in ("started", "ok", "latency"):
        folded = np.add.reduceat(many.windows[column], range(0, 100, 8))
        assert (few.windows[column][: len(folded)] == folded).all()
    assert (few.hist_windows.sum(axis=0) == many.hist_windows.sum(axis=0)).all()


def test_an_end_a_hair_past_a_window_is_in_that_window() -> None:
    """An odd number of windows, and no more than may be kept: none are joined."""
    run = simulate(mm1(0.5), seed=1, until_s=61 + 1e-10)
    assert len(run.windows) == 61 and run.window_s == 1 and run.conserved


def test_a_start_of_an_empty_system_is_left_out() -> None:
    """20,000 users who think for 10 s keep a server of 1,000/s busy: they wait N/X - Z = 10 s. The
    line starts empty and takes tens of seconds to be that long; these are found and left out."""
    b = Builder()
    b.closed(20_000, 10.0, {queue(b, b.dist_exp(1 / PER_S)): 1})
    for seed in (1, 2, 3):
        run = simulate(b.build(), seed=seed, until_s=200)
        found = known(run)
        with_start = run.windows["latency"].sum() / run.ok / NS_PER_S
        assert found.settled and 20 <= found.removed_s < 100
        assert abs(found.mean_s.value - 10) < 0.15 < abs(with_start - 10) / 2


def test_the_bound_is_told() -> None:
    """A run ends at its bound on requests, or of time, and says that it was the bound."""
    read = read_text(GOOD)
    assert read.system is not None
    flow = resolve(read.system)
    ran, reached = run_precise(flow, 1, 0.01, most=60_000)
    assert reached.ended == "bound" and not reached.known.within(0.01)
    assert 60_000 <= ran.result.started < 61_500
    ran, reached = run_precise(flow, 1, 0.01, longest_s=40)
    assert reached.ended == "bound" and ran.result.reached_s == 40


def test_what_never_settles_is_never_known() -> None:
    """At 1.2 times what a server can do the line only grows: no precision is reached."""
    rule = Rule(0.1, most=300_000)
    run = simulate(mm1(1.2), seed=1, until_s=LONGEST_S, enough=rule, windows_max=WINDOWS)
    assert rule.ended == "bound" and not known(run).within(0.5)
