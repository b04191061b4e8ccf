"""The flow of requests through a system, resolved: who calls what, at which rate, on which station.

This is the one reading of a model that analyses, checks and emitters share. It knows kinds only
through the catalogue's protocol. The words are here; `steps` makes nodes and roots of a model,
`rates` their visits and cache hits, `pages` what comes from disk, `traffic` what each part sees.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from backend_lead.catalog.kind import Station, Traffic
from backend_lead.model.system import System
from backend_lead.views.bounds import Breaking as Breaking
from backend_lead.views.bounds import Bucket as Bucket
from backend_lead.views.bounds import Pauses as Pauses
from backend_lead.views.bounds import Pool as Pool
from backend_lead.views.bounds import Tokens as Tokens
from backend_lead.views.callers import Link as Link
from backend_lead.views.callers import Source as Source
from backend_lead.views.hits import HitCurve
from backend_lead.views.sessions import Visit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from backend_lead.views.keyed import Keyed

SECONDS_MONTH = 2_628_000.0  # 365 days / 12


@dataclass(frozen=True)
class Cpu:
    """Compute for a mean time (exponential) on the node's station."""

    mean_s: float


@dataclass(frozen=True)
class Wait:
    """Let a mean time pass (log-normal, cv 1), with a chance, holding only the worker."""

    mean_s: float
    chance: float = 1.0


@dataclass(frozen=True)
class Send:
    """Bytes leave, which takes `mean_s` for whoever is alone: one message after the other on the
    network of the replica, or over the `link` of two regions, which all share evenly."""

    mean_s: float
    link: str = ""


@dataclass(frozen=True)
class Detour:
    """Where a share of calls goes instead: to another node, by another pool."""

    share: float
    target: str
    pool: Pool | None = None


@dataclass(frozen=True)
class Call:
    """A synchronous call to another node; `group` None means one drawn by key.

    With a `limit`, so many are under way from one caller replica; the next is refused at once.
    After `hedge_s` (0: never) a second attempt is sent beside the first. `entity` is whose row it
    is about, as far as is said; the cache asked `forgets` it. `by_key`: the row decides the group.
    `over` is what each attempt sends to another region, and its answer back.
    """

    target: str
    pool: Pool | None = None
    timeout_s: float = 0.0
    retries: int = 0
    optional: bool = False
    rtt_s: float = 0.0
    group: int | None = None
    breaker: Breaking | None = None
    limit: Pool | None = None
    detour: Detour | None = None
    hedge_s: float = 0.0
    pauses: Pauses | None = None
    tokens: Tokens | None = None
    entity: str = ""
    forgets: bool = False
    by_key: bool = False
    over: tuple[Send, ...] = ()

    @property
    def gate(self) -> str:
        """What refuses it when full: its limit, or the line before the pool that it waits for."""
        return (self.pool or self.limit).key if self.limit is not None else ""

    @property
    def branches(self) -> tuple[tuple[float, Call], ...]:
        """(share, call) of each node it may go to: with a `detour` two."""
        if self.detour is None:
            return ((1.0, self),)
        other = self.detour
        plain = replace(self, detour=None)
        return (
            (1 - other.share, plain),
            (other.share, replace(plain, target=other.target, pool=other.pool)),
        )  # fmt: skip


@dataclass(frozen=True)
class Par:
    """Calls sent together; all are awaited, or, with `need`, so many good answers."""

    calls: tuple[Call, ...]
    need: int = 0


@dataclass(frozen=True)
class Cached:
    """A cache read; on a miss (or when the cache fails) the steps below are taken.

    `coalesced`: reads of one key that miss at the same time take them once.
    """

    call: Call
    cache: str
    entity: str
    miss: tuple[FlowStep, ...]
    coalesced: bool = False


@dataclass(frozen=True)
class Publish:
    """A message appended to a topic by `call`; its consumers handle it later."""

    call: Call
    topic: str


@dataclass(frozen=True)
class DiskRead:
    """With a probability, a page must come from the disk of the replica, after those before it.

    A read takes a mean time (log-normal, cv 1); the disk serves so many at once that it sustains
    its station's `disk_iops`.
    """

    chance: float
    mean_s: float


@dataclass(frozen=True)
class Held:
    """The row of an entity is locked while the steps after this one run, to the node's end."""

    entity: str


@dataclass(frozen=True)
class Key:
    """From here on it is about a row of an entity ("": of anything), drawn by popularity, or, with
    `missed`, by that of the rows which that cache does not have."""

    entity: str
    missed: str = ""


FlowStep = Cpu | Wait | DiskRead | Bucket | Call | Par | Cached | Publish | Held | Key | Send


@dataclass(frozen=True)
class Node:
    """An endpoint or operation: its key `component.name`, its station, what it does.

    `priority` counts where its station serves by it; 0: its caller's.
    """

    key: str
    component: str
    name: str
    station: str
    steps: tuple[FlowStep, ...]
    priority: int = 0


@dataclass(frozen=True)
class Root:
    """A user-facing request as the edge sees it; `retry_budget` is a share, None: no bound.

    `limit` is shared by all requests of one class of callers.
    """

    key: str
    target: str
    timeout_s: float
    retries: int
    edge_hit: float
    edge_delay_s: float
    pass_s: float
    retry_budget: float | None = None
    limit: Bucket | None = None
    pauses: Pauses | None = None
    tokens: Tokens | None = None


