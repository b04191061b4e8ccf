"""Programs built by hand, and the rules that keep them runnable."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.layout import NONE
from backend_lead.kernel.program import Program

from .random_programs import random_program


def sample_program() -> Program:
    """A root that calls an app of two groups, which asks a cache and, on a miss, a database."""
    b = Builder()
    work = b.dist_exp(0.01)
    home, app, redis, db = b.delay_service(), b.service(2, 2), b.service(), b.service(2, 2)
    read = b.call(b.endpoint(db, [("cpu", work)]), timeout_s=1, pool_per_replica=(app, 3))
    write = b.call(b.endpoint(db, [("delay", work)]), shared_pool=5)
    get = b.call(b.endpoint(redis, [("cpu", work)]), timeout_s=1, optional=True)
    cached = ("cached", get, b.cache(redis, [0.5, 0.9], 10), [("call", read)])
    page = b.endpoint(app, [("cpu", work), cached, ("chance", 0.8, [("par", [read, write])])])
    b.open(10, {b.endpoint(home, [("call", b.call(page))]): 1}, [(0, 1), (5, 2)])
    b.fault(9, lay.FAULT_UP, b.replica(app))
    b.fault(3, lay.FAULT_DOWN, b.replica(app))
    return b.build()


def test_builder_lays_out_pools() -> None:
    """Pools of replicas come as one run per replica, shared ones as one per group of the callee."""
    program = sample_program()
    assert program.pool["size"].tolist() == [3, 3, 3, 3, 5, 5]
    assert program.replica["pool"].tolist() == [NONE, 0, 1, 2, 3, NONE, NONE, NONE, *[NONE] * 4]
    assert program.call["pool"].tolist() == [0, 4, NONE, NONE]


def test_builder_sorts_faults_and_shares_lanes() -> None:
    """Faults come sorted by time, and calls of one timeout share a lane."""
    program = sample_program()
    assert program.fault["action"].tolist() == [lay.FAULT_DOWN, lay.FAULT_UP]
    assert program.call["lane"].tolist() == [0, NONE, 0, NONE]


def test_builder_refuses_scattered_parallel_calls() -> None:
    """Parallel calls must lie in consecutive rows."""
    b = Builder()
    leaf = b.endpoint(b.service(), [])
    calls = [b.call(leaf) for _ in range(3)]
    with pytest.raises(ValueError, match="consecutive"):
        b.endpoint(b.service(), [("par", [calls[0], calls[2]])])


def test_validation_lists_every_problem() -> None:
    """All indices out of range are told at once."""
    program = sample_program()
    program.call["lane"][0] = 7
    program.mix["root"][0] = 99
    with pytest.raises(ValueError, match="call") as error:
        program.validate()
    assert str(error.value).splitlines() == [
        "call[0].lane: 7 must be within -1..0",
        "mix[0].root: 99 must be within 0..4",
    ]


def _write(table: str, column: str, row: int, value: float) -> Callable[[Program], None]:
    def change(program: Program) -> None:
        getattr(program, table)[column][row] = value

    return change


def sample_with_policies() -> Program:
    """A root that publishes to a stream; a gateway of held connections that a controller steers."""
    b = Builder()
    work = b.dist_exp(0.01)
    workers, gateway, home = b.service(), b.service(), b.delay_service()
    stream = b.stream(b.endpoint(workers, [("cpu", work)]), partitions=2)
    limit = ("limit", b.limiter(5, 10))
    page = b.endpoint(gateway, [limit, ("cpu", work), ("publish", stream)])
    breaker = b.breaker(page, window_s=1, least=5, share=0.5, pause_s=1)
    call = b.call(page, retries=1, budget=b.budget(0.1, 5), breaker=breaker)
    root = b.endpoint(home, [("call", call)])
    b.open(10, {root: 1})
    b.link(gateway, root, 30, spread_s=1, beat=root, interval_s=5)
    b.controller(gateway, least=1, period_s=1, target=0.5, delay_s=1, cool_s=1)
    return b.build()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_write("budget", "tokens", 0, 9999999), "within 0..cap"),
        (_write("circuit", "state", 0, 1), "at rest"),
        (_write("breaker", "share", 0, 0), "share within"),
        (_write("call", "breaker", 0, 1), "must be within -1..0"),
        (_write("limiter", "earn", 0, 0), "earn something"),
        (_write("limiter", "cap", 0, 1), "hold and earn"),
        (_write("limiter", "level", 0, -1), "within 0..cap"),
        (_write("limiter", "since", 0, 1), "at rest"),
        (_write("op", "a", 2, 1), "must be at least 1 of"),
        (_write("stream", "batch", 0, 0), "batch must be within"),
        (_write("stream", "backoff", 0, 0), "backoff"),
        (_write("stream", "partitions", 0, 3), "must be at least 1 of"),
        (_write("stream", "partitions", 0, 1), "exactly one stream"),
        (_write("stream", "endpoint", 0, 1), "round in a circle"),
        (_write("partition", "owner", 0, 4), "replicas of its consumers"),
        (_write("partition", "taken", 0, 1), "at rest"),
        (_write("link", "service", 0, 0), "name it"),
        (_write("link", "spread", 0, 0), "spread"),
        (_write("replica", "held", 3, 11), "as many beats as connections"),
        (_write("source", "closed", 2, 1), "as many beats as connections"),
        (_write("controller", "target", 0, 0), "target"),
        (_write("controller", "least", 0, 4), "least"),
        (_write("service", "patience", 0, -1), "patience"),
    ],
)
def test_broken_rule_of_policies_is_named(change: Callable[[Program], None], said: str) -> None:
    """A table of policies, streams, links or controllers that breaks a rule is refused."""
    program = sample_with_policies()
    change(program)
    with pytest.raises(ValueError, match=said):
        program.validate()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_write("op", "code", -1, lay.OP_CPU), "runs past the last row"),
        (_write("op", "code", -1, 99), "is no operation"),
        (_write("endpoint", "op", 0, 99), "must be within"),
        (_write("call", "endpoint", 0, 3), "round in a circle"),
        (_write("call", "lane", 1, 0), "does not go with lane"),
        (_write("call", "timeout", 0, 5), "of another timeout"),
        (_write("call", "group", 0, 2), "must be within -2..1"),
        (_write("call", "pool", 0, 1), "lack pool slot 1"),
        (_write("call", "pool", 1, 5), "must be at least 1 of"),
        (_write("call", "pool", 1, 3), "must not be owned"),
        (_write("cache", "service", 0, 3), "another service than its cache's"),
        (_write("dist", "mean", 0, 1e18), "cannot have mean"),
        (_write("service", "workers", 1, 0), "at least 1"),
        (_write("replica", "visible", 1, 0), "live rows"),
        (_write("replica", "busy", 1, 1), "at rest"),
        (_write("source", "segments", 0, 3), "must be at least 1 of"),
        (_write("segment", "start", 0, 1), "must start at 0"),
        (_write("segment", "factor", 0, -1), "rates must be 0"),
        (_write("mix", "upto", 0, 0.5), "cumulative"),
        (_write("mix", "root", 0, 3), "unlimited service"),
        (_write("fault", "at", 1, 0), "sorted by time"),
        (_write("fault", "action", 1, lay.FAULT_BEHIND + 1), "is no fault"),
    ],
)
def test_broken_rule_is_named(change: Callable[[Program], None], said: str) -> None:
    """A table that breaks a rule is refused with a sentence about it."""
    program = sample_program()
    change(program)
    with pytest.raises(ValueError, match=said):
        program.validate()


def test_copy_is_apart() -> None:
    """What is written to a copy does not show in the original."""
    program = sample_program()
    program.copy().replica["busy"][:] = 5
    assert not program.replica["busy"].any()


def test_random_programs_are_valid() -> None:
    """The generator of random programs makes valid ones."""
    for number in range(50):
        random_program(random.Random(number))[0].validate()
