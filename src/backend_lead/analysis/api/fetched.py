"""The fetches of a federated plan for a screen: the same that `plans.md` of the graph counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.model.screens import Asked
from backend_lead.views.api.documents import Pick, documents
from backend_lead.views.api.graph import Graph
from backend_lead.views.api.plan import Fetch, plan


@dataclass(frozen=True)
class Fetched:
    """A fetch of a service in a round (from 0). `asked` is what it takes beyond what the screen
    asks: a list holds keys alone, and its things are got of their owner."""

    service: str
    level: int
    asked: Asked | None = None


@dataclass(frozen=True)
class Query:
    """A query of a client: it begins in a step (from 0) and is sent `times` often, and asks for
    operations. What no type of the graph links takes a query of its own."""

    step: int
    times: int
    operations: tuple[str, ...]
    fetches: tuple[Fetched, ...]


def queries(
    graph: Graph | None, client: str, screen: str, asks: tuple[Asked, ...]
) -> tuple[Query, ...]:
    """The queries of a screen; of a client outside the graph one, of which a service resolves by
    itself what it has answered."""
    caller = graph.found.callers[client] if graph is not None else None
    made = documents(graph, caller).get(screen, []) if graph and caller else []
    every = tuple(a.operation for a in asks)
    placed = {name for document in made for name in _operations(document.roots)}
    if graph is None or not set(every) <= placed:
        plain = tuple(Fetched(service, step) for step, service in _resolved(asks))
        return (Query(0, 1, every, plain),)
    out = []
    for document in made:
        found = plan(graph, document).fetches
        names = [*_operations(document.roots)]
        fetches = tuple(
            Fetched(one.service, _level(found, i), _beyond(graph, found, one, asks))
            for i, one in enumerate(found)
        )  # fmt: skip
        out.append(Query(document.step, document.times,
                         tuple(name for name in every if name in names), fetches))  # fmt: skip
    return tuple(query for query in out if query.operations)


def _operations(picks: list[Pick]) -> Iterator[str]:
    for pick in picks:
        if pick.op:
            yield pick.op
        yield from _operations(pick.children)


def _level(every: tuple[Fetch, ...], i: int) -> int:
    after = every[i].after
    return 0 if after is None else 1 + _level(every, after)


def _beyond(
    graph: Graph, every: tuple[Fetch, ...], one: Fetch, asks: tuple[Asked, ...]
) -> Asked | None:
    """Getting things by their keys, where the screen itself asks nothing of this service then."""
    if not one.entity or one.asks:
        return None
    gets = next((op for op in graph.found.operations.values()
                 if op.does == "get" and op.of.name == one.entity and not op.said.mine
                 and op.service == one.service), None)  # fmt: skip
    if gets is None or any(a.operation == gets.name for a in asks):
        return None
    before = every[one.after].asks if one.after is not None else []
    after = before[0] if before else ""
    return Asked(gets.name, one.service, one.times, 1, after, each=True)


def _resolved(asks: tuple[Asked, ...]) -> list[tuple[int, str]]:
    """(step, service) of each; what a service resolves from its own answer needs no further one."""
    step: dict[str, int] = {}
    where = {a.operation: a.service for a in asks}
    for one in asks:
        before = step.get(one.after)
        if before is None:
            step[one.operation] = 0
        else:
            step[one.operation] = before + (where[one.after] != one.service)
    return sorted({(step[a.operation], a.service) for a in asks})
