"""Files in an object store: what leaves, what it relieves, and whom it makes wait."""

from __future__ import annotations

from backend_lead.analysis.solver import loads
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics import tactics
from tests.tactics.models import example

TACTIC = tactics()["object-offload"]


def busy(found: Assessment, resource: str) -> float:
    return next(use.busy for use in loads(found.flow) if use.id == resource)


def test_rows_that_are_files_move_with_what_reads_them() -> None:
    """The picture is no row any more; whom it belongs to still is."""
    system = TACTIC.apply(example("object-offload"), "app").system
    assert system.entities["picture"].store == "app-files"
    assert set(system.components["db"].operations) == {"read_page", "read_owner"}
    asked = [step.query for step in system.components["app"].endpoints["picture"].does]
    assert asked == [None, "db.read_owner", "app-files.picture"]
    assert TACTIC.sites(system) == []


def test_service_and_database_no_longer_pass_bytes_on() -> None:
    """Both have less to do at the same load, and more of it is carried."""
    system = example("object-offload")
    applied = TACTIC.apply(system, "app")
    before = assess(system, 4.0)
    after = assess(size_and_assess(applied.system, applied.knobs).system, 4.0)
    assert busy(after, "app cores") < busy(before, "app cores") / 3
    assert busy(after, "db cores") < busy(before, "db cores") / 10
    assert after.capacity > 1.2 * before.capacity


def test_a_strict_objective_is_missed() -> None:
    """A first byte from an object store comes too late for 200 ms at the 99th percentile."""
    system = example("object-offload-hurts")
    applied = TACTIC.apply(system, "app")
    assert assess(system).capacity >= 1
    after = size_and_assess(applied.system, applied.knobs)
    assert after.capacity == 0 and after.limit.id == "app.picture"


def test_keys_are_spread_as_far_as_the_load_asks() -> None:
    """One prefix sustains so many requests; at more, the keys are spread over several."""
    system = example("object-offload")
    client = system.workload.clients["web"]
    assert client.users is not None
    client.users = client.users.model_copy(update={"value": 200_000.0})
    system.components["app"].count = 200
    system.components["db"].instance = "db.m7g.16xlarge"
    applied = TACTIC.apply(system, "app")
    found = size_and_assess(applied.system, applied.knobs)
    limit = found.system.components["app-files"].limit
    assert limit is not None and limit.rate.value > 10_000
    assert applied.knobs[0].get(found.system) > 1
