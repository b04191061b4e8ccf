"""Gray failure: a store answers, but slower than it should (Huang et al., Gray Failure: The
Achilles' Heel of Cloud-Scale Systems, HotOS 2017)."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.faults.places import slowed, stores
from backend_lead.analysis.lowering import Event
from backend_lead.views.flow import Flow

FACTOR, SLOW_S, WATCH_S = 3.0, 30.0, 60.0


class SlowDependency(Fault):
    id = "slow-dependency"
    title = "One database server is slow at peak"
    rank = 6
    trigger = "the slowness"

    def applies(self, flow: Flow) -> bool:
        return bool(stores(flow))

    def events(self, flow: Flow, at: float) -> list[Event]:
        return slowed(stores(flow)[0], 0, at, at + SLOW_S, FACTOR)

    def lasts_s(self, flow: Flow) -> float:
        return SLOW_S + WATCH_S

    def ends_s(self, flow: Flow) -> float:
        return SLOW_S

    def words(self, flow: Flow) -> str:
        first = stores(flow)[0]
        which = f"one of {first.replicas} {first.id}" if first.replicas > 1 else first.id
        return (
            f"{which} answers {FACTOR:g} times slower for {SLOW_S:.0f} s; it looks healthy, so "
            "nothing takes over"
        )


FAULT = SlowDependency()
