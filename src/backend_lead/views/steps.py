"""Nodes, roots and sources of a model: what each endpoint does, resolved to stations and pools."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from backend_lead.catalog import kind_of
from backend_lead.model.manners import Breaker, Limit
from backend_lead.model.serving import Backoff
from backend_lead.model.system import Component, Endpoint, Operation, Step, System
from backend_lead.model.workload import Client
from backend_lead.views.flow import (
    Breaking,
    Bucket,
    Cached,
    Call,
    Consumer,
    Cpu,
    Detour,
    FlowStep,
    Held,
    Link,
    Node,
    Par,
    Pauses,
    Pool,
    Publish,
    Root,
    Source,
    Wait,
)
from backend_lead.views.network import mean_rtt_s
from backend_lead.views.own_writes import own_shares

BACKOFF_LONGEST = 20.0  # times the first pause, assumed where no longest is said, as by default
OWN = " of own writes"  # nodes of reads that go to the primary instead of a replica


def nodes(system: System) -> Iterator[Node]:
    own = own_shares(system)
    for name, component in system.components.items():
        kind = kind_of(component.kind)
        limit = _bucket(name, component.limit)
        for op_name, operation in component.operations.items():
            cpu_s, wait_s = kind.work_s(component, operation)
            steps: list[FlowStep] = [*limit, *_nature(name, component, operation)]
            if operation.locks and operation.entity is not None:
                steps.append(Held(operation.entity))
            if cpu_s > 0:
                steps.append(Cpu(cpu_s))
            if wait_s > 0:
                steps.append(Wait(wait_s))
            station = kind.station_of(name, component, operation)
            yield Node(f"{name}.{op_name}", name, op_name, station, tuple(steps))
            if any(f"{name}.{op_name}" in shares for shares in own.values()):
                word = f"{op_name}{OWN}"
                station = _primary(name, component, operation)
                yield Node(f"{name}.{word}", name, word, station, tuple(steps))
        for end_name, endpoint in component.endpoints.items():
            share, start_s = kind.start_s(component)
            start = (Wait(start_s, share),) if share > 0 else ()
            mine = own.get(f"{name}.{end_name}", {})
            resolved = (*limit, *start, *_steps(system, name, component, endpoint.does, mine))
            station = kind.station_of(name, component, None)
            yield Node(f"{name}.{end_name}", name, end_name, station, resolved,
                       endpoint.priority or 0)  # fmt: skip
        for topic in component.topics:
            cpu_s, wait_s = kind.append_s(component)
            append: list[FlowStep] = [Cpu(cpu_s)]
            if wait_s > 0:
                append.append(Wait(wait_s))
            yield Node(f"{name}.{topic}", name, topic, name, tuple(append))
        if kind.role == "cache":
            command = Cpu(kind.command_s(component))  # type: ignore[attr-defined]
            yield Node(f"{name}.command", name, "command", name, (command,))


def _nature(name: str, component: Component, operation: Operation) -> tuple[Bucket, ...]:
    """The limit that a kind has by its nature, where the model states none."""
    found = kind_of(component.kind).allows(component, operation)
    if component.limit is not None or found is None:
        return ()
    return (Bucket(f"{name} {found[0]}", found[1], round(found[1])),)


def _bucket(key: str, limit: Limit | None) -> tuple[Bucket, ...]:
    return () if limit is None else (Bucket(key, limit.rate.value, limit.burst_or_second),)


def consumers(system: System) -> list[Consumer]:
    """Who handles the messages of which topic."""
    out = []
    for name, component in system.components.items():
        for end_name, endpoint in component.endpoints.items():
            if endpoint.on is None:
                continue
            store, word = endpoint.on.split(".", 1)
            part = system.components[store]
            topic = part.topics[word]
            spread = kind_of(part.kind).spread_batches
            fresh = topic.fresh_within.value if topic.fresh_within else None
            out.append(Consumer(endpoint.on, f"{name}.{end_name}", topic.partitions,
                                endpoint.batch, endpoint.slots, spread, fresh))  # fmt: skip
    return out


def _steps(
    system: System, caller: str, component: Component, steps: list[Step], own: dict[str, float]
) -> Iterator[FlowStep]:
    """What the steps of an endpoint become; `own` is the share of reads of own writes by query."""
    for step in steps:
        if step.cpu is not None:
            if step.cpu.value > 0:
                yield Cpu(step.cpu.value)
        elif step.wait is not None:
            if step.wait.value > 0:
                yield Wait(step.wait.value)
        elif step.call is not None:
            yield _call(system, caller, step, step.call)
        elif step.query is not None:
            yield from _query(system, caller, component, step, step.query, own)
        elif step.parallel is not None:
            branches: list[Call] = []
            for inner in _steps(system, caller, component, step.parallel, own):
                if isinstance(inner, Call):
                    branches.append(inner)
                elif isinstance(inner, Par):
                    branches.extend(inner.calls)
            yield Par(tuple(branches), step.need or 0)
        elif step.read is not None:
            call = replace(_call(system, caller, step, f"{step.read}.command"), optional=True)
            miss = tuple(_steps(system, caller, component, step.miss or [], own))
            yield Cached(call, step.read, entity_of(system, step), miss, step.coalesce)
        elif step.publish is not None:
            yield Publish(_call(system, caller, step, step.publish), step.publish)
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
    limit = None
    if step.limit is not None:  # of all calls to that component with this limit together
        part = target.split(".", 1)[0]
        limit = Pool(f"{caller} to {part} at most {step.limit}", step.limit, shared=False)
    trip_s = mean_rtt_s(system, system.components[caller], callee)
    return Call(
        target, None, step.timeout.value if step.timeout else 0.0, step.retries, step.optional,
        trip_s, breaker=_breaking(step.breaker), limit=limit,
        hedge_s=step.hedge.value if step.hedge else 0.0, pauses=_pauses(step.backoff),
    )  # fmt: skip


def _breaking(breaker: Breaker | None) -> Breaking | None:
    if breaker is None:
        return None
    window_s = breaker.window.value if breaker.window else 0.0
    return Breaking(breaker.failures.value, breaker.least, window_s, breaker.pause.value,
                    breaker.last or 0, breaker.probes)  # fmt: skip


def _pauses(backoff: Backoff | None) -> Pauses | None:
    if backoff is None:
        return None
    first_s = backoff.first.value
    most_s = backoff.most.value if backoff.most else BACKOFF_LONGEST * first_s
    return Pauses(first_s, max(first_s, most_s), backoff.jitter)


def _primary(name: str, store: Component, operation: Operation) -> str:
    """The station that answers an operation when it must not be stale."""
    fresh = operation.model_copy(update={"stale_ok": False})
    return kind_of(store.kind).station_of(name, store, fresh)


def _pool(caller: str, component: Component, store: Component, station: str) -> Pool | None:
    """The connections by which a caller reaches a station of a store."""
    if store.pooler is not None:
        return Pool(f"{station} (pooler)", store.pooler.size, shared=True)
    if component.pool is None or not kind_of(store.kind).pooled:
        return None
    # a connection leads to one server, so the connections are split over the shards
    return Pool(f"{caller} to {station}", max(1, component.pool // store.shards), shared=False)


def _query(
    system: System, caller: str, component: Component, step: Step, target: str,
    own: dict[str, float],
) -> Iterator[FlowStep]:  # fmt: skip
    store_name, name = target.split(".", 1)
    store = system.components[store_name]
    operation = store.operations[name]
    kind = kind_of(store.kind)
    station = kind.station_of(store_name, store, operation)
    call = _call(system, caller, step, target)
    if call.limit is not None:
        size = max(1, call.limit.size // store.shards)
        call = replace(call, limit=replace(call.limit, size=size))
    call = replace(call, pool=_pool(caller, component, store, station))
    if own.get(target, 0.0) > 0:
        pool = _pool(caller, component, store, _primary(store_name, store, operation))
        call = replace(call, detour=Detour(own[target], f"{target}{OWN}", pool))
    if kind.asks_all(store, operation):
        yield Par(tuple(replace(call, group=g) for g in range(store.shards)))
    else:
        yield call


def entry(system: System) -> tuple[dict[str, Root], list[Source], list[Link]]:
    """Requests as the edge sees them, who makes them, and the connections that are held."""
    roots: dict[str, Root] = {}
    sources: list[Source] = []
    front = [(name, system.components[name]) for name in system.workload.entry]
    for name, client in system.workload.clients.items():
        mix: dict[str, float] = defaultdict(float)
        for journey, share in client.journeys.items():
            for ref in system.journeys[journey].steps:
                mix[_asked(system, front, name, client, ref, roots)] += share.value
        total = sum(mix.values())
        shares = {key: weight / total for key, weight in mix.items() if weight > 0}
        sources.append(_source(name, client, shares))
    holding: dict[str, list[str]] = defaultdict(list)
    for name, client in system.workload.clients.items():
        if client.connection is not None:
            home = client.connection.open.split(".", 1)[0]
            part = system.components[home]
            holding[kind_of(part.kind).station_of(home, part, None)].append(name)
    links = [_link(system, front, station, names, roots) for station, names in holding.items()]
    for link in links:
        if link.beat is not None:
            beats, rate = f"{link.client} heartbeats", link.users / link.every_s
            sources.append(Source(beats, 0.0, 0.0, rate, {link.beat: 1.0}, beats=True))
    return roots, sources, links


def _source(name: str, client: Client, mix: dict[str, float]) -> Source:
    phases: tuple[tuple[float, float], ...] = ()
    if (bursts := client.bursts) is not None:
        calm_s = bursts.every.value - bursts.lasts.value
        phases = ((bursts.between, calm_s), (bursts.factor.value, bursts.lasts.value))
    every_s = client.every.value if client.every else 0.0
    return Source(
        name,
        client.users.value if client.users else 0.0,
        client.think_time.value if client.think_time else 0.0,
        client.rate.value if client.rate else 1 / every_s if every_s else 0.0,
        mix, phases=phases, every_s=every_s,
    )  # fmt: skip


def _asked(
    system: System, front: list[tuple[str, Component]], name: str, client: Client, ref: str,
    roots: dict[str, Root],
) -> str:  # fmt: skip
    """The root by which a client asks for an endpoint; made where there is none yet."""
    timeout = client.timeout.value if client.timeout else 0.0
    budget = client.retry_budget.value if client.retry_budget else None
    key = f"{ref}|{timeout:g}|{client.retries}" if timeout or client.retries else ref
    key += f"|{budget:g}" if budget is not None else ""
    limit = next(iter(_bucket(name, client.limit)), None)
    pauses = _pauses(client.backoff)
    key += f"|{name}" if limit is not None or pauses is not None else ""
    if key not in roots:
        root = _root(system, front, ref, key, timeout, client.retries)
        roots[key] = replace(root, retry_budget=budget, limit=limit, pauses=pauses)
    return key


def _link(
    system: System, front: list[tuple[str, Component]], station: str, names: list[str],
    roots: dict[str, Root],
) -> Link:  # fmt: skip
    """The connections that classes of callers hold to a station, taken together.

    They are opened and kept alive as the largest class does it, at the rates of all: users over the
    times add up. Roots are of their own: who cannot connect comes back later.
    """
    clients = system.workload.clients
    users = {name: (n.value if (n := clients[name].users) else 0.0) for name in names}
    first = max(names, key=lambda name: users[name])
    held = clients[first].connection
    assert held is not None
    timeout = t.value if (t := clients[first].timeout) else 0.0
    total = sum(users.values())
    returning = beating = 0.0
    for name in names:
        own = clients[name].connection
        assert own is not None
        returning += users[name] / own.back_within.value
        beating += users[name] / own.every.value if own.every else 0.0
    who = ", ".join(names)
    opening, beat = f"{held.open}|open {who}", None
    roots[opening] = _root(system, front, held.open, opening, timeout, 0)
    if held.heartbeat is not None:
        beat = f"{held.heartbeat}|beat {who}"
        roots[beat] = _root(system, front, held.heartbeat, beat, timeout, 0)
    every_s = total / beating if beating else 0.0
    return Link(who, station, opening, total, total / returning, beat, every_s)


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
    home = system.components[ref.split(".", 1)[0]]
    passing += mean_rtt_s(system, home, home)
    return Root(key, ref, timeout, retries, edge_hit, edge_delay, passing)


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
    return system.components[component].operations.get(name.removesuffix(OWN))
