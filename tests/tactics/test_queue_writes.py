"""Writes behind a queue: what waits, what does not, and what it saves."""

from __future__ import annotations

from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.simulation import latencies, run_fault, run_steady, trial
from backend_lead.analysis.solver import loads
from backend_lead.model.design import Trial
from backend_lead.model.system import System
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.climb import climb_preferring
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics import tactics
from backend_lead.views.resolve import resolve
from tests.tactics.models import example

TACTIC = tactics()["queue-writes"]


def queued(system: System) -> Assessment:
    applied = TACTIC.apply(system, "app")
    return size_and_assess(applied.system, applied.knobs)


def tried(system: System, fault: str) -> Trial:
    return trial(run_fault(resolve(system), FAULTS[fault], 1), fault)


def test_what_is_committed_beside_it_goes_through_an_outbox() -> None:
    """A sign-up adds its message in its own transaction; a mere counter is published directly."""
    system = TACTIC.apply(example("queue-writes"), "app").system
    join = system.components["app"].endpoints["join"].does
    look = system.components["app"].endpoints["look"].does
    assert [step.query for step in join if step.query] == ["db.insert_member", "db.insert_outbox"]
    assert join[-1].publish == "app-events.join" and join[-1].optional
    assert not any(step.query for step in look)
    assert look[-1].publish == "app-events.look" and not look[-1].optional
    worker = system.components["app-worker"].endpoints
    assert [s.query for s in worker["join"].does] == ["db.insert_notices", "db.delete_outbox"]
    assert [s.query for s in worker["look"].does] == ["db.count_view"]


def test_only_writes_that_may_wait_are_moved() -> None:
    """Without the word in the model there is no site."""
    system = example("queue-writes")
    for operation in system.components["db"].operations.values():
        operation.later_ok = False
    assert TACTIC.sites(system) == []
    assert TACTIC.sites(TACTIC.apply(example("queue-writes"), "app").system) == []


def test_a_page_no_longer_waits_for_a_counter() -> None:
    """The p99 falls below its objective, by the solver and by the simulation."""
    system = example("queue-writes")
    now = queued(system)
    assert assess(system).capacity == 0 and now.capacity >= 1
    was = {row.endpoint: row for row in latencies(run_steady(resolve(system), 1), "x")}
    found = {row.endpoint: row for row in latencies(run_steady(now.flow, 1), "x")}
    assert was["app.join"].verdict == "fail" and found["app.join"].verdict == "pass"
    assert found["app.look"].p99_s.value < was["app.look"].p99_s.value / 3


def test_a_search_takes_it_where_a_slow_commit_is_in_the_way() -> None:
    """No machine is faster than a commit: it is the one step that helps."""
    trail = climb_preferring(example("queue-writes"), "simplest")
    assert trail.holds and [move[0] for move in trail.final.moves] == ["queue-writes"]


def test_pages_outlive_the_loss_of_the_primary() -> None:
    """Without it most pages fail until the standby serves; with it none of them does."""
    before = tried(example("queue-writes"), "primary-failover")
    after = tried(queued(example("queue-writes")).system, "primary-failover")
    assert "app.look" in before.degrades
    assert "app.look " not in after.degrades.split(";")[0] and "app.join" in after.degrades
    assert after.verdict == "pass"


def test_a_crowd_is_worked_off_later() -> None:
    """Of three times the peak, the worst second is faster by far, and nobody is refused."""
    before = tried(example("queue-writes"), "flash-crowd")
    after = tried(queued(example("queue-writes")).system, "flash-crowd")
    assert after.p99_worst_s < before.p99_worst_s / 5 and after.failed_share == 0
    assert after.verdict == "pass"


def test_it_does_not_relieve_the_cores_of_a_database() -> None:
    """With an outbox there is more to do, not less: a database that is full carries less."""
    system = example("queue-writes-hurts")
    before, after = assess(system), queued(system)
    cores = [next(use.busy for use in loads(one.flow) if use.id == "db cores")
             for one in (before, after)]  # fmt: skip
    assert cores[1] > cores[0]
    assert after.capacity < before.capacity < 1
