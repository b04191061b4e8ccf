"""Reads of one key that miss together: against a key-level simulation and the formula."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest

from backend_lead.views.hits import EntityReads, HitCurve, Ways, hit_curves

KEYS, SECONDS = 20, 2000.0
ALL = 1e12  # bytes: nothing leaves for want of memory


def curve(reads_per_s: float, fetch_s: float, ttl_s: float, *, coalesced: bool) -> HitCurve:
    part = EntityReads("page", reads_per_s, 0.0, KEYS, 0.8, 1.0, fetch_s, coalesced)
    return hit_curves([part], ALL, Ways(ttl_s))["page"]


def simulated(
    reads_per_s: float, fetch_s: float, ttl_s: float, *, coalesced: bool
) -> tuple[float, float, float]:
    """(share of reads that ask the store, share that join a fetch, their mean wait) of a cache
    whose keys live `ttl_s` from when they are there, with exponential fetch times."""
    rng = np.random.default_rng(11)
    share = np.arange(1, KEYS + 1.0) ** -0.8
    n = int(reads_per_s * SECONDS)
    keys = rng.choice(KEYS, n, p=share / share.sum()).tolist()
    times = np.cumsum(rng.exponential(1 / reads_per_s, n)).tolist()
    until = [0.0] * KEYS  # a key is held until then
    under_way: list[list[float]] = [[] for _ in range(KEYS)]  # ends of its fetches
    asked = joined = 0
    waited = 0.0
    for key, now in zip(keys, times):
        ends = under_way[key]
        while ends and ends[0] <= now:
            until[key] = heapq.heappop(ends) + ttl_s
        if until[key] > now:
            continue
        if coalesced and ends:
            joined += 1
            waited += ends[0] - now
            continue
        asked += 1
        heapq.heappush(ends, now + float(rng.exponential(fetch_s)))
    return asked / n, joined / n, waited / max(1, joined)


@pytest.mark.parametrize("reads_per_s", [20.0, 200.0])
@pytest.mark.parametrize("fetch_s", [0.05, 0.5])
def test_coalesced_reads_ask_once_a_fetch(reads_per_s: float, fetch_s: float) -> None:
    """Shares of reads that ask and that join, and how long these wait, are those simulated."""
    one = curve(reads_per_s, fetch_s, 2.0, coalesced=True)
    asked, joined, waited = simulated(reads_per_s, fetch_s, 2.0, coalesced=True)
    assert 1 - one.steady == pytest.approx(asked, rel=0.03)
    assert one.joining == pytest.approx(joined, rel=0.06)
    assert one.joined_s == pytest.approx(waited, rel=0.1)


@pytest.mark.parametrize("reads_per_s", [20.0, 200.0])
def test_reads_on_their_own_ask_once_each(reads_per_s: float) -> None:
    """Without it everybody who comes during the fetch asks too. The first of many fetches under
    way ends sooner than a lone one would, so that fewer ask than the formula says: it errs to the
    safe side, here by less than half."""
    one = curve(reads_per_s, 0.05, 2.0, coalesced=False)
    asked, _, _ = simulated(reads_per_s, 0.05, 2.0, coalesced=False)
    assert asked <= (1 - one.steady) * 1.03 and 1 - one.steady < 1.5 * asked
    assert one.joining == 0


def test_a_key_that_is_never_held_is_asked_for_once_a_fetch() -> None:
    """Of r reads a second r / (1 + rF) ask: one key, written much more often than read."""
    part = EntityReads("page", 50.0, 1e9, 1, 0.0, 1.0, 0.2, True)
    one = hit_curves([part], ALL)["page"]
    assert 50 * (1 - one.steady) == pytest.approx(50 / (1 + 50 * 0.2), rel=1e-6)


def test_without_a_fetch_time_nothing_changes() -> None:
    """A key that is there at once is missed by nobody else."""
    alone, together = (curve(200.0, 0.0, 2.0, coalesced=c) for c in (False, True))
    assert alone.steady == together.steady and together.joining == 0


def test_a_cold_cache_is_asked_less() -> None:
    """Just after everything was lost, one read of a popular key asks where all did."""
    alone, together = (curve(2000.0, 0.5, 60.0, coalesced=c) for c in (False, True))
    assert alone.at(0.4) == 0
    assert together.at(0.4) > 0.9
    assert math.isclose(alone.at(50.0), alone.steady, rel_tol=1e-3)
