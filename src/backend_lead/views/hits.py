"""How often a cache has what is asked: Zipf popularity, LRU, a TTL that reads do not renew, writes.

Under LRU a key leaves when the characteristic time T has passed without a read, the same T for all
keys; T solves: expected bytes held = capacity (Che, Tung, Wang, "Hierarchical Web Caching Systems",
IEEE JSAC 20, 2002; Fricker, Robert, Roberts, "A versatile and accurate approximation for LRU cache
performance", ITC 24, 2012). With a TTL t a key is a renewal process, a cycle from one miss to the
next: with rate r it hits r H / (1 + r H) of its reads, H the mean time an entry is held; H = t
where T is no limit (Jung, Berger, Balakrishnan, "Modeling TTL-based Internet Caches", INFOCOM 2003;
Fofack, Nain, Neglia, Towsley, "Performance evaluation of hierarchical TTL-based cache networks",
Computer Networks 65, 2014). Popularity: Breslau et al., INFOCOM 1999 (Zipf-like).

A key is not there while it is fetched. Reads of it that come within the fetch time F miss as well:
a cycle of 1 + rF + rH reads has rH hits, H the mean time the entry is held. Each of the others asks
the store, or, where they are coalesced, only the first, and the rest wait for its answer: of a key
that is never held, r / (1 + rF) reads a second ask (renewal-reward, for any F with that mean).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
RANKS = 400  # popularity classes; geometric, so that the head is exact and the tail is grouped
AGE_ROWS = 600  # rows of a warm-up curve
WARM_UP_S = 600.0  # how much of the warm-up is followed in rows
DAY_S = (
    86_400.0  # a cache is judged a day after it was empty: keys not asked for since are not held
)
TINY = 1e-12  # below it, x stands for 1 - exp(-x)
LN_T = (-14.0, 28.0)  # ln of seconds: a microsecond to some 45,000 years


def added(what: Vector, often: Vector) -> float:
    """The sum of the products, in an order that no processor's linear algebra changes."""
    return float((what * often).sum())


def share_of(kept: Vector, weight: Vector) -> float:
    """The mean of shares; weights may add up to a little more than one, by their rounding."""
    return min(1.0, added(kept, weight))


@dataclass(frozen=True)
class EntityReads:
    """What is asked of a cache for one entity: reads and invalidations (1/s), keys, bytes a key.

    `fetch_s` is the mean time until a key that missed is there again; `coalesced`, whether reads
    that come meanwhile wait for it instead of asking themselves.
    """

    entity: str
    reads_per_s: float
    writes_per_s: float
    keys: float
    skew: float
    bytes: float
    fetch_s: float = 0.0
    coalesced: bool = False


@dataclass(frozen=True)
class Ways:
    """How a cache gives up keys: after `ttl_s` (0: never), which reads may `renew`; when it is
    full, those used longest ago or, `lfu`, least often."""

    ttl_s: float = 0.0
    renew: bool = False
    lfu: bool = False

    def held(self, rate: Vector, writes: Vector, stays_s: float) -> Vector:
        """Share of time that keys are held which leave when not read for `stays_s`."""
        ttl_s = self.ttl_s or math.inf
        if self.renew:
            return held(rate, writes, min(stays_s, ttl_s))
        return held(rate, writes, stays_s, ttl_s)


