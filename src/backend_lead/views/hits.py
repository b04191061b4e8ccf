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

Vector = NDArray[np.float64]
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

    def at(self, age_s: float) -> float:
        """Hit ratio of a cache that was emptied `age_s` ago."""
        if self.rate.size == 0:
            return self.steady
        filled = float(np.dot(self.weight, -np.expm1(-self.rate * age_s)))
        return min(filled * self.fresh, self.steady)

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


def characteristic_time(rate: Vector, bytes_: Vector, memory_bytes: float) -> float:
    """T at which keys touched within T fill the memory; inf where everything fits.

    `rate` per key (1/s) and `bytes_` of all keys together, per popularity class.
    """
    if float(bytes_.sum()) <= memory_bytes:
        return math.inf
    low, high = -14.0, 28.0  # ln of seconds: a microsecond to some 45,000 years
    for _ in range(30):
        middle = (low + high) / 2
        held = -float(np.dot(bytes_, np.expm1(-rate * math.exp(middle))))
        low, high = (middle, high) if held < memory_bytes else (low, middle)
    return math.exp(low)


def hit_curves(
    entities: list[EntityReads], memory_bytes: float, ttl_s: float = 0.0
) -> dict[str, HitCurve]:
    """Hit ratio over age for entities that share one cache of `memory_bytes`; ttl 0 = none."""
    return dict(_hit_curves(tuple(entities), memory_bytes, ttl_s))


@lru_cache(maxsize=512)
def _hit_curves(
    entities: tuple[EntityReads, ...], memory_bytes: float, ttl_s: float
) -> tuple[tuple[str, HitCurve], ...]:
    parts = [_classes(e.keys, e.skew) for e in entities]
    rates = [share * e.reads_per_s for e, (share, _) in zip(entities, parts)]
    bytes_ = np.concatenate([count * e.bytes for e, (_, count) in zip(entities, parts)])
    lasting = characteristic_time(np.concatenate(rates), bytes_, memory_bytes)
    return tuple(
        (e.entity, _curve(e, rate, count, lasting, ttl_s))
        for e, rate, (_, count) in zip(entities, rates, parts)
    )


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
    """What is asked of one entity's rows in a store: keys, popularity, page memory of one key.

    `direct_per_s` come straight; `missed` are (rate, curve) of caches in front that had no answer:
    those have answered the popular part already.
    """

    entity: str
    keys: float
    skew: float
    bytes: float
    direct_per_s: float
    missed: tuple[tuple[float, HitCurve], ...] = ()


def _touch_rates(asked: Touches) -> tuple[Vector, Vector]:
    """Touches of one key (1/s) and number of keys, per popularity class."""
    share, count = _classes(asked.keys, asked.skew)
    rate = share * asked.direct_per_s
    for missed_per_s, curve in asked.missed:
        passed = share
        if curve.rate.size == share.size:
            kept = curve.fresh * -np.expm1(-curve.rate * curve.lasting_s)
            passed = curve.rate * (1 - kept)
        total = float(np.dot(passed, count))
        if total > 0:
            rate = rate + passed / total * missed_per_s
    return rate, count


@lru_cache(maxsize=512)
def page_misses(
    parts: tuple[Touches, ...], memory_bytes: float, groups: int, spread: int
) -> tuple[tuple[str, float], ...]:
    """(entity, share of touches that find no page in memory), by Che's approximation.

    Keys are split over `groups` stores with `memory_bytes` each; each key's touches over `spread`
    copies of its store.
    """
    touched = [_touch_rates(part) for part in parts]
    rates = np.concatenate([rate / spread for rate, _ in touched])
    bytes_ = np.concatenate([n * part.bytes / groups for part, (_, n) in zip(parts, touched)])
    lasting = characteristic_time(rates, bytes_, memory_bytes)
    out = []
    for part, (rate, count) in zip(parts, touched):
        weight = rate * count
        total = float(weight.sum())
        if math.isinf(lasting) or total <= 0:
            out.append((part.entity, 0.0))
        else:
            out.append(
                (part.entity, float(np.dot(weight, np.exp(-rate / spread * lasting))) / total)
            )
    return tuple(out)
