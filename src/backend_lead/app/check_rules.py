"""What the rules behind findings say of themselves, for outputs that list rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend_lead.checks import rules
from backend_lead.model.finding import Finding, Level

READ_WHY = "Told while the model is read: it must be well formed and mean something."


@dataclass(frozen=True)
class RuleText:
    """A rule: what it asks for, why, how bad a finding of it is, and what others call it."""

    id: str
    title: str
    why: str
    level: Level
    of_reader: bool = False
    tags: tuple[str, ...] = ()


def rule_texts(findings: Sequence[Finding]) -> list[RuleText]:
    """Every rule of check, then what the reader of the model told about; each once, by id."""
    known = [RuleText(r.id, r.title, r.why, r.level, tags=r.tags) for r in rules().values()]
    ids = {rule.id for rule in known}
    more: dict[str, RuleText] = {}
    for finding in findings:
        if finding.rule not in ids and finding.rule not in more:
            title = finding.rule.replace("-", " ").capitalize()
            more[finding.rule] = RuleText(finding.rule, title, READ_WHY, finding.level, True)
    return known + [more[rule] for rule in sorted(more)]
