"""The plain reading of Watches, Breakers, Backoff and Controllers, worked out by hand."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.layout import FAILED, OK, TIMED_OUT
from backend_lead.kernel.twin_chance import Stream, hash2

from .case import MS, NS_PER_MS, Case

# --- watches --------------------------------------------------------------------------------------


def pair(b: Case, ms: float = 1) -> int:
    """A station of two replicas taken in turn."""
    return b.station(ms, per_group=2, workers=64, balance=lay.LB_ROUND_ROBIN)


def test_checks_hide_a_dead_replica_and_show_it_again() -> None:
    """Dead from 5 ms, it fails the checks at 10 and 20; up at 25, it passes those at 30 and 40."""
    b = Case()
    station = pair(b)
    b.watch(b.service_of(station), period_s=10 * MS, fails=2, passes=2)
    b.down(5, station, index=1)
    b.fault(25 * MS, lay.FAULT_UP, b.replica_of(station, 1))
    for ms in (11, 12, 21, 22, 39, 41, 42):
        b.ask_at(ms, station)
    b.down(41.5, station, index=0)
    outcomes = [outcome for _, outcome in b.answers()]
    # At 41 it is the turn of the one shown at 40, at 42 that of the other one, dead by now.
    assert outcomes == [OK, FAILED, OK, OK, OK, OK, FAILED]


def test_a_check_that_passes_in_between_counts_anew() -> None:
    """Down at one check and up at the next, it is never hidden at two failures in a row."""
    b = Case()
    station = pair(b)
    b.watch(b.service_of(station), period_s=10 * MS, fails=2)
    for i in range(3):
        b.down(20 * i + 5, station, index=1)
        b.fault((20 * i + 15) * MS, lay.FAULT_UP, b.replica_of(station, 1))
    b.ask_at(66, station)
    b.ask_at(67, station)
    b.down(66.5, station, index=0)
    assert b.answers() == [(67, FAILED), (68, OK)]


def test_a_replica_that_fails_its_callers_is_ejected_for_a_while() -> None:
    """Three failures in a row hide it for 50 ms; then it is shown, and fails again."""
    b = Case()
    station = pair(b)
    b.watch(b.service_of(station), eject=3, pause_s=50 * MS, share=0.5)
    b.fault(0, lay.FAULT_ERRORS, b.replica_of(station, 1), 1)
    starts = [*range(1, 13), 70, 71]
    for ms in starts:
        b.ask_at(ms, station)
    failed = [start for start, (_, outcome) in zip(starts, b.answers(), strict=True)
              if outcome == FAILED]  # fmt: skip
    assert failed[:3] == [2, 4, 6]
    assert len(failed) == 4 and failed[3] >= 70


def test_no_more_than_a_share_is_ejected() -> None:
    """Of two replicas 0.4 is less than one: none is ejected."""
    b = Case()
    station = pair(b)
    b.watch(b.service_of(station), eject=1, pause_s=50 * MS, share=0.4)
    b.fault(0, lay.FAULT_ERRORS, b.replica_of(station, 1), 1)
    for ms in range(1, 9):
        b.ask_at(ms, station)
    assert [outcome for _, outcome in b.answers()] == [OK, FAILED] * 4


def test_an_answer_in_between_counts_anew() -> None:
    """Failures that are not in a row eject nobody."""
    b = Case()
    station = pair(b)
    b.watch(b.service_of(station), eject=2, pause_s=1)
    for ms in (3, 11, 19):
        b.fault(ms * MS, lay.FAULT_ERRORS, b.replica_of(station, 1), 1)
        b.fault((ms + 3) * MS, lay.FAULT_ERRORS, b.replica_of(station, 1), 0)
    starts = range(1, 25)
    for ms in starts:
        b.ask_at(ms, station)
    failed = [start for start, (_, outcome) in zip(starts, b.answers(), strict=True)
              if outcome == FAILED]  # fmt: skip
    assert failed == [4, 12, 20]


def test_who_was_ejected_and_died_is_brought_back_by_checks() -> None:
    """Dead when its pause is over, it stays hidden until it passes a check."""
    b = Case()
    station = pair(b)
    b.watch(b.service_of(station), period_s=100 * MS, eject=1, pause_s=20 * MS)
    b.fault(0, lay.FAULT_ERRORS, b.replica_of(station, 1), 1)
    b.fault(10 * MS, lay.FAULT_ERRORS, b.replica_of(station, 1), 0)
    b.ask_at(1, station)
    b.ask_at(2, station)  # ejects it until 22
    b.down(20, station, index=1)
    b.fault(30 * MS, lay.FAULT_UP, b.replica_of(station, 1))
    b.down(50, station, index=0)
    for ms in (60, 61, 101, 102):
        b.ask_at(ms, station)
    outcomes = [outcome for _, outcome in b.answers()]
    assert outcomes[:4] == [OK, FAILED, FAILED, FAILED]
    assert OK in outcomes[4:]


# --- breakers -------------------------------------------------------------------------------------


def test_a_breaker_looks_at_its_last_outcomes() -> None:
    """Two bad ones of the last three open it, however long ago they were."""
    b = Case()
    station = b.station(1, workers=64)
    breaker = b.breaker(station, least=3, share=0.6, pause_s=1, last=3, window_s=MS)
    for ms in (500, 700):
        b.fault((ms - 5) * MS, lay.FAULT_ERRORS, b.replica_of(station), 1)
        b.fault((ms + 5) * MS, lay.FAULT_ERRORS, b.replica_of(station), 0)
    for ms in (100, 200, 300, 500, 600, 700, 800):
        b.ask_at(ms, station, breaker=breaker)
    assert [outcome for _, outcome in b.answers()] == [OK, OK, OK, FAILED, OK, FAILED, FAILED]


def test_a_window_of_time_would_have_forgotten() -> None:
    """The same failures within windows of 1 ms open nothing."""
    b = Case()
    station = b.station(1, workers=64)
    breaker = b.breaker(station, least=3, share=0.6, pause_s=1, window_s=MS)
    for ms in (500, 700):
        b.fault((ms - 5) * MS, lay.FAULT_ERRORS, b.replica_of(station), 1)
        b.fault((ms + 5) * MS, lay.FAULT_ERRORS, b.replica_of(station), 0)
    for ms in (500, 600, 700, 800):
        b.ask_at(ms, station, breaker=breaker)
    assert [outcome for _, outcome in b.answers()] == [FAILED, OK, FAILED, OK]


def test_a_half_open_breaker_lets_its_probes_through() -> None:
    """Open at 8 ms for 20; of three at 30 two probe, the third fails fast; two answers close it."""
    b = Case()
    station = b.station(1, workers=64)
    breaker = b.breaker(station, least=3, share=1, pause_s=20 * MS, last=3, probes=2)
    b.down(0, station)
    b.fault(25 * MS, lay.FAULT_UP, b.replica_of(station))
    for ms in (1, 2, 3, 10, 30, 31, 32, 40):
        b.ask_at(ms, station, rtt_s=5 * MS, breaker=breaker)
    assert b.answers() == [
        *((ms, FAILED) for ms in (6, 7, 8, 10)),
        *((ms, OK) for ms in (36, 37)),
        (32, FAILED),
        (46, OK),
    ]


def test_a_probe_that_fails_opens_it_again() -> None:
    """The second of two probes fails: it is open again for its pause."""
    b = Case()
    station = b.station(1, workers=64)
    breaker = b.breaker(station, least=1, share=1, pause_s=20 * MS, last=3, probes=2)
    b.fault(0, lay.FAULT_ERRORS, b.replica_of(station), 1)
    b.fault(5 * MS, lay.FAULT_ERRORS, b.replica_of(station), 0)
    b.fault(35 * MS, lay.FAULT_ERRORS, b.replica_of(station), 1)
    b.fault(45 * MS, lay.FAULT_ERRORS, b.replica_of(station), 0)
    for ms in (1, 30, 40, 50, 70, 71, 75):
        b.ask_at(ms, station, breaker=breaker)
    outcomes = [outcome for _, outcome in b.answers()]
    assert outcomes == [FAILED, OK, FAILED, FAILED, OK, OK, OK]


def test_probes_that_are_lost_are_sent_again_after_a_pause() -> None:
    """Two probes without an answer: a pause after the first, two others may go."""
    b = Case()
    station = b.station(1, workers=64)
    breaker = b.breaker(station, least=1, share=1, pause_s=20 * MS, last=1, probes=2)
    b.down(0, station)
    b.down(5, station, silent=True)
    b.fault(45 * MS, lay.FAULT_UP, b.replica_of(station))
    for ms in (1, 30, 31, 32, 51, 52, 55):
        b.ask_at(ms, station, breaker=breaker, timeout_s=1)
    assert b.answers() == [
        (1, FAILED),
        (1030, TIMED_OUT),
        (1031, TIMED_OUT),
        (32, FAILED),
        (52, OK),
        (53, OK),
        (56, OK),
    ]


# --- backoff --------------------------------------------------------------------------------------


def waits(shape: int) -> tuple[int, list[float]]:
    """The time spent between four attempts of 20 ms, and the draws of the three retries."""
    b = Case()
    call = b.call(b.slow_thing(100), timeout_s=20 * MS, retries=3, backoff_s=10 * MS,
                  backoff_cap_s=25 * MS, shape=shape)  # fmt: skip
    b.ask(("call", call))
    (_, _, _, start, end, outcome) = twin.run(b.build(), seed=3, until_ns=10**9).outcomes[0]
    assert outcome == TIMED_OUT
    root = Stream(hash2(hash2(3, 1001), 0))
    root.next()
    return end - start - 80 * NS_PER_MS, [Stream(root.next()).u() for _ in range(3)]


def test_backoff_without_jitter() -> None:
    """10, 20 and, at the cap, 25 ms."""
    assert waits(lay.JITTER_NONE)[0] == 55 * NS_PER_MS


def test_backoff_with_full_jitter() -> None:
    """A uniform share of 10, 20 and 25 ms."""
    total, draws = waits(lay.JITTER_FULL)
    whole = (10 * NS_PER_MS, 20 * NS_PER_MS, 25 * NS_PER_MS)
    assert total == sum(int(u * b) for u, b in zip(draws, whole, strict=True))


def test_backoff_with_equal_jitter() -> None:
    """Half of it, and a uniform share of the other half."""
    total, draws = waits(lay.JITTER_EQUAL)
    whole = (10 * NS_PER_MS, 20 * NS_PER_MS, 25 * NS_PER_MS)
    assert total == sum(int(b / 2 + u * (b / 2)) for u, b in zip(draws, whole, strict=True))


def test_backoff_with_decorrelated_jitter() -> None:
    """Between 10 ms and three times the wait before, at most 25 ms."""
    total, draws = waits(lay.JITTER_DECORRELATED)
    base, cap = 10.0 * NS_PER_MS, 25.0 * NS_PER_MS
    before, expected = base, 0
    for u in draws:
        wait = int(min(cap, base + u * (before * 3 - base)))
        before, expected = float(wait), expected + wait
    assert total == expected


# --- controllers ----------------------------------------------------------------------------------


def crowd(b: Case, at_ms: float, station: int, n: int = 4) -> None:
    for i in range(n):
        b.ask_at(at_ms + 0.01 * i, station)


def busy_station(b: Case, per_group: int = 8, visible: int = 1) -> int:
    """Replicas of one worker each, of which the idlest is taken; a long job keeps one in use."""
    return b.station(
        100, per_group=per_group, visible=visible, balance=lay.LB_LEAST, workers=1, cores=1
    )


@pytest.mark.parametrize(
    ("step", "grow", "at_once"), [(0, 0.0, 4), (1, 0.0, 2), (0, 2.0, 3), (1, 2.0, 3)]
)
def test_orders_of_one_look_are_limited(step: int, grow: float, at_once: int) -> None:
    """In full use at a target of a quarter it wants four: one more, or twice as many as now."""
    b = Case()
    station = busy_station(b)
    b.controller(b.service_of(station), least=1, period_s=0.1, target=0.25, delay_s=0, cool_s=10,
                 step=step, grow=grow)  # fmt: skip
    b.ask_at(0, station)
    crowd(b, 101, station)
    ends = [ms for ms, _ in b.answers(until_ms=1_000)][1:]
    assert sum(ms < 202 for ms in ends) == at_once


@pytest.mark.parametrize(("looks", "kept"), [(1, 1), (2, 2)])
def test_use_is_averaged_over_looks(looks: int, kept: int) -> None:
    """Half in use in the first 100 ms, idle in the next: over both it still wants two replicas."""
    b = Case()
    station = busy_station(b, per_group=2, visible=2)
    b.controller(b.service_of(station), least=1, period_s=0.1, target=0.3, delay_s=0, cool_s=0,
                 looks=looks)  # fmt: skip
    b.ask_at(0, station)
    crowd(b, 201, station, 2)
    ends = [ms for ms, _ in b.answers(until_ms=1_000)][1:]
    assert sum(ms < 302 for ms in ends) == kept


def test_the_least_may_be_raised() -> None:
    """From 50 ms on it keeps three, whatever the use: ordered at the look at 100."""
    b = Case()
    station = busy_station(b)
    row = b.controller(b.service_of(station), least=1, period_s=0.1, target=1, delay_s=0, cool_s=10)
    b.fault(50 * MS, lay.FAULT_LEAST, x=3, row=row)
    crowd(b, 101, station)
    assert sum(ms < 202 for ms, _ in b.answers(until_ms=1_000)) == 3


def test_a_controller_leaves_alone_who_is_out() -> None:
    """A replica hidden by checks is up again, but no controller shows it before they do."""
    b = Case()
    station = busy_station(b, per_group=2, visible=2)
    b.watch(b.service_of(station), period_s=10 * MS, passes=30)
    b.down(5, station, index=1)
    b.fault(15 * MS, lay.FAULT_UP, b.replica_of(station, 1))
    b.controller(b.service_of(station), least=2, period_s=0.1, target=1, delay_s=0, cool_s=10)
    crowd(b, 101, station, 2)
    crowd(b, 401, station, 2)
    ends = [ms for ms, _ in b.answers(until_ms=1_000)]
    assert [sum(ms < late for ms in some) for late, some in ((202, ends[:2]), (502, ends[2:]))] == [
        1,
        2,
    ]