@dataclass(frozen=True, eq=False)
class HitCurve:
    """Hit ratio in the steady state, and on the way there from an empty cache.

    Per popularity class: `rate` (reads per second of one key), `weight` (share of reads), `kept`
    (share of reads that do not ask the store). Keys fill up for `lasting_s`; `fresh` is the share
    of reads and writes that are reads. A key is there `late_s` after it was first asked for. Of all
    reads, the share `joining` waits `joined_s` on the mean for what another one fetches; they count
    as hits. `entries` is how many keys the cache has room for, expired ones with them; `stays_s`
    how long one stays that is not read; `asked` what the curve was made of.
    """

    steady: float
    rate: Vector
    weight: Vector
    kept: Vector
    lasting_s: float
    fresh: float
    late_s: float = 0.0
    joining: float = 0.0
    joined_s: float = 0.0
    entries: float = math.inf
    stays_s: float = math.inf
    asked: EntityReads | None = None

    def kept_at(self, rate: Vector) -> Vector:
        """Share of reads that do not ask the store, for keys of such rates (1/s)."""
        if self.rate.size == 0:
            return np.full(rate.shape, self.steady)
        known = np.log(np.maximum(self.rate[::-1], 1e-300))
        out: Vector = np.interp(np.log(np.maximum(rate, 1e-300)), known, self.kept[::-1])
        return out

    def at(self, age_s: float) -> float:
        """Hit ratio of a cache that was emptied `age_s` ago."""
        if self.rate.size == 0:
            return self.steady
        return share_of(self._kept(np.array([age_s]))[0], self.weight)

    def rows(self) -> tuple[list[float], float]:
        """Hit ratios by age and the step between them (s); the last row holds for ever."""
        if self.rate.size == 0:
            return [self.steady], 1.0
        step = min(self.lasting_s, WARM_UP_S) / AGE_ROWS
        ages = np.linspace(0.0, step * (AGE_ROWS - 1), AGE_ROWS)
        filled = np.minimum((self._kept(ages) * self.weight).sum(axis=1), 1.0)
        return [*filled.tolist(), self.steady], step

    def _kept(self, ages: Vector) -> Vector:
        """Hit ratio per age and class: what was read since and not written, at most `kept`."""
        since = np.maximum(ages - self.late_s, 0.0)
        filled = -self.fresh * np.expm1(-np.outer(since, self.rate / self.fresh))
        out: Vector = np.minimum(filled, self.kept)
        return out

    @classmethod
    def constant(cls, ratio: float) -> HitCurve:
        none = np.empty(0)
        return cls(ratio, none, none, none, 0.0, 1.0)


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


def _mean_life(rate: Vector, limit_s: float) -> Vector:
    """Mean of the smaller of `limit_s` and an exponential time of `rate`: (1 - e^-rt) / r."""
    x = np.maximum(rate * limit_s, TINY)
    out: Vector = -np.expm1(-x) / x * limit_s
    return out


def held(rate: Vector, writes: Vector, stays_s: float, ttl_s: float = math.inf) -> Vector:
    """Share of time a key is held, and so the share of its reads that hit (Poisson arrivals).

    `rate` and `writes` of a key (1/s); `stays_s`: it leaves after this time without a read;
    `ttl_s`: and after this time since it was filled. Exact where `stays_s` >= `ttl_s` and where
    there is no TTL; monotone in both times.
    """
    both = np.maximum(rate + writes, 1e-300)
    if math.isinf(ttl_s):
        out: Vector = rate / both * -np.expm1(-both * stays_s)
        return out
    life = _mean_life(writes, min(stays_s, ttl_s))
    if stays_s < ttl_s:
        life = life + _renewed_life(rate, writes, stays_s, ttl_s)
    hits = rate * life
    return hits / (1 + hits)


def _renewed_life(rate: Vector, writes: Vector, stays_s: float, ttl_s: float) -> Vector:
    """Mean time an entry is held after its first `stays_s`, up to the TTL.

    Entries read in that time leave it; from then on they are taken to go at a constant rate, the
    one whose mean is exact without a TTL.
    """
    x = np.maximum(rate * stays_s, TINY)
    unread, unspoilt = np.exp(-x), np.exp(-writes * stays_s)
    twice = np.where(x < 1e-4, x * x / 2, 1 - (1 + x) * unread)  # read twice, were none written
    short = np.maximum(stays_s - _mean_life(writes, stays_s), 0.0)
    leaving = (1 - unread) * (writes + rate * unread * unspoilt) / (twice + unread * rate * short)
    return -np.expm1(-x) * unspoilt * _mean_life(leaving, ttl_s - stays_s)


def characteristic_time(
    rate: Vector, bytes_: Vector, memory_bytes: float,
    writes: Vector | None = None, ways: Ways = Ways(),
) -> float:  # fmt: skip
    """T at which the keys held fill the memory; inf where everything fits.

    `rate` and `writes` per key (1/s) and `bytes_` of all keys together, per popularity class.
    """
    spoilt = np.zeros_like(rate) if writes is None else writes

    def over(stays_s: float) -> float:
        return added(bytes_, ways.held(rate, spoilt, stays_s)) - memory_bytes

    if float(bytes_.sum()) <= memory_bytes or over(math.inf) <= 0:
        return math.inf
    low, high = LN_T[0], min(LN_T[1], math.log(ways.ttl_s or math.inf))
    return math.exp(_root(lambda u: over(math.exp(u)), low, high, memory_bytes * 1e-8))


