"""Locks: a row that many want is a queue of its own."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import simulate

from .measured import agrees, measure, root_of

HELD_S = 0.01


def locking(b: Builder, n: int, *before: tuple[object, ...]) -> int:
    """A root that holds one of n locks for 10 ms on average."""
    held = [("delay", b.dist_exp(HELD_S))]
    return root_of(b, [*before, ("lock", b.locks(n), n, held)])


def test_a_hot_row_is_a_queue_with_one_server() -> None:
    """The time to get the lock and to hold it is that of M/M/1: S / (1 - rho)."""
    b = Builder()
    b.open(70, {locking(b, 1): 1})
    found = measure(b.build(), 4_000, window_s=10)
    assert agrees(HELD_S / (1 - 0.7), found.mean())
    waited = found.run.stats["wait_lock"].sum() / lay.NS_PER_S / found.run.started
    assert waited == pytest.approx(HELD_S * 0.7 / 0.3, rel=0.05)


def test_without_a_key_one_of_several_rows_is_drawn() -> None:
    """Four rows are four queues, each with a quarter of the requests."""
    b = Builder()
    b.open(280, {locking(b, 4): 1})
    assert agrees(HELD_S / (1 - 0.7), measure(b.build(), 1_000, window_s=10).mean())


def test_a_key_has_its_row() -> None:
    """Three in four requests want one key: its row is as busy as these make it, and no other."""
    b = Builder()
    keys = b.keys([3, 1])
    b.open(80, {locking(b, 1_000, ("key", keys)): 1})
    mean = (0.75 / (1 - 0.6) + 0.25 / (1 - 0.2)) * HELD_S
    assert agrees(mean, measure(b.build(), 2_000, window_s=10).mean())


def test_what_comes_after_the_lock_is_not_held_up() -> None:
    """Work after the lock is given back adds its own time only."""
    b = Builder()
    held = [("delay", b.dist_exp(HELD_S))]
    root = root_of(b, [("lock", b.locks(1), 1, held), ("delay", b.dist_const(0.5))])
    b.open(70, {root: 1})
    assert agrees(HELD_S / (1 - 0.7) + 0.5, measure(b.build(), 4_000, window_s=10).mean())


def ends_ms(b: Builder, outcome: int) -> list[float]:
    run = simulate(b.build(), seed=1, until_s=10, trace=100)
    assert run.trace is not None and run.conserved and run.in_flight == 0
    ends = run.trace["end"][run.trace["outcome"] == outcome] / 1e6
    return np.sort(ends).round(3).tolist()  # type: ignore[no-any-return]


def test_a_killed_holder_gives_its_lock_back_when_it_is_found_dead() -> None:
    """The one who waits on another replica goes on then."""
    b = Builder()
    lock = b.locks(1)
    held = [("lock", lock, 1, [("delay", b.dist_const(0.01))])]
    one, two = b.service(1, 1), b.service(1, 1)
    for service, at_s in ((one, 0.0), (two, 0.001)):
        b.replay([at_s], {root_of(b, [("call", b.call(b.endpoint(service, held)))]): 1})
    b.fault(0.005, lay.FAULT_DOWN, b.replica(one))
    assert ends_ms(b, lay.FAILED) == [10]
    assert ends_ms(b, lay.OK) == [20]


def test_one_who_dies_while_waiting_passes_the_lock_on() -> None:
    """A frame killed while it waits is found dead at its turn, and the next one has its turn."""
    b = Builder()
    lock = b.locks(1)
    held = [("lock", lock, 1, [("delay", b.dist_const(0.01))])]
    one, two = b.service(1, 1), b.service(1, 1)
    for service, at_s in ((one, 0.0), (two, 0.001), (one, 0.002)):
        b.replay([at_s], {root_of(b, [("call", b.call(b.endpoint(service, held)))]): 1})
    b.fault(0.005, lay.FAULT_DOWN, b.replica(two), 1)
    assert ends_ms(b, lay.FAILED) == [10]
    assert ends_ms(b, lay.OK) == [10, 20]


def test_a_caller_that_gives_up_leaves_the_line_as_it_is() -> None:
    """Work for a caller whose time is up still takes the lock at its turn."""
    b = Builder()
    held = [("lock", b.locks(1), 1, [("delay", b.dist_const(0.01))])]
    endpoint = b.endpoint(b.service(1, 1), held)
    for at_s, timeout_s in ((0.0, 0.0), (0.001, 0.005), (0.002, 0.0)):
        b.replay([at_s], {root_of(b, [("call", b.call(endpoint, timeout_s=timeout_s))]): 1})
    assert ends_ms(b, lay.OK) == [10, 30]
    assert ends_ms(b, lay.TIMED_OUT) == [6]


def test_a_second_lock_is_not_valid() -> None:
    """Who holds a lock cannot take another: two who did so in turn would wait for ever."""
    b = Builder()
    inner = [("lock", b.locks(1), 1, [])]
    root_of(b, [("lock", b.locks(1), 1, inner)])
    with pytest.raises(ValueError, match="OP_LOCK can be reached while a lock is held"):
        b.build()
