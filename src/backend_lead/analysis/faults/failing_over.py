"""Stores whose primary is lost, or whose replicas fall behind: who takes over, and what is lost."""

from __future__ import annotations

import math
from itertools import pairwise

from backend_lead.analysis.faults.places import REFUSES, SILENT
from backend_lead.analysis.lowering import Event
from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.model.serving import Happening
from backend_lead.views.flow import Flow

FACT = "failover"  # of kinds whose primaries have somebody who takes over
STEP_S, STEP = 0.1, 0.02  # a lag that grows is told so often, or in steps of such a share of it


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
    """How far the replicas of a store are behind (s), so long after the timeline began.

    Replication that stands still falls behind by a second each second, up to what is stated; when
    that is over, what was missing is there at once.
    """
    late = 0.0
    for begin_s, end_s, from_s, upto_s in _lags(flow, store):
        if begin_s <= time_s < end_s:
            late = min(upto_s, from_s + time_s - begin_s)
    return late


def most_behind(flow: Flow, store: str, upto_s: float) -> float:
    """How far the replicas of a store are behind at most (s), so long into the timeline."""
    played_s = max(0.0, upto_s)
    return max(
        min(most_s, from_s + min(end_s, played_s) - begin_s)
        for begin_s, end_s, from_s, most_s in _lags(flow, store)
        if begin_s <= played_s
    )


def _lags(flow: Flow, store: str) -> list[tuple[float, float, float, float]]:
    """Spans of a timeline (s) from its start on, how far behind replicas are at the begin of each,
    and up to where they fall further behind in it; what overlaps adds up."""
    part = flow.system.components[store]
    lag = part.lag.value if part.lag is not None else 0.0
    struck = [
        (one.at.value, one.at.value + (one.lasts.value if one.lasts else math.inf), one.more.value)
        for one in flow.system.faults
        if one.what == "behind" and one.where == store and one.more is not None
    ]
    times = sorted({0.0, math.inf} | {time for begin, end, _ in struck for time in (begin, end)})
    out, late = [], lag
    for begin, end in pairwise(times):
        most = lag + sum(more for since, until, more in struck if since <= begin < until)
        late = min(late, most)
        out.append((begin, end, late, most))
        late = min(most, late + end - begin)
    return out


def fallen_behind(flow: Flow, at: float) -> list[Event]:
    """What a timeline that begins at a time does to the lag of replicas: a lag that grows is told
    in steps, each of them at the mean of its time."""
    out = []
    struck = dict.fromkeys(str(one.where) for one in flow.system.faults if one.what == "behind")
    for store in struck:
        for begin_s, end_s, late_s, most_s in _lags(flow, store):
            until_s = min(end_s, begin_s + most_s - late_s)
            time_s = begin_s
            while time_s < until_s:
                wide_s = min(until_s - time_s, max(STEP_S, STEP * late_s))
                out.append(_behind(store, at + time_s, late_s + wide_s / 2))
                time_s, late_s = time_s + wide_s, late_s + wide_s
            if until_s < end_s and (begin_s > 0 or until_s > begin_s):
                out.append(_behind(store, at + until_s, most_s))
    return out


def _behind(store: str, at_s: float, late_s: float) -> Event:
    return Event(at_s, L.FAULT_BEHIND, store, 0, late_s * L.NS_PER_S)
