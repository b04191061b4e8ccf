"""Reads from copies that are behind: how many see less than was written."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import simulate

from .alone import answers, ask
from .measured import root_of


@pytest.mark.parametrize("lag_s", [0.02, 0.1, 0.5])
def test_stale_share_of_one_key(lag_s: float) -> None:
    """Writes at rate w: a read from a copy that is `lag` behind is stale with 1 - exp(-w * lag)."""
    b = Builder()
    rate, log = 5.0, b.log(1, lag_s)
    key = ("key", b.keys([1]))
    b.open(rate, {root_of(b, [key, ("note", log)]): 1})
    b.open(50, {root_of(b, [key, ("look", log)]): 1})
    run = simulate(b.build(), seed=1, until_s=4_000, warmup_s=100)
    (row,) = run.logs
    assert row["written"] == pytest.approx(rate * 3_900, rel=0.03)
    assert row["read"] == pytest.approx(50 * 3_900, rel=0.01)
    assert row["stale"] / row["read"] == pytest.approx(1 - math.exp(-rate * lag_s), rel=0.04)


def test_stale_share_of_many_keys() -> None:
    """By popularity: the sum of p * (1 - exp(-w * p * lag)) over the keys."""
    b = Builder()
    rate, lag_s, weights = 20.0, 0.2, 1 / np.arange(1, 51)
    log, keys = b.log(50, lag_s), b.keys(weights.tolist())
    b.open(rate, {root_of(b, [("key", keys), ("note", log)]): 1})
    b.open(100, {root_of(b, [("key", keys), ("look", log)]): 1})
    run = simulate(b.build(), seed=2, until_s=2_000, warmup_s=100)
    p = weights / weights.sum()
    expected = (p * (1 - np.exp(-rate * p * lag_s))).sum()
    assert run.logs["stale"][0] / run.logs["read"][0] == pytest.approx(expected, rel=0.03)


def test_the_moment_of_the_lag_is_up_to_date() -> None:
    """Written at 10 ms: stale at 109, not any more at 110 ms; unwritten keys never are."""
    b = Builder()
    log, keys = b.log(1, 0.1), b.keys([1])
    ask(b, 5, [("key", keys), ("look", log)])
    b.replay([0.010], {root_of(b, [("key", keys), ("note", log)]): 1})
    b.replay([0.010, 0.109, 0.110], {root_of(b, [("key", keys), ("look", log)]): 1})
    _, run = answers(b, 10)
    assert run.logs[["written", "read", "stale"]].tolist() == [(1, 4, 2)]


def test_without_a_key_only_writes_and_reads_are_counted() -> None:
    """No key, nothing to be stale; and nothing counts before the warm-up."""
    b = Builder()
    log = b.log(3, 10)
    b.every(1, {root_of(b, [("note", log), ("look", log)]): 1})
    run = simulate(b.build(), seed=1, until_s=20.5, warmup_s=10.5)
    assert run.logs[["written", "read", "stale"]].tolist() == [(10, 10, 0)]


def test_a_fault_puts_copies_behind() -> None:
    """One write at 1.5 s and reads each second: of those from 10 s on with a lag of an hour all
    are stale until the lag is 0 again."""
    b = Builder()
    log, keys = b.log(1, 0), b.keys([1])
    b.replay([1.5], {root_of(b, [("key", keys), ("note", log)]): 1})
    b.every(1, {root_of(b, [("key", keys), ("look", log)]): 1})
    b.fault(9.5, lay.FAULT_BEHIND, x=3_600 * lay.NS_PER_S, row=log)
    b.fault(19.5, lay.FAULT_BEHIND, x=0, row=log)
    run = simulate(b.build(), seed=1, until_s=30.5)
    assert run.logs[["written", "read", "stale"]].tolist() == [(1, 30, 10)]


def test_callees_note_the_key_of_their_caller() -> None:
    """A key drawn at the root is the one that the store behind two calls notes."""
    b = Builder()
    log, keys = b.log(4, 3_600), b.keys([1, 1, 1, 1])
    home = b.delay_service()
    store = b.endpoint(b.service(), [("note", log)])
    page = b.endpoint(b.service(), [("call", b.call(store))])
    steps = [("key", keys), ("call", b.call(page)), ("look", log)]
    b.every(1, {b.endpoint(home, steps): 1})
    run = simulate(b.build(), seed=1, until_s=100.5)
    assert run.logs[["written", "read", "stale"]].tolist() == [(100, 100, 100)]


def test_keys_beyond_a_log_are_only_counted() -> None:
    """Of two keys, written and then read in turn, the log knows the first: half is stale."""
    b = Builder()
    log, keys = b.log(1, 3_600), b.keys([1, 1])
    b.every(0.01, {root_of(b, [("key", keys), ("note", log), ("look", log)]): 1})
    run = simulate(b.build(), seed=1, until_s=100.005)
    assert (run.logs["written"][0], run.logs["read"][0]) == (10_000, 10_000)
    assert run.logs["stale"][0] == pytest.approx(5_000, abs=4 * 50)
