"""A quantity that somebody says to a door: read, or refused with its range and an example."""

from __future__ import annotations

import math
from collections.abc import Callable

from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.units import Dimension

OUTSIDE = "{!r} is outside what is allowed here"


def read_quantity(
    dimension: Dimension, text: str, place: str, allowed: str | Callable[[], str], example: str,
    *, rule: str, low: float = 0.0, top: float = math.inf,
) -> float:  # fmt: skip
    """The value in the base unit: above zero, and from `low` to `top`. Raises InvalidInput.

    `allowed` is the range in words, asked for where it is needed; where that is narrower, whoever
    knows why holds the value to it.
    """
    try:
        value = dimension.read(text)
        if value <= 0 or not low <= value <= top or math.isinf(value):
            raise ValueError(OUTSIDE.format(text))
    except ValueError as err:
        words = allowed if isinstance(allowed, str) else allowed()
        raise InvalidInput([Finding(rule, "error", str(err), Place(place), text or "nothing",
                                    words, example)]) from None  # fmt: skip
    return value


def between(dimension: Dimension, low: float, high: float) -> str:
    """A range in words: `from 6 s to 3 d`; `more than 0 s, up to 1 d`."""
    least, most = dimension.format(low), dimension.format(high)
    return f"from {least} to {most}" if low > 0 else f"more than {least}, up to {most}"
