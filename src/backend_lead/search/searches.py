"""Searches already made, so that stages, alternatives and flips share them."""

from __future__ import annotations

from dataclasses import replace

from backend_lead.model.digest import digest
from backend_lead.model.system import System
from backend_lead.search.aims import AVAILABLE, towards
from backend_lead.search.climb import Progress, climb
from backend_lead.search.record import steadier
from backend_lead.search.relevant import weighed
from backend_lead.search.state import Move, Trail


def search(
    system: System, progress: Progress = lambda _: None, only: frozenset[str] | None = None
) -> Trail:
    """The search for a design; where it carries the load but is down too often, it goes on from
    each design it ended with towards more availability."""
    trail = climb(system, progress, only)
    final = trail.final
    if trail.holds or final.found.capacity < 1 or final.found.available:
        return trail
    ends = [s for s in (final, *(t.final for t in trail.others)) if AVAILABLE.needs(s)]
    if not ends:
        return trail
    begin = min(ends, key=lambda s: AVAILABLE.worth(s.found))
    state = towards(AVAILABLE, system, begin, progress=progress)
    if not state.holds:
        return trail
    step = steadier(len(trail.decisions) + 1, final, state)
    return replace(trail, final=state, decisions=[*trail.decisions, step])


class Searches:
    """Searches by the model they started from; each is made once."""

    def __init__(self, progress: Progress = lambda _: None) -> None:
        self.progress = progress
        self.made = 0
        self._kept: dict[tuple[str, frozenset[str] | None], Trail] = {}

    def knows(self, system: System, trail: Trail) -> None:
        """Keep a trail that was found before."""
        self._kept[digest(system), None] = trail

    def has(self, system: System) -> bool:
        """Whether this search is made already."""
        return (digest(system), None) in self._kept

    def trail(self, system: System, only: frozenset[str] | None = None) -> Trail:
        """The search from a smallest system, with the tactics that may be taken."""
        key = (digest(system), only)
        if key not in self._kept:
            self.made += 1
            self._kept[key] = search(system, self.progress, only)
        return self._kept[key]


def choice(trail: Trail) -> frozenset[Move] | None:
    """What was decided: the tactics weighed, and where; None where no design holds."""
    if not trail.holds:
        return None
    return frozenset(move for move in trail.final.moves if weighed(move))
