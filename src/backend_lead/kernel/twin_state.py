"""The things that `twin.py` moves about: queues, replicas, sources and frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from . import layout as lay
from .layout import NONE, OK
from .program import Table
from .twin_chance import Stream, hash2


def records(table: Table) -> list[SimpleNamespace]:
    names = table.dtype.names or ()
    return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in table.tolist()]


class Pool:
    def __init__(self, size: int) -> None:
        self.size = size
        self.in_use = 0
        self.epoch = 0
        self.waiting: deque[Attempt] = deque()


class Waiting:
    """The queue for the workers of a replica, in the order of its service."""

    def __init__(self, order: int) -> None:
        self.order = order
        self.lines: list[deque[Frame]] = [
            deque() for _ in range(lay.RANKS if order == lay.RANKED else 1)
        ]

    def __len__(self) -> int:
        return sum(map(len, self.lines))

    def join(self, frame: Frame) -> None:
        if self.order == lay.LIFO:
            self.lines[0].appendleft(frame)
        else:
            self.lines[frame.rank - 1 if self.order == lay.RANKED else 0].append(frame)

    def next(self) -> Frame:
        return next(line for line in self.lines if line).popleft()


class Replica:
    def __init__(
        self,
        number: int,
        row: SimpleNamespace,
        service: SimpleNamespace,
        group: Group,
        pools: list[Pool],
    ) -> None:
        self.row, self.service_row = number, row.service
        self.service, self.group = service, group
        self.group_number = (number - service.replica) // service.per_group
        group.replicas.append(self)
        self.pools = pools[row.pool : row.pool + row.pools] if row.pools else []
        self.up, self.visible, self.silent = bool(row.up), bool(row.visible), bool(row.silent)
        self.epoch: int = row.epoch
        self.slow: float = row.slow
        self.starting = False
        self.held: int = row.held
        self.busy = 0
        self.sent = 0
        self.waiting = Waiting(service.order)
        self.cores_busy = 0
        self.for_core: deque[tuple[Frame, int]] = deque()
        self.host: int = row.host
        self.zone: int = row.zone
        self.weight: float = row.weight
        self.errors: float = row.errors
        self.out = self.bad = self.fails = 0
        self.shown_at = 0
        self.frozen = self.frozen_until = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew, with closed breakers and with budgets as they are at the start."""
        self.breakers: dict[tuple[int, int], Any] = {}  # by row and group of the callee
        self.savings: dict[int, int] = {}  # tokens by budget row

    def freeze(self, now: int, time: int) -> None:
        begin = max(now, self.frozen_until)
        self.frozen_until = max(self.frozen_until, now + time)
        self.frozen += max(0, self.frozen_until - begin)


class Group:
    def __init__(self, row: SimpleNamespace) -> None:
        self.replicas: list[Replica] = []
        self.turn: int = row.turn
        self.flushed_at: int = row.flushed_at

    @property
    def live(self) -> list[Replica]:
        return [replica for replica in self.replicas if replica.visible]


class Lane:
    def __init__(self) -> None:
        self.deadlines: dict[Attempt, int] = {}  # a dict keeps the order of entry
        self.armed = False

    def head(self) -> tuple[Attempt, int]:
        return next(iter(self.deadlines.items()))


