"""check: a model held to every rule, with what the solver, the prices and its runs say of it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from backend_lead.analysis.cost import use_prices
from backend_lead.app.assume import assume, assume_words
from backend_lead.app.baseline import Baseline, read_baseline
from backend_lead.app.figures import (
    availability_of,
    check_command,
    instances,
    monthly_cost,
    simulated_p99,
    simulated_requests,
    thousands,
    time_text,
)
from backend_lead.app.headline import NOT_MADE
from backend_lead.app.model_file import read_checked
from backend_lead.app.quoted import caveats
from backend_lead.app.render_check import render_json, render_text
from backend_lead.app.render_junit import render_junit
from backend_lead.app.render_review import render_github, render_markdown
from backend_lead.app.render_sarif import render_sarif
from backend_lead.app.repeating import MODEL, model_of, naming
from backend_lead.app.rules import judged_by
from backend_lead.app.runs import read_runs
from backend_lead.app.set_aside import SetAside, suppression_of
from backend_lead.app.settings import Settings, read_settings, told_of
from backend_lead.checks import findings as judge
from backend_lead.checks.evidence import Evidence
from backend_lead.intake.backend_yaml import Reading
from backend_lead.model.design import Run, Verdict
from backend_lead.model.digest import digest
from backend_lead.model.figure import Figure
from backend_lead.model.finding import Finding, InvalidInput, Level, sort_findings
from backend_lead.model.units import rate_text
from backend_lead.search.assess import assess

__all__ = ["RENDERERS", "CheckResult", "check", "evidence_of", "render_json", "render_text"]
CLEAN, MISSED, INVALID = 0, 1, 2
SAID_BY_RULES = {"model-results-stale"}  # notes of the reader that a rule tells too


@dataclass
class CheckResult:
    """What check found. `exit_code`: 0 clean, 1 an objective is missed, 2 the model is invalid.

    `verdict` is that of the model with everything that was found; `exit_code` leaves out what is
    `set_aside`: known to the `baseline`, or accepted for a time. `unusable` names what cannot be
    used where it is 2: model, settings, baseline or prices.
    """

    findings: list[Finding]
    verdict: Verdict
    exit_code: int
    figures: list[Figure] = field(default_factory=list)
    failing: frozenset[Level] = frozenset({"error"})
    set_aside: list[SetAside] = field(default_factory=list)
    baseline: str = ""
    digest: str = ""
    unusable: str = "model"


RENDERERS: dict[str, Callable[[CheckResult], str]] = {
    "text": render_text, "json": render_json, "sarif": render_sarif, "junit": render_junit,
    "github": render_github, "markdown": render_markdown,
}  # fmt: skip


def check(
    path: str | Path,
    *,
    strict: bool = False,
    prices: str | Path | None = None,
    assumed: Sequence[str] = (),
    baseline: str | Path | None = None,
    named: str = "",
    today: date | None = None,
) -> CheckResult:
    """Hold a model file to every rule. With `strict`, warnings and unknowns fail too.

    `prices` is a file of the user's own prices, `assumed` sets numbers (NAME=VALUE), `baseline` is
    a file of findings that are known; `named` is the model in commands that repeat a figure. What
    cannot be used is a result too.
    """
    day = today or date.today()
    part = "settings"
    try:
        settings = read_settings(path, day)
        part = "baseline"
        known = Baseline() if baseline is None else read_baseline(baseline)
        part = "prices"
        if prices is not None:
            use_prices(str(prices))
        part = "model"
        reading = read_checked(path)
        reading = _as_assumed(reading, assumed)
    except InvalidInput as err:
        return CheckResult(err.findings, "fail", INVALID, unusable=part)
    evidence, told = evidence_of(reading, Path(path).absolute().parent, day)
    if assumed:
        told = [_set_aside(f, named or str(path), assumed) for f in told]
    read = [f for f in reading.findings if f.rule not in SAID_BY_RULES]
    asked, missing = caveats(reading)
    asked += [Finding(NOT_MADE, "unknown", text, hint="asked for, but not made yet")
              for text in missing]  # fmt: skip
    every = sort_findings([*read, *asked, *told, *judge(evidence)])
    found, aside = _counting(every, settings, known, day)
    levels = {f.level for f in every}
    verdict: Verdict = "fail" if "error" in levels else "unknown" if "unknown" in levels else "pass"
    failing: frozenset[Level] = frozenset({"error", "warning", "unknown"} if strict else {"error"})
    code = MISSED if {f.level for f in found} & failing else CLEAN
    figures = [
        replace(figure, repeat=_again(figure, named or str(path), assumed))
        for figure in figures_of(evidence)
    ]
    return CheckResult(found, verdict, code, figures, failing, aside, known.file,
                       digest(reading.system))  # fmt: skip


def _counting(
    found: list[Finding], settings: Settings, known: Baseline, today: date
) -> tuple[list[Finding], list[SetAside]]:
    """The findings that count, with what settings and baseline tell, and those set aside."""
    counting, aside = [], []
    for finding in found:
        by = suppression_of(settings.accepted, finding.rule, finding.place.path, today)
        if by is None:
            counting.append(finding)
        else:
            aside.append(SetAside(finding, "suppression", by.reason, by.until.isoformat()))
    counting, old, gone = known.apart(counting)
    seen, left = ([(f.rule, f.place.path) for f in some] for some in (found, counting))
    told = told_of(settings, seen, left, today)
    aside += [SetAside(finding, "baseline", known.file) for finding in old]
    return sort_findings([*counting, *told, *gone]), aside


def _as_assumed(reading: Reading, assumed: Sequence[str]) -> Reading:
    """The model with numbers set; results that belong to the file as it is are not told stale."""
    system = assume(reading.system, assumed)
    kept = reading.system.results
    if assumed and kept is not None and kept.digest == digest(reading.system):
        system = system.model_copy(update={"results": None})
    return replace(reading, system=system)


def _again(figure: Figure, model: str, assumed: Sequence[str]) -> str:
    """What repeats a figure, of the model that was named."""
    if figure.run:
        return naming(figure.repeat, model, model_of(figure.repeat))
    return naming(figure.repeat, model) + assume_words(assumed)


def _set_aside(finding: Finding, model: str, assumed: Sequence[str]) -> Finding:
    """Of runs of the file as it is: that the numbers set are why they do not count."""
    if finding.rule != "run-stale":
        return finding
    return replace(
        finding, message="the runs and results beside the file are not of the numbers set here; "
        "they are left out",
        hint=f"backend-lead simulate {shlex.quote(model)}{assume_words(assumed)}",
    )  # fmt: skip


def evidence_of(
    reading: Reading, folder: Path, today: date | None = None
) -> tuple[Evidence, list[Finding]]:
    """Everything the rules need to know of a model, and what its kept runs have to tell."""
    file = reading.document.place(()).file
    runs, told = read_runs(folder, digest(reading.system), file or MODEL)
    found = assess(reading.system)
    known = judged_by(found, runs, reading.document.place)
    return replace(known, today=(today or date.today()).isoformat()), told


def figures_of(evidence: Evidence) -> list[Figure]:
    """The headline numbers; availability only where the load is carried."""
    assert evidence.flow is not None and evidence.solution is not None
    assert evidence.availability is not None and evidence.cost is not None
    run = next((r for r in evidence.runs or () if r.id == "steady"), None)
    held = evidence.solution.stable and evidence.availability
    return [
        _requests(evidence.solution.requests_per_s, run),
        instances(evidence.system),
        _p99(evidence, run),
        *([availability_of(evidence.availability)] if held else []),
        monthly_cost(evidence.cost, evidence.system.topology.region),
    ]


def _requests(solved: float, run: Run | None) -> Figure:
    if run is None:
        return Figure("requests_per_s", "Requests per second at peak", solved, "1/s",
                      rate_text(solved, "requests", thousands), "computed",
                      "users / (think time + response time), and stated rates",
                      repeat=check_command())  # fmt: skip
    rate = run.results["requests_per_s"]
    return simulated_requests(rate["value"], rate.get("low"), rate.get("high"), run)


def _p99(evidence: Evidence, run: Run | None) -> Figure:
    if run is not None and run.results["latency_s"]:
        seen = {r: x["p99"] for r, x in run.results["latency_s"].items()}
        name = max(sorted(seen), key=lambda r: _finite(seen[r]["value"]))
        value = _finite(seen[name]["value"])
        return simulated_p99(name, value, seen[name].get("low"), seen[name].get("high"), run)
    label, solved = "p99 of the slowest request", evidence.solution
    if solved is None or not solved.asked_p99_s:
        return Figure("p99", label, math.inf, "s", "no answer", "computed",
                      "a resource is asked for more than it has: no steady state",
                      repeat=check_command())  # fmt: skip
    name = max(sorted(solved.asked_p99_s), key=lambda r: solved.p99_s[r])
    value = solved.p99_s[name]
    return Figure("p99", label, value, "s", time_text(value), "computed",
                  f"{name}: predicted by the solver with all zones up",
                  repeat=check_command())  # fmt: skip


def _finite(value: float | None) -> float:
    return math.inf if value is None else value
