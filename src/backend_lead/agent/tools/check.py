"""check: a model held to its objectives and to every rule."""

from __future__ import annotations

import shlex

from backend_lead.agent.envelope import Answer, Next
from backend_lead.agent.tool import Arguments, Call, Path_, Settings, Tool

RANK = 3


class Checked(Arguments):
    model: Path_ = ""
    assume: Settings = []
    strict: bool = False


def run(given: Checked, call: Call) -> Answer:
    """The verdict with findings; a model that cannot be used is a finding too."""
    from backend_lead.app.assume import assume_words
    from backend_lead.app.check import INVALID, check
    from backend_lead.app.render_check import summary
    from backend_lead.intake.backend_yaml import read_bytes

    path = call.workspace.model(given.model)
    read_bytes(path)  # a file that is not there is told like any other input
    name = call.workspace.told(path)
    repeat = f"backend-lead check {shlex.quote(name)}{assume_words(given.assume)}"
    found = check(path, strict=given.strict, assumed=given.assume, named=name)
    errors = [f for f in found.findings if f.level == "error"]
    able = found.exit_code != INVALID
    failing = "fail" if found.exit_code and found.verdict != "unknown" else found.verdict
    then = [Next("capacity", {"model": name}, "how far it goes, and what limits it first")]
    if errors:
        then.insert(0, Next("explain", {"word": errors[0].rule, "model": name},
                            "why this rule, and how to keep it"))  # fmt: skip
    return Answer(
        f"{name}: {summary(found)}.", failing if able else "unknown",
        "complete" if able else "blocked",
        figures=found.figures, findings=found.findings,
        evidence=[{"id": "check", "kind": "computed", "hash": found.digest,
                   "repeat": repeat + (" --strict" if given.strict else "")}],
        next_actions=then if able else [],
        more={"set_aside": [f"{row.finding.rule}: {row.why}" for row in found.set_aside]},
    )  # fmt: skip


TOOL = Tool(
    "check", "Check a model",
    "Holds a backend.yaml to its objectives, its arithmetic and every rule, in about a second. "
    "Findings say what was seen, what is allowed and what to try.",
    Checked, run,
)  # fmt: skip
