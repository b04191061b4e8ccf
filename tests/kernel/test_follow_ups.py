"""What users ask next: sessions, those who leave when a request fails, and who is at it."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import RunResult, simulate

from .alone import MS, NS_PER_MS

P = 0.75  # of going on


def rows(run: RunResult) -> list[tuple[int, float, float]]:
    """Root, start and end in ms of each request, in order of their ends."""
    assert run.trace is not None and run.conserved
    return [
        (int(t["root"]), t["start"] / NS_PER_MS, t["end"] / NS_PER_MS)
        for t in run.trace[run.trace["outcome"] == lay.OK]
    ]


def test_what_follows_comes_after_a_time_of_thinking() -> None:
    """Two recorded visits of two pages each; the second page comes 2 s after the first one's end,
    has a slot of its own though no mix names it, and is counted where it starts."""
    b = Builder()
    home = b.delay_service()
    second = b.endpoint(home, [("delay", b.dist_const(0.2))])
    first = b.endpoint(home, [("delay", b.dist_const(0.1))])
    b.follow_up(first, [(1.0, second, b.dist_const(2))])
    b.replay([1, 10], {first: 1})
    run = simulate(b.build(), seed=1, until_s=20, trace=10, sample_every=1)
    assert rows(run) == [
        (first, 1_000, 1_100), (second, 3_100, 3_300),
        (first, 10_000, 10_100), (second, 12_100, 12_300),
    ]  # fmt: skip
    assert run.roots == [second, first]
    assert run.windows["started"][:, 0].nonzero()[0].tolist() == [3, 12]
    assert run.spans is not None
    assert run.spans["serial"].tolist() == [0, 1, 2, 3]
    assert (run.spans["created"] // NS_PER_MS).tolist() == [1_000, 3_100, 10_000, 12_100]


def test_who_thinks_is_not_under_way() -> None:
    """A request counts as started when the thinking is over, not before."""
    b = Builder()
    root = b.endpoint(b.delay_service(), [])
    b.follow_up(root, [(1.0, root, b.dist_const(60))])
    b.replay([1], {root: 1})
    run = simulate(b.build(), seed=1, until_s=60)
    assert (run.started, run.ok, run.in_flight) == (1, 1, 0)
    assert simulate(b.build(), seed=1, until_s=61).started == 2


def test_sessions_are_of_geometric_length() -> None:
    """Each page is followed by another one with probability 3/4: four pages a session."""
    b = Builder()
    home = b.delay_service()
    root = b.endpoint(home, [("delay", b.dist_exp(0.01))])
    b.follow_up(root, [(P, root, b.dist_exp(1.0))])
    sessions = 20_000
    b.replay([i * 0.01 for i in range(sessions)], {root: 1})
    run = simulate(b.build(), seed=1, until_s=400)
    assert run.conserved and run.in_flight == 0
    spread = math.sqrt(sessions * P) / (1 - P)
    assert abs(run.started - sessions / (1 - P)) < 4 * spread


def test_shares_say_what_follows() -> None:
    """Half of those on the first page go to the second, three in ten to the third, the rest go."""
    b = Builder()
    home = b.delay_service()
    third, second, first = (b.endpoint(home, []) for _ in range(3))
    think = b.dist_exp(1.0)
    b.follow_up(first, [(0.5, second, think), (0.3, third, think)])
    n = 40_000
    b.replay([i * 0.001 for i in range(n)], {first: 1})
    run = simulate(b.build(), seed=2, until_s=100)
    started = run.windows["started"].sum(axis=0)
    for count, share in zip(started, (0.3, 0.5, 1.0)):
        assert abs(count - n * share) <= 4 * math.sqrt(n * share * (1 - share))


@pytest.mark.parametrize("leaves", [0.0, 0.3, 1.0])
def test_some_leave_when_a_request_fails(leaves: float) -> None:
    """Of those who would all go on, the share that leaves is gone after a failure."""
    b = Builder()
    dead = b.service(1, 1)
    call = b.call(b.endpoint(dead, []))
    home = b.delay_service()
    after, first = b.endpoint(home, []), b.endpoint(home, [("call", call)])
    b.follow_up(first, [(1.0, after, b.dist_exp(1.0))], leaves=leaves)
    b.fault(0, lay.FAULT_DOWN, b.replica(dead))
    n = 10_000
    b.replay([1 + i * 0.001 for i in range(n)], {first: 1})
    run = simulate(b.build(), seed=3, until_s=100)
    assert run.failed == n and run.ok == run.windows["ok"][:, 0].sum()
    assert abs(run.ok - n * (1 - leaves)) <= 4 * math.sqrt(n * leaves * (1 - leaves))


def test_users_in_a_session_begin_no_other_one() -> None:
    """N users who think Z before a session of L pages, each of R, and z between two of them:
    N * L / (Z + L * R + (L - 1) * z) pages a second."""
    users, away_s, page_s, think_s, pages = 50, 2.0, 0.5, 1.0, 1 / (1 - P)
    b = Builder()
    root = b.endpoint(b.delay_service(), [("delay", b.dist_exp(page_s))])
    b.follow_up(root, [(P, root, b.dist_exp(think_s))])
    b.closed(users, away_s, {root: 1})
    run = simulate(b.build(), seed=4, until_s=4_000, warmup_s=0)
    rate = run.windows["ok"][100:3_900].sum() / 3_800
    cycle_s = away_s + pages * page_s + (pages - 1) * think_s
    assert rate == pytest.approx(users * pages / cycle_s, rel=0.015)


def test_one_user_asks_one_thing_at_a_time() -> None:
    """Of a single closed user no two requests overlap, and none begins while he thinks."""
    b = Builder()
    root = b.endpoint(b.delay_service(), [("delay", b.dist_const(100 * MS))])
    b.follow_up(root, [(0.5, root, b.dist_const(300 * MS))])
    b.closed(1, 0.001, {root: 1})
    run = simulate(b.build(), seed=5, until_s=200, trace=2_000)
    times = rows(run)
    gaps = [after[1] - before[2] for before, after in pairwise(times)]
    assert all(gap >= 0 for gap in gaps)
    thought = [gap for gap in gaps if gap >= 299.999]
    assert len(thought) / len(gaps) == pytest.approx(0.5, abs=0.1)
    assert max(gaps) < 301


def test_connections_that_come_back_are_no_sessions() -> None:
    """Nothing follows a request that opens a connection of a link."""
    b = Builder()
    gateway = b.service(1, 2)
    home = b.delay_service()
    opens = b.endpoint(home, [("call", b.call(b.endpoint(gateway, [])))])
    b.follow_up(opens, [(1.0, opens, b.dist_exp(0.01))])
    b.link(gateway, opens, 1_000, spread_s=1)
    b.fault(1, lay.FAULT_DOWN, b.replica(gateway))
    b.fault(1, lay.FAULT_HIDE, b.replica(gateway))
    run = simulate(b.build(), seed=6, until_s=30)
    assert run.started == 500 and run.held.sum() == 1_000


def test_users_are_in_their_sessions_from_the_start() -> None:
    """At time 0 three users of the second source think; what they ask is numbered from 0 on, and
    comes after the time drawn for it."""
    b = Builder()
    home = b.delay_service()
    second = b.endpoint(home, [("delay", b.dist_const(0.2))])
    first = b.endpoint(home, [])
    b.follow_up(first, [(0.5, first, b.dist_const(9)), (0.5, second, b.dist_const(2))])
    b.replay([5.0], {second: 1})
    b.start(b.replay([7.0], {first: 1}), first, 1, 3)
    run = simulate(b.build(), seed=1, until_s=6, trace=10)
    assert rows(run) == [(second, 2_000, 2_200)] * 3 + [(second, 5_000, 5_200)]
    assert run.trace is not None
    assert run.trace["serial"].tolist() == [0, 1, 2, 0]
    assert run.trace["source"].tolist() == [1, 1, 1, 0]


def test_a_stationary_start_is_steady_at_once() -> None:
    """5,000 users who think 10 s before a session of three pages, and 60 s between two of them:
    with as many thinking at the start as ever, the first seconds are as the last."""
    users, away_s, think_s = 5_000, 10.0, 60.0
    b = Builder()
    home, think = b.delay_service(), b.dist_exp(think_s)
    third, second, first = (b.endpoint(home, []) for _ in range(3))
    b.follow_up(second, [(1.0, third, think)])
    b.follow_up(first, [(1.0, second, think)])
    web = b.closed(users, away_s, {first: 1})
    cycle_s = away_s + 2 * think_s
    for root in (first, second):
        b.start(web, root, 0, round(users * think_s / cycle_s))
    run = simulate(b.build(), seed=1, until_s=60)
    expected = 3 * users / cycle_s
    for seconds in (slice(0, 10), slice(50, 60)):
        seen = run.windows["started"][seconds].sum() / 10
        assert abs(seen - expected) < 4 * math.sqrt(expected / 10)


def test_who_thinks_is_no_request_in_progress() -> None:
    """A thousand users who think, of whom each asks for an instant: few at a time are under way."""
    b = Builder()
    root = b.endpoint(b.delay_service(), [])
    b.follow_up(root, [(1.0, root, b.dist_exp(1.0))])
    b.start(b.replay([1.0], {root: 1}), root, 0, 1_000)
    run = simulate(b.build(), seed=1, until_s=10)
    assert run.started > 9_000 and run.conserved and run.in_flight == 0
    assert run.frames_max <= 2
