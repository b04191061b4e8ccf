"""Every component is asked for something."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding


class UnusedComponent(Rule):
    id = "unused-component"
    title = "Every component is used"
    why = (
        "A component that no request reaches costs money and attention, and hides a forgotten link."
    )
    level = "warning"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        flow = evidence.flow
        assert flow is not None
        used = set(evidence.system.workload.entry)
        used |= {node.component for key, node in flow.nodes.items() if flow.visits.get(key, 0) > 0}
        for name in evidence.system.components:
            if name not in used:
                yield self.finding(
                    f"no request reaches `{name}`", evidence.component_place(name), "no visits",
                    "components that requests reach",
                    "call it, list it under workload.entry, or delete it",
                )  # fmt: skip


RULE = UnusedComponent()
