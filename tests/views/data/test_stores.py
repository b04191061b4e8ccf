"""Where analyses are asked: the simplest store that holds, and where that changes."""

from __future__ import annotations

from typing import Any

import pytest

from backend_lead.catalog.domains import domains
from backend_lead.views.data.analytics_prices import (
    all_hot,
    freshness,
    monthly,
    per_tb_asked,
    per_tb_taken_in,
    tiers,
)
from backend_lead.views.data.needs import Need, needs, quiet_s
from backend_lead.views.data.stores import CLUSTER, FILE, ONE, REPLICA, choose, options
from tests.views.data.stars import of_domain

DAY_S, REGION = 86_400.0, "us-east-1"


def need(rate: float, size: float, **more: Any) -> Need:
    """One fact table with so many rows a second and bytes."""
    said: dict[str, Any] = {
        "peak": 3.0, "row_bytes": 200.0, "fresh_s": 300.0, "queries_per_day": 2_000.0,
        "scan_s": DAY_S, "late_s": DAY_S, "daily": False,
    }  # fmt: skip
    said |= more
    return Need("fct_events", rate, rows=size / said["row_bytes"], **said)


def test_ten_a_second_and_20_gb_end_in_one_postgres() -> None:
    """10 events/s and 20 GB stay in the one PostgreSQL, and it says at which figures that ends."""
    choice = choose([need(10, 20e9)])
    assert choice.chosen.id == ONE
    at = {flip.label: flip for flip in choice.flips}
    rows = at["rows a second, all fact tables"]
    assert rows.at is not None and 10 < rows.at < 1_000 and rows.to != ONE
    size = at["bytes of rows kept"]
    assert size.at == pytest.approx(1e12, rel=0.01) and size.to == FILE
    assert monthly(choice.chosen, [need(10, 20e9)], REGION).value == 0


def test_500k_a_second_do_not() -> None:
    """500k events/s go to a cluster, whose nodes are computed; no smaller store holds them."""
    asked = [need(500e3, 500e3 * 100 * 30 * DAY_S, row_bytes=100.0)]
    choice = choose(asked)
    assert choice.chosen.id == CLUSTER and choice.chosen.nodes >= 10
    assert [o.holds for o in choice.options] == [False, False, False, True]
    assert any(f.to == FILE and f.at and f.at < 500e3 for f in choice.flips)


def test_between_them_lie_a_replica_and_one_machine() -> None:
    """The stores are taken in the order of what they ask of a team."""
    assert choose([need(100, 100e9)]).chosen.id == REPLICA
    assert choose([need(1_000, 6e12)]).chosen.id == FILE
    assert choose([need(1_000, 6e12, fresh_s=5.0)]).chosen.id == CLUSTER


@pytest.mark.parametrize("start", [need(10, 20e9), need(1_000, 6e12), need(100, 100e9)])
def test_flips_are_where_they_say(start: Need) -> None:
    """A little before the figure the store is as it was, a little past it the one that is named."""
    moves = {"1/s": "load", "B": "kept", "1/day": "queries", "s": "fresh"}
    for flip in choose([start]).flips:
        if flip.at is None:
            continue
        there = flip.at / flip.now
        near, past = (0.99, 1.01) if there > 1 else (1.01, 0.99)
        before = choose([start.times(**{moves[flip.unit]: there * near})]).chosen.id
        after = choose([start.times(**{moves[flip.unit]: there * past})]).chosen.id
        assert before == choose([start]).chosen.id and after == flip.to, flip


@pytest.mark.parametrize("id", domains())
def test_every_domain_begins_in_postgres(id: str) -> None:
    """At the size that reference domains start with, none needs a store of its own."""
    assert choose(needs(of_domain(id))).chosen.id in (ONE, REPLICA)


def test_freshness_has_a_price() -> None:
    """Answers five seconds old cost more than such five minutes old, for each TB and in all."""
    quick, usual = freshness([need(2_000, 12e12)], REGION)
    assert quick.usd_month.value > usual.usd_month.value > 0
    assert quick.usd_per_tb.value > 5 * usual.usd_per_tb.value
    for found in (quick.usd_per_tb, usual.usd_month):
        assert found.low <= found.value <= found.high and found.low < found.high


def test_a_tb_taken_in_costs_less_the_more_come() -> None:
    """Batches cost by their number: with ten times the rows a TB costs less."""
    few, many = (per_tb_taken_in([need(r, 1e12)], 5.0, REGION).value for r in (100, 1_000))
    assert few > many > per_tb_taken_in([need(1e7, 1e12)], 300.0, REGION).value > 0


def test_columns_are_read_cheaper_than_rows() -> None:
    """A TB asked about costs less where only columns are read."""
    rows, columns = per_tb_asked(REGION)
    assert rows.value > columns.value > 0


def test_tiers_hold_all_and_cost_less() -> None:
    """The bytes of the tiers are all there are, and by age they cost less than on disks alone."""
    asked = [need(1_000, 1_000 * 200 * 1_500 * DAY_S)]
    found = tiers(asked, REGION)
    assert sum(t.bytes for t in found) == pytest.approx(asked[0].bytes * 0.3)
    assert all(t.bytes > 0 for t in found)
    assert sum(t.usd_month for t in found) < all_hot(asked, REGION)


def test_quiet_times_are_longer_where_little_happens() -> None:
    """How long nothing may come without an alarm follows the rate of the quietest time."""
    assert quiet_s(need(0.01, 1e6)) > quiet_s(need(10, 1e9)) > 0


def test_more_of_anything_never_needs_a_simpler_store() -> None:
    """With more rows a second the limits of a store are nearer, each of them."""
    less, more = options([need(10, 20e9)]), options([need(20, 20e9)])
    for a, b in zip(less, more, strict=True):
        assert all(x.value <= y.value for x, y in zip(a.limits, b.limits, strict=True))
