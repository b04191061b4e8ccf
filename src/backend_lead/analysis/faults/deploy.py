"""A new version is rolled out at peak: instances are drained, replaced, and shown again."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.faults.places import services
from backend_lead.analysis.lowering import Event
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.views.flow import Flow

DRAIN_S, START_S = 10.0, 20.0  # requests end within the drain; a new instance is ready after it
# Connections are closed one by one over as long as clients take to come back after a loss.
WAVES_MAX = 3  # shown; the others are like them
REFUSES = 0.0


def _waves(station: Station) -> list[list[int]]:
    """Replicas replaced together: at most a quarter at once, one at a time where there are few."""
    size = max(1, station.per_group // 4)
    rows = list(range(station.per_group))
    return [rows[i : i + size] for i in range(0, len(rows), size)][:WAVES_MAX]


def _drain_s(flow: Flow, station: Station) -> float:
    return max([DRAIN_S, *(link.back_s for link in flow.links if link.station == station.id)])


class Deploy(Fault):
    id = "deploy"
    title = "A new version is rolled out at peak"
    rank = 9
    trigger = "the rollout"

    def applies(self, flow: Flow) -> bool:
        return bool(services(flow))

    def events(self, flow: Flow, at: float) -> list[Event]:
        station = services(flow)[0]
        out: list[Event] = []
        drain_s = _drain_s(flow, station)
        for wave, rows in enumerate(_waves(station)):
            begin = at + wave * (drain_s + START_S)
            for row in rows:
                if any(link.station == station.id for link in flow.links):
                    over_ns = drain_s * L.NS_PER_S
                    out.append(Event(begin, L.FAULT_DRAIN, station.id, row, over_ns))
                out += [
                    Event(begin, L.FAULT_HIDE, station.id, row),
                    Event(begin + drain_s, L.FAULT_DOWN, station.id, row, REFUSES),
                    Event(begin + drain_s + START_S, L.FAULT_UP, station.id, row),
                    Event(begin + drain_s + START_S, L.FAULT_SHOW, station.id, row),
                ]
        return out

    def lasts_s(self, flow: Flow) -> float:
        station = services(flow)[0]
        return len(_waves(station)) * (_drain_s(flow, station) + START_S)

    def ends_s(self, flow: Flow) -> float:
        return self.lasts_s(flow)

    def words(self, flow: Flow) -> str:
        station = services(flow)[0]
        waves = _waves(station)
        told = sum(len(rows) for rows in waves)
        part = "" if told == station.per_group else f" (the first {told} are simulated)"
        return (
            f"{station.id}: {len(waves[0])} of {station.per_group} instances at a time leave the "
            f"balancer, end what they have within {_drain_s(flow, station):.0f} s, and are back "
            f"as the new version {START_S:.0f} s later{part}"
        )


FAULT = Deploy()
