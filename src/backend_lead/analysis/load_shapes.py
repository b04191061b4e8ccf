"""Loads that change: a day from its quietest hour to its peak, and recorded arrivals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend_lead.analysis.lowering import Event
from backend_lead.catalog.day import HOURS
from backend_lead.kernel import layout as L
from backend_lead.views.flow import Flow


def day_segments(hours: Sequence[float], length_s: float) -> list[tuple[float, float]]:
    """The load of a day that lasts `length_s`: (start in s, multiple of the peak)."""
    return [(hour * length_s / len(hours), share) for hour, share in enumerate(hours)]


def scheduled(flow: Flow, length_s: float) -> list[Event]:
    """What schedules by the clock say in a day that lasts `length_s`, from its hour 0 on."""
    events = []
    for station in flow.stations.values():
        stated = flow.system.components[station.component].autoscale
        if station.scaling is None or stated is None or not stated.schedule:
            continue
        for hour in sorted({0, *(entry.hour for entry in stated.schedule)}):
            at_s, least = hour * length_s / HOURS, float(stated.least_at(hour))
            events.append(Event(at_s, L.FAULT_LEAST, station.id, 0, least))
    return events


def with_recorded(flow: Flow, client: str, times_s: Sequence[float]) -> Flow:
    """The flow with the requests of one client at recorded times (s, ascending, from 0 on)."""
    times = tuple(times_s)
    last = max(times[-1], 1.0) if times else 1.0
    sources = [
        replace(source, users=0.0, think_s=0.0, rate_per_s=len(times) / last, phases=(),
                every_s=0.0, recorded=times) if source.client == client else source
        for source in flow.sources
    ]  # fmt: skip
    return replace(flow, sources=sources)
