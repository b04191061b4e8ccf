"""The plain reading of Follow-ups: what a user asks next, after how long, and who goes."""

from __future__ import annotations

import math
import statistics
from itertools import pairwise

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.layout import FAILED, OK
from backend_lead.kernel.twin_chance import Stream, hash2
from backend_lead.kernel.twin_state import TwinResult

from .case import MS, NS_PER_MS, Case


def root(b: Case, ms: float) -> int:
    return b.endpoint(b.delay_service(), [b.wait(ms)])


def run(b: Case, until_ms: float = 1000, seed: int = 1) -> TwinResult:
    return twin.run(b.build(), seed=seed, until_ns=round(until_ms * NS_PER_MS))


def told(result: TwinResult) -> list[tuple[int, int, float, float]]:
    """(root, serial, start, end) of each request, in ms to the microsecond."""
    return [(o[1], o[2], round(o[3] / NS_PER_MS, 3), round(o[4] / NS_PER_MS, 3))
            for o in result.outcomes]  # fmt: skip


def test_a_user_asks_on_after_thinking() -> None:
    """1 ms for the first page, 20 of thinking, 2 for the next: numbered on by the same source."""
    b = Case()
    first, second = root(b, 1), root(b, 2)
    b.follow_up(first, [(1, second, b.dist_const(20 * MS))])
    b.every(50 * MS, {first: 1})
    assert told(run(b, until_ms=140)) == [
        (first, 0, 50, 51),
        (second, 1, 71, 73),
        (first, 2, 100, 101),
        (second, 3, 121, 123),
    ]


def test_a_follow_up_counts_from_its_begin() -> None:
    """While its user thinks it is not started; its latency has no thinking in it."""
    b = Case()
    first, second = root(b, 1), root(b, 2)
    b.follow_up(first, [(1, second, b.dist_const(20 * MS))])
    b.every(50 * MS, {first: 1})
    counts = [(r.started, r.in_flight) for r in (run(b, until_ms=ms) for ms in (70, 72, 74))]
    assert counts == [(1, 0), (2, 1), (2, 0)]


def test_thinking_is_drawn_from_the_next_one_what_follows_from_the_last() -> None:
    """The first number of what is over says what follows, that of the next how long it takes."""
    for seed in range(20):
        b = Case()
        first, second, third = root(b, 1), root(b, 0), root(b, 0)
        b.follow_up(first, [(0.4, second, b.dist_exp(20 * MS)), (0.3, third, b.dist_exp(5 * MS))])
        b.every(50 * MS, {first: 1})
        after = run(b, until_ms=99, seed=seed).outcomes[1:]
        u = Stream(hash2(hash2(seed, 1001), 0)).u()
        e = Stream(hash2(hash2(seed, 1001), 1)).e()
        if u >= 0.7:
            assert after == []
            continue
        next_one, mean = (second, 20 * NS_PER_MS) if u < 0.4 else (third, 5 * NS_PER_MS)
        start = 51 * NS_PER_MS + int(mean * e)
        expected = [(0, next_one, 1, start, start, OK)] if start <= 99 * NS_PER_MS else []
        assert after == expected


def test_sessions_are_as_long_as_the_shares_say() -> None:
    """Asking on with 3 in 4 makes four requests on average, however many users come."""
    b = Case()
    page = root(b, 1)
    b.follow_up(page, [(0.75, page, b.dist_exp(10 * MS))])
    source = b.open(100, {page: 1}, segments=[(0, 1), (10, 0)])
    assert source == 0
    totals = [run(b, until_ms=13_000, seed=seed).started for seed in range(5)]
    # A session's length is geometric: its variance is 12; sessions are Poisson, 1,000 on average.
    error = math.sqrt(1000 * (12 + 16) / len(totals))
    assert statistics.fmean(totals) == pytest.approx(4000, abs=4 * error)


