"""Risks beside the stated load of today: what the API asks beyond it, and the growth of data."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog.api_policies import TOGETHER
from backend_lead.emit.management import plain
from backend_lead.emit.management.register import WHOLE, Risk
from backend_lead.emit.report import interface
from backend_lead.emit.report.growing import Growing, growing
from backend_lead.emit.report.wording import count, money, rate, share
from backend_lead.model.design import Design
from backend_lead.model.screens import Beyond, Limits, Streaming

_PAGE, _WORDS = "api/strategy.md", "api/strategy.md, computed"


def asked(design: Design) -> Iterator[Risk]:
    """What screens, events and tiers ask or promise beyond what is built."""
    if more := interface.beyond(design):
        yield _screens(more)
    if rows := interface.held(design):
        yield _held(design, rows)
    if sold := interface.oversold(design):
        yield _sold(sold)


def _screens(found: Beyond) -> Risk:
    return Risk(
        id="interface-screens",
        about="interface",
        risk="The screens ask more than the journeys state",
        cause="screens are composed of more requests than the journeys that the load was computed "
        f"from; most: `{found.most}`",
        effect=f"{rate(found.per_s)} more at the stated peak: {found.resource} goes from "
        f"{share(found.busy)} to {share(found.busy_with)} in use; the sizes and the bill know the "
        "journeys alone",
        likelihood="computed; certain if the screens are built as they are listed",
        severity=WHOLE * min(1.0, found.busy_with),
        mitigation="Add the steps to the journeys and design again, let lists carry what screens "
        "show of their items, or take them out of the screens.",
        evidence=_WORDS,
        link=_PAGE,
        sign=f"requests of `{found.most}` in the access log of the first clients",
        short=f"The screens ask {rate(found.per_s)} more than was planned for; "
        f"{found.resource} would be {share(found.busy_with)} in use.",
    )


def _held(design: Design, rows: tuple[Streaming, ...]) -> Risk:
    machines = sum(row.machines for row in rows)
    known = design.figures.get("instances")
    there = known.value if known else sum(n for _, n in plain.machines(design.system))
    users = count(sum(row.held for row in rows))
    return Risk(
        id="interface-held",
        about="interface",
        risk="Connections for events are held by no part of the design",
        cause="events of the API reach clients over connections that stay open",
        effect=f"{interface.held_words(rows)}",
        likelihood="certain if events are sent as the contract says",
        severity=WHOLE * min(1.0, machines / there) if there else None,
        mitigation="State the connections (`workload.clients.*.connection`) and design again, or "
        "let clients ask for news.",
        evidence=_WORDS,
        link=_PAGE,
        sign="open connections for each instance",
        short=f"{users} open connections for news, about {machines} machines, are not in the bill.",
    )


def _sold(found: Limits) -> Risk:
    sold = sum(tier.promised_per_s for tier in found.tiers)
    return Risk(
        id="interface-tiers",
        about="interface",
        risk="Tiers promise partners more than can be kept at a time",
        cause="the limits of all callers of all tiers, added up, against what is carried with a "
        "zone lost and the margins of planning, less what our own clients are kept",
        effect=f"{rate(sold)} promised, {rate(found.open_per_s)} can be kept"
        f"{interface.at_a_time(found) or ': none is left for them'}",
        likelihood="not known how many ask at once: measure it",
        severity=WHOLE * min(1.0, found.over * TOGETHER.value),
        mitigation="Lower the limits of the tiers, let fewer callers in, or design for their load.",
        evidence=_WORDS,
        link=_PAGE,
        sign="refusals (429) of partners within their limit",
        short=f"Partners are promised {rate(sold)} together; {rate(found.open_per_s)} can be kept.",
    )


def growth(design: Design) -> Iterator[Risk]:
    """The data of a year, where it takes the stated load out of these machines."""
    found = growing(design)
    if found is not None and found.ends and found.until is not None:
        yield _grown(found)


def _grown(found: Growing) -> Risk:
    assert found.until is not None
    bill = found.bill_then
    how = "sized for it" if found.sized else "the same machines"
    young = "".join(f"; {row.label.lower()} {row.figure.text}: {row.formula}"
                    for row in found.young)  # fmt: skip
    return Risk(
        id="growth-year",
        about="growth",
        risk="Data outgrows the machines within a year of the stated load",
        cause=f"rows are added and kept{young}",
        effect=f"the stated load keeps its margins for {found.until.text}; in a year "
        f"{found.carried.text} of it is carried, then {found.limit}; {how}, a month costs "
        f"{bill.text.removesuffix('/month')}",
        likelihood="computed from the stated load; certain if it comes and nothing is deleted",
        severity=WHOLE * max(0.0, 1 - found.carried.value),
        mitigation="Plan the next size before that day, or keep old rows elsewhere.",
        evidence="report.html, Load",
        link="report.html",
        sign="rows of the largest tables; use of the resource named here",
        short=f"Data grows: the margins last {found.until.text} of this load; in a year the bill "
        f"is {money(bill.value)} a month.",
    )
