"""What others answer badly does not take us down."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog import kind_of
from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.places import placed_steps

THIRD_PARTY = "third party"


class ThirdPartyBounds(Rule):
    id = "third-party-bounds"
    title = "Calls of third parties are bounded"
    why = (
        "Others' APIs are trusted more than their callers: what they answer slowly holds our "
        "workers, what they refuse is asked again. A call of a third party has a timeout, and a "
        "limit of calls under way or a breaker (OWASP API10:2023, Unsafe Consumption of APIs)."
    )
    level = "warning"
    tags = ("API10:2023", "CWE-400")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        for placed in placed_steps(evidence.system):
            step = placed.step
            target = (step.query or step.call or "").partition(".")[0]
            part = evidence.system.components.get(target)
            if part is None or kind_of(part.kind).role != THIRD_PARTY:
                continue
            missing = ["a timeout"] if step.timeout is None else []
            if step.limit is None and step.breaker is None:
                missing.append("a limit of calls under way or a breaker")
            if missing:
                yield self.finding(
                    f"`{placed.endpoint}` asks `{target}` without {' and '.join(missing)}",
                    evidence.place((*placed.path, step.verb)), "nothing that bounds it",
                    "timeout, and limit or breaker", "limit: 64, or breaker: {failures: 50%, "
                    "window: 10 s, pause: 5 s}",
                )  # fmt: skip


RULE = ThirdPartyBounds()
