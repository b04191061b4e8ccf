"""Health checks and ejection: replicas that fail get nothing until they are well again."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import RunResult, simulate

from .measured import root_of


def watched(replicas: int, steady: bool = False, **watch: float) -> tuple[Builder, int, int]:
    """A builder with a service whose replicas take turns, 1,000 requests a second."""
    b = Builder()
    service = b.service(1, replicas, balance=lay.LB_ROUND_ROBIN)
    work = b.endpoint(service, [("cpu", b.dist_const(0.0001))])
    b.watch(service, **watch)  # type: ignore[arg-type]
    call = b.call(work, timeout_s=0.05)
    root = root_of(b, [("call", call)])
    if steady:
        b.every(0.001, {root: 1})
    else:
        b.open(1_000, {root: 1})
    return b, service, work


def sent_at(b: Builder, work: int, replica: int) -> tuple[RunResult, NDArray[np.float64]]:
    """The run and the times, in seconds, at which the replica was sent something."""
    run = simulate(b.build(), seed=1, until_s=30, sample_every=1)
    assert run.spans is not None and run.conserved and not run.spans_full
    rows = run.spans[(run.spans["endpoint"] == work) & (run.spans["replica"] == replica)]
    times: NDArray[np.float64] = rows["created"] / lay.NS_PER_S
    return run, times


def between(times: NDArray[np.float64], low: float, high: float) -> int:
    return int(((times > low) & (times <= high)).sum())


@pytest.mark.parametrize("silent", [0, 1])
def test_a_crashed_replica_gets_nothing_after_its_checks(silent: int) -> None:
    """Down at 10.5 s: two checks later, at 12 s, it is hidden; up at 20.3 s, three later it is back."""
    b, service, work = watched(3, period_s=1, fails=2, passes=3)
    replica = b.replica(service)
    b.fault(10.5, lay.FAULT_DOWN, replica, silent)
    b.fault(20.3, lay.FAULT_UP, replica)
    run, times = sent_at(b, work, replica)
    assert between(times, 10.5, 12) == pytest.approx(1.5 * 1_000 / 3, rel=0.15)
    assert between(times, 12.001, 22.999) == 0
    assert between(times, 23, 30) == pytest.approx(7 * 1_000 / 3, rel=0.1)
    bad = run.windows["timed_out" if silent else "failed"].sum(axis=1)
    assert bad.sum() == between(times, 10.5, 12) and bad[:10].sum() == bad[12:].sum() == 0


def test_without_checks_a_crashed_replica_goes_on_being_asked() -> None:
    """Nobody hides it."""
    b, service, work = watched(3)
    replica = b.replica(service)
    b.fault(10, lay.FAULT_DOWN, replica)
    run, times = sent_at(b, work, replica)
    assert between(times, 10, 30) == pytest.approx(20 * 1_000 / 3, rel=0.05)
    assert run.failed == between(times, 10, 30)


def test_an_ejected_replica_gets_nothing_for_its_pause() -> None:
    """Five failures in a row eject it for 4 s; still down then, only checks could bring it back."""
    b, service, work = watched(3, eject=5, pause_s=4)
    replica = b.replica(service)
    b.fault(10, lay.FAULT_DOWN, replica)
    run, times = sent_at(b, work, replica)
    assert run.failed == between(times, 10, 30) == 5


def test_an_ejected_replica_that_is_well_comes_back() -> None:
    """It was down for a moment only: after the pause it has its part again."""
    b, service, work = watched(3, eject=5, pause_s=4)
    replica = b.replica(service)
    b.fault(10, lay.FAULT_DOWN, replica)
    b.fault(11, lay.FAULT_UP, replica)
    run, times = sent_at(b, work, replica)
    assert run.failed == between(times, 10, 14) == 5
    assert times[times > 10][4] + 4 == pytest.approx(times[times > 12][0], abs=0.02)
    assert between(times, 15, 30) == pytest.approx(15 * 1_000 / 3, rel=0.05)


def test_checks_bring_back_whom_ejection_could_not() -> None:
    """Ejected and still down at the end of its pause, it is shown once a check passes."""
    b, service, work = watched(3, period_s=1, fails=100, passes=1, eject=5, pause_s=4)
    replica = b.replica(service)
    b.fault(10, lay.FAULT_DOWN, replica)
    b.fault(20.5, lay.FAULT_UP, replica)
    run, times = sent_at(b, work, replica)
    assert run.failed == between(times, 10, 20.999) == 5
    assert between(times, 21, 30) == pytest.approx(9 * 1_000 / 3, rel=0.05)


def test_no_more_than_a_share_is_ejected_at_once() -> None:
    """Of three that are down one may be ejected; the others go on failing."""
    b, service, work = watched(3, eject=5, pause_s=100, share=0.34)
    for index in range(3):
        b.fault(10, lay.FAULT_DOWN, b.replica(service, index=index))
    run, _ = sent_at(b, work, b.replica(service))
    assert run.spans is not None
    rows = run.spans[(run.spans["endpoint"] == work) & (run.spans["created"] > 12 * lay.NS_PER_S)]
    assert len(np.unique(rows["replica"])) == 2
    assert run.failed == pytest.approx(20 * 1_000, rel=0.05)


def test_one_success_ends_a_row_of_failures() -> None:
    """A replica that fails four times between successes is not ejected at five."""
    b, service, work = watched(1, steady=True, eject=5, pause_s=100)
    replica = b.replica(service)
    for k in range(20):
        b.fault(1.0005 + k, lay.FAULT_DOWN, replica)
        b.fault(1.0045 + k, lay.FAULT_UP, replica)
    run, times = sent_at(b, work, replica)
    assert run.failed == 20 * 4
    assert between(times, 25, 30) == 5_000


def test_a_controller_orders_nobody_who_is_out() -> None:
    """With one of four hidden by checks, growing to all means three."""
    b = Builder()
    service = b.service(1, 4, balance=lay.LB_ROUND_ROBIN, visible=2)
    work = b.endpoint(service, [])
    b.watch(service, period_s=1, fails=1, passes=1_000)
    b.controller(service, least=2, period_s=5, target=0.5, delay_s=0, cool_s=100)
    b.open(1_000, {root_of(b, [("call", b.call(work))]): 1})
    b.fault(2.5, lay.FAULT_DOWN, b.replica(service))
    b.fault(3.5, lay.FAULT_UP, b.replica(service))
    b.fault(9, lay.FAULT_LEAST, x=4, row=0)
    run, times = sent_at(b, work, b.replica(service))
    assert times.max() < 3
    assert run.spans is not None
    late = run.spans[(run.spans["endpoint"] == work) & (run.spans["created"] > 15 * lay.NS_PER_S)]
    assert sorted(set(late["replica"].tolist())) == [1, 2, 3]
