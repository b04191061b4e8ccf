"""The plain reading of Balancing, Hops and Queues, worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.layout import FAILED, OK, TIMED_OUT
from backend_lead.kernel.twin_chance import Stream, hash2

from .case import MS, NS_PER_MS, Case

SEEDS = range(5)


# --- balancing ------------------------------------------------------------------------------------


def keyed(b: Case, station: int, n: int = 1, **options: object) -> int:
    """A root that draws one of n keys, and calls the station."""
    return b.ask(("key", b.keys([1] * n)), ("call", b.call(station, **options)))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
def test_three_choices_of_three_find_the_idle_one(seed: int) -> None:
    """Of three replicas, three choices always see the one with nothing to do."""
    b = Case()
    station = b.station(10, per_group=3, balance=lay.LB_P2C, choices=3)
    for ms in range(3):
        b.ask_at(ms, station)
    assert b.answers(seed) == [(10, OK), (11, OK), (12, OK)]


def test_three_choices_of_two_are_two() -> None:
    """With two replicas there is no third one to look at."""
    b = Case()
    station = b.station(10, per_group=2, balance=lay.LB_P2C, choices=3)
    for ms in range(2):
        b.ask_at(ms, station)
    assert b.answers() == [(10, OK), (11, OK)]


def test_weights_share_out_the_requests() -> None:
    """A replica of weight 3 gets three of four requests, one of weight 1 the fourth."""
    b = Case()
    weighted = b.service(per_group=2, weights=[1, 3], balance=lay.LB_WEIGHTED)
    endpoint = b.endpoint(weighted, [b.wait(1)])
    b.fault(0, lay.FAULT_DOWN, b.replica(weighted, index=0))
    for _ in range(400):
        b.ask_at(1, endpoint)
    assert sum(outcome == OK for _, outcome in b.answers()) == pytest.approx(300, abs=35)


def test_least_outstanding_divides_by_weight() -> None:
    """At 1 against 3, (0 + 1) / 3 and (1 + 1) / 3 are below (0 + 1) / 1; then it is even."""
    b = Case()
    station = b.station(100, per_group=2, balance=lay.LB_LEAST, weights=[1, 3], workers=4)
    b.down(10, station, index=1)
    for ms in range(3):
        b.ask_at(ms, station)
    b.ask_at(3, station)
    answers = b.answers()
    assert answers[:2] == [(100, FAILED), (101, FAILED)]
    assert sum(outcome == FAILED for _, outcome in answers) == 3  # of four, one to the light one


def test_a_key_stays_at_its_replica() -> None:
    """Hashing sends a key where the hash of (key + 1, row) is the largest, whatever is busy."""
    b = Case()
    station = b.station(10, per_group=3, balance=lay.LB_HASH)
    best = max(range(3), key=lambda i: hash2(1, b.replica_of(station, i)))
    for _ in range(3):
        keyed(b, station)
    b.fault(5 * MS, lay.FAULT_HIDE, b.replica_of(station, (best + 1) % 3))
    assert [round(ms) for ms, _ in b.answers()] == [10, 20, 30]
    for index in range(3):
        if index != best:
            b.down(0, station, index=index)
    assert [outcome for _, outcome in b.answers()] == [OK] * 3


def test_near_replicas_are_chosen_while_there_are_any() -> None:
    """A caller in zone 1 goes to the one replica there until it is hidden, then to the others."""
    b = Case()
    station = b.station(10, per_group=3, balance=lay.LB_ROUND_ROBIN, near=True)
    b.zone(b.replica_of(station, 1), 1)
    for ms in (0, 1, 50, 51):
        b.zone(b.replica_of(b.ask_at(ms, station)), 1)
    b.fault(40 * MS, lay.FAULT_HIDE, b.replica_of(station, 1))
    assert b.answers() == [(10, OK), (20, OK), (60, OK), (61, OK)]


def test_a_replica_shown_anew_starts_slowly() -> None:
    """Its weight is a tenth at first: most requests go to the one that was there all the time."""
    b = Case()
    station = b.station(
        1, per_group=2, workers=100, balance=lay.LB_WEIGHTED, slow_start_s=1000, visible=1
    )
    b.fault(1 * MS, lay.FAULT_SHOW, b.replica_of(station, 1))
    b.fault(1 * MS, lay.FAULT_DOWN, b.replica_of(station, 1))
    for _ in range(440):
        b.ask_at(2, station)
    failed = sum(outcome == FAILED for _, outcome in b.answers())
    assert failed == pytest.approx(440 * 0.1 / 1.1, abs=20)


def test_a_group_is_chosen_by_key() -> None:
    """Of four groups a key has one: all its calls wait for the one worker there."""
    b = Case()
    station = b.station(10, groups=4)
    for _ in range(3):
        keyed(b, station, by_key=True)
    home = hash2(0, 1) % 4
    b.fault(25 * MS, lay.FAULT_DOWN, b.replica(b.service_of(station), group=home))
    assert sorted(ms for ms, outcome in b.answers() if outcome == OK) == [10, 20]


# --- hops -----------------------------------------------------------------------------------------


def across(b: Case, rtt_ms: float, loss: float = 0, station_ms: float = 10) -> tuple[int, int]:
    """A station in zone 1, and the hops there; the askers are in zone 0."""
    station = b.station(station_ms, workers=1_000, cores=1_000)
    b.zone(b.replica_of(station), 1)
    first, _ = b.hops([[0, rtt_ms * MS], [0, 0]], [[0, loss], [0, 0]])
    return station, first


def test_the_way_takes_its_round_trip() -> None:
    """A reply waits for its call's rtt and its hop's, as that was when it was sent."""
    b = Case()
    station, hop = across(b, 5)
    b.fault(20 * MS, lay.FAULT_LAG, x=7 * NS_PER_MS, row=hop + 1)
    b.fault(40 * MS, lay.FAULT_LAG, x=-12 * NS_PER_MS, row=hop + 1)
    for ms in (0, 18, 30, 50):
        b.ask_at(ms, station, hops=(hop, 2), rtt_s=1 * MS)
    assert b.answers() == [(16, OK), (34, OK), (53, OK), (61, OK)]


def test_a_cut_is_noticed_by_timeouts_alone() -> None:
    """While the hop is cut, attempts with a timeout are lost; others fail after the call's rtt."""
    b = Case()
    station, hop = across(b, 5)
    b.fault(5 * MS, lay.FAULT_CUT, x=1, row=hop + 1)
    b.fault(30 * MS, lay.FAULT_CUT, x=0, row=hop + 1)
    b.ask_at(0, station, hops=(hop, 2))
    b.ask_at(10, station, hops=(hop, 2), timeout_s=15 * MS)
    b.ask_at(10, station, hops=(hop, 2), rtt_s=2 * MS)
    b.ask_at(10, station, hops=(hop, 2), timeout_s=15 * MS, retries=2)
    assert b.answers() == [(15, OK), (25, TIMED_OUT), (12, FAILED), (55, TIMED_OUT)]


