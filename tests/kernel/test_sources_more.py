"""Arrivals at known times, in phases that come and go by chance, and controllers that look longer."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import RunResult, simulate

from .measured import agrees, inside, measure, queue, root_of

WORK_S = 0.01


def starts(b: Builder, until_s: float) -> NDArray[np.int64]:
    run = simulate(b.build(), seed=1, until_s=until_s, trace=100_000)
    assert run.trace is not None and run.conserved
    times: NDArray[np.int64] = np.sort(run.trace["start"])
    return times


def test_a_recorded_trace_is_replayed_as_it_was() -> None:
    """Each request comes at its time, those at one time all of them, and none after the last."""
    times = [0.0, 0.5, 0.5, 0.500000001, 2.25, 7.0]
    b = Builder()
    b.replay(times, {root_of(b, []): 1})
    assert starts(b, 10).tolist() == [round(t * lay.NS_PER_S) for t in times]


def test_an_empty_trace_asks_for_nothing() -> None:
    """A source without recorded arrivals is silent."""
    b = Builder()
    b.replay([], {root_of(b, []): 1})
    assert simulate(b.build(), seed=1, until_s=10).started == 0


def test_a_recorded_trace_draws_its_mix() -> None:
    """Which root a recorded request is for is drawn, as for any source."""
    b = Builder()
    one, two = root_of(b, []), root_of(b, [])
    b.replay((np.arange(20_000) / 1_000).tolist(), {one: 1, two: 3})
    run = simulate(b.build(), seed=1, until_s=30)
    assert run.windows["started"].sum(axis=0).tolist() == pytest.approx([5_000, 15_000], rel=0.03)


def test_every_interval_one() -> None:
    """A job every 0.7 s comes at 0.7, 1.4, .. s, to the nanosecond."""
    b = Builder()
    b.every(0.7, {root_of(b, []): 1})
    expected = [700_000_000 * (k + 1) for k in range(14)]
    assert starts(b, 10).tolist() == expected


def test_evenly_spaced_arrivals_queue_as_d_m_1_does() -> None:
    """D/M/1: an arrival waits with the sigma that solves sigma = exp(-(1 - sigma) / rho)."""
    b = Builder()
    b.every(WORK_S / 0.8, {queue(b, b.dist_exp(WORK_S)): 1})
    sigma = 0.5
    for _ in range(1_000):
        sigma = float(np.exp(-(1 - sigma) / 0.8))
    assert agrees(WORK_S / (1 - sigma), measure(b.build(), 2_000, window_s=10).mean())


def mmpp_mean(rates: tuple[float, float], means_s: tuple[float, float]) -> float:
    """Mean time in a queue of one server that is fed in two phases, from its Markov chain."""
    most, out, serve = 1_500, [1 / mean for mean in means_s], 1 / WORK_S
    up, down = np.diag(rates), serve * np.eye(2)
    switch = np.array([[-out[0], out[0]], [out[1], -out[1]]])
    inner = switch - up - down
    rate = np.zeros((2, 2))
    for _ in range(20_000):  # the least solution of up + rate inner + rate^2 down = 0
        rate = -(up + rate @ rate @ down) @ np.linalg.inv(inner)
    empty = switch - up + rate @ down
    level = np.array(np.linalg.svd(empty.T)[2][-1])
    level /= (level @ np.linalg.inv(np.eye(2) - rate)).sum()
    number = 0.0
    for n in range(most):
        number += n * level.sum()
        level = level @ rate
    share = np.array(means_s) / sum(means_s)
    return float(number / (share @ np.array(rates)))


@pytest.mark.parametrize("means_s", [(1.0, 0.25), (0.05, 0.05)])
def test_a_queue_fed_in_phases_waits_as_its_markov_chain_says(means_s: tuple[float, float]) -> None:
    """MMPP/M/1: also where the burst alone is more than can be served."""
    rates = (40.0, 120.0)
    b = Builder()
    factors = [rate / 40 for rate in rates]
    b.open(40, {queue(b, b.dist_exp(WORK_S)): 1}, phases=list(zip(factors, means_s)))
    found = measure(b.build(), 20_000, warmup_s=100, window_s=100)
    assert agrees(mmpp_mean(rates, means_s), found.mean())
    share = np.array(means_s) / sum(means_s)
    assert agrees(float(share @ np.array(rates)), found.rate())


def test_phases_and_segments_multiply() -> None:
    """In a segment of twice the load each phase has twice its rate; a factor of 0 is silence."""
    b = Builder()
    root = root_of(b, [])
    b.open(100, {root: 1}, segments=[(0, 1), (1_000, 2), (2_000, 0), (2_500, 1)],
           phases=[(0, 0.1), (3, 0.3)])  # fmt: skip
    run = simulate(b.build(), seed=1, until_s=3_500, window_s=500)
    counts = run.windows["started"][:, 0] / 500
    mean = 3 * 0.3 / 0.4 * 100
    expected = [mean, mean, 2 * mean, 2 * mean, 0, mean, mean]
    assert counts.tolist() == pytest.approx(expected, rel=0.05)


def test_bursts_come_and_go() -> None:
    """With phases of 10 s each the counts per second are those of one rate or the other."""
    b = Builder()
    b.open(1_000, {root_of(b, []): 1}, phases=[(0, 10), (1, 10)])
    run = simulate(b.build(), seed=1, until_s=2_000)
    counts = run.windows["started"][:, 0]
    pure = (counts == 0) | (counts > 850)
    assert pure.mean() > 0.85 and inside(0.5, (0, 0.4, 0.6)) and 0.4 < (counts > 500).mean() < 0.6


def visible_by_look(b: Builder, work: int, until_s: float, period_s: float) -> list[int]:
    """How many replicas were asked between one look and the next."""
    run: RunResult = simulate(b.build(), seed=1, until_s=until_s, sample_every=1)
    assert run.spans is not None and run.conserved and not run.spans_full
    rows = run.spans[run.spans["endpoint"] == work]
    look = (rows["created"] / (period_s * lay.NS_PER_S)).astype(int)
    return [len(np.unique(rows["replica"][look == k])) for k in range(int(until_s / period_s))]


def test_growth_is_bounded_as_a_pod_autoscaler_bounds_it() -> None:
    """At most four more or as many again per look: 2, 6, 12, 24, 48, 60."""
    b = Builder()
    service = b.service(1, 60, balance=lay.LB_ROUND_ROBIN, visible=2)
    work = b.endpoint(service, [])
    b.controller(service, least=60, period_s=15, target=0.5, delay_s=0, cool_s=300, step=4, grow=1)
    b.open(100, {root_of(b, [("call", b.call(work))]): 1})
    assert visible_by_look(b, work, 105, 15) == [2, 6, 12, 24, 48, 60, 60]


@pytest.mark.parametrize(("looks", "grown_at"), [(1, 5), (2, 6), (4, 7)])
def test_a_longer_view_orders_later(looks: int, grown_at: int) -> None:
    """Load of 0.9 cores from 60 s on, aim 0.5: averaged over four looks it is above at 105 s."""
    b = Builder()
    service = b.service(1, 3, workers=8, cores=1, balance=lay.LB_ROUND_ROBIN, visible=1)
    work = b.endpoint(service, [("cpu", b.dist_const(0.009))])
    b.controller(service, least=1, period_s=15, target=0.5, delay_s=0, cool_s=300, looks=looks)
    quiet, busy = np.arange(1, 60), np.arange(60, 135, 0.01)
    idle = b.endpoint(service, [])
    b.replay(quiet.tolist(), {root_of(b, [("call", b.call(idle))]): 1})
    b.replay(busy.tolist(), {root_of(b, [("call", b.call(work))]): 1})
    found = visible_by_look(b, work, 135, 15)
    assert found.index(2) == grown_at


def test_a_fault_sets_the_least_a_controller_keeps() -> None:
    """From 20 s on five are kept, whatever the use."""
    b = Builder()
    service = b.service(1, 8, balance=lay.LB_ROUND_ROBIN, visible=2)
    work = b.endpoint(service, [])
    row = b.controller(service, least=2, period_s=10, target=0.5, delay_s=0, cool_s=300)
    b.open(100, {root_of(b, [("call", b.call(work))]): 1})
    b.fault(20.5, lay.FAULT_LEAST, x=5, row=row)
    assert visible_by_look(b, work, 60, 10) == [2, 2, 2, 5, 5, 5]
