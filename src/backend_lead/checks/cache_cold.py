"""Databases survive an empty cache."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from backend_lead.catalog import kind_of
from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import percent, times
from backend_lead.model.finding import Finding
from backend_lead.views.flow import Cpu, Flow
from backend_lead.views.rates import visits_at


class CacheCold(Rule):
    id = "cache-cold"
    title = "The database survives an empty cache"
    why = (
        "Behind a cache, a database is sized for the misses. After a restart, a flush or a lost "
        "node every read misses; if the database cannot carry that, the cache cannot fill and "
        "the outage feeds itself (Bronson et al., Metastable failures, HotOS 2021). Full load on "
        "an empty cache is the worst case; backend-lead simulate --fault cache-cold shows how "
        "long it lasts."
    )
    level = "warning"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        flow = evidence.flow
        assert flow is not None
        if not flow.hits:
            return
        warm = _busy(flow, flow.visits)
        cold = _busy(flow, visits_at(flow, dict.fromkeys(flow.hits, 0.0)))
        for sid, station in flow.stations.items():
            part = evidence.system.components[station.component]
            if kind_of(part.kind).role != "relational store":
                continue
            if cold[sid] > 1 and cold[sid] > warm[sid] * 1.01:
                yield self.finding(
                    f"with its caches empty, `{sid}` would be asked for {times(cold[sid])} of what"
                    " it can do", evidence.component_place(station.component),
                    f"CPU {percent(warm[sid])} with full caches, {percent(cold[sid])} without",
                    "up to 100% with empty caches, or a way to shed load",
                    evidence.command("simulate", "--fault cache-cold"),
                )  # fmt: skip


def _busy(flow: Flow, visits: dict[str, float]) -> dict[str, float]:
    """Share of the cores of each station in use at these visits."""
    work: dict[str, float] = defaultdict(float)
    for node in flow.nodes.values():
        mean_s = sum(step.mean_s for step in node.steps if isinstance(step, Cpu))
        work[node.station] += visits.get(node.key, 0.0) * mean_s
    return {
        sid: work[sid] * station.slow / (station.replicas * station.cores)
        for sid, station in flow.stations.items()
    }


RULE = CacheCold()
