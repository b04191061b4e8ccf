"""Places and the ways between them: zones of each region, round trips, losses.

Places are numbered: the zones of the topology's region, then those of each other region, in the
order in which components name these.
"""

from __future__ import annotations

from dataclasses import replace

from backend_lead.catalog.kind import Station
from backend_lead.catalog.network import rtt_s
from backend_lead.model.system import Component, System
from backend_lead.model.topology import Hop


def regions(system: System) -> list[str]:
    """Regions in which something is placed, the topology's first."""
    named = (part.region for part in system.components.values() if part.region is not None)
    return list(dict.fromkeys([system.topology.region, *named]))


def region_of(system: System, part: Component) -> str:
    return part.region or system.topology.region


def first_place(system: System, part: Component) -> int:
    """The place that is the first zone of a component's region."""
    if part.region is None:
        return 0
    return regions(system).index(part.region) * system.topology.zones


def placed(system: System, station: Station) -> Station:
    """A station with the places of its replicas instead of zones within their region."""
    first = first_place(system, system.components[station.component])
    return (
        replace(station, zones=tuple(zone + first for zone in station.zones)) if first else station
    )


def place_name(system: System, place: int) -> str:
    """A place for people: `zone 2`, `zone 1 of eu-west-1`."""
    at, zone = divmod(place, system.topology.zones)
    return f"zone {zone + 1}" + (f" of {regions(system)[at]}" if at else "")


def places(system: System) -> int:
    """How many places there are."""
    return len(regions(system)) * system.topology.zones


def hop_between(system: System, one: str | int, other: str | int) -> Hop | None:
    """What is said of the way between two zones or regions."""
    network = system.topology.network
    hops = network.hops if network is not None else []
    return next((hop for hop in hops if hop.between in ([one, other], [other, one])), None)


def way(system: System, one: int, other: int) -> tuple[float, float]:
    """Round trip (s) and share of packets lost between two places of a stated network."""
    network = system.topology.network
    assert network is not None
    loss = network.loss.value if network.loss else 0.0
    (here, zone), (there, beside) = (divmod(place, system.topology.zones) for place in (one, other))
    hop = None
    if here != there:
        names = regions(system)
        hop = hop_between(system, names[here], names[there])
    elif zone != beside and here == 0:
        hop = hop_between(system, zone + 1, beside + 1)
    if hop is not None:
        return hop.rtt.value, hop.loss.value if hop.loss else loss
    return (network.same_zone if one == other else network.other_zone).value, loss


def mean_rtt_s(system: System, caller: Component, callee: Component) -> float:
    """Mean round trip between two parts over their zones: as stated, else the catalogue's."""
    network = system.topology.network
    zones = max(caller.zones, callee.zones)
    if network is None:
        return rtt_s(zones)
    if not network.hops:
        return network.same_zone.value / zones + network.other_zone.value * (1 - 1 / zones)
    ends = [
        range(first, first + part.zones)
        for part, first in ((part, first_place(system, part)) for part in (caller, callee))
    ]
    trips = [way(system, one, other)[0] for one in ends[0] for other in ends[1]]
    return sum(trips) / len(trips)
