"""From the smallest design that could work to one that keeps its promise, one tactic at a time.

Find what breaks first, ask every tactic where it applies, size it, take the best, write the step
with its evidence; then take away what is not needed and add what makes the bill smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from backend_lead.analysis.solver import Use
from backend_lead.catalog import kind_of
from backend_lead.model.system import System
from backend_lead.search.assess import IDLE_LATENCY, assess
from backend_lead.search.bench import Values
from backend_lead.search.record import left_out, settled, taken
from backend_lead.search.relevant import could_help, could_save, is_large
from backend_lead.search.sizing import (
    Warm,
    polish,
    size,
    size_and_assess,
    values_of,
)
from backend_lead.search.state import GROWTH, PREFERENCES, Move, State, Trail
from backend_lead.search.team import team_carries
from backend_lead.search.wording import problem_words
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Knob

STEPS_MAX, STEPS_PER_PART = 16, 4  # more for systems of many parts
GAIN_MIN = 1.02  # a step must carry 2 % more, or it is not worth its complexity
GAIN_LEAST = 1.0005  # where no step carries that much more
NEAR = 0.97  # capacities within 3 % are equal; the cheaper one is taken
SAVING_MIN = 0.01  # a change of equal promise must save 1 %

Progress = Callable[[str], None]


def climb(
    system: System, progress: Progress = lambda _: None, only: frozenset[str] | None = None
) -> Trail:
    """Search from a smallest system, by each of PREFERENCES (a large one by the first alone); the
    cheapest design that holds is returned.

    `only` are the tactics that may be taken, all where it is None. Deterministic.
    """
    trails = []
    for preference in PREFERENCES[:1] if is_large(system) else PREFERENCES:
        progress(f"taking the {preference} step each time")
        trails.append(climb_preferring(system, preference, progress, only))
    best = min(trails, key=_worth)
    best.others = [trail for trail in trails if trail is not best]
    return best


def _worth(trail: Trail) -> tuple[bool, float, bool, bool, float]:
    """What trails are ranked by: that the promise is kept, then the budget and the hours of the
    team where they are stated, then the bill with its complexity."""
    found = trail.final.found
    budget = found.system.budget
    short = 0.0 if trail.holds else -found.capacity
    dear = budget is not None and found.cost.usd_month > budget.value
    return (not trail.holds, short, dear, not team_carries(found.system), found.total_usd)


def climb_preferring(
    system: System, preference: str, progress: Progress = lambda _: None,
    only: frozenset[str] | None = None, begin: State | None = None,
) -> Trail:  # fmt: skip
    """One search: each step the `farthest` (most load carried) or the `simplest` that helps.

    `only` are the tactics that may be taken, all where it is None; `begin` is a state on the way
    already, of which the trail does not tell how it came about.
    """
    first = assess(system)
    start = State([], [], first, first.capacity)
    state = begin or start
    trail = Trail(start.found, start, preference=preference)
    for _ in range(max(STEPS_MAX, STEPS_PER_PART * len(system.components))):
        if state.holds:
            break
        progress(problem_words(state.found, state.reach, state.holds))
        tried = tried_from(state, only, helping=True)
        chosen = _best(state, tried, preference)
        if chosen is None:
            break
        state = _take(trail, state, tried, chosen)
        if is_large(system) and state.found.capacity >= 1:  # sized roughly so far
            state = state_of(state.found.system, state.moves, state.knobs)
    if state.holds:
        state = settle(system, state, trail, progress, only)
    trail.final = state
    return trail


def _take(trail: Trail, state: State, tried: dict[Move, State], chosen: Move) -> State:
    """Write the step and go there."""
    number = len(trail.decisions) + 1
    trail.decisions.append(taken(number, state, tried, chosen, trail.preference))
    known = {knob.id for knob in state.knobs}
    for knob in tried[chosen].knobs:
        if knob.id not in known:
            trail.opened[knob.id] = f"{number:04d}"
    return tried[chosen]


def applicable(system: System, only: frozenset[str] | None) -> list[Move]:
    """Tactics for load, cost or availability, where they apply; those for trials are left out."""
    return [
        (tid, site)
        for tid, tactic in tactics().items()
        if not tactic.answers and (only is None or tid in only)
        for site in tactic.sites(system)
    ]


def apply(state: State, move: Move, *, roughly: bool = False) -> State:
    """The state after one more tactic, sized; `roughly`, from the sizes there are."""
    tactic = tactics()[move[0]]
    applied = tactic.apply(state.found.system, move[1])
    fresh = {knob.id for knob in applied.knobs}
    knobs = [knob for knob in state.knobs if knob.id not in fresh] + list(applied.knobs)
    warm = None
    if roughly:
        warm = Warm(state.found.at_target, values_of(state.found.system, state.knobs))
    return state_of(applied.system, [*state.moves, move], knobs, state.found.capacity, warm)


def state_of(
    system: System, moves: list[Move], knobs: list[Knob], floor: float = 0.0,
    warm: Warm | None = None,
) -> State:  # fmt: skip
    """Sized for the stated load; `floor` is a load that is carried without the last step."""
    found = size_and_assess(system, knobs, floor=floor, warm=warm)
    reach, stop = found.capacity, None
    if reach >= 1:
        reach, stop = reach_of(system, knobs, found.at_target if warm else None)
    return State(moves, knobs, found, reach, stop)


def reach_of(
    system: System, knobs: list[Knob], start: Values | None = None
) -> tuple[float, Use | None]:
    """The load, up to GROWTH, that the open knobs can carry, and what no knob relieves above it."""
    top = GROWTH.value
    sized = size(system, knobs, top, start, trim=False)
    if sized.blocked is None:
        return top, None
    return max(1.0, min(top * 0.99, top / max(sized.pressure, 1.0))), sized.blocked


def tried_from(
    state: State, only: frozenset[str] | None = None, helping: bool = False, saving: bool = False
) -> dict[Move, State]:
    """Every tactic that applies to a state and is not in it, each taken and sized.

    `helping`: only those that could relieve what limits the state now; `saving`: only those that
    could save anything.
    """
    open_ids = {knob.id for knob in state.knobs}
    out = {}
    for move in applicable(state.found.system, only):
        if move in state.moves or (helping and not could_help(state, move)):
            continue  # its knob is open already, or it would change nothing
        if saving and not could_save(state, move):
            continue
        if move[0] == "vertical-scale" and f"{move[1]}.instance" in open_ids:
            continue
        out[move] = apply(state, move, roughly=helping and is_large(state.found.system))
    return out


def _best(state: State, tried: dict[Move, State], preference: str) -> Move | None:
    """The move to take. Farthest: most load carried, among near equals the cheapest with its
    complexity. Simplest: of all that help, the least complexity, then the cheapest."""
    if not tried:
        return None
    now = state.found.capacity
    if state.found.limit.resource == IDLE_LATENCY:
        most = state.found.limit.busy / GAIN_MIN
        faster = [
            m
            for m, s in tried.items()
            if s.found.limit.busy < most or s.found.limit.resource != IDLE_LATENCY
        ]
        return min(faster, key=lambda m: (tried[m].found.limit.busy, m), default=None)

    def rank(move: Move) -> tuple[float, float, Move]:
        found = tried[move].found
        return (found.complexity_usd if preference == "simplest" else 0.0, found.total_usd, move)

    if now >= 1:
        kept = {m: s for m, s in tried.items() if s.found.capacity >= 1}
        better = {m: s for m, s in kept.items() if s.promises > state.promises}
        if not better:
            better = {
                m: s for m, s in kept.items()
                if s.promises == state.promises and s.reach > state.reach * GAIN_MIN
            }  # fmt: skip
            far = max((s.reach for s in better.values()), default=0.0)
            if preference == "farthest":
                better = {m: s for m, s in better.items() if s.reach >= far * NEAR}
        if not better and is_large(state.found.system):
            return _mending(state, tried)
        return min(better, key=rank, default=None)
    gains = {m: s for m, s in tried.items() if s.found.capacity >= min(1.0, now * GAIN_MIN)}
    if not gains:  # of several parts that are full at nearly the same load, one after the other
        gains = {m: s for m, s in tried.items() if s.found.capacity >= now * GAIN_LEAST}
    if not gains:
        return None
    if preference == "simplest":
        return min(gains, key=rank)
    top_load = max(min(1.0, s.found.capacity) for s in gains.values())
    near = {m: s for m, s in gains.items() if s.found.capacity >= top_load * NEAR}
    return min(near, key=rank)


def _mending(state: State, tried: dict[Move, State]) -> Move | None:
    """The step that keeps a promise more at the price of load, which later steps win back. Of a
    small system another way is tried instead."""
    better = [m for m, s in tried.items() if s.promises > state.promises]
    return min(better, key=lambda m: (-tried[m].found.capacity, tried[m].found.total_usd, m),
               default=None)  # fmt: skip


# --- afterwards: simpler and cheaper at equal promise ---------------------------------------------
def settle(
    system: System, state: State, trail: Trail, progress: Progress = lambda _: None,
    only: frozenset[str] | None = None,
) -> State:  # fmt: skip
    """Remove what is not needed, add what pays for itself, choose machine sizes; until settled."""
    for _ in range(4):
        changed = False
        progress("removing what is not needed")
        for move in list(reversed(state.moves)):
            without = [m for m in state.moves if m != move]
            other = rebuild(system, without, values_of(state.found.system, state.knobs))
            if other is not None and other.holds and _cheaper(other, state):
                number = len(trail.decisions) + 1
                trail.decisions = [
                    replace(d, status=f"superseded by {number:04d}")
                    if (d.tactic, d.site) == move and d.status == "accepted" else d
                    for d in trail.decisions
                ]  # fmt: skip
                trail.decisions.append(left_out(number, state, other, move))
                state, changed = other, True
        progress("adding what makes the bill smaller")
        tried = {
            m: s for m, s in tried_from(state, only, saving=True).items()
            if s.holds and _cheaper(s, state)
        }  # fmt: skip
        if tried:
            best = min(tried, key=lambda m: (tried[m].found.total_usd, m))
            state, changed = _take(trail, state, tried, best), True
        if not changed:
            break
    progress("choosing machine sizes")
    knobs = [*state.knobs, *machine_knobs(system, state)]
    final = replace(state, found=polish(state.found, knobs), knobs=knobs)
    if final.found is not state.found:
        step = settled(len(trail.decisions) + 1, state, final)
        trail.decisions.append(step)
        for knob in knobs:
            trail.opened.setdefault(knob.id, step.id)
    return final


def machine_knobs(system: System, state: State) -> list[Knob]:
    """Machine sizes no step has opened: from the one a part began with to the largest."""
    known, out = {knob.id for knob in state.knobs}, []
    for name, part in state.found.system.components.items():
        began = system.components.get(name, part).instance
        ladder = kind_of(part.kind).ladder(part)
        if began in ladder:
            knob = Knob(name, "instance", tuple(ladder[ladder.index(began) :]), frozenset())
            out += [knob] if knob.id not in known else []
    return out


def _cheaper(other: State, than: State) -> bool:
    return other.found.total_usd < than.found.total_usd * (1 - SAVING_MIN)


def rebuild(system: System, moves: list[Move], sizes: Values | None = None) -> State | None:
    """The moves applied to the smallest system in order; None where one has no site any more, not
    even once the model so far is sized, or, with `sizes` that carry it, where the stated load is
    not carried then."""
    current, knobs = system, dict[str, Knob]()
    for tid, site in moves:
        tactic = tactics()[tid]
        if site not in tactic.sites(current):  # some apply only where sizes are known
            current = size_and_assess(current, list(knobs.values())).system
            if site not in tactic.sites(current):
                return None
        applied = tactic.apply(current, site)
        current = applied.system
        for knob in applied.knobs:
            knobs.pop(knob.id, None)
            knobs[knob.id] = knob
    found = list(knobs.values())
    if sizes is not None:
        start = sizes if is_large(system) else None
        if size(current, found, 1.0, start, trim=False).blocked is not None:
            return None
    return state_of(current, moves, found)
