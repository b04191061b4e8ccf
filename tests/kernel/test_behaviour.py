"""What the compiled kernel does over whole runs: books, bounds, repetition, overload, faults."""

from __future__ import annotations

import math
import random
from dataclasses import fields

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import run as kernel_run
from backend_lead.kernel import stats
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import COMPLETE, OVERFULL, RunResult, simulate

from .measured import Measured, measure, queue, root_of, station
from .random_programs import random_program

MS = 0.001


# --- books and bounds -----------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(40))
def test_every_request_is_accounted_for(number: int) -> None:
    """Arrived = done + failed + timed out + under way, in the whole and in the windows."""
    program, until_ns = random_program(random.Random(number))
    run = simulate(program, seed=5, until_s=until_ns / lay.NS_PER_S, window_s=0.1)
    assert run.status == COMPLETE and run.conserved
    ended = {name: int(run.windows[name].sum()) for name in ("ok", "failed", "timed_out")}
    assert ended == {"ok": run.ok, "failed": run.failed, "timed_out": run.timed_out}
    assert run.windows["started"].sum() == run.started
    assert run.in_flight >= 0


def test_a_full_queue_refuses_and_says_so() -> None:
    """Each request that finds the bounded queue full is counted as refused and as failed."""
    b = Builder()
    served = station(b, b.dist_const(10 * MS), queue=5)
    b.open(300, {root_of(b, [("call", b.call(served))]): 1})
    run = simulate(b.build(), seed=1, until_s=50)
    assert run.conserved
    assert run.failed == run.stats["refused"][served]
    assert run.ok == pytest.approx(100 * 50, rel=0.001)  # the one worker never rests
    assert run.in_flight <= 6


def test_an_unbounded_queue_has_no_silent_cap() -> None:
    """What comes in above the capacity is still there at the end, all of it."""
    b = Builder()
    b.open(20_000, {queue(b, b.dist_const(1 * MS)): 1})
    run = simulate(b.build(), seed=1, until_s=20)
    assert run.status == COMPLETE and run.failed == 0
    assert run.in_flight == run.started - run.ok > 370_000


