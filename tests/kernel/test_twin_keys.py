"""The plain reading of Keys and Locks, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.layout import FAILED, OK
from backend_lead.kernel.twin_chance import hash2

from .case import MS, Case

KEYS = 4
MISS_MS = 40


class Shelf:
    """A cache that answers after 1 ms, with a shelf; a miss takes 40 ms more."""

    def __init__(self, b: Case, capacity: int = 2, **options: Any) -> None:
        self.b = b
        self.get = b.station(1, workers=1_000, cores=1_000)
        self.shelf = b.shelf(b.service_of(self.get), KEYS, capacity, **options)

    def ask(self, ms: float, key: int, *missed: Any, optional: bool = True) -> None:
        steps = list(missed) or [self.b.wait(MISS_MS)]
        get = self.b.call(self.get, optional=optional)
        self.b.ask(self.b.wait(ms), always(self.b, key), ("kept", get, self.shelf, steps))

    def replica(self) -> int:
        return self.b.replica_of(self.get)


def always(b: Case, key: int) -> tuple[str, int]:
    """A step that draws this key, whatever the draw."""
    return ("key", b.keys([float(i == key) for i in range(KEYS)]))


def hits(b: Case, starts_ms: list[float]) -> list[bool]:
    """Whether each request found its key; all must end well."""
    answers = b.answers()
    assert all(outcome == OK for _, outcome in answers)
    took = [round(end - start) for (end, _), start in zip(answers, starts_ms, strict=True)]
    assert set(took) <= {1, 1 + MISS_MS}
    return [ms == 1 for ms in took]


def asked(b: Case, shelf: Shelf, keys: list[int], gap_ms: float = 100) -> list[bool]:
    """Ask for these keys one after the other."""
    starts = [gap_ms * i for i in range(len(keys))]
    for ms, key in zip(starts, keys, strict=True):
        shelf.ask(ms, key)
    return hits(b, starts)


def test_a_key_is_there_once_it_was_put() -> None:
    """The first question for each key misses, the next one does not."""
    b = Case()
    assert asked(b, Shelf(b), [0, 0, 1, 0, 1]) == [False, True, False, True, True]


def test_lru_gives_up_what_was_used_longest_ago() -> None:
    """Of 0 and 1, with 0 asked for last, 2 takes the place of 1."""
    b = Case()
    assert asked(b, Shelf(b), [0, 1, 0, 2, 0, 1]) == [False, False, True, False, True, False]


@pytest.mark.parametrize(("policy", "last"), [(lay.LRU, False), (lay.LFU, True)])
def test_lfu_gives_up_what_was_used_least(policy: int, last: bool) -> None:
    """Key 0, used three times, stays for 2 in place of the fresher 1; with LRU it goes."""
    b = Case()
    keys = [0, 0, 0, 1, 2, 0]
    assert asked(b, Shelf(b, policy=policy), keys) == [False, True, True, False, False, last]


def test_lfu_gives_up_the_oldest_of_equals() -> None:
    """All used once: the one at the tail goes."""
    b = Case()
    assert asked(b, Shelf(b, policy=lay.LFU), [0, 1, 2, 1, 0]) == [False] * 3 + [True, False]


@pytest.mark.parametrize(("renew", "third"), [(False, False), (True, True)])
def test_time_to_live(renew: bool, third: bool) -> None:
    """Put at 41 ms for 100 ms: good at 101, at 161 only if the hit at 101 renewed it."""
    b = Case()
    shelf = Shelf(b, ttl_s=0.1, renew=renew)
    starts: list[float] = [0, 100, 160]
    for ms in starts:
        shelf.ask(ms, 0)
    assert hits(b, starts) == [False, True, third]


def test_a_flush_forgets_all() -> None:
    """A flush of the group empties its drawer; what is put later stays."""
    b = Case()
    shelf = Shelf(b)
    b.fault(150 * MS, lay.FAULT_FLUSH, shelf.replica())
    assert asked(b, shelf, [0, 0, 0, 0]) == [False, True, False, True]


def test_what_is_dropped_is_asked_for_anew() -> None:
    """Told at 200 ms that key 0 has changed, the cache forgets it, and nothing else."""
    b = Case()
    shelf = Shelf(b)
    starts = [0.0, 50, 300, 350]
    for ms, key in zip(starts, [0, 1, 0, 1], strict=True):
        shelf.ask(ms, key)
    b.ask(b.wait(200), always(b, 0), ("call", b.call(shelf.get)), ("drop", shelf.shelf))
    answers = b.answers()
    took = [round(answers[i][0] - starts[i]) for i in range(4)]
    assert took == [1 + MISS_MS, 1 + MISS_MS, 1 + MISS_MS, 1]


def test_behind_a_service_before_it_lies_the_same_cache() -> None:
    """What one asks through another service, 5 ms on the way, the other finds; and drops."""
    b = Case()
    shelf = Shelf(b)
    front = b.delay_service(before=b.service_of(shelf.get))
    through = b.endpoint(front, [b.wait(5), ("call", b.call(shelf.get, group=lay.SAME))])
    starts: list[float] = [0, 100, 200, 400]
    for ms, end in zip(starts, [through, shelf.get, through, shelf.get], strict=True):
        kept = ("kept", b.call(end), shelf.shelf, [b.wait(MISS_MS)])
        b.ask(b.wait(ms), always(b, 0), kept)
    b.ask(b.wait(300), always(b, 0), ("call", b.call(through)), ("drop", shelf.shelf))
    took = [round(end - start) for (end, _), start in zip(b.answers(), starts, strict=False)]
    assert took == [6 + MISS_MS, 1, 6, 1 + MISS_MS]


def test_a_warm_shelf_has_the_first_keys() -> None:
    """With room for two, keys 0 and 1 are there from the start."""
    b = Case()
    assert asked(b, Shelf(b, warm=True), [1, 0, 2, 0, 1]) == [True, True, False, True, False]


@pytest.mark.parametrize(("coalesce", "second"), [(False, 51), (True, 41)])
def test_who_asks_for_what_is_being_fetched_waits(coalesce: bool, second: float) -> None:
    """With coalescing the second question waits for the first one's answer, and is a hit then."""
    b = Case()
    shelf = Shelf(b, coalesce=coalesce)
    shelf.ask(0, 0)
    shelf.ask(10, 0)
    shelf.ask(10, 1)
    assert b.answers() == [(41, OK), (second, OK), (51, OK)]


