"""One step more or less from a design that is sized already: what a large system's searches take.

To search a system of many parts anew takes too long for each question beside its design. So a step
is added to the design, or taken from it, and the sizes are turned on from those it has. Where such
a step ends is a whole design, judged like any other; that no further one is better is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from backend_lead.model.system import System
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.bench import Values
from backend_lead.search.climb import applicable, reach_of
from backend_lead.search.relevant import weighed
from backend_lead.search.sizing import size, values_of
from backend_lead.search.state import Move, State
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Knob, copy
from backend_lead.views.flow import Flow, calls_of
from backend_lead.views.weights import weighted_calls

Shares = Mapping[str, float]  # by component
Wanted = Callable[[Move], bool]


def steps_near(
    system: System, state: State, wanted: Wanted, load: float = 1.0,
    only: frozenset[str] | None = None,
) -> list[State]:  # fmt: skip
    """The designs one wanted step more or less from a state that carry `load` times the load.

    Machine sizes are no step: they are turned in each. What answers a trial or a rule stays.
    """
    out = []
    for move in state.moves:
        if weighed(move) and wanted(move):
            out.append(without_step(system, state, move, load))
    for move in applicable(state.found.system, only):
        if weighed(move) and move not in state.moves and wanted(move):
            out.append(with_step(state, move, load))
    return [one for one in out if one is not None]


def with_step(state: State, move: Move, load: float = 1.0) -> State | None:
    """A state with one tactic more; None where no sizes carry the load then."""
    applied = tactics()[move[0]].apply(state.found.system, move[1])
    fresh = {knob.id for knob in applied.knobs}
    knobs = [knob for knob in state.knobs if knob.id not in fresh] + list(applied.knobs)
    return resized(applied.system, [*state.moves, move], knobs, sizes_of(state), load)


def without_step(system: System, state: State, move: Move, load: float = 1.0) -> State | None:
    """A state with one of its tactics less; None where another rests on it, or no sizes carry the
    load then."""
    return built_again(system, state, [m for m in state.moves if m != move], load)


def built_again(
    system: System, state: State, moves: list[Move], load: float = 1.0
) -> State | None:  # fmt: skip
    """The smallest `system` with these of a state's tactics, on sizes turned on from the state's;
    None where one has no site, or no sizes carry the load."""
    built = applied_again(system, state, moves)
    return built and resized(built[0], moves, built[1], sizes_of(state), load)


def applied_again(
    system: System, state: State, moves: list[Move]
) -> tuple[System, list[Knob]] | None:
    """The smallest `system` with tactics, and its knobs with those of a state that no step opened:
    machines as it was settled with. None where a tactic has no site."""
    sizes = sizes_of(state)
    current, knobs = system, dict[str, Knob]()
    for tid, site in moves:
        tactic = tactics()[tid]
        if site not in tactic.sites(current):  # some apply only where sizes are known
            current = _sized(current, list(knobs.values()), sizes)
            if site not in tactic.sites(current):
                return None
        applied = tactic.apply(current, site)
        current = applied.system
        for knob in applied.knobs:
            knobs.pop(knob.id, None)
            knobs[knob.id] = knob
    for knob in state.knobs:
        if knob.field == "instance" and knob.component in current.components:
            knobs.setdefault(knob.id, knob)
    return current, list(knobs.values())


def _sized(system: System, knobs: list[Knob], sizes: Values) -> System:
    out = copy(system)
    for knob in knobs:
        if sizes.get(knob.id) in knob.values:
            knob.set(out, sizes[knob.id])
    return out


def resized(
    system: System, moves: list[Move], knobs: list[Knob], sizes: Values, load: float = 1.0
) -> State | None:
    """A model with the fewest of everything that carry the load, turned on from `sizes`; its reach
    is not looked for. None where none carry it."""
    sized = size(system, knobs, load, sizes)
    if sized.blocked is not None:
        return None
    found = assess(sized.system, load)
    if found.capacity < load:
        return None
    return State(moves, knobs, found, min(found.capacity, 1.0))


def reaching(state: State) -> State:
    """The same state with the load that turning its knobs alone could carry."""
    reach, stop = reach_of(state.found.system, state.knobs, sizes_of(state))
    return replace(state, reach=reach, stop=stop)


def sizes_of(state: State) -> Values:
    """What the knobs of a state are set to."""
    return values_of(state.found.system, state.knobs)


# --- which parts weigh ----------------------------------------------------------------------------
def touches(shares: Shares, flow: Flow, move: Move, least: float) -> bool:
    """Whether a step is at parts that have a share of at least `least` together: at its site and
    what that asks. One at the system, a class of callers or a topic may reach anywhere."""
    site = move[1]
    if site not in flow.system.components:
        return True
    return sum(shares.get(name, 0.0) for name in near_sites(flow, {site})) >= least


def near_sites(flow: Flow, sites: set[str]) -> set[str]:
    """The components among `sites`, and those that they ask."""
    asked = {
        flow.nodes[call.target].component
        for node in flow.nodes.values()
        if node.component in sites
        for call in calls_of(node.steps)
    }
    return asked | (sites & flow.system.components.keys())


def bill_shares(found: Assessment) -> Shares:
    """What part of the bill each component is."""
    out: dict[str, float] = {}
    for line in found.cost.lines:
        share = line.usd_month / found.cost.usd_month if found.cost.usd_month else 0.0
        out[line.component] = out.get(line.component, 0.0) + share
    return out


def time_shares(found: Assessment) -> Shares:
    """What part of the slowest request's mean time is spent at each component and below it."""
    solution, flow = found.solution, found.flow
    if solution is None or not solution.p99_s:
        return {}
    root = max(solution.p99_s, key=lambda ref: (solution.p99_s[ref], ref))
    whole = solution.node_s.get(root, 0.0)
    if root not in flow.nodes or whole <= 0:
        return {}
    visits, out = {root: 1.0}, dict[str, float]()
    for key in reversed(flow.order()):
        if key not in visits:
            continue
        name = flow.nodes[key].component
        out[name] = out.get(name, 0.0) + visits[key] * solution.node_s.get(key, 0.0) / whole
        for weight, call in weighted_calls(flow.nodes[key].steps, flow):
            visits[call.target] = visits.get(call.target, 0.0) + visits[key] * weight
    return out


def down_shares(found: Assessment) -> Shares:
    """What part of the down time of the least available journey each component is."""
    out: dict[str, float] = {}
    for term in found.worst_availability.terms:
        name = term.component.partition(".")[0]
        out[name] = out.get(name, 0.0) + 1 - term.availability
    whole = sum(out.values())
    return {name: down / whole for name, down in out.items()} if whole else {}
