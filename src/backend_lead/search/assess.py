"""What a model is worth: capacity, latency, availability, cost, by the solver at design peak.

The design peak is the stated peak with one zone lost (where there is more than one zone).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backend_lead.analysis.availability import availability
from backend_lead.analysis.cost import cost, default_book
from backend_lead.analysis.idle import IDLE
from backend_lead.analysis.objectives import ratios, worst
from backend_lead.analysis.solver import Solution, Use, loads, solve
from backend_lead.analysis.uses import cheap_uses, pressure, solve_all
from backend_lead.catalog.complexity import complexity_usd
from backend_lead.model.design import Cost, JourneyAvailability, Measure
from backend_lead.model.system import System
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from backend_lead.views.zones import lone_stations, with_zone_lost

OVER = 1.0001  # a pressure above this is too much; the rest is rounding
IDLE_LATENCY = "latency without load"
P99_MARGIN = 0.9  # the solver's p99 must stay this far below the objective; its error is reported


@dataclass
class Assessment:
    """A sized model and its worth. `capacity` is the load carried, as a share of the stated one.

    `at_target` are the values of its knobs that the stated load asked for, carried or not.
    """

    system: System
    flow: Flow
    capacity: float
    limit: Use
    solution: Solution | None
    cost: Cost
    complexity_usd: float
    availability: list[JourneyAvailability]
    problems: list[str] = field(default_factory=list)
    at_target: dict[str, Any] = field(default_factory=dict)

    @property
    def total_usd(self) -> float:
        return self.cost.usd_month + self.complexity_usd

    @property
    def carried_usd(self) -> float:
        """The bill at the load that is carried: what is charged by use is less below the target."""
        if self.capacity >= 1:
            return self.cost.usd_month
        return cost(self.flow, default_book(), self.capacity).usd_month

    @property
    def worst_availability(self) -> JourneyAvailability:
        return min(self.availability, key=lambda j: (j.availability - j.objective, j.journey))

    @property
    def available(self) -> bool:
        return all(j.verdict == "pass" for j in self.availability)

    @property
    def survives_zone(self) -> bool:
        """Every station that a zone loss takes has a stand-in or others in its place."""
        return not lone_stations(self.flow)

    @property
    def survives_region(self) -> bool:
        """Another region serves within the time that is stated for the loss of one, if any is."""
        place = self.system.topology
        if place.recover_region is None:
            return True
        return place.standby is not None and (
            place.standby.failover.value <= place.recover_region.value
        )

    @property
    def worst_p99_s(self) -> float | None:
        if self.solution is None or not self.solution.stable:
            return None
        return max(self.solution.asked_p99_s.values())

    def measure(self, reach: float = 0.0) -> Measure:
        users = sum(s.users for s in self.flow.sources)
        rate = self.flow.requests_per_s
        return Measure(
            users * self.capacity, rate * self.capacity, self.worst_p99_s,
            self.worst_availability.availability, self.carried_usd, self.complexity_usd,
            describe(self.limit), reach if self.capacity >= 1 else 0.0,
        )  # fmt: skip


def describe(use: Use) -> str:
    """A resource in words: `CPU of db`."""
    return f"{use.resource} of {use.component}"


def late(flow: Flow, solution: Solution) -> float:
    """Worst p99 or age of messages over its allowed value; above 1 misses the objective."""
    return max(ratios(flow, solution).values(), default=0.0) / P99_MARGIN


def idle_late(flow: Flow) -> Use | None:
    """The endpoint that misses its objective with hardly any load: no size mends that."""
    solution = solve(flow, IDLE)
    if not solution.stable or late(flow, solution) <= 1:
        return None
    ref, ratio = worst(flow, solution)
    p99_s = solution.p99_s.get(ref, solution.age_s.get(ref, 0.0))
    return Use(ref, ref.split(".")[0], IDLE_LATENCY, ratio / P99_MARGIN, p99_s)


def capacity(flow: Flow, top: float = 1.0) -> tuple[float, Use, Solution | None]:
    """Highest load up to `top` that holds, what limits it, and the solution there."""
    uses = cheap_uses(flow, top)
    worst = max(uses, key=lambda u: (pressure(u), u.id))
    fixed = [u for u in uses if u.resource == "connections" and pressure(u) > 1]
    if fixed:
        return 0.0, fixed[0], None
    high = top if pressure(worst) <= 1 else top / pressure(worst)
    if slow := idle_late(flow):
        return 0.0, slow, None
    solution = solve_all(flow, high)
    if _holds(flow, solution):
        return high, worst if high < top else _busiest(solution), solution
    low = 0.0
    blame = _blame(solution, worst)
    best: Solution | None = None
    for _ in range(7):
        middle = (low + high) / 2
        solution = solve_all(flow, middle)
        if _holds(flow, solution):
            low, best = middle, solution
        else:
            high, blame = middle, _blame(solution, worst)
    return low, blame, best


def holds_at(flow: Flow, load: float) -> bool:
    """Whether every resource keeps its limit and every request its objective at one load."""
    if any(pressure(use) > OVER for use in cheap_uses(flow, load)):
        return False
    return _holds(flow, solve_all(flow, load))


def _holds(flow: Flow, solution: Solution) -> bool:
    return (
        solution.stable
        and all(pressure(u) <= OVER for u in solution.uses)
        and late(flow, solution) <= 1
    )


def _busiest(solution: Solution) -> Use:
    return max(solution.uses, key=lambda u: (pressure(u), u.id))


def _blame(solution: Solution, fallback: Use) -> Use:
    over = [u for u in solution.uses if pressure(u) > OVER]
    if over:
        return max(over, key=lambda u: (pressure(u), u.id))
    waits = [u for u in solution.uses if u.wait_s > 0]
    if waits:
        return max(waits, key=lambda u: (u.wait_s, u.id))
    return fallback


def assess(system: System, top: float = 1.0) -> Assessment:
    """Judge a model as it stands."""
    flow = resolve(system)
    hurt = with_zone_lost(flow)
    carried, limit, solution = capacity(hurt, top)
    by_id = {use.id: use.busy for use in loads(flow, min(1.0, carried))}
    busy = {sid: by_id.get(f"{sid} cores", 0.0) for sid in flow.stations}
    return Assessment(
        system, flow, carried, limit, solution, cost(flow, default_book()),
        complexity_usd(system), availability(flow, busy),
    )  # fmt: skip
