"""api/security.md: the OWASP API Security Top 10 (2023) against this contract, risk by risk."""

from __future__ import annotations

from backend_lead.emit.api.security_controls import RISKS, Risk
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell
from backend_lead.model.design import Design
from backend_lead.model.finding import Finding
from backend_lead.views.api.contract import contract
from backend_lead.views.api.parts import Contract

ID = "security"
GROUP = "api"
FILES = ()
MORE = r"api/security\.md"
RUNS = False
SOURCE = "OWASP API Security Top 10, 2023 edition, owasp.org/API-Security/editions/2023"


def emit(design: Design) -> dict[str, str]:
    """Nothing where the model promises no API."""
    found = contract(design.system)
    if found is None:
        return {}
    rows = [
        [
            f"[{risk.id.partition(':')[0]}](#{_anchor(risk)})",
            risk.title,
            verdict(risk, design, found),
        ]
        for risk in RISKS
    ]
    parts = [
        f"# {cell(found.title)}: defence of the API",
        f"Each risk of the {SOURCE}, with what this contract does about it, the rule that looks "
        "at it and what is left to do elsewhere. *pass*: its rules find nothing. *fail*: a rule "
        "warns. *unknown*: the model cannot say. *by construction*: the generated files leave "
        "no choice. A contract promises; only tests of the running service show that it is kept.",
        table(["risk", "what it is", "verdict"], rows),
        *(_section(risk, design, found) for risk in RISKS),
    ]
    return {"api/security.md": "\n\n".join(parts) + "\n"}


def verdict(risk: Risk, design: Design, found: Contract) -> str:
    """pass, fail or unknown by its rules; `by construction` without any; `not applicable`."""
    if not risk.applies(found, design.system):
        return "not applicable"
    if not risk.rules:
        return "by construction"
    levels = {finding.level for finding in _told(risk, design)}
    if levels & {"error", "warning"}:
        return "fail"
    return "unknown" if levels or risk.unsaid(found) else "pass"


def _told(risk: Risk, design: Design) -> list[Finding]:
    return [finding for finding in design.findings if finding.rule in risk.rules]


def _anchor(risk: Risk) -> str:
    return risk.id.partition(":")[0].lower()


def _section(risk: Risk, design: Design, found: Contract) -> str:
    number = risk.id.partition(":")[0]
    lines = [f'<a id="{_anchor(risk)}"></a>\n\n## {number}: {risk.title}', ""]
    if not risk.applies(found, design.system):
        return "\n".join([*lines, "Not applicable: nothing in the model is of this sort."])
    lines += [f"Verdict: **{verdict(risk, design, found)}**"
              + (f", by {' and '.join(f'`{rule}`' for rule in risk.rules)}" if risk.rules else "")
              + ".", ""]  # fmt: skip
    lines += [f"- {control}" for control in risk.controls(found, design.system)]
    for finding in _told(risk, design):
        where = f" (`{finding.place.path}`)" if finding.place.path else ""
        lines.append(f"- **open**: {finding.message}{where}. Try: {finding.hint}.")
    return "\n".join([*lines, f"- left to do elsewhere: {risk.left}."])
