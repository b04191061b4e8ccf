"""Who gets more of the load, and who is refused first: models against their queues by formula."""

from __future__ import annotations

import pytest

from backend_lead.analysis.solver import solve
from tests.analysis.played import changed, play

ONE = changed(
    ("    count: 3\n    zones: 3\n    endpoints:\n      ask: {does: [cpu: 2 ms, {query: db.read}]}",
     "    count: 4\n    concurrency: 1\n    balance: weighted\n    serving: {weights: [3, 1]}\n"
     "    endpoints:\n      ask: {does: [cpu: 2 ms]}\n"
     "      spare: {does: [{query: db.read}]}"),
    ("{rate: 300/s, journeys", "{rate: 1000/s, journeys"),
)  # fmt: skip


def test_each_instance_gets_its_weight_of_the_load() -> None:
    """Weights 3 and 1, repeated over four instances: three eighths, one eighth, and so again."""
    played = play(ONE, 20.0, spans=True)
    whole = len(played.spans_of("app.ask"))
    shares = [len(played.sent_to("app.ask", i)) / whole for i in range(4)]
    assert shares == pytest.approx([3 / 8, 1 / 8, 3 / 8, 1 / 8], abs=0.01)


def test_weighted_instances_wait_each_as_its_own_queue() -> None:
    """Four M/M/1: 375 and 125 a second at 500 a second; the solver says so, and the kernel."""
    played = play(ONE, 400.0, warmup_s=5.0)
    expected_s = 3 / 4 / (500 - 375) + 1 / 4 / (500 - 125)
    endpoint = played.endpoint("app.ask")
    mean_s = float(endpoint["latency"]) / float(endpoint["n"]) / 1e9
    assert mean_s == pytest.approx(expected_s, rel=0.05)
    solution = solve(played.flow)
    assert solution.node_s["app.ask"] == pytest.approx(expected_s, rel=0.03)
    assert solution.limit.busy == pytest.approx(0.75, abs=1e-3)
    assert not solve(played.flow, 1.4).stable  # 525 a second for one that does 500


SHEDS = changed(
    ("api: {rate: 300/s, journeys: {ask: 100%}}", "api: {rate: 400/s, journeys: {ask: 100%}}\n"
     "    robots: {rate: 300/s, journeys: {crawl: 100%}}"),
    ("  ask: {steps: [app.ask]}", "  ask: {steps: [app.ask]}\n  crawl: {steps: [app.crawl]}"),
    ("    count: 3\n    zones: 3\n    endpoints:\n      ask: {does: [cpu: 2 ms, {query: db.read}]}",
     "    count: 1\n    concurrency: 1\n    serving: {sheds: {waiting: 4}}\n"
     "    endpoints:\n      ask: {does: [cpu: 2 ms]}\n"
     "      crawl: {priority: 3, does: [cpu: 2 ms]}\n"
     "      spare: {does: [{query: db.read}]}"),
)  # fmt: skip


def test_low_priority_is_refused_as_its_birth_death_chain_says() -> None:
    """Robots are let in while fewer than four wait: 700 a second up to there, 400 above."""
    played = play(SHEDS, 300.0)
    weights = [1.0]
    for inside in range(400):
        weights.append(weights[-1] * (700 if inside < 5 else 400) / 500)
    refused = sum(weights[5:]) / sum(weights)
    windows = played.run.windows
    by_root = {key: played.run.roots.index(row) for key, row in played.lowered.roots.items()}
    failed = {
        key: float(windows["failed"][:, slot].sum() / windows["started"][:, slot].sum())
        for key, slot in by_root.items()
    }
    assert failed["app.ask"] == 0
    assert failed["app.crawl"] == pytest.approx(refused, abs=0.01)
