"""Read replicas: reads that tolerate lag leave the primary."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.model.system import System
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy

REPLICAS_MAX = 15  # Amazon RDS user guide, 'Working with DB instance read replicas': up to 15


class ReadReplicas(Tactic):
    id = "read-replicas"
    title = "Add read replicas"
    does = "Copies of the database, kept up asynchronously, answer the reads that tolerate lag."
    helps = "When reads marked `stale_ok` are a large part of the primary's work."
    costs = "A whole machine each, of which replaying the primary's writes takes a part."
    hurts = "A user may not see what he just wrote; writes are not relieved at all."
    sources = (
        "PostgreSQL 17 documentation, ch. 26 'High Availability, Load Balancing, and Replication'",
        "Terry et al., Session Guarantees for Weakly Consistent Replicated Data, PDIS 1994",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if kind_of(part.kind).role == "relational store"
            and part.replicas == 0
            and any(op.type == "read" and op.stale_ok for op in part.operations.values())
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        part = out.components[site]
        first = 2 if part.zones > 1 else 1  # one must be left when a zone is lost
        part.replicas = first
        knob = Knob(site, "replicas", tuple(range(first, REPLICAS_MAX + 1)),
                    frozenset({"CPU", "connections", "disk", "redundancy"}))  # fmt: skip
        return Applied(out, (knob,))

    def heading(self, site: str) -> str:
        return f"Serve stale-tolerant reads of {site} from replicas"


TACTIC = ReadReplicas()
