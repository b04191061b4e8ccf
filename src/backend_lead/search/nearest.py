"""Promises made weaker until a design keeps them: the p99, the availability, the load."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from backend_lead.model.quantity import Duration, Ratio
from backend_lead.model.system import Slo, System
from backend_lead.search.aims import RESILIENT, towards
from backend_lead.search.assess import P99_MARGIN, Assessment
from backend_lead.search.searches import Searches
from backend_lead.search.state import Trail
from backend_lead.search.workload import scaled, users_of
from backend_lead.tactics.tactic import copy
from backend_lead.views.resolve import resolve

Q = TypeVar("Q", Duration, Ratio)
LIFTED_S = 3600.0  # a p99 that every design keeps
LIFTED_RATIO = 0.5  # an availability that every design keeps
LOOSER = 1.25  # by so much a weaker promise is weakened more where it is not kept yet
LOOSENED_MAX = 4
DIGITS = 2  # of a weaker promise
SHRINK, SHRINKS, HALVINGS = 4.0, 8, 4  # of the load, until it is carried; then halved so often


@dataclass(frozen=True)
class Near:
    """A weaker request and the search that keeps it; `factor` is the share of the load."""

    system: System
    trail: Trail
    factor: float = 1.0


def lift_p99(system: System) -> System:
    """The same request without any promise of latency."""
    return _with(system, lambda slo: {"p99": _set(slo.p99, LIFTED_S)})


def lift_availability(system: System) -> System:
    """The same request with an availability that every design keeps."""
    return _with(system, lambda slo: {"availability": _set(slo.availability, LIFTED_RATIO)})


def nearest_p99(system: System, searches: Searches) -> Near | None:
    """The request with the p99 that a design without such a promise reaches."""
    free = searches.trail(lift_p99(system))
    if not free.holds:
        return None
    reached = _reached(free.final.found)
    for loosened in range(LOOSENED_MAX + 1):
        least = {key: rounded_up(p99_s / P99_MARGIN * LOOSER**loosened)
                 for key, p99_s in reached.items() if p99_s}  # fmt: skip
        near = with_p99(system, least)
        trail = searches.trail(near)
        if trail.holds:
            return Near(near, trail)
    return None


def with_p99(system: System, least: dict[str, float]) -> System:
    """The same request with a p99 of at least so much, by the journey of the objective."""
    return _with(system, lambda slo: {
        "p99": _set(slo.p99, max(slo.p99.value, least.get(slo.journey, 0.0)))
    })  # fmt: skip


def with_availability(system: System, most: float) -> System:
    """The same request with no more availability than that."""
    return _with(system, lambda slo: {
        "availability": _set(slo.availability, min(slo.availability.value, most))
    })  # fmt: skip


def _reached(found: Assessment) -> dict[str, float]:
    """The worst p99 under each objective, by its journey."""
    solution, system = found.solution, found.system
    out = {slo.journey: 0.0 for slo in system.slos}
    for name, journey in system.journeys.items():
        key = system.slo_of(name).journey
        times = [solution.p99_s[r] for r in journey.steps if solution and r in solution.p99_s]
        out[key] = max([out[key], *times])
    return out


def nearest_availability(system: System, searches: Searches) -> Near | None:
    """The request with the best availability that was found."""
    free = lift_availability(system)
    trail = searches.trail(free)
    if not trail.holds:
        return None
    best = towards(RESILIENT, free, trail.final, progress=searches.progress)
    down = 1 - min(row.availability for row in best.found.availability)
    for loosened in range(LOOSENED_MAX + 1):
        near = with_availability(system, 1 - rounded_up(down * LOOSER**loosened))
        found = searches.trail(near)
        if found.holds:
            return Near(near, found)
    return None


def nearest_load(
    system: System, searches: Searches, keeps: Callable[[Trail], bool], guess: float
) -> Near | None:
    """The request with the highest share of its load, near `guess`, that `keeps` accepts."""
    whole = users_of(system) or resolve(system).requests_per_s
    tried: dict[float, Near | None] = {}

    def near(factor: float) -> Near | None:
        factor = rounded_down(whole * factor) / whole
        if factor not in tried:
            smaller = scaled(system, factor)
            trail = searches.trail(smaller)
            tried[factor] = Near(smaller, trail, factor) if keeps(trail) else None
        return tried[factor]

    high, low = 1.0, min(guess, 0.5)
    best = near(low)
    if best is None and near(1 / whole) is None:
        return None  # the smallest load already asks too much
    for _ in range(SHRINKS):
        if best is not None or low * whole < 1:
            break
        high, low = low, low / SHRINK
        best = near(low)
    while best is not None and low * SHRINK < high and (more := near(low * SHRINK)):
        best, low = more, low * SHRINK
    if best is None:
        return None
    high = min(high, low * SHRINK)
    for _ in range(HALVINGS):
        middle = math.sqrt(low * high)
        if found := near(middle):
            best, low = found, middle
        else:
            high = middle
    return best


def rounded_up(value: float) -> float:
    """With DIGITS significant digits, not below the value."""
    return _rounded(value, math.ceil)


def rounded_down(value: float) -> float:
    """With DIGITS significant digits, not above the value."""
    return _rounded(value, math.floor)


def _rounded(value: float, to: Callable[[float], int]) -> float:
    places = DIGITS - 1 - math.floor(math.log10(value))
    return float(f"{to(value * 10**places) / 10**places:.{DIGITS + 12}g}")


def _with(system: System, changes: Callable[[Slo], dict[str, Duration | Ratio]]) -> System:
    out = copy(system)
    out.slos = [slo.model_copy(update=changes(slo)) for slo in out.slos]
    return out


def _set(quantity: Q, value: float) -> Q:
    if value == quantity.value:
        return quantity
    return quantity.model_copy(update={
        "value": value, "range": None, "origin": "computed",
        "source": f"nearest to {quantity.text} that a design keeps",
    })  # fmt: skip
