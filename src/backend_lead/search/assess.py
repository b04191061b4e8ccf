"""What a model is worth: capacity, latency, availability, cost, by the solver at design peak.

The design peak is the stated peak with one zone lost (where there is more than one zone).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace

from backend_lead.analysis.availability import availability
from backend_lead.analysis.cost import cost, default_book
from backend_lead.analysis.solver import Solution, Use, loads, solve, weighted_calls
from backend_lead.catalog.complexity import complexity_usd
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Station
from backend_lead.model.design import Cost, JourneyAvailability, Measure
from backend_lead.model.system import System
from backend_lead.views.flow import Cpu, Flow, calls_of
from backend_lead.views.pages import disk_reads
from backend_lead.views.rates import visits_after_flush
from backend_lead.views.resolve import resolve

BUSY_MAX = Fact(
    "busy-max", "highest planned use of cores at design peak", 0.75, 0.6, 0.85, "ratio", "assumed",
    "leaves room for the error of the arrival rate; queues grow as 1/(1-use)",
)  # fmt: skip
COLD = "CPU with cold caches"
COLD_MAX = 0.95  # a store may be this busy while caches fill again
COLD_SHARE = 0.75
RECOVER_DEFAULT_S = 120.0
HELD_MAX = 0.8  # workers and pooled connections
CONNECTIONS_MAX = 0.9  # of what a database accepts; the rest is for people and tools
P99_MARGIN = 0.9  # the solver's p99 must stay this far below the objective; its error is reported


@dataclass
class Assessment:
    """A sized model and its worth. `capacity` is the load carried, as a share of the stated one."""

    system: System
    flow: Flow
    capacity: float
    limit: Use
    solution: Solution | None
    cost: Cost
    complexity_usd: float
    availability: list[JourneyAvailability]
    problems: list[str] = field(default_factory=list)

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
        return min(self.availability, key=lambda j: j.availability - j.objective)

    @property
    def available(self) -> bool:
        return all(j.verdict == "pass" for j in self.availability)

    @property
    def survives_zone(self) -> bool:
        """Every station that a zone loss takes has a stand-in or others in its place."""
        return not lone_stations(self.flow)

    @property
    def worst_p99_s(self) -> float | None:
        return max(self.solution.p99_s.values()) if self.solution and self.solution.stable else None

    def measure(self, reach: float = 0.0) -> Measure:
        users = sum(s.users for s in self.flow.sources)
        rate = self.flow.requests_per_s
        return Measure(
            users * self.capacity, rate * self.capacity, self.worst_p99_s,
            self.worst_availability.availability, self.carried_usd, self.complexity_usd,
            describe(self.limit), reach if self.capacity >= 1 else 0.0,
        )  # fmt: skip


def describe(use: Use) -> str:
    """A resource in words: `db: CPU`."""
    return f"{use.component}: {use.resource}"


def lone_stations(flow: Flow) -> list[str]:
    """Stations that one zone can take away entirely, with nothing to take over."""
    out = []
    for station in flow.stations.values():
        if station.recover_s is not None or station.standby:
            continue
        if flow.visits and _is_optional(flow, station.id):
            continue
        per = station.per_group
        for g in range(station.groups):
            if len(set(station.zones[g * per : (g + 1) * per])) < 2:
                out.append(station.id)
                break
    return out


def _is_optional(flow: Flow, station: str) -> bool:
    """Whether every call to a station may fail without failing the request."""
    calls = [
        call
        for node in flow.nodes.values()
        for call in calls_of(node.steps)
        if flow.nodes[call.target].station == station
    ]
    return bool(calls) and all(call.optional for call in calls)


def with_zone_lost(flow: Flow) -> Flow:
    """The flow after the zone that hurts each station most is gone and stand-ins took over."""
    stations = {sid: _less(station) for sid, station in flow.stations.items()}
    return replace(flow, stations=stations)


def _less(station: Station) -> Station:
    zones = len(set(station.zones))
    if zones < 2 or station.recover_s is not None or station.standby:
        return station
    worst = station.per_group
    per = station.per_group
    for g in range(station.groups):
        members = station.zones[g * per : (g + 1) * per]
        if len(set(members)) < 2:
            continue
        worst = min(worst, per - max(members.count(z) for z in set(members)))
    if worst == station.per_group:
        return station
    kept = tuple(z for g in range(station.groups) for z in station.zones[g * per : g * per + worst])
    return replace(station, per_group=max(1, worst), zones=kept)


def connection_uses(flow: Flow) -> list[Use]:
    """Connections each database server would hold, against what it accepts."""
    wanted: dict[str, float] = {}
    pooled: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    for node in flow.nodes.values():
        for call in calls_of(node.steps):
            if call.pool is None:
                continue
            target = flow.stations[flow.nodes[call.target].station]
            if call.pool.shared:
                pooled[target.id] = call.pool.size
            elif (call.pool.key, target.id) not in seen:
                seen.add((call.pool.key, target.id))
                callers = flow.stations[node.station].replicas
                per = math.ceil(call.pool.size / target.per_group)
                wanted[target.id] = wanted.get(target.id, 0.0) + callers * per
    out = []
    for sid in sorted({*wanted, *pooled}):
        station = flow.stations[sid]
        if station.connections:
            held = pooled[sid] / station.per_group if sid in pooled else wanted[sid]
            out.append(
                Use(f"{sid} connections", station.component, "connections",
                    held / station.connections, 0.0, station.connections)
            )  # fmt: skip
    return out


def _lost_share(station: Station) -> float:
    """Share of a station's groups that lose their primary with the zone that holds most of them."""
    return max(station.zones.count(zone) for zone in set(station.zones)) / station.replicas


