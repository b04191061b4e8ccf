"""The largest and smallest values a program may hold, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from . import layout as lay

# Bounds that keep every sampled time, slowed down, below 2^62 ns, whatever is drawn: the smallest
# uniform is 2^-53, so an exponential is at most 7.7 + 36.8 means, a normal at most 8.6 sigmas.
MEAN_NS_MAX = 1e14
LN_NS_MAX = 36.0
NORMAL_MAX = 8.6
STAGES_MAX = 1_000_000  # of an Erlang time, each of which is drawn
EXPONENTIAL_MAX = 44.5
SLOW_MAX = 1e3
RATE_PER_NS_MIN = 1e-17
BACKOFF_NS_MAX = 2**62
RETRIES_MAX = 60
HELD_MAX = 2_000_000  # connections; all of them may come back at once
THINKING_MAX = 3_000_000  # users who think at the start; each is a frame of the kernel's
BATCH_MAX = 10_000
PARTS_MAX = 2**62  # of a token; leaves room for a sum of two below 2^63
TIME_MAX = 2**55  # ns, a year
SPREAD_MIN = 1_000_000  # ns; clients that are refused at once must not come back at once for ever
OFTEN_MIN = 1_000  # ns between two things that happen again and again by themselves
SPEED_MIN, SPEED_MAX = 1e-3, 1e3  # of a job; a day of work adds to less than 2^57 in doubles
STRETCH_MAX = 1e6  # of contention and coherency
WAIT_NS_MAX = 2**61  # for a job that is served slowest of all
FACTOR_MAX = 1e9  # of a phase, on the rate
WEIGHT_MIN, WEIGHT_MAX = 1e-6, 1e6
LAST_MAX = 128  # outcomes a breaker keeps
PROBES_MAX = 1_000_000
LOOKS_MAX = 10_000
LFU_CAPACITY_MAX = 4_096  # items, all of which are looked at when one is given up
COUNT_MAX = 2**31 - 1
TOKENS_MAX = 2**61  # of a budget; twice as many are still below 2^63
SHARES_TOLERANCE = 1e-9  # by which a sum of shares may miss 1


def lognormal_mean_max(cv: float) -> float:
    """The highest mean (ns) of a lognormal time that keeps the bounds, for batches of one."""
    variance = math.log1p(cv * cv)
    return math.exp(LN_NS_MAX - NORMAL_MAX * math.sqrt(variance) + variance / 2)


def longest(dist: np.void) -> float:
    """The longest time (ns) that can be drawn from a row of the dist table."""
    match int(dist["kind"]):
        case lay.DIST_CONST:
            time = dist["mean"]
        case lay.DIST_LOGNORMAL:
            time = math.exp(min(dist["p0"] + NORMAL_MAX * dist["p1"], LN_NS_MAX))
        case lay.DIST_HYPER2:
            time = EXPONENTIAL_MAX * max(dist["p1"], dist["p2"])
        case lay.DIST_UNIFORM:
            time = dist["p1"]
        case _:
            time = EXPONENTIAL_MAX * dist["mean"]
    return float(time)


def usual(dist: np.void) -> float:
    """The mean time (ns) drawn from a row of the dist table."""
    p0, p1, p2 = (float(dist[column]) for column in ("p0", "p1", "p2"))
    match int(dist["kind"]):
        case lay.DIST_LOGNORMAL:
            return math.exp(min(p0 + p1 * p1 / 2, LN_NS_MAX))
        case lay.DIST_HYPER2:
            return p0 * p1 + (1 - p0) * p2
        case lay.DIST_UNIFORM:
            return (p0 + p1) / 2
        case _:
            return float(dist["mean"])


def slice_within(where: str, first: int, n: int, size: int, least: int = 1) -> Iterator[str]:
    """Say so if a slice is not of at least so many of a table's rows."""
    first, n = int(first), int(n)
    if n < least or first < 0 or first + n > size:
        yield f"{where}: rows {first}..{first + n - 1} must be at least {least} of 0..{size - 1}"


def at_rest(name: str, table: Any, zero: tuple[str, ...], none: tuple[str, ...]) -> Iterator[str]:
    """Say which rows do not look as they do before anything has happened."""
    moving = np.zeros(len(table), bool)
    for column in zero:
        moving |= table[column] != 0
    for column in none:
        moving |= table[column] != lay.NONE
    for row in np.flatnonzero(moving).tolist():
        yield f"{name}[{row}]: must be at rest"


def apart(name: str, slices: list[tuple[int, int]]) -> Iterator[str]:
    """Say so if slices (first, number of rows) of a table overlap."""
    ends = sorted((first, first + n) for first, n in slices)
    if any(before[1] > after[0] for before, after in pairwise(ends)):
        yield f"{name}: no row may be of two owners"
