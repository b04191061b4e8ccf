"""The plain reading of paid failures, joint probes, tolerance and several taken away at once."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.layout import FAILED, OK

from .case import MS, Case

# --- budgets --------------------------------------------------------------------------------------


def flaky(b: Case, *downs: tuple[float, float]) -> int:
    """A station that refuses from each first to each second ms."""
    station = b.station(1, workers=64)
    for since, until in downs:
        b.down(since, station)
        b.fault(until * MS, lay.FAULT_UP, b.replica_of(station))
    return station


def test_failures_are_paid_and_retries_are_free() -> None:
    """Of four tokens two failures leave two: half is not more than half, and no retry follows."""
    b = Case()
    station = flaky(b, (0, 50))
    budget = b.budget(0, 4, spend=1, reward=0.5)
    for ms in (10, 20):
        b.ask_at(ms, station, retries=5, rtt_s=1 * MS, budget=budget)
    assert b.answers() == [(12, FAILED), (21, FAILED)]


def test_answers_fill_it_again() -> None:
    """Two left after 12 ms; two answers bring half a token each: one failure leaves no more."""
    b = Case()
    station = flaky(b, (0, 50), (60, 70), (80, 90))
    budget = b.budget(0, 4, spend=1, reward=0.5)
    for ms in (10, 52, 54, 61, 71, 72, 73, 74, 75, 76, 81):
        b.ask_at(ms, station, retries=5, rtt_s=1 * MS, budget=budget)
    ends = [end for end, _ in b.answers()]
    # 2 + 1 - 1 = 2 at 62; + 3 is above the cap of 4 only by one: 4; then as at the start.
    assert ends == [12, 54, 56, 62, 73, 74, 75, 76, 77, 78, 83]


def test_it_is_never_less_than_empty() -> None:
    """Ten failures of three tokens each leave 0: three answers are enough for a retry again."""
    b = Case()
    station = flaky(b, (0, 50), (60, 70))
    budget = b.budget(0, 4, spend=3, reward=2)
    for ms in (*range(10, 20), 52, 54, 61):
        b.ask_at(ms, station, retries=5, rtt_s=1 * MS, budget=budget)
    b.ask_at(62.5, station, retries=5, rtt_s=1 * MS, budget=b.budget(0, 4, spend=1, reward=2))
    ends = [end for end, _ in b.answers()]
    assert ends[:10] == [ms + 1 for ms in range(10, 20)]
    assert ends[10:] == [54, 56, 62, 64.5]


def test_first_attempts_may_earn_as_well() -> None:
    """Each first attempt brings a token: what failed is paid by it, so retries never end."""
    b = Case()
    budget = b.budget(1, 4, spend=1, reward=0)
    for ms in (10, 20, 30):
        b.ask_at(ms, flaky(b, (0, 50)), retries=1, rtt_s=1 * MS, budget=budget)
    # 4 - 1: retry, - 1 = 2; + 1 - 1 = 2: none; likewise.
    assert [end for end, _ in b.answers()] == [12, 21, 31]


def test_a_pair_tells_it_once() -> None:
    """Both of a pair fail: one failure of three tokens leaves more than half."""
    b = Case()
    station = flaky(b, (0, 50))
    b.ask_at(10, station, retries=1, rtt_s=5 * MS, hedge_s=1 * MS,
             budget=b.budget(0, 3, spend=1))  # fmt: skip
    assert b.answers() == [(22, FAILED)]


def test_time_that_is_up_is_a_failure() -> None:
    """Attempts that time out take from it like others that are not OK."""
    b = Case()
    budget = b.budget(0, 4, spend=1)
    b.ask(("call", b.call(b.slow_thing(100), timeout_s=10 * MS, retries=5, budget=budget)))
    assert [end for end, _ in b.answers()] == [20]


# --- breakers -------------------------------------------------------------------------------------


def probed(jointly: bool, bad_until: float, probes: int = 3) -> list[tuple[float, int]]:
    """Opened at 1 ms for 20; asked at 30, 31.2, 32, .. with errors from 30.5 on for a while."""
    b = Case()
    station = b.station(1, workers=64)
    breaker = b.breaker(station, least=1, share=0.6, pause_s=20 * MS, probes=probes,
                        jointly=jointly)  # fmt: skip
    for since, until in ((0, 5), (30.5, bad_until)):
        b.fault(since * MS, lay.FAULT_ERRORS, b.replica_of(station), 1)
        b.fault(until * MS, lay.FAULT_ERRORS, b.replica_of(station), 0)
    for ms in (1, 30, 31.2, 32, 32.5, 34, 45, 55):
        b.ask_at(ms, station, breaker=breaker)
    return b.answers()[1:]


def test_probes_are_judged_together() -> None:
    """One of three fails: less than the share, it closes when the third is back, at 33 ms."""
    assert probed(True, 31.5) == [
        (31, OK), (31.2, FAILED), (33, OK), (32.5, FAILED), (35, OK), (46, OK), (56, OK),
    ]  # fmt: skip


def test_alone_the_first_that_fails_opens_it() -> None:
    """Not jointly it is open from 31.2 on, for 20 ms."""
    assert probed(False, 31.5) == [
        (31, OK),
        *((ms, FAILED) for ms in (31.2, 32, 32.5, 34, 45)),
        (56, OK),
    ]


def test_together_they_open_it_again() -> None:
    """Two of three fail: it is open from the third one's end, at 32 ms, for 20."""
    assert probed(True, 32.2) == [
        (31, OK),
        *((ms, FAILED) for ms in (31.2, 32, 32.5, 34, 45)),
        (56, OK),
    ]


