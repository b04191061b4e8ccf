"""Lowering: a resolved flow becomes the kernel's tables, names become rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from backend_lead.analysis.lowered_calls import Calls
from backend_lead.analysis.lowered_copies import Copies
from backend_lead.analysis.lowered_devices import Devices
from backend_lead.analysis.lowered_keys import Keys
from backend_lead.analysis.lowered_manners import (
    BALANCE,
    backoff,
    budgeted,
    followed,
    following,
    paying,
    scaled,
    serving,
    share_hosts,
    shed_first,
    watched,
)
from backend_lead.analysis.lowered_network import Links
from backend_lead.analysis.lowered_sessions import begin_thinking, follow_up, thinkers
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as L
from backend_lead.kernel.bounds import MEAN_NS_MAX, TIME_MAX
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.views.flow import (
    Bucket,
    Cached,
    Call,
    Cpu,
    DiskRead,
    Flow,
    FlowStep,
    Held,
    Key,
    Par,
    Publish,
    Send,
    Wait,
)
from backend_lead.views.rates import hits_at

WAIT_CV = 1.0
AGAIN = Fact(
    "again", "time before a batch of messages that failed is tried again", 0.5, 0.1, 5.0, "s",
    "assumed", "no general figure; what the client library of the broker is set to",
)  # fmt: skip
OUTSIDE = 1_000  # the zone of callers who are in none of ours
LONG_AGO = -(10**18)  # ns: caches have been filling since before the run


@dataclass(frozen=True)
class Event:
    """A fault on the timeline of a run: an action (layout.FAULT_*) on one replica of a station.

    `to`: on the network between the component `station` and this one instead; `replica` is then a
    zone around which it is, counted from 1, and 0 is all of it.
    """

    at_s: float
    action: int
    station: str
    replica: int = 0
    x: float = 0.0
    to: str = ""


@dataclass(frozen=True)
class Lowered:
    """A program and the way back from its rows to names.

    `endpoints[key]` and `roots[key]` are endpoint rows, `services[station]` service rows,
    `streams[handler]` stream rows, `limiters[key]` limiter rows, `logs[store]` rows of logs: of
    what replicas answer, and of reads that go to the primary instead. `ways[name]` are service
    rows that stand for what all send from one region to another, `network` names other endpoint
    rows that do.
    """

    program: Program
    endpoints: dict[str, int]
    roots: dict[str, int]
    services: dict[str, int]
    streams: dict[str, int]
    limiters: dict[str, int]
    logs: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    ways: dict[str, int] = field(default_factory=dict)
    network: dict[int, tuple[str, str]] = field(default_factory=dict)


SLOW_SHARED = 100.0  # times slower at most where cores are shared: it has all but stopped


class _Lowering:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.b = Builder()
        self.services: dict[str, int] = {}
        self.caches: dict[tuple[str, str], int] = {}
        self.streams: dict[str, int] = {}
        self.limiters: dict[str, int] = {}
        self.controllers: dict[str, int] = {}
        self.keys = Keys(self.b, flow)
        self.links = Links(self.b, flow)
        self.copies = Copies(self.b, flow)
        self.outside = 0
        said = [station.serving for station in flow.stations.values() if station.serving]
        self.sharing = any(one.share_cores or one.host for one in said)

    def run(self, events: list[Event], load: float, crowd: list[tuple[float, float]]) -> Lowered:
        flow, b = self.flow, self.b
        self.outside = b.delay_service()
        b.zone(b.replica(self.outside), OUTSIDE)
        most = max((consumer.batch for consumer in flow.consumers), default=1)
        longest_s = MEAN_NS_MAX / L.NS_PER_S / most
        self.devices = Devices(b, self.outside, flow.system.workload, longest_s)
        self.calls = Calls(b, flow, self.links, self.devices, self.services)
        self.links.broken = {(event.station, event.to) for event in events if event.to}
        for station in flow.stations.values():
            self.service(station)
        share_hosts(b, flow, self.services)
        for key in flow.order():
            node = flow.nodes[key]
            service = self.services[node.station]
            station = flow.stations[node.station]
            steps = self.copies.around(node, self.steps(self.keys.plan.steps[key], station))
            low = shed_first(station, node)
            self.calls.endpoints[key] = b.endpoint(service, steps, low, node.priority)
            self.consumers(key)
        roots = self.roots(load)
        follow_up(b, flow, roots)
        self.sources(roots, load, crowd)
        for event in events:
            self.fault(event)
        program = b.build()
        program.group["flushed_at"] = LONG_AGO
        self.keys.fill(program, LONG_AGO)
        self.copies.fill(program, load * (crowd[0][1] if crowd else 1.0))
        for station in flow.stations.values():
            first = b.replica(self.services[station.id])
            program.replica["slow"][first : first + station.replicas_most] = station.slow
        return Lowered(program, self.calls.endpoints, roots, self.services, self.streams,
                       self.limiters, self.copies.rows(), self.devices.links,
                       self.devices.told)  # fmt: skip

    def fault(self, event: Event) -> None:
        b = self.b
        if event.to:
            to = (event.station, event.to, event.action, event.x, event.replica)
            for row, x in self.links.struck(*to):
                b.fault(event.at_s, event.action, 0, x, row=row)
        elif event.action == L.FAULT_BEHIND:
            for log in self.copies.of(event.station):
                b.fault(event.at_s, event.action, 0, event.x, row=log)
        elif event.action == L.FAULT_LEAST:
            b.fault(event.at_s, event.action, 0, event.x, row=self.controllers[event.station])
        else:
            row = b.replica(self.services[event.station]) + event.replica
            shared = event.action == L.FAULT_SLOW and self.sharing
            b.fault(event.at_s, event.action, row, min(event.x, SLOW_SHARED) if shared else event.x)

    def service(self, station: Station) -> None:
        """A station's service; where it scales, with replicas that are not there yet."""
        b, scaling = self.b, station.scaling
        most = station.replicas_most // station.groups
        row = self.services[station.id] = b.service(
            groups=station.groups, per_group=most, workers=station.workers, cores=station.cores,
            queue=station.queue, balance=BALANCE[station.balance], limited=station.limited,
            patience_s=station.patience_s,
            visible=None if scaling is None else station.per_group,
            **serving(b, station, most),
        )  # fmt: skip
        self.calls.replicas[row] = station.replicas
        self.calls.components[row] = station.component
        self.links.place(station, row)
        watched(b, station, row)
        if scaling is not None:
            self.controllers[station.id] = b.controller(row, **scaled(scaling))

    def consumers(self, key: str) -> None:
        """The stream whose messages a node handles, if it handles any."""
        for consumer in self.flow.consumers:
            if consumer.handler == key:
                self.streams[key] = self.b.stream(
                    self.calls.endpoints[key], backoff_s=AGAIN.value, **following(consumer),
                    by_key=key in self.keys.plan.partitions, fetch=self.calls.fetch(consumer),
                )  # fmt: skip

    def roots(self, load: float) -> dict[str, int]:
        """User-facing requests: what the edge adds, then the call inside."""
        flow, b = self.flow, self.b
        roots: dict[str, int] = {}
        rates = flow.root_rates()
        for key, root in flow.roots.items():
            budget = budgeted(b, root, load * rates.get(key, 0.0))
            if root.tokens is not None:
                budget = paying(b, self.calls.budgets, root.tokens, self.outside)
            call = b.call(
                self.calls.endpoints[root.target], timeout_s=root.timeout_s, retries=root.retries,
                rtt_s=root.pass_s, deadline=flow.system.workload.deadlines, budget=budget,
                cancel=flow.system.workload.cancels, **backoff(root.pauses),
            )  # fmt: skip
            drawn = [self.keys.drawn(one) for one in self.keys.plan.roots[key]]
            steps: list[tuple[object, ...]] = [*drawn, ("call", call)]
            if root.edge_hit > 0:
                steps = [("chance", root.edge_hit, steps)]
            if root.edge_delay_s > 0:
                steps.insert(0, ("delay", b.dist_const(root.edge_delay_s)))
            if root.limit is not None:
                steps.insert(0, self.limit(root.limit))
            rank = flow.nodes[root.target].priority
            roots[key] = b.endpoint(self.outside, steps, rank=rank)
        return roots

    def sources(self, roots: dict[str, int], load: float, crowd: list[tuple[float, float]]) -> None:
        """Callers, and the connections that they hold."""
        flow, b = self.flow, self.b
        for source in flow.sources:
            mixed = source.mix if source.recorded else source.starts or source.mix
            mix = {roots[key]: share for key, share in mixed.items()}
            if source.beats:
                continue
            if source.recorded:
                row = b.replay(source.recorded, mix)
            elif source.closed:
                row = b.closed(source.users * load, source.think_s, mix, crowd or None)
            elif source.every_s:
                row = b.every(min(source.every_s / load, TIME_MAX / L.NS_PER_S), mix)
            else:
                row = b.open(
                    source.rate_per_s / source.per_start * load, mix, crowd or None, source.phases
                )
            begin_thinking(b, roots, row, thinkers(flow, source, load, crowd))
        for link in flow.links:
            b.link(
                self.services[link.station], roots[link.root], round(link.users * load),
                spread_s=link.back_s, interval_s=link.every_s,
                beat=None if link.beat is None else roots[link.beat],
            )  # fmt: skip

    def limit(self, bucket: Bucket) -> tuple[object, ...]:
        if bucket.key not in self.limiters:
            self.limiters[bucket.key] = self.b.limiter(bucket.rate_per_s, max(1, int(bucket.burst)))
        return ("limit", self.limiters[bucket.key])

    def steps(self, steps: tuple[FlowStep, ...], station: Station) -> list[tuple[object, ...]]:
        b, service = self.b, self.services[station.id]
        out: list[tuple[object, ...]] = []
        for i, step in enumerate(steps):
            if isinstance(step, Cpu):
                out.append(("cpu", b.dist_exp(step.mean_s)))
            elif isinstance(step, Wait):
                wait = ("delay", b.dist_lognormal(step.mean_s, WAIT_CV))
                out.append(wait if step.chance == 1 else ("chance", 1 - step.chance, [wait]))
            elif isinstance(step, DiskRead):
                out.append(
                    ("chance", 1 - step.chance, [self.devices.disk_read(step, station, service)])
                )
            elif isinstance(step, Bucket):
                out.append(self.limit(step))
            elif isinstance(step, Send):
                out.append(self.devices.sent(step, service))
            elif isinstance(step, Key):
                out.append(self.keys.drawn(step))
            elif isinstance(step, Call):
                if dropped := self.forgotten(step):
                    out += [("call", self.calls.row(step, service)), *dropped]
                else:
                    out += self.calls.steps((step,), service)
            elif isinstance(step, Publish):
                out.append(("call", self.calls.row(step.call, service)))
                out += [("publish", self.streams[c.handler])
                        for c in self.flow.consumers if c.topic == step.topic]  # fmt: skip
            elif isinstance(step, Par):
                out += self.calls.steps(step.calls, service, step.need)
            elif isinstance(step, Held):
                rest = self.steps(steps[i + 1 :], station)
                return [*out, ("lock", *self.keys.locks(step.entity), rest)]
            else:
                out += self.cached(step, station)
        return out

    def cached(self, step: Cached, station: Station) -> list[tuple[object, ...]]:
        """A read of a cache, and the wait of those who join another one's fetch."""
        call = self.calls.row(step.call, self.services[station.id])
        miss = self.steps(step.miss, station)
        if not self.keys.by_age(step.cache):
            home = self.services[self.flow.nodes[step.call.target].station]
            return [("kept", call, self.keys.shelf(step.cache, step.entity, home), miss)]
        out: list[tuple[object, ...]] = [("cached", call, self.cache(step), miss)]
        curve = self.flow.hits[step.cache, step.entity]
        if curve.joining > 0 and curve.joined_s > 0:
            wait = ("delay", self.b.dist_exp(curve.joined_s))
            out.append(("chance", 1 - curve.joining, [wait]))
        return out

    def forgotten(self, call: Call) -> list[tuple[object, ...]]:
        """What a cache with exact keys no longer has, after it was told so."""
        home = self.flow.nodes[call.target]
        held = (home.component, call.entity)
        if not call.forgets or held not in self.flow.hits or self.keys.by_age(home.component):
            return []
        return [("drop", self.keys.shelf(*held, self.services[home.station]))]

    def cache(self, step: Cached) -> int:
        key = (step.cache, step.entity)
        if key not in self.caches:
            rows, step_s = self.flow.hits[key].rows()
            station = self.flow.nodes[step.call.target].station
            self.caches[key] = self.b.cache(self.services[station], rows, step_s)
        return self.caches[key]


def lower(
    flow: Flow,
    events: list[Event] | None = None,
    load: float = 1.0,
    crowd: list[tuple[float, float]] | None = None,
) -> Lowered:
    """Tables for a flow at `load` times its stated load, with faults on the timeline.

    `crowd` are (start in s, multiple of that load), from 0 on; none: it stays as it is.
    Raises InvalidInput where more connections are held, or more users think, than one run can
    follow.
    """
    followed(flow, load, crowd or [])
    if flow.hits and load != 1.0:  # caches keep what they keep at this load
        flow = replace(flow, hits=hits_at(flow, load))
    return _Lowering(flow).run(events or [], load, crowd or [])
