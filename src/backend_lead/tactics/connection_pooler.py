"""Connection pooler: many clients share few database connections."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.model.system import Pooler, System
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, steps_up

SIZE_FIRST = 16
SIZE_MAX = 4000


class ConnectionPooler(Tactic):
    id = "connection-pooler"
    title = "Pool connections"
    does = "A transaction pooler holds the connections to a database; instances connect to it."
    helps = "When instances x pool exceeds what the database accepts (max_connections)."
    costs = "One more process on the path; session state (prepared statements, SET) needs care."
    hurts = "Too small a pool becomes the bottleneck; its queue hides a slow database."
    sources = (
        "PgBouncer documentation, 'pool_mode' and 'max_client_conn' (1.24, 2025)",
        "Amazon RDS user guide, max_connections formula",
    )

    def sites(self, system: System) -> list[str]:
        pooled = any(part.pool for part in system.components.values())
        return [
            name
            for name, part in system.components.items()
            if kind_of(part.kind).role == "relational store" and part.pooler is None and pooled
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        out.components[site].pooler = Pooler(size=SIZE_FIRST)
        knob = Knob(site, "pooler.size", steps_up(SIZE_FIRST, SIZE_MAX), frozenset({"pool"}))
        return Applied(out, (knob,))

    def heading(self, site: str) -> str:
        return f"Put a connection pooler in front of {site}"


TACTIC = ConnectionPooler()
