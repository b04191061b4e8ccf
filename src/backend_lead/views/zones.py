"""What one zone takes with it: stations that stand in one alone, and what is left without one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from backend_lead.catalog.kind import Station
from backend_lead.views.flow import Flow, calls_of


def groups_of(station: Station) -> Iterator[tuple[int, ...]]:
    """The zones of the replicas of each group."""
    per = station.per_group
    return (station.zones[g * per : (g + 1) * per] for g in range(station.groups))


def is_lone(station: Station) -> bool:
    """Whether one zone holds all of a group and nothing takes over in another."""
    if not station.zones or station.recover_s is not None or station.standby:
        return False
    return any(len(set(zones)) < 2 for zones in groups_of(station))


def lost_copies(station: Station) -> tuple[int, int]:
    """Of copies that must agree: how many the worst zone takes, and how many may be lost.

    Copies are taken to be spread as evenly over the zones as they can be. (0, 0) where none agree.
    """
    zones = len(set(station.zones))
    if station.copies < 2 or zones < 2:
        return 0, 0
    return math.ceil(station.copies / zones), station.per_group - station.quorum


def is_outvoted(station: Station) -> bool:
    """Whether, over zones as it is spread, the loss of one leaves too few copies to agree."""
    taken, spare = lost_copies(station)
    return taken > spare


def zones_to_agree(station: Station) -> int:
    """The fewest zones over which as many copies outlast the loss of one; 0: more copies needed."""
    spare = station.per_group - station.quorum
    return math.ceil(station.copies / spare) if spare > 0 else 0


def lone_stations(flow: Flow) -> list[str]:
    """Stations that the loss of one zone stops and that requests cannot do without."""
    return [
        station.id
        for station in flow.stations.values()
        if (is_lone(station) or is_outvoted(station))
        and not (flow.visits and _is_optional(flow, station.id))
    ]


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
    if len(set(station.zones)) < 2 or station.recover_s is not None or station.standby:
        return station
    left = [
        len(zones) - max(zones.count(zone) for zone in set(zones))
        for zones in groups_of(station)
        if len(set(zones)) > 1
    ]
    worst = min(left, default=station.per_group)
    if worst == station.per_group:
        return station
    kept = tuple(zone for zones in groups_of(station) for zone in zones[:worst])
    return replace(station, per_group=max(1, worst), zones=kept)
