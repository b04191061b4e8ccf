"""Promises that cannot be kept, and the nearest that can."""

from __future__ import annotations

from functools import cache

import pytest

from backend_lead.intake.brief import read_brief
from backend_lead.model.paths import Refusal
from backend_lead.model.system import System
from backend_lead.search.aims import AVAILABLE, towards
from backend_lead.search.assess import assess
from backend_lead.search.climb import climb
from backend_lead.search.distance import far_users, out_of_reach
from backend_lead.search.nearest import (
    nearest_availability,
    nearest_p99,
    rounded_down,
    rounded_up,
)
from backend_lead.search.refusal import fits, promised
from backend_lead.search.searches import Searches, search
from backend_lead.search.state import Trail
from backend_lead.search.team import hours_asked
from backend_lead.search.workload import scaled, users_of

KEPT = "an app backend for 2k concurrent users, p99 200 ms"
FAST = "an app backend for 2k concurrent users, p99 1 ms"
CHEAP = "an app backend for 20k concurrent users, 600 USD a month"
ALWAYS = "an app backend for 500 concurrent users, 99.9999% available, in one zone"
ALONE = "an app backend for 500 concurrent users, 100 USD a month, p99 1 ms, worldwide"


@cache
def asked(text: str) -> tuple[System, Trail, Trail, Refusal | None]:
    system = read_brief(text).system
    trail = search(system)
    return system, trail, *promised(system, trail, Searches(), lambda _: None)


def test_what_can_be_kept_is_not_refused() -> None:
    """The trail is the one found, and nothing is said."""
    _, trail, after, refusal = asked(KEPT)
    assert refusal is None and after is trail and fits(trail)


def test_a_p99_below_the_time_without_load_binds() -> None:
    """Its number is named; the closest design is one that a search for it finds."""
    system, _, after, refusal = asked(FAST)
    assert refusal is not None and len(refusal.binds) == 1
    assert refusal.binds[0].startswith("p99 1 ms:") and "without any load" in refusal.binds[0]
    near = nearest_p99(system, Searches())
    assert near is not None and search(near.system).holds
    first = refusal.closest[0]
    assert first.p99_s and 0.001 < first.p99_s <= near.system.slos[0].p99.value
    assert first.users == users_of(system) and f"{near.system.slos[0].p99.text}" in first.gives
    assert not after.holds and after.final.found.system.slos == system.slos
    assert all(d.problem.startswith("With p99") for d in after.decisions)


def test_a_budget_binds_with_the_bill_and_the_load_it_carries() -> None:
    """The load told is carried within the budget by the design a search for it finds."""
    system, trail, after, refusal = asked(CHEAP)
    assert refusal is not None and trail.holds and after.holds and not fits(after)
    assert refusal.binds[0].startswith("600 USD/month: the smallest bill found")
    pays, carries = refusal.closest[:2]
    assert pays.users == 20_000 and pays.usd_month > 600
    assert pays.usd_month == pytest.approx(after.final.found.cost.usd_month)
    assert carries.usd_month <= 600 and 0 < carries.users < 20_000
    again = search(scaled(system, carries.users / 20_000))
    assert fits(again) and again.final.found.cost.usd_month == pytest.approx(carries.usd_month)


def test_an_availability_beyond_one_zone_binds() -> None:
    """The best that one zone gives is offered, and more zones."""
    system, _, _, refusal = asked(ALWAYS)
    assert refusal is not None and refusal.binds[0].startswith("availability 99.9999%:")
    assert "in one zone" in refusal.binds[0]
    near = nearest_availability(system, Searches())
    assert near is not None and search(near.system).holds
    assert near.system.slos[0].availability.text in refusal.closest[0].gives
    assert any("3 zones instead of 1" in row.gives for row in refusal.closest)


def test_a_budget_below_the_smallest_system_says_so() -> None:
    """Where no load is small enough, what the smallest costs is named instead."""
    _, _, _, refusal = asked(ALONE)
    assert refusal is not None
    said = [text.partition(":")[0] for text in refusal.binds]
    assert said == ["p99 1 ms", "100 USD/month", "p99 1 ms worldwide from one region"]
    assert "no load is small enough for that" in refusal.binds[1]
    assert "rests on what nobody stated (availability 99.9%, 3 zones of which one may be lost)" in (
        refusal.binds[1])  # fmt: skip
    assert len(refusal.closest) == 1 and refusal.closest[0].usd_month > 100