def test_a_run_that_does_not_fit_says_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more requests under way than there is room, the run ends early as overfull."""
    monkeypatch.setattr(kernel_run, "FRAMES_MAX", 2_000)
    b = Builder()
    b.open(2_000, {queue(b, b.dist_const(1 * MS)): 1})
    run = simulate(b.build(), seed=1, until_s=20)
    assert run.status == OVERFULL and run.conserved
    assert 0 < run.reached_s < 5


# --- percentiles ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mean_ms", [0.005, 0.3, 40, 3_000])
def test_histogram_percentiles_are_as_exact_as_stated(mean_ms: float) -> None:
    """A percentile read from the histogram is within the stated error of the exact one."""
    b = Builder()
    b.open(100 / mean_ms / MS, {root_of(b, [("delay", b.dist_lognormal(mean_ms * MS, 2))]): 1})
    until_s = 1_500 * mean_ms * MS
    run = simulate(b.build(), seed=3, until_s=until_s, window_s=until_s, trace=200_000)
    assert run.trace is not None and len(run.trace) > 100_000
    latencies = np.sort(run.trace["end"] - run.trace["start"]) / lay.NS_PER_S
    for q in (0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999):
        exact = float(np.quantile(latencies, q))
        found = stats.quantile(run.hist_windows[0, 0], q)
        assert found == pytest.approx(exact, rel=lay.HIST_ERROR), q


@pytest.mark.parametrize("time_ms", [3.7, 10])
def test_a_constant_latency_has_the_stated_error_too(time_ms: float) -> None:
    """Where all requests take the same time, every percentile is that time within the error."""
    b = Builder()
    b.open(1_000, {root_of(b, [("delay", b.dist_const(time_ms * MS))]): 1})
    run = simulate(b.build(), seed=1, until_s=10, window_s=10)
    for q in (0.01, 0.5, 0.99, 0.999):
        found = stats.quantile(run.hist_windows[0, 0], q)
        assert found == pytest.approx(time_ms * MS, rel=lay.HIST_ERROR), q


# --- repetition -----------------------------------------------------------------------------------


def dump(run: RunResult) -> dict[str, bytes]:
    """Everything a run found, as bytes."""
    return {f.name: np.asarray(getattr(run, f.name)).tobytes() for f in fields(run)}


@pytest.mark.parametrize("number", range(10))
def test_same_seed_same_bytes(number: int) -> None:
    """A seed repeats a run byte for byte, another seed does not."""
    program, until_ns = random_program(random.Random(number))
    options = {"until_s": until_ns / lay.NS_PER_S, "window_s": 0.1, "trace": 50_000}
    first, again, other = (simulate(program, seed=s, **options) for s in (1, 1, 2))
    assert dump(first) == dump(again)
    assert first.trace is not None and other.trace is not None
    assert first.trace.tobytes() != other.trace.tobytes()


def test_looking_on_changes_nothing() -> None:
    """Progress reports and traces leave the results as they are."""
    program, until_ns = random_program(random.Random(4))
    until_s = until_ns / lay.NS_PER_S
    seen: list[float] = []
    plain = simulate(program, seed=1, until_s=until_s)
    watched = simulate(program, seed=1, until_s=until_s, trace=50_000, progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == until_s
    assert plain.hist_windows.tobytes() == watched.hist_windows.tobytes()
    assert (plain.ok, plain.events) == (watched.ok, watched.events)


def test_a_cancelled_run_stops_and_keeps_its_books() -> None:
    """Cancelling ends the run within a slice."""
    run = simulate(overloaded(retries=0), seed=1, until_s=60, cancelled=lambda: True)
    assert run.status == kernel_run.CANCELLED and run.conserved
    assert run.reached_s == kernel_run.SLICE_S


def test_a_cancelled_run_of_very_many_requests_stops_within_a_slice() -> None:
    """So many events that a slice takes minutes."""
    b = Builder()
    b.open(1e9, {b.endpoint(b.delay_service(), [("delay", b.dist_const(1e-6))]): 1})
    run = simulate(b.build(), seed=1, until_s=10, cancelled=lambda: True)
    assert run.status == kernel_run.CANCELLED and run.conserved
    assert 0 < run.reached_s < kernel_run.SLICE_S / 100


# --- overload -------------------------------------------------------------------------------------

TIMEOUT_S = 0.1


def overloaded(retries: int, pause: tuple[float, float] = (20.0, 25.0)) -> Program:
    """A server at 60 % whose work takes ten times as long for a few seconds."""
    b = Builder()
    service = b.service(per_group=1, workers=4, cores=4)
    endpoint = b.endpoint(service, [("cpu", b.dist_exp(4 * MS))])
    call = b.call(endpoint, timeout_s=TIMEOUT_S, retries=retries, backoff_s=10 * MS)
    b.open(600, {root_of(b, [("call", call)]): 1})
    b.fault(pause[0], lay.FAULT_SLOW, b.replica(service), 10)
    b.fault(pause[1], lay.FAULT_SLOW, b.replica(service), 1)
    return b.build()


def goodput(run: Measured, since_s: float, until_s: float) -> float:
    """Share of the requests started between two times that ended well."""
    window = run.run.windows[int(since_s) : int(until_s)]
    return float(window["ok"].sum() / window["started"].sum())


def test_retries_keep_an_overload_alive() -> None:
    """With retries the collapse outlives its cause; without them the queue drains."""
    storm, calm = (measure(overloaded(r), 100, warmup_s=0) for r in (3, 0))
    assert goodput(storm, 5, 19) > 0.999 and goodput(calm, 5, 19) > 0.999
    assert goodput(storm, 21, 25) < 0.05 and goodput(calm, 21, 25) < 0.05
    assert goodput(storm, 60, 100) < 0.05
    assert goodput(calm, 60, 100) > 0.999


def test_abandoned_work_keeps_burning_capacity() -> None:
    """Callers that gave up leave their work behind: the server stays as busy as without them."""
    b = Builder()
    served = station(b, b.dist_exp(10 * MS))
    b.open(90, {root_of(b, [("call", b.call(served, timeout_s=20 * MS))]): 1})
    run = measure(b.build(), 500, tail_s=0)
    work = run.run.stats[served]
    assert run.share("timed_out")[0] > 0.5
    assert work["busy"] / lay.NS_PER_S / run.seconds == pytest.approx(0.9, rel=0.02)
    assert work["ok"] / run.seconds == pytest.approx(90, rel=0.02)  # the server did them all


# --- faults ---------------------------------------------------------------------------------------

FAULT_S, BACK_S = 20.0, 30.0


def pair(silent: int, retries: int) -> Program:
    """Two replicas, one of which is lost for ten seconds."""
    b = Builder()
    service = b.service(per_group=2, workers=4, cores=4)
    endpoint = b.endpoint(service, [("cpu", b.dist_exp(4 * MS))])
    call = b.call(endpoint, timeout_s=TIMEOUT_S, retries=retries)
    b.open(500, {root_of(b, [("call", call)]): 1})
    b.fault(FAULT_S, lay.FAULT_DOWN, b.replica(service), silent)
    b.fault(BACK_S, lay.FAULT_UP, b.replica(service))
    return b.build()


@pytest.mark.parametrize(("silent", "column"), [(0, "failed"), (1, "timed_out")])
def test_an_outage_fails_its_share_and_is_over_when_over(silent: int, column: str) -> None:
    """Half of the requests go to the lost replica: refused at once, or timed out in silence."""
    run = measure(pair(silent, 0), 60, warmup_s=0)
    counts = run.run.windows
    during = counts[int(FAULT_S) + 1 : int(BACK_S) - 1]
    assert during[column].sum() / during["started"].sum() == pytest.approx(0.5, abs=0.03)
    assert goodput(run, 0, FAULT_S - 1) == 1 and goodput(run, BACK_S + 1, 60) == 1


def test_retries_carry_requests_over_an_outage() -> None:
    """With three retries a refused request finds the other replica almost always."""
    run = measure(pair(0, 3), 60, warmup_s=0)
    assert goodput(run, FAULT_S, BACK_S) == pytest.approx(1 - 0.5**4, abs=0.02)


def mean_ms(run: Measured, since_s: float, until_s: float) -> float:
    window = run.run.windows[int(since_s) : int(until_s)]
    return float(window["latency"].sum() / window["ok"].sum() / 1e6)


def test_a_slow_replica_is_slow_for_its_share() -> None:
    """At ten times the service time on one of two replicas half of the requests take ten times."""
    b = Builder()
    service = b.service(per_group=2, workers=64, cores=64)
    endpoint = b.endpoint(service, [("cpu", b.dist_exp(4 * MS))])
    b.open(1_000, {root_of(b, [("call", b.call(endpoint))]): 1})
    b.fault(FAULT_S, lay.FAULT_SLOW, b.replica(service), 10)
    b.fault(BACK_S, lay.FAULT_SLOW, b.replica(service), 1)
    run = measure(b.build(), 60, warmup_s=0)
    assert mean_ms(run, 0, FAULT_S - 1) == pytest.approx(4, rel=0.05)
    assert mean_ms(run, FAULT_S, BACK_S) == pytest.approx((4 + 40) / 2, rel=0.05)
    assert mean_ms(run, BACK_S + 1, 60) == pytest.approx(4, rel=0.05)


def test_a_flushed_cache_warms_up_again() -> None:
    """After a flush requests pay for misses until the cache has filled again."""
    b = Builder()
    store = root_of(b, [("delay", b.dist_const(50 * MS))])
    get = station(b, b.dist_const(0.1 * MS), 8)
    cache = b.cache(service_of(b, get), [0.0, 0.5, 0.9], 5.0)
    b.open(1_000, {root_of(b, [("cached", b.call(get), cache, [("call", b.call(store))])]): 1})
    b.fault(FAULT_S, lay.FAULT_FLUSH, b.replica(service_of(b, get)))
    run = measure(b.build(), 40, warmup_s=0)
    for since, misses in ((0, 1), (5, 0.5), (10, 0.1), (20, 1), (25, 0.5), (30, 0.1)):
        noise = 4 * 50 * math.sqrt(misses * (1 - misses) / 4_000) + 0.01
        assert mean_ms(run, since, since + 4) == pytest.approx(0.1 + 50 * misses, abs=noise), since


def service_of(b: Builder, endpoint: int) -> int:
    return int(b._rows["endpoint"][endpoint]["service"])
