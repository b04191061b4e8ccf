"""The flow of requests through a system, resolved: who calls what, at which rate, on which station.

This is the one reading of a model that analyses, checks and emitters share. It knows kinds only
through the catalogue's protocol.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Station, Traffic
from backend_lead.catalog.network import rtt_s
from backend_lead.model.system import Component, Endpoint, Operation, Step, System
from backend_lead.views.hits import EntityReads, HitCurve, hit_curves

SECONDS_MONTH = 2_628_000.0  # 365 days / 12
# Share of a request's caller connections that are new: browsers keep them for about a minute
# (nginx keepalive_timeout default 75 s; ALB idle timeout default 60 s).
CONNECTION_LIFE_S = 60.0


@dataclass(frozen=True)
class Cpu:
    """Compute for a mean time (exponential) on the node's station."""

    mean_s: float


@dataclass(frozen=True)
class Wait:
    """Let a mean time pass (log-normal, cv 1) holding only the worker."""

    mean_s: float


@dataclass(frozen=True)
class Pool:
    """A limit on calls under way to each group of the callee: of one caller replica, or, shared,
    of all callers together."""

    key: str
    size: int
    shared: bool


@dataclass(frozen=True)
class Call:
    """A synchronous call to another node; `group` None means one drawn by key."""

    target: str
    pool: Pool | None = None
    timeout_s: float = 0.0
    retries: int = 0
    optional: bool = False
    rtt_s: float = 0.0
    group: int | None = None


@dataclass(frozen=True)
class Par:
    """Calls sent together; all are awaited."""

    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Cached:
    """A cache read; on a miss (or when the cache fails) the steps below are taken."""

    call: Call
    cache: str
    entity: str
    miss: tuple[FlowStep, ...]


FlowStep = Cpu | Wait | Call | Par | Cached


@dataclass(frozen=True)
class Node:
    """An endpoint or operation: its key `component.name`, its station, what it does."""

    key: str
    component: str
    name: str
    station: str
    steps: tuple[FlowStep, ...]


@dataclass(frozen=True)
class Root:
    """A user-facing request as the edge sees it."""

    key: str
    target: str
    timeout_s: float
    retries: int
    edge_hit: float
    edge_delay_s: float
    pass_s: float


@dataclass(frozen=True)
class Source:
    """A class of callers with its mix over roots (shares add up to 1)."""

    client: str
    users: float
    think_s: float
    rate_per_s: float
    mix: dict[str, float]

    @property
    def closed(self) -> bool:
        return self.users > 0

    def offered_per_s(self, response_s: float = 0.0) -> float:
        """Requests per second; for closed users by Little's law, X = N / (R + Z)."""
        return self.users / (self.think_s + response_s) if self.closed else self.rate_per_s


@dataclass
class Flow:
    """A resolved system. `visits[node]` is the rate (1/s) at the stated load with no waiting."""

    system: System
    nodes: dict[str, Node]
    roots: dict[str, Root]
    sources: list[Source]
    stations: dict[str, Station] = field(default_factory=dict)
    hits: dict[tuple[str, str], HitCurve] = field(default_factory=dict)
    visits: dict[str, float] = field(default_factory=dict)
    traffic: dict[str, Traffic] = field(default_factory=dict)

    @property
    def requests_per_s(self) -> float:
        return sum(source.offered_per_s() for source in self.sources)

    def root_rates(self, response_s: float = 0.0) -> dict[str, float]:
        rates: dict[str, float] = defaultdict(float)
        for source in self.sources:
            for root, share in source.mix.items():
                rates[root] += share * source.offered_per_s(response_s)
        return dict(rates)

    def order(self) -> list[str]:
        """Nodes with every callee before its callers."""
        done: list[str] = []
        seen: set[str] = set()

        def visit(key: str) -> None:
            if key in seen:
                return
            seen.add(key)
            for call in calls_of(self.nodes[key].steps):
                visit(call.target)
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
        elif isinstance(step, Cached):
            yield step.call
            yield from calls_of(step.miss)


