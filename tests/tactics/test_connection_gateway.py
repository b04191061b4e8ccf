"""A gateway holds the connections; the service may change under them."""

from __future__ import annotations

from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.simulation import run_fault, trial
from backend_lead.model.design import Trial
from backend_lead.model.system import System
from backend_lead.search.assess import assess
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics import tactics
from backend_lead.views.resolve import resolve
from tests.tactics.models import example

TACTIC = tactics()["connection-gateway"]


def moved(system: System) -> System:
    applied = TACTIC.apply(system, "app")
    return size_and_assess(applied.system, applied.knobs).system


def tried(system: System) -> Trial:
    return trial(run_fault(resolve(system), FAULTS["deploy"], 1), "deploy")


def test_it_takes_what_opens_and_keeps_a_connection() -> None:
    """Keys and frames are the gateway's; what needs data is asked of the service."""
    system = moved(example("connection-gateway"))
    held = system.workload.clients["phone"].connection
    assert held is not None
    assert (held.open, held.heartbeat) == ("app-gateway.connect", "app-gateway.beat")
    assert "beat" not in system.components["app"].endpoints
    assert [s.call for s in system.components["app-gateway"].endpoints["connect"].does][-1] == (
        "app.connect"
    )
    assert [link.station for link in resolve(system).links] == ["app-gateway"]
    assert TACTIC.sites(system) == []


def test_a_rollout_of_the_service_cuts_no_connection() -> None:
    """Without it clients lose their connection when a new version is rolled out; with it none."""
    before = tried(example("connection-gateway"))
    after = tried(moved(example("connection-gateway")))
    assert "without their connection" in before.degrades
    assert "without their connection" not in after.degrades and after.verdict == "pass"


def test_few_connections_do_not_pay_for_it() -> None:
    """A small chat carries no more with it, and costs more."""
    system = example("connection-gateway-hurts")
    before, after = assess(system), assess(moved(system))
    assert after.capacity <= before.capacity == 1
    assert after.cost.usd_month > before.cost.usd_month * 1.2
