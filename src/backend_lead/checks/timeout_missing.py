"""Every synchronous call gives up at some point."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.places import placed_steps

WAITING = ("call", "query", "read")


class TimeoutMissing(Rule):
    id = "timeout-missing"
    title = "Calls have timeouts"
    why = (
        "A call without a timeout holds its worker for as long as the callee is silent. One lost "
        "machine then takes all workers of its callers, and requests that never needed it wait "
        "too (Nygard, Release It!, 2nd ed. 2018, 'Timeouts')."
    )
    level = "warning"
    tags = ("API4:2023", "CWE-400")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        for placed in placed_steps(evidence.system):
            step = placed.step
            if step.verb in WAITING and step.timeout is None:
                target = getattr(step, step.verb)
                yield self.finding(
                    f"`{placed.endpoint}` waits for `{target}` without end",
                    evidence.place((*placed.path, step.verb)), f"{step.verb} without timeout",
                    "a timeout on every call, query and read",
                    "timeout: a few times the p99 of the callee, for example 500 ms",
                )  # fmt: skip


RULE = TimeoutMissing()
