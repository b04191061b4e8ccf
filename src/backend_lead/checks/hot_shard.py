"""Where a store is spread, no key may be so popular that its shard carries the load."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog.tables import HOT
from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import percent
from backend_lead.model.finding import Finding
from backend_lead.views.data.layer import layer
from backend_lead.views.data.sharding import asked_by_key, sharding


class HotShard(Rule):
    id = "hot-shard"
    title = "No shard carries the load of all"
    why = (
        "Keys are not equally popular: the shard with the most popular one is the busiest, and "
        "all shards are bought for it (Zipf; Yang, Yue, Rashmi 2020, OSDI 20). Statements that "
        "name a shard_key go by its entity's rows and skew, in sizes and in runs; what a cache in "
        "front has answered is not in this count of what is asked for."
    )
    level = "warning"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        assert evidence.flow is not None
        found = layer(evidence.system, evidence.flow)
        for store, part in evidence.system.components.items():
            if part.shards == 1 or not part.operations:
                continue
            known = found is not None and store in found.stores
            by = sharding(found, store) if found and known else asked_by_key(evidence.flow, store)
            if by is None:
                continue
            share = by.hottest(part.shards)
            if share * part.shards >= HOT.value:
                shards = "1 shard" if by.most == 1 else f"{by.most} shards"
                yield self.finding(
                    f"of `{store}`'s {part.shards} shards the busiest has {percent(share)} of the "
                    f"load: one `{by.entity}` makes {percent(by.largest_key)}",
                    evidence.component_place(store, "shards"),
                    f"{share * part.shards:.1f} times the mean", f"less than {HOT.value:g} times",
                    f"{shards}, a second column in the key, a cache before that key, or a shard of "
                    "its own for it",
                )  # fmt: skip


RULE = HotShard()
