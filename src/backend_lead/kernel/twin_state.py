"""The things that `twin.py` moves about: streams, queues, replicas, sources and frames."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from . import layout as lay
from .layout import NONE, OK
from .program import Table

MASK = 2**64 - 1


def records(table: Table) -> list[SimpleNamespace]:
    names = table.dtype.names or ()
    return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in table.tolist()]


class Stream:
    """splitmix64, from a given state."""

    def __init__(self, state: int) -> None:
        self.state = state & MASK

    def next(self) -> int:
        self.state = (self.state + lay.GOLDEN) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * lay.MIX1) & MASK
        z = ((z ^ (z >> 27)) * lay.MIX2) & MASK
        return z ^ (z >> 31)

    def u(self) -> float:
        return ((self.next() >> 12) + 0.5) * 2.0**-52

    def below(self, n: int) -> int:
        return int(self.u() * n)


def sample(d: SimpleNamespace, stream: Stream) -> float:
    """Draw a time in ns, not yet slowed or truncated, from a row of the dist table."""
    u, ln = stream.u, math.log
    match d.kind:
        case lay.DIST_CONST:
            time = d.mean
        case lay.DIST_EXP:
            time = -d.mean * ln(u())
        case lay.DIST_LOGNORMAL:
            radius, angle = math.sqrt(-2 * ln(u())), math.cos(2 * math.pi * u())
            time = math.exp(d.p0 + d.p1 * radius * angle)
        case lay.DIST_HYPER2:
            mean = d.p1 if u() < d.p0 else d.p2
            time = -mean * ln(u())
        case lay.DIST_ERLANG:
            total = 0.0
            for _ in range(int(d.p0)):
                total += ln(u())
            time = -(d.mean / d.p0) * total
        case _:
            time = d.p0 + (d.p1 - d.p0) * u()
    return float(time)


def hash2(a: int, b: int) -> int:
    """Give the `hash` of the laws."""
    return Stream(a ^ (b * lay.GOLDEN & MASK)).next()


class Pool:
    def __init__(self, size: int) -> None:
        self.size = size
        self.in_use = 0
        self.epoch = 0
        self.waiting: deque[Attempt] = deque()


class Replica:
    def __init__(
        self, row: SimpleNamespace, service: SimpleNamespace, group: Group, pools: list[Pool]
    ) -> None:
        self.service, self.group = service, group
        group.replicas.append(self)
        self.pools = pools[row.pool : row.pool + row.pools] if row.pools else []
        self.up, self.visible, self.silent = bool(row.up), bool(row.visible), bool(row.silent)
        self.epoch: int = row.epoch
        self.slow: float = row.slow
        self.starting = False
        self.held: int = row.held
        self.busy = 0
        self.sent = 0
        self.waiting: deque[Frame] = deque()
        self.cores_busy = 0
        self.for_core: deque[tuple[Frame, int]] = deque()

    def load(self) -> int:
        return self.sent


class Group:
    def __init__(self, row: SimpleNamespace) -> None:
        self.replicas: list[Replica] = []
        self.turn: int = row.turn
        self.flushed_at: int = row.flushed_at

    @property
    def live(self) -> list[Replica]:
        return [replica for replica in self.replicas if replica.visible]

    def choose(self, balance: int, stream: Stream) -> Replica:
        """Choose among the live replicas, of which there is at least one."""
        live, n = self.live, len(self.live)
        if balance == lay.LB_ROUND_ROBIN:
            self.turn += 1
            return live[(self.turn - 1) % n]
        if n == 1:
            return live[0]
        i = stream.below(n)
        if balance == lay.LB_LEAST:
            return min(live[i:] + live[:i], key=Replica.load)
        if balance == lay.LB_P2C:
            j = stream.below(n - 1)
            j += j >= i
            return live[j] if live[j].load() < live[i].load() else live[i]
        return live[i]


class Lane:
    def __init__(self) -> None:
        self.deadlines: dict[Attempt, int] = {}  # a dict keeps the order of entry
        self.armed = False

    def head(self) -> tuple[Attempt, int]:
        return next(iter(self.deadlines.items()))


class Source:
    def __init__(
        self, number: int, row: SimpleNamespace, segments: list[SimpleNamespace], seed: int
    ) -> None:
        self.number, self.row = number, row
        self.segments = segments[row.segment : row.segment + row.segments]
        self.current = 0
        self.arrivals = Stream(hash2(seed, number + 1))
        self.requests = hash2(seed, number + 1001)
        self.serial = 0
        self.in_flight = 0
        self.held = int(row.users) if row.closed == lay.BEATS else 0
        self.idle = False

    def users(self) -> float:
        return float(self.row.users * self.segments[self.current].factor)

    def rate(self) -> float:
        if self.row.closed == lay.BEATS:
            return float(self.held * self.segments[self.current].factor / self.row.think)
        if self.row.closed == lay.CLOSED:
            return float(self.users() / self.row.think)
        return float(self.row.rate * self.segments[self.current].factor)


@dataclass(eq=False, kw_only=True)
class Frame:
    """One attempt at one endpoint."""

    endpoint: int
    stream: Stream
    replica: Replica = field(init=False)
    epoch: int = 0
    next_op: int = 0
    outcome: int = OK
    timeout: int = 0
    due: int = 0
    count: int = 1
    queued_at: int = NONE
    # What it knows of its calls.
    pending: int = 0
    failure: int = OK
    call_failed: bool = False
    call_group: int = NONE
    call_replica: Replica | None = None

    def dead(self) -> bool:
        """Tell whether its replica was killed since it started."""
        return self.epoch != self.replica.epoch


@dataclass(eq=False, kw_only=True)
class Root(Frame):
    """The first frame of a request."""

    source: Source
    serial: int
    start: int
    link: SimpleNamespace | None = None


@dataclass(eq=False, kw_only=True)
class Batch(Frame):
    """The frame that handles some messages of a partition."""

    partition: Any
    oldest: int


@dataclass(eq=False, kw_only=True)
class Attempt(Frame):
    """A frame made by a call of another one."""

    caller: Frame
    call: SimpleNamespace
    number: int
    group: int = NONE
    slot: Pool | None = None
    slot_epoch: int = 0
    waits_for: Pool | None = None
    sent_to: Replica | None = None
    orphan: bool = False
    breaker: Any = None

    def take_slot(self, pool: Pool) -> None:
        """Hold a slot already counted in the pool's `in_use`."""
        self.waits_for, self.slot, self.slot_epoch = None, pool, pool.epoch


@dataclass
class TwinResult:
    """What happened: recorded outcomes in order of completion, and counters over all requests."""

    outcomes: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    """(source, root endpoint, serial, start ns, end ns, outcome); started at or after warm-up."""
    started: int = 0
    ok: int = 0
    failed: int = 0
    timed_out: int = 0
    events: int = 0
    published: int = 0
    ages: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(stream, oldest publish ns, end ns, messages) of each batch done, in order."""
    limiters: list[tuple[int, int]] = field(default_factory=list)
    """(passed, refused) of each limiter after the warm-up."""

    @property
    def in_flight(self) -> int:
        """Requests still under way at the end."""
        return self.started - self.ok - self.failed - self.timed_out
