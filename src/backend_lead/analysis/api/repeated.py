"""What it costs the backend that a screen asks once for each item of a list (N+1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from backend_lead.analysis.uses import cheap_uses, pressure
from backend_lead.catalog.api_styles import BATCHED_SHARE
from backend_lead.model.screens import Beyond, Repeated, ScreenCost
from backend_lead.views.api.parts import Contract
from backend_lead.views.flow import Flow, Root, Source
from backend_lead.views.rates import set_rates


def repeated(flow: Flow, contract: Contract, screens: Iterable[ScreenCost]) -> list[Repeated]:
    """Every operation that is asked for each item, priced at the stated load, largest first.

    One request a view is taken to be in the journeys already, if they name its endpoint.
    """
    rates: dict[tuple[str, str], float] = {}
    kept: dict[tuple[str, str], tuple[str, int]] = {}
    for screen in screens:
        for one in screen.asks:
            if one.each and one.times > 1:
                key = (screen.screen, one.operation)
                rates[key] = rates.get(key, 0.0) + screen.views_per_s
                kept[key] = (one.after, one.times)
    if not rates:
        return []
    resource, busy = busiest(flow)
    out = []
    for (screen_name, operation), views in rates.items():
        of, items = kept[screen_name, operation]
        op = contract.operations[operation]
        ref = op.said.endpoint
        stated = screen_journey_asks(flow, contract, screen_name, ref)
        more = views * (items if not stated else items - 1)
        less = views * ((items - 1) * BATCHED_SHARE.value + (0 if stated else 1))
        asked, batched = (
            (busiest(with_more(flow, {ref: extra})) if ref else (resource, busy))
            for extra in (more, less)
        )
        out.append(Repeated(
            screen_name, operation, of, items, views * items, views, asked[0], _busy(flow, asked[0])
            if ref else busy, asked[1], batched[1],
        ))  # fmt: skip
    return sorted(out, key=lambda one: (-one.calls_per_s, one.screen, one.operation))


def screen_journey_asks(flow: Flow, contract: Contract, screen: str, ref: str | None) -> bool:
    """Whether the journey of a screen asks for an endpoint by itself."""
    journey = flow.system.journeys[contract.screens[screen].journey]
    return ref in journey.steps


def busiest(flow: Flow) -> tuple[str, float]:
    """The resource that is closest to its limit at the stated load, and its share in use."""
    use = max(cheap_uses(flow, 1.0), key=lambda one: (pressure(one), one.id))
    return f"{use.resource} of {use.component}", use.busy


def _busy(flow: Flow, name: str) -> float:
    found = [u.busy for u in cheap_uses(flow, 1.0) if f"{u.resource} of {u.component}" == name]
    return max(found, default=0.0)


def beyond(
    flow: Flow, contract: Contract, screens: Iterable[ScreenCost], stated: dict[str, float]
) -> Beyond | None:
    """What screens ask that no journey states; None where they ask nothing more."""
    shown: dict[str, float] = {}
    for screen in screens:
        for one in screen.asks:
            rate = screen.views_per_s * one.times
            shown[one.operation] = shown.get(one.operation, 0.0) + rate
    more = {name: rate - stated.get(name, 0.0) for name, rate in shown.items()}
    more = {name: rate for name, rate in more.items() if rate > 0}
    if not more:
        return None
    extra: dict[str, float] = {}
    for name, rate in more.items():
        ref = contract.operations[name].said.endpoint
        if ref is not None:
            extra[ref] = extra.get(ref, 0.0) + rate
    resource, busy = busiest(with_more(flow, extra, edge=True))
    most = max(more, key=lambda name: (more[name], name))
    return Beyond(sum(more.values()), most, resource, _busy(flow, resource), busy)


def with_more(flow: Flow, extra: dict[str, float], *, edge: bool = False) -> Flow:
    """The same system with further requests a second for some endpoints, past the edge unless it
    may answer them."""
    known = {root.target: root for root in reversed(list(flow.roots.values()))}
    roots = dict(flow.roots)
    sources = list(flow.sources)
    for ref, rate in sorted(extra.items()):
        if rate <= 0 or ref not in flow.nodes:
            continue
        key = f"{ref}|more"
        base = known.get(ref, Root(key, ref, 0.0, 0, 0.0, 0.0, 0.0))
        roots[key] = replace(base, key=key, limit=None, edge_hit=base.edge_hit if edge else 0.0)
        sources.append(Source(key, 0.0, 0.0, rate, {key: 1.0}))
    out = replace(flow, roots=roots, sources=sources, visits={}, batch={}, hits={})
    set_rates(out)
    return out
