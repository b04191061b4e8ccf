"""The plain reading of the laws, on cases whose answer is worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.layout import FAILED, OK, TIMED_OUT
from backend_lead.kernel.twin_chance import Stream, hash2

from .case import MS, NS_PER_MS, Case

SEEDS = range(5)


# --- workers, cores, pools ------------------------------------------------------------------------


def test_worker_queue_is_first_come_first_served() -> None:
    """A single worker serves requests in the order they came."""
    b = Case()
    station = b.station(10)
    for ms in (2, 0, 1):
        b.ask_at(ms, station)
    assert b.answers() == [(30, OK), (10, OK), (20, OK)]


def test_core_is_held_for_work_only() -> None:
    """Two workers share one core for their work, and wait side by side."""
    b = Case()
    service = b.service(per_group=1, workers=2, cores=1)
    endpoint = b.endpoint(service, [b.cpu(10), b.wait(100)])
    b.ask_at(0, endpoint)
    b.ask_at(1, endpoint)
    assert b.answers() == [(110, OK), (120, OK)]


def test_worker_is_held_during_a_call() -> None:
    """A worker that waits for its callee serves nobody else."""
    b = Case()
    app = b.service(per_group=1, workers=1)
    endpoint = b.endpoint(app, [("call", b.call(b.slow_thing(30)))])
    b.ask_at(0, endpoint)
    b.ask_at(1, endpoint)
    assert b.answers() == [(30, OK), (60, OK)]


def test_full_queue_refuses_at_once() -> None:
    """A request that finds the queue full fails when it arrives, plus the way back."""
    b = Case()
    station = b.station(10, queue=1)
    for ms in (0, 1, 2):
        b.ask_at(ms, station, rtt_s=3 * MS)
    assert b.answers() == [(13, OK), (23, OK), (5, FAILED)]


def test_pool_of_a_replica_makes_calls_wait() -> None:
    """A replica with one connection makes its calls one after the other, reply time included."""
    b = Case()
    app = b.service(per_group=1)
    call = b.call(b.slow_thing(30), rtt_s=5 * MS, pool_per_replica=(app, 1))
    endpoint = b.endpoint(app, [("call", call)])
    b.ask_at(0, endpoint)
    b.ask_at(1, endpoint)
    assert b.answers() == [(35, OK), (70, OK)]


@pytest.mark.parametrize(("shared", "second"), [(False, 30), (True, 60)])
def test_pool_scope(shared: bool, second: float) -> None:
    """Each caller replica has connections of its own, unless the pool is shared by all."""
    b = Case()
    app = b.service(per_group=2, balance=lay.LB_ROUND_ROBIN)
    pool: dict[str, Any] = {"shared_pool": 1} if shared else {"pool_per_replica": (app, 1)}
    endpoint = b.endpoint(app, [("call", b.call(b.slow_thing(30), **pool))])
    b.ask_at(0, endpoint)
    b.ask_at(0.001, endpoint)
    first_answer, second_answer = b.answers()
    assert first_answer == (30, OK)
    assert second_answer[0] == pytest.approx(second, abs=0.002)


def test_pool_per_group_of_the_callee() -> None:
    """With a connection per group, calls to one group do not wait for calls to another."""
    b = Case()
    app = b.service(per_group=1)
    callee = b.endpoint(b.delay_service(groups=2), [b.wait(30)])
    first = b.call(callee, group=0, pool_per_group=(app, 1))
    others = [b.call(callee, group=group, pool_of=first) for group in (0, 1)]
    for ms, call in enumerate((first, *others)):
        b.ask_at(ms, b.endpoint(app, [("call", call)]))
    assert b.answers() == [(30, OK), (60, OK), (32, OK)]


# --- balancing ------------------------------------------------------------------------------------


def test_round_robin_takes_turns() -> None:
    """Round robin sends every second request to the same replica."""
    b = Case()
    station = b.station(10, per_group=2, balance=lay.LB_ROUND_ROBIN)
    for ms in range(4):
        b.ask_at(ms, station)
    assert b.answers() == [(10, OK), (11, OK), (20, OK), (21, OK)]


@pytest.mark.parametrize("seed", SEEDS)
def test_least_outstanding_finds_the_idle_replica(seed: int) -> None:
    """Least outstanding sends each request to a replica with nothing to do while there is one."""
    b = Case()
    station = b.station(10, per_group=3, balance=lay.LB_LEAST)
    for ms in range(4):
        b.ask_at(ms, station)
    answers = b.answers(seed)
    assert answers[:3] == [(10, OK), (11, OK), (12, OK)]
    assert answers[3][0] in (20, 21, 22)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_choices_of_two_replicas_is_least_outstanding(seed: int) -> None:
    """Of two replicas, the power of two choices always takes the one with less to do."""
    b = Case()
    station = b.station(10, per_group=2, balance=lay.LB_P2C)
    for ms in range(2):
        b.ask_at(ms, station)
    assert b.answers(seed) == [(10, OK), (11, OK)]


def test_random_choice_is_even() -> None:
    """Random balancing gives each of two idle-or-busy replicas half of the requests."""
    b = Case()
    station = b.station(10, per_group=2)
    b.ask_at(0, station)
    b.ask_at(1, station)
    program = b.build()
    runs = [twin.run(program, seed=seed, until_ns=10**9).outcomes for seed in range(200)]
    collided = sum(max(o[4] for o in run) > 15 * NS_PER_MS for run in runs)
    assert 70 < collided < 130


def test_call_to_a_group_stays_in_it() -> None:
    """A call that names a group is not touched by the fall of the other group."""
    b = Case()
    station = b.station(10, groups=2)
    b.down(0, station)
    b.ask_at(1, station, group=0)
    b.ask_at(1, station, group=1)
    assert b.answers() == [(1, FAILED), (11, OK)]


# --- timeouts, retries, orphans -------------------------------------------------------------------


def test_retries_follow_timeouts_at_once() -> None:
    """Two retries after timeouts of 20 ms give up at 60 ms."""
    b = Case()
    b.ask_at(0, b.slow_thing(100), timeout_s=20 * MS, retries=2)
    assert b.answers() == [(60, TIMED_OUT)]


def test_orphans_burn_capacity() -> None:
    """Attempts given up, served or still queued, are worked on before those that came later."""
    b = Case()
    station = b.station(100)
    b.ask_at(0, station, timeout_s=20 * MS, retries=2)
    b.ask_at(70, station)
    assert b.answers() == [(60, TIMED_OUT), (400, OK)]


def test_backoff_doubles_up_to_its_cap() -> None:
    """The k-th retry waits a uniform share of the backoff doubled k - 1 times, at most the cap."""
    b = Case()
    call = b.call(
        b.slow_thing(100), timeout_s=20 * MS, retries=2, backoff_s=10 * MS, backoff_cap_s=15 * MS
    )
    b.ask(("call", call))
    (_, _, _, start, end, outcome) = twin.run(b.build(), seed=3, until_ns=10**9).outcomes[0]
    root = Stream(hash2(hash2(3, 1001), 0))
    _, first, second = (Stream(root.next()) for _ in range(3))
    waits = int(first.u() * 10 * NS_PER_MS) + int(second.u() * 15 * NS_PER_MS)
    assert (end - start, outcome) == (60 * NS_PER_MS + waits, TIMED_OUT)


def test_failures_are_retried_too() -> None:
    """A refused attempt is tried again and succeeds once the replica is back."""
    b = Case()
    station = b.station(10)
    b.down(0, station)
    b.fault(10 * MS, lay.FAULT_UP, b.replica_of(station))
    b.ask_at(5, station, retries=1, rtt_s=6 * MS)
    assert b.answers() == [(27, OK)]


def test_timeout_counts_the_wait_for_a_connection() -> None:
    """An attempt that times out while it waits for a connection never reaches the callee."""
    b = Case()
    app = b.service(per_group=1)
    callee = b.slow_thing(30)
    patient = b.call(callee, pool_per_replica=(app, 1))
    hasty = b.call(callee, timeout_s=20 * MS, pool_of=patient)
    patient_end, hasty_end = (b.endpoint(app, [("call", call)]) for call in (patient, hasty))
    b.ask_at(0, patient_end)
    b.ask_at(1, hasty_end)
    b.ask_at(2, patient_end)
    assert b.answers() == [(30, OK), (21, TIMED_OUT), (60, OK)]


def test_timeout_gives_the_connection_back() -> None:
    """The connection of an attempt that timed out serves the next one, though the callee works."""
    b = Case()
    app = b.service(per_group=1)
    callee = b.slow_thing(100)
    hasty = b.call(callee, timeout_s=20 * MS, pool_per_replica=(app, 1))
    patient = b.call(callee, pool_of=hasty)
    b.ask_at(0, b.endpoint(app, [("call", hasty)]))
    b.ask_at(1, b.endpoint(app, [("call", patient)]))
    assert b.answers() == [(20, TIMED_OUT), (120, OK)]


def test_attempts_of_the_same_deadline() -> None:
    """An attempt given a connection in the very moment of its own deadline is sent as an orphan."""
    b = Case()
    station = b.station(100)
    app = b.service(per_group=1)
    first = b.call(station, timeout_s=20 * MS, pool_per_replica=(app, 1))
    second = b.call(station, timeout_s=20 * MS, pool_of=first)
    b.ask_at(0, b.endpoint(app, [("par", [first, second])]))
    b.ask_at(30, station)
    assert b.answers() == [(20, TIMED_OUT), (300, OK)]


def test_reply_at_the_deadline_comes_too_late() -> None:
    """A reply due in the nanosecond of the timeout loses, as the timeout was scheduled first."""
    b = Case()
    b.ask(("call", b.call(b.slow_thing(20), timeout_s=20 * MS)))
    b.ask(("call", b.call(b.slow_thing(20), timeout_s=20 * MS + 1e-9)))
    assert b.answers() == [(20, TIMED_OUT), (20, OK)]


# --- faults ---------------------------------------------------------------------------------------


def test_refusing_replica_fails_its_work() -> None:
    """A kill fails what is queued at once, what runs when it would go on, and all that comes."""
    b = Case()
    station = b.station(10, workers=2, cores=1)
    for ms in (0, 1, 2, 6):
        b.ask_at(ms, station, timeout_s=50 * MS)
    b.down(5, station)
    assert b.answers() == [(10, FAILED), (5, FAILED), (5, FAILED), (6, FAILED)]


def test_silent_replica_is_noticed_by_timeouts_alone() -> None:
    """A silent kill loses attempts that have a timeout, wherever they are, and fails the others."""
    b = Case()
    station = b.station(10, workers=2, cores=1)
    for ms in (0, 1, 2, 6):
        b.ask_at(ms, station, timeout_s=50 * MS)
    b.ask_at(3, station)
    b.ask_at(7, station)
    b.down(5, station, silent=True)
    assert b.answers() == [
        *((ms, TIMED_OUT) for ms in (50, 51, 52, 56)),
        (5, FAILED),
        (7, FAILED),
    ]


def test_replica_comes_up_empty() -> None:
    """A replica that is up again serves at once, whatever it held when it fell."""
    b = Case()
    station = b.station(10)
    for ms in (0, 1, 9):
        b.ask_at(ms, station)
    b.down(5, station)
    b.fault(8 * MS, lay.FAULT_UP, b.replica_of(station))
    assert b.answers() == [(10, FAILED), (5, FAILED), (19, OK)]


def test_down_replica_stays_in_the_balance_until_hidden() -> None:
    """Half of a balanced zone fails until the balancer hides the dead replica."""
    b = Case()
    station = b.station(1, per_group=2, balance=lay.LB_ROUND_ROBIN)
    for ms in (10, 20, 40, 50):
        b.ask_at(ms, station)
    b.down(5, station, index=1)
    b.fault(30 * MS, lay.FAULT_HIDE, b.replica_of(station, 1))
    assert b.answers() == [(11, OK), (20, FAILED), (41, OK), (51, OK)]


def test_hidden_replica_gets_nothing_until_shown() -> None:
    """A hidden replica gets no requests; shown again, it gets its turns."""
    b = Case()
    station = b.station(10, per_group=2, balance=lay.LB_ROUND_ROBIN)
    for ms in (1, 2, 31, 32):
        b.ask_at(ms, station)
    b.fault(0.5 * MS, lay.FAULT_HIDE, b.replica_of(station, 1))
    b.fault(30 * MS, lay.FAULT_SHOW, b.replica_of(station, 1))
    assert b.answers() == [(11, OK), (21, OK), (41, OK), (42, OK)]


def test_group_without_visible_replicas_fails_calls() -> None:
    """A call to a group with no visible replica fails at once, the way back included."""
    b = Case()
    station = b.station(10)
    b.fault(0, lay.FAULT_HIDE, b.replica_of(station))
    b.ask_at(1, station, rtt_s=2 * MS, timeout_s=50 * MS)
    assert b.answers() == [(3, FAILED)]


def test_slow_replica_works_longer_but_waits_the_same() -> None:
    """Slowness multiplies the work sampled from then on, and no delay."""
    b = Case()
    endpoint = b.endpoint(b.service(per_group=1), [b.cpu(10), b.wait(5)])
    b.ask_at(0, endpoint)
    b.ask_at(6, endpoint)
    b.ask_at(60, endpoint)
    b.fault(5 * MS, lay.FAULT_SLOW, b.replica_of(endpoint), 3)
    b.fault(50 * MS, lay.FAULT_SLOW, b.replica_of(endpoint), 1)
    assert b.answers() == [(15, OK), (41, OK), (75, OK)]


def test_no_retries_for_a_dead_caller() -> None:
    """A caller killed while it waits is found dead at its callee's timeout, without a retry."""
    b = Case()
    call = b.call(b.slow_thing(100), timeout_s=20 * MS, retries=3)
    app = b.endpoint(b.service(per_group=1), [("call", call)])
    b.ask_at(0, app)
    b.down(5, app)
    assert b.answers() == [(20, FAILED)]


def test_kill_empties_the_pools_of_the_replica() -> None:
    """Calls that wait for a connection of a killed replica vanish; a new life has all slots."""
    b = Case()
    app = b.service(per_group=1)
    call = b.call(b.slow_thing(30), pool_per_replica=(app, 1))
    endpoint = b.endpoint(app, [("call", call)])
    for ms in (0, 1, 8, 9):
        b.ask_at(ms, endpoint)
    b.down(5, endpoint)
    b.fault(7 * MS, lay.FAULT_UP, b.replica_of(endpoint))
    assert b.answers() == [(30, FAILED), (5, FAILED), (38, OK), (68, OK)]