def resolve(system: System) -> Flow:
    """Resolve a valid system. Raises KeyError for an unknown kind or machine (checks say it better)."""
    nodes = {node.key: node for node in _nodes(system)}
    roots, sources = _entry(system)
    flow = Flow(system, nodes, roots, sources)
    _rates(flow)
    for name, component in system.components.items():
        flow.traffic[name] = _traffic(flow, name, component)
        for station in kind_of(component.kind).stations(name, component, flow.traffic[name]):
            flow.stations[station.id] = station
    return flow


# --- structure ------------------------------------------------------------------------------------
def _nodes(system: System) -> Iterator[Node]:
    for name, component in system.components.items():
        kind = kind_of(component.kind)
        for op_name, operation in component.operations.items():
            steps: list[FlowStep] = [Cpu(operation.cpu.value)]
            if operation.wait is not None and operation.wait.value > 0:
                steps.append(Wait(operation.wait.value))
            station = kind.station_of(name, component, operation)
            yield Node(f"{name}.{op_name}", name, op_name, station, tuple(steps))
        for end_name, endpoint in component.endpoints.items():
            resolved = tuple(_steps(system, name, component, endpoint.does))
            station = kind.station_of(name, component, None)
            yield Node(f"{name}.{end_name}", name, end_name, station, resolved)
        if kind.role == "cache":
            command = Cpu(kind.command_s(component))  # type: ignore[attr-defined]
            yield Node(f"{name}.command", name, "command", name, (command,))


def _steps(
    system: System, caller: str, component: Component, steps: list[Step]
) -> Iterator[FlowStep]:
    for step in steps:
        if step.cpu is not None:
            yield Cpu(step.cpu.value)
        elif step.wait is not None:
            yield Wait(step.wait.value)
        elif step.call is not None:
            yield _call(system, caller, step, step.call)
        elif step.query is not None:
            yield from _query(system, caller, component, step, step.query)
        elif step.parallel is not None:
            branches: list[Call] = []
            for inner in _steps(system, caller, component, step.parallel):
                if isinstance(inner, Call):
                    branches.append(inner)
                elif isinstance(inner, Par):
                    branches.extend(inner.calls)
            yield Par(tuple(branches))
        elif step.read is not None:
            call = replace(_call(system, caller, step, f"{step.read}.command"), optional=True)
            miss = tuple(_steps(system, caller, component, step.miss or []))
            yield Cached(call, step.read, entity_of(system, step), miss)
        elif step.invalidate is not None:
            yield replace(_call(system, caller, step, f"{step.invalidate}.command"), optional=True)


def entity_of(system: System, step: Step) -> str:
    """The entity a cache read holds: stated on the step, or that of the query a miss makes."""
    if step.entity is not None:
        return step.entity
    for inner in step.miss or []:
        if inner.query is not None:
            store, name = inner.query.split(".", 1)
            operation = system.components[store].operations.get(name)
            if operation is not None and operation.entity is not None:
                return operation.entity
    return ""


def _call(system: System, caller: str, step: Step, target: str) -> Call:
    callee = system.components[target.split(".", 1)[0]]
    zones = max(system.components[caller].zones, callee.zones)
    return Call(
        target, None, step.timeout.value if step.timeout else 0.0, step.retries, step.optional,
        rtt_s(zones),
    )  # fmt: skip


