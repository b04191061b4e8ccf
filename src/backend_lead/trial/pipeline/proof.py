"""What the running pipeline showed: figures measured beside those predicted, and what was counted.

`within` is how far the measured value lies from the predicted one, as a share of the predicted.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

ALLOWED = 0.20  # share by which measured and predicted may differ
TIMER_S = 5e-3  # what a timer of a machine with other work may be late
RESAMPLES = 300
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Compared:
    """A time predicted from the calibration in closed form (and simulated on the kernel, where that
    knows it), and the same measured, with its interval."""

    id: str
    label: str
    predicted_s: float
    measured_s: float
    low_s: float
    high_s: float
    n: int
    simulated_s: float | None = None

    @property
    def off(self) -> float:
        """How far the measured time is from the predicted one, as a share of it."""
        return self.measured_s / self.predicted_s - 1 if self.predicted_s > 0 else math.inf

    @property
    def within(self) -> bool:
        """Whether they agree as far as is asked for."""
        return abs(self.off) <= ALLOWED


@dataclass(frozen=True)
class Calibration:
    """What the parts cost on this machine, measured before anything was predicted."""

    look_s: float
    publish_s: float
    broker_s: float
    load_s: float
    row_s: float
    looks: int
    loads: int


@dataclass(frozen=True)
class Outage:
    """One outage of the sink: from its last load's beginning to the next one's, and from there
    until a load took all that waited."""

    away_s: float
    took_s: float


@dataclass(frozen=True)
class Reconciled:
    """Counts and sums of both sides, and rows whose content differs."""

    events_stored: int
    events_loaded: int
    rows_stored: int
    rows_loaded: int
    sums: dict[str, tuple[str, str]]
    differing: int
    lost: int
    twice: int

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing counted twice, every sum the same."""
        return (
            self.events_stored == self.events_loaded and self.rows_stored == self.rows_loaded
            and not self.differing and not self.lost and not self.twice
            and all(left == right for left, right in self.sums.values())
        )  # fmt: skip


@dataclass(frozen=True)
class Erased:
    """What was left of one person, before and after: by place."""

    person: str
    before: dict[str, int]
    after: dict[str, int]
    took_s: float

    @property
    def holds(self) -> bool:
        """Something was there everywhere, and nothing is."""
        return all(self.before.values()) and not any(self.after.values())


@dataclass(frozen=True)
class Seen:
    """What watches the pipeline showed on both sides: `silent` the differences as they are; then
    those with one event and its numbers withheld from the warehouse, and with one row deleted that
    no event tells of."""

    metrics: list[str]
    silent: float
    lost_events: float
    lost_sum: float
    sums: bool  # the table has numbers to add up
    hidden_rows: float

    @property
    def holds(self) -> bool:
        """Silent where nothing is wrong, and every wrong is seen."""
        return (not self.silent and self.lost_events == 1 and self.hidden_rows == 1
                and (self.lost_sum > 0 or not self.sums))  # fmt: skip


@dataclass
class Served:
    """What an online answer did: decisions in a steady span and those of them without it, how long
    a read took; then, with the store blocked and killed, by what decisions were made and in what
    time; when it was back, and when it answered again, filled from the stream."""

    name: str
    fallback: str
    within_s: float
    asked: int
    without: int
    read_p50_s: float
    read_p99_s: float
    fell_back: dict[str, int]
    fallback_p99_s: float
    fallback_most_s: float
    away_s: float
    rebuilt_s: float
    keys: int = 0
    differing: int = 0

    @property
    def holds(self) -> bool:
        """Every key right after everything, and decisions were made while it was not there."""
        return self.keys > 0 and not self.differing and {"slow", "away"} <= self.fell_back.keys()

    @property
    def in_time(self) -> bool:
        """Reads, and decisions without one, within the stated time and a timer's delay."""
        return max(self.read_p99_s, self.fallback_p99_s) <= self.within_s + TIMER_S


@dataclass
class Proof:
    """Everything that one run of the pipeline showed."""

    topic: str
    seed: int
    rate_per_s: float
    poll_s: float
    every_s: float
    batch: int
    versions: dict[str, str]
    calibration: Calibration | None = None
    compared: list[Compared] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    reconciled: Reconciled | None = None
    erased: Erased | None = None
    watched: Seen | None = None
    served: Served | None = None
    events: int = 0
    again: int = 0
    known_at_broker: int = 0
    known_at_sink: int = 0
    crashes: dict[str, float] = field(default_factory=dict)
    waiting_share: float = 0.0
    source_behind_s: float = 0.0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    not_built: str = ""  # why the design has no such pipeline, where it has none

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or doubled, and the person is gone everywhere."""
        return bool(self.reconciled and self.reconciled.holds
                    and (self.erased is None or self.erased.holds)
                    and (self.watched is None or self.watched.holds)
                    and (self.served is None or self.served.holds))  # fmt: skip

    @property
    def predicted_well(self) -> bool:
        """Whether every time that was predicted came out as far as is asked for."""
        return bool(self.compared) and all(row.within for row in self.compared)

    def as_json(self) -> str:
        """The evidence, as a file beside the model."""
        told: dict[str, Any] = asdict(self)
        told["holds"], told["predicted_well"] = self.holds, self.predicted_well
        for row, one in zip(told["compared"], self.compared, strict=True):
            row["off"], row["within"] = round(one.off, 4), one.within
        return json.dumps(told, indent=2, sort_keys=True) + "\n"


def quantiles(groups: list[list[float]], q: float, seed: int) -> tuple[float, float, float]:
    """A quantile of values that come in groups, with its interval from resampled groups: those of
    one load are not independent."""
    whole = sorted(value for group in groups for value in group)
    if not whole:
        return math.nan, math.nan, math.nan
    dice = Random(seed)
    found = []
    for _ in range(RESAMPLES):
        drawn = sorted(v for _ in groups for v in groups[dice.randrange(len(groups))])
        found.append(_at(drawn, q))
    found.sort()
    edge = (1 - CONFIDENCE) / 2
    return _at(whole, q), _at(found, edge), _at(found, 1 - edge)


def _at(ordered: list[float], q: float) -> float:
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def line(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Fixed and variable part of a cost: the median of slopes between points (Theil and Sen), which
    a few disturbed ones do not move; never below zero."""
    if not points:
        return 0.0, 0.0
    slopes = sorted(
        (y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(points) for x2, y2 in points[i + 1 :]
        if x1 != x2
    )  # fmt: skip
    slope = max(0.0, slopes[len(slopes) // 2]) if slopes else 0.0
    rest = sorted(y - slope * x for x, y in points)
    return max(0.0, rest[len(rest) // 2]), slope
