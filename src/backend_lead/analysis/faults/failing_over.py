"""Stores whose primary is lost, or whose replicas fall behind: who takes over, and what is lost."""

from __future__ import annotations

import math

from backend_lead.analysis.faults.places import REFUSES, SILENT
from backend_lead.analysis.lowering import Event
from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.model.serving import Happening
from backend_lead.views.flow import Flow

FACT = "failover"  # of kinds whose primaries have somebody who takes over


def copies_of(flow: Flow, store: str) -> Station | None:
    """The replicas of a store, of which one is promoted where there is no standby."""
    return flow.stations.get(f"{store}.replicas")


def taken_over_s(flow: Flow, one: Happening) -> float:
    """How long a failover takes: as stated there or of the store, else the time of its kind."""
    if one.lasts is not None:
        return one.lasts.value
    part = flow.system.components[str(one.where)]
    return part.failover.value if part.failover else kind_of(part.kind).fact(FACT)


def gone(flow: Flow, one: Happening, at: float) -> tuple[float, float, float]:
    """From when to when a failover leaves a store without its primary, and how that shows."""
    return at, at + taken_over_s(flow, one), REFUSES if one.command else SILENT


def promoted(flow: Flow, one: Happening, station: Station, i: int, at: float) -> list[Event]:
    """A replica that was promoted answers no reads; the only one goes on answering them."""
    copies = copies_of(flow, station.id)
    if copies is None or station.standby or copies.per_group == 1:
        return []
    return [Event(at + taken_over_s(flow, one), L.FAULT_HIDE, copies.id, i * copies.per_group)]


def lag_at(flow: Flow, store: str, time_s: float) -> float:
    """How far the replicas of a store are behind (s), so long after the timeline began."""
    part = flow.system.components[store]
    late = part.lag.value if part.lag is not None else 0.0
    for one in flow.system.faults:
        if one.what == "behind" and one.where == store and one.more is not None:
            end = one.at.value + (one.lasts.value if one.lasts else math.inf)
            late += one.more.value if one.at.value <= time_s < end else 0.0
    return late


def fallen_behind(flow: Flow, at: float) -> list[Event]:
    """What a timeline that begins at a time does to the lag of replicas; what overlaps adds up."""
    out = []
    struck = [one for one in flow.system.faults if one.what == "behind"]
    for store in dict.fromkeys(str(one.where) for one in struck):
        own = [one for one in struck if one.where == store]
        ends = {one.at.value + one.lasts.value for one in own if one.lasts}
        for time in sorted({one.at.value for one in own} | ends):
            late_ns = lag_at(flow, store, time) * L.NS_PER_S
            out.append(Event(at + time, L.FAULT_BEHIND, store, 0, late_ns))
    return out
