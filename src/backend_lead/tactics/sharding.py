"""Sharding by key: rows are spread over several primaries."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.model.system import System
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, steps_up

SHARDS_MAX = 64


class Sharding(Tactic):
    id = "sharding"
    title = "Shard by key"
    does = "Spreads rows over several primaries by a hash of the shard key; each serves its part."
    helps = "When writes, or reads that must be fresh, exceed what the largest machine can do."
    costs = (
        "Every shard needs its standby, backups and migrations; operations without the key ask all "
        "shards; transactions over two keys are no longer local."
    )
    hurts = "A popular key makes a hot shard; changing the number of shards moves data."
    sources = (
        "Corbett et al., Spanner, OSDI 2012, section 1 (manual sharding as the alternative)",
        "Kleppmann, Designing Data-Intensive Applications (2017), ch. 6",
    )

    def sites(self, system: System) -> list[str]:
        out = []
        for name, part in system.components.items():
            if kind_of(part.kind).role != "relational store" or part.shards > 1:
                continue
            keys = {op.shard_key for op in part.operations.values() if op.shard_key}
            writes = [op for op in part.operations.values() if op.type == "write"]
            if len(keys) == 1 and all(op.shard_key for op in writes):
                out.append(name)
        return out

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        out.components[site].shards = 2
        knob = Knob(site, "shards", steps_up(2, SHARDS_MAX),
                    frozenset({"CPU", "connections", "disk", "pool", "commits"}))  # fmt: skip
        return Applied(out, (knob,))

    def heading(self, site: str) -> str:
        return f"Shard {site} by key"


TACTIC = Sharding()
