"""The graph over the services: what of the contract is in it, for whom, and whether it pays.

The graph is for our own apps: what only partners or services may ask for is not in it, they have
REST and RPC. A thing that no operation gives to an audience is known there by its key alone, though
others refer to it: a reference gives nobody what no operation gives. What is somebody's, or tells
of a person, is behind a reference only where every app that sees the reference may ask for such
things by an operation that is not about the caller alone; elsewhere the reference is the id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from backend_lead.catalog.api_styles import GRAPH_TEAM
from backend_lead.model.contract import Audience
from backend_lead.views.api.guarding import personal_in
from backend_lead.views.api.names import camel, plural
from backend_lead.views.api.owning import has_owner
from backend_lead.views.api.parts import Contract, FieldOf, Operation, ShapeOf
from backend_lead.views.api.types import Type

GRAPH_AUDIENCES: tuple[Audience, ...] = ("mobile", "web")
SERVICES_LEAST = 2  # a graph joins what several services own; one service answers by itself


@dataclass(frozen=True)
class Pays:
    """Whether a federated graph pays, and why."""

    yes: bool
    why: str


@dataclass(frozen=True)
class Reverse:
    """A list that a thing gets as a field, because an operation lists by a reference to it."""

    name: str
    op: Operation
    by: FieldOf


@dataclass(frozen=True)
class Graph:
    """What of a contract the graph holds."""

    found: Contract
    audiences: tuple[Audience, ...]
    operations: tuple[Operation, ...]

    @cached_property
    def readable(self) -> dict[str, frozenset[Audience]]:
        """For each entity the audiences to which some operation gives it."""
        out: dict[str, frozenset[Audience]] = {}
        for audience in self.audiences:
            given = (
                op.gives for op in self.operations
                if audience in op.audiences and op.answer in ("one", "list", "page")
            )  # fmt: skip
            for name in self._given(audience, [t for t in given if t is not None]):
                out[name] = out.get(name, frozenset()) | {audience}
        return out

    def _given(self, audience: Audience, types: list[Type]) -> list[str]:
        found: dict[str, None] = {}
        waiting = list(types)
        while waiting:
            type_ = waiting.pop()
            if type_.item is not None:
                waiting.append(type_.item)
            elif type_.sort == "shape" and type_.name not in found:
                found[type_.name] = None
                shape = self.found.shapes[type_.name]
                waiting += [f.type for f in self.found.seen_by(shape, audience)]
        return [name for name in found if self.is_entity(name)]

    def is_entity(self, name: str) -> bool:
        """Whether a shape has an identity that other services can refer to."""
        shape = self.found.shapes[name]
        return shape.entity and bool(shape.key)

    def fields(self, shape: ShapeOf) -> tuple[FieldOf, ...]:
        """The fields of a shape in the graph: those that some audience of it sees, and the key."""
        return tuple(
            f for f in shape.fields if f.key or self.hidden_from(shape, f) != self.audiences
        )

    def hidden_from(self, shape: ShapeOf, f: FieldOf) -> tuple[Audience, ...]:
        """The audiences of the graph that do not see a field."""
        return tuple(a for a in self.audiences if not self.shows(shape, f, a))

    def shows(self, shape: ShapeOf, f: FieldOf, audience: Audience) -> bool:
        """Whether an audience sees a field."""
        if self.is_entity(shape.name):
            if f.key:
                return True
            if audience not in self.readable.get(shape.name, ()):
                return False
        return f in self.found.seen_by(shape, audience)

    def walks(self, f: FieldOf) -> bool:
        """Whether a reference leads to what it names; else it is an id."""
        one = f.type.item or f.type
        if one.sort != "ref" or not self.found.shapes[one.name].key or one.name in self._closed:
            return False
        return not (f.key and has_owner(self.found.entities, one.name))

    def may_refuse(self, f: FieldOf) -> bool:
        """Whether what a reference names may be somebody else's: then it leads to nothing."""
        one = f.type.item or f.type
        return self.walks(f) and has_owner(self.found.entities, one.name)

    @cached_property
    def _closed(self) -> frozenset[str]:
        """Entities that references must not lead to, though operations give some of their rows."""
        return frozenset(
            name for name, audiences in self.readable.items()
            if self._guarded(name) and not all(self._opened(name, a) for a in audiences)
        )  # fmt: skip

    def _guarded(self, name: str) -> bool:
        personal = any(True for _ in personal_in(self.found, Type("shape", name)))
        return personal or has_owner(self.found.entities, name)

    def _opened(self, name: str, audience: Audience) -> bool:
        """Whether each client of an audience may ask for such things, not for its own alone."""
        asking = {c for op in self.operations for c in op.clients}
        ours = {n for n, c in self.found.callers.items() if c.audience == audience} & asking
        opening = {
            c for op in self.operations for c in op.clients
            if op.nature == "query" and not op.said.mine and not op.said.roles
            and op.gives == Type("shape", name)
        }  # fmt: skip
        return ours <= opening

    def owner(self, shape: ShapeOf) -> str:
        """The service whose subgraph answers for an entity."""
        return shape.owner or (self.found.services or (self.found.name,))[0]

    def service(self, op: Operation) -> str:
        """The service whose subgraph an operation is in."""
        return op.service or (self.found.services or (self.found.name,))[0]

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The services with a subgraph."""
        serving = {self.service(op) for op in self.operations}
        owning = {self.owner(self.found.shapes[name]) for name in self.readable}
        return tuple(sorted(serving | owning))

    @cached_property
    def reverses(self) -> dict[str, tuple[Reverse, ...]]:
        """The lists each entity gets; one whose name is taken there is left out."""
        out: dict[str, dict[str, Reverse]] = {}
        for op in self.operations:
            if op.does != "list" or op.said.mine or op.answer not in ("page", "list"):
                continue
            if any(f.required for f in op.inputs):
                continue
            for by in op.filters:
                if by.type.sort != "ref" or by.type.name not in self.readable:
                    continue
                of = self.found.shapes[by.type.name]
                name = camel(self.found.entities[op.of.name].plural or plural(op.of.name))
                taken = out.setdefault(of.name, {})
                if name not in taken and name not in {f.graphql for f in of.fields}:
                    taken[name] = Reverse(name, op, by)
        return {name: tuple(found.values()) for name, found in out.items()}

    @cached_property
    def jobs(self) -> dict[str, Operation]:
        """The queries that tell how work goes which takes long, by name."""
        ids, out = {op.id for op in self.operations}, {}
        for op in self.operations:
            if op.long:
                name = f"{op.id}Job"
                out[name if name not in ids else f"{name}Status"] = op
        return out

    def not_for(self, audiences: Iterable[Audience]) -> tuple[Audience, ...]:
        """The audiences of the graph that are not among these."""
        among = set(audiences)
        return tuple(a for a in self.audiences if a not in among)


def graph_of(found: Contract) -> Graph | None:
    """The graph of a contract; None where our own apps ask nothing of it."""
    audiences = tuple(a for a in GRAPH_AUDIENCES if a in found.audiences)
    operations = tuple(
        op for op in found.operations.values()
        if op.nature != "event" and set(op.audiences) & set(audiences)
    )  # fmt: skip
    if not any(op.nature == "query" for op in operations):
        return None
    return Graph(found, audiences, operations)


def graph_pays(found: Contract) -> Pays:
    """Whether to build a federated graph: several services own what our own apps ask for, they
    refer to each other, and there are enough people to own them apart."""
    graph = graph_of(found)
    if graph is None:
        return Pays(
            False, "no app of ours asks for anything: partners and services have REST and RPC"
        )
    if any(c.access.graph for c in found.callers.values()):
        return Pays(True, "a client asks for a graph")
    if len(graph.services) < SERVICES_LEAST:
        return Pays(False, f"one service ({graph.services[0]}) owns everything: nothing to join")
    if not joins(graph):
        return Pays(False, "no service refers to what another owns: a graph would join nothing")
    if found.team is not None and found.team < GRAPH_TEAM.value:
        return Pays(
            False, f"{found.team} engineers are one team: a gateway would be one more part to run"
        )
    told = ", ".join(f"{a} and {b}" for a, b in joins(graph)[:3])
    return Pays(True, f"{len(graph.services)} services own what the apps show together ({told})")


def joins(graph: Graph) -> list[tuple[str, str]]:
    """Pairs of services of which the first refers to what the second owns and our apps may read."""
    found: dict[tuple[str, str], None] = {}
    for name in graph.readable:
        owner = graph.owner(graph.found.shapes[name])
        waiting, seen = [graph.found.shapes[name]], {name}
        while waiting:
            for f in graph.fields(waiting.pop()):
                one = f.type.item or f.type
                if one.sort not in ("ref", "shape") or (one.sort == "ref" and not graph.walks(f)):
                    continue
                shape = graph.found.shapes[one.name]
                if one.name in graph.readable:
                    if graph.owner(shape) != owner:
                        found[owner, graph.owner(shape)] = None
                elif one.sort == "shape" and one.name not in seen:
                    seen.add(one.name)
                    waiting.append(shape)
    return list(found)
