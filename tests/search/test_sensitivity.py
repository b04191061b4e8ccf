"""The cost of a design over the ranges of what was assumed."""

from __future__ import annotations

from functools import cache

import pytest

from backend_lead.analysis.assumptions import assumed, assumptions
from backend_lead.intake.brief import read_brief
from backend_lead.model.design import Assumption
from backend_lead.search.assess import assess
from backend_lead.search.climb import climb_preferring
from backend_lead.search.sensitivity import SIZED_MAX, at, costs_over_ranges
from backend_lead.search.state import Trail


@cache
def trail() -> Trail:
    """A small design that holds."""
    return climb_preferring(
        read_brief("an app backend for 20k concurrent users").system, "simplest"
    )


@cache
def filled() -> list[Assumption]:
    """Its assumptions with their costs."""
    found = trail().final.found
    rows = assumptions(found.system, found.flow)
    return costs_over_ranges(found.system, trail().final.knobs, rows)


def test_the_weightiest_have_costs_and_stand_first_by_spread() -> None:
    """Numbers that were tried come first, the widest spread of costs first."""
    rows = filled()
    tried = [row for row in rows if row.tried]
    assert 0 < len(tried) <= SIZED_MAX
    assert rows[: len(tried)] == tried
    spreads = [
        float("inf") if row.cost_low is None or row.cost_high is None
        else abs(row.cost_high - row.cost_low)
        for row in tried
    ]  # fmt: skip
    assert spreads == sorted(spreads, reverse=True)
    assert any(0 < spread < float("inf") for spread in spreads)


def test_less_thinking_costs_more() -> None:
    """Users who think less send more requests: the low end of think time is the dear one."""
    row = next(row for row in filled() if row.path.endswith("mobile.think_time"))
    assert row.cost_low is not None and row.cost_high is not None
    base = trail().final.found.cost.usd_month
    assert row.cost_low > base >= row.cost_high


def test_sizes_that_still_hold_are_the_most_it_costs() -> None:
    """Where the design as it is holds at an end too, sizing anew does not tell of a dearer one."""
    system = trail().final.found.system
    held = 0
    for row in filled():
        quantity = dict(assumed(system))[row.path]
        for end, cost in zip(quantity.range or (), (row.cost_low, row.cost_high), strict=False):
            as_is = assess(at(system, row.path, end)) if cost is not None else None
            if as_is is not None and as_is.capacity >= 1 and as_is.available:
                held += 1
                assert cost is not None and cost <= as_is.cost.usd_month
    assert held


def test_nothing_is_lost() -> None:
    """Every assumption given comes back once, whether tried or not."""
    found = trail().final.found
    rows = assumptions(found.system, found.flow)
    assert sorted(r.path for r in filled()) == sorted(r.path for r in rows)


def test_without_a_search_nothing_is_tried() -> None:
    """Without knobs there is nothing to size; rows stay as they are."""
    found = trail().final.found
    rows = assumptions(found.system, found.flow)
    assert costs_over_ranges(found.system, None, rows) == rows


def test_every_assumed_number_can_be_set() -> None:
    """A path leads to its number in a copy; the model given is not changed."""
    system = trail().final.found.system
    before = system.model_dump_json()
    for path, quantity in assumed(system):
        assert quantity.range is not None
        other = dict(assumed(at(system, path, quantity.range[0])))
        assert other[path].value == quantity.range[0]
    assert system.model_dump_json() == before


def test_other_journeys_make_room() -> None:
    """When the share of one journey is set, the shares of a client still add up to one."""
    system = trail().final.found.system
    client = at(system, "workload.clients.web.journeys.look", 0.8).workload.clients["web"]
    assert sum(q.value for q in client.journeys.values()) == pytest.approx(1)


def test_what_is_charged_by_use_is_tried_too() -> None:
    """The peak factor changes no machine, only the volume of a month; it is tried all the same."""
    row = next(row for row in filled() if row.path == "workload.peak.factor")
    assert row.cost_low is not None and row.cost_high is not None
    assert row.cost_low > row.cost_high
