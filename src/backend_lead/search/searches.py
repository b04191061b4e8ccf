"""Searches already made, so that stages, alternatives and flips share them."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace

from backend_lead.model.digest import digest
from backend_lead.model.system import System
from backend_lead.search.aims import AVAILABLE, towards
from backend_lead.search.beside import Beside
from backend_lead.search.climb import Progress, climb
from backend_lead.search.record import steadier
from backend_lead.search.relevant import weighed
from backend_lead.search.state import Move, Trail

TICK_S = 0.2  # between two looks whether the user asked to stop


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
    """Searches by the model they started from; each is made once. Where there is an `other`
    process, it makes those that are begun ahead."""

    def __init__(
        self, progress: Progress = lambda _: None, other: Beside | None = None
    ) -> None:  # fmt: skip
        self.progress, self.other = progress, other
        self.made = 0
        self._kept: dict[tuple[str, frozenset[str] | None], Trail] = {}
        self._ahead: dict[str, Future[Trail | None]] = {}

    def knows(self, system: System, trail: Trail) -> None:
        """Keep a trail that was found before."""
        self._kept[digest(system), None] = trail

    def has(self, system: System) -> bool:
        """Whether this search is made already."""
        return (digest(system), None) in self._kept

    def ahead(self, system: System) -> None:
        """Begin a search that will be asked for soon, where another process can make it."""
        key = digest(system)
        if self.other is not None and key not in self._ahead and not self.has(system):
            self._ahead[key] = self.other.search(system)

    def trail(self, system: System, only: frozenset[str] | None = None) -> Trail:
        """The search from a smallest system, with the tactics that may be taken."""
        key = (digest(system), only)
        if key not in self._kept:
            self.made += 1
            found = self._begun(key[0]) if only is None else None
            self._kept[key] = found or search(system, self.progress, only)
        return self._kept[key]

    def _begun(self, key: str) -> Trail | None:
        """What came of a search that was begun ahead; None: there is none, or it still waits for
        another one, so that it is sooner made here."""
        begun = self._ahead.get(key)
        while begun is not None and not begun.cancel():
            self.progress("")
            with suppress(TimeoutError):
                return begun.result(TICK_S)
        return None


def choice(trail: Trail) -> frozenset[Move] | None:
    """What was decided: the tactics weighed, and where; None where no design holds."""
    if not trail.holds:
        return None
    return frozenset(move for move in trail.final.moves if weighed(move))
