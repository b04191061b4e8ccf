"""What other simulators get wrong, asked of a model from its text to its numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend_lead.analysis import simulation
from backend_lead.app.model_file import read_checked_text
from backend_lead.kernel import layout as L
from backend_lead.views.resolve import resolve

from .played import SERVICE, changed, play

SLOW_STORE = changed(
    ("rate: 300/s", "rate: 1000/s"),
    ("    zones: 3\n    endpoints:", "    zones: 3\n    concurrency: 8\n    pool: 67\n"
     "    endpoints:"),
    ("cpu: 2 ms", "cpu: 7 ms"),
    ("cpu: 1 ms, wait: 0 ms", "cpu: 0.1 ms, wait: 100 ms"),
)  # fmt: skip


def test_a_worker_is_held_while_the_store_is_slow() -> None:
    """3 x 8 workers, 200 slots of a database, 100 ms a query: 24 / 0.108 s, not 1,000 a second."""
    held = play(SLOW_STORE, 60, warmup_s=10)
    per_s = held.endpoint("app.ask")["ok"] / 50
    hold_s = held.endpoint("app.ask")["held"] / held.endpoint("app.ask")["n"] / L.NS_PER_S
    assert per_s == pytest.approx(222, rel=0.03)
    assert held.endpoint("app.ask")["held"] / 50 / L.NS_PER_S == pytest.approx(24, rel=0.005)
    assert hold_s < 0.12
    free = play(SLOW_STORE.replace("concurrency: 8", "concurrency: 256").replace(
        "count: 3", "count: 9"), 20, warmup_s=10)  # fmt: skip
    assert free.served_per_s(11, 18) == pytest.approx(1_000, rel=0.05)


CHECKED = "    watch: {every: 2 s, fails: 2, passes: 1}\n    endpoints:"
FAULTY = "topology: {provider: aws, region: us-east-1, zones: 3}\n"


def with_faults(text: str, *faults: str) -> str:
    return text + "faults:\n" + "".join(f"  - {{{fault}}}\n" for fault in faults)


def test_a_crashed_replica_gets_nothing_after_its_health_checks() -> None:
    """Down from 5 to 15 s: hidden by the second check that fails, back with the first that passes;
    between these it is sent nothing at all."""
    text = with_faults(
        changed(("    endpoints:", CHECKED)),
        "at: 5 s, what: crash, where: app, instances: 1, lasts: 10 s",
    )
    times = play(text, 25, spans=True).sent_to("app.ask", 0)
    assert ((times > 5) & (times < 8)).any()
    assert not ((times > 8) & (times < 16)).any()
    assert (times < 5).sum() / 5 == pytest.approx((times > 17).sum() / 8, rel=0.2)


def test_without_checks_a_crashed_replica_goes_on_being_asked() -> None:
    """Till its balancer notices, ten seconds later: the checks are what the test above sees."""
    text = with_faults(SERVICE, "at: 5 s, what: crash, where: app, instances: 1, lasts: 18 s")
    times = play(text, 30, spans=True).sent_to("app.ask", 0)
    assert ((times > 12) & (times < 15)).any() and not ((times > 15) & (times < 23)).any()


@pytest.mark.parametrize("times", [5, 1])
def test_a_slow_fault_slows_databases_too(times: int) -> None:
    """So many times slower from 10 to 20 s, a query takes so many times its compute."""
    text = with_faults(
        changed(("rate: 300/s", "rate: 100/s")),
        f"at: 10 s, what: slow, where: db, times: {times}, lasts: 10 s",
    )
    rows = play(text, 30, spans=True).spans_of("db.read")
    rows = rows[rows["ended"] > 0]
    work, at = rows["busy"] / L.NS_PER_S, rows["started"] / L.NS_PER_S
    before, during, after = (work[(at > since) & (at < since + 10)].mean() for since in (0, 10, 20))
    assert during / before == pytest.approx(times, rel=0.15)
    assert after / before == pytest.approx(1, rel=0.15)


BRANCHES = changed(
    ("rate: 300/s", "rate: 500/s"),
    ("ask: {does: [cpu: 2 ms, {query: db.read}]}",
     "ask: {does: [{parallel: [{call: left.do, retries: 1}, {call: right.do, retries: 1}]}]}"),
    ("  db:", "  left: {kind: http-service, instance: m7g.large, count: 2, "
     "endpoints: {do: {does: [cpu: 0.2 ms]}}}\n"
     "  right: {kind: http-service, instance: m7g.large, count: 2, "
     "endpoints: {do: {does: [cpu: 0.2 ms]}}}\n  db:"),
    ("    endpoints:\n      ask", "    endpoints:\n      read: {does: [{query: db.read}]}\n"
     "      ask"),
)  # fmt: skip
LEFT, RIGHT = 0.3, 0.1  # of the attempts fail


def test_retries_of_a_fan_out_repeat_the_branch_that_failed() -> None:
    """Two branches, one retry each: both are good with (1 - a^2) (1 - b^2); the attempts at each
    branch are 1 + its own share of failures, whatever the other one does."""
    text = with_faults(
        BRANCHES, f"at: 0 s, what: errors, where: left, share: {LEFT:.0%}, lasts: 1 h",
        f"at: 0 s, what: errors, where: right, share: {RIGHT:.0%}, lasts: 1 h",
    )  # fmt: skip
    played = play(text, 400)
    ended = played.run.ok + played.run.failed
    good = (1 - LEFT**2) * (1 - RIGHT**2)
    assert played.run.ok / ended == pytest.approx(
        good, abs=4 * math.sqrt(good * (1 - good) / ended)
    )
    for branch, fails in (("left", LEFT), ("right", RIGHT)):
        attempts = played.endpoint(f"{branch}.do")["n"] / ended
        assert attempts == pytest.approx(1 + fails, abs=4 * math.sqrt(fails / ended))


def test_reads_are_balanced_over_the_replicas_of_a_store() -> None:
    """Three read replicas get a third each; while one is lost the other two take its part."""
    text = with_faults(
        changed(("    zones: 3\n    operations:", "    zones: 3\n    replicas: 3\n    operations:"),
                ("type: read, ", "type: read, stale_ok: true, ")),
        "at: 10 s, what: crash, where: db.replicas, instances: 1, lasts: 30 s",
    )  # fmt: skip
    played = play(text, 40, spans=True)
    detect_s = played.flow.stations["db.replicas"].detect_s
    sent = [played.sent_to("db.read", k) for k in range(3)]
    calm = np.array([(times < 10).sum() for times in sent])
    assert calm.sum() == pytest.approx(3_000, rel=0.1) and np.ptp(calm) < 0.15 * calm.mean()
    lost = [int(((times > 10 + detect_s) & (times < 40)).sum()) for times in sent]
    assert lost[0] == 0 and lost[1] == pytest.approx(lost[2], rel=0.1)


CAPPED = changed(
    ("cpu: 2 ms", "cpu: 8 ms"),
    ("api: {rate: 300/s, journeys: {ask: 100%}}",
     "api: {rate: 900/s, timeout: 60 ms, retries: 1, journeys: {ask: 100%}}\n"
     "    partner: {rate: 200/s, limit: {rate: 100/s, burst: 20}, journeys: {ask: 100%}}"),
    ("    endpoints:", "    concurrency: 4\n    queue: 20\n    patience: 100 ms\n    endpoints:"),
    ("{query: db.read}", "{query: db.read, timeout: 100 ms, limit: 3, "
     "breaker: {failures: 50%, least: 20, window: 5 s, pause: 1 s}}"),
)  # fmt: skip


def test_nothing_that_a_cap_drops_goes_uncounted() -> None:
    """With limits at the edge, of calls, of queues and of waits, and a breaker: what came is what
    was served, refused, timed out or is under way, second by second."""
    played = play(CAPPED, 60)
    windows, run = played.run.windows, played.run
    ended = sum(int(windows[name].sum()) for name in ("ok", "failed", "timed_out"))
    assert run.started == windows["started"].sum() == ended + run.in_flight
    # all of what came before the last seconds has ended, in the window of its own start
    early = windows[:50]
    assert (early["started"] == early["ok"] + early["failed"] + early["timed_out"]).all()
    assert run.started == pytest.approx(1_100 * 60, rel=0.02)
    assert windows["refused"].sum() > 0 and windows["timed_out"].sum() > 0


def test_what_times_out_or_is_shed_stays_in_the_percentiles() -> None:
    """Requests that were never answered are beyond every percentile, not left out of it."""
    flow = resolve(read_checked_text(CAPPED).system)
    ran = simulation.run_steady(flow, 1, measure_s=30)
    windows = ran.result.windows[int(simulation.WARMUP_S) :]
    (told,) = simulation.latencies(ran, "steady")
    lost = int((windows["failed"] + windows["timed_out"] - windows["refused"]).sum())
    assert told.requests == int(windows["ok"].sum()) + lost and told.failed == lost
    assert lost / told.requests > 0.01
    assert math.isinf(told.p99_s.value) and told.verdict == "fail"
    assert math.isinf(simulation.overall(ran, 0.99).value)
    answered = ran.result.hist_windows[int(simulation.WARMUP_S) :].sum(axis=(0, 1))
    assert answered.sum() == windows["ok"].sum()


@pytest.mark.parametrize("text", [SERVICE, CAPPED], ids=["plain", "capped"])
def test_how_often_progress_is_shown_changes_nothing(text: str) -> None:
    """With and without somebody who looks on, and with spans, the same run to the byte."""
    seen: list[float] = []
    alone, watched = play(text, 20, trace=50_000), play(text, 20, trace=50_000,
                                                         progress=seen.append)  # fmt: skip
    sampled = play(text, 20, trace=50_000, spans=True)
    assert len(seen) > 10
    for other in (watched, sampled):
        for name in ("windows", "hist_windows", "stats", "hist", "trace"):
            assert getattr(alone.run, name).tobytes() == getattr(other.run, name).tobytes(), name
