"""The plain reading of Hosts, Freezing and stretched work, worked out by hand."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.layout import FAILED, OK

from .case import MS, NS_PER_MS, Case


def hosted(b: Case, cores: int, ms: float, speeds: tuple[float, ...] = (), n: int = 1) -> int:
    """A station of n replicas that share the cores of one host."""
    station = b.station(ms, per_group=n, workers=64, balance=lay.LB_ROUND_ROBIN)
    b.host(cores, [b.replica_of(station, i) for i in range(n)], speeds)
    return station


def test_two_jobs_share_a_core_evenly() -> None:
    """10 ms of work each, the second 4 ms late: the first has 6 left, done 12 ms later; then 4."""
    b = Case()
    station = hosted(b, 1, 10)
    b.ask_at(0, station)
    b.ask_at(4, station)
    assert b.answers() == [(16, OK), (20, OK)]


def test_jobs_up_to_the_cores_do_not_disturb_each_other() -> None:
    """Two jobs on two cores run at full speed; three at two thirds each."""
    b = Case()
    station = hosted(b, 2, 10)
    for ms in (0, 0, 20, 20, 20):
        b.ask_at(ms, station)
    assert b.answers() == [(10, OK), (10, OK), (35, OK), (35, OK), (35, OK)]


def test_replicas_on_one_host_share_it() -> None:
    """Two replicas of a service, one job each, have one core between them."""
    b = Case()
    station = hosted(b, 1, 10, n=2)
    b.ask_at(0, station)
    b.ask_at(0, station)
    assert b.answers() == [(20, OK), (20, OK)]


def test_speeds_say_what_each_job_gets() -> None:
    """At 1, then 0.8 each, then 1.6 shared by all: 10 ms of work take 10, 12.5 and 25 ms."""
    b = Case()
    station = hosted(b, 2, 10, (1.0, 0.8))
    for ms, n in ((0, 1), (100, 2), (200, 4)):
        for _ in range(n):
            b.ask_at(ms, station)
    assert b.answers() == [(10, OK), *[(112.5, OK)] * 2, *[(225, OK)] * 4]


def test_short_work_is_done_before_long_work_that_came_first() -> None:
    """A host has no queue: 2 ms of work beside 10 ms are done after 4 ms."""
    b = Case()
    long, short = b.station(10, workers=2), b.station(2)
    b.host(1, [b.replica_of(long), b.replica_of(short)])
    b.ask_at(0, long)
    b.ask_at(3, short)
    assert b.answers() == [(12, OK), (7, OK)]


def test_a_killed_guest_leaves_the_host_to_the_others() -> None:
    """Its jobs go at once; the one that stays gets the whole core from then on."""
    b = Case()
    station = hosted(b, 1, 10, n=2)
    b.ask_at(0, station)
    b.ask_at(0, station)
    b.down(8, station, index=1)
    assert b.answers() == [(14, OK), (8, FAILED)]


def test_jobs_that_end_together_go_in_the_order_they_came() -> None:
    """Two callers woken in the same moment take the one free worker in the order they entered."""
    b = Case()
    station = hosted(b, 1, 10)
    b.ask_at(0, b.endpoint(b.service_of(station), [b.cpu(10), b.wait(1)]))
    b.ask_at(0, b.endpoint(b.service_of(station), [b.cpu(10), b.wait(2)]))
    assert b.answers() == [(21, OK), (22, OK)]


def test_slow_replicas_bring_more_work() -> None:
    """Slowness multiplies the work a job brings to the host, not the host's speed."""
    b = Case()
    station = hosted(b, 1, 10, n=2)
    b.fault(0, lay.FAULT_SLOW, b.replica_of(station, 0), 3)
    b.ask_at(1, station)
    b.ask_at(1, station)
    assert b.answers() == [(41, OK), (21, OK)]


# --- stretched work -------------------------------------------------------------------------------


