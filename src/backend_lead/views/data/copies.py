"""Where else rows are: replicas, caches, indexes of words; and what one request writes to several
places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.catalog.tables import REPLICA_LAG
from backend_lead.model.system import Step, System
from backend_lead.views.data.layer import Layer
from backend_lead.views.places import inner_steps, reached

OUTSIDE_S = 0.05  # a wait this long is somebody else's answer, not a pause of ours


@dataclass(frozen=True)
class Copy:
    """A copy of an entity's rows that may be `old_s` behind (None: nothing says how much).

    `how` is what keeps it up to date.
    """

    entity: str
    where: str
    sort: str  # replica, cache or index
    old_s: float | None
    how: str
    assumed: bool = False


def copies(layer: Layer) -> list[Copy]:
    """Every copy of every entity with fields, in the order of the model."""
    system = layer.system
    entities = dict.fromkeys(t.entity for t in layer.tables.values())
    return [c for entity in entities for c in (*_replicas(layer, entity), *_caches(system, entity),
                                               *_indexes(layer, entity))]  # fmt: skip


def _replicas(layer: Layer, entity: str) -> Iterator[Copy]:
    store = next(t.store for t in layer.tables.values() if t.entity == entity)
    part = layer.system.components[store]
    asked = any(p.consistency != "primary" for p in layer.patterns
                if layer.tables[p.table].entity == entity)  # fmt: skip
    if part.replicas and asked:
        yield Copy(entity, f"{store}: {part.replicas} replicas a shard", "replica",
                   REPLICA_LAG.value, "the store's own log", True)  # fmt: skip


def _caches(system: System, entity: str) -> Iterator[Copy]:
    found: dict[str, bool] = {}
    for _, step in _steps(system):
        if step.read is not None and _entity(system, step) == entity:
            found.setdefault(step.read, False)
        if step.invalidate is not None and step.entity == entity:
            found[step.invalidate] = True
    for cache, told in found.items():
        ttl = system.components[cache].ttl
        how = "taken away by who writes, else when its time is over" if told else (
            "only its time ends it"
        )  # fmt: skip
        yield Copy(entity, cache, "cache", ttl.value if ttl else None, how)


def _indexes(layer: Layer, entity: str) -> Iterator[Copy]:
    stores = set(layer.stores)
    for name in dict.fromkeys(p.id.partition(".")[0] for p in layer.patterns
                              if layer.tables[p.table].entity == entity):  # fmt: skip
        if name not in stores:
            delay = layer.system.components[name].delay
            yield Copy(entity, name, "index", delay.value if delay else None,
                       "events of the source of truth")  # fmt: skip


def _entity(system: System, step: Step) -> str:
    """The entity that a read of a cache is of: its own word, else that of what is asked on a
    miss."""
    if step.entity is not None:
        return step.entity
    for inner in inner_steps(step.miss or []):
        if inner.query is not None:
            part, _, word = inner.query.partition(".")
            operation = system.components[part].operations.get(word)
            if operation is not None and operation.entity:
                return operation.entity
    return ""


def _steps(system: System) -> Iterator[tuple[str, Step]]:
    for name, part in system.components.items():
        for word, endpoint in part.endpoints.items():
            for step in inner_steps(endpoint.does):
                yield f"{name}.{word}", step


@dataclass(frozen=True)
class Saga:
    """A request whose effects lie in several places that no transaction spans, in their order."""

    endpoint: str
    title: str
    places: tuple[str, ...]
    later: tuple[str, ...]  # topics: what follows is done by their handlers


def sagas(layer: Layer) -> list[Saga]:
    """Requests that write to a store and to another store, a broker or somebody outside."""
    system, out = layer.system, []
    asked = dict.fromkeys(ref for journey in system.journeys.values() for ref in journey.steps)
    for ref in asked:
        places: list[str] = []
        later: list[str] = []
        for endpoint in reached(system, ref):
            part, _, word = endpoint.partition(".")
            for step in inner_steps(system.components[part].endpoints[word].does):
                place = _written(system, step)
                if place and place not in places:
                    places.append(place)
                if step.publish and step.publish not in later:
                    later.append(step.publish)
        stores = [place for place in places if place in system.components]
        if stores and len(places) + len(later) > 1:
            part, _, word = ref.partition(".")
            title = system.components[part].endpoints[word].title or ref
            out.append(Saga(ref, title, tuple(places), tuple(later)))
    return out


def _written(system: System, step: Step) -> str:
    """What a step changes beyond its own process; empty where nothing."""
    if step.query is not None:
        part, _, word = step.query.partition(".")
        operation = system.components[part].operations.get(word)
        return part if operation is not None and operation.type == "write" else ""
    if step.call is not None:
        part = step.call.partition(".")[0]
        return part if kind_of(system.components[part].kind).role == "third party" else ""
    if step.wait is not None and step.wait.value >= OUTSIDE_S:
        return "outside"
    return ""
