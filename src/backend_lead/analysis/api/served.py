"""How long operations take to be served, as the solver predicts it at the stated load with what
screens ask on top."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from backend_lead.analysis.api.loads import Extra, full_parts, reached, with_more
from backend_lead.analysis.queues import FULL
from backend_lead.analysis.solver import Solution, solve
from backend_lead.views.api.parts import Contract
from backend_lead.views.flow import Flow, Root

Vector = NDArray[np.float64]
LOADS = (1.0, 0.5, 0.1, 0.001)  # where a queue has no end at the stated load, the next is taken
_Z95, _Z99 = 1.6449, 2.3263  # deviations of a normal law at its 95th and 99th percentile
_LEAST_S = 1e-4  # no answer is faster


@dataclass(frozen=True)
class Law:
    """The time one operation takes: p50, p95 and p99, the laws between them log-normal."""

    p50_s: float
    p95_s: float
    p99_s: float

    def draw(self, normal: Vector) -> Vector:
        """Times for draws of the standard normal law, of any shape."""
        low, middle, high = (math.log(max(x, _LEAST_S)) for x in self._ordered)
        first, last = (middle - low) / _Z95, (high - middle) / (_Z99 - _Z95)
        logs = np.where(normal <= _Z95, low + first * normal, middle + last * (normal - _Z95))
        return np.asarray(np.exp(logs), dtype=np.float64)

    @property
    def _ordered(self) -> tuple[float, float, float]:
        p95 = max(self.p50_s, self.p95_s)
        return self.p50_s, p95, max(p95, self.p99_s)


@dataclass(frozen=True)
class Served:
    """Laws by operation: `outside` as clients see it, answers of the edge included, `inside` as a
    layer behind the edge does. `load` is the share of the stated load they hold for.

    Operations that need a part of which more is asked than it can do have no law: `full` says
    which part, and how full it is. Their requests are left out of the laws of the others.
    """

    outside: dict[str, Law]
    inside: dict[str, Law]
    load: float
    full: dict[str, str]


def served(flow: Flow, refs: dict[str, str], extra: Extra) -> Served:
    """Laws of operations by the endpoints they ask, with more requests than the journeys state."""
    there = {name: ref for name, ref in refs.items() if ref in flow.nodes}
    parts = {ref: reached(flow, ref) for ref in set(there.values())}
    whole = full_parts(with_more(flow, extra))
    full: dict[str, str] = {}
    while True:
        asked = with_roots(with_more(flow, extra.without(full)), parts)
        found = solve(asked, 1.0)
        new = full_parts(asked) if full else dict(whole)
        if not new and not found.stable:
            new = _endless(found)
        more = {ref: _words(new, named & new.keys()) for ref, named in parts.items()
                if ref not in full and named & new.keys()}  # fmt: skip
        full |= more
        if not more:
            break
    load = 1.0
    if not found.stable:  # what the journeys state is too much for a part that no operation needs
        load, found = _solved(asked)
    bare = {key: replace(root, edge_hit=0.0, edge_delay_s=0.0, pass_s=0.0)
            for key, root in asked.roots.items()}  # fmt: skip
    inside = solve(replace(asked, roots=bare), load)
    left = {name: ref for name, ref in there.items() if ref not in full}
    told = {name: full[ref] for name, ref in there.items() if ref in full}
    return Served(_laws(found, left), _laws(inside, left), load, told)


def _endless(found: Solution) -> dict[str, tuple[str, float]]:
    """Components before which a queue has no end, though their machines are not full."""
    return {
        use.component: (f"{use.resource} of {use.component}", max(1.0, use.busy))
        for use in found.uses
        if use.busy >= FULL or math.isinf(use.wait_s)
    }


def _words(full: dict[str, tuple[str, float]], among: Iterable[str]) -> str:
    name, busy = max((full[part] for part in among), key=lambda one: (one[1], one[0]))
    percent = float(f"{busy * 100:.3g}")
    return f"{name} at {percent:,.4g}%"


def with_roots(flow: Flow, refs: Iterable[str]) -> Flow:
    """A flow in which each of these endpoints is asked by somebody, those of no journey at no
    rate."""
    known = {root.target for root in flow.roots.values()}
    more = {f"{ref}|screen": Root(f"{ref}|screen", ref, 0.0, 0, 0.0, 0.0, 0.0)
            for ref in sorted(set(refs) - known) if ref in flow.nodes}  # fmt: skip
    return replace(flow, roots={**flow.roots, **more})


def _solved(flow: Flow) -> tuple[float, Solution]:
    for load in LOADS[:-1]:
        found = solve(flow, load)
        if found.stable:
            return load, found
    return LOADS[-1], solve(flow, LOADS[-1])


def _laws(found: Solution, refs: dict[str, str]) -> dict[str, Law]:
    return {
        name: Law(found.p50_s[ref], found.p95_s[ref], found.p99_s[ref])
        for name, ref in refs.items()
        if ref in found.p50_s
    }


def endpoints(flow: Flow, contract: Contract) -> tuple[dict[str, str], list[str]]:
    """The endpoint of each operation; where the model names none, the one of its service that
    computes and asks the most."""
    refs: dict[str, str] = {}
    taken = []
    for name, op in contract.operations.items():
        if op.nature == "event":
            continue
        ref = op.said.endpoint
        if ref is None or ref not in flow.nodes:
            own = [
                key
                for key in flow.keys_of(op.service)
                if key.partition(".")[2] in flow.system.components[op.service].endpoints
            ]
            if not own:
                continue
            ref = max(own, key=lambda key: (len(flow.nodes[key].steps), key))
            taken.append(f"{name} names no endpoint; it is taken to cost as much as {ref}")
        refs[name] = ref
    return refs, taken
