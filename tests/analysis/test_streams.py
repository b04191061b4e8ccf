"""Messages and held connections: solver and kernel agree, trials tell what users would see."""

from __future__ import annotations

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.solver import solve
from backend_lead.analysis.uses import STORM, cheap_uses, pressure
from backend_lead.model.design import Trial
from backend_lead.model.system import System
from backend_lead.views.resolve import resolve
from backend_lead.views.weights import asked_by
from tests.analysis.streams import ingest, talk

STORE = "store-worker.store"


def tried(system: System, fault: str) -> Trial:
    flow = resolve(system)
    return simulation.trial(simulation.run_fault(flow, FAULTS[fault], 1), fault)


@pytest.mark.parametrize("rate", ["200/s", "2k/s", "6k/s"])
def test_batches_grow_with_the_load(rate: str) -> None:
    """Messages in a batch and the frames a second that follow are near what the kernel does."""
    flow = resolve(ingest(("2k/s", rate)))
    ran = simulation.run_steady(flow, 1, measure_s=60.0)
    hops = {f"{h.component}.{h.endpoint}": h for h in simulation.hops(ran, "")}
    assert flow.visits[STORE] == pytest.approx(hops[STORE].visits_per_s, rel=0.25)
    assert flow.visits[STORE] * flow.batch.get(STORE, 1.0) == pytest.approx(flow.requests_per_s)


@pytest.mark.parametrize("rate", ["200/s", "2k/s"])
def test_ages_of_messages_are_near_the_kernel(rate: str) -> None:
    """The solver's age at the 99th percentile is within a factor of two of the simulated one."""
    flow = resolve(ingest(("2k/s", rate)))
    (age,) = simulation.ages(simulation.run_steady(flow, 1, measure_s=60.0), "")
    predicted = solve(flow).age_s[STORE]
    assert age.p99_s / 2 < predicted < age.p99_s * 2
    under_way = 2 * flow.requests_per_s * age.p99_s
    assert (age.verdict, age.waiting < under_way, age.again) == ("pass", True, 0)


def test_what_partitions_cannot_carry_is_over_its_limit() -> None:
    """One partition, one message at a time: solver and kernel both see the queue grow."""
    system = ingest(("partitions: 6", "partitions: 1"), ("batch: 200", "batch: 1"))
    flow = resolve(system)
    solution = solve(flow)
    assert not solution.stable
    busy = {use.resource: use.busy for use in solution.uses}
    assert busy["partitions"] > 10
    (age,) = simulation.ages(simulation.run_steady(flow, 1, measure_s=20.0), "")
    assert age.verdict == "fail" and age.waiting > 10_000


def test_a_consumer_outage_is_worked_off() -> None:
    """Requests go on; messages wait as long as the outage, and are fresh again soon after it."""
    found = tried(ingest(), "consumer-outage")
    assert found.verdict == "pass" and found.failed_share == 0.0
    assert "store-worker.store 60 s" in found.degrades and found.recover_s is not None
    assert 0 <= found.recover_s < 20
    assert found.hurt_s >= 60  # not before the workers are back, though the last are fresh still
    assert "worked off" in found.fault


def test_what_is_put_aside_in_an_outage_waits_no_longer() -> None:
    """Batches that are given up meanwhile do not keep it from being healthy, and nobody is told
    that they are worked off."""
    system = ingest(("batch: 200", "batch: 200\n        tries: 3"))
    found = tried(system, "consumer-outage")
    assert found.recover_s is not None and found.recover_s < 10
    assert "messages were put aside: store-worker.store" in found.degrades
    assert "put aside, not worked off" in found.fault


def test_a_consumer_without_room_does_not_catch_up() -> None:
    """Where the load leaves no room to work off what waits, the outage does not end in time."""
    system = ingest(("partitions: 6", "partitions: 1"), ("batch: 200", "batch: 50"))
    assert tried(system, "consumer-outage").verdict == "fail"


def test_heartbeats_are_load() -> None:
    """Each connection brings its heartbeat; requests and heartbeats add up in solver and kernel."""
    flow = resolve(talk())
    assert flow.visits["gate.beat"] == pytest.approx(20_000 / 10)
    rate = simulation.measured_rate(simulation.run_steady(flow, 1, measure_s=30.0))[0]
    assert rate == pytest.approx(flow.requests_per_s, rel=0.01)


def test_more_connections_than_fit_are_over_the_limit() -> None:
    """Memory for connections limits as cores do."""
    flow = resolve(talk(("20k", "2M"), ("30 s", "1 h"), ("every: 10 s", "every: 5 min")))
    held = next(use for use in cheap_uses(flow, 1.0) if use.resource == "held connections")
    gate = flow.stations["gate"]
    assert held.busy == pytest.approx(2e6 / (gate.held_max * gate.replicas)) and pressure(held) > 1


def test_a_storm_that_fits_by_the_solver_is_recovered_from() -> None:
    """All come back within the time they take; counted by whole seconds, a few at once."""
    system = talk()
    storm = next(use for use in cheap_uses(resolve(system), 1.0) if use.resource == STORM)
    assert pressure(storm) < 1
    found = tried(system, "reconnect-storm")
    assert found.verdict == "pass" and found.recover_s is not None
    assert 15 <= found.recover_s <= 25 and found.users_affected == pytest.approx(20_000, rel=0.06)


def test_a_storm_beyond_the_cores_is_not() -> None:
    """Where opening connections asks for more cores than there are, clients stay away."""
    system = talk(("cpu: 2.5 ms", "cpu: 20 ms"))
    storm = next(use for use in cheap_uses(resolve(system), 1.0) if use.resource == STORM)
    assert pressure(storm) > 1
    assert tried(system, "reconnect-storm").verdict == "fail"


def test_a_rollout_closes_connections_one_by_one() -> None:
    """Clients of instances that leave come back elsewhere; hardly a request fails."""
    found = tried(talk(), "deploy")
    assert found.verdict == "pass" and found.failed_share < 0.001


def test_what_a_request_asks_below_it_is_counted() -> None:
    """One visit of the API is one append."""
    assert asked_by(resolve(ingest()), "api.accept") == {"api.accept": 1.0, "log.readings": 1.0}
