"""Rows added over time, and what the same machines are worth then."""

from __future__ import annotations

import pytest

from backend_lead.catalog.domains import domains, load
from backend_lead.model.system import System
from backend_lead.search.assess import assess
from backend_lead.search.later import in_a_year
from backend_lead.search.searches import search
from backend_lead.views.growth import DAY_S, YEAR_S, grown, rows_per_s
from backend_lead.views.resolve import resolve


def system(domain: str) -> System:
    return System.model_validate(load(domain).system())


@pytest.mark.parametrize("domain", domains())
def test_rows_are_added_by_the_requests_that_create_them(domain: str) -> None:
    """A day's rows are the requests of a day; nothing else in the model moves."""
    flow = resolve(system(domain))
    added, later = rows_per_s(flow), grown(flow, DAY_S)
    assert added and all(rate > 0 for rate in added.values())
    for name, entity in flow.system.entities.items():
        more = later.entities[name].rows.value - entity.rows.value
        if entity.retention is None or name not in added:
            assert more == pytest.approx(added.get(name, 0.0) * DAY_S)
        else:
            kept = max(entity.rows.value, added[name] * entity.retention.value)
            assert later.entities[name].rows.value <= kept
    assert later.components == flow.system.components


def test_what_is_past_its_retention_is_gone() -> None:
    """Carts kept for thirty days never exceed thirty days of carts, or what was there."""
    flow = resolve(system("ecommerce"))
    cart = flow.system.entities["cart"]
    assert cart.retention is not None
    most = max(cart.rows.value, rows_per_s(flow).get("cart", 0.0) * cart.retention.value)
    assert grown(flow, 10 * YEAR_S).entities["cart"].rows.value == pytest.approx(most)


def test_a_year_costs_more_and_carries_no_more() -> None:
    """The bill grows by storage alone; memory covers less of the data."""
    found = assess(system("generic"))
    bill, carried, *_ = in_a_year(found)
    assert bill.figure.value > found.cost.usd_month
    assert 0 < carried.figure.value <= assess(found.system, 4.0).capacity * 1.01


def test_the_day_on_which_the_load_is_no_longer_carried_is_told() -> None:
    """With the rows of that day it is carried, a fiftieth of a year later it is not; what the
    sizes of then cost is told where those of today do not carry it."""
    model = system("generic")
    for client in model.workload.clients.values():
        assert client.users is not None
        client.users = client.users.model_copy(update={"value": client.users.value * 10})
    trail = search(model)
    found = trail.final.found
    sums = {row.label: row.figure for row in in_a_year(found, trail.final.knobs)}
    until = sums["The stated load is carried for"]
    carried = sums["Load carried, of the stated"]
    if carried.value < 1:
        assert assess(grown(found.flow, until.value)).capacity >= 1
        assert assess(grown(found.flow, until.value + 0.02 * YEAR_S)).capacity < 1
        assert sums["Cost a month, sized for it"].value >= sums["Cost a month"].value * 0.9
    else:
        assert until.text == "at least 365 days"
        assert "Cost a month, sized for it" not in sums


def test_rows_that_are_younger_than_their_retention_are_told() -> None:
    """A store whose rows are those of weeks, kept for years, is not at the end of its growth."""
    found = assess(system("generic"))
    entity = found.flow.system.entities["item"]
    rate, kept = rows_per_s(found.flow)["item"], entity.retention
    assert kept is not None and rate * kept.value > 1.25 * entity.rows.value
    (row,) = [x for x in in_a_year(found) if x.label.startswith("Rows of item")]
    assert row.figure.value == pytest.approx(entity.rows.value / rate)
    assert kept.text in row.formula
