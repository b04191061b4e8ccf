"""One instance computes slower than its equals, and no health check sees it."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.faults.places import services, slowed
from backend_lead.analysis.lowering import Event
from backend_lead.views.flow import Flow

FACTOR, SLOW_S = 5.0, 30.0


class SlowInstance(Fault):
    id = "slow-instance"
    title = "One instance is slow at peak"
    in_design = False

    def applies(self, flow: Flow) -> bool:
        return bool(services(flow))

    def events(self, flow: Flow, at: float) -> list[Event]:
        return slowed(services(flow)[0], 0, at, at + SLOW_S, FACTOR)

    def lasts_s(self, flow: Flow) -> float:
        return SLOW_S

    def words(self, flow: Flow) -> str:
        first = services(flow)[0]
        return (
            f"one of {first.replicas} {first.id} computes {FACTOR:g} times slower for "
            f"{SLOW_S:.0f} s; no health check sees it"
        )


FAULT = SlowInstance()