class Source:
    def __init__(
        self,
        number: int,
        row: SimpleNamespace,
        segments: list[SimpleNamespace],
        phases: list[SimpleNamespace],
        seed: int,
    ) -> None:
        self.number, self.row = number, row
        self.phases = phases[row.phase : row.phase + row.phases] if row.phases else []
        self.in_phase = self.phase_ends = self.replayed = 0
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
        rate = float(self.row.rate * self.segments[self.current].factor)
        return rate * self.phases[self.in_phase].factor if self.phases else rate

    def begin_phase(self, now: int, number: int) -> None:
        self.in_phase = number
        time = int(self.arrivals.e() * self.phases[number].mean)
        self.phase_ends = now + time

    def turns(self) -> list[int]:
        """Give when its rate changes next, for one reason or another."""
        later = [segment.start for segment in self.segments[self.current + 1 :]]
        return later[:1] + ([self.phase_ends] if self.phases else [])


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
    patience: int | None = None  # drawn when it joined the queue it waits in
    rank: int = 1
    key: int = NONE
    lock: Any = None
    fetches: Any = None
    drawer: Any = None  # where its last GET looked
    # What it knows of its calls.
    pending: int = 0
    need: int = 0
    got: int = 0
    joins: int = 0  # that it went on from before all had answered
    failure: int = OK
    call_failed: bool = False
    call_group: int = NONE
    call_replica: Replica | None = None

    def dead(self) -> bool:
        """Tell whether its replica was killed since it started."""
        return self.epoch != self.replica.epoch

    def cancelled(self) -> bool:
        return False


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
    failures: int = 0
    fetching: bool = False


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
    zone: int = 0  # of its caller
    of_join: int = 0  # its caller's `joins` when it was created
    mate: Attempt | None = None  # the other one of its pair
    is_hedge: bool = False
    asleep: bool = False
    hop_wait: int = 0
    waited: int = 0  # backoff before it

    def take_slot(self, pool: Pool) -> None:
        """Hold a slot already counted in the pool's `in_use`."""
        self.waits_for, self.slot, self.slot_epoch = None, pool, pool.epoch

    def stray(self) -> bool:
        """Tell whether its caller went on without it."""
        return self.of_join != self.caller.joins

    def cancelled(self) -> bool:
        given_up = self.orphan or self.stray() or self.caller.cancelled()
        return bool(self.call.cancel) and given_up


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
    messages: list[tuple[int, int]] = field(default_factory=list)
    """(stream, ns) of each message published, in order."""
    ages: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(stream, oldest publish ns, end ns, messages) of each batch done, in order."""
    given_up: list[tuple[int, int, int, int]] = field(default_factory=list)
    """The same of each batch given up."""
    again: list[tuple[int, int, int]] = field(default_factory=list)
    """(stream, ns, messages) of each batch that failed and is tried again, in order."""
    dead: list[int] = field(default_factory=list)
    """Messages given up of each stream."""
    limiters: list[tuple[int, int]] = field(default_factory=list)
    """(passed, refused) of each limiter after the warm-up."""
    logs: list[tuple[int, int, int]] = field(default_factory=list)
    """(written, read, stale) of each log after the warm-up."""

    @property
    def published(self) -> int:
        """Messages published to all streams."""
        return len(self.messages)

    @property
    def in_flight(self) -> int:
        """Requests still under way at the end."""
        return self.started - self.ok - self.failed - self.timed_out


class Machine:
    """What the parts of the twin use of each other; each is given by the one that has it."""

    now: int
    created: int
    warmup: int
    replicas: list[Replica]
    sources: list[Source]
    services: list[SimpleNamespace]
    endpoints: list[SimpleNamespace]
    calls: list[SimpleNamespace]
    dists: list[SimpleNamespace]
    result: TwinResult
    at: Callable[..., None]
    when_ready: Callable[[Callable[[Any], None], Any], None]
    attempt: Callable[[Frame, SimpleNamespace, int], Attempt]
    begin: Callable[[Attempt], None]
    begin_root: Callable[[Root], None]
    choose: Callable[[Group, Frame, int | None], Replica]
    join: Callable[[Frame, Replica], None]
    resume: Callable[[Frame], None]
    end_unserved: Callable[[Frame], None]
    leave_lane: Callable[[Attempt], None]
    give_back: Callable[[Attempt], None]
    child_gone: Callable[[Frame], None]
    schedule_arrival: Callable[[Source], None]
    request: Callable[[Source, int, SimpleNamespace | None], Root]
    begin_request: Callable[[Root], None]
    share_partitions: Callable[[SimpleNamespace], None]
    show: Callable[[Replica, bool], None]