@dataclass(frozen=True)
class Consumer:
    """A handler of a topic's messages: up to `batch` at once, `slots` batches per partition.

    `spread`: any instance takes a batch; else the one that owns the partition. `key` is the entity
    whose row says the partition of a message, empty where it goes to any. After `tries` (0: never)
    a batch is put aside. Partitions that change hands stand still for `pause_s`, with `all_pause`
    all of them do. By `fetch` each batch comes over a stated network to where it is handled: its
    `rtt_s` is one way only, its `over` what is sent to another region.
    """

    topic: str
    handler: str
    partitions: int
    batch: int
    slots: int
    spread: bool
    fresh_s: float | None = None
    key: str = ""
    tries: int = 0
    pause_s: float = 0.0
    all_pause: bool = False
    fetch: Call | None = None


@dataclass(frozen=True)
class Transfer:
    """Bytes a second between the replicas of two stations at the stated load.

    `source` is empty for what comes from outside. `asked_b` go from source to target, `answered_b`
    back.
    """

    source: str
    target: str
    calls_per_s: float
    asked_b: float
    answered_b: float


@dataclass
class Flow:
    """A resolved system. `visits[node]` is the rate (1/s) at the stated load with no waiting;
    `page_miss[node]` the share of its visits that must read from disk. `batch[node]` is how many
    messages a visit stands for on the mean, where that is not one: compute counts for each.
    `commits[station]` are those of each replica (1/s), batches full, where its log limits them."""

    system: System
    nodes: dict[str, Node]
    roots: dict[str, Root]
    sources: list[Source]
    consumers: list[Consumer] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    sessions: list[Visit] = field(default_factory=list)
    stations: dict[str, Station] = field(default_factory=dict)
    hits: dict[tuple[str, str], HitCurve] = field(default_factory=dict)
    visits: dict[str, float] = field(default_factory=dict)
    page_miss: dict[str, float] = field(default_factory=dict)
    batch: dict[str, float] = field(default_factory=dict)
    commits: dict[str, float] = field(default_factory=dict)
    traffic: dict[str, Traffic] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    # by gate, the share of optional calls that go on without an answer because it is full
    refused: dict[str, float] = field(default_factory=dict)
    # found once; a flow made by `replace` finds its own
    _keys: dict[str, list[str]] = field(init=False, default_factory=dict, repr=False, compare=False)
    _order: list[str] = field(init=False, default_factory=list, repr=False, compare=False)
    unloaded: dict[str, tuple[float, float]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )
    keyed: Keyed | None = field(init=False, default=None, repr=False, compare=False)
    # by station, the load of each replica over the mean, and (share, load) of those that are alike
    over: dict[str, NDArray[np.float64]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )
    alike: dict[str, tuple[tuple[float, float], ...]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    @property
    def requests_per_s(self) -> float:
        return sum(source.offered_per_s() for source in self.sources)

    def root_rates(self, response_s: float = 0.0) -> dict[str, float]:
        rates: dict[str, float] = defaultdict(float)
        for source in self.sources:
            for root, share in source.mix.items():
                rates[root] += share * source.offered_per_s(response_s)
        return dict(rates)

    def unasked(self) -> list[str]:
        """The requests that no client makes yet, though a journey of one has them."""
        rates: dict[str, float] = defaultdict(float)
        for root, rate in self.root_rates().items():
            rates[self.roots[root].target] += rate
        return sorted(ref for ref, rate in rates.items() if rate == 0)

    def keys_of(self, component: str) -> list[str]:
        """Keys of the nodes of a component, in the order of `nodes`."""
        if not self._keys:
            for key, node in self.nodes.items():
                self._keys.setdefault(node.component, []).append(key)
        return self._keys.get(component, [])

    def order(self) -> list[str]:
        """Nodes with every callee before its callers, handlers before who publishes to them."""
        if not self._order:
            self._order += self._ordered()
        return self._order

    def _ordered(self) -> list[str]:
        handlers: dict[str, list[str]] = defaultdict(list)
        for consumer in self.consumers:
            handlers[consumer.topic].append(consumer.handler)
        done: list[str] = []
        seen: set[str] = set()

        def visit(key: str) -> None:
            if key in seen:
                return
            seen.add(key)
            for call in calls_of(self.nodes[key].steps):
                for _, branch in call.branches:
                    visit(branch.target)
            for topic in topics_of(self.nodes[key].steps):
                for handler in handlers[topic]:
                    visit(handler)
            done.append(key)

        for key in self.nodes:
            visit(key)
        return done


def calls_of(steps: tuple[FlowStep, ...]) -> Iterator[Call]:
    """Every call in a program, misses included."""
    for step in steps:
        if isinstance(step, Call):
            yield step
        elif isinstance(step, Par):
            yield from step.calls
        elif isinstance(step, Publish):
            yield step.call
        elif isinstance(step, Cached):
            yield step.call
            yield from calls_of(step.miss)


def gates(flow: Flow) -> dict[str, bool]:
    """What is full for some calls, and whether all who meet it go on without their answer."""
    found: dict[str, bool] = {}
    waits: set[str] = set()
    for node in flow.nodes.values():
        for call in calls_of(node.steps):
            if call.gate:
                found[call.gate] = found.get(call.gate, True) and call.optional
            elif call.pool is not None:
                waits.add(call.pool.key)
    return {key: optional and key not in waits for key, optional in found.items()}


def topics_of(steps: tuple[FlowStep, ...]) -> Iterator[str]:
    """Every topic that a program publishes to, misses included."""
    for step in steps:
        if isinstance(step, Publish):
            yield step.topic
        elif isinstance(step, Cached):
            yield from topics_of(step.miss)
