"""Loads that change: a day from its quietest hour to its peak, and recorded arrivals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from backend_lead.views.flow import Flow

HOURS = 24
PEAK_HOUR = 20  # of a day whose hours are not stated; the shape is what counts, not the hour
SHARPNESS_MAX = 1e3


def usual_day(peak_factor: float) -> list[float]:
    """Each hour's load as a share of the peak, of a day with one peak that is so many times its
    mean: a raised cosine, to the power that gives this mean."""
    if peak_factor <= 1:
        return [1.0] * HOURS
    mean = 1 / peak_factor

    def hours(power: float) -> list[float]:
        return [
            ((1 + math.cos(2 * math.pi * (hour - PEAK_HOUR) / HOURS)) / 2) ** power
            for hour in range(HOURS)
        ]

    low, high = 0.0, SHARPNESS_MAX
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(hours(middle)) / HOURS > mean else (low, middle)
    return hours((low + high) / 2)


def day_segments(hours: Sequence[float], length_s: float) -> list[tuple[float, float]]:
    """The load of a day that lasts `length_s`: (start in s, multiple of the peak)."""
    return [(hour * length_s / len(hours), share) for hour, share in enumerate(hours)]


def with_recorded(flow: Flow, client: str, times_s: Sequence[float]) -> Flow:
    """The flow with the requests of one client at recorded times (s, ascending, from 0 on)."""
    times = tuple(times_s)
    last = max(times[-1], 1.0) if times else 1.0
    sources = [
        replace(source, users=0.0, think_s=0.0, rate_per_s=len(times) / last, phases=(),
                every_s=0.0, recorded=times) if source.client == client else source
        for source in flow.sources
    ]  # fmt: skip
    return replace(flow, sources=sources)
