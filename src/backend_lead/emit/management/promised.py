"""Risks of what is promised: objectives missed or near, the budget, resources full soon."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.emit.management import plain
from backend_lead.emit.management.register import NEAR, WHOLE, Risk
from backend_lead.emit.report import meant
from backend_lead.emit.report.objectives import VERDICT_WORDS
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import seconds, share, slug
from backend_lead.model.design import Bottleneck, Design, JourneyAvailability, Latency
from backend_lead.model.units import RATIO, rate_of

MARGIN_LOW = 0.25  # share of the peak that must be left below a limit for it to be no risk


def promises(design: Design) -> Iterator[Risk]:
    """Objectives missed, not judged, or near; journeys that share an availability in one row."""
    for row in design.latencies:
        used = row.p99_s.value / row.objective_p99_s
        if row.verdict != "pass" or used >= NEAR:
            yield _slow(design, row, used)
    alike: dict[tuple[str, float, str], list[JourneyAvailability]] = {}
    read = Readings(design)
    for one in design.availability:
        used = (1 - one.availability) / max(1e-12, 1 - one.objective)
        if one.verdict != "pass" or used >= NEAR:
            key = (read.journey(one).text, one.objective, one.verdict)
            alike.setdefault(key, []).append(one)
    for rows in alike.values():
        yield _down(design, rows)
    yield from _budget(design)


def _counted(verdict: str, used: float) -> float:
    return max(WHOLE, WHOLE * used) if verdict == "fail" else WHOLE * used


def _slow(design: Design, row: Latency, used: float) -> Risk:
    p99 = Readings(design).latency(row, "p99")
    what = meant.request(design.system, row.endpoint)
    allowed = seconds(row.objective_p99_s)
    return Risk(
        id=f"objective-p99-{slug(row.endpoint)}",
        about="objective",
        risk=f"{what} answers too slowly"
        if row.verdict == "fail"
        else f"{what} may answer too slowly",
        cause=f"p99 of `{row.endpoint}` is {VERDICT_WORDS[row.verdict]} against its objective",
        effect=f"p99 {p99.text}, {allowed} allowed; {share(used)} of it used",
        likelihood=f"simulated at the stated peak: run `{row.run}`, {row.requests:,} requests",
        severity=_counted(row.verdict, used),
        mitigation="Shorten the hop that takes most of its budget (report.html, Latency), or "
        "promise less.",
        evidence=f"run `{row.run}`, simulated",
        link=f"evidence/{row.run}.json",
        sign=f"p99 of `{row.endpoint}` above {p99.text}",
        short=f"{what}: one answer in a hundred takes {p99.text} or longer; {allowed} is promised.",
    )


def _down(design: Design, rows: list[JourneyAvailability]) -> Risk:
    read, first = Readings(design), rows[0]
    worst = max(rows, key=lambda r: r.downtime_min_month)
    names = ", ".join(f"`{r.journey}`" for r in rows)
    used = (1 - worst.availability) / max(1e-12, 1 - worst.objective)
    down, objective = read.downtime(worst).text, RATIO.format(first.objective)
    weak = sorted(worst.terms, key=lambda t: t.availability)
    part = f"; the weakest part is `{weak[0].component}` ({weak[0].how})" if weak else ""
    return Risk(
        id=f"objective-availability-{slug('-'.join(r.journey for r in rows))}",
        about="objective",
        risk=f"{names}: down longer than promised"
        if first.verdict == "fail"
        else f"{names}: nearly down as long as is allowed",
        cause=f"objective {VERDICT_WORDS[first.verdict]} by computed availability{part}",
        effect=f"{read.journey(worst).text} computed, {objective} promised: {down} down a month, "
        f"{share(used)} of what is allowed",
        likelihood="computed from assumed availabilities of the parts",
        severity=_counted(first.verdict, used),
        mitigation="Promise less, or add a stand-in to the weakest part.",
        evidence="computed; report.html, Availability",
        link="report.html",
        sign=f"down time of a month above {down}",
        short=f"Down {down} a month by computation; {objective} is promised for "
        f"{len(rows)} of {len(design.availability)} things users do.",
    )


def _budget(design: Design) -> Iterator[Risk]:
    budget, cost = design.system.budget, design.cost
    if budget is None or cost is None or not budget.value:
        return
    used = cost.usd_month / budget.value
    if used < NEAR:
        return
    total = Readings(design).total(cost).text
    yield Risk(
        id="objective-budget",
        about="objective",
        risk="The bill is over the budget" if used > 1 else "The bill is near the budget",
        cause=f"list prices of {cost.as_of} for what the load needs",
        effect=f"{total}, budget {budget.text}: {share(used)} of it",
        likelihood="computed from list prices; discounts are not counted",
        severity=_counted("fail" if used > 1 else "pass", used),
        mitigation="Ask for discounts, raise the budget, or promise less.",
        evidence="README.md, Cost",
        link="README.md",
        sign="the bill of the first full month",
        short=f"The bill is {total}; the budget is {budget.text}.",
    )


def limits(design: Design) -> Iterator[Risk]:
    """Resources that are full less than a quarter above the stated peak."""
    for neck in design.capacity.bottlenecks if design.capacity else ():
        peak = _peak(design)
        at = neck.at_users if plain.users(design) else neck.at_requests_per_s
        if peak and at < (1 + MARGIN_LOW) * peak:
            yield _full(design, neck, peak / at)


def _peak(design: Design) -> float:
    found = design.figures.get("requests_per_s")
    return plain.users(design) or (found.value if found else 0.0)


def _trigger(design: Design, neck: Bottleneck) -> str:
    """The value at which the roadmap leaves the stage of today; empty where another metric is."""
    name = f"{neck.component} {neck.resource}"
    stage = next((s for s in design.stages if s.factor == 1 and s.metric == name), None)
    return f"more than {share(stage.alert_at)} in use on a normal day" if stage else ""


def _full(design: Design, neck: Bottleneck, used: float) -> Risk:
    read = Readings(design)
    people = bool(plain.users(design))
    load = read.bottleneck(neck, "at_users" if people else "at_requests_per_s").text
    load = f"{load} users" if people else rate_of(load, "requests")
    busy = read.bottleneck(neck, "busy_at_target").text
    title = meant.part(design.system, neck.component)
    return Risk(
        id=f"limit-{neck.component}-{slug(neck.resource)}",
        about="limit",
        risk=f"{neck.resource} of `{neck.component}` is full soon",
        cause=neck.why,
        effect=f"full at {load}; {busy} in use at the stated peak",
        likelihood="computed; certain if the load grows that far",
        severity=WHOLE * used,
        mitigation=f"Give `{neck.component}` more of it before the load gets there.",
        evidence="computed; README.md, Capacity",
        link="README.md",
        sign=f"{_trigger(design, neck) or f'more than {busy} in use at the stated peak'}, or the "
        f"load near {load}",
        short=f"{title} is full at {load}; little is left above the stated peak.",
    )
