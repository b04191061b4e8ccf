"""How often a cache has what is asked: Che's approximation over Zipf popularity, and over time.

Source: Che, Tung, Wang, "Hierarchical Web Caching Systems", IEEE JSAC 20 (2002): under LRU a key
stays until the characteristic time T has passed without a request, the same T for all keys; T
solves: expected bytes held = capacity. Popularity: Breslau et al., INFOCOM 1999 (Zipf-like).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RANKS = 400  # popularity classes; geometric, so that the head is exact and the tail is grouped
AGE_ROWS = 600  # rows of a warm-up curve
WARM_UP_S = 600.0  # how much of the warm-up is followed in rows
DAY_S = 86_400.0


@dataclass(frozen=True)
class EntityReads:
    """What is asked of a cache for one entity: reads and invalidations (1/s), keys, bytes a key."""

    entity: str
    reads_per_s: float
    writes_per_s: float
    keys: float
    skew: float
    bytes: float


@dataclass(frozen=True, eq=False)
class HitCurve:
    """Hit ratio in the steady state, and on the way there from an empty cache.

    `weight` (share of requests) and `rate` (requests per second of one key) per popularity class;
    keys stay for `lasting_s`; `fresh` is the share of reads that no write has spoilt.
    """

    steady: float
    rate: NDArray[np.float64]
    weight: NDArray[np.float64]
    lasting_s: float
    fresh: float

    def rows(self) -> tuple[list[float], float]:
        """Hit ratios by age and the step between them (s); the last row holds for ever."""
        if self.rate.size == 0:
            return [self.steady], 1.0
        step = min(self.lasting_s, WARM_UP_S) / AGE_ROWS
        ages = np.arange(AGE_ROWS) * step
        filled = -np.expm1(-np.outer(ages, self.rate)) @ self.weight
        return [*np.minimum(filled * self.fresh, self.steady).tolist(), self.steady], step

    @classmethod
    def constant(cls, ratio: float) -> HitCurve:
        none = np.empty(0)
        return cls(ratio, none, none, 0.0, 1.0)


@lru_cache(maxsize=256)
def _classes(keys: float, skew: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Zipf popularity grouped: (share of requests of one key, number of keys) per class."""
    n = max(1, int(keys))
    edges = np.unique(np.round(np.geomspace(1, n + 1, RANKS + 1)).astype(np.int64))
    low, high = edges[:-1].astype(float), edges[1:].astype(float)
    count = high - low
    if abs(skew - 1) < 1e-9:
        mass = np.log((high - 0.5) / (low - 0.5))
    else:
        mass = ((high - 0.5) ** (1 - skew) - (low - 0.5) ** (1 - skew)) / (1 - skew)
    single = count == 1
    mass[single] = low[single] ** -skew
    return mass / mass.sum() / count, count


def hit_curves(
    entities: list[EntityReads], memory_bytes: float, ttl_s: float = 0.0
) -> dict[str, HitCurve]:
    """Hit ratio over age for entities that share one cache of `memory_bytes`; ttl 0 = none."""
    rates, counts, sizes = [], [], []
    for e in entities:
        share, count = _classes(e.keys, e.skew)
        rates.append(share * e.reads_per_s)
        counts.append(count)
        sizes.append(e.bytes)

    def held(t: float) -> float:
        return sum(
            float(np.sum(n * -np.expm1(-r * t))) * b for r, n, b in zip(rates, counts, sizes)
        )

    everything = sum(float(n.sum()) * b for n, b in zip(counts, sizes))
    if everything <= memory_bytes:
        characteristic = math.inf
    else:
        low, high = 1e-6, 1e9
        for _ in range(60):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if held(middle) < memory_bytes else (low, middle)
        characteristic = low
    curves = {}
    for e, r, n in zip(entities, rates, counts):
        curves[e.entity] = _curve(e, r, n, characteristic, ttl_s)
    return curves


def _curve(
    e: EntityReads, rate: NDArray[np.float64], count: NDArray[np.float64],
    characteristic_s: float, ttl_s: float,
) -> HitCurve:  # fmt: skip
    weight = rate * count
    if weight.sum() <= 0:
        return HitCurve.constant(0.0)
    weight = weight / weight.sum()
    fresh = e.reads_per_s / (e.reads_per_s + e.writes_per_s)
    lasting = min(characteristic_s, ttl_s) if ttl_s else characteristic_s
    if ttl_s and ttl_s < characteristic_s:
        final = float(np.sum(weight * (rate * ttl_s) / (1 + rate * ttl_s)))
    elif math.isinf(lasting):
        # everything fits: only first requests miss; after a day the tail is as good as filled
        final = float(np.sum(weight * -np.expm1(-rate * DAY_S)))
    else:
        final = float(np.sum(weight * -np.expm1(-rate * lasting)))
    return HitCurve(final * fresh, rate, weight, lasting, fresh)


@dataclass(frozen=True)
class Touches:
    """What is asked of one entity's rows in a store, per key of each popularity class (1/s).

    `rate` and `count` as in `_classes`; what a cache in front answers is taken out already.
    """

    entity: str
    rate: NDArray[np.float64]
    count: NDArray[np.float64]
    bytes: float


def touches(
    entity: str, keys: float, skew: float, bytes_per_key: float, direct_per_s: float,
    missed: list[tuple[float, HitCurve]],
) -> Touches:  # fmt: skip
    """Touches from reads that come directly and from misses of caches (rate, the cache's curve)."""
    share, count = _classes(keys, skew)
    rate = share * direct_per_s
    for missed_per_s, curve in missed:
        if curve.rate.size == share.size:
            stale = 1 - curve.fresh
            passed = curve.rate * (stale + (1 - stale) * np.exp(-curve.rate * curve.lasting_s))
        else:
            passed = share
        total = float(np.sum(passed * count))
        if total > 0:
            rate = rate + passed / total * missed_per_s
    return Touches(entity, rate, count, bytes_per_key)


def page_misses(
    parts: list[Touches], memory_bytes: float, groups: int, spread: int
) -> dict[str, float]:
    """Share of touches that find no page in memory, per entity (Che's approximation).

    Keys are split over `groups` stores with `memory_bytes` each; each key's touches over `spread`
    copies of its store.
    """

    def held(t: float) -> float:
        return sum(
            float(np.sum(p.count * -np.expm1(-p.rate / spread * t))) * p.bytes / groups
            for p in parts
        )

    if sum(float(p.count.sum()) * p.bytes for p in parts) / groups <= memory_bytes:
        return {p.entity: 0.0 for p in parts}
    low, high = 1e-6, 1e12
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if held(middle) < memory_bytes else (low, middle)
    out = {}
    for p in parts:
        weight = p.rate * p.count
        total = float(weight.sum())
        gone = float(np.sum(weight * np.exp(-p.rate / spread * low))) if total > 0 else 0.0
        out[p.entity] = gone / total if total > 0 else 0.0
    return out
