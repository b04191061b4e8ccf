"""Waits for cores where long bursts meet many short ones: the queue M/H2/c, exactly.

While long bursts hold all cores a backlog of short ones grows and drains; between that they hardly
wait. The first two moments of a burst, which Allen and Cunneen's formula goes by, tell neither how
rare that is with several cores nor how long those wait whom it meets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backend_lead.analysis.samples import SAMPLES, Vector

# Squared cv of bursts from which they are told apart. Below it Allen and Cunneen's mean wait is
# at most 0.16 mean bursts above that of M/H2/c: computed at 1 to 16 servers, 30 to 70 % busy.
VARIED = 2.0
SERVERS_MAX = 16  # solved for in about a millisecond; of more the error is taken to be the same
USE_DIGITS, KIND_DIGITS = 4, 6  # significant ones, to which queues are the same
RATIO_MAX = 1e6  # of the mean to the shorter time; what is shorter takes as good as none
WAITING_MIN = 1e-6  # a smaller chance to wait counts as none, as in `Times.delay`
KEPT = 4096  # queues solved that are remembered
TURNS_MAX = 64  # of the reduction; enough for bursts a million times as long
NEGLIGIBLE = 1e-16  # a chance that adds nothing to one
# Digits that processors agree in: their linear algebra differs in the last of 16, and a line that
# is a billion long takes nine of them.
SURE_DIGITS, SPREAD_DECIMALS = 9, 6
POINTS = 16  # in each octave of times at which the chance to wait longer is computed
OCTAVES_MAX = 64  # of those times
SOONEST = 1e-2  # the first of them, over the time in the shortest phase
TERMS = 6  # of the series of its exponential: what is left of it is below 1e-17
LONGEST = 1e-5  # the chance to wait longer at which times end: well below 0.5 / SAMPLES


class Kinds(NamedTuple):
    """Bursts of one of two exponential times: the means in s, and the share of long ones."""

    short_s: float
    long_s: float
    share: float

    @property
    def mean_s(self) -> float:
        return self.short_s + self.share * (self.long_s - self.short_s)

    @property
    def scv(self) -> float:
        square = self.short_s**2 + self.share * (self.long_s**2 - self.short_s**2)
        return 2 * square / self.mean_s**2 - 1


class Met(NamedTuple):
    """What bursts meet at the cores of one replica: the chance to wait, the mean wait in mean
    bursts, and SAMPLES quantiles of the wait of who waits, over their mean."""

    waiting: float
    wait: float
    spread: Vector


NOBODY = Met(0.0, 0.0, np.ones(SAMPLES))


def kinds(bursts: Iterable[tuple[float, float]]) -> Kinds | None:
    """The two kinds that stand for bursts of (rate, mean in s), each exponential; None where they
    are so much alike that it does not matter.

    Their first three moments are kept: two points and weights of Gauss's quadrature over the means
    (Whitt, Operations Research 30, 1982, fits hyperexponentials so).
    """
    rate = first = second = third = 0.0
    for each, mean in bursts:
        rate += each
        first += each * mean
        second += each * mean**2
        third += each * mean**3
    if rate <= 0 or first <= 0:
        return None
    first, second, third = first / rate, second / rate, third / rate
    if 2 * second / first**2 - 1 < VARIED:
        return None
    both = (third - first * second) / (second - first**2)  # short and long added
    apart = (max(0.0, both**2 - 4 * (both * first - second))) ** 0.5
    long = (both + apart) / 2
    above, square = long - first, second - first**2
    short = max(first / RATIO_MAX, first - square / above)
    return Kinds(short, long, square / (square + above**2))


def met(rate: float, of: Kinds, servers: int, slow: float = 1.0) -> Met:
    """At one replica that is asked at random, `rate` a second, below its capacity; bursts take
    `slow` times as long. Of more than SERVERS_MAX servers, at that many as busy."""
    return _met(
        same_use(rate * of.mean_s * slow / servers),
        significant(of.long_s / of.short_s, KIND_DIGITS), significant(of.share, KIND_DIGITS),
        min(servers, SERVERS_MAX),
    )  # fmt: skip


def same_use(use: float) -> float:
    """The use that stands for one: to digits of itself, or of what is left if that is less."""
    if use < 0.5:
        return significant(use, USE_DIGITS)
    return 1 - significant(1 - use, USE_DIGITS)


def significant(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def mixed_spread(parts: Iterable[tuple[float, Met]]) -> Vector | None:
    """The spread of waits of requests of which shares meet different queues; None if none waits."""
    found = [(share * one.waiting, one) for share, one in parts if one.waiting > WAITING_MIN]
    if not found:
        return None
    if len(found) == 1:
        return found[0][1].spread
    times = np.concatenate([one.spread * (one.wait / one.waiting) for _, one in found])
    weights = np.repeat([weight / SAMPLES for weight, _ in found], SAMPLES)
    order = np.argsort(times)
    upto = np.cumsum(weights[order])
    even = (np.arange(SAMPLES) + 0.5) / SAMPLES
    out: Vector = np.interp(even, upto / upto[-1], times[order])
    out /= out.mean()
    return out


@lru_cache(KEPT)
def _met(use: float, ratio: float, share: float, servers: int) -> Met:
    """The queue M/H2/c in the order of arrival, with the mean burst as the unit of time.

    Level: how many are inside; phase: how many long ones are in service. `sinks` is Neuts' matrix
    G: the phase in which the line is one shorter for the first time. Below all servers busy, levels
    follow from the one above (Neuts, Matrix-geometric solutions, 1981, sect. 1.5).
    The line is as long as the arrivals during a wait are many (Keilson and Servi, Operations
    Research Letters 7, 1988), so with the phases x of all who find the servers busy the chance to
    wait longer than t is x exp(t `during`) 1. No probability is found by a difference, so that none
    is negative, however rare.
    """
    if use < WAITING_MIN:  # who waits finds all servers busy: never more than that share
        return NOBODY
    scale = 1 + share * (ratio - 1)
    arrive = use * servers
    short, long = scale, scale / ratio  # rates of service
    busy = np.arange(servers + 1.0)
    leave = (servers - busy) * short + busy * long
    down = np.diag((servers - busy) * short * (1 - share) + busy * long * share)
    down += np.diag((servers - busy[:-1]) * short * share, 1)
    down += np.diag(busy[1:] * long * (1 - share), -1)
    sinks = _sinks(arrive, leave, down)
    rest, below = _below(arrive, short, long, share, servers)
    full = _stationary(rest + arrive * sinks)
    # visits to a line of one before it is gone, over those to none: the matrix R
    grows = arrive * np.linalg.inv(np.diag(arrive + leave) - arrive * sinks)
    left = np.linalg.inv(np.eye(servers + 1) - grows)
    found = full @ left
    line = float((found @ grows @ left).sum())
    total, level = float(found.sum()), full
    for step in reversed(below):
        level = np.asarray(level @ step, np.float64)
        total += float(level.sum())
    waiting = float(found.sum()) / total
    if waiting < WAITING_MIN:
        return NOBODY
    during = arrive * sinks - np.diag(leave)
    return Met(
        significant(waiting, SURE_DIGITS), significant(line / total / arrive, SURE_DIGITS),
        _spread(found / found.sum(), during),
    )  # fmt: skip


def _sinks(arrive: float, leave: Vector, down: Vector) -> Vector:
    """By phase, that in which the line is one shorter for the first time: logarithmic reduction
    (Latouche and Ramaswami, Journal of Applied Probability 30, 1993). Each turn looks at steps
    twice as large up and down; `lasts` is the chance to be that far up before the end."""
    n = len(leave)
    fall, rise = down / (arrive + leave)[:, None], np.diag(arrive / (arrive + leave))
    found: Vector = fall
    lasts: Vector = rise
    for _ in range(TURNS_MAX):
        same = np.eye(n) - rise @ fall - fall @ rise
        twice = np.linalg.solve(same, np.hstack((fall @ fall, rise @ rise)))
        both = np.asarray(twice, np.float64)
        both /= both.sum(axis=1)[:, None]  # either is certain
        fall, rise = both[:, :n], both[:, n:]
        found = np.asarray(found + lasts @ fall, np.float64)
        lasts = np.asarray(lasts @ rise, np.float64)
        if lasts.max() < NEGLIGIBLE:
            break
    out: Vector = found / found.sum(axis=1)[:, None]
    return out


def _stationary(rates: Vector) -> Vector:
    """The shares of time in states, by the rates from each to each; the diagonal does not count.

    Elimination without a difference: Grassmann, Taksar and Heyman, Operations Research 33, 1985.
    """
    flows = rates.copy()
    n = len(flows)
    for last in range(n - 1, 0, -1):
        flows[:last, last] /= flows[last, :last].sum()
        flows[:last, :last] += np.outer(flows[:last, last], flows[last, :last])
    out = np.zeros(n)
    out[0] = 1.0
    for state in range(1, n):
        out[state] = out[:state] @ flows[:state, state]
    out /= out.sum()
    return out


def _below(
    arrive: float, short: float, long: float, share: float, servers: int
) -> tuple[Vector, list[Vector]]:
    """What comes back to the level of all servers busy from below it, by phase; and by what the
    probabilities of each level are to be multiplied for those of the one below."""
    steps: list[Vector] = []
    back = np.zeros((1, 1))
    for inside in range(1, servers + 1):
        of = np.arange(inside + 1.0)
        leave = np.zeros((inside + 1, inside))
        at = np.arange(inside)
        leave[at, at] = (inside - of[:-1]) * short
        leave[at + 1, at] = of[1:] * long
        out = -back
        out[at, at] += arrive + (inside - 1 - of[:-1]) * short + of[:-1] * long
        step = np.asarray(np.linalg.solve(out.T, leave.T).T, np.float64)
        steps.append(step)
        back = np.zeros((inside + 1, inside + 1))
        back[:, :-1] = step * (arrive * (1 - share))
        back[:, 1:] += step * (arrive * share)
    return back, steps


def _spread(found: Vector, during: Vector) -> Vector:
    """Quantiles over the mean of waits longer than t by the chance found x exp(t during) 1.

    Exponentials of twice the time are squares; the first is a series without negative terms
    (Jensen's uniformisation, 1953). Each octave of times has POINTS of them, evenly.
    """
    n = len(found)
    fastest = float(-during.diagonal().min())
    soonest = SOONEST / fastest
    ahead: Vector = np.eye(n)
    jumps = (during + fastest * np.eye(n)) * soonest
    for term in range(TERMS, 0, -1):
        ahead = np.eye(n) + jumps @ ahead / term
    ahead *= math.exp(-SOONEST)
    at: Vector = np.empty((POINTS, n))  # phases of who still waits, at times of the octave
    at[0] = found @ ahead
    small = np.eye(n) + during * (soonest / POINTS)  # its rest is less than a millionth of it
    for i in range(1, POINTS):
        at[i] = at[i - 1] @ small
    times, longer = [np.zeros(1)], [np.ones(1)]
    octave: Vector = soonest * (1 + np.arange(POINTS) / POINTS)
    for _ in range(OCTAVES_MAX):
        times.append(octave)
        longer.append(np.asarray(at.sum(axis=1), np.float64))
        if longer[-1][-1] < LONGEST:
            break
        double: Vector = ahead @ ahead
        at = np.concatenate((at[::2] @ ahead, at[::2] @ double))
        ahead = double
        octave = np.asarray(octave * 2, np.float64)
    upto = 1 - np.minimum.accumulate(np.clip(np.concatenate(longer), 0.0, 1.0))
    even = (np.arange(SAMPLES) + 0.5) / SAMPLES
    out: Vector = np.interp(even, upto, np.concatenate(times))
    out /= out.mean()
    return np.round(out, SPREAD_DECIMALS)
