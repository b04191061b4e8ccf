"""Connections to a store as a limit: who finds all of them in use waits for one."""

from __future__ import annotations

import pytest

from backend_lead.analysis.queues import erlang_c
from tests.analysis.played import changed, play

POOL, HELD_S = 2, 0.015
LIMITED = changed(
    ("    zones: 3\n    endpoints:", f"    zones: 3\n    pool: {POOL}\n    balance: random\n"
     "    endpoints:"),
    ("cpu: 1 ms, wait: 0 ms", "cpu: 0.01 ms, wait: 15 ms"),
)  # fmt: skip


def test_a_pool_is_a_queue_with_as_many_servers() -> None:
    """M/G/c at each instance: 100 statements a second of 15 ms over two connections, with the
    squared variation of a wait, one, and little else."""
    played = play(LIMITED, 300.0, warmup_s=5.0)
    endpoint = played.endpoint("db.read")
    waited_s = float(endpoint["wait_pool"]) / float(endpoint["n"]) / 1e9
    held_s = HELD_S + 0.00001 + 0.0006  # and the round trip between zones
    load = 100 * held_s
    expected_s = erlang_c(POOL, load) * held_s / (POOL - load)
    assert waited_s == pytest.approx(expected_s, rel=0.08)
