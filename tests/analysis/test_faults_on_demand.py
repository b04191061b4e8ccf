"""Faults that are played only when they are asked for."""

from __future__ import annotations

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.catalog.domains import load
from backend_lead.model.system import System
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve


@pytest.fixture(scope="module")
def flow() -> Flow:
    """The worked domain on three machines, with a fifth of its users."""
    model = load("generic").system()
    model["components"]["app"] |= {"count": 3}
    for client in model["workload"]["clients"].values():
        client["users"] |= {"value": "1k", "origin": "stated"}
        client["users"].pop("range", None)
    return resolve(System.model_validate(model))


def test_one_lost_instance_is_noticed_and_left_out(flow: Flow) -> None:
    """Requests fail until the balancer notices; then two carry the load."""
    fault = FAULTS["instance-loss"]
    assert fault.applies(flow) and not fault.in_design
    tried = simulation.trial(simulation.run_fault(flow, fault, 1), fault.id)
    assert tried.verdict == "pass" and tried.recover_s is not None
    assert 0 < tried.recover_s <= flow.stations["app"].detect_s + 2


def test_a_slow_instance_raises_the_tail_for_as_long_as_it_is_slow(flow: Flow) -> None:
    """Nothing fails; the p99 while it lasts is above the one before, and it comes back."""
    fault = FAULTS["slow-instance"]
    tried = simulation.trial(simulation.run_fault(flow, fault, 1), fault.id)
    assert tried.verdict == "pass" and tried.failed_share == 0
    assert tried.p99_worst_s > 1.5 * tried.p99_before_s


def test_a_single_instance_has_nothing_left_to_compare() -> None:
    """Neither applies where one machine is all there is."""
    alone = resolve(System.model_validate(load("generic").system()))
    assert not FAULTS["instance-loss"].applies(alone)
    assert not FAULTS["slow-instance"].applies(alone)
