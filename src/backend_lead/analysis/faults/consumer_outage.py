"""Those who handle messages are away for a while; what waits must be worked off."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.lowering import AGAIN, Event
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.views.flow import Flow

OUTAGE = Fact(
    "consumer-outage-time", "time for which the workers are away when they stop", 60.0, 20.0,
    1800.0, "s", "assumed",
    "no general figure; a bad release that is noticed and taken back by itself takes a minute, by "
    "people half an hour",
)  # fmt: skip
REFUSES = 0.0


def _workers(flow: Flow) -> list[Station]:
    """Stations that only handle messages."""
    handlers = {consumer.handler for consumer in flow.consumers}
    return [
        station
        for station in flow.stations.values()
        if (keys := {key for key, node in flow.nodes.items() if node.station == station.id})
        and keys <= handlers
    ]


class ConsumerOutage(Fault):
    id = "consumer-outage"
    title = "The workers stop at peak and come back"
    rank = 10
    trigger = "the outage"

    def applies(self, flow: Flow) -> bool:
        return bool(_workers(flow))

    def events(self, flow: Flow, at: float) -> list[Event]:
        return [
            Event(at + delay, action, station.id, replica)
            for station in _workers(flow)
            for replica in range(station.replicas_most)
            for delay, action in ((0.0, L.FAULT_DOWN), (OUTAGE.value, L.FAULT_UP))
        ]

    def lasts_s(self, flow: Flow) -> float:
        return OUTAGE.value + flow.system.recover_limit_s

    def ends_s(self, flow: Flow) -> float:
        return OUTAGE.value

    def words(self, flow: Flow) -> str:
        names = ", ".join(station.component for station in _workers(flow))
        rate = sum(
            flow.visits.get(c.handler, 0.0) * flow.batch.get(c.handler, 1.0) for c in flow.consumers
        )
        return (
            f"all instances of {names} are away for {OUTAGE.value:.0f} s (assumed, "
            f"{OUTAGE.low:.0f} s to {OUTAGE.high / 60:.0f} min; each batch that fails is tried "
            f"again after {AGAIN.value:g} s, assumed too); some {rate * OUTAGE.value:,.0f} "
            f"messages {_after(flow)}"
        )


def _after(flow: Flow) -> str:
    """What becomes of the messages that nobody is there for."""
    lasting = [consumer.handler for consumer in flow.consumers if not consumer.tries]
    if len(lasting) == len(flow.consumers):
        return "wait, and are worked off while others arrive"
    aside = (
        "come meanwhile; those of a batch that fails as often as its handler tries are put aside"
    )
    return f"{aside}, not worked off" + (f"; those of {', '.join(lasting)} wait" if lasting else "")


FAULT = ConsumerOutage()
