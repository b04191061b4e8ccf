"""verify in a terminal: each access pattern with its plan, what it was said to take and takes."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.app.figures import thousands
from backend_lead.app.render_capacity import columns
from backend_lead.app.verify import (
    PAGE,
    Verified,
    kept,
    machine,
    milliseconds,
    operation_of,
)
from backend_lead.app.verify_drill import drill_lines
from backend_lead.app.verify_pipeline import pipeline_lines
from backend_lead.app.verify_views import views_lines
from backend_lead.model.finding import Finding
from backend_lead.trial.proof import AskedPattern, StoreProof

VERDICTS = {"pass": "holds", "fail": "does not hold", "unknown": "is not fully known"}
PLAN_MOST = 70  # characters of a plan in the table; all of it is in the evidence


def render_text(found: Verified) -> str:
    """The verdict and each store; what is to be told beside that, `told` gives."""
    lines = [f"The data layer {VERDICTS[found.verdict]}."]
    for proof in found.stores:
        lines += ["", *_store(proof, found)]
    if found.pipeline is not None:
        lines += ["", *pipeline_lines(found.pipeline)]
    for drill in found.drills:
        lines += ["", *drill_lines(drill)]
    notes = len(found.findings) - len(told(found))
    if notes:
        lines += ["", f"{notes} note{'s' * (notes > 1)}: in the evidence"]
    return "\n".join(lines)


def files(found: Verified) -> dict[str, str]:
    """The evidence, and the page about it, to be written with the files of a design."""
    return {PAGE: page(found), **kept(found)}


def page(found: Verified) -> str:
    """data/proof.md: what ran here, on which parts and machine, predicted against measured."""
    lines = ["# The data layer on real parts", "",
             f"Run on {machine()}. These are measurements of this machine, not of the design's; "
             "what they say of the design is whether plans are right, nothing is lost, and "
             "predictions hold.", "", "```text", render_text(found), "```"]  # fmt: skip
    if told(found):
        lines += ["", "## To look at", ""]
        lines += [f"- {f.level}: {f.message} (`{f.rule}`)" + (f"; try: {f.hint}" if f.hint else "")
                  for f in told(found)]  # fmt: skip
    lines += ["", "Again, larger: `backend-lead verify backend.yaml --rows 1M`", ""]
    return "\n".join(lines)


def told(found: Verified) -> list[Finding]:
    """What a reader must know; notes are in the evidence."""
    return [f for f in found.findings if f.level != "note"]


def _store(proof: StoreProof, found: Verified) -> Iterator[str]:
    rows = sum(proof.filled.rows.values())
    rate = rows / max(proof.filled.seconds, 1e-9)
    yield (f"{proof.store}: {proof.part}, {len(proof.filled.rows)} tables, {rows:,} "
           f"rows, filled in {proof.filled.seconds:.1f} s ({thousands(rate)} rows/s)")  # fmt: skip
    lines = [["pattern", "predicted", "measured (95 %)", "", "plan"]]
    lines += [_line(asked, found) for asked in proof.asked]
    yield from columns(lines)
    predicted, measured = _cores(proof, found)
    yield (f"  at peak these keep {predicted:.2f} cores busy as predicted, {measured:.2f} as "
           "measured on a core of this machine")  # fmt: skip
    for word, plan in proof.offered.items():
        yield f"  offered by the API, {word}: {plan}"
    if proof.views is not None:
        yield from views_lines(proof.views)


def _line(asked: AskedPattern, found: Verified) -> list[str]:
    cpu, seen = operation_of(asked, found.system).cpu, asked.demand
    measured = "-" if seen is None else (
        f"{milliseconds(seen.mean_s)} ({milliseconds(seen.low_s).removesuffix(' ms')} to "
        f"{milliseconds(seen.high_s).removesuffix(' ms')})"
    )  # fmt: skip
    worst = min(asked.findings, key=lambda f: f.sort_key, default=None)
    mark = _mark(worst) or ("at least" if not asked.whole else "")
    plan = asked.plan.words if asked.plan else "-"
    short = plan if len(plan) <= PLAN_MOST else plan[: PLAN_MOST - 1] + "…"
    predicted = milliseconds(cpu.value) if cpu else "-"
    return [asked.pattern.id, predicted, measured, mark, short]


def _mark(finding: Finding | None) -> str:
    return f"[{finding.rule}]" if finding is not None else ""


def _cores(proof: StoreProof, found: Verified) -> tuple[float, float]:
    """Busy cores at peak by what is predicted and, of the same statements, by what is measured."""
    predicted = measured = 0.0
    for asked in proof.asked:
        cpu = operation_of(asked, found.system).cpu
        if cpu is None or asked.demand is None or not asked.whole:
            continue
        predicted += asked.pattern.rate_per_s * cpu.value
        measured += asked.pattern.rate_per_s * asked.demand.mean_s
    return predicted, measured
