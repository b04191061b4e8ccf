"""Balancing by weight, key, zone and three choices; replicas that are shown anew start slowly."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import RunResult, simulate

from .measured import Interval, inside, measure, root_of
from .test_theory import erlang_c

WORK_S = 0.01


def attempts(run: RunResult, endpoint: int) -> NDArray[np.void]:
    """The spans of all attempts at an endpoint."""
    assert run.spans is not None and run.conserved and not run.spans_full
    rows: NDArray[np.void] = run.spans[run.spans["endpoint"] == endpoint]
    return rows


def shares(run: RunResult, endpoint: int, replicas: int) -> list[float]:
    """What share of the attempts each of the first replicas got."""
    chosen = attempts(run, endpoint)["replica"]
    counts: list[float] = (
        np.bincount(chosen, minlength=replicas)[:replicas] / len(chosen)
    ).tolist()
    return counts


def supermarket(choices: int, rho: float) -> float:
    """Mean time in units of service with many servers (Mitzenmacher 2001; Vvedenskaya 1996)."""
    return float(sum(rho ** ((choices**i - choices) / (choices - 1)) for i in range(1, 40)))


def many_servers(choices: int) -> Interval:
    """Two hundred servers, each 90 % busy, and this many choices."""
    b = Builder()
    pool = b.service(1, 200, workers=1, cores=1, balance=lay.LB_P2C, choices=choices)
    work = b.endpoint(pool, [("cpu", b.dist_exp(WORK_S))])
    b.open(200 * 0.9 / WORK_S, {root_of(b, [("call", b.call(work))]): 1})
    return measure(b.build(), 40, warmup_s=5, tail_s=2).mean()


def test_choices_wait_as_the_supermarket_model_says() -> None:
    """Two and three choices among many servers have the known mean; three are better."""
    two, three = many_servers(2), many_servers(3)
    for choices, found in ((2, two), (3, three)):
        exact = supermarket(choices, 0.9) * WORK_S
        assert inside(exact, found, rounding=0.01 * exact)
    assert three[2] < two[1]


FEW, BUSY = 10, 0.8  # servers, and the share of the time that each works


def few_servers(balance: int) -> Interval:
    """The mean time among ten servers that are 80 % busy."""
    b = Builder()
    pool = b.service(1, FEW, workers=1, cores=1, balance=balance)
    work = b.endpoint(pool, [("cpu", b.dist_exp(WORK_S))])
    b.open(FEW * BUSY / WORK_S, {root_of(b, [("call", b.call(work))]): 1})
    return measure(b.build(), 1_200, warmup_s=5, tail_s=2).mean()


def erlang_m_1(stages: int, rho: float) -> float:
    """Mean time in E_n/M/1 in units of service: 1 / (1 - sigma), sigma the transform of the time
    between arrivals at 1 - sigma. Source: Kleinrock, Queueing Systems 1 (1975), 6.4."""
    sigma = rho
    for _ in range(500):
        sigma = (stages * rho / (stages * rho + 1 - sigma)) ** stages
    return 1 / (1 - sigma)


@pytest.mark.parametrize(("balance", "stages"), [(lay.LB_RANDOM, 1), (lay.LB_ROUND_ROBIN, FEW)])
def test_who_draws_has_poisson_arrivals_and_who_takes_turns_erlang_ones(
    balance: int, stages: int
) -> None:
    """Drawn at random each server is an M/M/1, five times its work at 80 %; each tenth arrival of a
    Poisson stream makes it an E_10/M/1, where requests wait half as long."""
    exact = erlang_m_1(stages, BUSY) * WORK_S
    assert inside(exact, few_servers(balance))
    assert stages > 1 or exact == pytest.approx(5 * WORK_S)


def test_who_looks_at_all_waits_between_one_line_and_two_choices() -> None:
    """The fewest of all ten is no better than one line for all (M/M/10), and better than the fewer
    of two that are drawn."""
    chance = erlang_c(FEW, FEW * BUSY)
    one_line = WORK_S * (1 + chance / (FEW * (1 - BUSY)))
    looked, drawn = few_servers(lay.LB_LEAST), few_servers(lay.LB_P2C)
    assert one_line < looked[1] and looked[2] < drawn[1]


def test_weights_share_out_the_requests() -> None:
    """At random by weight each replica gets its weight's share."""
    b = Builder()
    service = b.service(1, 3, balance=lay.LB_WEIGHTED, weights=[1, 2, 5])
    work = b.endpoint(service, [])
    b.open(2_000, {root_of(b, [("call", b.call(work))]): 1})
    run = simulate(b.build(), seed=1, until_s=40, sample_every=1)
    assert shares(run, work, 3) == pytest.approx([1 / 8, 2 / 8, 5 / 8], rel=0.03)


@pytest.mark.parametrize("balance", [lay.LB_LEAST, lay.LB_P2C])
def test_weights_divide_what_a_replica_is_seen_to_have(balance: int) -> None:
    """With many requests under way a replica of twice the weight has twice as many of them."""
    b = Builder()
    service = b.service(1, 2, workers=1_000, cores=1_000, balance=balance, weights=[1, 2])
    work = b.endpoint(service, [("delay", b.dist_exp(0.1))])
    b.open(2_000, {root_of(b, [("call", b.call(work))]): 1})
    run = simulate(b.build(), seed=1, until_s=40, sample_every=1)
    assert shares(run, work, 2) == pytest.approx([1 / 3, 2 / 3], rel=0.03)


