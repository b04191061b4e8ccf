"""Stages on the way to a load: what each needs, when it ends, and what it leaves unbuilt."""

from __future__ import annotations

from collections.abc import Callable

from backend_lead.analysis.solver import Use, loads, solve
from backend_lead.analysis.uses import cheap_uses, pressure, solve_all
from backend_lead.model.design import Decision
from backend_lead.model.paths import NotYet, Stage
from backend_lead.model.system import System
from backend_lead.search.assess import Assessment, late
from backend_lead.search.relevant import weighed
from backend_lead.search.searches import Searches
from backend_lead.search.sizing import size
from backend_lead.search.state import Trail
from backend_lead.search.workload import (
    carried,
    machines,
    parts_words,
    scaled,
    users_of,
)
from backend_lead.tactics import tactics
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from backend_lead.views.zones import with_zone_lost

TOWARDS, FROM = (0.01, 0.1, 1.0), (1.0, 10.0, 100.0)
SMALL_USERS, SMALL_PER_S = 5000.0, 500.0  # loads below are taken as the beginning of the way
PAST = 1.01  # just above the load that holds, what binds is over its limit
STEP = 10.0  # stages are this far apart


def roadmap(
    system: System, trail: Trail, searches: Searches,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Stage, ...]:  # fmt: skip
    """Three stages, each with its own design by the search; `trail` is that of the stated load."""
    users = users_of(system)
    small = users < SMALL_USERS if users else resolve(system).requests_per_s < SMALL_PER_S
    factors = FROM if small else TOWARDS
    trails = []
    searches.ahead(scaled(system, [factor for factor in factors if factor != 1][-1]))
    for factor in factors:
        if factor == 1:
            trails.append(trail)
            continue
        progress(f"a stage of the way: {factor:g} times the load")
        trails.append(searches.trail(scaled(system, factor)))
    most = [carried(trail.final.found.system) for trail in trails]
    knobs = [max(as_is, _carried_by_knobs(trail))
             for as_is, trail in zip(most, trails, strict=True)]  # fmt: skip
    return tuple(_stage(i, factors, trails, most[i], knobs) for i in range(len(factors)))


def _stage(
    i: int, factors: tuple[float, ...], trails: list[Trail], most: float, by_knobs: list[float]
) -> Stage:  # fmt: skip
    trail, knobs = trails[i], by_knobs[i]
    found = trail.final.found
    users, rate = users_of(found.system), found.flow.requests_per_s
    metric, value, unit = trigger(found.system, most)
    return Stage(
        i + 1, factors[i], users, rate, trail.holds, parts_words(found.system),
        tuple(tactics()[t].heading(site) for t, site in trail.final.moves),
        found.cost.usd_month, found.complexity_usd, machines(found.system),
        users * most, rate * most, users * knobs, rate * knobs, metric, value, unit,
        _not_yet(i, trails, by_knobs),
        _dropped(i, trails),
        value_of(found.system, metric, unit),
    )  # fmt: skip


def _dropped(i: int, trails: list[Trail]) -> tuple[str, ...]:
    """Steps of a stage that a later one does without, with that stage."""
    out = []
    for move in trails[i].final.moves:
        if not weighed(move):
            continue
        gone = [n for n, t in enumerate(trails[i + 1 :], i + 2) if move not in t.final.moves]
        if gone:
            out.append(f"{tactics()[move[0]].heading(move[1])}: dropped at stage {gone[0]}")
    return tuple(out)


def _carried_by_knobs(trail: Trail) -> float:
    """The multiple of a stage's load that larger sizes of the same parts hold, up to STEP."""
    low, high = 1.0, STEP
    system, knobs = trail.final.found.system, trail.final.knobs

    def fits(load: float) -> bool:
        return size(scaled(system, load), knobs, 1.0).blocked is None

    if fits(STEP):
        return STEP
    for _ in range(6):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def trigger(system: System, most: float) -> tuple[str, float, str]:
    """What to alert on: the metric that binds above `most`, and its value there with every zone
    up; (name, value, unit)."""
    flow = resolve(scaled(system, max(most, 1e-3)))
    above = with_zone_lost(resolve(scaled(system, max(most, 1e-3) * PAST)))
    use = max(cheap_uses(above, 1.0), key=lambda u: (pressure(u), u.id))
    if pressure(use) <= 1:
        solution = solve_all(above, 1.0)
        over = max(solution.uses, key=lambda u: (pressure(u), u.id))
        if solution.stable and pressure(over) <= 1 and late(above, solution) > 1:
            return _slowest(flow)
        use = over
    now = _uses(flow)
    value = now[use.id].busy if use.id in now else use.busy
    return f"{use.component} {use.resource}", value, "ratio"


def _uses(flow: Flow) -> dict[str, Use]:
    return {
        u.id: u for u in (*loads(flow, 1.0), *cheap_uses(flow, 1.0), *solve_all(flow, 1.0).uses)
    }


def value_of(system: System, metric: str, unit: str) -> float:
    """What a metric of `trigger` is at the load of the system itself, with every zone up."""
    flow = resolve(system)
    if unit == "s":
        return solve(flow, 1.0).p99_s.get(metric.removeprefix("p99 of "), 0.0)
    return max((u.busy for u in _uses(flow).values() if f"{u.component} {u.resource}" == metric),
               default=0.0)  # fmt: skip


def _slowest(flow: Flow) -> tuple[str, float, str]:
    """The p99 nearest to its objective."""
    p99_s = solve(flow, 1.0).p99_s
    rows = [
        (p99_s[ref] / flow.system.slo_of(journey).p99.value, ref)
        for journey, part in flow.system.journeys.items()
        for ref in part.steps
        if ref in p99_s
    ]
    ref = max(rows)[1]
    return f"p99 of {ref}", p99_s[ref], "s"


def _not_yet(i: int, trails: list[Trail], by_knobs: list[float]) -> tuple[NotYet, ...]:
    """Steps that later stages take and this one does not, each once: no sizes, no repairs."""
    out: dict[tuple[str, str], NotYet] = {}
    for number, later in enumerate(trails[i + 1 :], i + 2):
        for move in later.final.moves:
            if move in trails[i].final.moves or move in out or not weighed(move):
                continue
            step = next((d for d in later.decisions if (d.tactic, d.site) == move), None)
            before = trails[number - 2].final.found
            out[move] = _left(number, move, step, before, by_knobs[number - 2])
    return tuple(out.values())


def _left(
    number: int, move: tuple[str, str], step: Decision | None, before: Assessment, most: float
) -> NotYet:  # fmt: skip
    """A step left to a stage; `most` is what larger sizes of the stage before it carry, as a
    multiple of that stage's load: above it the step is needed."""
    title = tactics()[move[0]].heading(move[1])
    if step is None or not step.for_load:
        why = "it lets the design grow" if step and step.growth else "it keeps a promise or saves"
        return NotYet(title, number, 0.0, "", why)
    if most >= STEP:
        why = "larger sizes of the parts before it would carry that load too"
        return NotYet(title, number, 0.0, "", f"{why}; the search for it takes this step")
    users = users_of(before.system)
    above, unit = (users, "users") if users else (before.flow.requests_per_s, "requests/s")
    why = f"so far larger sizes of the parts of stage {number - 1} hold"
    return NotYet(title, number, above * most, unit, why)
