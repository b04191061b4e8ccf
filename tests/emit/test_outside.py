"""Risks beside the stated load: what the API asks and promises, and the growth of data."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from backend_lead.emit import render
from backend_lead.emit.management.risks import risks
from backend_lead.model.design import Design, Sum
from backend_lead.model.figure import Figure
from backend_lead.model.screens import ApiPlan, Beyond, Limits, Streaming, TierShare
from tests.emit.sample_design import sample_design


def with_api(**parts: object) -> Design:
    """The sample with what was found about its API."""
    design = sample_design()
    design.screens = ApiPlan(1, 10, **parts)  # type: ignore[arg-type]
    return design


def every_page(design: Design) -> dict[str, str]:
    """The pages that somebody reads before deciding."""
    return {word: next(t for n, t in render(design, word).items() if n.endswith((".md", ".html")))
            for word in ("readme", "risks", "report-html")}  # fmt: skip


def test_what_screens_ask_beyond_the_journeys_is_a_risk_that_every_reader_meets() -> None:
    """With its rate and what it fills; severity is how full, a hundred where that is too much."""
    more = Beyond(209_000.0, "get_item", "disk of orders-db", 0.793, 2.38)
    design = with_api(beyond=more)
    row = next(r for r in risks(design) if r.id == "interface-screens")
    assert row.severity == 100 and "79.3% to 238%" in row.effect and "209k/s" in row.short
    for name, text in every_page(design).items():
        assert "209k/s" in text and "238%" in text, name
    assert "209k/s" in render(design, "executive")["executive.md"]
    design.screens = ApiPlan(1, 10, beyond=replace(more, per_s=10.0, busy_with=0.8))
    assert not [r for r in risks(design) if r.about == "interface"]


def test_connections_that_no_part_holds_are_told_with_what_they_take() -> None:
    """Their number and machines, against the machines of the design; none where they are stated."""
    held = Streaming("mobile", ("changed",), "SSE", 650_000.0, 26e9, 13, 50_000.0, 21_700.0)
    design = with_api(streaming=(held,))
    row = next(r for r in risks(design) if r.id == "interface-held")
    assert (
        "650k connections" in row.effect and "26 GB" in row.effect and "13 instances" in row.effect
    )
    assert row.severity == pytest.approx(100 * 13 / 136)
    assert "650k connections" in every_page(design)["readme"]


def test_tiers_that_promise_more_than_there_is_are_a_risk() -> None:
    """As far as what is assumed to be asked at a time is more than can be kept; promises that fit
    are no risk."""
    tier = TierShare("partners", "gold", 100.0, 500.0, 500, 50_000.0, 12.2)
    known = {"ours_per_s": 90_000.0, "kept_per_s": 112_500.0, "open_per_s": 4_110.0,
             "asked_per_s": 0.0, "tiers": (tier,), "over": 12.2}  # fmt: skip
    limits = Limits(**{f.name: known.get(f.name, 121_000.0) for f in fields(Limits)})  # type: ignore[arg-type]
    design = with_api(limits=limits)
    row = next(r for r in risks(design) if r.id == "interface-tiers")
    assert row.severity == 100 and "50k/s promised, 4,110/s can be kept" in row.effect
    design.screens = ApiPlan(1, 10, limits=replace(limits, over=2.0))
    row = next(r for r in risks(design) if r.id == "interface-tiers")
    assert row.severity == pytest.approx(60) and "at most 50% of it is asked at once" in row.effect
    design.screens = ApiPlan(1, 10, limits=replace(limits, over=0.9))
    assert not [r for r in risks(design) if r.about == "interface"]


def test_growth_that_ends_the_design_is_told_wherever_loads_are() -> None:
    """Until when the load is carried and what the sizes of then cost: README, roadmap, risks, page
    for who decides, work plan; nothing of it where the year is carried."""
    rows = {"Cost a month": (70_000.0, "USD/month", "70,000 USD/month", "storage of then"),
            "Load carried, of the stated": (0.911, "ratio", "0.911x", "solver; then disk of "
                                            "orders-db is the limit"),
            "The stated load is carried for": (39 * 86_400.0, "s", "39 days", "solver"),
            "Cost a month, sized for it": (74_000.0, "USD/month", "74,000 USD/month", "anew"),
            }  # fmt: skip
    design = sample_design()
    for label, (value, unit, text, how) in rows.items():
        word = "sum-year-" + "".join(c if c.isalnum() else "-" for c in label.lower())
        figure = Figure(word, label, value, unit, text, "computed", how, repeat="backend-lead "
                        "generate backend.yaml")  # fmt: skip
        design.arithmetic.append(Sum("In a year", label, how, figure))
    row = next(r for r in risks(design) if r.id == "growth-year")
    assert row.severity == pytest.approx(8.9) and "39 days" in row.effect
    assert "74,000 USD" in row.effect and "disk of orders-db" in row.effect
    readme = render(design, "readme")["README.md"]
    assert readme.count("keep their margins for 39 days") == 2  # capacity and roadmap
    assert "39 days" in render(design, "work-plan")["work-plan.md"].partition("## When to go on")[2]
    assert "margins last 39 days" in render(design, "executive")["executive.md"]
    until = design.arithmetic[-2]
    design.arithmetic[-2] = replace(until, figure=replace(until.figure, value=0.0, text="0 days"))
    assert not [r for r in risks(design) if r.about == "growth"]  # it is not carried today
    design.arithmetic[-2] = until
    last = design.arithmetic[-3]
    design.arithmetic[-3] = replace(last, figure=replace(last.figure, value=1.2, text="1.2x"))
    assert not [r for r in risks(design) if r.about == "growth"]
