"""Commits are a limit: in proportion to the load, the same on every machine, shared by shards."""

from __future__ import annotations

import pytest

from backend_lead.analysis.capacity import capacity
from backend_lead.analysis.solver import Use, solve
from backend_lead.analysis.uses import HELD_MAX, cheap_uses, limit_of
from backend_lead.catalog import kind_of, kinds
from backend_lead.model.system import System
from backend_lead.views.resolve import resolve
from tests.logged_model import logged

MOST = kind_of("postgres").fact("commits-max")
SHARDS = ("    zones: 3\n    operations", "    zones: 3\n    shards: 2\n    operations")


def use(system: System, load: float = 1.0) -> Use:
    (found,) = (u for u in cheap_uses(resolve(system), load) if u.resource == "commits")
    return found


def test_the_use_grows_with_the_load_and_may_be_four_fifths() -> None:
    """Half of what a log takes is half busy; nobody waits for it."""
    for load in (0.5, 1.0, 1.5):
        found = use(logged(), load)
        assert (found.component, found.wait_s) == ("db", 0.0)
        assert found.busy == pytest.approx(load * 5_000 / MOST)
        assert limit_of(found) == HELD_MAX


def test_a_larger_machine_commits_no_more_and_shards_do() -> None:
    """The log is flushed to the same storage; two primaries have two logs."""
    larger = use(logged(("db.m7g.4xlarge", "db.m7g.16xlarge")))
    assert larger.busy == pytest.approx(use(logged()).busy)
    assert use(logged(SHARDS)).busy == pytest.approx(use(logged()).busy / 2)


def test_above_what_a_log_takes_there_is_no_steady_state() -> None:
    """The solver says so with cores to spare, and capacity names the log."""
    many = logged(("rate: 5k/s", f"rate: {1.1 * MOST:.0f}/s"))
    assert not solve(resolve(many)).stable and solve(resolve(many), 0.8).stable
    told = capacity(resolve(logged()))
    assert told.max_requests_per_s == pytest.approx(MOST, rel=0.02)
    assert told.bottlenecks[0].resource == "commits of db"
    assert "commits of db" in told.limit


def test_only_what_writes_a_log_at_commit_has_the_limit() -> None:
    """Caches, brokers and services have none unless their kind says so."""
    assert [
        name for name in kinds() if any(f.id == "commits-max" for f in kind_of(name).facts)
    ] == ["postgres"]
    assert resolve(logged()).stations["api"].commits_per_s == 0