@pytest.mark.parametrize(("leaves", "staying"), [(1.0, 0), (0.0, 4), (0.5, None)])
def test_who_was_failed_may_leave(leaves: float, staying: int | None) -> None:
    """Of those whose first request failed the share `leaves` goes; the others ask on."""
    b = Case()
    station = b.station(1)
    b.down(0, station)
    first = b.endpoint(b.delay_service(), [("call", b.call(station))])
    b.follow_up(first, [(1, root(b, 0), b.dist_const(1 * MS))], leaves=leaves)
    b.every(50 * MS, {first: 1})
    result = run(b, until_ms=220)
    assert [o[5] for o in result.outcomes if o[1] == first] == [FAILED] * 4
    follows = sum(o[1] != first for o in result.outcomes)
    if staying is not None:
        assert follows == staying
        return
    serial = drawn = 0
    for _ in range(4):
        stream = Stream(hash2(hash2(1, 1001), serial))
        stream.next()  # its call's stream
        stays = stream.u() >= leaves
        drawn += stays
        serial += 1 + stays
    assert follows == drawn


def test_leaving_is_only_for_those_who_were_failed() -> None:
    """A request that ended OK draws nothing about leaving."""
    b = Case()
    first = root(b, 1)
    b.follow_up(first, [(1, root(b, 0), b.dist_const(1 * MS))], leaves=1)
    b.every(50 * MS, {first: 1})
    assert run(b, until_ms=120).started == 4


def test_a_closed_user_is_at_it_until_nothing_follows() -> None:
    """One user: 1 ms, 20 of thinking, 2 ms, and only then a new request of the mix."""
    b = Case()
    first, second = root(b, 1), root(b, 2)
    b.follow_up(first, [(1, second, b.dist_const(20 * MS))])
    b.closed(1, 1e-5, {first: 1})
    requests = told(run(b, until_ms=1000))
    assert len(requests) == pytest.approx(2 * 1000 / 23, abs=2)
    for before, after in pairwise(requests):
        thinks = 20 if after[0] == second else 0
        assert after[2] - before[3] == pytest.approx(thinks, abs=0.2)
        assert before[0] != after[0]


def test_more_users_than_at_it_may_come() -> None:
    """Of three users, those who think between two of their requests count as being at it."""
    b = Case()
    first, second = root(b, 1), root(b, 1)
    b.follow_up(first, [(1, second, b.dist_const(100 * MS))])
    b.closed(3, 1e-5, {first: 1})
    requests = told(run(b, until_ms=101.5))
    assert [r[0] for r in requests] == [first] * 3


def test_a_follow_up_begins_where_its_root_lives() -> None:
    """Killed while its user thinks, the root's home fails the next request."""
    b = Case()
    first, second = root(b, 1), root(b, 2)
    b.follow_up(first, [(1, second, b.dist_const(20 * MS))])
    b.every(50 * MS, {first: 1})
    b.down(60, second)
    assert [(o[1], o[5]) for o in run(b, until_ms=80).outcomes] == [(first, OK), (second, FAILED)]


def test_nothing_follows_a_reconnect() -> None:
    """A request that opens a connection is over when it is open, whatever its root says."""
    b = Case()
    station = b.station(1, per_group=2)
    opens = b.endpoint(b.delay_service(), [("call", b.call(station))])
    b.follow_up(opens, [(1, root(b, 0), b.dist_const(1 * MS))])
    b.link(b.service_of(station), opens, 4, spread_s=5 * MS)
    b.fault(10 * MS, lay.FAULT_DRAIN, b.replica_of(station), 5 * NS_PER_MS)
    result = run(b, until_ms=100)
    assert [o[1] for o in result.outcomes] == [opens] * 2


def test_who_is_in_a_session_at_the_start() -> None:
    """Three users think from time 0 on, then ask; they are at it, so that nobody else comes."""
    b = Case()
    first, second = root(b, 1), root(b, 2)
    b.follow_up(first, [(1, second, b.dist_const(20 * MS))])
    b.start(b.closed(3, 1e-5, {first: 1}), first, 0, 3)
    result = run(b, until_ms=23)
    assert told(result)[:3] == [(second, n, 20, 22) for n in range(3)]
    assert result.started == 6
