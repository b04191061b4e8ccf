"""Many small writes: what a primary's log takes decides, not the cores of a larger machine."""

from __future__ import annotations

from functools import cache

import pytest

from backend_lead.analysis.uses import cheap_uses, pressure
from backend_lead.intake.brief import read_brief
from backend_lead.search.climb import climb_preferring, rebuild
from backend_lead.search.state import PREFERENCES, Trail
from backend_lead.views.zones import with_zone_lost

RELIEVES = {("sharding", "db"), ("queue-writes", "app")}


@cache
def found(rate: str, preference: str) -> Trail:
    brief = f"Design a telemetry backend for {rate} messages per second"
    return climb_preferring(read_brief(brief).system, preference)


def log_pressure(trail: Trail) -> float:
    uses = cheap_uses(with_zone_lost(trail.final.found.flow), 1.0)
    return max(pressure(use) for use in uses if use.resource == "commits")


@pytest.mark.parametrize(
    "preference",
    [pytest.param(w, marks=() if w == "farthest" else pytest.mark.full) for w in PREFERENCES],
)
def test_thirty_thousand_small_writes_need_another_step(preference: str) -> None:
    """One primary is not enough on any machine: they are sharded or queued, and a decision says
    that commits are the limit of the larger machine."""
    trail = found("30,000", preference)
    assert RELIEVES & set(trail.final.moves)
    assert log_pressure(trail) <= 1
    limits = [row.after.limit for step in trail.decisions for row in step.options if row.after]
    limits += [step.before.limit for step in trail.decisions]
    assert "commits of db" in limits


def test_two_thousand_stay_on_one_primary() -> None:
    """A fifth of what a log takes asks for nothing."""
    for preference in PREFERENCES:
        trail = found("2,000", preference)
        assert trail.holds and trail.final.found.system.components["db"].shards == 1
        assert not RELIEVES & set(trail.final.moves)


def test_batches_relieve_a_log_as_shards_do() -> None:
    """Behind a queue the same primary carries twice the load; without, no knob relieves it."""
    start = read_brief("Design a telemetry backend for 30,000 messages per second").system
    moves = [("vertical-scale", "app"), ("vertical-scale", "db")]
    plain, queued = rebuild(start, moves), rebuild(start, [*moves, ("queue-writes", "app")])
    assert plain is not None and queued is not None
    assert plain.found.capacity < 0.3 and plain.found.limit.resource == "commits"
    assert queued.found.capacity >= 1 and queued.reach >= 2
