"""What screens ask of the services beyond what the journeys state, and what that fills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from backend_lead.analysis.solver import loads
from backend_lead.analysis.uses import cheap_uses, network_uses, pressure
from backend_lead.catalog.api_styles import BATCHED_SHARE
from backend_lead.model.screens import Asked, Style
from backend_lead.views.flow import Flow, Root, Source, calls_of
from backend_lead.views.rates import set_rates

AT_EDGE: tuple[Style, ...] = ("rest", "fitted")  # styles whose requests an edge may answer
FULL = 1.0


@dataclass(frozen=True)
class Built:
    """A screen of a client in a style: what is asked for it, and how often it is looked at."""

    client: str
    asks: tuple[Asked, ...]
    views_per_s: float
    style: Style
    singly: frozenset[str] = frozenset()  # operations of which no batch can be made


@dataclass(frozen=True)
class Extra:
    """Requests a second by endpoint that no journey states: those that an edge may answer, and
    those that reach the services past it."""

    front: dict[str, float] = field(default_factory=dict)
    behind: dict[str, float] = field(default_factory=dict)

    @property
    def per_s(self) -> float:
        return sum(self.front.values()) + sum(self.behind.values())

    def of(self, ref: str) -> float:
        """All of them that one endpoint gets."""
        return self.front.get(ref, 0.0) + self.behind.get(ref, 0.0)

    def without(self, refs: Iterable[str]) -> Extra:
        """The same but for some endpoints."""
        out = set(refs)
        front, behind = ({k: v for k, v in part.items() if k not in out}
                         for part in (self.front, self.behind))  # fmt: skip
        return Extra(front, behind)


def weight(one: Asked, style: Style) -> float:
    """How many requests' work a view takes: the items of a batch share their statement."""
    if style == "rest" or one.times <= 1:
        return float(one.times)
    return 1 + (one.times - 1) * BATCHED_SHARE.value


def beyond_journeys(flow: Flow, refs: Mapping[str, str], built: Iterable[Built]) -> Extra:
    """What screens ask beyond the journeys of the same clients.

    Of what a journey asks an endpoint for, the screens of its client take their part first. An
    endpoint that no journey names is credited with what others ask of it.
    """
    asked: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    known = {root.target for root in flow.roots.values()}
    for screen in built:
        for one in screen.asks:
            ref = refs.get(one.operation)
            if ref is not None and ref in flow.nodes:
                client = screen.client if ref in known else ""
                style: Style = "rest" if one.operation in screen.singly else screen.style
                rate = screen.views_per_s * weight(one, style)
                asked[client, ref][screen.style not in AT_EDGE] += rate
    stated = _stated(flow)
    hits = {root.target: root.edge_hit for root in flow.roots.values()}
    front: dict[str, float] = defaultdict(float)
    behind: dict[str, float] = defaultdict(float)
    for (client, ref), (at_edge, past) in sorted(asked.items()):
        said = stated.get((client, ref), 0.0) if client else flow.visits.get(ref, 0.0)
        used = min(at_edge, said)
        moved = min(past, said - used)  # what the edge answered of these comes past it now
        front[ref] += at_edge - used
        behind[ref] += past - moved * (1 - hits.get(ref, 0.0))
    return Extra({k: v for k, v in front.items() if v > 0},
                 {k: v for k, v in behind.items() if v > 0})  # fmt: skip


def _stated(flow: Flow) -> dict[tuple[str, str], float]:
    """Requests a second by client and endpoint as the journeys state them."""
    out: dict[tuple[str, str], float] = defaultdict(float)
    for source in flow.sources:
        for root, share in source.mix.items():
            out[source.client, flow.roots[root].target] += share * source.offered_per_s()
    return dict(out)


def with_more(flow: Flow, extra: Extra) -> Flow:
    """The same system with further requests."""
    known = {root.target: root for root in reversed(list(flow.roots.values()))}
    roots, sources = dict(flow.roots), list(flow.sources)
    for word, part in (("more", extra.front), ("past", extra.behind)):
        for ref, rate in sorted(part.items()):
            if rate <= 0 or ref not in flow.nodes:
                continue
            key = f"{ref}|{word}"
            base = known.get(ref, Root(key, ref, 0.0, 0, 0.0, 0.0, 0.0))
            hit = base.edge_hit if word == "more" else 0.0
            roots[key] = replace(base, key=key, limit=None, edge_hit=hit)
            sources.append(Source(key, 0.0, 0.0, rate, {key: 1.0}))
    if len(sources) == len(flow.sources):
        return flow
    out = replace(flow, roots=roots, sources=sources, visits={}, batch={}, hits={})
    set_rates(out)
    return out


def busiest(flow: Flow) -> tuple[str, float]:
    """The resource that is closest to its limit at the stated load, and its share in use."""
    use = max(cheap_uses(flow, 1.0), key=lambda one: (pressure(one), one.id))
    return f"{use.resource} of {use.component}", use.busy


def busy(flow: Flow, name: str) -> float:
    """The use of a resource by the name that `busiest` gives it."""
    found = [u.busy for u in cheap_uses(flow, 1.0) if f"{u.resource} of {u.component}" == name]
    return max(found, default=0.0)


def full_parts(flow: Flow) -> dict[str, tuple[str, float]]:
    """Components of which more is asked than they can do: the resource, and how full it is."""
    out: dict[str, tuple[str, float]] = {}
    for use in (*loads(flow, 1.0), *network_uses(flow, 1.0)):
        if use.busy > max(FULL, out.get(use.component, ("", 0.0))[1]):
            out[use.component] = (f"{use.resource} of {use.component}", use.busy)
    return out


def reached(flow: Flow, ref: str) -> set[str]:
    """The components that a request for an endpoint may come to, that of the endpoint included."""
    seen: set[str] = set()
    waiting = [ref]
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting += [branch.target for call in calls_of(flow.nodes[key].steps)
                        for _, branch in call.branches]  # fmt: skip
    return {flow.nodes[key].component for key in seen}
