"""How numbers are written in what rules say."""

from __future__ import annotations

import math

from backend_lead.model.units import DURATION, trim


def seconds(value: float) -> str:
    """A time with three significant digits."""
    if math.isinf(value) or math.isnan(value):
        return "no answer"
    if value < 1:
        return f"{trim(value * 1e3, 3)} ms"
    return f"{trim(value, 3)} s" if value < 60 else DURATION.format(round(value))


def percent(value: float) -> str:
    """A share of a resource."""
    return f"{value:.0%}" if value >= 0.1 else f"{value:.1%}"


def amount(value: float) -> str:
    """A large number with three significant digits, thousands separated."""
    if value >= 1000:
        return f"{round(value, 3 - len(str(int(value)))):,.0f}"
    return trim(value, 3)


def times(value: float) -> str:
    """A multiple."""
    return f"{trim(value, 2)}x"
