"""Read your writes: who has just written reads from where it was written."""

from __future__ import annotations

from backend_lead.model.quantity import Duration
from backend_lead.model.system import System
from backend_lead.tactics.tactic import Applied, Tactic, copy
from backend_lead.views.own_writes import own_reads

LAG = Duration.model_validate({
    "value": "2 s", "range": ["0.5 s", "10 s"], "origin": "assumed",
    "source": "Rails guide, Multiple Databases with Active Record: reads go to the writer within "
    "2 seconds of the last write by default",
    "why": "longer than replicas usually lag; a measured lag is better",
})  # fmt: skip


class ReadYourWrites(Tactic):
    id = "read-your-writes"
    title = "Read own writes from the primary"
    answers = ("stale-read-after-write",)
    does = (
        "For some seconds after a caller wrote an entity, his reads of it go to the primary; those "
        "of everybody else stay with the replicas."
    )
    helps = (
        "When reads are answered by replicas and a journey looks at what it has just changed: an "
        "order that is not in the list of orders looks lost, and is placed again."
    )
    costs = (
        "The time of the last write travels with the caller (a cookie, a token, a session); the "
        "primary answers that share of the reads again."
    )
    hurts = (
        "A lag above the time set, while replicas are behind, shows old data all the same; a "
        "caller with two devices is two callers."
    )
    sources = (
        "Terry et al., Session Guarantees for Weakly Consistent Replicated Data, PDIS 1994",
        "Rails guide, 'Multiple Databases with Active Record' (automatic role switching, delay)",
    )

    def sites(self, system: System) -> list[str]:
        found = {
            own.read.ref.partition(".")[0]
            for journey in system.journeys.values()
            for own in own_reads(system, journey.steps)
        }
        parts = system.components
        return [name for name in parts if name in found and parts[name].own_writes is None]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        out.components[site].own_writes = LAG
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return f"Read own writes from the primary of {site}"


TACTIC = ReadYourWrites()
