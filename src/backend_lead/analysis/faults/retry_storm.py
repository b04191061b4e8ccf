"""Clients that retry at once keep an outage alive after its cause is gone: a metastable failure
(Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021)."""

from __future__ import annotations

from dataclasses import replace

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.faults.places import slowed, stores
from backend_lead.analysis.lowering import Event
from backend_lead.views.flow import Flow

TRIES, PATIENCE_S = 3, 2.0  # attempts after the first; time a client without a timeout waits
FACTOR, TRIGGER_S = 20.0, 15.0


class RetryStorm(Fault):
    id = "retry-storm"
    title = "Clients retry through an outage at peak"
    rank = 8
    trigger = "the outage"

    def applies(self, flow: Flow) -> bool:
        return bool(stores(flow))

    def altered(self, flow: Flow) -> Flow:
        """Clients that give up after their timeout, and ask up to TRIES times more."""
        roots = {
            key: replace(root, retries=max(TRIES, root.retries),
                         timeout_s=root.timeout_s or PATIENCE_S)
            for key, root in flow.roots.items()
        }  # fmt: skip
        return replace(flow, roots=roots)

    def events(self, flow: Flow, at: float) -> list[Event]:
        return [
            event
            for station in stores(flow)
            for replica in range(station.replicas)
            for event in slowed(station, replica, at, at + TRIGGER_S, FACTOR)
        ]

    def lasts_s(self, flow: Flow) -> float:
        return TRIGGER_S + flow.system.recover_limit_s

    def ends_s(self, flow: Flow) -> float:
        return TRIGGER_S

    def words(self, flow: Flow) -> str:
        names = ", ".join(dict.fromkeys(s.component for s in stores(flow)))
        return (
            f"{names} all but stops for {TRIGGER_S:.0f} s ({FACTOR:g} times slower) while every "
            f"client asks up to {TRIES} times more"
        )


FAULT = RetryStorm()
