"""Which reads follow a write of the same caller so soon that a replica may not have it yet."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.model.quantity import Duration
from backend_lead.model.system import Operation, Step, System
from backend_lead.views.sessions import begun_per_s, times_asked


@dataclass(frozen=True)
class Touch:
    """A statement that a request makes: in which endpoint, which, and what it does."""

    endpoint: str
    ref: str
    operation: Operation


@dataclass(frozen=True)
class OwnRead:
    """A read from a replica after a write of the same entity, by the same caller.

    `thinks` is how often the caller thinks in between, 0 within one request; `place` is the read's
    among the requests, from 0 on.
    """

    read: Touch
    write: Touch
    thinks: int
    place: int = 0


def touches(system: System, ref: str, above: frozenset[str] = frozenset()) -> Iterator[Touch]:
    """Statements of one request for an endpoint, in order, those of services it calls too."""
    name, _, word = ref.partition(".")
    part = system.components.get(name)
    if part is None or word not in part.endpoints or ref in above:
        return
    for step in part.endpoints[word].does:
        yield from _touched(system, ref, step, above | {ref})


def _touched(system: System, ref: str, step: Step, above: frozenset[str]) -> Iterator[Touch]:
    if step.query is not None:
        store, _, word = step.query.partition(".")
        operation = system.components[store].operations.get(word)
        if operation is not None:
            yield Touch(ref, step.query, operation)
    elif step.call is not None:
        yield from touches(system, step.call, above)
    for inner in (*(step.miss or ()), *(step.parallel or ())):
        yield from _touched(system, ref, inner, above)


def own_reads(system: System, requests: list[str]) -> Iterator[OwnRead]:
    """Every read of one request after the other that may miss what they wrote before."""
    written: dict[str, tuple[int, Touch]] = {}
    for place, ref in enumerate(requests):
        for touch in touches(system, ref):
            entity = touch.operation.entity
            if entity is None:
                continue
            if touch.operation.type == "write":
                written[entity] = (place, touch)
            elif entity in written and lags(system, touch):
                before, write = written[entity]
                yield OwnRead(touch, write, place - before, place)


def lags(system: System, touch: Touch) -> bool:
    """Whether a read is answered by replicas, which follow with a lag."""
    name = touch.ref.partition(".")[0]
    store = system.components[name]
    kind = kind_of(store.kind)
    fresh = touch.operation.model_copy(update={"stale_ok": False})
    return kind.station_of(name, store, touch.operation) != kind.station_of(name, store, fresh)


def own_shares(system: System) -> dict[str, dict[str, float]]:
    """Per endpoint and statement, the share of reads that go to the primary instead: those which
    come within `own_writes` of a write of the same entity in the same journey."""
    if not any(part.own_writes for part in system.components.values()):
        return {}
    own: dict[tuple[str, str], float] = defaultdict(float)
    every: dict[tuple[str, str], float] = defaultdict(float)
    for client in system.workload.clients.values():
        begun = begun_per_s(system, client)
        for name, share in client.journeys.items():
            journey = system.journeys[name]
            weights = [begun * share.value * times for times in times_asked(journey)]
            for ref, weight in zip(journey.steps, weights):
                for touch in touches(system, ref):
                    every[touch.endpoint, touch.ref] += weight
            think = journey.session.think if journey.session else client.think_time
            for found in own_reads(system, journey.steps):
                store = system.components[found.read.ref.partition(".")[0]]
                if store.own_writes is not None:
                    within = _within(store.own_writes.value, found.thinks, think)
                    own[found.read.endpoint, found.read.ref] += weights[found.place] * within
    out: dict[str, dict[str, float]] = defaultdict(dict)
    for (endpoint, ref), rate in own.items():
        out[endpoint][ref] = min(1.0, rate / every[endpoint, ref])
    return dict(out)


def _within(lag_s: float, thinks: int, think: Duration | None) -> float:
    """Probability that so many exponential think times are over within the lag (Erlang); callers
    whose think time is not known are taken to go on at once."""
    if thinks == 0 or think is None:
        return 1.0
    x = lag_s / think.value
    return 1 - math.exp(-x) * sum(x**k / math.factorial(k) for k in range(thinks))
