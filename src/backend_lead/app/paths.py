"""What else could have been built, put beside a design: alternatives, stages, flips, a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from backend_lead.analysis.assumptions import assumptions
from backend_lead.model.design import Design
from backend_lead.model.finding import Finding
from backend_lead.model.paths import NOT_LOOKED_FOR, Alternative, Flip, Refusal, Stage
from backend_lead.model.system import System
from backend_lead.search.alternatives import alternatives
from backend_lead.search.flips import flips
from backend_lead.search.refusal import promised
from backend_lead.search.relevant import is_large
from backend_lead.search.roadmap import roadmap
from backend_lead.search.searches import Searches
from backend_lead.search.sensitivity import costs_over_ranges
from backend_lead.search.state import Trail


@dataclass
class Paths:
    """The ways beside the one taken, found by searches that are shared.

    `quick` leaves out all that a design can do without; a refusal still names the closest designs.
    """

    system: System
    searches: Searches
    quick: bool = False
    refusal: Refusal | None = None
    alternatives: tuple[Alternative, ...] = ()
    stages: tuple[Stage, ...] = ()
    flips: tuple[Flip, ...] = field(default=())

    def promise(self, trail: Trail, progress: Callable[[str], None]) -> Trail:
        """The trail to build from: the one found, or where its promise is refused the nearest."""
        trail, self.refusal = promised(self.system, trail, self.searches, progress)
        return trail

    def look(self, trail: Trail, progress: Callable[[str], None]) -> None:
        """Find everything else; of a refused promise the nearest designs are all there is."""
        if self.refusal is not None or not trail.holds or self._left_out:
            return
        self.searches.knows(self.system, trail)
        self.alternatives = alternatives(self.system, trail, self.searches, progress)
        self.stages = roadmap(self.system, trail, self.searches, progress)
        found = trail.final.found
        rows = costs_over_ranges(
            found.system, trail.final.knobs, assumptions(found.system, found.flow), trail.reserve
        )
        self.flips = flips(self.system, trail, rows, self.searches, progress)

    def put(self, design: Design) -> None:
        """Write what was found into a design."""
        design.alternatives, design.stages = self.alternatives, self.stages
        design.flips, design.refusal = self.flips, self.refusal
        if self._left_out:
            why, hint = self._left_out
            text = (
                f"{why}: no alternatives, stages or values that change the choice were searched for"
            )
            design.findings.append(Finding(NOT_LOOKED_FOR, "note", text, hint=hint))
        elif self.alternatives and is_large(self.system):
            text = (
                f"{len(self.system.components)} parts: the cheapest, the fastest and the most "
                "resilient design, and what would change the decision, were looked for by single "
                "steps from the design found, not by searches of their own"
            )
            hint = "there may be better ones; backend-lead compare tells two models apart"
            design.findings.append(Finding(NOT_LOOKED_FOR, "note", text, hint=hint))

    @property
    def _left_out(self) -> tuple[str, str] | None:
        """Why nothing beside the design is looked for, and what to do; None where it is."""
        if self.quick:
            return "quick, as asked", "run design without --quick to have them"
        return None
