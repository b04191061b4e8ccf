"""Hit ratios: against a simulated cache, monotone in memory and TTL, consistent over time."""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
import pytest

from backend_lead.views.hits import EntityReads, HitCurve, Ways, held, hit_curves

GIB = 2.0**30
KEYS, READS_PER_S = 2000, 100.0
ERROR_MAX = 0.004  # largest seen: 0.0025, of which the simulation itself may be off by 0.001


def curve(memory: float, ttl: float, writes: float = 0.0, skew: float = 0.8) -> HitCurve:
    """One entity of a hundred million keys."""
    part = EntityReads("item", 50_000.0, writes, 1e8, skew, 4096.0)
    return hit_curves([part], memory, Ways(ttl))["item"]


def simulated(capacity: int, ttl: float, writes_per_s: float, skew: float = 0.8) -> float:
    """Hit ratio of an LRU cache whose reads do not renew the TTL and whose writes delete."""
    rng = np.random.default_rng(7)
    rate = READS_PER_S + writes_per_s
    n = 300_000
    share = np.arange(1, KEYS + 1.0) ** -skew
    keys = rng.choice(KEYS, n, p=share / share.sum()).tolist()
    times = np.cumsum(rng.exponential(1 / rate, n)).tolist()
    is_read = (rng.random(n) < READS_PER_S / rate).tolist()
    ends: OrderedDict[int, float] = OrderedDict()  # key to the end of its life; oldest read first
    first: OrderedDict[int, float] = OrderedDict()  # the same in the order of filling
    reads = hits = 0
    for i, (key, now, reading) in enumerate(zip(keys, times, is_read)):
        while first and next(iter(first.values())) <= now:  # expired entries take no room
            old, _ = first.popitem(last=False)
            del ends[old]
        if not reading:
            ends.pop(key, None)
            first.pop(key, None)
            continue
        hit = key in ends
        if i > n // 3:
            reads += 1
            hits += hit
        if hit:
            ends.move_to_end(key)
            continue
        if len(ends) >= capacity:
            old, _ = ends.popitem(last=False)
            del first[old]
        ends[key] = first[key] = now + (ttl or math.inf)
    return hits / reads


@pytest.mark.parametrize("capacity", [50, 300, 1200])
@pytest.mark.parametrize("ttl", [0.0, 2.0, 10.0, 60.0])
@pytest.mark.parametrize("writes_per_s", [0.0, 20.0])
def test_as_a_simulated_cache(capacity: int, ttl: float, writes_per_s: float) -> None:
    """LRU, TTL and invalidations together: within 0.004 of the simulated hit ratio."""
    part = EntityReads("item", READS_PER_S, writes_per_s, KEYS, 0.8, 1.0)
    found = hit_curves([part], float(capacity), Ways(ttl))["item"].steady
    assert found == pytest.approx(simulated(capacity, ttl, writes_per_s), abs=ERROR_MAX)


@pytest.mark.parametrize("ttl", [0.0, 60.0, 3600.0, 86_400.0])
@pytest.mark.parametrize("writes", [0.0, 5000.0])
@pytest.mark.parametrize("skew", [0.0, 0.8, 1.2])
def test_more_memory_never_hurts(ttl: float, writes: float, skew: float) -> None:
    """The hit ratio rises with memory, without a jump, up to where everything fits."""
    memory = np.geomspace(0.01 * GIB, 1000 * GIB, 400)
    ratios = [curve(m, ttl, writes, skew).steady for m in memory]
    steps = np.diff(ratios)
    assert steps.min() >= -1e-6
    assert steps.max() < 0.06


@pytest.mark.parametrize("memory", [1 * GIB, 50 * GIB, 200 * GIB, 1000 * GIB])
@pytest.mark.parametrize("writes", [0.0, 5000.0])
def test_a_longer_ttl_never_hurts(memory: float, writes: float) -> None:
    """The hit ratio rises with the TTL, up to that of a cache without one."""
    ttls = [*np.geomspace(1.0, 1e7, 200).tolist(), 0.0]
    steps = np.diff([curve(memory, ttl, writes).steady for ttl in ttls])
    assert steps.min() >= -1e-6
    assert steps.max() < 0.06


def test_fewer_writes_never_hurt() -> None:
    """The hit ratio falls as writes invalidate more."""
    steps = np.diff([curve(100 * GIB, 3600.0, w).steady for w in np.geomspace(1.0, 1e6, 60)])
    assert steps.max() <= 1e-6


def test_monotone_in_both_times() -> None:
    """A key is held longer where it stays longer unread, and where its TTL is longer."""
    rate = np.geomspace(1e-7, 1e3, 60)
    times = np.geomspace(1e-3, 1e6, 120)
    for writes in (np.zeros_like(rate), rate / 5, np.full_like(rate, 0.01)):
        for fixed in (0.1, 10.0, 3600.0):
            by_stay = np.array([held(rate, writes, t, fixed) for t in times])
            by_ttl = np.array([held(rate, writes, fixed, t) for t in [*times, math.inf]])
            assert np.diff(by_stay, axis=0).min() >= -1e-9
            assert np.diff(by_ttl, axis=0).min() >= -1e-9


def test_known_limits() -> None:
    """r t / (1 + r t) where only the TTL limits, 1 - exp(-r T) where only memory does."""
    rate, none = np.array([0.01, 0.5, 20.0]), np.zeros(3)
    assert held(rate, none, math.inf, 3.0) == pytest.approx(rate * 3 / (1 + rate * 3))
    assert held(rate, none, 3.0) == pytest.approx(1 - np.exp(-rate * 3))
    assert held(rate, none, 3.0, 1e12) == pytest.approx(1 - np.exp(-rate * 3), rel=1e-6)
    assert held(rate, rate, math.inf) == pytest.approx(0.5)


@pytest.mark.parametrize("ttl", [0.0, 300.0])
@pytest.mark.parametrize("memory", [1 * GIB, 100 * GIB])
def test_an_emptied_cache_fills(ttl: float, memory: float) -> None:
    """From nothing up to the steady state; rows and ages tell the same."""
    found = curve(memory, ttl, 1000.0)
    rows, step = found.rows()
    assert rows[0] == 0 and rows[-1] == found.steady
    assert np.diff(rows).min() >= -1e-12
    assert rows[100] == pytest.approx(found.at(100 * step))
    assert found.at(found.lasting_s) == pytest.approx(found.steady, rel=1e-6)
