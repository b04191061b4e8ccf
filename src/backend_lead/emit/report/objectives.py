"""The five figures every output shows, each beside the objective it answers to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from backend_lead.emit.report.wording import seconds
from backend_lead.model.design import (
    Bottleneck,
    Design,
    JourneyAvailability,
    Latency,
    Trial,
    Verdict,
)
from backend_lead.model.figure import Figure
from backend_lead.model.units import counted
from backend_lead.model.ways import is_way

FIVE = ("requests_per_s", "instances", "p99", "availability", "cost_usd_month")
VERDICT_WORDS = {"pass": "met", "fail": "missed", "unknown": "not known"}
DESIGN_WORDS = {"pass": "Meets its objectives", "fail": "Misses an objective",
                "unknown": "Not known whether it meets its objectives"}  # fmt: skip
RULES_UNKNOWN = "Meets its objectives; whether it keeps every rule is not known"
TRIAL_WORDS = {"pass": "recovered", "fail": "did not hold", "unknown": "not known"}
_LOST = "writes-lost"  # the rule of writes that failovers lose
_LABELS = {"requests_per_s": "Requests per second", "instances": "Instances",
           "p99": "Latency, 99th percentile", "availability": "Availability",
           "cost_usd_month": "Cost per month"}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One of the five: its figure (None where the design has none), objective and verdict.

    `verdict` is None where there is nothing to judge against.
    """

    id: str
    label: str
    figure: Figure | None
    objective: str
    against: Figure | None
    verdict: Verdict | None

    @property
    def text(self) -> str:
        """The one spelling of the figure."""
        return self.figure.text if self.figure else "not known"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Fail if any fails, else unknown if any is unknown or there is none, else pass."""
    seen = set(verdicts)
    if "fail" in seen:
        return "fail"
    return "pass" if seen == {"pass"} else "unknown"


def rows(design: Design) -> list[Row]:
    """The five figures in their order."""
    return [_row(design, word) for word in FIVE]


_SAID = {"p99-objective", "p99-proved", "availability-objective", "budget", "recovery-proved"}


def reasons(design: Design) -> list[str]:
    """Why the verdict is what it is: what is missed, then what is not known, else what was met."""
    slow = [x.endpoint for x in design.latencies if _failed(x)]
    down = [x.journey for x in design.availability if _failed(x)]
    out = [f"p99 of {_named(slow)} is over its objective"] if slow else []
    stale = [x.topic for x in design.ages if x.verdict == "fail"]
    out += [f"messages of {_named(stale)} are handled too late"] if stale else []
    out += [f"availability of {_named(down)} is under its objective"] if down else []
    out += [f"fault trial “{x.title}” did not hold" for x in design.trials if _failed(x)]
    if _against(design, "cost_usd_month")[2] == "fail":
        out.append("the cost is over the budget")
    out += [f.message for f in design.findings if f.level == "error" and f.rule not in _SAID]
    missing = sum(f.rule == "request-not-covered" for f in design.findings)
    if missing:
        out.append(f"{missing} things that were asked for are not covered yet")
    for records, none, some in (
        (design.latencies, "no load was run", "requests have no verdict"),
        (design.availability, "availability was not computed", "journeys have no verdict"),
        (design.trials, "no fault was tried", "fault trials have no verdict"),
    ):
        unknown = sum(record.verdict == "unknown" for record in records)
        if not records or unknown:
            out.append(f"{unknown} of {len(records)} {some}" if records else none)
    out += [f"not known: {f.message}" for f in design.findings
            if f.level == "unknown" and f.rule not in _SAID | {"request-not-covered"}]  # fmt: skip
    met = (f"{len(design.latencies)} requests, {len(design.availability)} journeys and "
           f"{len(design.trials)} fault trials met their objectives")  # fmt: skip
    return [*(out or [met]), *(f"{f.message}: {f.allowed}" for f in design.findings
                               if f.rule == _LOST and f.level == "warning")]  # fmt: skip


def word(design: Design) -> str:
    """The verdict in words: where only rules could not be judged, its objectives are met."""
    judged = [x.verdict for x in design.latencies] + [x.verdict for x in design.availability]
    judged += [x.verdict for x in design.trials]
    unknown = {f.rule for f in design.findings if f.level == "unknown"}
    if (design.verdict == "unknown" and unknown and set(judged) == {"pass"}
            and not unknown & {*_SAID, "request-not-covered"}):  # fmt: skip
        return RULES_UNKNOWN
    return DESIGN_WORDS[design.verdict]


def journeys(design: Design) -> list[tuple[JourneyAvailability, list[str]]]:
    """Journeys whose availability is the same in every part, once, with the names of all."""
    found: dict[tuple[object, ...], tuple[JourneyAvailability, list[str]]] = {}
    for row in design.availability:
        key = (row.availability, row.objective, row.verdict, row.terms)
        found.setdefault(key, (row, []))[1].append(row.journey)
    return list(found.values())


def neck(row: Bottleneck) -> str:
    """What limits, once: `cores of db`, or with its component where that is not in its name, but
    a way between regions, which several components share."""
    if is_way(row.resource):
        return f"the {row.resource}"
    if re.search(rf"(?<![\w-]){re.escape(row.component)}(?![\w-])", row.resource):
        return row.resource
    return f"{row.component}, {row.resource}"


def trial_words(trial: Trial) -> dict[str, str]:
    """By verdict; who came back but was down meanwhile has recovered from an outage."""
    if trial.down_s > 0:
        return TRIAL_WORDS | {"pass": "down, then recovered"}
    return TRIAL_WORDS


def after(trial: Trial) -> str:
    """From when a time to recover is counted, where that is not the fault: "after the crowd"."""
    return f"after the end of {trial.trigger}" if trial.trigger else ""


def no_recovery(trial: Trial) -> str:
    """What stands where a trial has no time to recover; without a verdict it proves nothing."""
    return "not known" if trial.verdict == "unknown" else "did not recover"


def _named(names: list[str]) -> str:
    """The first, and how many more."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _failed(record: Latency | JourneyAvailability | Trial) -> bool:
    return record.verdict == "fail"


