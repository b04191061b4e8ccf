"""Throughput by concurrency: the universal scalability law, and its numbers from measurements.

X(N) = rate * N / (1 + contention * (N - 1) + coherency * N * (N - 1)). Source: Gunther, Guerrilla
Capacity Planning, Springer 2007. With a coherency of 0 the speed-up is Amdahl's, whose serial share
is the contention (Amdahl, AFIPS 1967). `contention` and `coherency` of a model's part are these.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS_MAX = 200  # of the fit; a dozen are usual
CLOSE = 1e-12  # relative change of the numbers at which a fit is done
POINTS_MIN = 3  # as many as there are numbers to find
NONE_LEFT = 1e-12  # a coherency below this bounds nothing that anybody could measure
DAMPING, EASED, STIFFENED = 1e-3, 0.3, 10.0  # of the steps, as Marquardt (1963) sets them

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Scalability:
    """How throughput grows with what is in progress, or with processors."""

    rate: float  # throughput of one alone
    contention: float
    coherency: float = 0.0
    r_squared: float = math.nan  # of a fit: the share of the variation it explains

    def throughput(self, load: float) -> float:
        return self.rate * speed_up(load, self.contention, self.coherency)

    @property
    def peak(self) -> float:
        """The load at which throughput is highest, inf where it never falls."""
        if self.coherency < NONE_LEFT:
            return math.inf
        return math.sqrt(max(0.0, 1 - self.contention) / self.coherency)

    @property
    def limit(self) -> float:
        """The highest throughput there is at any load, inf where it grows for ever."""
        if self.peak < math.inf:
            return self.throughput(max(1.0, self.peak))
        return self.rate / self.contention if self.contention > 0 else math.inf


def speed_up(load: float, contention: float, coherency: float = 0.0) -> float:
    """How many times the throughput of one alone so many have."""
    return load / (1 + contention * (load - 1) + coherency * load * (load - 1))


def fit(points: Sequence[tuple[float, float]]) -> Scalability:
    """The law that fits measured (load, throughput) best, by least squares, none below zero.

    Raises ValueError for fewer points than numbers to find, and for those that are not positive.
    """
    if len({load for load, _ in points}) < POINTS_MIN:
        raise ValueError(f"measurements at {POINTS_MIN} different loads or more are needed")
    n, x = (np.array(column, float) for column in zip(*points, strict=True))
    if (n <= 0).any() or (x <= 0).any():
        raise ValueError("loads and throughputs must be above zero")
    found = min(
        (_least_squares(n, x, free) for free in ([0, 1, 2], [0, 1], [0, 2], [0])),
        key=lambda numbers: _error(n, x, numbers),
    )
    spread = float(((x - x.mean()) ** 2).sum())
    explained = 1 - _error(n, x, found) / spread if spread > 0 else 1.0
    rate, contention, coherency = found.tolist()
    return Scalability(rate, contention, coherency, explained)


def _model(n: Vector, numbers: Vector) -> Vector:
    rate, contention, coherency = numbers
    values: Vector = rate * n / (1 + contention * (n - 1) + coherency * n * (n - 1))
    return values


def _error(n: Vector, x: Vector, numbers: Vector) -> float:
    """Sum of squares, infinite for numbers that are not allowed."""
    if (numbers < 0).any():
        return math.inf
    return float(((x - _model(n, numbers)) ** 2).sum())


def _least_squares(n: Vector, x: Vector, free: list[int]) -> Vector:
    """Levenberg and Marquardt's steps in some of the numbers, the others zero."""
    numbers = np.zeros(3)
    numbers[0] = float((x / n).max())
    damping, error = DAMPING, _error(n, x, numbers)
    for _ in range(STEPS_MAX):
        below = 1 + numbers[1] * (n - 1) + numbers[2] * n * (n - 1)
        value = numbers[0] * n / below
        slopes = np.stack([n / below, -value * (n - 1) / below, -value * n * (n - 1) / below])[free]
        curved = slopes @ slopes.T
        step = np.linalg.solve(curved + damping * np.diag(np.diag(curved)), slopes @ (x - value))
        tried = numbers.copy()
        tried[free] += step
        if (after := _bounded(n, x, tried, free)) < error:
            done = error - after <= CLOSE * error
            numbers, error, damping = tried, after, damping * EASED
            if done:
                break
        else:
            damping *= STIFFENED
    return numbers


def _bounded(n: Vector, x: Vector, numbers: Vector, free: list[int]) -> float:
    """The error while the steps are taken, where numbers may pass zero as long as all is finite."""
    below = 1 + numbers[1] * (n - 1) + numbers[2] * n * (n - 1)
    if numbers[0] <= 0 or (below <= 0).any():
        return math.inf
    return float(((x - _model(n, numbers)) ** 2).sum()) if free else math.inf