def disk_uses(flow: Flow, load: float) -> list[Use]:
    """Reads a second from disk, against what the disk of a replica sustains."""
    return [
        Use(
            f"{sid} disk",
            station.component,
            "disk",
            disk_reads(flow, station) * load / station.disk_iops,
        )
        for sid, station in flow.stations.items()
        if station.disk_iops > 0 and disk_reads(flow, station) > 0
    ]


def stalled_uses(flow: Flow, load: float, solution: Solution) -> list[Use]:
    """Workers a service would hold while a store fails over: its calls wait for their timeouts.

    By Little's law each call to the lost group holds a worker for its timeout. If that exceeds the
    workers, requests that need nothing of the lost part wait behind those that do.
    """
    held: dict[str, float] = defaultdict(float)
    for node in flow.nodes.values():
        station = flow.stations[node.station]
        rate = flow.visits.get(node.key, 0.0) * load / station.replicas
        waits = 0.0
        for weight, call in weighted_calls(node.steps, flow):
            target = flow.stations[flow.nodes[call.target].station]
            if target.standby and not call.optional and call.timeout_s > 0:
                share = _lost_share(target) if call.group is None else float(call.group == 0)
                waits = max(waits, weight * share * call.timeout_s * (1 + call.retries))
        held[node.station] += rate * (solution.node_s.get(node.key, 0.0) + waits)
    return [
        Use(f"{sid} workers in failover", station.component, "workers", held[sid] / station.workers)
        for sid, station in flow.stations.items()
        if station.limited and held[sid] > 0
    ]


def cold_uses(flow: Flow, load: float) -> list[Use]:
    """Cores of stores some time after every cache was emptied: what they must carry to recover.

    Looked at COLD_SHARE of the time the objectives allow for recovery; the rest works off what
    queued meanwhile.
    """
    if not flow.hits:
        return []
    limits = [s.recover_within.value for s in flow.system.slos if s.recover_within]
    cold = visits_after_flush(flow, COLD_SHARE * min(limits, default=RECOVER_DEFAULT_S))
    out = []
    for sid, station in flow.stations.items():
        if not station.disk_iops:
            continue
        work = sum(
            cold.get(node.key, 0.0) * step.mean_s
            for node in flow.nodes.values()
            if node.station == sid
            for step in node.steps
            if isinstance(step, Cpu)
        )
        busy = work * load * station.slow / (station.replicas * station.cores)
        out.append(Use(f"{sid} cores after a flush", station.component, COLD, busy))
    return out


