"""A window of a run: what became of its requests, and how well its mean and percentiles are known.

`Interval` here has low and high nan where the window holds too little to tell them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from backend_lead.model.design import Interval

ESTIMATES = ("failed_share", "mean_s", "p50_s", "p95_s", "p99_s")


@dataclass(frozen=True)
class Window:
    """Of the requests that started from `t_s` on for `lasts_s`: how many there were and how they
    ended, those that a limit at the door refused and those under way at the end apart.

    `per_s` is how many started a second, of replications in each. `batches` are the parts, or the
    replications, from which the intervals come; 0: there are none.
    `failed_share` is of those that ended and were not refused; `mean_s` of those that ended well
    (nan: none); of the percentiles those that failed count as never answered (inf).
    """

    t_s: float
    lasts_s: float
    per_s: float
    batches: int
    started: int
    ok: int
    failed: int
    refused: int
    timed_out: int
    failed_share: Interval
    mean_s: Interval
    p50_s: Interval
    p95_s: Interval
    p99_s: Interval


def known(x: Interval) -> bool:
    """Whether an estimate has an interval."""
    return math.isfinite(x.low) and math.isfinite(x.high)


def windows_of(results: Mapping[str, Any], key: str = "windows") -> list[Window]:
    """The windows that the results of a run hold; what is null there is nan.

    Raises KeyError, TypeError or ValueError for what is none.
    """
    rows: Sequence[Mapping[str, Any]] = results.get(key, [])
    return [_window(row) for row in rows]


def _window(row: Mapping[str, Any]) -> Window:
    told: dict[str, Any] = {
        field.name: _interval(row[field.name]) if field.name in ESTIMATES else row[field.name]
        for field in fields(Window)
    }
    return Window(**told)


def _interval(told: Mapping[str, Any]) -> Interval:
    value, low, high = (
        math.nan if told[name] is None else float(told[name]) for name in ("value", "low", "high")
    )
    return Interval(value, low, high)
