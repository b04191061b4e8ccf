"""Spread reconnects: clients that lost their connection come back one after the other."""

from __future__ import annotations

from backend_lead.model.quantity import Duration
from backend_lead.model.system import System
from backend_lead.model.units import DURATION
from backend_lead.tactics.tactic import Applied, Tactic, copy

# Of the time the objectives allow for recovery: who tried in vain while a database failed over, for
# half of that time, tries once more and is back before it is over.
OF_RECOVERY = 0.4


class SpreadReconnects(Tactic):
    id = "spread-reconnects"
    title = "Spread reconnects over time"
    does = (
        "Clients wait a random time before they connect again, up to two fifths of what the "
        "objectives allow for recovery; with every failure the range doubles."
    )
    helps = (
        "When what must be ready for all clients coming back at once is more than the load itself: "
        "each reconnect costs a TLS handshake, a session and a look into the database."
    )
    costs = "After a fault users are without their connection for longer; the application waits."
    hurts = (
        "Where being connected is the product, as in trading or games, a minute away is an outage."
    )
    sources = (
        "M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015",
        "B. Beyer et al., Site Reliability Engineering, 2016, ch. 22: synchronised clients",
    )

    def sites(self, system: System) -> list[str]:
        soon = system.recover_limit_s * OF_RECOVERY
        held = (client.connection for client in system.workload.clients.values())
        return ["system"] if any(c and c.back_within.value < soon for c in held) else []

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        later = Duration.model_validate({
            "value": DURATION.format(system.recover_limit_s * OF_RECOVERY), "origin": "computed",
            "why": "two fifths of the time the objectives allow for recovery",
        })  # fmt: skip
        for client in out.workload.clients.values():
            if client.connection and client.connection.back_within.value < later.value:
                client.connection.back_within = later
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return self.title


TACTIC = SpreadReconnects()