@pytest.mark.parametrize("jointly", [True, False])
def test_one_probe_is_judged_alone(jointly: bool) -> None:
    """One probe OK closes it at 31 ms; the next one's error opens it for 20 ms."""
    outcomes = [outcome for _, outcome in probed(jointly, 31.5, probes=1)]
    assert outcomes == [OK, FAILED, FAILED, FAILED, FAILED, FAILED, OK]


def test_probes_begin_anew_after_a_pause_without_answer() -> None:
    """One of two probes never answers; after a pause two others are asked, and count alone."""
    b = Case()
    station = b.station(1, workers=64)
    breaker = b.breaker(station, least=1, share=0.5, pause_s=20 * MS, probes=2, jointly=True)
    b.down(0, station)
    b.down(5, station, silent=True)
    b.fault(30.5 * MS, lay.FAULT_UP, b.replica_of(station))
    b.fault(30.7 * MS, lay.FAULT_ERRORS, b.replica_of(station), 1)
    b.fault(31.5 * MS, lay.FAULT_ERRORS, b.replica_of(station), 0)
    # Asked at 30 (lost) and 31 (fails); anew at 51 and 52 (both good): it closes at 53.
    for ms in (1, 30, 31, 32, 51, 52, 54):
        b.ask_at(ms, station, breaker=breaker, timeout_s=1)
    assert [outcome for _, outcome in b.answers()][2:] == [FAILED, FAILED, OK, OK, OK]


# --- controllers ----------------------------------------------------------------------------------


def served_at_once(visible: int, busy: int, **controller: float) -> int:
    """How many of eight requests a station takes at once, after a look at 100 ms.

    `busy` of its visible replicas worked all the time before.
    """
    b = Case()
    station = b.station(100, per_group=8, visible=visible, balance=lay.LB_LEAST, cores=1)
    b.controller(b.service_of(station), period_s=0.1, delay_s=0, cool_s=0, **controller)  # type: ignore[arg-type]
    for i in range(busy):
        b.ask_at(0.001 * i, station)
    for i in range(8):
        b.ask_at(101 + 0.01 * i, station)
    return sum(end < 202 for end, _ in b.answers(until_ms=1_000)[busy:])


@pytest.mark.parametrize(
    ("tolerance", "target", "left"),
    [(0, 0.4, 3), (0.2, 0.4, 3), (0.3, 0.4, 2), (0, 1, 1), (0.4, 1, 1), (0.5, 1, 2)],
)
def test_a_use_near_its_target_changes_nothing(tolerance: float, target: float, left: int) -> None:
    """Half of two in use: a quarter above a target of 0.4, half below one of 1."""
    assert served_at_once(2, 1, least=1, target=target, tolerance=tolerance) == left


def test_the_least_is_kept_in_any_case() -> None:
    """A use that is right does not excuse fewer than the least."""
    assert served_at_once(2, 1, least=4, target=0.5, tolerance=0.1) == 4


@pytest.mark.parametrize(("down", "left"), [(0, 3), (1, 3), (2, 2), (3, 1), (9, 1)])
def test_several_may_be_taken_away_in_one_look(down: int, left: int) -> None:
    """Of four idle ones it wants one, and takes away at most so many."""
    assert served_at_once(4, 0, least=1, target=0.5, down=down) == left


def test_the_last_are_taken_away() -> None:
    """Of four with one long job in the first, the first stays."""
    b = Case()
    station = b.station(1, per_group=4, balance=lay.LB_ROUND_ROBIN)
    b.controller(b.service_of(station), least=2, period_s=0.1, target=1, delay_s=0, cool_s=1,
                 down=2)  # fmt: skip
    b.down(101, station, index=2)
    b.down(101, station, index=3)
    for ms in range(102, 110):
        b.ask_at(ms, station)
    assert [outcome for _, outcome in b.answers(until_ms=1_000)] == [OK] * 8
