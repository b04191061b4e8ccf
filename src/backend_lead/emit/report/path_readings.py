"""The numbers of alternatives, stages, flips and a refusal as figures, each with its way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from backend_lead.emit.report import meant, wording
from backend_lead.emit.report.readings import Readings
from backend_lead.model.design import Design
from backend_lead.model.figure import Figure
from backend_lead.model.paths import Alternative, Feasible, Flip, NotYet, Stage
from backend_lead.model.quantity import Quantity
from backend_lead.model.system import System

SOLVER = "by the analytic solver, with one zone lost and the margins of planning"
_LIST = "sum of list prices, without discounts"
_HOURS = "hours a month to run its parts, by the assumed hours of each kind of part"
_MARGIN = ("largest load at which the solver keeps every objective with one zone lost and the "
           "margins of planning")  # fmt: skip
ALTERNATIVE = {
    "carries": ("share of the stated load carried", "ratio", SOLVER),
    "max_users": ("most users within objectives", "count", SOLVER),
    "requests_per_s": ("most requests per second within objectives", "1/s", SOLVER),
    "p99_s": ("99th percentile at the load it carries", "s", SOLVER),
    "availability": ("availability of the worst journey", "ratio", "computed from its parts"),
    "usd_month": ("cost per month", "USD/month", _LIST),
    "complexity_usd": ("work to run it, in money a month", "USD/month",
                       f"{_HOURS} × the assumed price of an hour"),
    "machines": ("machines", "count", "all parts that are rented by the machine"),
    "hours_asked": ("work to run it, hours a month", "h", _HOURS),
}  # fmt: skip
STAGE = {
    "users": ("users", "count", "the stated load × the factor of the stage"),
    "requests_per_s": ("requests per second", "1/s", "the stated load × the factor of the stage"),
    "usd_month": ("cost per month", "USD/month", _LIST),
    "complexity_usd": ("work to run it, in money a month", "USD/month",
                       f"{_HOURS} × the assumed price of an hour"),
    "machines": ("machines", "count", "all parts that are rented by the machine"),
    "until_users": ("users these machines hold", "count", _MARGIN),
    "until_per_s": ("requests per second these machines hold", "1/s", _MARGIN),
    "knobs_until_users": ("users with larger sizes of the same parts", "count", _MARGIN),
    "knobs_until_per_s": ("requests per second with larger sizes of the same parts", "1/s",
                          _MARGIN),
}  # fmt: skip
_ALERT = "its value in normal operation at the load these machines hold, by the analytic solver"
_STEP = re.compile(r"[^.\[\]]+")


class PathReadings:
    """Figures of what else could have been built."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self._read = Readings(design)
        self.by_users = self._read.by_users

    def alternative(self, row: Alternative, column: str) -> Figure | None:
        """One column of an alternative; None where there is no value, as of a load not carried."""
        value = getattr(row, column)
        if value is None:
            return None
        label, unit, how = ALTERNATIVE[column]
        return self._read.searched(
            f"alternative.{row.id}.{column}", f"{row.title}: {label}", float(value), unit, how
        )

    def team(self, row: Alternative) -> Figure | None:
        """What part of its team's hours an alternative takes; None where no team is stated."""
        if not row.hours_given:
            return None
        how = (
            f"{wording.number(row.hours_asked)} h asked / {wording.number(row.hours_given)} h "
            "a month the stated team has for running it (share of its time assumed)"
        )
        return self._read.searched(
            f"alternative.{row.id}.team", f"{row.title}: share of the team's hours",
            row.hours_asked / row.hours_given, "ratio", how)  # fmt: skip

    def stage(self, row: Stage, column: str) -> Figure:
        """One column of a stage."""
        label, unit, how = STAGE[column]
        made = self._read.searched(f"stage.{row.number}.{column}", f"Stage {row.number}: {label}",
                                   float(getattr(row, column)), unit, how)  # fmt: skip
        loads = unit == "1/s" or column.endswith("users")
        return replace(made, text=wording.load(made)) if loads else made

    def load(self, row: Stage, word: str = "") -> Figure:
        """A load of a stage, in users where they are stated: its own, `until` or `knobs_until`."""
        if word:
            return self.stage(row, f"{word}_users" if self.by_users else f"{word}_per_s")
        return self.stage(row, "users" if self.by_users else "requests_per_s")

    def alert(self, row: Stage) -> Figure:
        """The value of its metric at which a stage is left."""
        unit = "s" if row.alert_unit == "s" else "ratio"
        return self._read.searched(
            f"stage.{row.number}.alert", f"Stage {row.number}: {row.metric}", row.alert_at, unit,
            _ALERT)  # fmt: skip

    def needed(self, stage: Stage, row: NotYet) -> Figure | None:
        """The load above which a step left out is needed; None where it is not for the load."""
        if not row.above:
            return None
        word = f"stage.{stage.number}.not-yet.{wording.slug(row.title)}"
        unit = "count" if row.unit == "users" else "1/s"
        how = f"largest load that larger sizes of the parts before the step hold, {SOLVER}"
        made = self._read.searched(word, f"{row.title}: needed above", row.above, unit, how)
        return replace(made, text=wording.load(made))

    def name(self, row: Flip) -> str:
        """What the assumed number is, as the assumptions call it."""
        return meant.of_path(self.design, row.path, row.label)

    def today(self, row: Flip) -> Figure:
        """The value that was taken."""
        why = next((a.why for a in self.design.assumptions if a.path == row.path), "")
        found = quantity_at(self.design.system, row.path)
        low, high = found.range if found and found.range else (None, None)
        unit = found.dimension.unit if found else ""
        how = why or f"nobody stated it; between {row.low_text} and {row.high_text}"
        return Figure(f"flip.{row.path}.value", f"{self.name(row)}, as taken", row.value, unit,
                      wording.micro(row.text), "assumed", how, low, high)  # fmt: skip

    def flip(self, row: Flip) -> Figure:
        """The value at which the choice changes."""
        found = quantity_at(self.design.system, row.path)
        how = (f"the whole search again with other values: at {row.before_text} it still chose the "
               "same steps, at this value others")  # fmt: skip
        made = self._read.searched(
            f"flip.{row.path}.at", f"{self.name(row)}: the choice changes at", row.at,
            found.dimension.unit if found else "", how)  # fmt: skip
        return replace(made, text=wording.micro(row.at_text))

    def bill(self, row: Flip) -> Figure:
        """What the design chosen from the flip on costs."""
        return self._read.searched(
            f"flip.{row.path}.usd_month", f"Cost per month with {self.name(row)} at {row.at_text}",
            row.usd_month, "USD/month", f"{_LIST}, of what is chosen then")  # fmt: skip

    def feasible(self, number: int, row: Feasible, column: str) -> Figure | None:
        """One column of a design near a promise that cannot be kept."""
        value = getattr(row, column)
        if value is None:
            return None
        unit = {"users": "count", "p99_s": "s", "usd_month": "USD/month"}[column]
        word = {"users": "users", "p99_s": "99th percentile", "usd_month": "cost per month"}
        how = _LIST if column == "usd_month" else SOLVER
        return self._read.searched(
            f"feasible.{number}.{column}", f"Keeping {row.keeps}: {word[column]}", value, unit, how
        )

    def all(self) -> Iterator[Figure]:
        """Every figure of these parts."""
        return (figure for figure in self._every() if figure is not None)

    def _every(self) -> Iterator[Figure | None]:
        design = self.design
        for one in design.alternatives:
            yield from (self.alternative(one, column) for column in ALTERNATIVE)
            yield self.team(one)
        for stage in design.stages:
            yield from (self.stage(stage, column) for column in STAGE)
            yield self.alert(stage)
            yield from (self.needed(stage, row) for row in stage.not_yet)
        for flip in design.flips:
            yield from (self.today(flip), self.flip(flip), self.bill(flip))
        for number, near in enumerate(design.refusal.closest if design.refusal else (), 1):
            yield from (self.feasible(number, near, c) for c in ("users", "p99_s", "usd_month"))


def quantity_at(system: System, path: str) -> Quantity | None:
    """The quantity of a model that a path names; None where it names none, as a catalogue fact."""
    part: Any = system
    for name in _STEP.findall(path):
        if isinstance(part, dict):
            part = part.get(name)
        elif isinstance(part, list | tuple):
            part = part[int(name)] if name.isdigit() and int(name) < len(part) else None
        else:
            part = getattr(part, name, None)
        if part is None:
            return None
    return part if isinstance(part, Quantity) else None
