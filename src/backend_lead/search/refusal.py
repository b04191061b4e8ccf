"""A promise that cannot be kept: what binds, with its number, and the nearest that can be.

The promises are made weaker one at a time until a design keeps the rest: what had to give is what
binds. Then the budget and the team are held against the smallest bill that was found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from backend_lead.model.design import Decision
from backend_lead.model.paths import Feasible, Refusal
from backend_lead.model.system import System
from backend_lead.model.units import DURATION
from backend_lead.search import refusal_words as words
from backend_lead.search.aims import FRUGAL, Aim, towards
from backend_lead.search.assess import IDLE_LATENCY, Assessment, assess
from backend_lead.search.distance import out_of_reach
from backend_lead.search.nearest import (
    Near,
    lift_p99,
    nearest_availability,
    nearest_load,
    nearest_p99,
    rounded_up,
    with_p99,
)
from backend_lead.search.record import leaner, thrifty
from backend_lead.search.searches import Searches
from backend_lead.search.sizing import polish
from backend_lead.search.state import State, Trail
from backend_lead.search.team import hours_asked, hours_given, team_carries
from backend_lead.search.workload import users_of
from backend_lead.tactics.tactic import copy

WEAKENED_MAX = 3  # promises that may have to give: load, latency, availability
SPREAD_ZONES = 3  # zones that an availability is tried with where fewer are stated
SLOWER = 1000.0  # times the promised p99 that are looked at where a slower answer is cheaper
HALVINGS = 5  # between the two, on a logarithmic scale

Progress = Callable[[str], None]


def over_hours(found: Assessment) -> float:
    """Hours a month that a design asks of its team, at least those the team has."""
    return max(hours_asked(found.system), hours_given(found.system) or 0.0)


def every_part(found: Assessment) -> dict[str, float]:
    """Hours are priced by reason, not by part: a step at any part may save some."""
    return dict.fromkeys(found.system.components, 1.0)


LEAN = Aim(
    "lean", "Least work", over_hours, lambda s: s.holds and within_budget(s.found), 0.01, False,
    every_part, lambda s: team_carries(s.found.system),
)  # fmt: skip


@dataclass
class _Given:
    """The weakest request so far that a design keeps, and what had to give for it."""

    near: Near
    binds: list[str] = field(default_factory=list)
    gives: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)


def promised(
    system: System, trail: Trail, searches: Searches, progress: Progress
) -> tuple[Trail, Refusal | None]:
    """The trail to build from, and the refusal where what is asked cannot be kept.

    Where only the smallest bill fits the budget, that design is taken. Of a refused request the
    trail is that of the nearest design for the stated load, judged by what was promised.
    """
    if trail.holds and fits(trail) and not out_of_reach(system):
        return trail, None
    searches.knows(system, trail)
    progress("this cannot be kept as asked; looking for what can")
    given = _weakened(system, trail, searches)
    if given.near.trail.holds and not fits(given.near.trail):
        _thrifty(system, given, searches)
    far = out_of_reach(system)
    if not given.binds and not far:
        return given.near.trail, None
    if far:
        given.kinds.append("distance")
    closest = _closest(system, given, searches, progress)
    binds = [*given.binds, *([far] if far else [])]
    return _as_asked(system, trail, given), Refusal(tuple(binds), closest)


def fits(trail: Trail) -> bool:
    """Whether a design holds within the budget and the hours of the team, where stated."""
    return trail.holds and in_budget(trail) and team_carries(trail.final.found.system)


def in_budget(trail: Trail) -> bool:
    return within_budget(trail.final.found)


def within_budget(found: Assessment) -> bool:
    budget = found.system.budget
    return budget is None or found.cost.usd_month <= budget.value


# --- what binds -----------------------------------------------------------------------------------
def _weakened(system: System, trail: Trail, searches: Searches) -> _Given:
    """Load, latency and availability made weaker, one at a time, until a design keeps the rest."""
    given = _Given(Near(system, trail))
    for _ in range(WEAKENED_MAX):
        if given.near.trail.holds or not _weaken(given, searches):
            break
    return given


def _weaken(given: _Given, searches: Searches) -> bool:
    """Weaken what binds now; False where nothing weaker was found."""
    system, found = given.near.system, given.near.trail.final.found
    kind = _binding(system, given.near.trail, searches)
    give: str | None
    if kind == "p99":
        near = nearest_p99(system, searches)
        bind, give = words.p99_binds(found), words.p99_gives(system, near.system) if near else None
    elif kind == "availability":
        near = nearest_availability(system, searches)
        bind = words.availability_binds(found)
        give = words.availability_gives(near.system) if near else None
    else:
        near = nearest_load(system, searches, lambda t: t.holds, found.capacity / 2)
        bind = words.load_binds(given.near.trail)
        give = words.load_gives(near) if near else None
    given.kinds.append(kind)
    given.binds.append(bind)
    if near is None or give is None:
        return False
    given.gives.append(give)
    given.near = replace(near, factor=given.near.factor * near.factor)
    return True


def _binding(system: System, trail: Trail, searches: Searches) -> str:
    """Which promise a search that failed could not keep: p99, availability or load."""
    state = trail.final
    if state.found.capacity >= 1:
        return "load" if state.found.available else "availability"
    if state.found.limit.resource == IDLE_LATENCY or searches.trail(lift_p99(system)).holds:
        return "p99"
    return "load"


def _thrifty(system: System, given: _Given, searches: Searches) -> None:
    """The smallest bill instead of the smallest total, and where the team has not the hours, the
    least work; what is over still binds."""
    trail = given.near.trail
    state = towards(FRUGAL, given.near.system, trail.final, trail.reserve, searches.progress)
    cheaper = _with_step(trail, state, thrifty)
    if state is not trail.final and (fits(cheaper) or not in_budget(trail)):
        given.near = replace(given.near, trail=cheaper)
    trail = given.near.trail
    if in_budget(trail) and not team_carries(trail.final.found.system):
        state = _leanest(given.near, searches)
        if state is not trail.final:
            given.near = replace(given.near, trail=_with_step(trail, state, leaner))
    if not in_budget(given.near.trail):
        given.kinds.append("budget")
        given.binds.append(words.budget_binds(given.near.trail))
    if not team_carries(given.near.trail.final.found.system):
        given.kinds.append("team")
        given.binds.append(words.team_binds(given.near.trail))


def _with_step(trail: Trail, state: State, told: Callable[[int, State, State], Decision]) -> Trail:
    """The trail with one more decision, which leads to another state."""
    decision = told(len(trail.decisions) + 1, trail.final, state)
    return replace(trail, final=state, decisions=[*trail.decisions, decision])


def _leanest(near: Near, searches: Searches) -> State:
    """The design within the hours of the team, or nearest to them, that the budget allows; on the
    cheapest machines that keep within them. The one there was where none asks for less."""
    trail = near.trail
    state = towards(LEAN, near.system, trail.final, trail.reserve, searches.progress)
    settled = replace(state, found=polish(state.found, state.knobs, trail.reserve))
    kept = LEAN.needs(settled) and over_hours(settled.found) <= over_hours(state.found)
    return settled if state is not trail.final and kept else state


# --- the nearest ----------------------------------------------------------------------------------
def _closest(
    system: System, given: _Given, searches: Searches, progress: Progress
) -> tuple[Feasible, ...]:  # fmt: skip
    out: list[Feasible] = []
    near, gives = given.near, given.gives
    means = [kind for kind in given.kinds if kind in ("budget", "team")]
    if not near.trail.holds:
        return ()
    if near.factor == 1:
        over = [*gives, *words.means_give(near.trail, means)]
        if over:
            out.append(_feasible(words.load(near.system), over, near.trail))
    elif not means:
        out.append(_feasible(words.promises(system), gives, near.trail))
    if means:
        progress("looking for the load that the budget and the team carry")
        guess = words.share_of_means(near.trail)
        less = nearest_load(near.system, searches, fits, guess)
        if less is not None:
            load = [*gives[: len(gives) - (near.factor < 1)], words.load_gives(less)]
            out.append(_feasible(words.means(system, means), load, less.trail))
        else:
            given.binds[-1] += f"; {words.smallest(near.system, searches)}"
        out += _slower(system, given, searches)
    if "p99" in given.kinds and near.trail.start.limit.resource != IDLE_LATENCY:
        quick = nearest_load(system, searches, lambda t: t.holds, 1 / 4)
        if quick is not None:
            out.append(_feasible(words.promises(system), [words.load_gives(quick)], quick.trail))
    out += _spread(system, given, searches)
    if "distance" in given.kinds:
        out += words.nearby(system, near.trail)
    return tuple(out)


def _feasible(keeps: str, gives: list[str], trail: Trail) -> Feasible:
    found = assess(trail.final.found.system)
    return Feasible(keeps, "; ".join(gives), words.parts(found), users_of(found.system),
                    found.worst_p99_s, found.cost.usd_month)  # fmt: skip


def _slower(system: System, given: _Given, searches: Searches) -> list[Feasible]:
    """Load and budget kept at the least p99 that fits them, where a slower answer saves enough."""
    if "p99" in given.kinds or given.near.factor < 1 or not fits(searches.trail(lift_p99(system))):
        return []
    low, best = min(slo.p99.value for slo in system.slos), None
    high = low * SLOWER
    for _ in range(HALVINGS):
        middle = rounded_up((low * high) ** 0.5)
        trail = searches.trail(with_p99(system, dict.fromkeys(
            (slo.journey for slo in system.slos), middle)))  # fmt: skip
        if fits(trail):
            best, high = trail, middle
        else:
            low = middle
    if best is None:
        return []
    keeps = f"{words.load(system)} and {words.means(system, ['budget'])}"
    return [_feasible(keeps, [f"p99 {DURATION.format(high)}"], best)]


def _spread(system: System, given: _Given, searches: Searches) -> list[Feasible]:
    """The availability kept with more zones, where fewer were stated."""
    if "availability" not in given.kinds or system.topology.zones >= SPREAD_ZONES:
        return []
    wider = copy(system)
    wider.topology.zones = SPREAD_ZONES
    gives, trail = [words.zones_give(system, SPREAD_ZONES)], searches.trail(wider)
    if trail.holds:
        return [_feasible(words.promises(system), gives, trail)]
    near = nearest_availability(wider, searches)
    if near is None:
        return []
    gives.append(words.availability_gives(near.system))
    return [_feasible(words.load(system), gives, near.trail)]


def _as_asked(system: System, trail: Trail, given: _Given) -> Trail:
    """The nearest trail for the stated load with its design judged by what was promised."""
    near = given.near.trail
    if given.near.factor < 1 or not near.holds:
        return trail
    if near.final.found.system.slos == system.slos:
        return near
    asked = copy(near.final.found.system)
    asked.slos = [slo.model_copy() for slo in system.slos]
    said = f"With {'; '.join(given.gives)}: "
    decisions = [replace(d, problem=said + d.problem) for d in near.decisions]
    final = replace(near.final, found=assess(asked), reach=0.0)
    return replace(near, final=final, decisions=decisions)
