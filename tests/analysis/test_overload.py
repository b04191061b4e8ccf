"""Loads that cannot be carried, runs that are stopped: a clear verdict and honest numbers."""

from __future__ import annotations

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.overload import overload
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.simulate import simulate
from backend_lead.kernel import run as kernel_run
from backend_lead.model.finding import InvalidInput
from backend_lead.model.system import System
from backend_lead.views.resolve import resolve
from tests.app.good_model import changed

OPEN = ("users: 10k, think_time: 10 s, timeout: 2 s", "rate: 40k/s")
ANY_QUEUE = ("    concurrency: 256\n", "    concurrency: 256\n    queue: 10000000\n")
FEW_FRAMES = 40_000  # half of them may be alive at once


def system(*changes: tuple[str, str]) -> System:
    return read_checked_text(changed(*changes)).system


def test_a_backlog_that_grows_is_told_with_its_rate() -> None:
    """Above capacity: the verdict is fail; answered, failed and waiting add up to what was sent."""
    done = simulate(system(OPEN, ANY_QUEUE), duration_s=15)
    assert done.verdict == "fail" and done.over is not None
    over, r = done.over, done.ran.result
    assert over.limit == "CPU of app" and over.busy > 1.5
    total = over.answered_per_s + over.failed_per_s + over.growing_per_s
    assert total == pytest.approx(r.started / r.reached_s)
    assert over.growing_per_s == pytest.approx(40_000 - over.answered_per_s, rel=0.01)
    assert "above capacity: CPU of app would be" in over.words and "more waited" in over.words


def test_a_full_queue_refuses_what_is_too_much() -> None:
    """With a queue that ends, requests fail instead of piling up; that is told, too."""
    done = simulate(system(OPEN), duration_s=15)
    assert done.verdict == "fail" and done.over is not None
    assert done.over.failed_per_s > 20 * done.over.growing_per_s


def test_a_load_that_is_carried_is_not_above_capacity() -> None:
    """The good model at its stated load."""
    ran = simulation.run_steady(resolve(system()), 1, measure_s=10)
    assert overload(ran, 1.0) is None


def test_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """When more is under way than fits, the run ends there, and counts all it began."""
    monkeypatch.setattr(kernel_run, "FRAMES_MAX", FEW_FRAMES)
    ran = simulation.run_steady(resolve(system(OPEN, ANY_QUEUE)), 1, measure_s=30)
    r, over = ran.result, overload(ran, 1.0)
    assert r.status == kernel_run.OVERFULL and 0 < r.reached_s < 5 and r.conserved
    assert over is not None and over.growing_per_s == pytest.approx(r.in_flight / r.reached_s)


def test_a_run_that_is_stopped_keeps_what_is_finished() -> None:
    """Stopped after some slices: the numbers are those of a run of just that length."""
    flow = resolve(system())
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) == 20

    part = simulation.run_steady(flow, 1, measure_s=30, cancelled=stop)
    whole = simulation.run_steady(flow, 1, measure_s=5)
    assert part.result.status == kernel_run.CANCELLED and part.result.conserved
    assert part.result.reached_s == whole.result.reached_s == 10
    assert (part.result.started, part.result.ok) == (whole.result.started, whole.result.ok)
    said, same = simulation.latencies(part, ""), simulation.latencies(whole, "")
    assert [x.p50_s.value for x in said] == [x.p50_s.value for x in same]


@pytest.mark.parametrize(("change", "words"), [
    (("users: 10k, think_time: 10 s", "rate: 0/s"), "a rate above 0"),
    (("users: 10k,", "users: 0,"), "from 1"),
    (("timeout: 300 ms}", "timeout: 0 ms}"), "more than zero"),
    (("timeout: 2 s", "timeout: 0 s"), "more than zero"),
    (("topology:", "faults: [{at: 1 s, what: crash, where: ghost}]\ntopology:"), "app, pricing"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(change: tuple[str, str], words: str) -> None:
    """No rate, no users, no time to answer, a fault on a part that is not there: what is allowed is
    said."""
    with pytest.raises(InvalidInput) as told:
        system(change)
    assert words in told.value.findings[0].allowed


def test_a_fault_that_is_not_known_is_refused() -> None:
    """The ones that are known are named."""
    with pytest.raises(InvalidInput) as told:
        simulate(system(), fault="meteor", duration_s=10)
    assert "zone-loss" in told.value.findings[0].allowed
