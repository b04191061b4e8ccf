"""The plain reading of Joins, Hedges and Cancelling, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.layout import FAILED, OK, TIMED_OUT

from .case import MS, Case

# --- joins ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("need", "ms"), [(1, 11), (2, 21), (3, 31)])
def test_some_waits_for_so_many(need: int, ms: float) -> None:
    """Of answers after 10, 30 and 20 ms it goes on with the first, the second or the last."""
    b = Case()
    calls = [b.call(b.slow_thing(ms)) for ms in (10, 30, 20)]
    b.ask(("some", calls, need), b.wait(1))
    assert b.answers() == [(ms, OK)]


@pytest.mark.parametrize(("optional", "answer"), [(False, (13, FAILED)), (True, (14, OK))])
def test_some_fails_when_not_enough_are_left(optional: bool, answer: tuple[float, int]) -> None:
    """Two of three must answer: with the second failure it is over, whatever the third would do."""
    b = Case()
    refusing = b.station(10)
    b.down(0, refusing)
    calls = [b.call(refusing, rtt_s=ms * MS, optional=optional) for ms in (5, 12)]
    calls.append(b.call(b.slow_thing(40)))
    b.ask(b.wait(1), ("some", calls, 2), b.wait(1))
    assert b.answers() == [answer]


def test_one_failure_may_be_too_many_or_none() -> None:
    """A failure is passed over while enough can still answer, and the last one names the end."""
    b = Case()
    refusing = b.station(10)
    b.down(0, refusing)
    for need in (1, 2):
        calls = [b.call(refusing), b.call(b.slow_thing(40)), b.call(b.slow_thing(50))]
        b.ask(b.wait(1), ("some", calls, need))
    calls = [b.call(refusing), b.call(b.slow_thing(40), timeout_s=20 * MS)]
    b.ask(b.wait(1), ("some", calls, 1))
    assert b.answers() == [(41, OK), (51, OK), (21, TIMED_OUT)]


def test_strays_keep_what_they_hold() -> None:
    """Nobody waits for the slow answer any more, but its worker is busy until it is given."""
    b = Case()
    station = b.station(30)
    b.ask(("some", [b.call(station), b.call(b.slow_thing(5))], 1))
    b.ask_at(6, station)
    assert b.answers() == [(5, OK), (60, OK)]


def test_strays_wait_on_and_give_their_slots_back() -> None:
    """One that waits for a connection gets it, is sent, and hands it on when it is answered."""
    b = Case()
    app, slow = b.service(per_group=1), b.slow_thing(30)
    first = b.call(slow, pool_per_replica=(app, 1))
    others = [b.call(slow, pool_of=first), b.call(b.slow_thing(5))]
    b.ask_at(0, b.endpoint(app, [("some", [first, *others], 1)]))
    b.ask_at(6, b.endpoint(app, [("call", b.call(slow, pool_of=first))]))
    assert b.answers() == [(5, OK), (90, OK)]


def test_no_retry_for_a_stray() -> None:
    """A failure that comes when it is no longer waited for is not tried again."""
    b = Case()
    station = b.station(10)
    b.down(0, station)
    b.fault(9 * MS, lay.FAULT_UP, b.replica_of(station))
    again = b.call(station, retries=3, rtt_s=9.5 * MS)
    b.ask(b.wait(1), ("some", [again, b.call(b.slow_thing(5))], 1))
    b.ask_at(12, station)
    assert b.answers() == [(6, OK), (22, OK)]


def test_a_stray_in_its_backoff_never_begins() -> None:
    """An attempt made before the answer was there vanishes when its backoff is over."""
    b = Case()
    station = b.station(10)
    b.down(0, station)
    b.fault(9 * MS, lay.FAULT_UP, b.replica_of(station))
    again = b.call(station, retries=3, backoff_s=10 * MS, shape=lay.JITTER_NONE)
    b.ask(b.wait(1), ("some", [again, b.call(b.slow_thing(5))], 1))
    b.ask_at(12, station)
    assert b.answers() == [(6, OK), (22, OK)]


def test_a_stray_that_times_out_tells_nobody() -> None:
    """Its connection is free then, and the caller, long gone on, is not disturbed."""
    b = Case()
    app, slow = b.service(per_group=1), b.slow_thing(100)
    stray = b.call(slow, pool_per_replica=(app, 1), timeout_s=20 * MS)
    b.ask_at(0, b.endpoint(app, [("some", [stray, b.call(b.slow_thing(5))], 1), b.wait(40)]))
    b.ask_at(6, b.endpoint(app, [("call", b.call(slow, pool_of=stray))]))
    assert b.answers() == [(45, OK), (120, OK)]


# --- hedges ---------------------------------------------------------------------------------------


def pair(b: Case, ms: float = 10, **options: Any) -> int:
    """A station of two replicas taken in turn, the first of them slow or whatever it is made."""
    return b.station(ms, per_group=2, balance=lay.LB_ROUND_ROBIN, **options)


def test_the_second_answer_comes_first() -> None:
    """At 20 ms a second attempt goes to the other replica, which answers at 30 instead of 100."""
    b = Case()
    station = pair(b)
    b.fault(0, lay.FAULT_SLOW, b.replica_of(station, 0), 10)
    b.ask_at(1, station, hedge_s=20 * MS)
    b.ask_at(35, station)
    assert b.answers() == [(31, OK), (201, OK)]  # behind what nobody waits for, until 101


def test_no_hedge_after_an_answer() -> None:
    """The second attempt is not sent when the first has answered before: the turn did not move."""
    b = Case()
    station = pair(b)
    b.fault(0, lay.FAULT_SLOW, b.replica_of(station, 1), 10)
    b.ask_at(1, station, hedge_s=20 * MS)
    b.ask_at(30, station)
    assert b.answers() == [(11, OK), (130, OK)]


def test_a_failure_leaves_it_to_the_other_one() -> None:
    """The first is refused at 30 ms, but the hedge is under way, and answers at 50."""
    b = Case()
    station = pair(b)
    b.down(0, station, index=0)
    b.ask_at(1, station, hedge_s=10 * MS, rtt_s=30 * MS)
    assert b.answers() == [(51, OK)]


def test_a_failure_before_the_hedge_is_the_end_of_both() -> None:
    """Refused after 5 ms, a call ends or is tried again at once; its hedge of 10 ms is not sent."""
    b = Case()
    station = pair(b)
    b.down(0, station, index=0)
    b.ask_at(1, station, hedge_s=10 * MS, rtt_s=5 * MS)  # turn 0
    b.ask_at(20, station)  # turn 1
    b.ask_at(40, station, hedge_s=20 * MS, rtt_s=5 * MS, retries=1)  # turns 0 and 1
    b.ask_at(80, station)  # turn 0
    assert b.answers() == [(6, FAILED), (30, OK), (60, OK), (80, FAILED)]


def test_both_may_fail() -> None:
    """The outcome is that of the one that is heard of last; each has a time of its own."""
    b = Case()
    station = pair(b)
    for index in range(2):
        b.down(0, station, index=index)
    b.ask_at(1, station, hedge_s=10 * MS, rtt_s=30 * MS)
    b.ask_at(1, b.slow_thing(100), hedge_s=10 * MS, timeout_s=25 * MS)
    assert b.answers() == [(41, FAILED), (36, TIMED_OUT)]


def test_a_retry_has_a_hedge_of_its_own() -> None:
    """Timed out at 25 and, the hedge, at 35: again, with a hedge that would be due at 45."""
    b = Case()
    b.ask(("call", b.call(b.slow_thing(100), hedge_s=10 * MS, timeout_s=25 * MS, retries=1)))
    assert b.answers() == [(70, TIMED_OUT)]


def test_who_is_let_go_gives_its_slot_back() -> None:
    """The hedge waits for the connection behind the first attempt; the next call does not wait
    for it."""
    b = Case()
    app, slow = b.service(per_group=1), b.slow_thing(30)
    hedged = b.call(slow, pool_per_replica=(app, 1), hedge_s=10 * MS)
    b.ask_at(0, b.endpoint(app, [("call", hedged)]))
    b.ask_at(15, b.endpoint(app, [("call", b.call(slow, pool_of=hedged))]))
    assert b.answers() == [(30, OK), (60, OK)]


def test_who_is_let_go_does_not_count_for_the_balance() -> None:
    """The slow attempt let go is no longer outstanding, though it is still worked on."""
    b = Case()
    station = pair(b, workers=4)
    service = b.service_of(station)
    b._rows["service"][service]["balance"] = lay.LB_LEAST
    b.fault(0, lay.FAULT_SLOW, b.replica_of(station, 0), 100)
    b.fault(0, lay.FAULT_SLOW, b.replica_of(station, 1), 100)
    b.fault(15 * MS, lay.FAULT_SLOW, b.replica_of(station, 0), 1)
    b.fault(15 * MS, lay.FAULT_SLOW, b.replica_of(station, 1), 1)
    b.ask_at(1, station, hedge_s=20 * MS)
    b.ask_at(40, station)
    b.ask_at(41, station)
    b.down(45, station, index=0)
    b.down(45, station, index=1)
    b.ask_at(42, station)
    answers = b.answers()
    assert answers[0] == (31, OK)
    assert [outcome for _, outcome in answers[1:]] == [FAILED] * 3


def test_a_killed_caller_is_not_waited_for_twice() -> None:
    """Both of a pair wait for a connection of a replica that is killed: one caller, found dead."""
    b = Case()
    app, slow = b.service(per_group=1), b.slow_thing(100)
    holder = b.call(slow, pool_per_replica=(app, 1))
    hedged = b.call(slow, pool_of=holder, hedge_s=10 * MS)
    late = b.call(slow, pool_of=holder, hedge_s=50 * MS)
    b.ask_at(0, b.endpoint(app, [("call", holder)]))
    b.ask_at(1, b.endpoint(app, [("call", hedged)]))
    b.ask_at(2, b.endpoint(app, [("call", late)]))
    b.fault(20 * MS, lay.FAULT_DOWN, b.replica(app))
    assert b.answers() == [(100, FAILED), (20, FAILED), (20, FAILED)]


# --- cancelling -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("cancel", "ms"), [(True, 45), (False, 75)])
def test_work_for_nobody_stops_at_the_next_step(cancel: bool, ms: float) -> None:
    """Given up at 20 ms, a cancelled attempt ends when it is resumed at 30; another one, at 60."""
    b = Case()
    app = b.service(per_group=1, workers=1)
    long, short = b.endpoint(app, [b.wait(15)] * 4), b.endpoint(app, [b.wait(15)])
    b.ask_at(0, long, timeout_s=20 * MS, cancel=cancel)
    b.ask_at(25, short)
    assert b.answers() == [(20, TIMED_OUT), (ms, OK)]


@pytest.mark.parametrize(("cancel", "ms"), [(True, 60), (False, 90)])
def test_work_for_nobody_is_not_begun(cancel: bool, ms: float) -> None:
    """An attempt given up in the queue hands its worker on at once when its turn comes."""
    b = Case()
    station = b.station(30)
    b.ask_at(0, station)
    b.ask_at(1, station, timeout_s=5 * MS, cancel=cancel)
    b.ask_at(2, station)
    assert b.answers() == [(30, OK), (6, TIMED_OUT), (ms, OK)]


@pytest.mark.parametrize(
    ("above", "below", "ms"), [(True, True, 45), (True, False, 75), (False, True, 75)]
)
def test_cancelling_goes_down_where_each_call_lets_it(above: bool, below: bool, ms: float) -> None:
    """What a cancelled attempt called is cancelled too, if its call says so."""
    b = Case()
    app = b.service(per_group=1, workers=1)
    leaf, short = b.endpoint(app, [b.wait(15)] * 4), b.endpoint(app, [b.wait(15)])
    middle = b.endpoint(b.delay_service(), [("call", b.call(leaf, cancel=below))])
    b.ask_at(0, middle, timeout_s=20 * MS, cancel=above)
    b.ask_at(25, short)
    assert b.answers() == [(20, TIMED_OUT), (ms, OK)]


@pytest.mark.parametrize(("cancel", "ms"), [(True, 30), (False, 75)])
def test_strays_are_cancelled_too(cancel: bool, ms: float) -> None:
    """When one of two answers is enough, work for the other stops at its next step."""
    b = Case()
    app = b.service(per_group=1, workers=1)
    long, short = b.endpoint(app, [b.wait(15)] * 4), b.endpoint(app, [b.wait(15)])
    b.ask(("some", [b.call(long, cancel=cancel), b.call(b.slow_thing(10))], 1))
    b.ask_at(12, short)
    assert b.answers() == [(10, OK), (ms, OK)]


def test_hedges_let_go_are_cancelled_too() -> None:
    """The one that came second stops at its next step, and frees the worker."""
    b = Case()
    station = b.endpoint(
        b.service(per_group=2, workers=1, balance=lay.LB_ROUND_ROBIN), [b.cpu(10)] * 4
    )
    b.fault(0, lay.FAULT_SLOW, b.replica_of(station, 0), 10)
    b.ask_at(1, station, hedge_s=20 * MS, cancel=True)
    b.ask_at(65, station)  # first replica: its cancelled step ends at 101
    b.fault(70 * MS, lay.FAULT_SLOW, b.replica_of(station, 0), 1)
    assert b.answers() == [(61, OK), (141, OK)]