def test_a_replica_shown_anew_gets_its_share_slowly() -> None:
    """Over ten seconds its weight w rises from a tenth to one, its share is w / (1 + w)."""
    b = Builder()
    service = b.service(1, 2, balance=lay.LB_WEIGHTED, slow_start_s=10, visible=1)
    work = b.endpoint(service, [])
    b.open(2_000, {root_of(b, [("call", b.call(work))]): 1})
    b.fault(10, lay.FAULT_SHOW, b.replica(service, index=1))
    run = simulate(b.build(), seed=1, until_s=40, sample_every=1)
    rows = attempts(run, work)
    second = np.arange(40)
    at = (rows["created"] // lay.NS_PER_S).astype(int)
    got = np.bincount(at[rows["replica"] == 1], minlength=40) / np.bincount(at, minlength=40)
    weight = np.clip((second + 0.5 - 10) / 10, 0.1, 1.0) * (second >= 10)
    assert got.tolist() == pytest.approx((weight / (1 + weight)).tolist(), abs=0.04)
    assert got[10:20].mean() == pytest.approx((weight / (1 + weight))[10:20].mean(), rel=0.03)


def test_slow_start_at_rest_is_none() -> None:
    """Replicas that were there from the start have their whole weight at once."""
    b = Builder()
    work = b.endpoint(b.service(1, 2, balance=lay.LB_WEIGHTED, slow_start_s=100), [])
    b.open(1_000, {root_of(b, [("call", b.call(work))]): 1})
    run = simulate(b.build(), seed=1, until_s=20, sample_every=1)
    assert shares(run, work, 2) == pytest.approx([0.5, 0.5], rel=0.04)


KEYS, NODES = 300, 10


def homes(action: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Which replica each key goes to, before and after the last of ten is hidden or shown."""
    b = Builder()
    visible = NODES - 1 if action == lay.FAULT_SHOW else NODES
    service = b.service(1, NODES, balance=lay.LB_HASH, visible=visible)
    work = b.endpoint(service, [])
    call = b.call(work)
    roots = []
    for key in range(KEYS):
        keys = b.keys([0] * key + [1])
        roots.append(root_of(b, [("key", keys), ("call", call)]))
        b.replay([0.1, 0.2, 0.6], {roots[-1]: 1})
    if action is not None:
        b.fault(0.5, action, b.replica(service, index=NODES - 1))
    run = simulate(b.build(), seed=1, until_s=1, sample_every=1)
    rows = attempts(run, work)
    assert run.spans is not None
    key = np.searchsorted(roots, run.spans["endpoint"][rows["parent"]])
    found = np.full((3, KEYS), -1)
    moment = np.searchsorted([0.15e9, 0.5e9], rows["created"])
    found[moment, key] = rows["replica"]
    assert (found >= 0).all() and (found[0] == found[1]).all()
    return found[1], found[2], b.replica(service, index=NODES - 1)


def test_a_key_stays_where_it_is() -> None:
    """Without a change each key goes to its replica, and all replicas have about as many."""
    before, after, _ = homes(None)
    assert (before == after).all()
    counts = np.bincount(before, minlength=NODES)[:NODES]
    assert counts.max() < 30 + 4 * np.sqrt(30) and counts.min() > 30 - 4 * np.sqrt(30)


@pytest.mark.parametrize("action", [lay.FAULT_HIDE, lay.FAULT_SHOW])
def test_few_keys_move_when_a_replica_goes_or_comes(action: int) -> None:
    """One in ten: just those of the replica that goes, or that the new one takes."""
    before, after, last = homes(action)
    moved = before != after
    assert abs(moved.sum() - KEYS / NODES) < 4 * np.sqrt(KEYS / NODES * 0.9)
    assert ((before if action == lay.FAULT_HIDE else after)[moved] == last).all()


def test_without_a_key_balancing_by_key_is_random() -> None:
    """All replicas get their part."""
    b = Builder()
    work = b.endpoint(b.service(1, 4, balance=lay.LB_HASH), [])
    b.open(1_000, {root_of(b, [("call", b.call(work))]): 1})
    run = simulate(b.build(), seed=1, until_s=30, sample_every=1)
    assert shares(run, work, 4) == pytest.approx([0.25] * 4, rel=0.05)


@pytest.mark.parametrize(
    "balance", [lay.LB_RANDOM, lay.LB_ROUND_ROBIN, lay.LB_LEAST, lay.LB_P2C, lay.LB_WEIGHTED]
)
def test_the_callers_zone_is_preferred(balance: int) -> None:
    """Requests stay in their zone while it has a replica that is shown; else all are asked."""
    b = Builder()
    service = b.service(1, 6, workers=64, cores=64, balance=balance, near=True)
    work = b.endpoint(service, [("delay", b.dist_exp(0.001))])
    callers = []
    for zone in (0, 1):
        home = b.service(1, 1, workers=64, cores=64)
        b.zone(b.replica(home), zone)
        callers.append(b.endpoint(home, [("call", b.call(work))]))
        b.open(500, {root_of(b, [("call", b.call(callers[-1]))]): 1})
        for index in range(3):
            b.zone(b.replica(service, index=3 * zone + index), zone)
    for index in range(3):
        b.fault(10, lay.FAULT_HIDE, b.replica(service, index=3 + index))
    run = simulate(b.build(), seed=1, until_s=20, sample_every=1)
    rows = attempts(run, work)
    assert run.spans is not None
    zone = (run.spans["endpoint"][rows["parent"]] == callers[1]).astype(int)
    early = rows["created"] < 10 * lay.NS_PER_S
    assert (rows["replica"][early] // 3 == zone[early]).all()
    assert (rows["replica"][~early] // 3 == 0).all()
    counts = np.bincount(rows["replica"][early], minlength=6)[:6]
    assert counts.tolist() == pytest.approx([early.sum() / 6] * 6, rel=0.12)
