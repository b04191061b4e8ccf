"""The alternatives side by side: one line for each thing compared, one cell for each design."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from backend_lead.emit.report import wording
from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.model.design import Design
from backend_lead.model.figure import Figure
from backend_lead.model.paths import Alternative

NO_LOAD = "none: no load holds"


@dataclass(frozen=True)
class Cell:
    """One value: a figure, or words where there is none; `note` qualifies it; `best` of its line
    only where designs differ."""

    figure: Figure | None
    words: str = ""
    note: str = ""
    best: bool = False

    @property
    def text(self) -> str:
        """The value and its note in plain words."""
        value = self.figure.text if self.figure else self.words
        return f"{value} ({self.note})" if self.note else value


@dataclass(frozen=True)
class Line:
    """One thing that is compared."""

    label: str
    cells: tuple[Cell, ...]


def chosen(design: Design) -> Alternative | None:
    """The alternative that is the design."""
    return next((row for row in design.alternatives if row.chosen), None)


def others(design: Design) -> list[Alternative]:
    """The alternatives that were not chosen."""
    return [row for row in design.alternatives if not row.chosen]


def in_order(design: Design) -> list[Alternative]:
    """The chosen one first, the others in the order they were found."""
    return sorted(design.alternatives, key=lambda row: not row.chosen)


def team_stated(design: Design) -> bool:
    """Whether the hours of a team are known, so that its load can be judged."""
    return any(row.hours_given for row in design.alternatives)


def promises(row: Alternative) -> str:
    """How many objectives are kept: `5 of 5`."""
    return f"{len(row.kept)} of {len(row.kept) + len(row.missed)}"


def part_lines(parts: str) -> list[str]:
    """What runs, part by part."""
    return [part.strip().replace(" x ", " × ") for part in parts.split(";") if part.strip()]


def lines(design: Design) -> list[Line]:
    """The comparison, from what is promised to what it takes."""
    read, rows = PathReadings(design), in_order(design)
    most = "max_users" if read.by_users else "requests_per_s"
    zones = design.system.topology.zones

    def figures(column: str) -> list[Cell]:
        return [Cell(read.alternative(row, column), NO_LOAD) for row in rows]

    carried = [replace(cell, note=_of_stated(row)) for cell, row in
               zip(figures(most), rows, strict=True)]  # fmt: skip
    worked = [replace(cell, note=wording.money(row.complexity_usd)) for cell, row in
              zip(figures("hours_asked"), rows, strict=True)]  # fmt: skip
    machines = [replace(cell, note=f"{row.stateful} keep data, {_kinds(row)}") for cell, row in
                zip(figures("machines"), rows, strict=True)]  # fmt: skip
    kept = [Cell(None, promises(row)) for row in rows]
    return [
        Line("Objectives kept", _best(kept, rows, lambda r: -len(r.kept))),
        Line("Most users" if read.by_users else "Most requests",
             _best(carried, rows, lambda r: -getattr(r, most))),
        Line("p99", _best(figures("p99_s"), rows, _p99)),
        Line("Availability", _best(figures("availability"), rows, lambda r: -r.availability)),
        *([Line("Survives a lost zone", tuple(Cell(None, "yes" if row.survives_zone else "no")
                                              for row in rows))] if zones > 1 else []),
        Line("Cost a month", _best(figures("usd_month"), rows, _whole(rows, "usd_month"))),
        Line("Work to run it, a month", _best(worked, rows, _whole(rows, "hours_asked"))),
        *([Line("Of the team's hours", tuple(Cell(read.team(row), "not known") for row in rows))]
          if team_stated(design) else []),
        Line("Machines to run", _best(machines, rows, _whole(rows, "machines"))),
    ]  # fmt: skip


def _of_stated(row: Alternative) -> str:
    return "" if row.carries >= 1 else f"{wording.share(row.carries)} of the stated load"


def _kinds(row: Alternative) -> str:
    return f"{row.kinds} kind{'s' if row.kinds != 1 else ''} of part"


def _p99(row: Alternative) -> float:
    """Of a design that does not carry the load the p99 is at another load: not compared."""
    return row.p99_s if row.p99_s is not None and row.carries >= 1 else math.inf


def _whole(rows: list[Alternative], column: str) -> Callable[[Alternative], float]:
    """What is paid for part of the load is not compared with what is paid for all of it."""
    some = any(row.carries >= 1 for row in rows)
    return lambda row: math.inf if some and row.carries < 1 else getattr(row, column)


def _best(
    cells: list[Cell], rows: list[Alternative], less: Callable[[Alternative], float]
) -> tuple[Cell, ...]:
    """The cells with the best marked, and what reads like it; none where all read alike."""
    texts = [cell.figure.text if cell.figure else cell.words for cell in cells]
    if len(set(texts)) < 2:
        return tuple(cells)
    worth = [less(row) for row in rows]
    best = texts[worth.index(min(worth))]
    return tuple(replace(cell, best=text == best and math.isfinite(one))
                 for cell, text, one in zip(cells, texts, worth, strict=True))  # fmt: skip
