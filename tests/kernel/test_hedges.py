"""Second attempts beside slow ones, against the exact distribution of the faster of two."""

from __future__ import annotations

import math

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import simulate

from .alone import MS, answers, ask
from .measured import Measured, agrees, measure, root_of


def hedged(b: Builder, dist: int, hedge_s: float) -> int:
    """An endpoint that takes a time from the distribution, called with a hedge; gives it."""
    endpoint = b.endpoint(b.delay_service(), [("delay", dist)])
    b.open(2_000, {root_of(b, [("call", b.call(endpoint, hedge_s=hedge_s))]): 1})
    return endpoint


@pytest.mark.parametrize("delay", [0.1, 1.0, 2.5])
def test_hedge_of_exponential_calls(delay: float) -> None:
    """The mean is m - (m / 2) exp(-d / m), and exp(-d / m) of the calls are hedged."""
    mean_s = 10 * MS
    later = math.exp(-delay)
    b = Builder()
    endpoint = hedged(b, b.dist_exp(mean_s), delay * mean_s)
    run = measure(b.build(), 100)
    assert agrees(mean_s - mean_s / 2 * later, run.mean())
    hedges = run.run.stats["n"][endpoint] / (run.run.started * 110 / 120) - 1
    assert hedges == pytest.approx(later, rel=0.03)


def hiccup_tail(t: float, hedge_s: float) -> float:
    """P(T > t) of the mixture, hedged: S(t) before the hedge, S(t) S(t - d) after it."""

    def alone(x: float) -> float:
        return 0.97 * math.exp(-x / 0.01) + 0.03 * math.exp(-x / 0.3)

    return alone(t) if t < hedge_s else alone(t) * alone(t - hedge_s)


def hiccups(hedge_s: float) -> Measured:
    b = Builder()
    hedged(b, b.dist_hyper2(0.97, 0.01, 0.3), hedge_s)
    return measure(b.build(), 200)


def test_hedge_cuts_the_tail_of_hiccups() -> None:
    """One call in 33 takes 0.3 s; hedged after 30 ms the p99 falls from 330 to 44 ms, as computed.

    Source: minimum of independent variables; the idea is Dean and Barroso's, The Tail at Scale,
    Communications of the ACM 56 (2013).
    """
    run = hiccups(0.03)
    for q, stated_s in (
        (0.5, 0.00723045),
        (0.95, 0.0325852),
        (0.99, 0.0441035),
        (0.999, 0.0717322),
    ):
        assert hiccup_tail(stated_s, 0.03) == pytest.approx(1 - q, rel=1e-4)
        assert agrees(stated_s, run.quantile(q)), q
    alone = hiccups(0)
    assert agrees(0.329584, alone.quantile(0.99))


@pytest.mark.parametrize(("work_ms", "bad"), [(5, 0.3), (20, 0.3 * 0.3)])
def test_a_pair_fails_when_both_fail(work_ms: float, bad: float) -> None:
    """A failure before the hedge's time is final; after it the other attempt may still answer."""
    b = Builder()
    service = b.service(per_group=1, workers=10_000, cores=10_000)
    steps = [
        ("call", b.call(b.endpoint(service, []))),
    ]
    endpoint = b.endpoint(b.delay_service(), [("delay", b.dist_const(work_ms * MS)), *steps])
    b.open(1_000, {root_of(b, [("call", b.call(endpoint, hedge_s=10 * MS))]): 1})
    b.fault(0, lay.FAULT_ERRORS, b.replica(service), 0.3)
    assert agrees(bad, measure(b.build(), 100, warmup_s=1).share("failed"))


def test_a_hedge_answers_for_one_that_is_lost() -> None:
    """The first of two replicas is silent: the hedge goes to the other, long before the timeout."""
    b = Builder()
    service = b.service(per_group=2, balance=lay.LB_ROUND_ROBIN)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(5 * MS))])
    b.fault(0, lay.FAULT_DOWN, b.replica(service), 1)
    ask(b, 1, [("call", b.call(endpoint, timeout_s=1, hedge_s=20 * MS))])
    assert answers(b)[0] == [(26, lay.OK)]


