"""Cache-aside: the service asks a cache first, and the store only on a miss."""

from __future__ import annotations

from backend_lead.catalog import first_of
from backend_lead.model.quantity import Duration
from backend_lead.model.system import Component, Endpoint, Operation, Step, System
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, fresh_name, steps_up

TIMEOUT = Duration.model_validate({
    "value": "50 ms", "range": ["10 ms", "250 ms"], "origin": "assumed",
    "why": "fifty times a cache round trip; a slower cache is treated as a miss",
})  # fmt: skip
TTL = Duration.model_validate({
    "value": "1 h", "range": ["1 min", "24 h"], "origin": "assumed",
    "why": "bounds how long a lost invalidation can show stale data",
})  # fmt: skip
SHARDS_MAX = 90
MACHINES = 4  # sizes to choose from; larger caches have more shards instead


class CacheAside(Tactic):
    id = "cache-aside"
    title = "Cache reads"
    does = (
        "Puts a cache beside a service: reads that may be cached ask it first and fill it after a "
        "miss; writes invalidate the entry they change."
    )
    helps = "When the database's limit is reads and the popular part of the data fits in memory."
    costs = (
        "One more stateful component; entries can be stale between a write and its invalidation; "
        "every cached read pays one more round trip on a miss."
    )
    hurts = (
        "The database is then sized for the misses: a cold or lost cache sends it the whole load. "
        "The cold-cache trial shows what happens."
    )
    sources = (
        "Nishtala et al., Scaling Memcache at Facebook, NSDI 2013",
        "Microsoft, Cloud Design Patterns, 'Cache-Aside pattern' (2024)",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if any(
                _cacheable(system, step) for end in part.endpoints.values() for step in _flat(end)
            )
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        part = out.components[site]
        cache = fresh_name(out, f"{site}-cache")
        held: set[str] = set()
        for endpoint in part.endpoints.values():
            endpoint.does = _cached(out, endpoint.does, cache, held)
        for writer in out.components.values():  # whoever writes, not only who reads
            for endpoint in writer.endpoints.values():
                endpoint.does = _invalidating(out, endpoint.does, cache, held)
        kind = first_of("cache")
        out.components[cache] = Component(
            kind=kind.id, title=f"Cache of {site}", instance=kind.smallest, zones=part.zones,
            replicas=1 if part.zones > 1 else 0, ttl=TTL,
        )  # fmt: skip
        return Applied(
            out,
            (
                Knob(cache, "shards", steps_up(1, SHARDS_MAX), frozenset({"CPU", "memory"})),
                Knob(cache, "instance", tuple(kind.ladder(out.components[cache])[:MACHINES]),
                     frozenset({"memory"})),
            ),
        )  # fmt: skip

    def heading(self, site: str) -> str:
        return f"Cache the reads of {site}"


def _flat(endpoint: Endpoint) -> list[Step]:
    """Steps of an endpoint outside of existing cache reads."""
    out: list[Step] = []
    for step in endpoint.does:
        out.extend(step.parallel if step.parallel else [step])
    return out


def _operation(system: System, step: Step) -> Operation | None:
    if step.query is None:
        return None
    store, name = step.query.split(".", 1)
    return system.components[store].operations.get(name)


def _cacheable(system: System, step: Step) -> bool:
    operation = _operation(system, step)
    return bool(operation and operation.type == "read" and operation.cacheable and operation.entity)


def _read(system: System, step: Step, cache: str, held: set[str]) -> Step:
    operation = _operation(system, step)
    assert operation is not None and operation.entity is not None
    held.add(operation.entity)
    return Step(read=cache, entity=operation.entity, timeout=TIMEOUT, miss=[step])


def _cached(system: System, steps: list[Step], cache: str, held: set[str]) -> list[Step]:
    """Wrap cacheable reads; those inside a parallel step are taken out and run one by one."""
    out: list[Step] = []
    for step in steps:
        if step.parallel:
            rest = [inner for inner in step.parallel if not _cacheable(system, inner)]
            out += [_read(system, s, cache, held) for s in step.parallel if _cacheable(system, s)]
            if len(rest) == 1:
                out.append(rest[0])
            elif rest:
                out.append(step.model_copy(update={"parallel": rest}))
        elif _cacheable(system, step):
            out.append(_read(system, step, cache, held))
        else:
            out.append(step)
    return out


def _invalidating(system: System, steps: list[Step], cache: str, held: set[str]) -> list[Step]:
    """After each write to a held entity, drop its entry."""
    out: list[Step] = []
    for step in steps:
        out.append(step)
        operation = _operation(system, step)
        if operation and operation.type == "write" and operation.entity in held:
            out.append(Step(invalidate=cache, entity=operation.entity, timeout=TIMEOUT))
    return out


TACTIC = CacheAside()
