"""Single steps from a design that is sized: how what stands beside a large design is found."""

from __future__ import annotations

import pytest

from backend_lead.analysis.assumptions import assumptions
from backend_lead.model.design import Assumption
from backend_lead.model.paths import Alternative
from backend_lead.search.aims import CHEAPEST, FASTEST, RESILIENT, Aim, towards
from backend_lead.search.alternatives import alternatives
from backend_lead.search.assess import assess
from backend_lead.search.flips import flips
from backend_lead.search.looks import BREAKS, STAYS, Steps
from backend_lead.search.nearby import (
    bill_shares,
    down_shares,
    steps_near,
    time_shares,
    touches,
    with_step,
    without_step,
)
from backend_lead.search.roadmap import roadmap
from backend_lead.search.searches import Searches
from backend_lead.search.sensitivity import at, costs_over_ranges
from backend_lead.search.workload import carries
from tests.search.ten_parts import found, ten_parts

CPU = "components.books-db.operations.newest.cpu"


def test_many_parts_keep_their_promise() -> None:
    """A step that costs load, such as zones, is taken where nothing else keeps the promise."""
    final = found().final
    assert found().holds and ("multi-zone", "system") in final.moves
    assert carries(final.found.system, 1.0)


def test_a_step_more_or_less_is_a_whole_design() -> None:
    """Each is sized for the load and is one step away; what cannot do without a step is none."""
    final, system = found().final, ten_parts()
    near = steps_near(system, final, lambda _: True)
    assert len(near) > 5
    for state in near:
        assert len(set(state.moves) ^ set(final.moves)) == 1
        assert assess(state.found.system).capacity >= 1
    assert without_step(system, final, ("horizontal-scale", "books")) is None


def test_a_step_back_leads_to_where_it_came_from() -> None:
    """To add a step and to take it again costs no more than before."""
    final, system = found().final, ten_parts()
    move = ("cache-aside", "books")
    more = with_step(final, move)
    assert more is not None and "books-cache" in more.found.system.components
    back = without_step(system, more, move)
    assert back is not None and back.moves == final.moves
    assert back.found.total_usd <= final.found.total_usd * 1.01


def test_only_what_weighs_is_tried() -> None:
    """Shares of bill, time and down time lie between 0 and 1; a step at what has none is left."""
    state = found().final.found
    for shares in (bill_shares(state), time_shares(state), down_shares(state)):
        assert shares and all(0 <= share <= 1 + 1e-9 for share in shares.values())
    assert time_shares(state)["front"] == pytest.approx(1)
    assert not touches({"books": 0.5}, state.flow, ("cache-aside", "reviews"), 0.01)
    assert touches({"books-db": 0.5}, state.flow, ("cache-aside", "books"), 0.01)
    assert touches({}, state.flow, ("multi-zone", "system"), 0.01)


@pytest.mark.parametrize("aim", [CHEAPEST, FASTEST, RESILIENT], ids=lambda aim: aim.id)
def test_an_aim_is_better_or_what_it_was(aim: Aim) -> None:
    """What single steps lead to keeps what the aim needs and gains what it asks for."""
    start = found().final
    end = towards(aim, ten_parts(), start)
    if end is not start:
        assert aim.needs(end)
        assert aim.worth(assess(end.found.system)) <= aim.worth(start.found) * (1 - aim.gain)


def rows() -> tuple[Alternative, ...]:
    return alternatives(ten_parts(), found(), Searches(), lambda _: None)


def test_alternatives_of_many_parts_are_named_for_what_they_are() -> None:
    """All five aims are told; each row says that it was looked for by single steps."""
    told = rows()
    assert told[0].chosen and sum(1 + len(row.same_as) for row in told) == 5
    assert all(row.by_steps for row in told)
    cheapest = next(row for row in told if row.id == "cheapest")
    assert cheapest.usd_month < told[0].usd_month * 0.99
    assert not any("the the" in name for row in told for name in row.same_as)


def test_stages_of_many_parts() -> None:
    """Three loads ten times apart, each with its own design by a whole search."""
    stages = roadmap(ten_parts(), found(), Searches())
    assert [stage.users for stage in stages] == [600, 6000, 60_000]
    assert all(stage.holds for stage in stages)
    assert stages[0].usd_month < stages[1].usd_month < stages[2].usd_month
    assert any("larger sizes of the parts" in left.why for left in stages[0].not_yet)


def test_flips_of_many_parts_say_how_they_were_found() -> None:
    """At the value a single step pays or mends; just before, the design stays as it is."""
    system, trail = ten_parts(), found()
    state = trail.final.found
    table = costs_over_ranges(state.system, trail.final.knobs, assumed_rows())
    told = flips(system, trail, table, Searches(), lambda _: None)
    steps = Steps(system, trail)
    assert told
    for flip in told:
        assert flip.by_steps and flip.change and flip.usd_month > 0
        assert steps.next(flip.path, flip.at).seen != STAYS
        assert steps.next(flip.path, flip.before).seen == STAYS


def assumed_rows() -> list[Assumption]:
    state = found().final.found
    return assumptions(state.system, state.flow)


def test_what_breaks_is_mended_or_said_to_be_at_its_end() -> None:
    """Twenty times the work of a query is more than sizes carry: steps mend it, or the limit is
    named."""
    steps = Steps(ten_parts(), found())
    value = 0.03
    assert steps.next(CPU, value).seen == BREAKS
    then = steps.mended(CPU, value)
    if then.state is None:
        assert then.broken is not None and then.broken.capacity < 1
    else:
        assert then.state.holds and len(then.state.moves) > len(found().final.moves)
        assert carries(then.state.found.system, 1.0)
    assert at(ten_parts(), CPU, value) != ten_parts()
