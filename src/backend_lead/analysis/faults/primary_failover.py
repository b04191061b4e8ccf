"""A database primary vanishes; its standby takes over."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.faults.places import lose, primaries
from backend_lead.analysis.lowering import Event
from backend_lead.views.flow import Flow


class PrimaryFailover(Fault):
    id = "primary-failover"
    title = "The database primary fails at peak"
    rank = 2

    def applies(self, flow: Flow) -> bool:
        return bool(primaries(flow))

    def events(self, flow: Flow, at: float) -> list[Event]:
        return lose(primaries(flow)[0], 0, at)

    def lasts_s(self, flow: Flow) -> float:
        return primaries(flow)[0].recover_s or 0.0

    def words(self, flow: Flow) -> str:
        first = primaries(flow)[0]
        return (
            f"the primary of {first.id} vanishes; its standby takes over after "
            f"{first.recover_s:.0f} s"
        )


FAULT = PrimaryFailover()
