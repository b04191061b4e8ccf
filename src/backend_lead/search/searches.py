"""Searches already made, so that stages, alternatives and flips share them."""

from __future__ import annotations

from backend_lead.model.digest import digest
from backend_lead.model.system import System
from backend_lead.search.climb import Progress, climb
from backend_lead.search.state import Move, Trail
from backend_lead.tactics import tactics

SIZES = frozenset({"vertical-scale"})  # the end of a search turns machine sizes with or without it


class Searches:
    """Climbs by the model they started from; each is made once."""

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
            self._kept[key] = climb(system, self.progress, only)
        return self._kept[key]


def weighed(move: Move) -> bool:
    """Whether a search over load, cost and availability decides on a step: not on sizes, which are
    turned at its end anyway, nor on what answers a trial or a rule."""
    return move[0] not in SIZES and not tactics()[move[0]].answers


def choice(trail: Trail) -> frozenset[Move] | None:
    """What was decided: the tactics weighed, and where; None where no design holds."""
    if not trail.holds:
        return None
    return frozenset(move for move in trail.final.moves if weighed(move))