def _root(f: Callable[[float], float], low: float, high: float, near: float) -> float:
    """Where a rising `f` is within `near` of zero: false position, Illinois variant."""
    below, above = f(low), f(high)
    if above <= 0:
        return high
    if below >= 0:
        return low
    side = 0
    for _ in range(60):
        middle = (low * above - high * below) / (above - below)
        value = f(middle)
        if abs(value) <= near:
            return middle
        if value < 0:
            low, below, above = middle, value, above / 2 if side < 0 else above
            side = -1
        else:
            high, above, below = middle, value, below / 2 if side > 0 else below
            side = 1
    return low


def hit_curves(
    entities: list[EntityReads], memory_bytes: float, ways: Ways = Ways()
) -> dict[str, HitCurve]:
    """Hit ratio over age for entities that share one cache of `memory_bytes`."""
    return dict(_hit_curves(tuple(entities), memory_bytes, ways))


@lru_cache(maxsize=512)
def _hit_curves(
    entities: tuple[EntityReads, ...], memory_bytes: float, ways: Ways
) -> tuple[tuple[str, HitCurve], ...]:
    parts = [_classes(e.keys, e.skew) for e in entities]
    reads = [share * e.reads_per_s for e, (share, _) in zip(entities, parts)]
    writes = [share * e.writes_per_s for e, (share, _) in zip(entities, parts)]
    bytes_ = [count * e.bytes for e, (_, count) in zip(entities, parts)]
    if ways.lfu:
        stays, room = math.inf, _most_read(reads, bytes_, memory_bytes)
    else:
        stays = characteristic_time(
            np.concatenate(reads), np.concatenate(bytes_), memory_bytes, np.concatenate(writes),
            ways,
        )  # fmt: skip
        room = [
            held(rate, spoilt, stays) if stays < math.inf else np.ones_like(rate)
            for rate, spoilt in zip(reads, writes)
        ]
    return tuple(
        (e.entity, _curve(e, rate, spoilt, count, stays, ways, there))
        for e, rate, spoilt, (_, count), there in zip(entities, reads, writes, parts, room)
    )


def _most_read(rates: list[Vector], bytes_: list[Vector], memory_bytes: float) -> list[Vector]:
    """Of each class of keys the share that is among those read most often that fit."""
    rate, size = np.concatenate(rates), np.concatenate(bytes_)
    order = np.lexsort((-rate,))
    before = np.concatenate([[0.0], np.cumsum(size[order])[:-1]])
    share = np.empty_like(rate)
    share[order] = np.clip((memory_bytes - before) / np.maximum(size[order], 1e-300), 0.0, 1.0)
    return list(np.split(share, np.cumsum([len(part) for part in rates])[:-1]))


def _curve(
    e: EntityReads, rate: Vector, writes: Vector, count: Vector, stays: float, ways: Ways,
    room: Vector,
) -> HitCurve:  # fmt: skip
    """`room` is the share of each class of keys that there is room for, expired or not."""
    weight = rate * count
    if weight.sum() <= 0:
        return HitCurve.constant(0.0)
    weight = weight / weight.sum()
    fresh = e.reads_per_s / (e.reads_per_s + e.writes_per_s)
    stays_s = min(stays, DAY_S)
    there = ways.held(rate, writes, stays_s) * (room if ways.lfu else 1.0)
    cycle = 1 + rate * e.fetch_s * (1 - there)  # how much longer the fetch makes it
    asking = (1 - there) / cycle
    joining = rate * e.fetch_s * asking
    kept = 1 - asking if e.coalesced else there / cycle
    curve = HitCurve(
        share_of(kept, weight), rate, weight, kept, min(stays_s, ways.ttl_s or math.inf),
        fresh, e.fetch_s, entries=added(count, room), stays_s=stays, asked=e,
    )  # fmt: skip
    if not e.coalesced:
        return curve
    # who comes during a fetch of exponential length waits a whole mean for its end
    joins = added(weight, joining)
    return replace(curve, late_s=0.0, joining=joins, joined_s=e.fetch_s)


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
            passed = curve.rate * (1 - curve.kept)
        total = added(passed, count)
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
            out.append((part.entity, added(weight, np.exp(-rate / spread * lasting)) / total))
    return tuple(out)
