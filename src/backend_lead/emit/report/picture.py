"""The architecture as a graph, and the graph as Mermaid and D2 text.

Roles are read off how the model uses a component, so a new kind draws itself: what is `read` with a
miss is a cache, what answers a `query` is a store, what stands in `entry` is an entry.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from backend_lead.emit.report import wording
from backend_lead.model.design import Design
from backend_lead.model.system import Component, Step, System
from backend_lead.model.units import counted
from backend_lead.model.workload import Client

Role = Literal["client", "entry", "service", "cache", "store", "other"]
_MERMAID_SHAPE = {
    "client": '(["{}"])', "entry": '["{}"]', "service": '["{}"]', "cache": '[/"{}"/]',
    "store": '[("{}")]', "other": '["{}"]',
}  # fmt: skip


@dataclass(frozen=True)
class Node:
    """A box: a class of clients or a component, with its size in words."""

    id: str
    role: Role
    title: str
    kind: str
    size: str
    zones: int

    @property
    def lines(self) -> list[str]:
        """What stands under the title, line by line, from the most to the least important."""
        lines = [] if self.role == "client" else [self.kind]
        lines += self.size.split(", ") if self.size else []
        return [*lines, f"{self.zones} zones"] if self.zones > 1 else lines


@dataclass(frozen=True)
class Edge:
    """Requests from one box to another; `per_s` is None where no run counted them.

    `shared` says that several callers use the same target and the count was split among them.
    """

    source: str
    target: str
    per_s: float | None
    shared: bool = False

    @property
    def label(self) -> str:
        """Requests per second in words; empty where unknown."""
        if self.per_s is None:
            return ""
        return ("≈ " if self.shared else "") + wording.rate(self.per_s)


@dataclass(frozen=True)
class Graph:
    """Boxes in the order of the model, edges in the order requests flow."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def _targets(steps: list[Step]) -> Iterator[str]:
    """Every `component.operation` or cache the steps use, misses and parallel parts included."""
    for step in steps:
        for target in (step.call, step.query, step.read, step.invalidate, step.publish):
            if target:
                yield target
        yield from _targets(step.miss or [])
        yield from _targets(step.parallel or [])


def _owner(target: str) -> str:
    return target.partition(".")[0]


def _role(system: System, name: str) -> Role:
    if name in system.workload.entry:
        return "entry"
    steps = [e.does for c in system.components.values() for e in c.endpoints.values()]
    cached = {s.read for does in steps for s in _flat(does) if s.read}
    queried = {_owner(s.query) for does in steps for s in _flat(does) if s.query}
    if name in cached:
        return "cache"
    part = system.components[name]
    if name in queried or part.operations or part.topics:
        return "store"
    return "service" if part.endpoints else "other"


def _flat(steps: list[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from _flat(step.miss or [])
        yield from _flat(step.parallel or [])


def _client_node(name: str, client: Client) -> Node:
    words = counted(client.users.text, "user") if client.users else ""
    if client.rate:
        words = wording.rate(client.rate.value)
    return Node(f"client-{name}", "client", client.title or name, "clients", words, 0)


def _component_node(system: System, name: str, component: Component) -> Node:
    return Node(name, _role(system, name), component.title or name, component.kind,
                wording.size_of(component), component.zones)  # fmt: skip


def graph(design: Design) -> Graph:
    """The boxes and edges of a design; rates come from the hops of its run."""
    system = design.system
    names = system.components
    nodes = [_client_node(n, c) for n, c in system.workload.clients.items()]
    nodes += [_component_node(system, n, c) for n, c in names.items()]
    visits: dict[str, float] = defaultdict(float)
    for hop in design.hops:
        visits[f"{hop.component}.{hop.endpoint}"] += hop.visits_per_s
        visits[hop.component] += hop.visits_per_s

    entry = [n for n in system.workload.entry if n in names]
    front = {ref for j in system.journeys.values() for ref in j.steps if _owner(ref) in names}
    uses: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for name, component in names.items():
        for word, endpoint in component.endpoints.items():
            if endpoint.on and _owner(endpoint.on) in names:
                uses[f"{name}.{word}"][_owner(endpoint.on)] += 1.0
            for target in _targets(endpoint.does):
                if _owner(target) in names:
                    uses[target][name] += visits.get(f"{name}.{word}", 0.0)
    clients = [f"client-{n}" for n in system.workload.clients]
    doors = entry[-1:] or clients
    inward = []
    for owner in dict.fromkeys(_owner(ref) for ref in sorted(front)):
        refs = [r for r in sorted(front) if _owner(r) == owner]
        known = len(doors) == 1 and all(r in visits and r not in uses for r in refs)
        load = sum(visits[r] for r in refs) if known else None
        inward += [Edge(door, owner, load) for door in doors]
    passed = _sum(edge.per_s for edge in inward)  # the last entry lets through what it takes in
    edges = _entry_edges(design, clients, entry, visits, passed)
    return Graph(tuple(nodes), tuple(edges + inward + _inner_edges(uses, visits)))


def _entry_edges(
    design: Design, clients: list[str], entry: list[str], visits: dict[str, float],
    passed: float | None,
) -> list[Edge]:  # fmt: skip
    """Edges from the clients through the entries; the first takes all there is."""
    if not entry:
        return []
    total = design.figures.get("requests_per_s")
    first = total.value if total and len(clients) == 1 else None
    edges = [Edge(client, entry[0], first) for client in clients]
    for source, target in itertools.pairwise(entry):
        last = passed if target == entry[-1] else None
        edges.append(Edge(source, target, visits.get(target, last)))
    return edges


def _sum(parts: Iterable[float | None]) -> float | None:
    known = list(parts)
    if not known or None in known:
        return None
    return sum(part for part in known if part is not None)


def _inner_edges(uses: dict[str, dict[str, float]], visits: dict[str, float]) -> list[Edge]:
    """Edges between components: the target's counted visits, split where callers share it."""
    found: dict[tuple[str, str], Edge] = {}
    for target, callers in uses.items():
        total = sum(callers.values())
        for caller, weight in callers.items():
            part = None
            if target in visits and (len(callers) == 1 or total):
                part = visits[target] * (weight / total if len(callers) > 1 else 1.0)
            key = (caller, _owner(target))
            edge = found.get(key, Edge(*key, 0.0))
            both = None if part is None or edge.per_s is None else edge.per_s + part
            found[key] = replace(edge, per_s=both, shared=edge.shared or len(callers) > 1)
    return list(found.values())


def mermaid_text(picture: Graph) -> str:
    """A Mermaid flowchart that GitHub renders."""
    lines = ["flowchart TD"]
    ids = {node.id: f"n{i}" for i, node in enumerate(picture.nodes)}
    for node in picture.nodes:
        words = [f"<b>{_mermaid(node.title)}</b>", *(_mermaid(line) for line in node.lines)]
        lines.append(f"  {ids[node.id]}{_MERMAID_SHAPE[node.role].format('<br/>'.join(words))}")
    for edge in picture.edges:
        arrow = f"-->|{_mermaid(edge.label)}|" if edge.label else "-->"
        lines.append(f"  {ids[edge.source]} {arrow} {ids[edge.target]}")
    return "\n".join(lines)


def _mermaid(text: str) -> str:
    for old, new in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("|", "#124;")):
        text = text.replace(old, new)
    return " ".join(text.split())
