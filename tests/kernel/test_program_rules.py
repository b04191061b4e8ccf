"""The rules of what goes beyond plain queues: every table no kernel could run is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.layout import NONE
from backend_lead.kernel.program import Program

MS = 0.001
NS_PER_MS = 1_000_000
Change = Callable[[Program], None]

# Rows of the sample below.
KEEP, STORE, APP, HOME = range(4)  # services
KEEP_REPLICA, STORE_REPLICA, APP_REPLICA = 0, 2, 5  # the first one of each
GET_CALL, READ_CALL = 0, 1


def sample() -> Program:
    """A root draws a key; its app looks it up in a cache, else reads, with hedges and locks."""
    b = Builder()
    work = b.dist_exp(0.01)
    keep = b.service(2, 1)
    store = b.service(1, 3, order=lay.RANKED, give_up=work, weights=[1, 2, 3],
                      balance=lay.LB_WEIGHTED, slow_start_s=1)  # fmt: skip
    app, home = b.service(1, 2, contention=0.1), b.delay_service()
    b.host(2, [b.replica(store, index=i) for i in range(2)])
    b.zone(b.replica(store), 1)
    network = b.hops([[0, MS], [MS, 0]], [[0, 0.1], [0.1, 0]])
    keys, lock = b.keys([3, 2, 1]), b.locks(2)
    shelf = b.shelf(keep, 3, 2, warm=True, coalesce=True)
    get = b.call(b.endpoint(keep, []), by_key=True, optional=True)
    row = b.endpoint(store, [("cpu", work)], rank=2)
    reads = [b.call(row, hops=network, hedge_s=0.01, retries=1, backoff_s=0.01) for _ in range(3)]
    missed = [("some", reads, 2), ("lock", lock, 2, [("cpu", work)])]
    page = b.endpoint(app, [("kept", get, shelf, missed)])
    breaker = b.breaker(page, least=3, share=0.5, pause_s=1, last=10, probes=2)
    root = b.endpoint(home, [("key", keys), ("call", b.call(page, breaker=breaker))])
    b.open(10, {root: 1}, phases=[(1, 1), (3, 0.5)])
    b.replay([1, 2, 3], {root: 1})
    b.every(1, {root: 1})
    b.watch(store, period_s=1, eject=3, pause_s=1, share=0.5)
    b.controller(app, least=1, period_s=1, target=0.5, delay_s=1, cool_s=1, looks=3, step=1)
    b.fault(1, lay.FAULT_ERRORS, b.replica(app), 0.5)
    b.fault(2, lay.FAULT_FREEZE, b.replica(app), NS_PER_MS)
    b.fault(3, lay.FAULT_LEAST, x=2, row=0)
    b.fault(4, lay.FAULT_CUT, x=1, row=1)
    b.fault(5, lay.FAULT_LOSS, x=0.5, row=1)
    b.fault(6, lay.FAULT_LAG, x=-NS_PER_MS, row=1)
    return b.build()


def put(table: str, column: str, row: int, value: float) -> Change:
    """Write one value."""

    def change(program: Program) -> None:
        getattr(program, table)[column][row] = value

    return change


def plain(table: str, row: int, value: float) -> Change:
    """Write one value of a table without columns."""

    def change(program: Program) -> None:
        getattr(program, table)[row] = value

    return change


def op(code: int, column: str, value: float, nth: int = 0) -> Change:
    """Write into the n-th step of a kind."""

    def change(program: Program) -> None:
        row = np.flatnonzero(program.op["code"] == code)[nth]
        program.op[column][row] = value

    return change


def both(*changes: Change) -> Change:
    def change(program: Program) -> None:
        for each in changes:
            each(program)

    return change


def fault(action: int, column: str, value: float) -> Change:
    def change(program: Program) -> None:
        program.fault[column][program.fault["action"] == action] = value

    return change


def refused(change: Change, said: str) -> None:
    program = sample()
    program.validate()
    change(program)
    with pytest.raises(ValueError, match=said):
        program.validate()


STEPS = [
    (op(lay.OP_KEY, "a", 1), "must be at least 1 of 0..0"),
    (op(lay.OP_GET, "a", 1), "must be at least 1 of 0..0"),
    (op(lay.OP_GET, "b", 99), "must be at least 1 of"),
    (op(lay.OP_GET, "b", 0), "jumps back"),
    (op(lay.OP_PUT, "a", -1), "must be at least 1 of 0..0"),
    (op(lay.OP_GET, "code", lay.OP_DROP), "OP_PUT can be reached without an OP_GET"),
    (op(lay.OP_PUT, "code", lay.OP_DROP), "must follow the OP_CALL to its cache"),
    (op(lay.OP_LOCK, "b", 3), "must be at least 1 of 0..1"),
    (op(lay.OP_LOCK, "b", 0), "must be at least 1 of 0..1"),
    (op(lay.OP_PAR, "need", 4), "need: 4 must be within 0..3"),
    (op(lay.OP_CALL, "need", 1), "need: 1 must be within 0..0"),
    (op(lay.OP_GET, "code", lay.OP_PUT), "OP_PUT can be reached without an OP_GET"),
    (op(lay.OP_UNLOCK, "code", lay.OP_LOCK), "must be at least 1 of 0..1"),
    (op(lay.OP_LOCK, "code", lay.OP_UNLOCK), "while no lock is held"),
    (both(op(lay.OP_UNLOCK, "b", 1), op(lay.OP_UNLOCK, "code", lay.OP_LOCK)),
     "while a lock is held"),
    (put("endpoint", "rank", 0, 5), "must be within 0..4"),
]  # fmt: skip
CALLS = [
    (put("call", "hop", READ_CALL, 4), "must be within -1..3"),
    (put("call", "hop", READ_CALL, 1), "rows 1..4"),
    (put("call", "zones", READ_CALL, 0), "at least one zone"),
    (put("call", "zones", READ_CALL, 1), "zones beyond its hops"),
    (put("replica", "zone", APP_REPLICA, 2), "zones beyond its hops"),
    (put("replica", "zone", APP_REPLICA, -1), "must not be negative"),
    (put("call", "hedge", READ_CALL, -1), "hedge"),
    (put("call", "shape", READ_CALL, 4), "no shape of a backoff"),
    (put("call", "backoff_cap", READ_CALL, 2**62 + 1), "at most 2\\^62"),
    (put("call", "group", GET_CALL, 0), "chosen by key or named"),
    (put("call", "group", GET_CALL, lay.SAME), "its caller has other groups"),
    (put("call", "cancel", GET_CALL, 2), "must be 0 or 1"),
    (put("hop", "rtt", 0, -1), "rtt"),
    (put("hop", "loss", 0, 1), "below 1"),
    (put("hop", "loss", 0, np.nan), "below 1"),
    (put("hop", "cut", 0, 2), "must be 0 or 1"),
]
PLACES = [
    (put("service", "balance", STORE, 6), "no way of balancing"),
    (put("service", "choices", STORE, 4), "must be 2 or 3"),
    (put("service", "order", STORE, 3), "no order of a queue"),
    (put("service", "give_up", STORE, 1), "must be within -1..0"),
    (put("service", "slow_start", STORE, -1), "slow_start"),
    (put("service", "contention", APP, -1), "contention and coherency"),
    (put("service", "coherency", APP, np.nan), "contention and coherency"),
    (put("service", "coherency", APP, 1e6), "cannot have mean"),
    (put("service", "stretched", HOME, 1), "limited service"),
    (put("replica", "weight", STORE_REPLICA, 0), "weight"),
    (put("replica", "errors", STORE_REPLICA, 1.5), "within 0..1"),
    (put("replica", "lines", STORE_REPLICA, NONE), "needs 4 lines"),
    (put("replica", "lines", STORE_REPLICA, 9), "rows 9..12"),
    (put("replica", "lines", STORE_REPLICA, 1), "of two owners"),
    (put("line", "head", 0, 3), "at rest"),
    (put("replica", "out", STORE_REPLICA, 1), "at rest"),
    (put("replica", "until", STORE_REPLICA, 1), "at rest"),
    (put("replica", "host", STORE_REPLICA, 1), "must be within -1..0"),
    (put("replica", "host", 7, 0), "only replicas of limited services"),
    (put("host", "n", 0, 3), "must be at least 1 of 0..1"),
    (put("host", "n", 0, 0), "must be at least 1 of 0..1"),
    (put("host", "jobs", 0, 1), "at rest"),
    (plain("speed", 0, 0), "must be within 0.001..1000"),
    (both(put("dist", "mean", 0, 1e14), plain("speed", 1, 0.001)), "within 2\\^61"),
    (put("lock", "holder", 0, 3), "at rest"),
    (put("watch", "service", 0, 9), "must be within 0..3"),
    (put("watch", "period", 0, 5), "period"),
    (put("watch", "fails", 0, 0), "at least 1"),
    (put("watch", "eject", 0, -1), "not be negative"),
    (put("watch", "pause", 0, 0), "pause"),
    (put("watch", "share", 0, 1.5), "within 0..1"),
]
KEYS = [
    (put("keys", "n", 0, 4), "must be at least 1 of 0..2"),
    (plain("popularity", 2, 0.9), "cumulative shares"),
    (plain("popularity", 0, 0.99), "cumulative shares"),
    (put("shelf", "service", 0, STORE), "another service than its cache's"),
    (put("shelf", "service", 0, 7), "must be within 0..3"),
    (put("shelf", "drawer", 0, 1), "must be at least 1 of 0..1"),
    (put("shelf", "first", 0, 1), "must be at least 1 of 0..5"),
    (put("shelf", "keys", 0, 2), "no items for"),
    (put("shelf", "keys", 0, 0), "at least 1"),
    (put("shelf", "capacity", 0, 0), "at least 1"),
    (put("shelf", "capacity", 0, 1), "at most the capacity"),
    (put("shelf", "policy", 0, 2), "no way of giving up"),
    (put("shelf", "ttl", 0, -1), "ttl"),
    (put("drawer", "flushed_at", 0, -5), "its group's"),
    (put("drawer", "n", 0, 1), "number of items there"),
    (put("drawer", "head", 0, 1), "one list"),
    (put("drawer", "tail", 1, 3), "one list"),
    (put("item", "next", 1, 0), "one list"),
    (put("item", "prev", 0, 1), "one list"),
    (put("item", "prev", 2, 1), "not there"),
    (put("item", "at", 0, 5), "before the start"),
    (put("item", "fetcher", 0, 1), "at rest"),
    (put("item", "head", 0, 1), "at rest"),
]
POLICIES = [
    (put("breaker", "last", 0, 129), "last: must be within 0..128"),
    (put("breaker", "least", 0, 11), "least not above it"),
    (put("breaker", "probes", 0, -1), "probes"),
    (put("circuit", "newest", 0, 1), "at rest"),
    (put("controller", "step", 0, -1), "step must not be negative"),
    (put("controller", "grow", 0, np.inf), "grow within"),
    (put("controller", "looks", 0, 4), "rows 0..3"),
    (put("controller", "looks", 0, -1), "looks"),
    (both(put("controller", "period", 0, 2**55), put("service", "cores", APP, 64)), "past 2\\^62"),
    (put("controller", "looked", 0, 1), "at rest"),
]
LOAD = [
    (put("phase", "mean", 0, 999), "mean"),
    (put("phase", "factor", 0, -1), "factor"),
    (put("phase", "factor", 0, np.nan), "factor"),
    (put("phase", "factor", 0, 1e-12), "rates must be 0"),
    (put("source", "phases", 0, 3), "must be at least 1 of 0..1"),
    (put("source", "phases", 1, 1), "only open arrivals"),
    (put("source", "in_phase", 0, 1), "at rest"),
    (put("source", "n", 1, 4), "must be at least 0 of 0..2"),
    (plain("arrival", 1, 5 * lay.NS_PER_S), "must ascend"),
    (plain("arrival", 0, -1), "must ascend"),
    (put("source", "think", 2, 999), "think"),
    (put("source", "think", 2, np.nan), "think"),
    (put("segment", "factor", 2, 2), "one segment, of factor 1"),
    (put("source", "closed", 2, 5), "no kind of source"),
    (fault(lay.FAULT_ERRORS, "x", 1.5), "within 0..1"),
    (fault(lay.FAULT_FREEZE, "x", -1), "ns"),
    (fault(lay.FAULT_FREEZE, "replica", STORE_REPLICA), "without a host can freeze"),
    (fault(lay.FAULT_FREEZE, "replica", 7), "limited services"),
    (fault(lay.FAULT_LEAST, "row", 1), "must be at least 1 of 0..0"),
    (fault(lay.FAULT_LEAST, "x", 3), "within 0..2"),
    (fault(lay.FAULT_CUT, "row", 4), "must be at least 1 of 0..3"),
    (fault(lay.FAULT_CUT, "x", 0.5), "must be 0 or 1"),
    (fault(lay.FAULT_LOSS, "x", 1), "below 1"),
    (fault(lay.FAULT_LAG, "x", -2 * NS_PER_MS), "out of 0.."),
    (fault(lay.FAULT_LAG, "x", np.nan), "out of 0.."),
    (fault(lay.FAULT_LAG, "action", lay.FAULT_BEHIND + 1), "is no fault"),
]


@pytest.mark.parametrize(("change", "said"), [*STEPS, *CALLS, *PLACES, *KEYS, *POLICIES, *LOAD])
def test_broken_rule_is_named(change: Change, said: str) -> None:
    """A table that breaks a rule is refused with a sentence about it."""
    refused(change, said)


def kept(b: Builder, steps: Callable[[int, int], Sequence[Any]], capacity: int = 2,
         policy: int = lay.LRU, keys: int = 5_000) -> None:  # fmt: skip
    """Build a program whose root takes steps made of a call to a cache, and of its shelf."""
    cache = b.service()
    shelf = b.shelf(cache, keys, capacity, policy=policy)
    call = b.call(b.endpoint(cache, []))
    b.open(1, {b.endpoint(b.delay_service(), steps(call, shelf)): 1})
    b.build()


def test_lfu_shelves_are_small() -> None:
    """Who gives up what was used least looks at all it keeps, so that is at most 4,096 items."""
    kept(Builder(), lambda call, shelf: [("kept", call, shelf, [])], 4_096, lay.LFU)
    with pytest.raises(ValueError, match="at most 4096 for LFU"):
        kept(Builder(), lambda call, shelf: [("kept", call, shelf, [])], 4_097, lay.LFU)


def test_a_lock_is_not_taken_twice() -> None:
    """A step that takes a lock inside another lock's steps is refused, on any path."""
    b = Builder()
    lock = b.locks(2)
    inner = ("either", 0.5, [("lock", lock, 1, [])], [])
    b.endpoint(b.service(), [("lock", lock + 1, 1, [inner])])
    with pytest.raises(ValueError, match="while a lock is held"):
        b.build()


