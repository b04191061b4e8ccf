"""What else could have been built, put beside a design: alternatives, stages, flips, a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from backend_lead.analysis.assumptions import assumptions
from backend_lead.model.design import Design
from backend_lead.model.finding import Finding
from backend_lead.model.paths import Alternative, Flip, Refusal, Stage
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
    """The ways beside the one taken, found by searches that are shared."""

    system: System
    searches: Searches
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
        if self.refusal is not None or not trail.holds or is_large(self.system):
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
        if is_large(self.system):
            design.findings.append(
                Finding(
                    "paths-not-looked-for",
                    "note",
                    f"{len(self.system.components)} parts: no alternatives, stages or values that "
                    "change the choice were searched for, as each would take minutes",
                    hint="backend-lead compare tells two models apart",
                )
            )