def test_a_timeout_leaves_the_other_one_waited_for() -> None:
    """The first attempt times out at 30 ms, the hedge at 50: only then is it tried again."""
    b = Builder()
    endpoint = b.endpoint(b.delay_service(), [("delay", b.dist_const(100 * MS))])
    call = b.call(endpoint, timeout_s=30 * MS, hedge_s=20 * MS, retries=1)
    ask(b, 0, [("call", call)])
    ended, run = answers(b)
    assert ended == [(100, lay.TIMED_OUT)]
    assert run.stats["n"][endpoint] == 4


def test_who_is_let_go_gives_its_slot_back() -> None:
    """The hedge answers first; the slow attempt's slot of the pool serves the next at once."""
    b = Builder()
    service = b.service(per_group=2, balance=lay.LB_ROUND_ROBIN)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(10 * MS))])
    b.fault(0, lay.FAULT_SLOW, b.replica(service), 100)
    call = b.call(endpoint, shared_pool=2, hedge_s=20 * MS)
    ask(b, 1, [("call", call)])
    ask(b, 2, [("delay", b.dist_const(30 * MS)), ("par", [b.call(endpoint, pool_of=call)])])
    ended, _ = answers(b)
    assert ended[0] == (31, lay.OK)
    assert ended[1] == (32 + 1_000, lay.OK)


def test_hedges_cancel_what_they_beat() -> None:
    """With cancel the slower one of a pair stops at its next step."""
    work = []
    for cancel in (False, True):
        b = Builder()
        service = b.service(per_group=2, balance=lay.LB_ROUND_ROBIN)
        steps = [("cpu", b.dist_const(10 * MS)), ("cpu", b.dist_const(10 * MS))]
        endpoint = b.endpoint(service, steps)
        b.fault(0, lay.FAULT_SLOW, b.replica(service), 10)
        ask(b, 1, [("call", b.call(endpoint, hedge_s=20 * MS, cancel=cancel))])
        ended, run = answers(b)
        assert ended == [(41, lay.OK)]
        work.append(float(run.stats["busy"].sum()) / lay.NS_PER_S / MS)
    assert work == [20 + 200, 20 + 100]


def test_everything_ends_where_hedges_meet_outages() -> None:
    """Hedges with retries, pools, breakers and timeouts over an outage: all requests end."""
    b = Builder()
    caller = b.service(per_group=2, workers=20, cores=2)
    service = b.service(1, 3, workers=4, cores=2, queue=10, balance=lay.LB_LEAST)
    endpoint = b.endpoint(service, [("cpu", b.dist_exp(2 * MS))])
    call = b.call(
        endpoint, timeout_s=20 * MS, retries=2, backoff_s=5 * MS, hedge_s=3 * MS, rtt_s=MS,
        pool_per_replica=(caller, 4), shape=lay.JITTER_DECORRELATED,
        budget=b.budget(0.5, 10, callers=2),
        breaker=b.breaker(endpoint, least=50, share=0.8, pause_s=0.2, callers=2),
    )  # fmt: skip
    middle = b.endpoint(caller, [("call", call), ("cpu", b.dist_exp(MS))])
    b.open(700, {root_of(b, [("call", b.call(middle, hedge_s=20 * MS))]): 1},
           segments=[(0, 1), (20, 0)])  # fmt: skip
    for at_s in range(1, 20):
        b.fault(at_s, lay.FAULT_DOWN, at_s % 5, at_s % 4 == 0)
        b.fault(at_s + 0.5, lay.FAULT_UP, at_s % 5)
    run = simulate(b.build(), seed=3, until_s=40)
    assert run.conserved
    assert run.in_flight == 0
    assert min(run.ok, run.failed) > 0
