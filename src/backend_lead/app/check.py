"""check: a model held to every rule, with what the solver, the prices and its runs say of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from backend_lead.analysis.availability import availability
from backend_lead.analysis.cost import cost
from backend_lead.analysis.solver import loads
from backend_lead.analysis.uses import limit_of, solve_all
from backend_lead.app.figures import CHECK, percent, thousands, time_text
from backend_lead.app.model_file import read_checked
from backend_lead.app.render_check import render_json, render_text
from backend_lead.app.runs import read_runs
from backend_lead.checks import findings as judge
from backend_lead.checks.evidence import Evidence
from backend_lead.intake.backend_yaml import Reading
from backend_lead.model.design import Cost, JourneyAvailability, Run, Verdict
from backend_lead.model.digest import digest
from backend_lead.model.figure import Figure
from backend_lead.model.finding import Finding, InvalidInput, sort_findings
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from backend_lead.views.zones import with_zone_lost

__all__ = ["CheckResult", "check", "evidence_of", "render_json", "render_text"]
CLEAN, MISSED, INVALID = 0, 1, 2
SAID_BY_RULES = {"model-results-stale"}  # notes of the reader that a rule tells too


@dataclass
class CheckResult:
    """What check found. `exit_code`: 0 clean, 1 an objective is missed, 2 the model is invalid."""

    findings: list[Finding]
    verdict: Verdict
    exit_code: int
    figures: list[Figure] = field(default_factory=list)


def check(path: str | Path, *, strict: bool = False) -> CheckResult:
    """Hold a model file to every rule. With `strict`, warnings and unknowns fail too."""
    try:
        reading = read_checked(path)
    except InvalidInput as err:
        return CheckResult(err.findings, "fail", INVALID)
    evidence, told = evidence_of(reading, Path(path).absolute().parent)
    read = [f for f in reading.findings if f.rule not in SAID_BY_RULES]
    found = sort_findings([*read, *told, *judge(evidence)])
    levels = {f.level for f in found}
    verdict: Verdict = "fail" if "error" in levels else "unknown" if "unknown" in levels else "pass"
    fails = levels & ({"error", "warning", "unknown"} if strict else {"error"})
    return CheckResult(found, verdict, MISSED if fails else CLEAN, figures_of(evidence))


def evidence_of(reading: Reading, folder: Path) -> tuple[Evidence, list[Finding]]:
    """Everything the rules need to know of a model, and what its kept runs have to tell."""
    flow = resolve(reading.system)
    solution, hurt = solve_all(flow, 1.0), with_zone_lost(flow)
    lost = solve_all(hurt, 1.0) if hurt.stations != flow.stations else None
    busy = {use.id.removesuffix(" cores"): use.busy for use in loads(flow)}
    runs, told = read_runs(folder, digest(reading.system))
    evidence = Evidence(
        system=reading.system, flow=flow, solution=solution, zone_lost=lost,
        availability=availability(flow, busy), cost=cost(flow), runs=runs,
        limits={use.id: limit_of(use) for use in (lost or solution).uses},
        place=reading.document.place,
    )  # fmt: skip
    return evidence, told


def figures_of(evidence: Evidence) -> list[Figure]:
    """The headline numbers: requests, p99, cost, and availability where the load is carried."""
    assert evidence.flow is not None and evidence.solution is not None
    assert evidence.availability is not None and evidence.cost is not None
    run = next((r for r in evidence.runs or () if r.id == "steady"), None)
    return [
        _requests(evidence.solution.requests_per_s, run),
        _p99(evidence, run),
        *(_availability(list(evidence.availability)) if evidence.solution.stable else []),
        _cost(evidence.flow, evidence.cost),
    ]


def _requests(solved: float, run: Run | None) -> Figure:
    label = "Requests per second at peak"
    if run is None:
        return Figure("requests_per_s", label, solved, "1/s", f"{thousands(solved)} requests/s",
                      "computed", "users / (think time + response time), and stated rates",
                      repeat=CHECK)  # fmt: skip
    rate = run.results["requests_per_s"]
    return Figure("requests_per_s", label, rate["value"], "1/s",
                  f"{thousands(rate['value'])} requests/s", "simulated",
                  "requests started / simulated time after the warm-up, all clients",
                  rate.get("low"), rate.get("high"), run.id, run.repeat)  # fmt: skip


def _p99(evidence: Evidence, run: Run | None) -> Figure:
    label = "p99 of the slowest request"
    if run is not None and run.results["latency_s"]:
        seen = {r: x["p99"] for r, x in run.results["latency_s"].items()}
        name = max(sorted(seen), key=lambda r: _finite(seen[r]["value"]))
        value = _finite(seen[name]["value"])
        return Figure("p99", label, value, "s", time_text(value), "simulated",
                      f"{name}: as measured at the edge of the system", seen[name]["low"],
                      seen[name]["high"], run.id, run.repeat)  # fmt: skip
    solved = evidence.solution
    if solved is None or not solved.p99_s:
        return Figure("p99", label, math.inf, "s", "no answer", "computed",
                      "a resource is asked for more than it has: no steady state",
                      repeat=CHECK)  # fmt: skip
    name = max(sorted(solved.p99_s), key=lambda r: solved.p99_s[r])
    value = solved.p99_s[name]
    return Figure("p99", label, value, "s", time_text(value), "computed",
                  f"{name}: predicted by the solver with all zones up", repeat=CHECK)  # fmt: skip


def _availability(found: list[JourneyAvailability]) -> list[Figure]:
    if not found:
        return []
    worst = min(found, key=lambda one: (one.availability - one.objective, one.journey))
    factors = " x ".join(f"{t.component} {percent(t.availability)}" for t in worst.terms)
    return [
        Figure("availability", "Availability of the worst journey", worst.availability, "ratio",
               percent(worst.availability), "computed", f"journey '{worst.journey}': {factors}",
               repeat=CHECK),
    ]  # fmt: skip


def _cost(flow: Flow, bill: Cost) -> Figure:
    return Figure(
        "cost_usd_month", "Cost per month", bill.usd_month, "USD/month",
        f"{thousands(bill.usd_month)} USD/month", "computed",
        f"quantity x list price, prices of {bill.as_of}, {flow.system.topology.region}",
        bill.low_usd_month, bill.high_usd_month, repeat=CHECK,
    )  # fmt: skip


def _finite(value: float | None) -> float:
    return math.inf if value is None else value
