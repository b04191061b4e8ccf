"""A comparison of two models as an answer: the numbers that differ, what is lost, who breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend_lead.agent.envelope import Answer, Next

if TYPE_CHECKING:
    from backend_lead.app.compare import Comparison

CHANGES_MOST, FINDINGS_MOST = 12, 12


def answer(found: Comparison, repeat: str, names: list[str]) -> Answer:
    """The envelope; its verdict is `fail` where something that held before is lost."""
    breaking = [c for c in found.contracts if c.breaks]
    told = [f"{r.name} {r.before_text} -> {r.after_text} ({r.change})" for r in found.rows
            if r.direction in ("better", "worse")]  # fmt: skip
    if found.lost:
        summary = f"Lost: {'; '.join(found.lost)}."
    elif told or found.changes:
        summary = "Nothing that held is lost."
    else:
        summary = "Both say the same."
    if told:
        summary += f" {'; '.join(told[:6])}" + (f"; and {len(told) - 6} more." if told[6:] else ".")
    return Answer(
        summary, "fail" if found.exit_code else "pass", findings=found.new[:FINDINGS_MOST],
        evidence=[{"id": "compare", "kind": "computed", "hash": found.after_digest,
                   "before": found.before_digest, "repeat": repeat}],
        next_actions=[Next("simulate", {"model": names[1]},
                           "the solver predicts these; a run proves them")],
        more={
            "numbers": [
                {"name": r.name, "unit": r.unit, "before": r.before_text, "after": r.after_text,
                 "change": r.change, "is": r.direction, "origin": r.origin}
                for r in found.rows if r.direction != "same"
            ],
            "promises_lowered": [f.message for f in found.lowered],
            "breaks": [_breaks(c) for c in breaking],
            "gone_findings": [f.rule for f in found.gone[:FINDINGS_MOST]],
            "changes": [
                {"what": c.what, "path": c.path, "before": c.before, "after": c.after}
                for c in found.changes[:CHANGES_MOST]
            ],
            "changes_in_all": len(found.changes),
        },
    )  # fmt: skip


def _breaks(row: Any) -> dict[str, Any]:
    return {"contract": row.document, "what": row.change.message, "who": row.who,
            "instead": row.change.safe}  # fmt: skip
