"""Joins that go on after some answers, and work that stops when nobody waits for it."""

from __future__ import annotations

import math

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import simulate

from .alone import MS, answers, ask
from .measured import agrees, measure, root_of


def leaf(b: Builder, ms: float) -> int:
    """An endpoint that takes so long, for any number of callers at once."""
    return b.endpoint(b.delay_service(), [("delay", b.dist_const(ms * MS))])


def quantile(of: int, need: int, mean_s: float, q: float) -> float:
    """Of the `need`-th of so many exponentials: where the binomial tail is q."""
    low, high = 0.0, 60 * mean_s
    for _ in range(80):
        t = (low + high) / 2
        p = 1 - math.exp(-t / mean_s)
        done = sum(math.comb(of, k) * p**k * (1 - p) ** (of - k) for k in range(need, of + 1))
        low, high = (low, t) if done > q else (t, high)
    return low


@pytest.mark.parametrize("need", [1, 2, 3])
def test_quorum_is_an_order_statistic(need: int) -> None:
    """The need-th of 3 exponential answers: S (H_3 - H_(3-need)), and its percentiles.

    Source: David, Nagaraja, Order Statistics (2003), 2.
    """
    mean_s = 8 * MS
    b = Builder()
    endpoint = b.endpoint(b.delay_service(), [("delay", b.dist_exp(mean_s))])
    calls = [b.call(endpoint) for _ in range(3)]
    b.open(1_000, {root_of(b, [("some", calls, need)]): 1})
    run = measure(b.build(), 100)
    assert agrees(mean_s * sum(1 / k for k in range(4 - need, 4)), run.mean())
    for q in (0.5, 0.95, 0.99):
        assert agrees(quantile(3, need, mean_s, q), run.quantile(q)), q
    assert run.run.stats["n"][endpoint] == pytest.approx(3 * run.run.started * 110 / 120, rel=0.02)


@pytest.mark.parametrize(("of", "need"), [(3, 2), (5, 3), (4, 1)])
def test_join_fails_when_too_few_can_answer(of: int, need: int) -> None:
    """With each answer bad at probability p, a join fails if fewer than `need` are good."""
    p = 0.3
    b = Builder()
    service = b.service(per_group=1, workers=10_000, cores=10_000)
    endpoint = b.endpoint(service, [("cpu", b.dist_exp(MS)), ("delay", b.dist_exp(MS))])
    calls = [b.call(endpoint) for _ in range(of)]
    b.open(1_000, {root_of(b, [("some", calls, need)]): 1})
    b.fault(0, lay.FAULT_ERRORS, b.replica(service), p)
    good = sum(math.comb(of, k) * (1 - p) ** k * p ** (of - k) for k in range(need, of + 1))
    assert agrees(1 - good, measure(b.build(), 100, warmup_s=1).share("failed"))


def test_a_stray_keeps_its_slot_until_it_ends() -> None:
    """One of two answers is enough at 10 ms, but the other holds the pool's slot until 50."""
    b = Builder()
    service = b.delay_service()
    slow = leaf(b, 50)
    # fast and slow through one row of calls: the fast one needs no slot
    calls = [b.call(leaf(b, 10)), b.call(slow, shared_pool=1)]
    again = b.call(slow, pool_of=calls[1])
    ask(b, 0, [("some", calls, 1), ("call", again)])
    assert answers(b)[0] == [(100, lay.OK)]
    assert service == 0


def test_a_stray_that_waits_in_a_pool_takes_its_turn() -> None:
    """It got no slot before the join went on; it still uses one when it is its turn."""
    b = Builder()
    slow = leaf(b, 50)
    first = b.call(slow, shared_pool=1)
    calls = [b.call(leaf(b, 10)), b.call(slow, pool_of=first)]
    again = b.call(slow, pool_of=first)
    ask(b, 0, [("call", first)])
    ask(b, 1, [("some", calls, 1)])
    ask(b, 2, [("delay", b.dist_const(10 * MS)), ("call", again)])
    assert answers(b)[0] == [(50, lay.OK), (11, lay.OK), (150, lay.OK)]


