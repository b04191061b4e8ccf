"""Times gathered by rate, as their first two moments."""

from __future__ import annotations

import numpy as np

from backend_lead.analysis.samples import Vector


class Moments:
    """Mean and squared coefficient of variation of a time, gathered by rate."""

    def __init__(self) -> None:
        self.rate = self.sum = self.square = 0.0

    def add(self, rate: float, times: Vector) -> None:
        """Count a time that is taken `rate` times a second, by its samples."""
        mean = float(np.mean(times))
        self.moments(rate, mean, float(np.mean(times * times)))

    def moments(self, rate: float, mean: float, square: float) -> None:
        """Count a time by its first two moments."""
        self.rate += rate
        self.sum += rate * mean
        self.square += rate * square

    @property
    def mean(self) -> float:
        return self.sum / self.rate if self.rate > 0 else 0.0

    @property
    def scv(self) -> float:
        mean = self.mean
        return max(0.0, self.square / self.rate / mean**2 - 1) if mean > 0 else 1.0
