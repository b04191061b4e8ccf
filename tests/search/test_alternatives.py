"""Other designs beside the one chosen."""

from __future__ import annotations

from functools import cache

import pytest

from backend_lead.intake.brief import read_brief
from backend_lead.model.paths import Alternative
from backend_lead.model.system import System
from backend_lead.search.aims import CHEAPEST, FASTEST, RESILIENT, Aim, towards
from backend_lead.search.alternatives import alternatives, keeps_shape, monolith
from backend_lead.search.assess import assess
from backend_lead.search.searches import Searches, search
from backend_lead.search.state import Trail
from backend_lead.search.team import hours_asked
from backend_lead.search.workload import carried, machines, parts_words
from backend_lead.tactics import tactics

LARGE = pytest.param("1M", marks=pytest.mark.full)


@cache
def brief(users: str) -> System:
    return read_brief(f"an app backend for {users} concurrent users").system


@cache
def found(users: str) -> Trail:
    return search(brief(users))


@cache
def rows(users: str) -> tuple[Alternative, ...]:
    return alternatives(brief(users), found(users), Searches(), lambda _: None)


def ids(row: Alternative) -> set[str]:
    return {row.title, *row.same_as}


@pytest.mark.parametrize("users", ["20k", LARGE])
def test_five_aims_and_one_is_chosen(users: str) -> None:
    """Each aim is a row, or named by the row it came out as; the first is the one chosen."""
    told = rows(users)
    assert [row.chosen for row in told] == [True] + [False] * (len(told) - 1)
    assert sum(1 + len(row.same_as) for row in told) == 5
    assert len({row.parts for row in told}) == len(told)
    assert not told[0].why_not and not told[0].better_when
    assert all(row.why_not and row.better_when for row in told[1:])


@pytest.mark.parametrize("users", ["20k", LARGE])
def test_the_chosen_row_is_what_the_solver_says(users: str) -> None:
    """Its numbers are those of judging its model anew."""
    row, system = rows(users)[0], found(users).final.found.system
    again = assess(system)
    assert (row.p99_s, row.availability) == (
        again.worst_p99_s, again.worst_availability.availability
    )  # fmt: skip
    assert (row.usd_month, row.complexity_usd) == (again.cost.usd_month, again.complexity_usd)
    assert row.machines == machines(system) and row.parts == parts_words(system)
    assert row.hours_asked == hours_asked(system) and row.hours_given is None
    share = carried(system)
    assert row.carries == 1.0 and share >= 1
    assert row.max_users == pytest.approx(share * 20_000 if users == "20k" else share * 1e6)


@pytest.mark.parametrize("aim", [CHEAPEST, FASTEST, RESILIENT], ids=lambda aim: aim.id)
def test_an_aim_is_reached_or_left_as_it_was(aim: Aim) -> None:
    """What is looked for gets better by what counts, keeps what is needed, and is in the table."""
    start = found("20k").final
    end = towards(aim, brief("20k"), start)
    again = assess(end.found.system)
    if end is not start:
        assert aim.worth(again) <= aim.worth(start.found) * (1 - aim.gain)
        assert again.capacity >= 1 and again.available
    row = next(r for r in rows("20k") if any(aim.title.lower() in x.lower() for x in ids(r)))
    assert row.usd_month == pytest.approx(again.cost.usd_month)
    assert row.p99_s == pytest.approx(again.worst_p99_s)
    assert row.availability == pytest.approx(again.worst_availability.availability)


def test_a_monolith_has_the_parts_it_began_with() -> None:
    """No part is added and no store is split or copied for reads."""
    start = brief("20k")
    taken = {tid for tid in tactics() if keeps_shape(start, tid)}
    assert {"vertical-scale", "horizontal-scale", "multi-zone"} <= taken
    assert not taken & {"sharding", "read-replicas", "cache-aside", "cdn", "connection-pooler"}
    state = monolith(start, Searches())
    assert {tid for tid, _ in state.moves} <= taken
    assert set(state.found.system.components) == set(start.components)
    assert all(p.shards == 1 and not p.replicas for p in state.found.system.components.values())


@pytest.mark.full
def test_a_monolith_that_is_too_small_says_up_to_where() -> None:
    """A million users are more than one database shape carries; it still spans zones."""
    row = next(r for r in rows("1M") if r.id == "monolith")
    assert row.carries < 1 and row.survives_zone and row.p99_s is not None
    assert "the stated load" in row.missed and f"{row.carries:.0%} of the load" in row.why_not
    assert row.better_when.startswith("no more than") and row.max_users < 1e6