def test_lost_packets_are_sent_again_after_200_ms_doubled() -> None:
    """What is lost once waits 200 ms more, twice 600 ms, and so on, six times at most."""
    b = Case()
    station, hop = across(b, 0, loss=0.5)
    for _ in range(200):
        b.ask_at(0, station, hops=(hop, 2))
    answers = b.answers(until_ms=100_000)
    late = {round(ms) - 10 for ms, outcome in answers if outcome == OK}
    assert late <= {200 * (2**i - 1) for i in range(6)} and {0, 200, 600} <= late
    assert {round(ms) for ms, outcome in answers if outcome == FAILED} <= {200 * 63}


def test_a_hop_that_starts_to_lose() -> None:
    """At a loss near 1 nothing comes through: 12.6 s later a call without a timeout fails."""
    b = Case()
    station, hop = across(b, 5)
    b.fault(0, lay.FAULT_LOSS, x=1 - 2.0**-53, row=hop + 1)
    b.ask_at(1, station, hops=(hop, 2))
    b.ask_at(1, station, hops=(hop, 2), timeout_s=1)
    assert b.answers(until_ms=20_000) == [(12_601, FAILED), (1_001, TIMED_OUT)]


# --- queues ---------------------------------------------------------------------------------------


def test_the_last_comes_first() -> None:
    """A LIFO queue serves who came last."""
    b = Case()
    station = b.station(10, order=lay.LIFO)
    for ms in range(4):
        b.ask_at(ms, station)
    assert b.answers() == [(10, OK), (40, OK), (30, OK), (20, OK)]


