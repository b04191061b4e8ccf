"""Writes leave a database's primary room: no replica takes them off it."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog import kind_of
from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import percent
from backend_lead.model.finding import Finding

SHARE_MAX = 0.5  # of a primary's cores, for writes alone


class SingleWriter(Rule):
    id = "single-writer"
    title = "Writes leave the primary room"
    why = (
        "All writes of a shard run on its primary; replicas, caches and poolers take none of "
        "them. When writes alone need half of it, only a larger machine, fewer writes or more "
        "shards help, and the last takes months: know it early."
    )
    level = "warning"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        flow = evidence.flow
        assert flow is not None
        for name, part in evidence.system.components.items():
            if kind_of(part.kind).role != "relational store" or name not in flow.stations:
                continue
            primary = flow.stations[name]
            cores = primary.groups * primary.cores
            share = flow.traffic[name].write_cores / cores
            if share > SHARE_MAX:
                yield self.finding(
                    f"writes alone take {percent(share)} of `{name}`'s primar"
                    + ("ies" if primary.groups > 1 else "y"), evidence.component_place(name),
                    f"{flow.traffic[name].write_cores:.3g} of {cores} cores at peak",
                    f"up to {percent(SHARE_MAX)}",
                    "batch or queue writes, a larger machine, or shards by a key all writes have",
                )  # fmt: skip


RULE = SingleWriter()
