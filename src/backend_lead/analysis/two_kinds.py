"""Waits for cores where long bursts meet many short ones: the queue M/H2/c, exactly.

While long bursts hold all cores a backlog of short ones grows and drains; between that they hardly
wait. The first two moments of a burst, which Allen and Cunneen's formula goes by, tell neither how
rare that is with several cores nor how long those wait whom it meets.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backend_lead.analysis.samples import SAMPLES, Vector

# Squared cv of bursts from which they are told apart. Below it Allen and Cunneen's mean wait is
# at most 0.16 mean bursts above that of M/H2/c: computed at 1 to 16 servers, 30 to 70 % busy.
VARIED = 2.0
SERVERS_MAX = 16  # solved for in less than a millisecond; of more the error is taken to be the same
USE_DIGITS, RATIO_DIGITS, SHARE_DIGITS = 4, 3, 6  # to which queues are the same
RATIO_MAX = 1e6  # of the times; what is shorter takes as good as none
WAITING_MIN = 1e-6  # a smaller chance to wait counts as none, as in `Times.delay`
KEPT = 4096  # queues solved that are remembered
TIMES = 256  # at which the chance to wait longer is computed
SOONEST, LATEST = 1e-3, 40.0  # the first and the last of them, over the shortest and longest phase


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
    short = max(long / RATIO_MAX, (both - apart) / 2)
    return Kinds(short, long, (first - short) / (long - short))


def met(rate: float, of: Kinds, servers: int, slow: float = 1.0) -> Met:
    """At one replica that is asked at random, `rate` a second, below its capacity; bursts take
    `slow` times as long. Of more than SERVERS_MAX servers, at that many as busy."""
    use = rate * of.mean_s * slow / servers
    return _met(
        round(use, USE_DIGITS), round(of.long_s / of.short_s, RATIO_DIGITS),
        round(of.share, SHARE_DIGITS), min(servers, SERVERS_MAX),
    )  # fmt: skip


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

    Level: how many are inside; phase: how many long ones are in service. With all servers busy a
    state's probability is a sum over spectral terms, vector x factor^line (Mitrani and Chakka,
    Performance Evaluation 23, 1995). They are eigenvectors of the balance equations there: with
    1/factor = y, vector x (y^2 up + y stay + down) = 0; those with y > 1 count, one a phase. Below,
    levels follow from the one above (Neuts, Matrix-geometric solutions, 1981, sect. 1.5).
    The line is as long as the arrivals during a wait are many (Keilson and Servi, Operations
    Research Letters 7, 1988), so each term is an exponential wait, at the rate arrivals x (y - 1).
    """
    scale = 1 + share * (ratio - 1)
    arrive = use * servers
    short, long = scale, scale / ratio  # rates of service
    busy = np.arange(servers + 1.0)
    stay = -(arrive + (servers - busy) * short + busy * long)
    down = np.diag((servers - busy) * short * (1 - share) + busy * long * share)
    down += np.diag((servers - busy[:-1]) * short * share, 1)
    down += np.diag(busy[1:] * long * (1 - share), -1)
    factors, vectors = _terms(stay / arrive, down / arrive)
    rest, below = _below(arrive, short, long, share, servers)
    ahead = np.linalg.solve(vectors, (vectors.T / factors).T) @ down  # from a line of one
    full = _null(rest + np.diag(stay) + ahead)
    terms = np.linalg.solve(vectors.T, full) * vectors.sum(axis=1)
    lines = terms / (1 - 1 / factors)
    total, level = float(lines.sum()), full
    for step in reversed(below):
        level = np.asarray(level @ step, np.float64)
        total += float(level.sum())
    chances, rates = lines / total, arrive * (factors - 1)
    waiting, wait = float(chances.sum()), float((chances / rates).sum())
    if waiting < WAITING_MIN:
        return Met(0.0, 0.0, np.ones(SAMPLES))
    return Met(waiting, wait, _spread(chances / waiting, rates))


def _terms(stay: Vector, down: Vector) -> tuple[Vector, Vector]:
    """(y, vectors) of the spectral terms: (phases,) and (phases, phases), rates over arrivals."""
    n = len(stay)
    pencil = np.zeros((2 * n, 2 * n))
    pencil[:n, n:] = np.eye(n)
    pencil[n:, :n] = -down.T
    pencil[n:, n:] = -np.diag(stay)
    found, vectors = np.linalg.eig(pencil)
    at = np.argsort(-np.abs(found))[:n]
    return found[at].real, vectors[:n, at].T.real


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
        leave[:-1] += np.diag((inside - of[:-1]) * short)
        leave[1:] += np.diag(of[1:] * long)
        up = np.zeros((inside, inside + 1))
        up[:, :-1] += np.eye(inside) * arrive * (1 - share)
        up[:, 1:] += np.eye(inside) * arrive * share
        out = arrive + (inside - 1 - of[:-1]) * short + of[:-1] * long
        step = leave @ np.linalg.inv(np.diag(out) - back)
        steps.append(step)
        back = step @ up
    return back, steps


def _null(flows: Vector) -> Vector:
    """The vector that is 0 times the flows, scaled to a sum of 1."""
    equations = flows.T.copy()
    equations[-1] = 1.0  # in place of one that follows from the others
    right = np.zeros(len(flows))
    right[-1] = 1.0
    return np.asarray(np.linalg.solve(equations, right), np.float64)


def _spread(chances: Vector, rates: Vector) -> Vector:
    """Quantiles over the mean, from the chance to wait longer: a sum of exponential terms."""
    times = np.geomspace(SOONEST / rates.max(), LATEST / rates.min(), TIMES)
    longer: Vector = np.exp(-np.outer(times, rates)) @ chances
    upto = 1 - np.minimum.accumulate(np.clip(longer, 0.0, 1.0))
    even = (np.arange(SAMPLES) + 0.5) / SAMPLES
    out: Vector = np.interp(even, upto, times)
    out /= out.mean()
    return out