def test_ranks_are_served_in_order() -> None:
    """Of those who wait the first rank goes first, and within one who came first."""
    b = Case()
    service = b.service(per_group=1, workers=1, order=lay.RANKED)
    ranked = [b.endpoint(service, [b.cpu(10)], rank=rank) for rank in (1, 3, 2)]
    for ms, which in enumerate((1, 1, 2, 1, 0, 0)):
        b.ask_at(ms, ranked[which])
    assert [ms for ms, _ in b.answers()] == [10, 50, 40, 60, 20, 30]


def test_rank_is_inherited() -> None:
    """An endpoint without a rank takes its caller's; a request without any is of the first."""
    b = Case()
    service = b.service(per_group=1, workers=1, order=lay.RANKED)
    last = b.endpoint(service, [b.cpu(10)])
    low = b.endpoint(b.delay_service(), [("call", b.call(last))], rank=4)
    for ms, endpoint in enumerate((last, low, last)):
        b.ask_at(ms, endpoint)
    assert [ms for ms, _ in b.answers()] == [10, 30, 20]


def test_a_killed_replica_fails_its_lines_rank_by_rank() -> None:
    """All that wait fail at once, whatever line they stand in, and the queue's bound is on all."""
    b = Case()
    service = b.service(per_group=1, workers=1, order=lay.RANKED, queue=2)
    ranked = [b.endpoint(service, [b.cpu(10)], rank=rank) for rank in (1, 4)]
    for ms, which in enumerate((0, 1, 0, 0)):
        b.ask_at(ms, ranked[which])
    b.fault(5 * MS, lay.FAULT_DOWN, b.replica(service))
    assert b.answers() == [(10, FAILED), (5, FAILED), (5, FAILED), (3, FAILED)]


def test_who_waited_longer_than_drawn_is_refused_at_the_turn() -> None:
    """At a patience of 15 ms the second of the queue has gone when the worker is free."""
    b = Case()
    service = b.service(per_group=1, workers=1, give_up=b.dist_const(15 * MS))
    endpoint = b.endpoint(service, [b.cpu(10)])
    for ms in range(4):
        b.ask_at(ms, endpoint)
    assert b.answers() == [(10, OK), (20, OK), (20, FAILED), (20, FAILED)]


def test_patience_is_drawn_from_the_stream_of_who_waits() -> None:
    """The time is the frame's next draw after its place in the queue."""
    b = Case()
    service = b.service(per_group=1, workers=1, give_up=b.dist_uniform(0, 10 * MS))
    endpoint = b.endpoint(service, [b.cpu(4)])
    b.ask_at(0, endpoint)
    for _ in range(20):
        b.ask_at(1, endpoint)
    result = twin.run(b.build(), seed=1, until_ns=10**9)
    outcomes = {source: (end, outcome) for source, _, _, _, end, outcome in result.outcomes}
    free = sorted({end for end, outcome in outcomes.values() if outcome == OK})
    assert len(free) > 1 and all(b - a == 4 * NS_PER_MS for a, b in pairwise(free))
    for source in range(1, 21):
        child = Stream(Stream(hash2(hash2(1, source + 1001), 0)).next())
        patience = int(child.u() * 10 * NS_PER_MS)
        end, outcome = outcomes[source]
        waited = end - (4 if outcome == OK else 0) * NS_PER_MS - 1 * NS_PER_MS
        assert (waited - 100 > patience) == (outcome == FAILED)