def test_the_next_one_fetches_when_the_first_fails() -> None:
    """When the fetcher ends without a PUT, the first of those who wait fetches, for all others."""
    b = Case()
    store = b.station(0)
    b.down(0, store)
    b.fault(30 * MS, lay.FAULT_UP, b.replica_of(store))
    shelf = Shelf(b, coalesce=True)
    for ms in (1, 10, 11):
        shelf.ask(ms, 0, ("call", b.call(store, rtt_s=40 * MS)))
    assert b.answers() == [(42, FAILED), (82, OK), (82, OK)]


def test_a_cache_that_fails_is_not_filled() -> None:
    """Without an answer of the cache the miss is not put there."""
    b = Case()
    shelf = Shelf(b)
    b.down(0, shelf.get)
    b.fault(60 * MS, lay.FAULT_UP, shelf.replica())
    shelf.ask(1, 0)
    shelf.ask(100, 0)
    shelf.ask(200, 0)
    assert b.answers() == [(41, OK), (141, OK), (201, OK)]


def test_each_group_keeps_its_own() -> None:
    """By key, both questions go to one group; a question to the other group misses."""
    b = Case()
    get = b.station(1, groups=2, workers=64)
    shelf = b.shelf(b.service_of(get), KEYS, 2)
    home = hash2(3, 1) % 2
    for ms, options in ((0, {"by_key": True}), (100, {"group": home}), (200, {"group": 1 - home})):
        kept = ("kept", b.call(get, **options), shelf, [b.wait(MISS_MS)])
        b.ask(b.wait(ms), always(b, 3), kept)
    assert b.answers() == [(41, OK), (101, OK), (241, OK)]


def test_shelves_nest() -> None:
    """What the near shelf lacks the far one may have; a miss fills both."""
    b = Case()
    near, far = Shelf(b, capacity=1), Shelf(b, capacity=2)
    for i, key in enumerate((0, 1, 0, 0)):
        inner = ("kept", b.call(far.get, optional=True), far.shelf, [b.wait(MISS_MS)])
        near.ask(100 * i, key, inner)
    assert b.answers() == [(42, OK), (142, OK), (202, OK), (301, OK)]


