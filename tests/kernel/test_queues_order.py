"""Queues served last in first out, by rank, and by callers who give up."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import stats
from backend_lead.kernel.builder import Builder

from .alone import MS, answers, ask
from .measured import Interval, Measured, agrees, measure, queue, root_of


def squares(run: Measured) -> Interval:
    """The second moment of the latency, with its interval."""
    ended = run.requests()
    window = (ended["start"] - run.run.warmup_s * lay.NS_PER_S) // (10 * lay.NS_PER_S)
    latency = (ended["end"] - ended["start"]) / lay.NS_PER_S
    count = np.bincount(window.astype(int))
    return stats.ratio_interval(np.bincount(window.astype(int), latency**2), count)


@pytest.mark.parametrize("order", [lay.FIFO, lay.LIFO])
def test_last_in_first_out_has_the_same_mean_and_more_variance(order: int) -> None:
    """M/M/1: both orders wait rho / (mu - lambda); E[W^2] is 1 / (1 - rho) times as large in LIFO.

    Source: Takacs, Oper. Res. 11 (1963); Kleinrock, Queueing Systems 2 (1976), 3.
    """
    rate, mu = 700.0, 1_000.0
    busy = rate / mu
    wait, square = busy / (mu - rate), 2 * busy / (mu - rate) ** 2
    if order == lay.LIFO:
        square /= 1 - busy
    b = Builder()
    b.open(rate, {queue(b, b.dist_exp(1 / mu), order=order): 1})
    run = measure(b.build(), 1_000, trace=800_000)
    assert agrees(wait + 1 / mu, run.mean())
    assert agrees(square + 2 * wait / mu + 2 / mu**2, squares(run))


@pytest.mark.parametrize("whose", ["endpoint", "caller"])
def test_two_ranks_wait_by_cobham(whose: str) -> None:
    """One worker, two ranks, nobody interrupted: W_k = W_0 / ((1 - s_(k-1)) (1 - s_k)).

    Source: Cobham, Operations Research 2 (1954). A rank is the endpoint's or handed on by the
    caller.
    """
    rates, works = (40.0, 10.0), (0.005, 0.05)
    left = sum(rate * work**2 for rate, work in zip(rates, works, strict=True))
    loads = [rate * work for rate, work in zip(rates, works, strict=True)]
    waits = [left / (1 - loads[0]), left / (1 - loads[0]) / (1 - sum(loads))]
    assert waits == pytest.approx([0.0325, 0.108333], rel=1e-4)
    b = Builder()
    service = b.service(1, 1, workers=1, cores=1, order=lay.RANKED)
    for k in (0, 1):
        own = {"endpoint": 2 * k + 1, "caller": 0}[whose]
        endpoint = b.endpoint(service, [("cpu", b.dist_exp(works[k]))], rank=own)
        rank = {"endpoint": 0, "caller": 2 * k + 1}[whose]
        root = b.endpoint(b.delay_service(), [("call", b.call(endpoint))], rank=rank)
        b.open(rates[k], {root: 1})
    run = measure(b.build(), 20_000, warmup_s=100, window_s=100)
    for k in (0, 1):
        seen = run.windows[:, k]
        mean = stats.ratio_interval(seen["latency"] / lay.NS_PER_S, seen["ok"])
        assert agrees(waits[k] + works[k], mean), k


def test_customers_who_give_up() -> None:
    """M/M/1 with exponential patience: the share served is that of the birth-death chain.

    Who gave up leaves when its turn comes, so the others wait as if it had left at once.
    """
    rate, work_s, patience_s = 1_200.0, MS, 5 * MS
    weights = [1.0]
    for n in range(1, 400):
        weights.append(weights[-1] * rate / (1 / work_s + (n - 1) / patience_s))
    served = (1 - weights[0] / sum(weights)) / work_s
    b = Builder()
    give_up = b.dist_exp(patience_s)
    b.open(rate, {queue(b, b.dist_exp(work_s), give_up=give_up): 1})
    run = measure(b.build(), 300)
    assert agrees(served, run.rate())
    assert agrees(1 - served / rate, run.share("failed"))


def test_the_last_comes_first() -> None:
    """Three wait for a worker; the last of them is served next."""
    b = Builder()
    service = b.service(1, 1, workers=1, cores=1, order=lay.LIFO)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(10 * MS))])
    for at_ms in (0, 1, 2, 3):
        ask(b, at_ms, [("call", b.call(endpoint))])
    assert [end for end, _ in answers(b)[0]] == [10, 40, 30, 20]


@pytest.mark.parametrize("silent", [False, True])
def test_a_crash_empties_all_lines(silent: bool) -> None:
    """Whoever waits in a line of any rank fails at once, or is lost until its time is up."""
    b = Builder()
    service = b.service(1, 1, workers=1, cores=1, order=lay.RANKED)
    for rank in (1, 4, 2):
        endpoint = b.endpoint(service, [("cpu", b.dist_const(10 * MS))], rank=rank)
        ask(b, rank, [("call", b.call(endpoint, timeout_s=50 * MS))])
    b.fault(5 * MS, lay.FAULT_DOWN, b.replica(service), silent)
    b.fault(6 * MS, lay.FAULT_UP, b.replica(service))
    ask(b, 7, [("call", b.call(endpoint))])
    how = lay.TIMED_OUT if silent else lay.FAILED
    ends = (51, 54, 52) if silent else (11, 5, 5)  # the one in work is found dead when it is done
    assert answers(b)[0] == [*((end, how) for end in ends), (17, lay.OK)]


def test_a_caller_without_a_rank_is_first() -> None:
    """No rank anywhere: all are of the first rank, served first come first."""
    b = Builder()
    service = b.service(1, 1, workers=1, cores=1, order=lay.RANKED, queue=2)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(10 * MS))])
    for at_ms in (0, 1, 2, 3):
        ask(b, at_ms, [("call", b.call(endpoint))])
    assert answers(b)[0] == [(10, lay.OK), (20, lay.OK), (30, lay.OK), (3, lay.FAILED)]


def test_who_gives_up_takes_no_work() -> None:
    """Patience of 12 ms, jobs of 10: the third leaves when its turn comes at 20, unserved."""
    b = Builder()
    service = b.service(1, 1, workers=1, cores=1, give_up=b.dist_const(12 * MS))
    endpoint = b.endpoint(service, [("cpu", b.dist_const(10 * MS))])
    for at_ms in (0, 1, 2, 9):
        ask(b, at_ms, [("call", b.call(endpoint))])
    ended = answers(b)[0]
    assert ended == [(10, lay.OK), (20, lay.OK), (20, lay.FAILED), (30, lay.OK)]


@pytest.mark.parametrize("order", [lay.FIFO, lay.LIFO, lay.RANKED])
def test_conservation_law_of_waiting(order: int) -> None:
    """The sum of rho W over the classes is the same in every order. Source: Kleinrock (1965)."""
    b = Builder()
    service = b.service(1, 1, workers=1, cores=1, order=order)
    rates, work_s = (300.0, 400.0), MS
    for k, rate in enumerate(rates):
        endpoint = b.endpoint(service, [("cpu", b.dist_exp(work_s))], rank=k + 1)
        b.open(rate, {root_of(b, [("call", b.call(endpoint))]): 1})
    run = measure(b.build(), 500)
    assert agrees(work_s / (1 - sum(rates) * work_s), run.mean())
