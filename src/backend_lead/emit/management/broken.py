"""Risks of parts that fail: every fault that was tried, and what one zone can take away."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_lead.emit.management import plain
from backend_lead.emit.management.register import WHOLE, Risk
from backend_lead.emit.report import meant, objectives
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import seconds, sentence, share
from backend_lead.model.design import Assumption, Design, Trial
from backend_lead.model.units import RATIO
from backend_lead.views.resolve import resolve
from backend_lead.views.zones import lone_stations

_LESSEN = {
    "zone-loss": "Rehearse the loss of a zone on what is built; keep the take-over of databases "
                 "short; serve reads that may be old from elsewhere while a primary is away.",
    "primary-failover": "Rehearse the take-over of the standby; let calls to the database time out "
                        "early, so that requests that do not need it go on.",
    "cache-cold": "Fill caches before they take requests, and let one caller fetch each missing "
                  "entry.",
}  # fmt: skip
_REHEARSE = "Rehearse it on what is built, and compare with the trial."
_HOW_OFTEN = {"zone-loss": "zone-availability", "primary-failover": "database-node"}


def faults(design: Design) -> Iterator[Risk]:
    """One risk for each fault trial."""
    read = Readings(design)
    for trial in design.trials:
        failed, hurt = read.trial(trial, "failed_share"), read.trial(trial, "users_affected")
        back = read.trial(trial, "hurt_s") if trial.recover_s is not None else None
        when = f"healthy again after {back.text}" if back else objectives.no_recovery(trial)
        broken = plain.fault(trial)
        short = f"{broken[:1].upper()}{broken[1:]}: "
        if trial.verdict == "unknown":
            short += "tried, but not known how it ends."
        else:
            lost = f"{share(trial.failed_share)} of requests fail"
            short += f"{lost} for {back.text}." if back else f"{lost}, and it does not recover."
        whom = f"{hurt.text} users affected in the worst second, " if hurt else ""
        yield Risk(
            id=f"fault-{trial.id}",
            about="fault",
            risk=trial.title,
            cause=trial.fault,
            effect=f"{whom}{failed.text if failed else 'unknown'} of requests failed until "
            f"healthy; {when} (allowed {seconds(trial.recover_limit_s)}); "
            f"p99 of all requests {_p99(trial.p99_before_s)} before, {_p99(trial.p99_worst_s)} at "
            "worst. "
            f"{sentence(trial.degrades)}",
            likelihood=_how_often(design, trial),
            severity=_severity(design, trial),
            mitigation=_LESSEN.get(trial.id, _REHEARSE) + _take_over(design, trial),
            evidence=f"run `{trial.run}`, simulated",
            link=f"evidence/{trial.run}.json",
            sign=f"requests that fail in any second; p99 of all requests above "
            f"{_p99(trial.p99_before_s)}, its value before the fault",
            short=short,
        )


def _p99(value: float) -> str:
    return seconds(value) if math.isfinite(value) else "no answers"


def _severity(design: Design, trial: Trial) -> float:
    people = plain.users(design)
    part = min(1.0, trial.users_affected / people) if people else trial.failed_share
    used = 1.0 if trial.recover_s is None else trial.hurt_s / trial.recover_limit_s
    found = WHOLE * part * used
    return max(WHOLE, found) if trial.verdict == "fail" else found


def _fact(design: Design, word: str) -> Assumption | None:
    """The catalogue's number of this id, as the design's assumptions have it."""
    return next((a for a in design.assumptions if a.path.endswith(f".{word}")), None)


def _how_often(design: Design, trial: Trial) -> str:
    fact = _fact(design, _HOW_OFTEN.get(trial.id, trial.id))
    tried = f"not known how often; tried on purpose (run `{trial.run}`)"
    if fact is None:
        return tried
    return (f"assumed: {fact.label} {fact.text} of the time ({fact.low_text} to {fact.high_text}); "
            f"tried on purpose (run `{trial.run}`)")  # fmt: skip


def _take_over(design: Design, trial: Trial) -> str:
    fact = _fact(design, "failover") if trial.id in _HOW_OFTEN else None
    if fact is None:
        return ""
    return (f" The take-over takes {fact.text} here (assumed, {fact.low_text} to {fact.high_text}):"
            " measure it.")  # fmt: skip


def singles(design: Design) -> Iterator[Risk]:
    """Parts that stand in one zone alone and that requests need, one row for each component."""
    flow = resolve(design.system)
    parts: dict[str, list[str]] = {}
    for station in lone_stations(flow):
        parts.setdefault(flow.stations[station].component, []).append(station)
    for name, stations in parts.items():
        title = meant.part(design.system, name)
        what = ", ".join(f"`{station}`" for station in stations)
        yield Risk(
            id=f"single-{name}",
            about="single",
            risk=f"One zone can take {title} ({what}) away",
            cause=f"{what}: a group stands in one zone alone and nothing takes over in another, or "
            "one zone holds so many copies that the others cannot agree",
            effect="requests that need it fail until the zone is back" + _repair(design),
            likelihood=_zone(design),
            severity=_single(design),
            mitigation="Spread it over zones with at least two of each group, or give it a "
            "stand-in in another zone.",
            evidence="computed from the model",
            link="backend.yaml",
            sign=f"{what} out of reach while other parts answer",
            short=f"{title} depends on a single data centre; when that fails, so does what "
            "needs it.",
        )


def _single(design: Design) -> float:
    """Time a zone is gone / time the strictest objective allows; 100 where that is not known."""
    fact = _fact(design, "zone-availability")
    allowed = 1 - max(slo.availability.value for slo in design.system.slos)
    if fact is None or allowed <= 0:
        return WHOLE
    return WHOLE * (1 - RATIO.parse(fact.text)) / allowed


def _repair(design: Design) -> str:
    fact = _fact(design, "zone-repair")
    return f"; {fact.text} (assumed, {fact.low_text} to {fact.high_text})" if fact else ""


def _zone(design: Design) -> str:
    fact = _fact(design, "zone-availability")
    if fact is None:
        return "not known how often a zone is lost"
    return f"assumed: {fact.label} {fact.text} of the time ({fact.low_text} to {fact.high_text})"
