"""Where a search stands, and the way it came."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend_lead.analysis.solver import Use
from backend_lead.catalog.fact import Fact
from backend_lead.model.design import Decision
from backend_lead.search.assess import Assessment
from backend_lead.tactics.tactic import Knob

PREFERENCES = ("farthest", "simplest")
GROWTH = Fact(
    "growth", "times the peak that turning knobs alone must reach", 2.0, 1.5, 4.0, "factor",
    "assumed", "a design that cannot double without new parts is at its end on its first day; also "
    "covers demands that turn out twice as high as assumed",
)  # fmt: skip

Move = tuple[str, str]


@dataclass
class State:
    """A model on the way: what was applied, the knobs that are open, what it is worth.

    `reach` is the load that turning the open knobs alone could carry, up to GROWTH; `stop` is what
    no knob relieves above it.
    """

    moves: list[Move]
    knobs: list[Knob]
    found: Assessment
    reach: float
    stop: Use | None = None

    @property
    def holds(self) -> bool:
        return (
            self.found.capacity >= 1 and self.found.available and self.survives
            and self.reach >= GROWTH.value
        )  # fmt: skip

    @property
    def survives(self) -> bool:
        zone = self.found.system.topology.zones < 2 or self.found.survives_zone
        return zone and self.found.survives_region

    @property
    def promises(self) -> tuple[bool, bool]:
        return (self.found.available, self.survives)


@dataclass
class Trail:
    """How the design came about. `holds` False: no tactic left, the promise is not kept.

    `opened[knob]` is the decision that opened a knob; `reserve` the load, as a multiple of the
    stated one, that the design was sized for. `others` are the searches that ended in a worse one.
    """

    start: Assessment
    final: State
    decisions: list[Decision] = field(default_factory=list)
    opened: dict[str, str] = field(default_factory=dict)
    reserve: float = 1.0
    preference: str = PREFERENCES[0]
    others: list[Trail] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.final.holds