def test_strays_are_not_tried_again() -> None:
    """Its attempt times out after the join has gone on: no retry is made, nobody is told."""
    b = Builder()
    slow = leaf(b, 50)
    calls = [b.call(leaf(b, 10)), b.call(slow, timeout_s=20 * MS, retries=3)]
    ask(b, 0, [("some", calls, 1), ("delay", b.dist_const(MS)), ("call", b.call(leaf(b, 100)))])
    ended, run = answers(b)
    assert ended == [(111, lay.OK)]
    assert run.stats["n"][slow] == 1


def test_a_join_goes_on_without_what_is_optional() -> None:
    """None of two optional calls can give the answer that is needed: it goes on all the same."""
    b = Builder()
    service = b.service(per_group=1)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(MS))])
    b.fault(0, lay.FAULT_DOWN, b.replica(service))
    for optional in (True, False):
        calls = [b.call(endpoint, optional=optional) for _ in range(2)]
        ask(b, 1, [("some", calls, 1), ("delay", b.dist_const(5 * MS))])
    assert answers(b)[0] == [(6, lay.OK), (1, lay.FAILED)]


def test_cancelled_work_stops_at_its_next_step() -> None:
    """With cancel, who calls for the stray and its own calls stop; without they go on."""
    work: list[float] = []
    for cancel in (False, True):
        b = Builder()
        deep = b.service(per_group=1)
        steps = [("cpu", b.dist_const(20 * MS)), ("cpu", b.dist_const(20 * MS))]
        inner = b.call(b.endpoint(deep, steps), cancel=cancel)
        outer = b.endpoint(b.delay_service(), [("call", inner)])
        ask(b, 0, [("some", [b.call(leaf(b, 10)), b.call(outer, cancel=cancel)], 1)])
        ended, run = answers(b)
        assert ended == [(10, lay.OK)]
        work.append(float(run.stats["busy"].sum()) / lay.NS_PER_S / MS)
    assert work == [40, 20]


def test_cancelled_orphans_leave_the_queue() -> None:
    """Who times out in a queue is not worked for when its turn comes, if the call cancels."""
    done = []
    for cancel in (False, True):
        b = Builder()
        service = b.service(per_group=1, workers=1, cores=1)
        endpoint = b.endpoint(service, [("cpu", b.dist_const(10 * MS))])
        for at_ms in (0, 1, 2):
            ask(b, at_ms, [("call", b.call(endpoint, timeout_s=12 * MS, cancel=cancel))])
        ask(b, 11, [("call", b.call(endpoint))])
        done.append(answers(b)[0])
    late = [(10, lay.OK), (13, lay.TIMED_OUT), (14, lay.TIMED_OUT)]
    assert done == [[*late, (40, lay.OK)], [*late, (30, lay.OK)]]


def test_everything_ends_where_joins_meet_outages() -> None:
    """Quorums with retries, pools and timeouts over replicas that go down: all requests end."""
    b = Builder()
    caller = b.service(per_group=2, workers=20, cores=2)
    service = b.service(3, 2, workers=4, cores=1)
    endpoint = b.endpoint(service, [("cpu", b.dist_exp(2 * MS))])
    calls = [
        b.call(endpoint, group=k, timeout_s=20 * MS, retries=2, backoff_s=5 * MS, cancel=k == 1,
               pool_per_replica=(caller, 3))
        for k in range(3)
    ]  # fmt: skip
    middle = b.endpoint(caller, [("some", calls, 2), ("cpu", b.dist_exp(MS))])
    b.open(700, {root_of(b, [("call", b.call(middle, timeout_s=0.1, retries=1))]): 1},
           segments=[(0, 1), (20, 0)])  # fmt: skip
    for at_s in range(1, 20):
        replica = at_s % 2 + (0 if at_s % 3 else 2 + at_s % 6)
        b.fault(at_s, lay.FAULT_DOWN, replica, at_s % 4 == 0)
        b.fault(at_s + 0.5, lay.FAULT_UP, replica)
    run = simulate(b.build(), seed=3, until_s=40)
    assert run.conserved
    assert run.in_flight == 0
    assert min(run.ok, run.failed, run.timed_out) > 0
