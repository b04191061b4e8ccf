"""What a component kind has to say: laws (stations) and facts, and nobody else names a kind.

To add a kind, add a package beside this file whose `KIND` is an instance of a `Kind` subclass.
`Broker` and `EqualInstances`, beside it, say what brokers and what equal instances have in common.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from backend_lead.catalog.day import HOURS, usual_day
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.prices import Instance, ladder
from backend_lead.catalog.prices import instance as find_instance
from backend_lead.model.manners import Topic
from backend_lead.model.serving import Serving, Watching
from backend_lead.model.system import Component, Operation
from backend_lead.model.workload import PEAK_HOUR

HOURS_MONTH = 730.0
SECONDS_MONTH = HOURS_MONTH * 3600
ANY_NUMBER = 1_000_000  # workers of what takes any number of requests at once
BILLED_GB = 2.0**30  # a GiB: providers quote it as "GB"; the bill says GiB
EARLY = Fact(
    "early", "instance-hours of a schedule ahead of the load, over those of the load", 1.15, 1.05,
    1.4, "ratio", "assumed", "a schedule has steps of an hour and a reserve; engineering judgement",
)  # fmt: skip


@dataclass(frozen=True)
class Scaling:
    """What follows the use of a station's cores: at least `least` replicas, up to `most`, aiming at
    `target`; `delay_s` until an ordered one serves, `cool_s` before one is taken away. The use is
    averaged over `looks_s`; one look orders at most `step`, or the share `grow` of those there, and
    takes away at most `down`. A use within the share `tolerance` of the target changes nothing."""

    least: int
    most: int
    target: float
    delay_s: float
    cool_s: float
    looks_s: float | None = None
    step: int | None = None
    grow: float | None = None
    down: int | None = None
    tolerance: float = 0.0


@dataclass(frozen=True)
class Station:
    """Equal servers, as the kernel and the solver know them.

    `groups` x `per_group` replicas, group-major; `zones[i]` is the zone of replica i, and where
    there is none no loss of a zone takes it away. Fewer than `quorum` replicas of a group do
    not serve; where each record lies on `copies` of them only, these are taken to be spread
    over the zones. `cores` and `workers` are per replica; `limited` False means any number at
    once. `slow` multiplies service times. After a loss, the balancer stops choosing a replica
    after `detect_s`; `recover_s` is when a stand-in serves again (None: when the lost one comes
    back), `cold` whether it comes back empty. `page_bytes` of a replica's memory hold pages of
    its data (0: data is never on disk), `disk_iops` reads a second are what its disk sustains,
    `commits_per_s` transactions a second what its log takes where each must be durable before its
    answer (0: not limited). Who waited `patience_s` for a worker is refused (0: nobody is).
    `connections` is the number a replica accepts, None where that is no limit; `held_max` the
    number of connections that clients hold for long, 0 where it holds none. `serving` and `watch`
    are what the model says of how it takes up work and of who watches it.
    """

    id: str
    component: str
    groups: int
    per_group: int
    cores: int
    workers: int
    queue: int | None
    balance: str
    zones: tuple[int, ...]
    limited: bool = True
    slow: float = 1.0
    detect_s: float = 10.0
    recover_s: float | None = None
    cold: bool = False
    connections: int | None = None
    standby: bool = False
    page_bytes: float = 0.0
    disk_iops: float = 0.0
    commits_per_s: float = 0.0
    patience_s: float = 0.0
    held_max: int = 0
    quorum: int = 1
    copies: int = 1
    scaling: Scaling | None = None
    serving: Serving | None = None
    watch: Watching | None = None

    @property
    def replicas(self) -> int:
        return self.groups * self.per_group

    @property
    def replicas_most(self) -> int:
        """Replicas with those that scaling may add, which come after the others."""
        most = self.per_group if self.scaling is None else max(self.per_group, self.scaling.most)
        return self.groups * most

    def zone_of(self, replica: int) -> int | None:
        """The zone of a replica, also of one that scaling may add; None where it lies in none."""
        return self.zones[replica % len(self.zones)] if self.zones else None

    def disk_queue(self, read_s: float) -> tuple[int, float]:
        """Reads served at once, and the time of each (s), that sustain exactly `disk_iops`.

        The time is `read_s` or, because reads at once are a whole number, a little more.
        """
        servers = max(1, math.ceil(self.disk_iops * read_s))
        return servers, servers / self.disk_iops


@dataclass(frozen=True)
class Item:
    """Something to pay for: `quantity` of `sku`, charged by `unit`, per month.

    `by_load`: the quantity follows the requests, not the machines. `least` and `most` say how far
    the quantity may be off, as multiples.
    """

    name: str
    sku: str
    quantity: float
    unit: str
    tiered: bool = False
    by_load: bool = False
    least: float = 1.0
    most: float = 1.0


@dataclass(frozen=True)
class Traffic:
    """What a component sees, for stations and prices.

    Rates at design peak (1/s); bytes and requests per month from the daily mean. `bytes_per_s` are
    those of requests and responses at the daily mean, `bytes_out_month` those of responses.
    `written_bytes_per_s` are rows written on the mean of a day. `write_cores` is core-seconds of
    writes per second, `page_reads_per_s` reads from disk of the
    busiest node. `peak_factor` is peak over mean, `peak_hour` when in the day. `messages_per_s` are
    appended at peak, `held` the connections that clients hold then. `rates` are those at peak of
    each endpoint, operation and topic by name; of a topic, messages. `compute` is core-seconds a
    second of endpoints at peak, `under_way` their requests in progress where nobody waits for
    anybody.
    """

    requests_per_s: float = 0.0
    requests_month: float = 0.0
    bytes_out_month: float = 0.0
    connections: float = 0.0
    new_connections_per_s: float = 0.0
    bytes_per_s: float = 0.0
    write_cores: float = 0.0
    page_reads_per_s: float = 0.0
    storage_bytes: float = 0.0
    written_bytes_per_s: float = 0.0
    peak_factor: float = 1.0
    peak_hour: int = PEAK_HOUR
    messages_per_s: float = 0.0
    held: float = 0.0
    rates: Mapping[str, float] = field(default_factory=dict)
    compute: float = 0.0
    under_way: float = 0.0

    def in_month(self, at_peak: float) -> float:
        """What a rate (1/s) at peak comes to in a month, of whose days the mean is below it."""
        return at_peak / self.peak_factor * SECONDS_MONTH


class Kind:
    """Base of all kinds. Subclasses set the class attributes and override what differs."""

    id: ClassVar[str]
    title: ClassVar[str]
    role: ClassVar[str]
    summary: ClassVar[str]
    fields: ClassVar[frozenset[str]]
    required: ClassVar[frozenset[str]] = frozenset()
    asked_with: ClassVar[str] = ""  # the verb of the steps that use it: call, query, read, publish
    protocol: ClassVar[str] = ""  # of brokers: what clients speak, by AsyncAPI's word
    purges: ClassVar[bool] = False  # of brokers: what one subject has is taken out when asked
    keyed_binding: ClassVar[str] = ""  # the version of AsyncAPI's binding that knows keys, if any
    spread_batches: ClassVar[bool] = False  # of streams: any consumer takes a batch
    rank: ClassVar[int] = 0  # of kinds with one role a tactic adds the lowest: the simplest to run
    pooled: ClassVar[bool] = False  # callers bound their connections to it, by their `pool`
    own_cores: ClassVar[bool] = True  # its operations take cores of the design, so must state cpu
    machine_class: ClassVar[str] = ""  # how the machine types it runs on begin
    smallest: ClassVar[str | None] = None  # the machine to begin with, where it has machines
    facts: ClassVar[tuple[Fact, ...]] = ()
    availability: ClassVar[Fact]
    repair: ClassVar[Fact]

    def fact(self, name: str) -> float:
        return next(f.value for f in self.facts if f.id == name)

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        raise NotImplementedError

    def station_of(self, name: str, component: Component, operation: Operation | None) -> str:
        """The station that serves an operation (None: a request)."""
        return name

    def machine(self, component: Component) -> Instance:
        """The machine one replica runs on. Raises KeyError naming near types."""
        assert component.instance is not None
        return find_instance(component.instance)

    def ladder(self, component: Component) -> list[str]:
        """Machine types from the smallest to the largest that this component could use."""
        if component.instance is None:
            return []
        return [step.type for step in ladder(component.instance)]

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        """What one month costs."""
        raise NotImplementedError

    def instances(self, component: Component) -> int:
        """How many machines (or managed nodes) it is; 0 where there is none to count."""
        return 0

    def size_words(self, component: Component) -> str:
        """What runs, for people: `18 x m7g.4xlarge`; empty for what has no machines."""
        n = self.instances(component)
        return f"{n} x {component.instance}" if n else ""

    def hours(self, component: Component, traffic: Traffic) -> float:
        """Instance-hours of a month: those of the peak all month, or what scaling leaves of them.

        With scaling, instances are in proportion to the load, whose mean is peak / peak factor; a
        schedule brings them a little earlier and keeps them a little longer. With a schedule by the
        clock each hour has as many as its load needs, or as are kept then, if these are more.
        """
        count, scaling = component.count or 1, component.autoscale
        if scaling is None:
            return count * HOURS_MONTH
        if scaling.schedule:
            day = usual_day(traffic.peak_factor, traffic.peak_hour)
            there = (max(count * share, scaling.least_at(h)) for h, share in enumerate(day))
            return sum(there) / HOURS * HOURS_MONTH
        early = EARLY.value if scaling.ahead else 1.0
        mean = max(float(scaling.least), count / traffic.peak_factor * early)
        return min(float(count), mean) * HOURS_MONTH

    def backup_bytes(self, component: Component, traffic: Traffic) -> float:
        """Of stores: bytes of backups that are kept at any time; 0 where none are."""
        return 0.0

    def kept_s(self, topic: Topic) -> float:
        """Of streams: how long messages of a topic are kept."""
        stated = next((f.value for f in self.facts if f.id == "retention"), 0.0)
        return topic.retention.value if topic.retention else stated

    def copies(self, component: Component) -> int:
        """Of streams: how many of its machines hold each message."""
        return 1

    def append_s(self, component: Component) -> tuple[float, float]:
        """Of streams: compute and other time of appending one message, its copies included."""
        raise NotImplementedError

    def work_s(self, component: Component, operation: Operation) -> tuple[float, float]:
        """Compute and other time of one operation where it is asked."""
        return (
            operation.cpu.value if operation.cpu else 0.0,
            operation.wait.value if operation.wait else 0.0,
        )

    def start_s(self, component: Component) -> tuple[float, float]:
        """Share of requests that find nothing ready to serve them, and how long those wait."""
        return 0.0, 0.0

    def allows(self, component: Component, operation: Operation) -> tuple[str, float] | None:
        """The limit by nature that an operation counts against, and its rate (1/s)."""
        return None

    def asks_all(self, component: Component, operation: Operation) -> bool:
        """Whether an operation must ask every shard."""
        return component.shards > 1 and operation.shard_key is None

    def delay_s(self, component: Component) -> float:
        """Time it adds to every request that passes through, for kinds that only pass on."""
        return 0.0


def scaling(component: Component, peak_hour: int) -> Scaling | None:
    """How instances of a component follow the load at its peak, as stations know it.

    A schedule ahead of the peak keeps what the peak needs until it is over; one by the clock
    keeps what it says of the hour of the peak.
    """
    stated, count = component.autoscale, component.count or 1
    if stated is None:
        return None
    return Scaling(
        count if stated.ahead else min(stated.least_at(peak_hour), count), max(stated.most, count),
        stated.target.value, stated.delay.value, stated.cool.value,
        stated.window.value if stated.window else None, stated.step,
        stated.grow.value if stated.grow else None, stated.down,
        stated.tolerance.value if stated.tolerance else 0.0,
    )  # fmt: skip


def kept_bytes(
    component: Component, traffic: Traffic, record_b: float, retention_s: float
) -> float:
    """Bytes that topics keep at the daily mean, one copy: each topic's own rate, size and time."""
    return sum(
        traffic.rates.get(name, 0.0) / traffic.peak_factor * (topic.message.value + record_b)
        * (topic.retention.value if topic.retention else retention_s)
        for name, topic in component.topics.items()
    )  # fmt: skip


def spread(groups: int, per_group: int, zones: int, shift: int = 0) -> tuple[int, ...]:
    """Zones of replicas, group-major: replica i of group g sits in zone (g + i + shift) % zones."""
    return tuple((g + i + shift) % zones for g in range(groups) for i in range(per_group))


def standby_zone(zone: int, zones: int, first: int = 0) -> int:
    """The zone of the standby of a primary in `zone`, of `zones` from `first` on: the next one."""
    return first + (zone - first + 1) % zones
