"""Multi-zone: spread every part over zones, with stand-ins for what has only one place."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.model.system import System
from backend_lead.tactics.tactic import Applied, Tactic, copy


class MultiZone(Tactic):
    id = "multi-zone"
    title = "Spread over zones"
    does = (
        "Spreads service instances over the zones of a region, gives each database primary a "
        "synchronous standby in another zone, and each cache shard a replica."
    )
    helps = (
        "When the availability objective, or losing a zone, asks for more than one zone can give."
    )
    costs = (
        "Standbys and replicas are paid for and idle; the remaining zones must carry the peak, so "
        "with three zones a third of the capacity is spare; calls between zones are slower."
    )
    hurts = "Failover is not free of loss of time: writes fail until the standby has taken over."
    sources = (
        "AWS, Static stability using Availability Zones, Amazon Builders' Library (2019)",
        "Amazon RDS user guide, 'Multi-AZ DB instance deployments'",
    )

    def sites(self, system: System) -> list[str]:
        if system.topology.zones < 2:
            return []
        spread = [p for p in system.components.values() if "zones" in kind_of(p.kind).fields]
        return ["system"] if any(part.zones < 2 for part in spread) else []

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        for part in out.components.values():
            kind = kind_of(part.kind)
            if "zones" not in kind.fields:
                continue
            part.zones = out.topology.zones
            if kind.role in ("cache", "search index"):
                part.replicas = max(1, part.replicas)
            elif kind.role == "relational store" and part.replicas == 1:
                part.replicas = 2
            elif "count" in kind.fields:
                part.count = max(part.count or 1, out.topology.zones)
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return "Spread the system over zones"


TACTIC = MultiZone()
