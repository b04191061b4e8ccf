"""Searches in an index of their own: the database is relieved, the index follows its writes."""

from __future__ import annotations

from backend_lead.analysis.simulation import ages, latencies, run_steady
from backend_lead.analysis.solver import loads
from backend_lead.model.system import System
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics import tactics
from tests.tactics.models import example

TACTIC = tactics()["search-index"]


def indexed(system: System) -> Assessment:
    applied = TACTIC.apply(system, "db")
    return size_and_assess(applied.system, applied.knobs)


def test_searches_and_changes_find_the_index() -> None:
    """The service asks the index; who writes goods tells of it, and a worker brings them in."""
    system = TACTIC.apply(example("search-index"), "db").system
    app = system.components["app"].endpoints
    assert [s.query for s in app["find"].does if s.query] == ["db-index.find_goods"]
    assert (
        app["change"].does[-1].publish == "db-changes.changes" and app["change"].does[-1].optional
    )
    assert system.components["db-indexer"].endpoints["index"].on == "db-changes.changes"
    assert "find_goods" not in system.components["db"].operations
    assert TACTIC.sites(system) == []


def test_a_database_full_of_searches_is_relieved() -> None:
    """The load is carried, and the simulation agrees: in time, and found soon after a change."""
    before, after = assess(example("search-index")), indexed(example("search-index"))
    assert before.capacity < 1 <= after.capacity and before.limit.component == "db"
    cores = [next(use.busy for use in loads(one.flow) if use.id == "db cores")
             for one in (before, after)]  # fmt: skip
    assert cores[1] < cores[0] / 3
    ran = run_steady(after.flow, 1, measure_s=10.0)
    assert all(row.verdict == "pass" for row in latencies(ran, "x"))
    assert [row.verdict for row in ages(ran, "x")] == ["pass"]


def test_a_small_shop_only_pays() -> None:
    """One database answers searches beside all else: the index carries nothing more, for more."""
    system = example("search-index-hurts")
    before, after = assess(system), indexed(system)
    assert before.capacity == after.capacity == 1
    assert after.cost.usd_month > before.cost.usd_month
    assert after.complexity_usd > before.complexity_usd + 2000
