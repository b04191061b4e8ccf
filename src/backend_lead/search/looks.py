"""What a search would do next from a design, were a number of its model another: a quick look.

Of a small system the design is built again and each step tried in full. Of a large one the steps
that come nearest to paying are tried alone, on the sizes there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend_lead.model.system import System
from backend_lead.search.assess import Assessment
from backend_lead.search.climb import SAVING_MIN, rebuild, tried_from
from backend_lead.search.nearby import (
    Shares,
    applied_again,
    bill_shares,
    built_again,
    reaching,
    sizes_of,
    steps_near,
    touches,
    with_step,
    without_step,
)
from backend_lead.search.relevant import weighed
from backend_lead.search.sensitivity import at
from backend_lead.search.sizing import Warm, size_and_assess
from backend_lead.search.state import Move, State, Trail

Seen = tuple[str, Move | None]
Look = Callable[[str, float], Seen]  # at a path of the model, and a value there
STAYS: Seen = ("stays", None)
BREAKS: Seen = ("breaks", None)
TRIED = 6  # single steps tried at each value, those nearest to paying
MENDING = 2  # steps that are added, one after the other, to what breaks


def look(system: System, moves: list[Move]) -> Seen:
    """What a search would do next from a design with these tactics: nothing, where it is best."""
    state = rebuild(system, moves)
    if state is None or not state.holds:
        return BREAKS
    for move in reversed(moves):
        if weighed(move) and _pays(_without(system, moves, move), state):
            return ("without", move)
    for move, other in sorted(tried_from(state).items()):
        if weighed(move) and _pays(other, state):
            return ("with", move)
    return STAYS


def _without(system: System, moves: list[Move], move: Move) -> State | None:
    return rebuild(system, [m for m in moves if m != move])


def _pays(other: State | None, state: State) -> bool:
    return other is not None and other.holds and _less(other, state)


def _less(other: State, state: State) -> bool:
    least: float = state.found.total_usd * (1 - SAVING_MIN)
    return other.found.total_usd < least


# --- of a large system ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Next:
    """What single steps find at a value: what is seen, and the design after it; None where no step
    that was tried mends what breaks. `broken` is then how far it gets as it is."""

    seen: Seen
    state: State | None
    broken: Assessment | None = None


class Steps:
    """Single steps from a design, at other values of its assumed numbers."""

    def __init__(self, system: System, trail: Trail) -> None:
        self.system, self.final, self.load = system, trail.final, trail.reserve
        self._kept: dict[tuple[str, float], Next] = {}
        self._nearest: list[Move] | None = None
        self.made = 0  # values that were looked at

    def next(self, path: str, value: float) -> Next:
        """What a step would be taken at a value; the same where it was looked at before."""
        key = (path, value)
        if key not in self._kept:
            self.made += 1
            self._kept[key] = self._next(path, value)
        return self._kept[key]

    def _next(self, path: str, value: float) -> Next:
        system = at(self.system, path, value)
        now = built_again(system, self.final, self.final.moves, self.load)
        if now is None or not (now := reaching(now)).holds:
            return Next(BREAKS, None)
        for move in self._tried():
            inside = move in now.moves
            other = (without_step(system, now, move, self.load) if inside
                     else with_step(now, move, self.load))  # fmt: skip
            if other is not None and _less(other, now) and (other := reaching(other)).holds:
                return Next(("without" if inside else "with", move), other)
        return Next(STAYS, now)

    def _tried(self) -> list[Move]:
        """The steps that come nearest to paying in the design as it is, those to leave out first;
        none that pays there already."""
        if self._nearest is None:
            final = self.final
            shares, flow = _total_shares(final.found), final.found.flow
            near = steps_near(
                self.system, final, lambda m: touches(shares, flow, m, SAVING_MIN), self.load
            )
            near = [s for s in near if s.found.available and s.survives and not _less(s, final)]
            near.sort(key=lambda s: (s.found.total_usd, s.moves))
            steps = [move for s in near[:TRIED] for move in set(s.moves) ^ set(final.moves)]
            self._nearest = sorted(steps, key=lambda move: (move not in final.moves, move))
        return self._nearest

    def mended(self, path: str, value: float) -> Next:
        """What breaks at a value, with the cheapest further steps that make it hold, MENDING at
        most."""
        final = self.final
        built = applied_again(at(self.system, path, value), final, final.moves)
        if built is None:
            return Next(BREAKS, None)
        sizes = sizes_of(final)
        found = size_and_assess(*built, warm=Warm(sizes, sizes))
        state, broken = State(final.moves, built[1], found, min(found.capacity, 1.0)), found
        if found.capacity >= 1:
            state = reaching(state)
        for _ in range(MENDING):
            tried = tried_from(state, helping=True)
            holds = [s for m, s in tried.items() if s.holds and weighed(m)]
            if holds:
                return Next(BREAKS, min(holds, key=lambda s: (s.found.total_usd, s.moves)))
            if not tried:
                break
            state = max(tried.values(), key=lambda s: (s.promises, s.found.capacity, s.reach))
        return Next(BREAKS, None, broken)


def _total_shares(found: Assessment) -> Shares:
    """What part of the bill each component is, of the whole with its complexity: what a step at it
    may save, the work to run one more part included."""
    whole = found.total_usd
    bill = found.cost.usd_month / whole if whole else 0.0
    least = found.complexity_usd / whole / max(1, len(found.system.components)) if whole else 0.0
    shares = bill_shares(found)
    return {name: shares.get(name, 0.0) * bill + least for name in found.system.components}
