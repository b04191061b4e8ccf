"""How much a team of a stated size can look after, against what a design asks for."""

from __future__ import annotations

from backend_lead.catalog.complexity import complexity
from backend_lead.catalog.fact import Fact
from backend_lead.model.system import System

WORK_H = Fact(
    "work-hours", "hours a month one person works", 2000 / 12, 130.0, 175.0, "h", "assumed",
    "2,000 h a year, as in the price of an engineer-hour",
)  # fmt: skip
OPERATE_SHARE = Fact(
    "operate-share", "share of a team's time that may go into running the system", 0.25, 0.1, 0.5,
    "ratio", "assumed", "the rest builds the product; engineering judgement",
)  # fmt: skip


def hours_asked(system: System) -> float:
    """Hours a month to run a system, by the stated prices of complexity."""
    return sum(line.hours for line in complexity(system))


def hours_given(system: System) -> float | None:
    """Hours a month its team has for running it; None where no size is stated."""
    if system.team is None:
        return None
    return system.team.size * WORK_H.value * OPERATE_SHARE.value


def team_carries(system: System) -> bool:
    """Whether the stated team has the hours a system asks for; yes where none is stated."""
    given = hours_given(system)
    return given is None or hours_asked(system) <= given
