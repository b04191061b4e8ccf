"""Nodes of a model: what each endpoint does, resolved to stations and pools."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from backend_lead.catalog import kind_of
from backend_lead.model.manners import Breaker, Limit, RetryTokens
from backend_lead.model.serving import Backoff
from backend_lead.model.system import Component, Endpoint, Operation, Step, System
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
    Node,
    Par,
    Pauses,
    Pool,
    Publish,
    Send,
    Tokens,
    Wait,
)
from backend_lead.views.network import hop_between, mean_rtt_s, region_of
from backend_lead.views.own_writes import own_shares
from backend_lead.views.places import inner_steps, placed_steps

BACKOFF_LONGEST = 20.0  # times the first pause, assumed where no longest is said, as by default
OWN = " of own writes"  # nodes of reads that go to the primary instead of a replica


def nodes(system: System) -> Iterator[Node]:
    own = own_shares(system)
    for name, component in system.components.items():
        kind = kind_of(component.kind)
        limit = bucket_of(name, component.limit)
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
            resolved = (*limit, *start, *_steps(system, name, component, endpoint, endpoint.does,
                                                mine))  # fmt: skip
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


def bucket_of(key: str, limit: Limit | None) -> tuple[Bucket, ...]:
    """The bucket of a limit, if there is one."""
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
            key = topic.key if topic.key in system.entities else None
            pause_s = endpoint.rebalance.value if endpoint.rebalance else 0.0
            out.append(Consumer(
                endpoint.on, f"{name}.{end_name}", topic.partitions, endpoint.batch,
                endpoint.slots, spread, fresh, key or "", endpoint.tries or 0, pause_s,
                endpoint.eager, _fetch(system, component, endpoint.on),
            ))  # fmt: skip
    return out


def _fetch(system: System, component: Component, topic: str) -> Call | None:
    """How a batch comes to a component that handles it, over the network that is stated; who waits
    for messages has asked already."""
    store, word = topic.split(".", 1)
    part = system.components[store]
    if system.topology.network is None:
        return None
    home, there = region_of(system, part), region_of(system, component)
    hop = hop_between(system, home, there) if home != there else None
    over: tuple[Send, ...] = ()
    if hop is not None and hop.bandwidth is not None:
        size = part.topics[word].message.value
        over = (Send(size / hop.bandwidth.value, f"{home} to {there}"),)
    return Call(topic, rtt_s=mean_rtt_s(system, component, part) / 2, over=over)


def _steps(
    system: System, caller: str, component: Component, whole: Endpoint, steps: list[Step],
    own: dict[str, float],
) -> Iterator[FlowStep]:  # fmt: skip
    """What steps of an endpoint become; `own` is the share of reads of own writes by query."""
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
            for inner in _steps(system, caller, component, whole, step.parallel, own):
                if isinstance(inner, Call):
                    branches.append(inner)
                elif isinstance(inner, Par):
                    branches.extend(inner.calls)
            yield Par(tuple(branches), step.need or 0)
        elif step.read is not None:
            call = replace(_call(system, caller, step, f"{step.read}.command"), optional=True)
            miss = tuple(_steps(system, caller, component, whole, step.miss or [], own))
            yield Cached(call, step.read, entity_of(system, step), miss, step.coalesce)
        elif step.publish is not None:
            yield Publish(_call(system, caller, step, step.publish), step.publish)
        elif step.invalidate is not None:
            call = _call(system, caller, step, f"{step.invalidate}.command")
            for entity in invalidated(system, step, whole) or ("",):
                yield replace(call, optional=True, entity=entity, forgets=True)


def invalidated(system: System, step: Step, endpoint: Endpoint) -> tuple[str, ...]:
    """The entities of which a step of an endpoint takes a row out of a cache, a command for each:
    the one that is stated, else those that the endpoint writes and the cache holds."""
    if step.entity is not None:
        return (step.entity,)
    written: dict[str, None] = {}
    for other in inner_steps(endpoint.does):
        operation = operation_of(system, other.query) if other.query else None
        if operation is not None and operation.type == "write" and operation.entity:
            written[operation.entity] = None
    held = {
        entity_of(system, placed.step) for placed in placed_steps(system)
        if placed.step.read == step.invalidate
    } if written else set()  # fmt: skip
    return tuple(entity for entity in written if entity in held)


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
        hedge_s=step.hedge.value if step.hedge else 0.0, pauses=pauses_of(step.backoff),
        tokens=tokens_of(f"{caller} to {target.split('.', 1)[0]}", step.retry_tokens),
        entity=step.entity or "",
    )  # fmt: skip


def _breaking(breaker: Breaker | None) -> Breaking | None:
    if breaker is None:
        return None
    window_s = breaker.window.value if breaker.window else 0.0
    return Breaking(breaker.failures.value, breaker.least, window_s, breaker.pause.value,
                    breaker.last or 0, breaker.probes, breaker.jointly)  # fmt: skip


def tokens_of(key: str, said: RetryTokens | None) -> Tokens | None:
    return None if said is None else Tokens(key, said.most, said.reward.value)


def pauses_of(backoff: Backoff | None) -> Pauses | None:
    """Pauses before retries; None where none are stated."""
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
