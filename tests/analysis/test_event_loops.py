"""An event loop beside a pool of threads: one core and any number of requests, or each its own."""

from __future__ import annotations

import pytest

from backend_lead.analysis.solver import solve
from tests.analysis.played import Played, changed, play

LOOP = "    concurrency: 10000\n    serving: {cores: 1}\n"
QUICK_S, LONG_S = 0.001, 0.020


def app(serving: str, does: str = "cpu: 1 ms", rate: str = "300/s") -> str:
    return changed(
        ("api: {rate: 300/s, journeys: {ask: 100%}}",
         f"api: {{rate: {rate}, journeys: {{ask: 96%, report: 4%}}}}"),
        ("  ask: {steps: [app.ask]}", "  ask: {steps: [app.ask]}\n  report: {steps: [app.report]}"),
        ("    count: 3\n    zones: 3\n    endpoints:\n"
         "      ask: {does: [cpu: 2 ms, {query: db.read}]}",
         f"    count: 1\n{serving}    endpoints:\n      ask: {{does: [{does}]}}\n"
         "      report: {does: [cpu: 20 ms, {query: db.read}]}"),
    )  # fmt: skip


def mean_s(played: Played, key: str) -> float:
    endpoint = played.endpoint(key)
    return float(endpoint["latency"]) / float(endpoint["n"]) / 1e9


def test_a_handler_that_computes_blocks_all_others_on_a_loop() -> None:
    """M/G/1 (Pollaczek and Khinchine): quick requests wait for what is left of the long ones."""
    played = play(app(LOOP), 1500.0, warmup_s=5.0)
    rates = {QUICK_S: 288.0, LONG_S: 12.0}
    use = sum(rate * time_s for time_s, rate in rates.items())
    left_s = sum(rate * time_s**2 for time_s, rate in rates.items())  # E[S^2] / 2 of exponentials
    expected_s = QUICK_S + left_s / (1 - use)
    assert use == pytest.approx(0.528)
    assert mean_s(played, "app.ask") == pytest.approx(expected_s, rel=0.08)
    assert solve(played.flow).node_s["app.ask"] == pytest.approx(expected_s, rel=0.1)


def test_threads_on_the_same_core_let_quick_requests_through() -> None:
    """Processor sharing: a quick request takes 1 / (1 - use) times as long, whatever others do."""
    threads = "    concurrency: 200\n    serving: {cores: 1, share_cores: true}\n"
    played = play(app(threads), 600.0, warmup_s=5.0)
    assert mean_s(played, "app.ask") == pytest.approx(QUICK_S / (1 - 0.528), rel=0.08)


def test_a_loop_waits_for_many_where_threads_run_out() -> None:
    """300 requests a second that wait for 100 ms: a loop has 30 in the air, eight threads do 80."""
    waiting = "cpu: 0.5 ms, {wait: 100 ms}"
    loop = play(app(LOOP, waiting), 60.0)
    pool = play(app("    concurrency: 8\n", waiting), 60.0)
    assert loop.served_per_s(5, 55) == pytest.approx(300, rel=0.03)
    assert pool.served_per_s(5, 30) < 90