def _query(
    system: System, caller: str, component: Component, step: Step, target: str
) -> Iterator[FlowStep]:
    store_name, name = target.split(".", 1)
    store = system.components[store_name]
    operation = store.operations[name]
    station = kind_of(store.kind).station_of(store_name, store, operation)
    pool: Pool | None = None
    if store.pooler is not None:
        pool = Pool(f"{station} (pooler)", store.pooler.size, shared=True)
    elif component.pool is not None:
        # a connection leads to one server, so the connections are split over the shards
        size = max(1, component.pool // store.shards)
        pool = Pool(f"{caller} to {station}", size, shared=False)
    call = replace(_call(system, caller, step, target), pool=pool)
    if store.shards > 1 and operation.shard_key is None:
        yield Par(tuple(replace(call, group=g) for g in range(store.shards)))
    else:
        yield call


def _entry(system: System) -> tuple[dict[str, Root], list[Source]]:
    roots: dict[str, Root] = {}
    sources: list[Source] = []
    front = [(name, system.components[name]) for name in system.workload.entry]
    for client_name, client in system.workload.clients.items():
        mix: dict[str, float] = defaultdict(float)
        timeout = client.timeout.value if client.timeout else 0.0
        for journey, share in client.journeys.items():
            for ref in system.journeys[journey].steps:
                key = ref if not timeout else f"{ref}|{timeout:g}|{client.retries}"
                mix[key] += share.value
                if key not in roots:
                    roots[key] = _root(system, front, ref, key, timeout, client.retries)
        total = sum(mix.values())
        sources.append(
            Source(
                client_name,
                client.users.value if client.users else 0.0,
                client.think_time.value if client.think_time else 0.0,
                client.rate.value if client.rate else 0.0,
                {key: weight / total for key, weight in mix.items() if weight > 0},
            )
        )
    return roots, sources


def _root(
    system: System, front: list[tuple[str, Component]], ref: str, key: str, timeout: float,
    retries: int,
) -> Root:  # fmt: skip
    endpoint = endpoint_of(system, ref)
    edge_hit = edge_delay = passing = 0.0
    for name, component in front:
        kind = kind_of(component.kind)
        if not passes(system, name, ref):
            continue
        if kind.role == "cdn":
            share = endpoint.edge_cache.value if endpoint.edge_cache else 0.0
            edge_hit = share * kind.hit_ratio(component)  # type: ignore[attr-defined]
            edge_delay += kind.delay_s(component)
        else:
            passing += kind.delay_s(component)
    zones = system.components[ref.split(".", 1)[0]].zones
    return Root(key, ref, timeout, retries, edge_hit, edge_delay, passing + rtt_s(zones))


def passes(system: System, entry: str, ref: str) -> bool:
    """Whether requests for `ref` go through an entry component: a CDN gets only what it may hold.

    Everything else uses a host name of its own that leads past the CDN; requests are charged there.
    """
    if kind_of(system.components[entry].kind).role != "cdn":
        return True
    endpoint = endpoint_of(system, ref)
    return endpoint.edge_cache is not None and endpoint.edge_cache.value > 0


def endpoint_of(system: System, ref: str) -> Endpoint:
    component, name = ref.split(".", 1)
    return system.components[component].endpoints[name]


def operation_of(system: System, ref: str) -> Operation | None:
    component, name = ref.split(".", 1)
    return system.components[component].operations.get(name)


# --- rates ----------------------------------------------------------------------------------------
def _rates(flow: Flow) -> None:
    """Visit rates and hit curves together: what a cache holds depends on what is asked of it."""
    callers_first = list(reversed(flow.order()))
    hits: dict[tuple[str, str], float] = {}
    for _ in range(12):
        visits: dict[str, float] = defaultdict(float)
        reads: dict[tuple[str, str], float] = defaultdict(float)
        for root, rate in flow.root_rates().items():
            visits[flow.roots[root].target] += rate * (1 - flow.roots[root].edge_hit)
        for key in callers_first:
            _spread(flow.nodes[key].steps, visits[key], visits, reads, hits)
        flow.visits = dict(visits)
        if not reads:
            return
        flow.hits = _hit_curves(flow, reads, visits)
        new = {key: curve.steady for key, curve in flow.hits.items()}
        if hits and all(abs(new[key] - hits.get(key, 0.0)) < 1e-4 for key in new):
            return
        hits = new


def _spread(
    steps: tuple[FlowStep, ...],
    rate: float,
    visits: dict[str, float],
    reads: dict[tuple[str, str], float],
    hits: dict[tuple[str, str], float],
) -> None:
    for step in steps:
        if isinstance(step, Call):
            visits[step.target] += rate
        elif isinstance(step, Par):
            for call in step.calls:
                visits[call.target] += rate
        elif isinstance(step, Cached):
            visits[step.call.target] += rate
            key = (step.cache, step.entity)
            reads[key] += rate
            _spread(step.miss, rate * (1 - hits.get(key, 0.8)), visits, reads, hits)


def _hit_curves(
    flow: Flow, reads: dict[tuple[str, str], float], visits: dict[str, float]
) -> dict[tuple[str, str], HitCurve]:
    curves: dict[tuple[str, str], HitCurve] = {}
    for cache in sorted({cache for cache, _ in reads}):
        component = flow.system.components[cache]
        kind = kind_of(component.kind)
        held = {entity: rate for (name, entity), rate in reads.items() if name == cache}
        if component.hit_ratio is not None:
            for entity in held:
                curves[cache, entity] = HitCurve.constant(component.hit_ratio.value)
            continue
        entities = [
            EntityReads(
                entity,
                rate,
                _invalidations(flow, cache, entity, visits),
                flow.system.entities[entity].rows.value,
                skew.value if (skew := flow.system.entities[entity].skew) else 0.0,
                flow.system.entities[entity].row.value + kind.fact("entry-overhead"),
            )
            for entity, rate in sorted(held.items())
        ]
        ttl = component.ttl.value if component.ttl else 0.0
        memory = kind.memory_bytes(component)  # type: ignore[attr-defined]
        for entity, curve in hit_curves(entities, memory, ttl).items():
            curves[cache, entity] = curve
    return curves


def _invalidations(flow: Flow, cache: str, entity: str, visits: dict[str, float]) -> float:
    """Writes to an entity per second by endpoints that invalidate this cache."""
    total = 0.0
    for name, component in flow.system.components.items():
        for end_name, endpoint in component.endpoints.items():
            if not any(step.invalidate == cache for step in endpoint.does):
                continue
            for step in endpoint.does:
                operation = operation_of(flow.system, step.query) if step.query else None
                if operation and operation.type == "write" and operation.entity == entity:
                    total += visits.get(f"{name}.{end_name}", 0.0)
    return total


# --- traffic --------------------------------------------------------------------------------------
def _traffic(flow: Flow, name: str, component: Component) -> Traffic:
    system = flow.system
    mean = 1 / system.workload.peak.factor.value
    if name in system.workload.entry:
        requests = bytes_per_s = 0.0
        before = system.workload.entry[: system.workload.entry.index(name)]
        for root, rate in flow.root_rates().items():
            ref = flow.roots[root].target
            if not passes(system, name, ref):
                continue
            held = any(kind_of(system.components[part].kind).role == "cdn" for part in before)
            share = 1 - flow.roots[root].edge_hit if held else 1.0
            response = endpoint_of(system, ref).response
            requests += rate * share
            bytes_per_s += rate * share * (response.value if response else 0.0)
        users = sum(source.users or source.rate_per_s for source in flow.sources)
        return Traffic(
            requests, requests * mean * SECONDS_MONTH, bytes_per_s * mean * SECONDS_MONTH,
            users * mean, users * mean / CONNECTION_LIFE_S, bytes_per_s * mean,
        )  # fmt: skip
    rate = sum(v for key, v in flow.visits.items() if flow.nodes[key].component == name)
    write_cores = sum(
        flow.visits.get(f"{name}.{op}", 0.0) * operation.cpu.value
        for op, operation in component.operations.items()
        if operation.type == "write"
    )
    storage = component.storage.value if component.storage else stored_bytes(system, name)
    return Traffic(
        rate, rate * mean * SECONDS_MONTH, write_cores=write_cores, storage_bytes=storage
    )


def direct_bytes_month(flow: Flow) -> float:
    """Response bytes a month that leave without passing a CDN."""
    system = flow.system
    total = 0.0
    for root, rate in flow.root_rates().items():
        ref = flow.roots[root].target
        behind = any(
            kind_of(system.components[name].kind).role == "cdn" and passes(system, name, ref)
            for name in system.workload.entry
        )
        response = endpoint_of(system, ref).response
        if not behind and response is not None:
            total += rate * response.value
    return total / system.workload.peak.factor.value * SECONDS_MONTH


def stored_bytes(system: System, store: str) -> float:
    """Bytes of rows a store holds today, before indexes."""
    return sum(
        entity.row.value * entity.rows.value
        for entity in system.entities.values()
        if entity.store == store
    )
