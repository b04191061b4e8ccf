"""Every held connection is lost at once, and all clients come back."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.lowering import Event
from backend_lead.analysis.uses import STORM_MAX
from backend_lead.kernel import layout as L
from backend_lead.model.units import rate_digits
from backend_lead.views.flow import Flow


class ReconnectStorm(Fault):
    id = "reconnect-storm"
    title = "Every connection is lost, and clients come back"
    rank = 11

    def applies(self, flow: Flow) -> bool:
        return bool(flow.links)

    def events(self, flow: Flow, at: float) -> list[Event]:
        return [
            Event(at, L.FAULT_DRAIN, link.station, replica, link.back_s * L.NS_PER_S)
            for link in {link.station: link for link in flow.links}.values()
            for replica in range(flow.stations[link.station].replicas)
        ]

    def words(self, flow: Flow) -> str:
        users = sum(link.users for link in flow.links)
        per_s = sum(link.users / link.back_s for link in flow.links)
        back_s = max(link.back_s for link in flow.links)
        return (
            f"all {users:,.0f} connections are cut at once, as when a balancer is replaced; "
            f"clients come back within {back_s:.0f} s at random, some {rate_digits(per_s)} a "
            f"second; sizes are planned for cores up to {STORM_MAX.value:.0%} busy then (assumed, "
            f"{STORM_MAX.low:.0%} to {STORM_MAX.high:.0%})"
        )


FAULT = ReconnectStorm()
