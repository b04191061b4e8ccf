"""Who calls whom in a resolved system, and how often: the edges that every drawing shares.

Into a component, a run counted the requests; what callers share of them, and what comes in from
clients, is computed from the flow.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.emit.report.wording import rate
from backend_lead.model.design import Design
from backend_lead.model.system import System
from backend_lead.views.flow import Cached, Call, Flow, FlowStep, Par, Publish, Root
from backend_lead.views.steps import passes

CLIENT = "client:"  # how the source of an edge begins that is a class of clients


@dataclass(frozen=True)
class Edge:
    """Requests from one box to another; `counted` says whether a run counted all of them."""

    source: str
    target: str
    per_s: float
    counted: bool

    @property
    def text(self) -> str:
        """The rate in words; computed ones say so by the sign."""
        return rate(self.per_s) if self.counted else f"≈ {rate(self.per_s)}"


def way_in(system: System, root: Root) -> list[str]:
    """The entry components a user-facing request passes, then the component that answers it."""
    front = [name for name in system.workload.entry if passes(system, name, root.target)]
    return [*front, root.target.partition(".")[0]]


def holds_copies(system: System, name: str) -> bool:
    """Whether a component answers part of the requests itself, from copies at the edge."""
    part = system.components.get(name)
    return part is not None and kind_of(part.kind).role == "cdn"


def edges(design: Design, flow: Flow) -> list[Edge]:
    """Every edge once, in the order requests flow."""
    into: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    outside: dict[tuple[str, str], float] = defaultdict(float)
    for source in flow.sources:
        for key, part in source.mix.items():
            root = flow.roots[key]
            asked = part * source.offered_per_s()
            way = [f"{CLIENT}{source.client}", *way_in(flow.system, root)]
            for a, b in itertools.pairwise(way[:-1]):
                asked *= 1 - root.edge_hit if holds_copies(flow.system, a) else 1.0
                outside[a, b] += asked
            into[root.target][way[-2]] += part * source.offered_per_s() * (1 - root.edge_hit)
    for key, node in flow.nodes.items():
        for target, often in _often(flow, node.steps, 1.0):
            into[target][node.component] += flow.visits.get(key, 0.0) * often
    for consumer in flow.consumers:
        store = consumer.topic.partition(".")[0]
        into[consumer.handler][store] += flow.visits.get(consumer.handler, 0.0)
    return [*(Edge(a, b, per_s, False) for (a, b), per_s in outside.items()),
            *_inner(design, flow, into)]  # fmt: skip


def _often(
    flow: Flow, steps: tuple[FlowStep, ...], weight: float
) -> Iterator[tuple[str, float]]:  # fmt: skip
    """Targets of a program with how often a visit calls each."""
    for step in steps:
        if isinstance(step, Call):
            yield step.target, weight
        elif isinstance(step, Publish):
            yield step.call.target, weight
        elif isinstance(step, Par):
            yield from ((call.target, weight) for call in step.calls)
        elif isinstance(step, Cached):
            yield step.call.target, weight
            curve = flow.hits.get((step.cache, step.entity))
            yield from _often(flow, step.miss, weight * (1 - (curve.steady if curve else 0.0)))


def _inner(design: Design, flow: Flow, into: dict[str, dict[str, float]]) -> Iterator[Edge]:
    """Edges to what a run counts visits of, split over the callers as the flow says."""
    counted = {f"{hop.component}.{hop.endpoint}": hop.visits_per_s for hop in design.hops}
    found: dict[tuple[str, str], list[tuple[float, bool]]] = defaultdict(list)
    for target, callers in into.items():
        total = sum(callers.values())
        for caller, weight in callers.items():
            per_s = weight
            if target in counted and total:
                per_s = counted[target] * weight / total
            exact = target in counted and len(callers) == 1
            found[caller, flow.nodes[target].component].append((per_s, exact))
    for (caller, component), parts in found.items():
        yield Edge(caller, component, sum(p for p, _ in parts), all(exact for _, exact in parts))
