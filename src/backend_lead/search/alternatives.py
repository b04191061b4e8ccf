"""Whole designs beside the one that was chosen: each by the same search, with another aim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from backend_lead.catalog import kind_of
from backend_lead.model.digest import digest
from backend_lead.model.paths import Alternative
from backend_lead.model.system import Component, System
from backend_lead.search.aims import CHEAPEST, FASTEST, RESILIENT, Aim, towards
from backend_lead.search.alternative_words import better_when, kept_and_missed, why_not
from backend_lead.search.assess import assess
from backend_lead.search.climb import NEAR, climb_preferring, state_of, tried_from
from backend_lead.search.nearby import applied_again, sizes_of
from backend_lead.search.relevant import is_large
from backend_lead.search.searches import Searches
from backend_lead.search.sizing import Warm
from backend_lead.search.state import PREFERENCES, State, Trail
from backend_lead.search.team import hours_asked, hours_given
from backend_lead.search.workload import carried, machines, parts_words, users_of
from backend_lead.tactics import tactics
from backend_lead.views.resolve import resolve

MONOLITH = "monolith"
RECOMMENDED = "recommended"
SHAPE = ("replicas", "shards")  # fields that change how a store is built, not how large it is
STORES = frozenset({"relational store", "cache", "stream"})  # roles that keep data


@dataclass(frozen=True)
class _Found:
    id: str
    title: str
    state: State
    system: System


def alternatives(
    system: System, trail: Trail, searches: Searches, progress: Callable[[str], None]
) -> tuple[Alternative, ...]:
    """The modular monolith, the cheapest, the fastest, the most resilient and the chosen design.

    Those that come out as one design are one row, the chosen one first of them. The chosen one's
    row is made of what `trail` ended with.
    """
    recommended = _Found(RECOMMENDED, "Recommended", trail.final, trail.final.found.system)
    title = "Simplest modular monolith" if _services(system) == 1 else "The same parts, larger"
    progress(f"alternatives: {title.lower()}")
    alone = _larger(system, trail) if is_large(system) else monolith(system, searches)
    lone = answered(alone, trail, shape_keepers(system))
    rows = [recommended, _Found(MONOLITH, title, lone, lone.found.system)]
    for aim in (CHEAPEST, FASTEST, RESILIENT):
        progress(f"alternatives: {aim.title.lower()}")
        state = _best(aim, system, trail, lone)
        rows.append(_Found(aim.id, aim.title, state, state.found.system))
    chosen = _row(recommended, recommended)
    distinct: dict[str, Alternative] = {}
    for found in rows:
        key = digest(_bare(found.system))
        if key in distinct:
            first = distinct[key]
            also = found.title[0].lower() + found.title[1:]
            also = also if also.startswith("the ") else f"the {also}"
            distinct[key] = replace(first, same_as=(*first.same_as, also))
        else:
            distinct[key] = _row(found, recommended) if found is not recommended else chosen
    return tuple(replace(row, by_steps=is_large(system)) for row in distinct.values())


def _best(aim: Aim, system: System, trail: Trail, lone: State) -> State:
    """The best by an aim, from each design that the searches ended with."""
    others = [answered(t.final, trail, frozenset(tactics())) for t in trail.others]
    ends = [trail.final, *others, lone]
    ends = [s for s in ends if aim.needs(s)] or [trail.final]
    begin = min(ends, key=lambda s: (aim.worth(s.found), s.found.total_usd))
    if aim.worth(begin.found) > aim.worth(trail.final.found) * (1 - aim.gain):
        begin = trail.final
    return towards(aim, system, begin, trail.reserve)


# --- the modular monolith -------------------------------------------------------------------------
def monolith(system: System, searches: Searches) -> State:
    """The best design with the parts it began with and each store of one shape, only larger.

    Where it does not carry the load, it still gets what it can get of the other promises.
    """
    only = shape_keepers(system)
    return _with_promises(searches.trail(system, only).final, only)


def _larger(system: System, trail: Trail) -> State:
    """The same of a large system: the search goes on from those steps of the chosen design that
    keep the parts, on its sizes."""
    only, final = shape_keepers(system), trail.final
    kept = [move for move in final.moves if move[0] in only and not tactics()[move[0]].answers]
    built = applied_again(system, final, kept)
    begin = None
    if built is not None:
        sizes = sizes_of(final)
        begin = state_of(built[0], kept, built[1], warm=Warm(sizes, sizes))
    end = climb_preferring(system, PREFERENCES[0], only=only, begin=begin).final
    if not end.holds:  # sized roughly so far
        end = state_of(end.found.system, end.moves, end.knobs)
    return _with_promises(end, only)


def _with_promises(state: State, only: frozenset[str]) -> State:
    """What a design gets of the promises it does not keep, without carrying less."""
    while not state.holds and state.promises != (True, True):
        near = tried_from(state, only)
        better = [s for s in near.values() if s.promises > state.promises
                  and s.found.capacity >= state.found.capacity * NEAR]  # fmt: skip
        if not better:
            break
        state = min(better, key=lambda s: (s.found.total_usd, s.moves))
    return state


def answered(state: State, trail: Trail, only: frozenset[str]) -> State:
    """A design with what the chosen one has to answer trials and rules, as far as it applies."""
    for move in trail.final.moves:
        tactic = tactics()[move[0]]
        if not tactic.answers or move[0] not in only or move in state.moves:
            continue
        if move[1] in tactic.sites(state.found.system):
            applied = tactic.apply(state.found.system, move[1])
            found = assess(applied.system)
            state = replace(state, moves=[*state.moves, move], found=found,
                            knobs=[*state.knobs, *applied.knobs])  # fmt: skip
    return state


def shape_keepers(system: System) -> frozenset[str]:
    """The tactics a modular monolith may take."""
    return frozenset(tid for tid in tactics() if keeps_shape(system, tid))


def keeps_shape(system: System, tactic: str) -> bool:
    """Whether a tactic leaves the parts and the shape of the stores as they are, where it applies
    to this system."""
    member = tactics()[tactic]
    for site in member.sites(system):
        applied = member.apply(system, site)
        if set(applied.system.components) != set(system.components):
            return False
        if any(knob.field in SHAPE for knob in applied.knobs):
            return False
        parts = system.components.items()
        if any(_shape(applied.system.components[name]) != _shape(part) for name, part in parts):
            return False
    return True


def _shape(part: Component) -> tuple[object, ...]:
    return (part.kind, part.pooler is None, *(getattr(part, field) for field in SHAPE))


def _services(system: System) -> int:
    return sum(kind_of(part.kind).role == "service" for part in system.components.values())


# --- one row --------------------------------------------------------------------------------------
def _bare(system: System) -> System:
    """Without the words about where a value comes from: two designs are one if they run alike."""
    parts = {n: p.model_copy(update={"origins": {}}) for n, p in system.components.items()}
    workload = system.workload.model_copy(update={"origins": {}})
    return system.model_copy(update={"components": parts, "workload": workload})


def _row(one: _Found, chosen: _Found) -> Alternative:
    found = assess(one.system)
    most = carried(one.system)
    kept, missed = kept_and_missed(found, one.state.reach)
    first = one is chosen
    best = found if first else assess(chosen.system)
    roles = [kind_of(p.kind).role for p in one.system.components.values()]
    stateful = sum(
        kind_of(p.kind).instances(p) for p in one.system.components.values()
        if kind_of(p.kind).role in STORES
    )  # fmt: skip
    return Alternative(
        one.id, one.title, first, (), parts_words(one.system),
        tuple(tactics()[t].heading(site) for t, site in one.state.moves),
        min(1.0, most), users_of(one.system) * most, resolve(one.system).requests_per_s * most,
        found.worst_p99_s, found.worst_availability.availability, found.survives_zone,
        found.carried_usd, found.complexity_usd, machines(one.system), stateful,
        len(set(roles)), hours_asked(one.system), hours_given(one.system), kept, missed,
        "" if first else why_not(one.id, found, best, one.state, chosen.state),
        "" if first else better_when(one.id, found, best, one.state, most),
    )  # fmt: skip