def test_callees_have_their_callers_key() -> None:
    """A key drawn by the root decides the shelf's item two calls below."""
    b = Case()
    shelf = Shelf(b)
    kept = ("kept", b.call(shelf.get), shelf.shelf, [b.wait(MISS_MS)])
    page = b.endpoint(b.delay_service(), [kept])
    for ms, key in ((0, 0), (100, 0), (200, 1)):
        b.ask(b.wait(ms), always(b, key), ("call", b.call(page)))
    assert b.answers() == [(41, OK), (101, OK), (241, OK)]


def test_popular_keys_are_drawn_more_often() -> None:
    """At shares of 3 to 1 a warm shelf of one item is hit three times of four."""
    b = Case()
    shelf = Shelf(b, capacity=1, warm=True)
    keys = b.keys([3, 1])
    for _ in range(400):
        kept = ("kept", b.call(shelf.get), shelf.shelf, [b.wait(MISS_MS)])
        b.ask(("key", keys), kept)
    ends = [round(ms) for ms, _ in b.answers()]
    assert ends.count(1) / len(ends) == pytest.approx(0.75, abs=0.07)


def test_a_key_has_its_partition() -> None:
    """All messages of a key are in one of four partitions, one batch after the other."""
    b = Case()
    reader = b.endpoint(b.service(per_group=4, workers=64), [b.wait(10)])
    stream = b.stream(reader, partitions=4, by_key=True)
    for _ in range(3):
        b.ask(b.wait(1), always(b, 2), ("publish", stream))
    result = twin.run(b.build(), seed=1, until_ns=10**9)
    assert [round(end / 1e6) for _, _, end, _ in result.ages] == [11, 21, 31]


# --- locks ----------------------------------------------------------------------------------------


def test_a_lock_is_held_by_one() -> None:
    """Who comes later waits, in order."""
    b = Case()
    lock = b.locks()
    for ms in (0, 2, 1):
        b.ask(b.wait(ms), ("lock", lock, 1, [b.wait(10)]))
    assert b.answers() == [(10, OK), (30, OK), (20, OK)]


def test_locks_by_key() -> None:
    """Work on one key is done one after the other; on keys with other locks, beside it."""
    b = Case()
    lock = b.locks(4)
    other = next(key for key in range(KEYS) if (hash2(key, 3) ^ hash2(0, 3)) % 4)
    for key in (0, 0, other):
        b.ask(b.wait(1), always(b, key), ("lock", lock, 4, [b.wait(10)]))
    assert sorted(b.answers()[:2]) == [(11, OK), (21, OK)]
    assert b.answers()[2] == (11, OK)


def test_a_failure_gives_the_lock_back() -> None:
    """A holder that fails, or ends, in the middle holds nothing on."""
    b = Case()
    lock, refusing = b.locks(), b.station(1)
    b.down(0, refusing)
    b.ask(b.wait(1), ("lock", lock, 1, [b.wait(5), ("call", b.call(refusing)), b.wait(50)]))
    b.ask(b.wait(2), ("lock", lock, 1, [b.wait(10)]))
    assert b.answers() == [(6, FAILED), (16, OK)]


@pytest.mark.parametrize("silent", [False, True])
def test_a_killed_holder_gives_the_lock_back_when_it_is_found(silent: bool) -> None:
    """Killed at 5 ms, it is found dead at 30; one that waits with it is dead at its turn."""
    b = Case()
    lock = b.locks()
    killed = b.endpoint(b.service(per_group=1), [("lock", lock, 1, [b.wait(30)])])
    for ms in (0, 1):
        b.ask_at(ms, killed, timeout_s=1)
    b.ask(b.wait(2), ("lock", lock, 1, [b.wait(10)]))
    b.down(5, killed, silent=silent)
    outcome = lay.TIMED_OUT if silent else FAILED
    ends = (1000, 1001) if silent else (30, 30)
    assert b.answers() == [(ends[0], outcome), (ends[1], outcome), (40, OK)]


def test_who_is_cancelled_while_waiting_hands_the_lock_on() -> None:
    """Given up at 6 ms, it gets the lock at 10 and gives it back in the same moment."""
    b = Case()
    lock = b.locks()
    waits = b.endpoint(b.service(per_group=1), [("lock", lock, 1, [b.wait(30)])])
    b.ask(("lock", lock, 1, [b.wait(10)]))
    b.ask_at(1, waits, timeout_s=5 * MS, cancel=True)
    b.ask(b.wait(2), ("lock", lock, 1, [b.wait(10)]))
    assert b.answers() == [(10, OK), (6, lay.TIMED_OUT), (20, OK)]