@pytest.mark.full
def test_a_team_too_small_binds_with_its_hours() -> None:
    """A team is refused what it has no hours for, with the smallest team that would do: two, as
    fewer shards on larger machines are less work than the cheapest design, which takes three."""
    _, trail, after, refusal = asked("an app backend for 1M concurrent users, a team of one")
    assert refusal is not None and refusal.binds[0].startswith("a team of 1: it has 41.7 hours")
    assert "a team of 2 instead of 1" in refusal.closest[0].gives
    was, now = (hours_asked(t.final.found.system) for t in (trail, after))
    assert was > 2 * 41.7 and now < 2 * 41.6


@pytest.mark.full
def test_a_team_that_is_large_enough_for_the_leanest_design_is_given_it() -> None:
    """Nothing is refused; the last decision says what the hours saved cost."""
    _, trail, after, refusal = asked("an app backend for 1M concurrent users, a team of two")
    assert not fits(trail) and refusal is None and fits(after)
    assert after.decisions[-1].title == "Take what is least work"
    assert after.final.found.cost.usd_month > trail.final.found.cost.usd_month


def test_a_team_with_the_hours_is_no_reason() -> None:
    """One person has the hours for five machines."""
    system = read_brief("an app backend for 500 concurrent users, a team of one").system
    trail = search(system)
    assert fits(trail) and promised(system, trail, Searches(), lambda _: None)[1] is None


@pytest.mark.parametrize(("text", "refused"), [
    ("an app for 500 concurrent users worldwide, p99 40 ms", True),
    ("an app for 500 concurrent users worldwide, p99 150 ms", False),
    ("an app for 500 concurrent users worldwide", False),
    ("an app for 500 concurrent users, p99 40 ms", False),
])  # fmt: skip
def test_light_does_not_reach_the_whole_world_in_40_ms(text: str, refused: bool) -> None:
    """200,000 km/s: 40 ms are 4,000 km and back. It is a finding wherever users are worldwide."""
    system = read_brief(text).system
    assert bool(out_of_reach(system)) == refused
    assert bool(far_users(system)) == ("worldwide" in text)
    if refused:
        assert "4,000 km" in out_of_reach(system) and "200 ms" in out_of_reach(system)


def test_users_near_the_region_can_be_promised_it() -> None:
    """Where the p99 leaves time for the way, the distance it covers is offered."""
    _, _, after, refusal = asked("an app for 500 concurrent users worldwide, p99 40 ms")
    assert refusal is not None and after.holds
    near = refusal.closest[0]
    assert near.p99_s is not None and near.keeps.startswith("p99 40 ms for users within")
    km = rounded_down((0.04 - near.p99_s) * 100_000)
    assert f"within {km:,.0f} km" in near.keeps


@pytest.mark.parametrize(("value", "up", "down"), [
    (123.0, 130.0, 120.0), (0.0211, 0.022, 0.021), (2.0, 2.0, 2.0), (0.00027, 0.00027, 0.00027),
])  # fmt: skip
def test_weaker_promises_have_two_digits(value: float, up: float, down: float) -> None:
    """A time is rounded up and a load down, so that both still hold."""
    assert (rounded_up(value), rounded_down(value)) == (up, down)


def test_a_search_goes_on_towards_availability() -> None:
    """From a design that carries the load but is down too often, what is up enough is found, with
    the tactics that the search for the load alone had no need of."""
    system = read_brief("an app backend for 2k concurrent users, 99.98% available").system
    few = frozenset({"vertical-scale", "horizontal-scale", "multi-zone"})
    short = climb(system, only=few)
    assert short.final.found.capacity >= 1 and not short.final.found.available
    state = towards(AVAILABLE, system, short.final)
    assert state.holds and assess(state.found.system).available
    assert {tid for tid, _ in state.moves} - few
    assert search(system).holds
