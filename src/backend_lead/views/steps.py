"""Nodes, roots and sources of a model: what each endpoint does, resolved to stations and pools."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from backend_lead.catalog import kind_of
from backend_lead.catalog.network import rtt_s
from backend_lead.model.manners import Breaker, Limit
from backend_lead.model.system import Client, Component, Endpoint, Operation, Step, System
from backend_lead.views.flow import (
    Breaking,
    Bucket,
    Cached,
    Call,
    Consumer,
    Cpu,
    FlowStep,
    Link,
    Node,
    Par,
    Pool,
    Publish,
    Root,
    Source,
    Wait,
)


def nodes(system: System) -> Iterator[Node]:
    for name, component in system.components.items():
        kind = kind_of(component.kind)
        limit = _bucket(name, component.limit)
        for op_name, operation in component.operations.items():
            cpu_s, wait_s = kind.work_s(component, operation)
            steps: list[FlowStep] = [*limit, *_nature(name, component, operation)]
            if cpu_s > 0:
                steps.append(Cpu(cpu_s))
            if wait_s > 0:
                steps.append(Wait(wait_s))
            station = kind.station_of(name, component, operation)
            yield Node(f"{name}.{op_name}", name, op_name, station, tuple(steps))
        for end_name, endpoint in component.endpoints.items():
            share, start_s = kind.start_s(component)
            start = (Wait(start_s, share),) if share > 0 else ()
            resolved = (*limit, *start, *_steps(system, name, component, endpoint.does))
            station = kind.station_of(name, component, None)
            yield Node(f"{name}.{end_name}", name, end_name, station, resolved)
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
    system: System, caller: str, component: Component, steps: list[Step]
) -> Iterator[FlowStep]:
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
    zones = max(system.components[caller].zones, callee.zones)
    pool = None
    if step.limit is not None:
        pool = Pool(f"{caller} to {target}", step.limit, shared=False)
    return Call(
        target, pool, step.timeout.value if step.timeout else 0.0, step.retries, step.optional,
        rtt_s(zones), breaker=_breaking(step.breaker),
    )  # fmt: skip


def _breaking(breaker: Breaker | None) -> Breaking | None:
    if breaker is None:
        return None
    return Breaking(
        breaker.failures.value, breaker.least, breaker.window.value, breaker.pause.value
    )


def _query(
    system: System, caller: str, component: Component, step: Step, target: str
) -> Iterator[FlowStep]:
    store_name, name = target.split(".", 1)
    store = system.components[store_name]
    operation = store.operations[name]
    kind = kind_of(store.kind)
    station = kind.station_of(store_name, store, operation)
    pool: Pool | None = None
    if store.pooler is not None:
        pool = Pool(f"{station} (pooler)", store.pooler.size, shared=True)
    elif component.pool is not None and kind.pooled:
        # a connection leads to one server, so the connections are split over the shards
        size = max(1, component.pool // store.shards)
        pool = Pool(f"{caller} to {station}", size, shared=False)
    call = _call(system, caller, step, target)
    if pool is not None:
        call = replace(call, pool=pool)
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
        sources.append(
            Source(
                name,
                client.users.value if client.users else 0.0,
                client.think_time.value if client.think_time else 0.0,
                client.rate.value if client.rate else 0.0,
                {key: weight / total for key, weight in mix.items() if weight > 0},
            )
        )
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


def _asked(
    system: System, front: list[tuple[str, Component]], name: str, client: Client, ref: str,
    roots: dict[str, Root],
) -> str:  # fmt: skip
    """The root by which a client asks for an endpoint; made where there is none yet."""
    timeout = client.timeout.value if client.timeout else 0.0
    budget = client.retry_budget.value if client.retry_budget else None
    key = ref if not timeout else f"{ref}|{timeout:g}|{client.retries}"
    key += f"|{budget:g}" if budget is not None else ""
    limit = next(iter(_bucket(name, client.limit)), None)
    key += f"|{name}" if limit is not None else ""
    if key not in roots:
        root = _root(system, front, ref, key, timeout, client.retries)
        roots[key] = replace(root, retry_budget=budget, limit=limit)
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
