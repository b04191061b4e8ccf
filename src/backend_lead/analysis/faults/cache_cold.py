"""All caches are emptied at once."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.faults.places import caches
from backend_lead.analysis.lowering import Event
from backend_lead.kernel import layout as L
from backend_lead.views.flow import Flow

CACHE_WATCH_S = 120.0  # at least; longer where the objectives allow longer


class CacheCold(Fault):
    id = "cache-cold"
    title = "All caches are emptied at peak"
    rank = 3

    def applies(self, flow: Flow) -> bool:
        return bool(caches(flow))

    def events(self, flow: Flow, at: float) -> list[Event]:
        return [Event(at, L.FAULT_FLUSH, s.id, g) for s in caches(flow) for g in range(s.replicas)]

    def lasts_s(self, flow: Flow) -> float:
        return max(CACHE_WATCH_S, flow.system.recover_limit_s)

    def words(self, flow: Flow) -> str:
        return "every cache forgets everything: " + ", ".join(s.id for s in caches(flow))


FAULT = CacheCold()
