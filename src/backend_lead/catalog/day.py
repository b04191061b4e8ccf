"""The usual day: each hour's load as a share of the peak."""

from __future__ import annotations

import math
from functools import cache

from backend_lead.model.workload import PEAK_HOUR

HOURS = 24
SHARPNESS_MAX = 1e3


@cache
def usual_day(peak_factor: float, peak_hour: int = PEAK_HOUR) -> tuple[float, ...]:
    """Each hour's load as a share of the peak, of a day with one peak that is so many times its
    mean: a raised cosine, to the power that gives this mean."""
    if peak_factor <= 1:
        return (1.0,) * HOURS
    mean = 1 / peak_factor

    def hours(power: float) -> list[float]:
        return [
            ((1 + math.cos(2 * math.pi * (hour - peak_hour) / HOURS)) / 2) ** power
            for hour in range(HOURS)
        ]

    low, high = 0.0, SHARPNESS_MAX
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(hours(middle)) / HOURS > mean else (low, middle)
    return tuple(hours((low + high) / 2))
