"""How busy each limited resource of a design is at design peak, and how busy it may be."""

from __future__ import annotations

import math
from collections import defaultdict

from backend_lead.analysis.met import shed
from backend_lead.analysis.solver import Solution, Use, loads, solve
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Station
from backend_lead.views.connections import SHARE_MAX, connections
from backend_lead.views.flow import Cpu, DiskRead, Flow
from backend_lead.views.rates import visits_after_flush
from backend_lead.views.transfers import moved
from backend_lead.views.weights import asked_by, weighted_calls
from backend_lead.views.zones import lone_stations

BUSY_MAX = Fact(
    "busy-max", "highest planned use of cores at design peak", 0.75, 0.6, 0.85, "ratio", "assumed",
    "leaves room for the error of the arrival rate; queues grow as 1/(1-use)",
)  # fmt: skip
COLD, COLD_DISK = "CPU with cold caches", "disk with cold caches"
COLD_MAX = 0.95  # a store may be this busy while caches fill again
COLD_SHARE = 0.75
HELD_MAX = 0.8  # workers, pooled connections, connections of clients, bandwidth, commits
NETWORK = "network"


def connection_uses(flow: Flow) -> list[Use]:
    """Connections each database server would hold, against what it accepts."""
    return [
        Use(f"{sid} connections", flow.stations[sid].component, "connections",
            sum(part.total for part in parts) / limit, 0.0, limit)
        for sid, (parts, limit) in connections(flow).items()
    ]  # fmt: skip


def held_uses(flow: Flow, load: float) -> list[Use]:
    """Connections that clients hold to each instance, against what one can hold."""
    users: dict[str, float] = defaultdict(float)
    for link in flow.links:
        users[link.station] += link.users * load
    out = []
    for sid, held in users.items():
        station = flow.stations[sid]
        most = station.held_max * station.replicas
        if most:
            out.append(Use(f"{sid} held", station.component, "held connections", held / most))
    return out


STORM = "CPU while clients reconnect"
STORM_MAX = Fact(
    "storm-busy", "use of cores planned for while all clients come back", 0.9, 0.8, 0.95, "ratio",
    "assumed", "no source; above the use planned for the peak, as it passes, and below full, as "
    "waits then have no end",
)  # fmt: skip


def storm_uses(flow: Flow, load: float) -> list[Use]:
    """Cores while all clients open their connections again, on top of the load as it is.

    Every connection is lost at once and no zone is: instances are counted as the model has them.
    """
    opening: dict[str, float] = defaultdict(float)
    for link in flow.links:
        for key, rate in asked_by(flow, flow.roots[link.root].target).items():
            opening[key] += rate * link.users / link.back_s
    out = []
    for sid in sorted({flow.nodes[key].station for key in opening}):
        station = flow.stations[sid]
        whole = flow.system.components[station.component].count or station.replicas
        work = sum(
            (flow.visits.get(node.key, 0.0) + opening.get(node.key, 0.0)) * step.mean_s
            for node in flow.nodes.values()
            if node.station == sid
            for step in node.steps
            if isinstance(step, Cpu)
        )
        busy = work * load * station.slow / (max(whole, station.replicas) * station.cores)
        out.append(Use(f"{sid} cores in a reconnect storm", station.component, STORM, busy))
    return out


def network_uses(flow: Flow, load: float) -> list[Use]:
    """Bandwidth each machine needs in its busier direction, against what it sustains."""
    return [
        Use(f"{one.station} network", flow.stations[one.station].component, NETWORK,
            one.busy * load)
        for one in moved(flow)
    ]  # fmt: skip


def _lost_share(station: Station) -> float:
    """Share of a station's groups that lose their primary with the zone that holds most of them."""
    return max(station.zones.count(zone) for zone in set(station.zones)) / station.replicas


def stalled_uses(flow: Flow, load: float, solution: Solution) -> list[Use]:
    """Workers a service would hold while a store fails over: its calls wait for their timeouts.

    By Little's law each call to the lost group holds a worker for its timeout. If that exceeds the
    workers, requests that need nothing of the lost part wait behind those that do.
    """
    held: dict[str, float] = defaultdict(float)
    stalled: set[str] = set()
    places = {c.handler: c.partitions * c.slots for c in flow.consumers}
    for node in flow.nodes.values():
        station = flow.stations[node.station]
        rate = flow.visits.get(node.key, 0.0) * load / station.replicas
        waits = 0.0
        for weight, call in weighted_calls(node.steps, flow):
            target = flow.stations[flow.nodes[call.target].station]
            if target.standby and not call.optional and call.timeout_s > 0:
                share = _lost_share(target) if call.group is None else float(call.group == 0)
                waits = max(waits, weight * share * call.timeout_s * (1 + call.retries))
                stalled.add(node.station)
        held[node.station] += min(
            rate * (solution.node_s.get(node.key, 0.0) + waits),
            places.get(node.key, math.inf) / station.replicas,
        )
    return [
        Use(f"{sid} workers in failover", station.component, "workers", held[sid] / station.workers)
        for sid, station in flow.stations.items()
        if station.limited and sid in stalled and held[sid] > 0
    ]


def cold_uses(flow: Flow, load: float) -> list[Use]:
    """Cores and disks of stores some time after every cache was emptied: what they must carry to
    recover.

    Looked at COLD_SHARE of the time the objectives allow for recovery; the rest works off what
    queued meanwhile. A statement that a cache did not answer finds its page in memory as rarely as
    in the steady state: what the caches held was not asked of the store since they had it.
    """
    if not flow.hits:
        return []
    cold = visits_after_flush(flow, COLD_SHARE * flow.system.recover_limit_s)
    out = []
    for sid, station in flow.stations.items():
        if not station.disk_iops:
            continue
        work = reads = 0.0
        for node in flow.nodes.values():
            if node.station != sid:
                continue
            visits = cold.get(node.key, 0.0) * load
            for step in node.steps:
                if isinstance(step, Cpu):
                    work += visits * step.mean_s * flow.batch.get(node.key, 1.0)
                elif isinstance(step, DiskRead):
                    reads += visits * step.chance
        busy = work * station.slow / (station.replicas * station.cores)
        out.append(Use(f"{sid} cores after a flush", station.component, COLD, busy))
        if reads > 0:
            busy = reads / (station.replicas * station.disk_iops)
            out.append(Use(f"{sid} disk after a flush", station.component, COLD_DISK, busy))
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
    if use.resource in (COLD, COLD_DISK):
        return COLD_MAX
    if use.resource == STORM:
        return STORM_MAX.value
    if use.resource == "CPU":
        return BUSY_MAX.value
    return SHARE_MAX if use.resource == "connections" else HELD_MAX


def pressure(use: Use) -> float:
    """Use over its limit; above 1 is too much."""
    return use.busy / limit_of(use)


def cheap_uses(flow: Flow, load: float) -> list[Use]:
    """Cores, disks, logs, limits, connections and bandwidth only."""
    sent = shed(flow, load)
    return [
        *loads(flow, load), *connection_uses(flow), *held_uses(flow, load), *storm_uses(sent, load),
        *cold_uses(sent, load), *network_uses(sent, load),
    ]  # fmt: skip


def solve_all(flow: Flow, load: float) -> Solution:
    """The solver's answer, with what a failover would hold among the uses."""
    solution = solve(flow, load)
    if solution.stable:
        solution.uses += stalled_uses(shed(flow, load), load, solution)
    return solution