def test_shelves_nest() -> None:
    """One shelf may be asked inside the miss of another; each is filled after its own question."""
    b = Builder()
    near, far = b.service(), b.service()
    shelves = [b.shelf(service, 3, 2) for service in (near, far)]
    calls = [b.call(b.endpoint(service, [])) for service in (near, far)]
    inner = ("kept", calls[1], shelves[1], [])
    b.open(1, {b.endpoint(b.delay_service(), [("kept", calls[0], shelves[0], [inner])]): 1})
    b.build()


def test_keys_that_come_from_a_caller_must_fit_too() -> None:
    """A shelf two calls below the draw of a key has an item for each."""
    for room, good in ((5, True), (4, False)):
        b = Builder()
        cache, app = b.service(), b.service()
        shelf = b.shelf(cache, room, 2)
        page = b.endpoint(app, [("kept", b.call(b.endpoint(cache, [])), shelf, [])])
        between = b.endpoint(app, [("call", b.call(page))])
        root = b.endpoint(b.delay_service(), [("key", b.keys([1] * 5)), ("call", b.call(between))])
        b.open(1, {root: 1})
        if good:
            b.build()
            continue
        with pytest.raises(ValueError, match="has no items for"):
            b.build()


def test_a_service_has_one_watch() -> None:
    """Two watches of a service would count its checks twice."""
    b = Builder()
    service = b.service()
    b.watch(service, period_s=1)
    b.watch(service, eject=3, pause_s=1)
    with pytest.raises(ValueError, match="one only"):
        b.build()


def test_shelves_and_memories_are_their_own() -> None:
    """Two shelves that share items, and two controllers that share what they remember, are told."""
    b = Builder()
    services = [b.service(), b.service()]
    for service in services:
        b.shelf(service, 3, 2)
        b.controller(service, least=1, period_s=1, target=0.5, delay_s=1, cool_s=1)
    program = b.build()
    program.shelf["first"][1], program.shelf["drawer"][1] = 0, 0
    program.controller["past"][1] = 0
    with pytest.raises(ValueError, match="two owners") as error:
        program.validate()
    told = str(error.value).splitlines()
    assert [line.split(":")[0] for line in told] == ["drawer", "item", "past"]
