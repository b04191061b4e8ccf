"""Three times the stated peak comes at once, and goes again."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.views.flow import Flow

FACTOR, CROWD_S, WATCH_S = 3.0, 30.0, 60.0


class FlashCrowd(Fault):
    id = "flash-crowd"
    title = "Three times the peak comes at once"
    rank = 7
    trigger = "the crowd"

    def applies(self, flow: Flow) -> bool:
        return bool(flow.sources)

    def crowd(self, flow: Flow, at: float) -> list[tuple[float, float]]:
        return [(0.0, 1.0), (at, FACTOR), (at + CROWD_S, 1.0)]

    def lasts_s(self, flow: Flow) -> float:
        return CROWD_S + WATCH_S

    def ends_s(self, flow: Flow) -> float:
        return CROWD_S

    def words(self, flow: Flow) -> str:
        users = sum(source.users for source in flow.sources)
        who = f"{FACTOR * users:,.0f} users" if users else f"{FACTOR:g} times the requests"
        return f"{who} come at once and stay for {CROWD_S:.0f} s; nothing is added meanwhile"


FAULT = FlashCrowd()
