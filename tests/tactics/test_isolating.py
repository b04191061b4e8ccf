"""Breaker, bulkhead, extracted service, rate limit, coalescing: their trials before and after."""

from __future__ import annotations

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.simulation import Ran
from backend_lead.analysis.solver import solve
from backend_lead.model.design import Trial
from backend_lead.model.system import System
from backend_lead.tactics import tactics
from backend_lead.views.resolve import resolve
from tests.tactics.models import example


def applied(tactic: str) -> System:
    system = example(tactic)
    return tactics()[tactic].apply(system, tactics()[tactic].sites(system)[0]).system


def run(system: System, fault: str) -> tuple[Ran, Trial]:
    ran = simulation.run_fault(resolve(system), FAULTS[fault], 1)
    return ran, simulation.trial(ran, fault)


def both(tactic: str, fault: str) -> tuple[tuple[Ran, Trial], tuple[Ran, Trial]]:
    return run(example(tactic), fault), run(applied(tactic), fault)


def held(ran: Ran, station: str) -> float:
    """Mean share of workers that a service held."""
    return next(x.held for x in simulation.station_loads(ran, "") if x.station == station)


def failed(ran: Ran, endpoint: str) -> float:
    """Share of requests for an endpoint that failed over the whole run."""
    found = next(x for x in simulation.latencies(ran, "") if x.endpoint.endswith(endpoint))
    return found.failed / found.requests


def test_a_breaker_frees_the_workers_that_wait_for_what_is_slow() -> None:
    """Workers held fall to less than half, and users are served in time again at once."""
    (slow, before), (spared, after) = both("circuit-breaker", "slow-dependency")
    assert held(spared, "app") < held(slow, "app") / 2
    assert before.recover_s is not None and after.recover_s is not None
    assert after.recover_s < before.recover_s


def test_a_breaker_is_for_what_can_be_done_without() -> None:
    """A call without which there is no answer gets none."""
    steps = applied("circuit-breaker").components["app"].endpoints["get_product"].does
    assert [step.breaker is not None for step in steps] == [False, False, True]


def test_a_bulkhead_keeps_workers_for_requests_that_do_not_need_what_is_slow() -> None:
    """Without it pages fail with the reports; with it, reports alone."""
    (slow, _), (kept, _) = both("bulkhead", "slow-dependency")
    assert failed(slow, "get_product") > 0.05
    assert failed(kept, "get_product") < 0.001 < failed(kept, "get_report")


def test_a_bulkhead_refuses_nothing_at_the_stated_peak() -> None:
    """Its limit is well above what the peak holds, by the solver and in the kernel."""
    flow = resolve(applied("bulkhead"))
    use = [use for use in solve(flow).uses if use.resource == "calls at once"]
    assert use and max(one.busy for one in use) < 0.5
    ran = simulation.run_steady(flow, 1)
    assert ran.result.failed == ran.result.timed_out == 0


def test_an_extracted_service_hurts_only_itself() -> None:
    """Pages do not notice that the reports are slow, which they did in one service."""
    (slow, _), (apart, _) = both("extract-service", "slow-dependency")
    assert failed(slow, "get_product") > 0.05
    assert failed(apart, "get_product") < 0.001 < failed(apart, "get_report")


def test_an_extracted_service_takes_all_its_references_along() -> None:
    """Journeys ask it where it is now; tables stay; it costs a component."""
    before, after = example("extract-service"), applied("extract-service")
    assert after.journeys["report"].steps == ["report.get_report"]
    assert after.journeys["look"].steps == before.journeys["look"].steps
    assert set(after.components) - set(before.components) == {"report"}
    assert list(after.components["report"].endpoints) == ["get_report"]
    assert list(after.components["app"].endpoints) == ["get_product"]
    assert after.components["report"].endpoints["get_report"].does[1].query == "reports.sums"


def test_a_rate_limit_refuses_those_who_ask_for_more_and_serves_the_others() -> None:
    """Nearly half failed; with it none do, and partners are told, which is no failure."""
    (_, before), (ran, after) = both("rate-limit", "flash-crowd")
    assert before.failed_share > 0.3 and before.refused == 0
    assert after.failed_share < 0.001 and after.refused > 10_000
    assert "refused at the door by their limit: partners" in after.degrades
    assert ran.result.conserved


def test_a_rate_limit_refuses_nothing_at_the_stated_peak() -> None:
    """Over half an hour of the peak, not one request of a thousand a second."""
    ran = simulation.run_steady(resolve(applied("rate-limit")), 1, measure_s=1800)
    assert int(ran.result.windows["refused"].sum()) == 0 and ran.result.started > 1_500_000


def test_a_small_rate_may_come_in_bursts() -> None:
    """One call in ten seconds is refused neither twice at once nor over a day."""
    system = example("rate-limit")
    rate = system.workload.clients["partners"].rate
    assert rate is not None
    system.workload.clients["partners"].rate = rate.model_copy(update={"value": 0.1, "text": ""})
    limit = tactics()["rate-limit"].apply(system, "system").system.workload.clients[
        "partners"
    ].limit  # fmt: skip
    assert limit is not None and limit.rate.value == pytest.approx(0.125) and limit.burst == 50


def test_coalescing_spares_a_store_whose_cache_is_cold() -> None:
    """The store is asked a fraction, in the steady state and after a flush; nobody waits long."""
    (alone, before), (together, after) = both("request-coalescing", "cache-cold")
    asked = [
        next(x.ended_per_s for x in simulation.station_loads(ran, "") if x.station == "db")
        for ran in (alone, together)
    ]
    assert asked[1] < asked[0] / 3
    assert before.failed_share > 0.01 > after.failed_share
    assert after.p99_worst_s < before.p99_worst_s
