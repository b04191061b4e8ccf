"""Other aims than the lowest total: the same neighbours of a design, ranked in another way.

From a design that was found, each part is left out and each further tactic is tried, as at the end
of every search; the best by the aim is taken until none is better. Of a large system only steps at
parts that weigh in the aim are tried, each sized on from the sizes there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from backend_lead.model.system import System
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.climb import Progress, machine_knobs, rebuild, tried_from
from backend_lead.search.nearby import (
    Shares,
    bill_shares,
    down_shares,
    reaching,
    resized,
    sizes_of,
    steps_near,
    time_shares,
    touches,
)
from backend_lead.search.relevant import is_large
from backend_lead.search.sizing import polish, size_and_assess
from backend_lead.search.state import Move, State
from backend_lead.tactics import tactics

ROUNDS = 6  # tactics that an aim may add to or take from a design
SPARE = (1.25, 1.5, 2.0)  # multiples of the load that a design is sized for to gain by room alone
STEP_SHARE = 0.25  # of the gain an aim asks for: what a single step at one of many parts must save
NEVER = float("inf")


@dataclass(frozen=True)
class Aim:
    """What is looked for: `worth` is less where better, and must fall by the share `gain`.

    `needs` is what a state must keep; `spare` tells whether larger sizes may bring it nearer;
    `shares` is what part of the worth each component is; `enough` tells when to stop.
    """

    id: str
    title: str
    worth: Callable[[Assessment], float]
    needs: Callable[[State], bool]
    gain: float
    spare: bool
    shares: Callable[[Assessment], Shares]
    enough: Callable[[State], bool] = lambda _: False


def _slow(found: Assessment) -> float:
    return NEVER if found.worst_p99_s is None else found.worst_p99_s


def _down(found: Assessment) -> float:
    return 1 - found.worst_availability.availability


def _promised(state: State) -> bool:
    """What was asked for: load, latency, availability; no room to grow, no lost zone."""
    return state.found.capacity >= 1 and state.found.available


def _bill(found: Assessment) -> float:
    return found.cost.usd_month


CHEAPEST = Aim("cheapest", "Cheapest", _bill, _promised, 0.01, False, bill_shares)
FRUGAL = Aim("frugal", "Smallest bill", _bill, lambda s: s.holds, 0.01, False, bill_shares)
FASTEST = Aim("fastest", "Fastest", _slow, lambda s: s.holds, 0.05, True, time_shares)
RESILIENT = Aim("resilient", "Most resilient", _down, lambda s: s.holds, 0.05, True, down_shares)


AVAILABLE = Aim(
    "available", "Available enough", _down, lambda s: s.found.capacity >= 1 and s.survives, 0.02,
    True, down_shares, lambda s: s.found.available,
)  # fmt: skip


def towards(
    aim: Aim, system: System, begin: State, load: float = 1.0,
    progress: Progress = lambda _: None,
) -> State:  # fmt: skip
    """The best design by an aim near `begin`, found by search from the smallest `system`.

    It is sized for `load`, as a multiple of the stated one. `begin` comes back where none is
    better, or where it does not hold itself.
    """
    if is_large(system):
        return _stepping(aim, system, begin, load, progress)
    state = rebuild(system, begin.moves)
    if state is None or not aim.needs(state):
        return begin
    for _ in range(ROUNDS):
        if aim.enough(state):
            break
        progress(f"{aim.title.lower()}: {state.found.cost.usd_month:,.0f} USD/month so far")
        near = [s for s in _neighbours(system, state) if aim.needs(s)]
        better = [s for s in near if aim.worth(s.found) < aim.worth(state.found) * (1 - aim.gain)]
        if not better:
            break
        state = min(better, key=lambda s: (aim.worth(s.found), s.found.total_usd, s.moves))
    progress(f"{aim.title.lower()}: choosing machine sizes")
    state = _sized(aim, system, state, load)
    return state if aim.worth(state.found) < aim.worth(begin.found) * (1 - aim.gain) else begin


def _stepping(
    aim: Aim, system: System, begin: State, load: float, progress: Progress
) -> State:  # fmt: skip
    """The same for a large system: from `begin` as it is sized, by steps at what weighs."""
    if not aim.needs(begin):
        return begin
    if load > 1 and _larger(begin, load) is None:
        load = 1.0
    state, useful = begin, None
    for _ in range(ROUNDS):
        if aim.enough(state):
            break
        progress(f"{aim.title.lower()}: {state.found.cost.usd_month:,.0f} USD/month so far")
        near = _near(aim, system, state, load, useful)
        if useful is None:  # steps that bring nothing by themselves are not tried again
            useful = frozenset().union(*(set(s.moves) ^ set(state.moves) for s in near))
        least = aim.gain if aim.spare else aim.gain * STEP_SHARE
        better = [s for s in near if aim.worth(s.found) < aim.worth(state.found) * (1 - least)]
        kept = (one for one in map(reaching, better) if aim.needs(one))
        best = next(kept, None)
        if best is None:
            break
        state = best
    state = _roomy(aim, state, begin, load)
    return state if aim.worth(state.found) < aim.worth(begin.found) * (1 - aim.gain) else begin


def _near(
    aim: Aim, system: System, state: State, load: float, useful: frozenset[Move] | None
) -> list[State]:
    """The designs one step away that are better by the aim, the best first."""
    shares, flow = aim.shares(state.found), state.found.flow

    def wanted(move: Move) -> bool:
        if useful is not None:
            return move in useful
        return touches(shares, flow, move, aim.gain)

    near = steps_near(system, state, wanted, load)
    better = [s for s in near if aim.worth(s.found) < aim.worth(state.found)]
    return sorted(better, key=lambda s: (aim.worth(s.found), s.found.total_usd, s.moves))


def _roomy(aim: Aim, state: State, begin: State, load: float) -> State:
    """Machine sizes by the aim where a step was taken; where room alone helps, as much as gains."""
    touched = {site for _, site in set(state.moves) ^ set(begin.moves)}
    touched |= state.found.system.components.keys() - begin.found.system.components.keys()
    knobs = [knob for knob in state.knobs if knob.component in touched]
    if knobs:
        worth = None if aim.spare else aim.worth
        state = replace(state, found=polish(state.found, knobs, load, worth))
    if not aim.spare or aim.enough(state):
        return state
    best = state
    for spare in SPARE:
        larger = _larger(best, load * spare)
        if larger is None:
            break
        seen = assess(larger.found.system)
        if aim.worth(seen) >= aim.worth(best.found) * (1 - aim.gain):
            break
        best = replace(best, found=seen)
    return best


def _larger(state: State, load: float) -> State | None:
    return resized(state.found.system, state.moves, state.knobs, sizes_of(state), load)


def _neighbours(system: System, state: State) -> list[State]:
    """The design without each of its tactics, and with each further one; what answers a trial
    or a rule stays."""
    loose = [move for move in state.moves if not tactics()[move[0]].answers]
    without = [rebuild(system, [m for m in state.moves if m != move]) for move in loose]
    return [s for s in without if s is not None] + list(tried_from(state).values())


def _sized(aim: Aim, system: System, state: State, load: float) -> State:
    """Machine sizes by the aim; where room alone helps, as much of it as gains."""
    knobs = [*state.knobs, *machine_knobs(system, state)]
    target = load if size_and_assess(state.found.system, knobs, load).capacity >= load else 1.0
    found = state.found if target == 1 else size_and_assess(state.found.system, knobs, target)
    if not aim.spare:
        return replace(state, knobs=knobs, found=polish(found, knobs, target, aim.worth))
    if aim.enough(state):
        return replace(state, found=found)
    best = replace(state, knobs=knobs, found=polish(found, knobs, target))
    for spare in SPARE:
        larger = size_and_assess(best.found.system, knobs, target * spare)
        seen = assess(larger.system)
        if larger.capacity < target * spare or (
            aim.worth(seen) >= aim.worth(best.found) * (1 - aim.gain)
        ):
            break
        best = replace(best, found=seen)
    return best
