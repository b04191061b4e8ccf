"""Databases accept all connections that the pools before them may open."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.flow import Flow, calls_of

SHARE_MAX = 0.9  # the rest is for people and tools


class Connections(Rule):
    id = "connections"
    title = "Connections fit the database"
    why = (
        "Every instance keeps its own pool, so instances x pool connections may be open at once. "
        "What a server accepts is limited by its memory (Amazon RDS: memory / 9,531,392 B, at "
        "most 5,000); beyond it, connections are refused."
    )
    level = "error"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        flow = evidence.flow
        assert flow is not None
        for sid, parts in sorted(_opened(flow).items()):
            station = flow.stations[sid]
            if not station.connections:
                continue
            total = sum(n * size for n, size, _ in parts)
            if total <= SHARE_MAX * station.connections:
                continue
            refused = total > station.connections
            sums = " + ".join(f"{n} {who} x {size}" for n, size, who in parts)
            yield self.finding(
                f"`{sid}` would hold {total:,} connections a server; it accepts"
                f" {station.connections:,}", evidence.component_place(station.component),
                f"{sums} = {total:,}",
                f"up to {math.floor(SHARE_MAX * station.connections):,}, a tenth kept for people"
                " and tools",
                "a smaller pool, a pooler, or a larger machine",
                level="error" if refused else "warning",
            )  # fmt: skip


def _opened(flow: Flow) -> dict[str, list[tuple[int, int, str]]]:
    """Per station, who opens how many connections to each of its servers: (number, size, who)."""
    found: dict[str, dict[str, tuple[int, int, str]]] = defaultdict(dict)
    for node in flow.nodes.values():
        for call in calls_of(node.steps):
            if call.pool is None:
                continue
            target = flow.stations[flow.nodes[call.target].station]
            callers = 1 if call.pool.shared else flow.stations[node.station].replicas
            who = "pooler" if call.pool.shared else f"{node.component} instances"
            each = math.ceil(call.pool.size / target.per_group)
            found[target.id][call.pool.key] = (callers, each, who)
    return {sid: list(parts.values()) for sid, parts in found.items()}


RULE = Connections()
