"""One instance of a service vanishes."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.faults.places import lose, services
from backend_lead.analysis.lowering import Event
from backend_lead.views.flow import Flow


class InstanceLoss(Fault):
    id = "instance-loss"
    title = "One instance is lost at peak"
    in_design = False

    def applies(self, flow: Flow) -> bool:
        return bool(services(flow))

    def events(self, flow: Flow, at: float) -> list[Event]:
        return lose(services(flow)[0], 0, at)

    def lasts_s(self, flow: Flow) -> float:
        return services(flow)[0].detect_s

    def words(self, flow: Flow) -> str:
        first = services(flow)[0]
        return (
            f"one of {first.replicas} {first.id} vanishes; the balancer notices after "
            f"{first.detect_s:.0f} s"
        )


FAULT = InstanceLoss()
