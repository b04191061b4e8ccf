"""Shelves against the closed forms of caches: LRU exactly and by Che, LFU, time to live, fetching."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import RunResult, simulate

from .measured import Interval, agrees, inside, measure, root_of

FETCH_S = 1e-6  # a miss takes so long, a hit nothing: the mean latency tells the share of misses
SHARES = [0.4, 0.25, 0.15, 0.1, 0.06, 0.04]


def cached(
    b: Builder, shares: list[float], capacity: int, *, fetch_s: float = FETCH_S, groups: int = 1,
    by_key: bool = False, **shelf: object,
) -> tuple[int, int]:  # fmt: skip
    """A root that looks a key up and fetches it if need be; gives it and the endpoint fetched from."""
    keys = b.keys(shares)
    home = b.delay_service(groups)
    row = b.shelf(home, len(shares), capacity, **shelf)  # type: ignore[arg-type]
    origin = b.endpoint(b.delay_service(), [("delay", b.dist_const(fetch_s))])
    look = b.call(b.endpoint(home, []), by_key=by_key)
    root = root_of(b, [("key", keys), ("kept", look, row, [("call", b.call(origin))])])
    return root, origin


def misses(
    shares: list[float], capacity: int, *, rate: float = 100, measured_s: float = 2_000,
    **shelf: object,
) -> Interval:  # fmt: skip
    """The share of requests that had to fetch, with its interval."""
    b = Builder()
    root, _ = cached(b, shares, capacity, **shelf)  # type: ignore[arg-type]
    b.open(rate, {root: 1})
    value, low, high = measure(b.build(), measured_s, warmup_s=100, window_s=10).mean()
    return value / FETCH_S, low / FETCH_S, high / FETCH_S


def zipf(n: int, exponent: float) -> NDArray[np.float64]:
    weights = np.arange(1, n + 1) ** -exponent
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


@pytest.mark.parametrize("capacity", [1, 2, 4])
def test_lru_of_few_keys_hits_as_king_says(capacity: int) -> None:
    """The chance that the keys used last are i, j, .. in this order is p_i p_j / (1 - p_i) .."""
    hits = 0.0
    for order in permutations(range(len(SHARES)), capacity):
        chance, left = 1.0, 1.0
        for key in order:
            chance *= SHARES[key] / left
            left -= SHARES[key]
        hits += chance * sum(SHARES[key] for key in order)
    assert agrees(1 - hits, misses(SHARES, capacity))


def test_lru_of_many_keys_hits_as_che_says() -> None:
    """A key stays for a characteristic time T after its last use, the same for all keys."""
    p = zipf(2_000, 0.8)
    low, high = 0.0, 1e9
    for _ in range(200):
        t = (low + high) / 2
        low, high = (t, high) if (1 - np.exp(-p * t)).sum() < 200 else (low, t)
    missed = float((p * np.exp(-p * low)).sum())
    assert inside(missed, misses(p.tolist(), 200), rounding=0.003)


def test_lfu_keeps_the_most_popular_keys() -> None:
    """Of four popular keys three stay for good; the last place is that of the key missed last."""
    shares = [0.2] * 4 + [0.01] * 20
    rest = [0.2] + [0.01] * 20
    hits = 3 * 0.2 + sum(p * p for p in rest) / sum(rest)
    lfu = misses(shares, 4, policy=lay.LFU)
    assert agrees(1 - hits, lfu)
    assert misses(shares, 4)[0] > lfu[2]


@pytest.mark.parametrize("per_life", [0.3, 2.0])
@pytest.mark.parametrize("renew", [False, True])
def test_time_to_live(per_life: float, renew: bool) -> None:
    """With x requests per time to live x / (1 + x) hit; renewed, those that come soon enough."""
    rate = 100.0
    hits = 1 - np.exp(-per_life) if renew else per_life / (1 + per_life)
    found = misses([1], 1, rate=rate, ttl_s=per_life / rate, renew=renew)
    assert agrees(1 - hits, found)


def stampede(coalesce: bool) -> tuple[RunResult, int]:
    """A hot key, good for a second, that takes 100 ms to fetch, asked for 1,000 times a second."""
    b = Builder()
    root, origin = cached(b, [1], 1, fetch_s=0.1, ttl_s=1, coalesce=coalesce)
    b.open(1_000, {root: 1})
    run = simulate(b.build(), seed=1, until_s=500)
    assert run.conserved and run.failed == 0
    return run, int(run.stats["n"][origin])


def test_a_stampede_fetches_what_everybody_misses() -> None:
    """All that come while the first fetches fetch too; the last of them begins the next second."""
    _, fetched = stampede(coalesce=False)
    assert fetched / 500 == pytest.approx((1 + 1_000 * 0.1) / (1.2 + 0.001), rel=0.02)


def test_coalesced_only_one_fetches() -> None:
    """One fetch a second of life; those who come meanwhile wait for it, half its time on average."""
    run, fetched = stampede(coalesce=True)
    assert fetched == pytest.approx(500 / (1.1 + 0.001), rel=0.02)
    mean_s = run.windows["latency"].sum() / run.ok / lay.NS_PER_S
    assert mean_s == pytest.approx((0.1 + 1_000 * 0.1 * 0.05) / (1_000 * 1.101), rel=0.05)
    assert run.stats["wait_lock"].sum() > 0


def test_a_fetch_that_fails_passes_to_the_next() -> None:
    """While the origin is down each of those waiting tries in turn; then one fetch serves all."""
    b = Builder()
    keys = b.keys([1])
    home = b.delay_service()
    shelf = b.shelf(home, 1, 1, coalesce=True)
    service = b.service(1, 1, workers=100, cores=100)
    origin = b.endpoint(service, [("delay", b.dist_const(0.01))])
    look = b.call(b.endpoint(home, []))
    fetch = b.call(origin, rtt_s=0.001)
    root = root_of(b, [("key", keys), ("kept", look, shelf, [("call", fetch)])])
    b.replay([0.0001, 0.0002, 0.0003, 0.0004, 0.5], {root: 1})
    b.fault(0, lay.FAULT_DOWN, b.replica(service))
    b.fault(0.0015, lay.FAULT_UP, b.replica(service))
    run = simulate(b.build(), seed=1, until_s=1, trace=100)
    assert run.trace is not None
    by_serial = sorted(run.trace.tolist(), key=lambda row: int(row[2]))
    assert [row[5] for row in by_serial] == [lay.FAILED, lay.FAILED, lay.OK, lay.OK, lay.OK]
    assert [row[4] for row in by_serial] == [
        1_100_000, 2_100_000, 13_100_000, 13_100_000, 500_000_000,
    ]  # fmt: skip
    assert run.stats["n"][origin] == 3 and run.conserved


def test_a_flushed_shelf_fetches_each_key_once() -> None:
    """A warm shelf with room for all misses nothing until its group is flushed."""
    b = Builder()
    root, origin = cached(b, [1.0] * 50, 50, warm=True)
    home = 0  # the cache's service was added first
    b.open(1_000, {root: 1})
    b.fault(10, lay.FAULT_FLUSH, b.replica(home))
    program = b.build()
    assert simulate(program, seed=1, until_s=10).stats["n"][origin] == 0
    run = simulate(program, seed=1, until_s=20)
    assert run.stats["n"][origin] == 50 and run.conserved


@pytest.mark.parametrize("by_key", [False, True])
def test_by_key_each_group_keeps_its_own_share(by_key: bool) -> None:
    """Asked by key each key is fetched once in all; at random, once by each of the groups."""
    b = Builder()
    root, origin = cached(b, [1.0] * 100, 100, groups=4, by_key=by_key)
    b.open(1_000, {root: 1})
    run = simulate(b.build(), seed=1, until_s=20)
    assert run.stats["n"][origin] == (100 if by_key else 400)


def test_two_levels_of_shelves_keep_what_each_asked_for() -> None:
    """A miss of the first that the second hits is put into the first, in its own group."""
    b = Builder()
    keys = b.keys(SHARES)
    first, second = b.delay_service(), b.delay_service()
    near, far = b.shelf(first, 6, 2), b.shelf(second, 6, 6)
    origin = b.endpoint(b.delay_service(), [])
    other = b.endpoint(second, [])
    kept = ("kept", b.call(other), far, [("call", b.call(origin))])
    root = root_of(b, [("key", keys), ("kept", b.call(b.endpoint(first, [])), near, [kept])])
    b.open(100, {root: 1})
    run = simulate(b.build(), seed=1, until_s=1_000)
    assert run.stats["n"][origin] == 6
    two = sum(
        SHARES[i] * SHARES[j] / (1 - SHARES[i]) * (SHARES[i] + SHARES[j])
        for i, j in permutations(range(6), 2)
    )
    assert run.stats["n"][other] / run.started == pytest.approx(1 - two, rel=0.01)


def test_a_hot_key_fills_one_partition() -> None:
    """Messages with one key all go to one partition, which does 250 a second and no more."""
    done = {}
    for by_key in (False, True):
        b = Builder()
        workers = b.service(1, 2, workers=8, cores=8)
        handler = b.endpoint(workers, [("cpu", b.dist_const(0.004))])
        stream = b.stream(handler, partitions=8, by_key=by_key)
        keys = b.keys([1])
        b.open(500, {root_of(b, [("key", keys), ("publish", stream)]): 1})
        run = simulate(b.build(), seed=1, until_s=20)
        done[by_key] = int(run.stream_windows["done"].sum())
    assert done[True] == pytest.approx(250 * 20, rel=0.01)
    assert done[False] == pytest.approx(500 * 20, rel=0.05)


def test_keys_are_drawn_by_their_shares() -> None:
    """Where each key has a group of its own, that is asked as often as the key."""
    b = Builder()
    keys = b.keys([3, 1])
    call = b.call(b.endpoint(b.delay_service(8), []), by_key=True)
    root = root_of(b, [("key", keys), ("call", call)])
    b.open(1_000, {root: 1})
    run = simulate(b.build(), seed=1, until_s=50, sample_every=1)
    assert run.spans is not None
    asked = run.spans[run.spans["parent"] != lay.NONE]
    share = np.sort(np.unique(asked["replica"], return_counts=True)[1]) / len(asked)
    assert share.tolist() == pytest.approx([0.25, 0.75], rel=0.03)