def _row(design: Design, word: str) -> Row:
    figure = design.figures.get(word)
    objective, against, verdict = _against(design, word)
    if figure is None and verdict is not None:
        verdict = "unknown"
    return Row(word, figure.label if figure else _LABELS[word], figure, objective, against, verdict)


def _against(design: Design, word: str) -> tuple[str, Figure | None, Verdict | None]:
    figures = design.figures
    if word == "requests_per_s":
        users = figures.get("concurrent_users")
        load = f"for {counted(users.text, 'concurrent user')}" if users else _load(design)
        return load, users, None
    if word == "instances":
        zones = design.system.topology.zones
        return f"over {zones} zones" if zones > 1 else "in one zone", None, None
    if word == "cost_usd_month":
        budget = design.system.budget
        if budget is None:
            return "no budget in USD stated", None, None
        if design.cost is None:
            return f"budget {budget.text}", None, "unknown"
        held: Verdict = "pass" if design.cost.usd_month <= budget.value else "fail"
        return f"budget {budget.text}", None, held
    records = design.latencies if word == "p99" else design.availability
    verdict = worst(record.verdict for record in records)
    objective = figures.get(f"{word}_objective")
    text = objective.text if objective else _strictest(design, word)
    if word == "p99" and design.latencies:
        # A journey that is slow by nature has an objective of its own; the slowest may be its.
        slowest = max(design.latencies, key=lambda x: x.p99_s.value)
        if objective and slowest.objective_p99_s != objective.value:
            text, objective = seconds(slowest.objective_p99_s), None
    return f"objective {text}", objective, verdict


def _load(design: Design) -> str:
    """The load the model states, where no figure says it."""
    clients = design.system.workload.clients.values()
    parts = [counted(c.users.text, "user") for c in clients if c.users]
    parts += [c.rate.text for c in clients if c.rate]
    return f"for {' and '.join(parts)}"


def _strictest(design: Design, word: str) -> str:
    """The strictest objective of the model."""
    slos = design.system.slos
    if word == "p99":
        return min((slo.p99 for slo in slos), key=lambda p99: p99.value).text
    return max((slo.availability for slo in slos), key=lambda share: share.value).text
