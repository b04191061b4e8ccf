"""How a gateway answers a document: which service it asks what, after what, and how often.

The counting rule, that of the query planners of federation gateways:

- the fields at the root of a query are asked side by side, once of each service; those of a
  mutation one after the other;
- a field of a thing belongs to its owner, but for its key, which every service that refers to it
  knows, and for lists that another service has of it;
- where a field belongs to another service than the one around it, that service is asked once for
  all things at that place of the answer, by their keys (`_entities`), after the fetch that gave the
  keys; what only waits for the same fetch is asked side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from backend_lead.views.api.documents import Document, Pick, documents
from backend_lead.views.api.graph import Graph

MUTATION_COST = 10  # what demand control of gateways counts for a mutation; for a thing it is 1


@dataclass
class Fetch:
    """A request of the gateway to a service.

    `after` is the number of the fetch it waits for. At the root `entity` is empty and `times` 1;
    elsewhere `times` is for how many things at once. `asks` are the operations it runs: at the root
    once, elsewhere once for each thing.
    """

    service: str
    path: str
    after: int | None
    entity: str = ""
    times: int = 1
    asks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Risk:
    """Work of a service that is done `times` often where once would do (N+1)."""

    service: str
    path: str
    what: str
    times: int


@dataclass(frozen=True)
class DocumentPlan:
    """The fetches of a document in the order in which they can begin, and where N+1 lurks."""

    document: Document
    fetches: tuple[Fetch, ...]
    risks: tuple[Risk, ...]

    @property
    def rounds(self) -> int:
        """Fetches that wait for one another, at most."""
        return max((self._level(i) for i in range(len(self.fetches))), default=0)

    def level(self, number: int) -> list[Fetch]:
        """The fetches that begin together in a round (from 1)."""
        return [f for i, f in enumerate(self.fetches) if self._level(i) == number]

    def _level(self, i: int) -> int:
        after = self.fetches[i].after
        return 1 if after is None else 1 + self._level(after)


def plans(graph: Graph, client: str) -> dict[str, list[DocumentPlan]]:
    """The plans of a client's screens."""
    found = documents(graph, graph.found.callers[client])
    return {screen: [plan(graph, one) for one in asked] for screen, asked in found.items()}


def plan(graph: Graph, document: Document) -> DocumentPlan:
    """How one document is answered."""
    planner = _Planner(graph)
    for root in document.roots:
        service = graph.service(graph.found.operations[root.op])
        after = None
        if document.kind == "mutation" and planner.fetches:
            after = len(planner.fetches) - 1
        at = planner.fetch(service, "", after)
        planner.fetches[at].asks.append(root.op)
        planner.visit(root, service, at, root.path, _many(root))
    return DocumentPlan(document, tuple(planner.fetches), tuple(planner.risks))


def cost(document: Document) -> int:
    """What demand control counts: one for every thing that may be in the answer."""
    base = MUTATION_COST if document.kind == "mutation" else 0
    return base + sum(_cost(root) for root in document.roots)


def depth(document: Document) -> int:
    """Fields within fields, at most."""
    return max((_depth(root) for root in document.roots), default=0)


@dataclass
class _Planner:
    graph: Graph
    fetches: list[Fetch] = field(default_factory=list)
    risks: list[Risk] = field(default_factory=list)

    def fetch(
        self, service: str, path: str, after: int | None, entity: str = "", times: int = 1
    ) -> int:
        """The number of the fetch of a service at a place; a new one where there is none."""
        for i, known in enumerate(self.fetches):
            if (known.service, known.path, known.after) == (service, path, after):
                return i
        self.fetches.append(Fetch(service, path, after, entity, times))
        return len(self.fetches) - 1

    def visit(self, pick: Pick, service: str, at: int, path: str, times: int) -> None:
        """Everything below a field that `service` answers in fetch `at`, for `times` values."""
        self._resolved(pick, service, path, times)
        for child, owner in self._owners(pick, service):
            here = at
            if owner != service:
                here = self.fetch(owner, path, at, pick.shape, times)
                if times > 1 and self.fetches[here].entity:
                    self._risk(owner, path, f"the {pick.shape} of each key", times)
            listed = child.op if self._reverse(pick, child) else ""
            if listed:
                if owner != service:
                    self.fetches[here].asks.append(listed)
                if times > 1:
                    self._risk(owner, f"{path}.{child.path}", listed, times)
            inside = times * child.size if child.times is None else child.times
            self.visit(child, owner, here, f"{path}.{child.path}", inside)

    def _owners(self, pick: Pick, service: str) -> Iterator[tuple[Pick, str]]:
        """The fields below a field, each with the service that answers it."""
        for child in pick.children:
            yield child, self._owner(pick, child, service)

    def _owner(self, pick: Pick, child: Pick, service: str) -> str:
        found = self.graph.found
        if pick.shape not in found.shapes or not self.graph.is_entity(pick.shape):
            return service
        if self._reverse(pick, child):
            return self.graph.service(found.operations[child.op])
        shape = found.shapes[pick.shape]
        if child.name in {f.graphql for f in shape.key}:
            return service
        return self.graph.owner(shape)

    def _reverse(self, pick: Pick, child: Pick) -> bool:
        lists = self.graph.reverses.get(pick.shape, ())
        return any(r.name == child.name and r.op.name == child.op for r in lists)

    def _resolved(self, pick: Pick, service: str, path: str, times: int) -> None:
        """A thing that its owner looks up by a reference of its own, once for each of several."""
        if pick.op and pick.shape in self.graph.readable and "." in path and times > 1:
            op = self.graph.found.operations[pick.op]
            if op.does == "get" and self.graph.owner(op.of) == service:
                self._risk(service, path, op.name, times)

    def _risk(self, service: str, path: str, what: str, times: int) -> None:
        risk = Risk(service, path, what, times)
        if risk not in self.risks:
            self.risks.append(risk)


def _many(root: Pick) -> int:
    return root.size if root.times is None else root.times


def _cost(pick: Pick) -> int:
    own = 1 if pick.shape else 0
    return pick.size * (own + sum(_cost(child) for child in pick.children))


def _depth(pick: Pick) -> int:
    return 1 + max((_depth(child) for child in pick.children), default=0)
