"""Faults a design is tried with: what is broken, when, and where each applies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend_lead.analysis.lowering import Event
from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.views.flow import Flow

SILENT = 1.0
AFTER_S = 25.0  # how long a run goes on after the last stand-in has taken over
CACHE_WATCH_S = 120.0  # at least; longer where the objectives allow longer


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    `events(flow, at)` is its timeline, `lasts_s(flow)` the time until all stand-ins serve.
    `in_design`: every design is tried with it; else only on demand.
    """

    id: str
    title: str
    applies: Callable[[Flow], bool]
    events: Callable[[Flow, float], list[Event]]
    lasts_s: Callable[[Flow], float]
    words: Callable[[Flow], str]
    in_design: bool = True


def _lose(station: Station, replica: int, at: float) -> list[Event]:
    """A replica is gone without a word; a stand-in takes over, or the balancer notices."""
    out = [Event(at, L.FAULT_DOWN, station.id, replica, SILENT)]
    if station.recover_s is not None:
        back = at + station.recover_s
        out.append(Event(back, L.FAULT_UP, station.id, replica))
        if station.cold:
            out.append(Event(back, L.FAULT_FLUSH, station.id, replica))
    else:
        out.append(Event(at + station.detect_s, L.FAULT_HIDE, station.id, replica))
    return out


def worst_zone(flow: Flow) -> int:
    """The zone with the most primaries, then the most replicas of any kind."""
    weight: dict[int, tuple[int, int]] = {}
    for station in flow.stations.values():
        for zone in station.zones:
            lone, many = weight.get(zone, (0, 0))
            weight[zone] = (lone + (station.per_group == 1), many + 1)
    return min(weight, key=lambda z: (-weight[z][0], -weight[z][1], z))


def _zone_events(flow: Flow, at: float) -> list[Event]:
    zone = worst_zone(flow)
    return [
        event
        for station in flow.stations.values()
        for replica, home in enumerate(station.zones)
        if home == zone
        for event in _lose(station, replica, at)
    ]


def _zone_lasts(flow: Flow) -> float:
    zone = worst_zone(flow)
    hit = [s for s in flow.stations.values() if zone in s.zones]
    return max((s.recover_s if s.recover_s is not None else s.detect_s for s in hit), default=0.0)


def _zone_words(flow: Flow) -> str:
    zone = worst_zone(flow)
    lost = [
        f"{n} of {s.replicas} {s.id}"
        for s in flow.stations.values()
        if (n := sum(1 for z in s.zones if z == zone))
    ]
    return f"zone {zone + 1} vanishes without a word at peak: {', '.join(lost)}"


def _primaries(flow: Flow) -> list[Station]:
    return [
        s for s in flow.stations.values()
        if s.standby and kind_of(flow.system.components[s.component].kind).role != "cache"
    ]  # fmt: skip


def _failover_events(flow: Flow, at: float) -> list[Event]:
    return [e for s in _primaries(flow)[:1] for e in _lose(s, 0, at)]


def _caches(flow: Flow) -> list[Station]:
    return [
        s for s in flow.stations.values()
        if kind_of(flow.system.components[s.component].kind).role == "cache"
    ]  # fmt: skip


def _flush_events(flow: Flow, at: float) -> list[Event]:
    return [Event(at, L.FAULT_FLUSH, s.id, g) for s in _caches(flow) for g in range(s.replicas)]


def _cold_lasts(flow: Flow) -> float:
    """As long as the objectives allow for recovery."""
    return max(CACHE_WATCH_S, flow.system.recover_limit_s)


def _services(flow: Flow) -> list[Station]:
    """Stations of which one replica can be lost or slow while others go on."""
    return [s for s in flow.stations.values() if s.limited and s.per_group > 1]


def _instance_events(flow: Flow, at: float) -> list[Event]:
    return [e for s in _services(flow)[:1] for e in _lose(s, 0, at)]


SLOW_FACTOR, SLOW_S = 5.0, 30.0


def _slow_events(flow: Flow, at: float) -> list[Event]:
    station = _services(flow)[0]
    return [
        Event(at, L.FAULT_SLOW, station.id, 0, station.slow * SLOW_FACTOR),
        Event(at + SLOW_S, L.FAULT_SLOW, station.id, 0, station.slow),
    ]


FAULTS: dict[str, Fault] = {
    fault.id: fault
    for fault in (
        Fault(
            "zone-loss",
            "One zone is lost at peak",
            lambda flow: (
                flow.system.topology.zones > 1
                and any(len(set(s.zones)) > 1 or s.standby for s in flow.stations.values())
            ),
            _zone_events,
            _zone_lasts,
            _zone_words,
        ),
        Fault(
            "primary-failover",
            "The database primary fails at peak",
            lambda flow: bool(_primaries(flow)),
            _failover_events,
            lambda flow: max((s.recover_s or 0.0 for s in _primaries(flow)[:1]), default=0.0),
            lambda flow: (
                f"the primary of {_primaries(flow)[0].id} vanishes; its standby takes over "
                f"after {_primaries(flow)[0].recover_s:.0f} s"
            ),
        ),
        Fault(
            "cache-cold",
            "All caches are emptied at peak",
            lambda flow: bool(_caches(flow)),
            _flush_events,
            _cold_lasts,
            lambda flow: (
                "every cache forgets everything: " + ", ".join(s.id for s in _caches(flow))
            ),
        ),
        Fault(
            "instance-loss",
            "One instance is lost at peak",
            lambda flow: bool(_services(flow)),
            _instance_events,
            lambda flow: _services(flow)[0].detect_s,
            lambda flow: (
                f"one of {_services(flow)[0].replicas} {_services(flow)[0].id} vanishes; the "
                f"balancer notices after {_services(flow)[0].detect_s:.0f} s"
            ),
            in_design=False,
        ),
        Fault(
            "slow-instance",
            "One instance is slow at peak",
            lambda flow: bool(_services(flow)),
            _slow_events,
            lambda flow: SLOW_S,
            lambda flow: (
                f"one of {_services(flow)[0].replicas} {_services(flow)[0].id} computes "
                f"{SLOW_FACTOR:g} times slower for {SLOW_S:.0f} s; no health check sees it"
            ),
            in_design=False,
        ),
    )
}
