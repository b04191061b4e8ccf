"""How often each row of an entity is asked for, as far as a run tells rows apart.

The most popular rows are themselves, by Zipf's law with the entity's skew. The others, which are
asked for about alike, are shared out over some more keys, so that each place (a shard, a partition)
keyed by the entity has the share of them that the hash of the rows they stand for gives it; of more
rows than are worth hashing, its even share.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from backend_lead.kernel.places import places

Vector = NDArray[np.float64]
Use = tuple[int, int]  # what keys are hashed with there, and over how many places
HOT_ROWS = 2_000  # that are keys of their own
COLD_ROWS = 2_000  # keys that stand for all the others, at least
PER_PLACE = 16  # of these for each place, at least
SLICES = 1_000  # by which what the others add up to is found
HASHED = 2_000_000  # rows; of more each of some hundred places has its share within a percent
EVEN = 0.02  # a split whose busiest place has so much more than the mean is drawn evenly: the same
EVENED = 30  # rounds of fitting the others to all their places; two places of one kind need one


def popularity(
    rows: float, skew: float, *, uses: frozenset[Use] = frozenset(), exact: bool = False,
    passed: Callable[[Vector], Vector] | None = None,
) -> Vector:  # fmt: skip
    """Share of each key in all that is asked, the hottest first; they add up to 1.

    `uses` are the places that the keys go to. `exact`: each row is a key. `passed` gives, of
    shares, what part of the requests for keys of such shares is counted. Not to be written to.
    """
    if passed is None and not exact:
        return _of_all(rows, skew, uses)
    return _popularity(rows, skew, uses, exact, passed)


@lru_cache(maxsize=64)
def _of_all(rows: float, skew: float, uses: frozenset[Use]) -> Vector:
    found = _popularity(rows, skew, uses, False, None)
    found.flags.writeable = False
    return found


def _popularity(
    rows: float, skew: float, uses: frozenset[Use], exact: bool,
    passed: Callable[[Vector], Vector] | None,
) -> Vector:  # fmt: skip
    n, cold = int(max(1.0, rows)), cold_keys(uses)
    alone = told_apart(rows, uses, exact=exact)
    share = np.arange(1, alone + 1, dtype=float) ** -skew
    edges = _edges(n, alone)
    middles, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    each = middles**-skew
    total = float(share.sum()) + float((each * widths).sum())
    share, each = share / total, each / total
    if passed is not None:
        share, each = share * passed(share), each * passed(each)
    if n > alone:
        rest = _evened(float((each * widths).sum()), alone, cold, _targets(n, alone, each, uses))
        share = np.concatenate([share, rest])
    whole = float(share.sum())
    out: Vector = share / whole if whole > 0 else np.full(len(share), 1 / len(share))
    return out


def cold_keys(uses: frozenset[Use]) -> int:
    """Keys that stand for the rows that are not told apart, where there are any."""
    return max(COLD_ROWS, PER_PLACE * max((places for _, places in uses), default=0))


def told_apart(rows: float, uses: frozenset[Use] = frozenset(), *, exact: bool = False) -> int:
    """How many rows, from the hottest on, are keys of their own."""
    n = int(max(1.0, rows))
    return n if exact or n <= HOT_ROWS + cold_keys(uses) else HOT_ROWS


def _edges(n: int, alone: int) -> Vector:
    """Ranks between which the others are taken to be alike: narrow where they are popular."""
    return np.geomspace(alone + 0.5, n + 0.5, SLICES + 1) if n > alone else np.empty(0)


Targets = list[tuple[Use, Vector]]  # what share of the others each place of a use has


def _targets(n: int, alone: int, each: Vector, uses: frozenset[Use]) -> Targets:
    """What share of the rows from `alone` on goes to each place; `each` is one row's, by slices."""
    out = []
    for use in sorted(uses):
        load = np.ones(use[1])
        if n <= HASHED:
            load = (each[:, None] * _hashed(n, alone, use)).sum(axis=0)
        whole = float(load.sum())
        out.append((use, load / whole if whole > 0 else np.full(use[1], 1 / use[1])))
    return out


@lru_cache(maxsize=64)
def _hashed(n: int, alone: int, use: Use) -> Vector:
    """How many rows of each slice, of those from `alone` to n, go to each place."""
    what, many = use
    where = places(n, what, many)[alone:]
    slices = np.searchsorted(_edges(n, alone), np.arange(alone, n) + 1.0, side="right") - 1
    found = np.bincount(slices * many + where, minlength=SLICES * many)
    return found.reshape(-1, many).astype(float)


def _evened(whole: float, first: int, n: int, targets: Targets) -> Vector:
    """`whole` shared out over n keys from `first` on, so that of each use all places have their
    share of it (iterative proportional fitting)."""
    share = np.full(n, whole / n)
    at = [(places(first + n, what, many)[first:], many, has) for (what, many), has in targets]
    for _ in range(EVENED if len(at) > 1 else 1):
        for where, many, has in at:
            found = np.bincount(where, share, many)
            share = share * (whole * has / np.maximum(found, 1e-300))[where]
    return share


def by_place(shares: Vector, use: Use) -> Vector:
    """The share of what is asked that goes to each place."""
    what, n = use
    return np.bincount(places(len(shares), what, n), shares, n).astype(float)


def uneven(shares: Vector, use: Use) -> bool:
    """Whether rows that are popular, or few, make some places so much busier than others."""
    return use[1] > 1 and float(by_place(shares, use).max()) * use[1] > 1 + EVEN
