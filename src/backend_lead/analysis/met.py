"""A flow as parts meet it: without what a limit refuses, with what scaling adds."""

from __future__ import annotations

import math
from dataclasses import replace

from backend_lead.analysis.queues import FULL
from backend_lead.analysis.solver import loads, solve
from backend_lead.catalog.kind import Station
from backend_lead.views.flow import Flow, Source, gates
from backend_lead.views.rates import visits_at
from backend_lead.views.transfers import transfers


def met(flow: Flow, load: float = 1.0, whole: Flow | None = None) -> Flow:
    """What the solver is asked about at `load` times the stated load; `whole` is the flow with all
    zones up, where this one has lost one."""
    return scaled_out(let_in(flow, load), load, whole or flow)


def let_in(flow: Flow, load: float = 1.0) -> Flow:
    """The same with each class of callers asking no more than its limit lets in."""
    sources = [_let_in(source, flow, load) for source in flow.sources]
    if sources == flow.sources:
        return flow
    less = replace(flow, sources=sources)
    less.visits = visits_at(less, {key: curve.steady for key, curve in flow.hits.items()})
    return less


def shed(flow: Flow, load: float = 1.0) -> Flow:
    """The same with optional calls only as often as their limits let them in at `load` times the
    stated load."""
    if not any(gates(flow).values()):
        return flow
    less = replace(flow, refused=solve(flow, load).refused)
    less.visits = visits_at(less, {key: curve.steady for key, curve in flow.hits.items()})
    less.transfers = transfers(less)
    return less


def _let_in(source: Source, flow: Flow, load: float) -> Source:
    limit = next((flow.roots[key].limit for key in source.mix if flow.roots[key].limit), None)
    offered = source.offered_per_s() * load
    if limit is None or offered <= limit.rate_per_s:
        return source
    share = limit.rate_per_s / offered
    return replace(source, users=source.users * share, rate_per_s=source.rate_per_s * share)


def scaled_out(flow: Flow, load: float, whole: Flow) -> Flow:
    """The same where stations that scale, and whose stated replicas are too few, have as many as
    their target asks for, up to the most that are there."""
    stations = dict(flow.stations)
    for use in loads(flow, load) if any(s.scaling for s in stations.values()) else ():
        station = next((s for sid, s in stations.items() if use.id == f"{sid} cores"), None)
        if station is not None and station.scaling is not None and use.busy >= FULL:
            up = station.per_group / whole.stations[station.id].per_group
            stations[station.id] = _with(station, use.busy, int(station.scaling.most * up))
    return replace(flow, stations=stations) if stations != flow.stations else flow


def _with(station: Station, busy: float, most: int) -> Station:
    assert station.scaling is not None
    wanted = math.ceil(station.per_group * busy / station.scaling.target)
    n = max(station.per_group, min(wanted, most))
    zones = station.zones
    if station.groups == 1 and zones:
        zones = tuple(zones[i % len(zones)] for i in range(n))
    return replace(station, per_group=n, zones=zones)