def redundancy_uses(flow: Flow) -> list[Use]:
    """Spread components of which one zone could still take everything."""
    lone = set(lone_stations(flow))
    return [
        Use(f"{sid} redundancy", station.component, "redundancy", 2.0)
        for sid, station in flow.stations.items()
        if sid in lone and flow.system.components[station.component].zones > 1
    ]


def limit_of(use: Use) -> float:
    """How busy a resource may be at design peak."""
    if use.resource == "redundancy":
        return 1.0
    if use.resource == COLD:
        return COLD_MAX
    if use.resource == "CPU":
        return BUSY_MAX.value
    return CONNECTIONS_MAX if use.resource == "connections" else HELD_MAX


def pressure(use: Use) -> float:
    """Use over its limit; above 1 is too much."""
    return use.busy / limit_of(use)


def cheap_uses(flow: Flow, load: float) -> list[Use]:
    """Cores, connections and disks only."""
    return [*loads(flow, load), *connection_uses(flow), *disk_uses(flow, load),
            *cold_uses(flow, load)]  # fmt: skip


def late(flow: Flow, solution: Solution) -> float:
    """Worst p99 over its allowed value; above 1 misses the objective."""
    worst = 0.0
    for journey, part in flow.system.journeys.items():
        allowed = flow.system.slo_of(journey).p99.value * P99_MARGIN
        for ref in part.steps:
            if ref in solution.p99_s:
                worst = max(worst, solution.p99_s[ref] / allowed)
    return worst


def capacity(flow: Flow, top: float = 1.0) -> tuple[float, Use, Solution | None]:
    """Highest load up to `top` that holds, what limits it, and the solution there."""
    uses = cheap_uses(flow, top)
    worst = max(uses, key=lambda u: (pressure(u), u.id))
    fixed = [u for u in uses if u.resource == "connections" and pressure(u) > 1]
    if fixed:
        return 0.0, fixed[0], None
    high = top if pressure(worst) <= 1 else top / pressure(worst)
    solution = solve_all(flow, high)
    if _holds(flow, solution):
        return high, worst if high < top else _busiest(solution), solution
    low = 0.0
    blame = _blame(flow, solution, worst)
    best: Solution | None = None
    for _ in range(7):
        middle = (low + high) / 2
        solution = solve_all(flow, middle)
        if _holds(flow, solution):
            low, best = middle, solution
        else:
            high, blame = middle, _blame(flow, solution, worst)
    return low, blame, best


def solve_all(flow: Flow, load: float) -> Solution:
    """The solver's answer, with what a failover would hold among the uses."""
    solution = solve(flow, load)
    if solution.stable:
        solution.uses += [*stalled_uses(flow, load, solution), *disk_uses(flow, load)]
    return solution


def _holds(flow: Flow, solution: Solution) -> bool:
    return (
        solution.stable
        and all(pressure(u) <= 1.0001 for u in solution.uses)
        and late(flow, solution) <= 1
    )


def _busiest(solution: Solution) -> Use:
    return max(solution.uses, key=lambda u: (pressure(u), u.id))


def _blame(flow: Flow, solution: Solution, fallback: Use) -> Use:
    over = [u for u in solution.uses if pressure(u) > 1.0001]
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
    busy = {
        station.id: next(
            (u.busy for u in loads(flow, min(1.0, carried)) if u.id == f"{station.id} cores"), 0.0
        )
        for station in flow.stations.values()
    }
    return Assessment(
        system, flow, carried, limit, solution, cost(flow, default_book()),
        complexity_usd(system), availability(flow, busy),
    )  # fmt: skip
