"""How often each row of an entity is asked for, as far as a run tells rows apart.

The most popular rows are themselves, by Zipf's law with the entity's skew. The others, which are
asked for about alike, are shared out over some more keys, as many that each place (a shard, a
partition) keyed by the entity has its even share of them, as it has of the many rows they stand
for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from backend_lead.kernel.places import places

Vector = NDArray[np.float64]
Use = tuple[int, int]  # what keys are hashed with there, and over how many places
HOT_ROWS = 2_000  # that are keys of their own
COLD_ROWS = 2_000  # keys that stand for all the others, at least
PER_PLACE = 16  # of these for each place, at least
SLICES = 1_000  # by which what the others add up to is found
EVENED = 30  # rounds of fitting the others to all their places; two places of one kind need one


def popularity(
    rows: float, skew: float, *, uses: frozenset[Use] = frozenset(), exact: bool = False,
    passed: Callable[[Vector], Vector] | None = None,
) -> Vector:  # fmt: skip
    """Share of each key in all that is asked, the hottest first; they add up to 1.

    `uses` are the places that the keys go to. `exact`: each row is a key. `passed` gives, of
    shares, what part of the requests for keys of such shares is counted.
    """
    n, cold = int(max(1.0, rows)), cold_keys(uses)
    alone = told_apart(rows, uses, exact=exact)
    share = np.arange(1, alone + 1, dtype=float) ** -skew
    edges = np.linspace(alone + 0.5, n + 0.5, SLICES + 1) if n > alone else np.empty(0)
    middles, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    each = middles**-skew
    total = float(share.sum()) + float((each * widths).sum())
    share, each = share / total, each / total
    if passed is not None:
        share, each = share * passed(share), each * passed(each)
    if n > alone:
        rest = _evened(float((each * widths).sum()), alone, cold, uses)
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


def _evened(whole: float, first: int, n: int, uses: frozenset[Use]) -> Vector:
    """`whole` shared out over n keys from `first` on, so that of each use all places have as much
    of it (iterative proportional fitting)."""
    share = np.full(n, whole / n)
    at = [(places(first + n, what, many)[first:], many) for what, many in sorted(uses)]
    for _ in range(EVENED if len(at) > 1 else 1):
        for where, many in at:
            has = np.bincount(where, share, many)
            share = share * (whole / many / np.maximum(has, 1e-300))[where]
    return share


def by_place(shares: Vector, use: Use) -> Vector:
    """The share of what is asked that goes to each place."""
    what, n = use
    return np.bincount(places(len(shares), what, n), shares, n).astype(float)
