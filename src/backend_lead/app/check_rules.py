"""What the rules behind findings say of themselves, for outputs that list rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend_lead.changes import protocols
from backend_lead.changes.change import Rule
from backend_lead.checks import rules
from backend_lead.model.finding import Finding, Level

WITHOUT_RULE = (  # of whole contracts, told by no protocol
    Rule("contract-removed", "breaking", "a contract is gone", "Keep it until nobody uses it."),
    Rule("not-judged", "maybe", "a contract changed, and could not be judged",
         "Install what is missing, then compare again."),
)  # fmt: skip
LOWERED, DELETED, NOT_FOUND = "promise-lowered", "model-deleted", "before-not-found"
UNUSABLE = "before-unusable"
OF_GATE = {  # what only a comparison with the model before finds, and why it is told
    LOWERED: "A model may not pass by promising less: who relies on the promise must agree.",
    DELETED: "What is not there any more is judged by nobody.",
    NOT_FOUND: "A model that moved is compared with what it was; else its change is not known.",
    UNUSABLE: "A change is judged against a model before that can be read.",
}
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
    """Every rule of check, then what was told by others: the reader of the model, changes of
    contracts; each once, by id."""
    known = [RuleText(r.id, r.title, r.why, r.level, tags=r.tags) for r in rules().values()]
    ids = {rule.id for rule in known}
    more: dict[str, RuleText] = {}
    changes: dict[str, Rule] = {}
    if any(finding.rule not in ids for finding in findings):
        changes = change_rules()
    for finding in findings:
        if finding.rule not in ids and finding.rule not in more:
            title = finding.rule.replace("-", " ").capitalize()
            if finding.rule in changes:
                change = changes[finding.rule]
                more[change.id] = RuleText(change.id, title, change.safe, finding.level)
                continue
            why = OF_GATE.get(finding.rule, READ_WHY)
            more[finding.rule] = RuleText(finding.rule, title, why, finding.level, why is READ_WHY)
    return known + [more[rule] for rule in sorted(more)]


def change_rules() -> dict[str, Rule]:
    """Every change between two contracts that is known, by id."""
    every = [rule for protocol in protocols().values() for rule in protocol.rules()]
    return {rule.id: rule for rule in (*every, *WITHOUT_RULE)}
