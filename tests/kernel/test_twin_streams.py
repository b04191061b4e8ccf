"""The plain reading of Streams: batches given up, and partitions that stand still."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.twin_state import TwinResult

from .case import MS, NS_PER_MS, Case


def consumer(b: Case, ms: float = 1, per_group: int = 2) -> int:
    return b.station(ms, per_group=per_group, workers=64)


def publish(b: Case, at_ms: float, stream: int, n: int = 1) -> None:
    b.ask(b.wait(at_ms), *[("publish", stream)] * n)


def run(b: Case, until_ms: float = 1000) -> TwinResult:
    return twin.run(b.build(), seed=1, until_ns=round(until_ms * NS_PER_MS))


def ms(time: int) -> float:
    return round(time / NS_PER_MS, 3)


def batches(found: list[tuple[int, int, int, int]]) -> list[tuple[float, float, int]]:
    """(oldest, end, messages) of each batch, in ms."""
    return [(ms(oldest), ms(end), count) for _, oldest, end, count in found]


# --- tries ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_a_batch_is_given_up_after_so_many_tries(tries: int) -> None:
    """A consumer that fails at once fails a batch every 5 ms; the last time it is given up."""
    b = Case()
    handle = consumer(b, per_group=1)
    stream = b.stream(handle, batch=10, backoff_s=5 * MS, tries=tries)
    b.fault(0, lay.FAULT_ERRORS, b.replica_of(handle), 1)
    publish(b, 10, stream)
    result = run(b)
    assert result.ages == []
    assert batches(result.given_up) == [(10, 10 + 5 * (tries - 1), 1)]
    assert [(ms(at), n) for _, at, n in result.again] == [(10 + 5 * i, 1) for i in range(tries - 1)]
    assert result.dead == [1]


def test_without_a_number_of_tries_none_is_given_up() -> None:
    """It is tried every 5 ms until the consumer works again, at 100 ms."""
    b = Case()
    handle = consumer(b, per_group=1)
    stream = b.stream(handle, backoff_s=5 * MS)
    b.fault(0, lay.FAULT_ERRORS, b.replica_of(handle), 1)
    b.fault(98 * MS, lay.FAULT_ERRORS, b.replica_of(handle), 0)
    publish(b, 10, stream)
    result = run(b)
    assert batches(result.ages) == [(10, 101, 1)]
    assert (len(result.again), result.dead, result.given_up) == (18, [0], [])


def test_what_waits_behind_a_batch_given_up_goes_on() -> None:
    """One batch at a time: the next two messages are taken when the first is given up, as one."""
    b = Case()
    handle = consumer(b, per_group=1)
    stream = b.stream(handle, batch=10, backoff_s=5 * MS, tries=2)
    b.fault(0, lay.FAULT_ERRORS, b.replica_of(handle), 1)
    b.fault(17 * MS, lay.FAULT_ERRORS, b.replica_of(handle), 0)
    publish(b, 10, stream)
    publish(b, 11, stream, 2)
    result = run(b)
    # Given up at 15; the two fail at 15 too, and are done in their second try, 2 x 1 ms from 20.
    assert batches(result.given_up) == [(10, 15, 1)]
    assert batches(result.ages) == [(11, 22, 2)]
    assert [(ms(at), n) for _, at, n in result.again] == [(10, 1), (15, 2)]
    assert (result.dead, result.published) == ([1], 3)


def test_each_batch_has_its_own_tries() -> None:
    """Two failures of two batches are not two of one."""
    b = Case()
    handle = consumer(b, per_group=1)
    stream = b.stream(handle, slots=2, backoff_s=5 * MS, tries=2)
    b.fault(0, lay.FAULT_ERRORS, b.replica_of(handle), 1)
    b.fault(12 * MS, lay.FAULT_ERRORS, b.replica_of(handle), 0)
    publish(b, 10, stream, 2)
    result = run(b)
    assert (result.dead, batches(result.ages)) == ([0], [(10, 16, 1)] * 2)


# --- pauses ---------------------------------------------------------------------------------------


def ends(b: Case, *changes: tuple[float, int, int], pause_ms: float = 20, partitions: int = 2,
         all_pause: bool = False, at_ms: float = 15) -> list[float]:  # fmt: skip
    """When 16 messages, published when said, were done; changes are (ms, fault, replica)."""
    handle = consumer(b)
    stream = b.stream(handle, partitions=partitions, slots=64, pause_s=pause_ms * MS,
                      all_pause=all_pause)  # fmt: skip
    for time_ms, action, index in changes:
        b.fault(time_ms * MS, action, b.replica_of(handle, index))
    publish(b, at_ms, stream, 16)
    result = run(b)
    assert sum(count for *_, count in result.ages) == 16
    return sorted({ms(end) for _, _, end, _ in result.ages})


def test_a_partition_that_changes_hands_stands_still() -> None:
    """Replica 1 goes at 10 ms; its partition waits until 30, the other one does not."""
    assert ends(Case(), (10, lay.FAULT_HIDE, 1)) == [16, 31]


def test_or_all_of_the_stream() -> None:
    """The same, but every partition waits for the one that moved."""
    assert ends(Case(), (10, lay.FAULT_HIDE, 1), all_pause=True) == [31]


def test_without_a_pause_nothing_stands_still() -> None:
    """A pause of 0 is none, even with all of them named."""
    assert ends(Case(), (10, lay.FAULT_HIDE, 1), pause_ms=0, all_pause=True) == [16]


def test_who_keeps_its_owner_does_not_wait() -> None:
    """Showing again who is visible, or losing the last one, moves nothing."""
    b = Case()
    assert ends(b, (10, lay.FAULT_SHOW, 1), all_pause=True) == [16]
    b = Case()
    assert ends(b, (10, lay.FAULT_HIDE, 1), (11, lay.FAULT_HIDE, 0), at_ms=100) == [101]


def test_a_second_change_begins_the_pause_anew() -> None:
    """Away at 10, back at 20: what is published in between waits until 40, not 30."""
    changes = ((10, lay.FAULT_HIDE, 1), (20, lay.FAULT_SHOW, 1))
    assert ends(Case(), *changes) == [16, 41]


def test_a_change_in_the_same_moment_counts_once_more() -> None:
    """Away and back at 10: it stands still all the same, once."""
    changes = ((10, lay.FAULT_HIDE, 1), (10, lay.FAULT_SHOW, 1))
    assert ends(Case(), *changes) == [16, 31]


def test_a_partition_may_wake_in_the_moment_its_pause_ends() -> None:
    """What is published exactly then is taken then."""
    b = Case()
    handle = consumer(b)
    stream = b.stream(handle, pause_s=20 * MS)
    b.fault(10 * MS, lay.FAULT_HIDE, b.replica_of(handle))
    root = b.endpoint(b.delay_service(), [("publish", stream)])
    b.replay([15 * MS, 30 * MS, 45 * MS], {root: 1})
    assert batches(run(b).ages) == [(15, 31, 1), (30, 32, 1), (45, 46, 1)]


def test_what_is_under_way_goes_on() -> None:
    """A batch begun before the change, and one that is tried again, do not wait for the pause."""
    b = Case()
    handle = consumer(b, ms=10)
    stream = b.stream(handle, slots=2, pause_s=100 * MS, backoff_s=5 * MS)
    publish(b, 5, stream)
    b.fault(6 * MS, lay.FAULT_ERRORS, b.replica_of(handle), 1)
    publish(b, 7, stream)
    b.fault(10 * MS, lay.FAULT_HIDE, b.replica_of(handle))
    result = run(b)
    assert batches(result.ages) == [(5, 15, 1), (7, 22, 1)]
    assert [(ms(at), n) for _, at, n in result.again] == [(7, 1)]


def test_batches_spread_stand_still_too() -> None:
    """Where the balancer chooses, a partition that changes hands waits like any other."""
    b = Case()
    handle = consumer(b)
    stream = b.stream(handle, spread=True, pause_s=20 * MS)
    b.fault(10 * MS, lay.FAULT_HIDE, b.replica_of(handle))
    publish(b, 15, stream)
    assert batches(run(b).ages) == [(15, 31, 1)]


# --- fetches --------------------------------------------------------------------------------------


def test_a_batch_is_fetched_before_it_is_handled() -> None:
    """7 ms there and 1 ms at work; its place is taken all the while, its worker is not."""
    b = Case()
    handle = b.station(1, per_group=1, workers=1)
    stream = b.stream(handle, batch=10, fetch=b.call(b.slow_thing(7)))
    publish(b, 10, stream)
    publish(b, 12, stream, 3)  # while the first is fetched
    b.ask_at(13, handle)  # whom no fetch keeps from the only worker
    result = run(b)
    assert batches(result.ages) == [(10, 18, 1), (12, 28, 3)]  # 7 and 3
    assert [ms(end) for *_, end, outcome in result.outcomes if outcome == lay.OK][-1] == 14


def test_a_fetch_that_fails_is_made_again_and_is_no_try() -> None:
    """Nothing comes through for 20 ms; each 5 ms it is tried again, and nothing is put aside."""
    b = Case()
    handle = consumer(b, per_group=1)
    hops = b.hops([[2 * MS]])
    there = b.endpoint(b.delay_service(), [])
    stream = b.stream(handle, backoff_s=5 * MS, tries=1, fetch=b.call(there, hops=hops))
    b.fault(0, lay.FAULT_CUT, x=1, row=hops[0])
    b.fault(31 * MS, lay.FAULT_CUT, x=0, row=hops[0])
    publish(b, 10, stream)
    result = run(b)
    assert batches(result.ages) == [(10, 38, 1)]  # begins again at 35, 2 on the way, 1 at work
    assert (result.again, result.dead) == ([], [0])


def test_what_is_fetched_comes_to_who_began_it() -> None:
    """Its owner changes meanwhile, and is killed: there it fails, and goes to the new one."""
    b = Case()
    handle = consumer(b)
    stream = b.stream(handle, backoff_s=5 * MS, fetch=b.call(b.slow_thing(7)))
    b.fault(12 * MS, lay.FAULT_HIDE, b.replica_of(handle))
    publish(b, 10, stream)
    assert batches(run(b).ages) == [(10, 18, 1)]
    b.down(12, handle)
    result = run(b)
    assert batches(result.ages) == [(10, 30, 1)]  # fails at 17, begins at 22 where it is owned now
    assert [(ms(at), n) for _, at, n in result.again] == [(17, 1)]
