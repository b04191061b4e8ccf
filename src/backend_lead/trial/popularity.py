"""Who is asked for how often, as pure functions of a row's number: no state, any order, any worker.

A row's number is mixed into 64 bits that look drawn by chance (splitmix64: Steele, Lea and Flood,
"Fast splittable pseudorandom number generators", OOPSLA 2014). The mixing maps numbers one to one,
so that different rows stay different.
"""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Bits = NDArray[np.uint64]
Real = NDArray[np.float64]
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_ONE, _TWO = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_GOLDEN = 0.6180339887  # share of a table between neighbours in popularity: far apart
_FLATTER = 0.8  # step in which popularity is flattened where pairs would not be enough
_NEAR_ONE = 1e-6
_UNIT = 2.0**-53


def mixed(rows: Rows, seed: int) -> Bits:
    """64 bits for each number, different for different numbers."""
    with np.errstate(over="ignore"):
        z = rows.astype(np.uint64) * _GAMMA + np.uint64(seed & (2**64 - 1))
        z = (z ^ (z >> np.uint64(30))) * _ONE
        z = (z ^ (z >> np.uint64(27))) * _TWO
        return z ^ (z >> np.uint64(31))


def shares(bits: Bits) -> Real:
    """Numbers in [0, 1)."""
    return (bits >> np.uint64(11)).astype(np.float64) * _UNIT


def ranks(share: Real, count: int, skew: float) -> Rows:
    """Ranks from 0, where rank r is asked for in proportion to (r + 1) ** -skew.

    By the inverse of the continuous law over [1, count + 1), which is Zipf's but for the head.
    """
    if skew <= 0 or count <= 1:
        found = share * count
    elif abs(skew - 1) < _NEAR_ONE:
        found = np.exp(share * np.log(count + 1.0)) - 1
    else:
        top = (count + 1.0) ** (1 - skew)
        found = (share * (top - 1) + 1) ** (1 / (1 - skew)) - 1
    whole: Rows = np.minimum(found.astype(np.int64), count - 1)
    return whole


def spread(rank: Rows, count: int) -> Rows:
    """The row of each rank: one to one, neighbours far apart."""
    row: Rows = (rank * _step(count) + count // 3) % count
    return row


def _step(count: int) -> int:
    step = max(1, int(count * _GOLDEN))
    while gcd(step, count) != 1:
        step += 1
    return step


def groups(rows: int, parents: int, most: int, skew: float) -> Rows:
    """Where the rows of each parent begin (one more at the end), the most popular parents first.

    No parent has more than `most` rows; where popularity asks for more it is flattened.
    """
    while True:
        edge = np.arange(parents + 1, dtype=np.float64) + 1
        if abs(skew - 1) < _NEAR_ONE:
            below = np.log(edge) / np.log(parents + 1.0)
        else:
            below = (edge ** (1 - skew) - 1) / ((parents + 1.0) ** (1 - skew) - 1)
        start = np.floor(below * rows).astype(np.int64)
        start[-1] = rows
        if int(np.diff(start).max()) <= most or skew == 0:
            return start
        skew = skew * _FLATTER if skew > _NEAR_ONE * 10 else 0.0


def pairs(rows: Rows, start: Rows, others: int) -> tuple[Rows, Rows]:
    """Different pairs: the parent's rank of each row, and one of `others` that it has once."""
    rank = np.searchsorted(start, rows, side="right") - 1
    place = rows - start[rank]
    first = (mixed(rank, others) % np.uint64(others)).astype(np.int64)
    return rank, (first + place * _step(others)) % others
