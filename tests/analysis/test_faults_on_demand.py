"""Faults that are played only when they are asked for."""

from __future__ import annotations

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.run_record import run_results
from backend_lead.catalog.domains import load
from backend_lead.kernel import layout
from backend_lead.model.system import System
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

from .played import SERVICE, changed


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


def test_random_failures_are_played_when_a_model_has_some() -> None:
    """What `fails` says strikes instances one by one, as often as it should; else nothing does."""
    fault = FAULTS["random-failures"]
    assert not fault.applies(resolve(read_checked_text(SERVICE).system)) and not fault.in_design
    text = changed(("    endpoints:", "    fails: {every: 60 s, lasts: 5 s}\n    endpoints:"))
    flow = resolve(read_checked_text(text).system)
    assert fault.applies(flow)
    span_s = fault.ends_s(flow)
    assert span_s == pytest.approx(10 * 65 / 3)  # ten failures of three instances, 65 s apart each
    events = fault.events(flow, 10.0)
    downs = [event.at_s for event in events if event.action == layout.FAULT_DOWN]
    assert 3 <= len(downs) <= 20 and all(10 <= at <= 10 + span_s for at in downs)
    tried = simulation.trial(simulation.run_fault(flow, fault, 1), fault.id)
    assert 0.01 < tried.failed_share < 0.2 and tried.verdict == "fail"  # 99 % is promised
    assert "every 1 min for 5 s" in tried.fault and tried.by_chance and tried.recover_s is None


def test_random_failures_are_judged_by_what_was_answered() -> None:
    """For as long as it is watched; the verdict follows the interval, and is none of few."""
    text = changed(("    endpoints:", "    fails: {every: 60 s, lasts: 5 s}\n    endpoints:"))
    fault, verdicts = FAULTS["random-failures"], {}
    for objective in ("99.9%", "90%", "99%"):
        flow = resolve(read_checked_text(text.replace("99%}", objective + "}")).system)
        ran = simulation.run_fault(flow, fault, 1, until_s=1_210.0)
        tried = simulation.trial(ran, fault.id)
        verdicts[objective] = tried.verdict
        struck = int((ran.lowered.program.fault["action"] == layout.FAULT_DOWN).sum())
        assert 30 <= struck <= 90 and tried.why.startswith(
            f"{struck} failures in 1,"
        )  # 55 expected
        w = ran.result.windows[10:1_210]
        share = 1 - w["ok"].sum() / (w["ok"] + w["failed"] + w["timed_out"]).sum()
        assert tried.failed_share == pytest.approx(share, rel=0.02)
    assert verdicts == {"99.9%": "fail", "90%": "pass", "99%": verdicts["99%"]}
    answered = run_results(ran)["answered"]
    assert isinstance(answered, dict) and answered["verdict"] == tried.verdict
    assert "recovery" not in run_results(ran)
    short = simulation.trial(simulation.run_fault(flow, fault, 1, until_s=40.0), fault.id)
    assert short.verdict == "unknown" and "too few failures" in short.why
