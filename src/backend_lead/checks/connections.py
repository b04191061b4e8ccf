"""Databases accept all connections that the pools before them may open."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.connections import SHARE_MAX, connections


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
        for sid, (parts, limit) in connections(flow).items():
            total = sum(part.total for part in parts)
            if total <= SHARE_MAX * limit:
                continue
            sums = " + ".join(f"{part.callers} {part.who} x {part.each}" for part in parts)
            yield self.finding(
                f"`{sid}` would hold {total:,} connections a server; it accepts {limit:,}",
                evidence.component_place(flow.stations[sid].component), f"{sums} = {total:,}",
                f"up to {math.floor(SHARE_MAX * limit):,}, a tenth kept for people and tools",
                "a smaller pool, a pooler, or a larger machine",
                level="error" if total > limit else "warning",
            )  # fmt: skip


RULE = Connections()
