"""Waits for pooled connections where a balancer compares those who have the pools."""

from __future__ import annotations

import pytest

from backend_lead.analysis.solver import solve
from tests.analysis.played import changed, play
from tests.analysis.test_places import mean_s


@pytest.mark.parametrize("balance", ["power-of-two", "least-outstanding", "random"])
@pytest.mark.parametrize(("rate", "use"), [(220, 0.61), (300, 0.83)])
def test_a_pool_waits_as_its_callers_are_balanced(balance: str, rate: int, use: float) -> None:
    """Each of three instances has two connections: what waits for these is what a balancer sees, so
    that the lines are as short as if they were one."""
    text = changed(
        ("{rate: 300/s", f"{{rate: {rate}/s"), ("cpu: 1 ms, wait: 0 ms", "cpu: 1 ms, wait: 15 ms"),
        ("    zones: 3\n    endpoints:\n",
         f"    zones: 3\n    balance: {balance}\n    pool: 2\n    endpoints:\n"),
    )  # fmt: skip
    played = play(text, 400.0, warmup_s=5.0)
    solution = solve(played.flow)
    assert {u.id: u.busy for u in solution.uses}["app to db"] == pytest.approx(use, abs=0.01)
    assert solution.node_s["app.ask"] == pytest.approx(mean_s(played, "app.ask"), rel=0.08)


def test_what_waits_elsewhere_hides_a_pool() -> None:
    """A tenth of a second spent beside the pool is most of what a balancer counts: it sees little
    of the line for connections."""
    text = changed(
        ("cpu: 1 ms, wait: 0 ms", "cpu: 1 ms, wait: 15 ms"),
        ("{does: [cpu: 2 ms, ", "{does: [cpu: 2 ms, wait: 100 ms, "),
        ("    zones: 3\n    endpoints:\n", "    zones: 3\n    pool: 2\n    endpoints:\n"),
    )
    played = play(text, 400.0, warmup_s=5.0)
    found = solve(played.flow).node_s["app.ask"]
    assert found == pytest.approx(mean_s(played, "app.ask"), rel=0.06)
