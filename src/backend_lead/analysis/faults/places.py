"""Where faults strike: losing replicas, and the stations of each role."""

from __future__ import annotations

import math

from backend_lead.analysis.lowering import Event
from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.views.flow import Flow

SILENT, REFUSES = 1.0, 0.0


def lose(station: Station, replica: int, at: float) -> list[Event]:
    """A replica is gone without a word; a stand-in takes over, or the balancer notices."""
    return away(station, replica, at, math.inf, SILENT)


def away(station: Station, replica: int, at: float, lasts_s: float, how: float) -> list[Event]:
    """A replica is down: its balancer notices, a stand-in takes over, or it comes back.

    One that scaling has added, or may add, is there to be added again when it is back.
    """
    back_s = lasts_s if station.recover_s is None else min(lasts_s, station.recover_s)
    out = [Event(at, L.FAULT_DOWN, station.id, replica, how)]
    hidden = station.watch is None and station.recover_s is None and back_s > station.detect_s
    if hidden:
        out.append(Event(at + station.detect_s, L.FAULT_HIDE, station.id, replica))
    if back_s < math.inf:
        out.append(Event(at + back_s, L.FAULT_UP, station.id, replica))
        if station.cold:
            out.append(Event(at + back_s, L.FAULT_FLUSH, station.id, replica))
        if hidden and replica < station.replicas:
            out.append(Event(at + back_s, L.FAULT_SHOW, station.id, replica))
    return out


def role(flow: Flow, station: Station) -> str:
    return kind_of(flow.system.components[station.component].kind).role


def primaries(flow: Flow) -> list[Station]:
    """Stations with a standby that takes over, caches apart."""
    return [s for s in flow.stations.values() if s.standby and role(flow, s) != "cache"]


def caches(flow: Flow) -> list[Station]:
    return [s for s in flow.stations.values() if role(flow, s) == "cache"]


def stores(flow: Flow) -> list[Station]:
    return [s for s in flow.stations.values() if role(flow, s) == "relational store"]


def services(flow: Flow) -> list[Station]:
    """Stations of which one replica can be lost or slow while others go on."""
    return [s for s in flow.stations.values() if s.limited and s.per_group > 1]


def slowed(station: Station, replica: int, at: float, until: float, factor: float) -> list[Event]:
    """A replica computes `factor` times slower for a while."""
    return [
        Event(at, L.FAULT_SLOW, station.id, replica, station.slow * factor),
        Event(until, L.FAULT_SLOW, station.id, replica, station.slow),
    ]
