"""The sections of data/analytics/README.md that hold figures: limits, flips, prices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backend_lead.emit.report.wording import cell, count, data, money, number, rate, seconds
from backend_lead.views.data.analytics_prices import (
    Estimate,
    all_hot,
    freshness,
    monthly,
    per_tb_asked,
    tiers,
)
from backend_lead.views.data.needs import Need
from backend_lead.views.data.stores import ONE, TITLES, Choice, options


def figures(value: float, unit: str) -> str:
    """A number in the wording of its unit."""
    if unit == "B":
        return data(value)
    if unit == "B/s":
        return f"{data(value)}/s"
    if unit == "1/s":
        return rate(value)
    if unit == "1/day":
        return f"{count(value)} a day"
    if unit == "s":
        return seconds(value)
    if unit == "ratio":
        return number(value)
    return f"{number(value)} {unit}"


def limits(choice: Choice) -> Iterator[str]:
    """Each store, the simplest first, with what it is limited by; then where the choice flips."""
    lines = ["| store | holds | what limits it |", "|---|---|---|"]
    for option in choice.options:
        told = [
            f"{'' if x.holds else '**'}{x.label}: {figures(x.value, x.unit)} of "
            f"{figures(x.most, x.unit)}{'' if x.holds else '**'}"
            for x in option.limits
        ] or [f"{option.nodes} nodes carry it"]
        mark = " (chosen)" if option.id == choice.chosen.id else ""
        holds = "yes" if option.holds else "no"
        lines.append(f"| {option.title}{mark} | {holds} | {'; '.join(told)} |")
    yield "\n".join(lines)
    yield "The first that holds is taken. With everything else as it is, another one is at:"
    rows = [
        f"| {f.label} | {figures(f.now, f.unit)} | "
        + (f"{figures(f.at, f.unit)} | {TITLES[f.to]} |" if f.at is not None else "never | - |")
        for f in choice.flips
    ]
    yield "\n".join(["| figure | now | flips at | then |", "|---|---|---|---|", *rows])


def price(asked: Sequence[Need], region: str) -> Iterator[str]:
    """What each store adds to the bill, a TB, freshness, and age."""
    found = [monthly(option, asked, region) for option in options(asked)]
    yield "A month, at list prices, beside the bill of the system:"
    yield _table(found)
    yield "A TB that questions are about:"
    yield _table(per_tb_asked(region))
    yield "What freshness costs, if all fact tables had it:"
    lines = ["| answers at most | store | a month | range | a TB taken in | range |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for at in freshness(asked, region):
        month, tb = at.usd_month, at.usd_per_tb
        lines.append(
            f"| {seconds(at.age_s)} old | {at.store.title} | {money(month.value)} | "
            f"{money(month.low)} to {money(month.high)} | "
            + ("in the store already | - |" if at.store.id == ONE else
               f"{money(tb.value)} | {money(tb.low)} to {money(tb.high)} |")
        )  # fmt: skip
    yield "\n".join(lines)
    quick, usual = freshness(asked, region)
    yield (f"In a column store a TB taken in would cost {money(quick.usd_per_tb.value)} at "
           f"{seconds(quick.age_s)} and {money(usual.usd_per_tb.value)} at "
           f"{seconds(usual.age_s)}: batches cost by their number, and few rows make small ones "
           f"({cell(quick.usd_per_tb.how)}).")  # fmt: skip
    yield "Rows by age, in files of a column store, in a year:"
    lines = ["| tier | up to | where | on disk | a month |", "|---|---|---|---|---|"]
    parts = tiers(asked, region)
    lines += [
        f"| {t.name} | {seconds(t.until_s) if t.until_s else 'the end'} | {t.where} | "
        f"{data(t.bytes)} | {money(t.usd_month)} |"
        for t in parts
    ]
    yield "\n".join(lines)
    yield (f"All of it on disks of the store: {money(all_hot(asked, region))} a month; by age "
           f"{money(sum(t.usd_month for t in parts))}.")  # fmt: skip


def _table(found: Sequence[Estimate]) -> str:
    rows = [
        f"| {e.label} | {money(e.value)} | {money(e.low)} to {money(e.high)} | {cell(e.how)} |"
        for e in found
    ]
    return "\n".join(["| what | USD | range | computed as |", "|---|---|---|---|", *rows])
