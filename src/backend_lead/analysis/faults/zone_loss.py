"""One zone vanishes with everything in it."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.faults.places import lose
from backend_lead.analysis.lowering import Event
from backend_lead.views.flow import Flow
from backend_lead.views.network import place_name


def worst_zone(flow: Flow) -> int:
    """The zone with the most primaries, then the most replicas of any kind."""
    weight: dict[int, tuple[int, int]] = {}
    for station in flow.stations.values():
        for zone in station.zones:
            lone, many = weight.get(zone, (0, 0))
            weight[zone] = (lone + (station.per_group == 1), many + 1)
    return min(weight, key=lambda z: (-weight[z][0], -weight[z][1], z))


class ZoneLoss(Fault):
    id = "zone-loss"
    title = "One zone is lost at peak"
    rank = 1

    def applies(self, flow: Flow) -> bool:
        spread = any(len(set(s.zones)) > 1 or s.standby for s in flow.stations.values())
        return flow.system.topology.zones > 1 and spread

    def events(self, flow: Flow, at: float) -> list[Event]:
        zone = worst_zone(flow)
        return [
            event
            for station in flow.stations.values()
            for replica in range(station.replicas_most)
            if station.zone_of(replica) == zone
            for event in lose(station, replica, at)
        ]

    def lasts_s(self, flow: Flow) -> float:
        zone = worst_zone(flow)
        hit = [s for s in flow.stations.values() if zone in s.zones]
        times = (s.recover_s if s.recover_s is not None else s.detect_s for s in hit)
        return max(times, default=0.0)

    def words(self, flow: Flow) -> str:
        zone = worst_zone(flow)
        lost = [
            f"{n} of {s.replicas} {s.id}"
            for s in flow.stations.values()
            if (n := sum(1 for z in s.zones if z == zone))
        ]
        return f"{place_name(flow.system, zone)} vanishes without a word at peak: {', '.join(lost)}"


FAULT = ZoneLoss()
