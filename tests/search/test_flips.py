"""Assumed numbers that would change the decision."""

from __future__ import annotations

from functools import cache

import pytest

from backend_lead.analysis.assumptions import assumed, assumptions
from backend_lead.intake.brief import read_brief
from backend_lead.model.paths import Flip
from backend_lead.model.system import System
from backend_lead.model.units import nines
from backend_lead.search.flips import BEYOND, FLIPS_MAX, SEARCHES_MAX, flips, look
from backend_lead.search.measuring import cheapest_test
from backend_lead.search.searches import Searches, choice, search
from backend_lead.search.sensitivity import at, costs_over_ranges
from backend_lead.search.state import Trail

LARGE = pytest.param("20k", marks=pytest.mark.full)


ALONE = "Germany"  # data may be in one region only: there is no second one there


@cache
def built(
    users: str, residency: str | None = None
) -> tuple[System, Trail, tuple[Flip, ...], int]:  # fmt: skip
    system = read_brief(f"a shop for {users} concurrent users").system
    system.topology.residency = residency
    trail, searches = search(system), Searches()
    found = trail.final.found
    rows = costs_over_ranges(
        found.system, trail.final.knobs, assumptions(found.system, found.flow)
    )[:3]  # fmt: skip
    return system, trail, flips(system, trail, rows, searches, lambda _: None), searches.made


@pytest.mark.parametrize("users", ["300", LARGE])
def test_a_flip_flips_where_it_says_and_not_just_before(users: str) -> None:
    """A whole search at the value takes other tactics; just before it takes the same."""
    system, trail, found, _ = built(users)
    assert found
    for flip in found:
        assert choice(search(at(system, flip.path, flip.at))) != choice(trail)
        assert choice(search(at(system, flip.path, flip.before))) == choice(trail)


@pytest.mark.parametrize("users", ["300", LARGE])
def test_flips_are_bounded_and_say_what_they_are(users: str) -> None:
    """No more than three and few searches; each tells its range, what changes, and a test."""
    system, _, found, searched = built(users)
    assert len(found) <= FLIPS_MAX and searched <= SEARCHES_MAX
    numbers = dict(assumed(system))
    for flip in found:
        quantity = numbers[flip.path]
        low, high = quantity.range or (0.0, 0.0)
        assert flip.within == (low <= flip.at <= high) and flip.value == quantity.value
        assert flip.change and flip.usd_month > 0 and flip.test == cheapest_test(flip.path)
        assert quantity.dimension.parse(flip.at_text) == pytest.approx(flip.at)
        if quantity.dimension.id != "ratio":
            assert low / BEYOND * 0.99 <= flip.at <= high * BEYOND * 1.01


def test_an_availability_above_one_region_asks_for_a_second() -> None:
    """The promise nobody stated: a little more of it than was found, and a region stands by."""
    _, trail, found, _ = built("300")
    flip = next(f for f in found if f.label == "promised availability")
    best = trail.final.found.worst_availability.availability
    assert flip.before <= best * 1.0001 and flip.at > best and flip.within
    assert flip.change.startswith("also: ")
    assert flip.usd_month > trail.final.found.carried_usd
    assert flip.test.startswith("ask")


def test_an_availability_no_design_has_flips_the_decision() -> None:
    """Where data may be in no second region a little more than was found is kept by nothing."""
    _, trail, found, _ = built("300", ALONE)
    flip = next(f for f in found if f.label == "promised availability")
    best = trail.final.found.worst_availability.availability
    assert flip.before <= best * 1.0001 and flip.at > best and flip.within
    assert "no design that was found" in flip.change and nines(best) in flip.change
    assert flip.test.startswith("ask")


def test_a_quick_look_sees_what_is_missing() -> None:
    """Without a tactic that the promise needs the look says that the design breaks."""
    system, trail, _, _ = built("300")
    assert look(system, trail.final.moves)[0] != "breaks"
    needed = [m for m in trail.final.moves if m[0] != "multi-zone"]
    assert look(system, needed) == ("breaks", None)


@pytest.mark.parametrize(("path", "word"), [
    ("workload.clients.web.think_time", "access log"),
    ("workload.clients.web.journeys.buy", "traces"),
    ("components.app.endpoints.list.does[0].cpu", "prototype"),
    ("slos[0].p99", "ask"),
    ("components.db.operations.get.unheard_of", "measure"),
])  # fmt: skip
def test_each_number_has_its_cheapest_test(path: str, word: str) -> None:
    """Logs for what users do, a prototype for what code takes, a question for what is promised."""
    assert word in cheapest_test(path)
