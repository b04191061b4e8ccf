"""Stages on the way to a load."""

from __future__ import annotations

import math
from functools import cache

import pytest

from backend_lead.intake.brief import read_brief
from backend_lead.model.paths import Stage
from backend_lead.search.roadmap import roadmap, trigger
from backend_lead.search.searches import Searches, search
from backend_lead.search.state import Trail
from backend_lead.search.workload import carried, carries, scaled, users_of


@cache
def built(users: str) -> tuple[Trail, tuple[Stage, ...]]:
    system = read_brief(f"a shop for {users} concurrent users").system
    trail = search(system)
    return trail, roadmap(system, trail, Searches())


@pytest.mark.parametrize(("users", "loads"), [
    ("20k", (200, 2000, 20_000)), ("1k", (1000, 10_000, 100_000)),
])  # fmt: skip
def test_three_stages_ten_times_apart(users: str, loads: tuple[float, ...]) -> None:
    """Up to a large load, up from a small one; each holds its own load, and costs no less."""
    _, stages = built(users)
    assert tuple(s.users for s in stages) == pytest.approx(loads)
    assert all(s.holds and s.until_users >= s.users for s in stages)
    assert [s.usd_month for s in stages] == sorted(s.usd_month for s in stages)


@pytest.mark.parametrize("users", ["20k", "1k"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_stage_ends_where_it_says(users: str, number: int) -> None:
    """A stage's machines hold its load and fail 5 % above the load that triggers the next."""
    trail, stages = built(users)
    stage = stages[number]
    system = scaled(trail.start.system, stage.factor)
    found = (trail if stage.factor == 1 else search(system)).final.found
    share = stage.until_users / stage.users
    assert carries(found.system, 1.0) and carries(found.system, share)
    assert not carries(found.system, share * 1.05)
    assert carried(found.system) == pytest.approx(share)


def test_the_metric_is_below_its_limit_with_every_zone_up() -> None:
    """Cores at 75 % on what is left of three zones are at that times its share when none is lost:
    50 % where instances are spread evenly, less where the zone lost had more of them."""
    trail, stages = built("20k")
    last, app = stages[-1], trail.final.found.system.components["app"]
    assert app.count is not None and app.zones == 3
    left = (app.count - math.ceil(app.count / app.zones)) / app.count
    assert last.metric == "app CPU" and last.alert_at == pytest.approx(0.75 * left, abs=0.01)
    assert stages[0].metric == "app CPU" and stages[0].alert_at == pytest.approx(0.5, abs=0.01)
    assert all(0 < s.alert_now <= s.alert_at * 1.001 for s in stages)
    assert trigger(trail.final.found.system, last.until_users / last.users)[0] == last.metric


def test_what_is_left_for_later_is_built_later() -> None:
    """Each step not built yet is one of its later stage, needed above a load past this stage's."""
    _, stages = built("20k")
    assert stages[0].not_yet and not stages[-1].not_yet
    for stage in stages:
        for left in stage.not_yet:
            assert left.title not in stage.steps and left.title in stages[left.stage - 1].steps
            assert not left.above or (left.unit, left.above > stage.users) == ("users", True)
            if left.above:  # one meaning for every stage: how far the one before it can be grown
                assert left.above == pytest.approx(stages[left.stage - 2].knobs_until_users)


def test_rows_and_users_grow_alike() -> None:
    """A tenth of the load is a tenth of the users and of the rows, ranges too."""
    system = read_brief("a shop for 20k concurrent users").system
    less = scaled(system, 0.1)
    assert users_of(less) == pytest.approx(users_of(system) / 10)
    for name, entity in system.entities.items():
        assert less.entities[name].rows.value == pytest.approx(entity.rows.value / 10)
