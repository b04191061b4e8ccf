"""From the smallest design that could work to one that keeps its promise, one tactic at a time.

Find what breaks first, ask every tactic where it applies, size it, take the best, write the step
with its evidence; then take away what is not needed and add what makes the bill smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from backend_lead.catalog import kind_of
from backend_lead.catalog.fact import Fact
from backend_lead.model.design import Decision, Option
from backend_lead.model.system import System
from backend_lead.search.assess import Assessment, assess, describe
from backend_lead.search.sizing import polish, size, size_and_assess
from backend_lead.search.wording import after_words, problem_words, title_words, usd
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Knob, Tactic

STEPS_MAX = 16
WAYS = ("farthest", "simplest")
GAIN_MIN = 1.02  # a step must carry 2 % more, or it is not worth its complexity
NEAR = 0.97  # capacities within 3 % are equal; the cheaper one is taken
SAVING_MIN = 0.01  # a change of equal promise must save 1 %

GROWTH = Fact(
    "growth", "times the peak that turning knobs alone must reach", 2.0, 1.5, 4.0, "factor",
    "assumed", "a design that cannot double without new parts is at its end on its first day; also "
    "covers demands that turn out twice as high as assumed",
)  # fmt: skip

Progress = Callable[[str], None]
Move = tuple[str, str]


@dataclass
class State:
    """A model on the way: what was applied, the knobs that are open, what it is worth.

    `reach` is the load that turning the open knobs alone could carry, up to GROWTH.
    """

    moves: list[Move]
    knobs: list[Knob]
    found: Assessment
    reach: float

    @property
    def holds(self) -> bool:
        return (
            self.found.capacity >= 1 and self.found.available and self.survives
            and self.reach >= GROWTH.value
        )  # fmt: skip

    @property
    def survives(self) -> bool:
        return self.found.system.topology.zones < 2 or self.found.survives_zone

    @property
    def promises(self) -> tuple[bool, bool]:
        return (self.found.available, self.survives)


@dataclass
class Trail:
    """How the design came about. `holds` False: no tactic left, the promise is not kept.

    `opened[knob]` is the decision that opened a knob; `reserve` the load, as a multiple of the
    stated one, that the design was sized for.
    """

    start: Assessment
    final: State
    decisions: list[Decision] = field(default_factory=list)
    opened: dict[str, str] = field(default_factory=dict)
    reserve: float = 1.0
    way: str = WAYS[0]

    @property
    def holds(self) -> bool:
        return self.final.holds


def climb(system: System, progress: Progress = lambda _: None) -> Trail:
    """Search from a smallest system, by each of WAYS; the cheapest design that holds is returned.

    Deterministic.
    """
    trails = []
    for way in WAYS:
        progress(f"taking the {way} step each time")
        trails.append(climb_one_way(system, way, progress))
    return min(trails, key=lambda t: (not t.holds, -t.final.found.capacity if not t.holds else 0.0,
                                      t.final.found.total_usd))  # fmt: skip


def climb_one_way(system: System, way: str, progress: Progress = lambda _: None) -> Trail:
    """One search: each step the `farthest` (most load carried) or the `simplest` that helps."""
    first = assess(system)
    start = State([], [], first, first.capacity)
    state = start
    trail = Trail(start.found, start, way=way)
    for _ in range(STEPS_MAX):
        if state.holds:
            break
        progress(
            f"{state.found.capacity:.2%} of the load; {describe(state.found.limit)} is the limit"
        )
        tried = _tried(state)
        chosen = _best(state, tried, way)
        if chosen is None:
            break
        state = _take(trail, state, tried, chosen)
    if state.holds:
        state = _settle(system, state, trail, progress)
    trail.final = state
    return trail


def _take(trail: Trail, state: State, tried: dict[Move, State], chosen: Move) -> State:
    """Write the step and go there."""
    number = len(trail.decisions) + 1
    trail.decisions.append(_decision(number, state, tried, chosen, trail.way))
    known = {knob.id for knob in state.knobs}
    for knob in tried[chosen].knobs:
        if knob.id not in known:
            trail.opened[knob.id] = f"{number:04d}"
    return tried[chosen]


def _applicable(system: System) -> list[Move]:
    return [(tid, site) for tid, tactic in tactics().items() for site in tactic.sites(system)]


def _apply(state: State, move: Move) -> State:
    tactic = tactics()[move[0]]
    applied = tactic.apply(state.found.system, move[1])
    fresh = {knob.id for knob in applied.knobs}
    knobs = [knob for knob in state.knobs if knob.id not in fresh] + list(applied.knobs)
    return _state(applied.system, [*state.moves, move], knobs)


def _state(system: System, moves: list[Move], knobs: list[Knob]) -> State:
    found = size_and_assess(system, knobs)
    reach = found.capacity
    if reach >= 1:
        reach = reach_of(system, knobs)
    return State(moves, knobs, found, reach)


def reach_of(system: System, knobs: list[Knob]) -> float:
    """The load, up to GROWTH, that the open knobs can carry."""
    top = GROWTH.value
    sized = size(system, knobs, top)
    if sized.blocked is None:
        return top
    return max(1.0, min(top * 0.99, top / max(sized.pressure, 1.0)))


def _tried(state: State) -> dict[Move, State]:
    open_ids = {knob.id for knob in state.knobs}
    out = {}
    for move in _applicable(state.found.system):
        if move in state.moves:
            continue  # its knob is open already
        if move[0] == "vertical-scale" and f"{move[1]}.instance" in open_ids:
            continue
        out[move] = _apply(state, move)
    return out


def _best(state: State, tried: dict[Move, State], way: str) -> Move | None:
    """The move to take. Farthest: most load carried, among near equals the cheapest with its
    complexity. Simplest: of all that help, the least complexity, then the cheapest."""
    if not tried:
        return None
    now = state.found.capacity

    def rank(move: Move) -> tuple[float, float, Move]:
        found = tried[move].found
        return (found.complexity_usd if way == "simplest" else 0.0, found.total_usd, move)

    if now >= 1:
        kept = {m: s for m, s in tried.items() if s.found.capacity >= 1}
        better = {m: s for m, s in kept.items() if s.promises > state.promises}
        if not better:
            better = {
                m: s for m, s in kept.items()
                if s.promises == state.promises and s.reach > state.reach * GAIN_MIN
            }  # fmt: skip
            far = max((s.reach for s in better.values()), default=0.0)
            if way == "farthest":
                better = {m: s for m, s in better.items() if s.reach >= far * NEAR}
        return min(better, key=rank, default=None)
    gains = {m: s for m, s in tried.items() if s.found.capacity >= min(1.0, now * GAIN_MIN)}
    if not gains:
        return None
    if way == "simplest":
        return min(gains, key=rank)
    top_load = max(min(1.0, s.found.capacity) for s in gains.values())
    near = {m: s for m, s in gains.items() if s.found.capacity >= top_load * NEAR}
    return min(near, key=rank)


# --- afterwards: simpler and cheaper at equal promise ---------------------------------------------
def _settle(system: System, state: State, trail: Trail, progress: Progress) -> State:
    """Remove what is not needed, add what pays for itself, choose machine sizes; until settled."""
    for _ in range(4):
        changed = False
        progress("removing what is not needed")
        for move in list(reversed(state.moves)):
            other = _rebuild(system, [m for m in state.moves if m != move])
            if other is not None and other.holds and _cheaper(other, state):
                number = len(trail.decisions) + 1
                trail.decisions = [
                    replace(d, status=f"superseded by {number:04d}")
                    if (d.tactic, d.site) == move and d.status == "accepted" else d
                    for d in trail.decisions
                ]  # fmt: skip
                trail.decisions.append(_step(number, state, other, move, removed=True))
                state, changed = other, True
        progress("adding what makes the bill smaller")
        tried = {m: s for m, s in _tried(state).items() if s.holds and _cheaper(s, state)}
        if tried:
            best = min(tried, key=lambda m: (tried[m].found.total_usd, m))
            state, changed = _take(trail, state, tried, best), True
        if not changed:
            break
    progress("choosing machine sizes")
    settled = replace(state, found=polish(state.found, state.knobs))
    if settled.found is not state.found:
        trail.decisions.append(_sizes(len(trail.decisions) + 1, state, settled))
    return settled


def _cheaper(other: State, than: State) -> bool:
    return other.found.total_usd < than.found.total_usd * (1 - SAVING_MIN)


def _rebuild(system: System, moves: list[Move]) -> State | None:
    """The moves applied to the smallest system in order; None where one has no site any more."""
    current, knobs = system, dict[str, Knob]()
    for tid, site in moves:
        tactic = tactics()[tid]
        if site not in tactic.sites(current):
            return None
        applied = tactic.apply(current, site)
        current = applied.system
        for knob in applied.knobs:
            knobs.pop(knob.id, None)
            knobs[knob.id] = knob
    return _state(current, moves, list(knobs.values()))


def _sizes(number: int, before: State, after: State) -> Decision:
    """The step that settles machine sizes once it is known what is needed."""
    was, now = before.found.system.components, after.found.system.components
    changed = [
        f"{name}: {kind_of(part.kind).size_words(was[name])} becomes "
        f"{kind_of(part.kind).size_words(part)}"
        for name, part in now.items()
        if kind_of(part.kind).size_words(was[name]) != kind_of(part.kind).size_words(part)
    ]
    return Decision(
        number=number,
        id=f"{number:04d}",
        title="Settle the machine sizes",
        tactic="sizing",
        site="system",
        problem=f"Every objective holds at {usd(before.found.cost.usd_month)}; are these the "
        "cheapest "
        "sizes and numbers of the same parts?",
        options=(),
        before=before.found.measure(before.reach),
        after=after.found.measure(after.reach),
        summary="; ".join(changed) or "Numbers of workers and connections were settled.",
        costs="Every size of each machine family was tried with the fewest copies that carry "
        "the load.",
        needed_above_users=0.0,
    )


# --- writing the step -----------------------------------------------------------------------------
def _decision(
    number: int, before: State, tried: dict[Move, State], chosen: Move, way: str
) -> Decision:  # fmt: skip
    options = []
    order = sorted(tried, key=lambda m: (m != chosen, -tried[m].found.capacity,
                                         tried[m].found.total_usd, m))  # fmt: skip
    for move in order:
        after = tried[move]
        tactic = tactics()[move[0]]
        options.append(
            Option(
                move[0],
                move[1],
                tactic.heading(move[1]),
                after.found.measure(after.reach),
                move == chosen,
                after_words(
                    before.found,
                    after.found,
                    tried[chosen].found,
                    move == chosen,
                    after.reach if before.found.capacity >= 1 else None,
                    way,
                ),
            )
        )
    return _step(number, before, tried[chosen], chosen, tuple(options))


def _step(
    number: int, before: State, after: State, move: Move, options: tuple[Option, ...] = (),
    removed: bool = False,
) -> Decision:  # fmt: skip
    tactic: Tactic = tactics()[move[0]]
    was = before.found.measure(before.reach)
    return Decision(
        number=number,
        id=f"{number:04d}",
        title=title_words(tactic, move[1], removed),
        tactic=move[0],
        site=move[1],
        problem=problem_words(before.found, removed, before.reach, before.holds),
        options=options,
        before=was,
        after=after.found.measure(after.reach),
        summary=tactic.does
        if not removed
        else f"Without it everything still holds. {tactic.costs}",
        costs=tactic.costs if not removed else "",
        needed_above_users=0.0 if removed else was.max_users,
    )