def test_work_grows_with_those_in_progress() -> None:
    """At 0.1 for each other and 0.01 a pair, 10 ms are 11.2 for the second, 12.6 for the third."""
    b = Case()
    station = b.station(10, workers=4, contention=0.1, coherency=0.01)
    for _ in range(3):
        b.ask_at(1, station)
    assert b.answers() == [(11, OK), (12.2, OK), (13.6, OK)]


def test_contention_alone_serialises() -> None:
    """At a contention of 1, work takes as many times longer as there are requests."""
    b = Case()
    station = b.station(10, workers=4, contention=1)
    for ms in (0, 0, 100):
        b.ask_at(ms, station)
    assert b.answers() == [(10, OK), (20, OK), (110, OK)]


# --- freezing -------------------------------------------------------------------------------------


def freeze(b: Case, station: int, ms: float, for_ms: float) -> None:
    b.fault(ms * MS, lay.FAULT_FREEZE, b.replica_of(station), for_ms * NS_PER_MS)


def test_frozen_cores_go_on_where_they_stood() -> None:
    """Work in progress ends as much later as the cores stood still; work that comes waits."""
    b = Case()
    station = b.station(10, workers=4, cores=4)
    freeze(b, station, 5, 20)
    for ms in (0, 7, 30):
        b.ask_at(ms, station)
    assert b.answers() == [(30, OK), (35, OK), (40, OK)]


def test_freezes_that_overlap_count_once() -> None:
    """20 ms from 5 and 20 ms from 15 are 30 ms; one within another adds nothing."""
    b = Case()
    station = b.station(10, workers=4, cores=4)
    for ms, for_ms in ((5, 20), (15, 20), (16, 2)):
        freeze(b, station, ms, for_ms)
    b.ask_at(0, station)
    b.ask_at(20, station)
    assert b.answers() == [(40, OK), (45, OK)]


def test_waits_go_on_while_cores_stand_still() -> None:
    """A pause is no work: only what needs a core is late."""
    b = Case()
    service = b.service(per_group=1, workers=4, cores=1)
    pause, work = b.endpoint(service, [b.wait(10)]), b.endpoint(service, [b.cpu(10)])
    freeze(b, pause, 5, 20)
    for endpoint in (pause, work, work):
        b.ask_at(0, endpoint)
    assert b.answers() == [(10, OK), (30, OK), (40, OK)]


@pytest.mark.parametrize("up_ms", [8, 18])
def test_a_frozen_replica_that_dies_does_not_thaw_for_the_dead(up_ms: float) -> None:
    """What it worked on is found dead when it would have ended; the next life is frozen still."""
    b = Case()
    station = b.station(10, workers=4, cores=4)
    freeze(b, station, 5, 20)
    b.ask_at(0, station)
    b.down(7, station)
    b.fault(up_ms * MS, lay.FAULT_UP, b.replica_of(station))
    b.ask_at(19, station)
    assert b.answers() == [(10, FAILED), (35, OK)]


# --- errors ---------------------------------------------------------------------------------------


def test_a_share_of_what_starts_fails() -> None:
    """At errors of 1 all that starts fails at once, and is heard of after the rtt."""
    b = Case()
    station = b.station(10)
    b.fault(5 * MS, lay.FAULT_ERRORS, b.replica_of(station), 1)
    b.fault(20 * MS, lay.FAULT_ERRORS, b.replica_of(station), 0)
    for ms in (0, 1, 12, 25):
        b.ask_at(ms, station, rtt_s=1 * MS)
    assert b.answers() == [(11, OK), (11, FAILED), (13, FAILED), (36, OK)]


def test_half_of_what_starts_fails() -> None:
    """At errors of a half, half of many requests fail."""
    b = Case()
    station = b.station(1, workers=1000)
    b.fault(0, lay.FAULT_ERRORS, b.replica_of(station), 0.5)
    for _ in range(400):
        b.ask_at(1, station)
    failed = sum(outcome == FAILED for _, outcome in b.answers())
    assert failed == pytest.approx(200, abs=40)
