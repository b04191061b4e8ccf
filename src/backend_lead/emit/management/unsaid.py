"""Risks of what nobody said or judged: assumptions by weight, rules not kept, gaps."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.emit.management import turning
from backend_lead.emit.management.register import FIXED, WHOLE, Risk
from backend_lead.emit.report import meant
from backend_lead.emit.report.wording import ended, money, share, slug
from backend_lead.model.design import Assumption, Design
from backend_lead.model.finding import Finding

LISTED = 5  # assumptions with a row of their own; the README lists all that were tried
SAID = {
    "p99-objective",
    "p99-proved",
    "availability-objective",
    "budget",
    "recovery-proved",
    "lone-zone",
}  # rules whose findings are rows of objectives, trials and single parts
_GAPS = 70  # characters of an open point in its id


def worse_end(row: Assumption, bill: float) -> tuple[str, float | None, float]:
    """The dearer end of a range: its value, its cost (None: no sizes hold), share of the bill."""
    ends = [(row.low_text, row.cost_low), (row.high_text, row.cost_high)]
    for text, cost in ends:
        if cost is None:
            return text, None, 1.0
    text, cost = max(ends, key=lambda end: end[1] or 0.0)
    assert cost is not None
    return text, cost, max(0.0, cost / bill - 1) if bill else 0.0


def weighed(design: Design) -> list[tuple[Assumption, str, float | None, float]]:
    """Assumptions that were tried, with their worse end, by what that adds to the bill."""
    bill = design.cost.usd_month if design.cost else 0.0
    tried = [(row, *worse_end(row, bill)) for row in design.assumptions if row.tried]
    return sorted(tried, key=lambda t: (-t[3], t[0].path))


def _heaviest(design: Design) -> list[tuple[Assumption, str, float | None, float]]:
    return [one for one in weighed(design) if one[3] > 0][:LISTED]


def told(design: Design) -> set[str]:
    """The paths of the assumptions that have a row of their own."""
    return {row.path for row, *_ in _heaviest(design)}


def assumptions(design: Design) -> Iterator[Risk]:
    """Those that weigh most; one row for all where none was tried."""
    if not design.assumptions:
        return
    for row, end, cost, adds in _heaviest(design):
        about = meant.assumed(design.system, row)
        effect = "no sizes of these parts hold" if cost is None else (
            f"{money(cost)} a month, {share(adds)} more"
        )  # fmt: skip
        risk = Risk(
            id=f"assumption-{slug(row.path)}",
            about="assumption",
            risk=f"{about[0].upper()}{about[1:]} may not be {row.text}",
            cause=f"nobody stated it; taken: {row.text}, because {row.why or 'no reason is kept'}",
            effect=f"at {end}: {effect}",
            likelihood=f"assumed: between {row.low_text} and {row.high_text} "
            f"({row.source or 'no source'})",
            severity=WHOLE * adds,
            mitigation="Measure or state it (work-plan.md, Measure first), then design again.",
            evidence=f"computed; {meant.where(row.path)}",
            link="backend.yaml",
            sign=f"a measured value that nears {end}",
            short=f"{about[0].upper()}{about[1:]} is assumed ({row.text}); at {end}, "
            + (
                "this design does not hold."
                if cost is None
                else f"the bill is {money(cost)} a month."
            ),
        )
        yield turning.turned(design, risk, row.path)
    if not any(row.tried for row in design.assumptions):
        n = f"{len(design.assumptions):,}"
        yield Risk(
            id="assumption-none-tried",
            about="assumption",
            risk=f"{n} numbers are assumed, and what they weigh is not known",
            cause="costs over their ranges take a search, and a design that holds",
            effect="not known",
            likelihood="assumed, each with a range (report.html, Assumptions)",
            severity=None,
            mitigation="Mend the design first, then run `backend-lead design` again.",
            evidence="report.html, Assumptions",
            link="report.html",
            sign="measured values outside their ranges",
            short=f"{n} numbers are assumed; what they weigh was not computed.",
        )


def findings(design: Design) -> Iterator[Risk]:
    """Rules that are not kept or could not be judged; what is a row already is left out."""
    for found in design.findings:
        if found.level in FIXED and found.rule not in SAID:
            yield _finding(found)


def _finding(found: Finding) -> Risk:
    where = f"{found.place.path or found.place}" or found.message
    allowed = f"; allowed: {found.allowed}" if found.allowed else ""
    judged = "could not be judged" if found.level == "unknown" else "is not kept"
    message = f"{found.message[:1].upper()}{found.message[1:]}"
    return Risk(
        id=f"finding-{slug(found.rule)}-{slug(where)}",
        about="finding",
        risk=message,
        cause=f"rule `{found.rule}` {judged}" + (f" at {found.place}" if str(found.place) else ""),
        effect=f"seen: {found.seen}{allowed}" if found.seen else f"no number is known{allowed}",
        likelihood=f"{found.level} of `backend-lead check`",
        severity=FIXED[found.level],
        mitigation=ended(found.hint) or f"See `backend-lead explain {found.rule}`.",
        evidence=f"rule `{found.rule}`",
        link="README.md",
        sign=f"`backend-lead check` still names `{found.rule}`",
        short=ended(message),
    )


def gaps(design: Design) -> Iterator[Risk]:
    """What the design says nothing about."""
    for text in design.not_covered:
        yield Risk(
            id=f"open-{slug(text, _GAPS)}",
            about="open",
            risk=f"{text[:1].upper()}{text[1:]}",
            cause="not part of what was modelled",
            effect="not known",
            likelihood="not known",
            severity=None,
            mitigation="Judge it by other means before it matters.",
            evidence="README.md, Not covered",
            link="README.md",
            sign="not known",
            short=ended(f"Not judged: {text}"),
        )
