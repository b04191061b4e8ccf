"""The top risk of a model, by the severities of the risk register, from what needs no run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend_lead.app.figures import thousands, time_text
from backend_lead.checks.evidence import Evidence
from backend_lead.emit.management.register import FIXED, KINDS, WHOLE, Kind
from backend_lead.emit.management.unsaid import SAID
from backend_lead.model.design import Capacity
from backend_lead.model.finding import Finding
from backend_lead.model.units import nines, rate_text

NONE_TEXT = "none found"
BELOW = SAID | {"results-stale"}  # rules whose findings are objectives, or say nothing of a risk


@dataclass(frozen=True)
class TopRisk:
    """What is most severe: 100 means that a promise is broken."""

    severity: float
    text: str
    how: str


def top_risk(evidence: Evidence, capacity: Capacity | None, findings: Sequence[Finding]) -> TopRisk:
    """The most severe risk; of equal ones the first by its words."""
    found = [*_objectives(evidence), *_limits(evidence, capacity), *_rules(findings)]
    if not found:
        return TopRisk(0.0, NONE_TEXT, "no objective, no limit and no finding to judge")
    return min(found, key=lambda risk: (-risk.severity, risk.text))


def _risk(severity: float, text: str, kind: Kind) -> TopRisk:
    return TopRisk(severity, f"{text} (severity {thousands(round(severity, 1))})",
                   f"severity = 100 x {KINDS[kind][1]}")  # fmt: skip


def _objectives(evidence: Evidence) -> Iterator[TopRisk]:
    solved = evidence.solution
    if solved is not None and solved.stable:
        for request, p99_s in solved.asked_p99_s.items():
            allowed = evidence.objective_s(request)
            text = f"p99 of {request}: {time_text(p99_s)} of {time_text(allowed)}"
            yield _risk(WHOLE * p99_s / allowed, text, "objective")
        for one in evidence.availability or ():
            used = (1 - one.availability) / max(1e-12, 1 - one.objective)
            text = f"availability of {one.journey}: {nines(one.availability)}"
            yield _risk(WHOLE * used, text, "objective")
    budget = evidence.system.budget
    if budget is not None and evidence.cost is not None and budget.value > 0:
        used = evidence.cost.usd_month / budget.value
        yield _risk(WHOLE * used, f"bill of {thousands(evidence.cost.usd_month)} USD of "
                    f"{budget.text}", "objective")  # fmt: skip


def _limits(evidence: Evidence, capacity: Capacity | None) -> Iterator[TopRisk]:
    if capacity is None or evidence.solution is None:
        return
    for neck in capacity.bottlenecks:
        if neck.at_requests_per_s > 0 and math.isfinite(neck.busy_at_target):
            most = rate_text(neck.at_requests_per_s, "requests", thousands)
            yield _risk(WHOLE * neck.busy_at_target, f"{neck.resource}: full at {most}", "limit")


def _rules(findings: Sequence[Finding]) -> Iterator[TopRisk]:
    for finding in findings:
        if finding.level in FIXED and finding.rule not in BELOW:
            yield _risk(FIXED[finding.level], f"{finding.rule}: {finding.message}", "finding")
