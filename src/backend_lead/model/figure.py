"""A figure: a number that people read, with the way back to where it comes from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from backend_lead.model.quantity import Origin


@dataclass(frozen=True)
class Figure:
    """One number with its origin; nothing else may be printed as a result.

    `value` is in base units (s, B, 1/s, ratio, USD/month, count). `low`/`high` is the confidence
    interval (simulated, measured) or the range (assumed, catalogue). `text` is the one spelling
    every output uses. `how` is the formula, the source with date, or the reason. `run` is the id of
    the run it was read from; `repeat` the command that gives it again.
    """

    id: str
    label: str
    value: float
    unit: str
    text: str
    origin: Origin
    how: str = ""
    low: float | None = None
    high: float | None = None
    run: str = ""
    repeat: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if v not in (None, "")}
