"""What it costs the backend that a screen asks once for each item of a list (N+1)."""

from __future__ import annotations

from collections.abc import Sequence

from backend_lead.analysis.api.loads import (
    Built,
    Extra,
    beyond_journeys,
    busiest,
    busy,
    full_parts,
    with_more,
)
from backend_lead.analysis.uses import cheap_uses, pressure
from backend_lead.model.screens import Asked, Beyond, Repeated, ScreenCost, Style
from backend_lead.views.flow import Flow


def repeated(flow: Flow, refs: dict[str, str], screens: Sequence[ScreenCost]) -> list[Repeated]:
    """Every operation that is asked for each item, priced at the stated load with all that screens
    ask on top, largest first."""
    views: dict[tuple[str, str], float] = {}
    kept: dict[tuple[str, str], Asked] = {}
    for screen in screens:
        for one in screen.asks:
            if one.each and one.times > 1:
                key = (screen.screen, one.operation)
                views[key] = views.get(key, 0.0) + screen.views_per_s
                kept[key] = one
    out = []
    for key, rate in views.items():
        one = kept[key]
        without, as_is, batched = (
            with_more(flow, _extra(flow, refs, screens, key, how)) for how in (0, 1, 2)
        )
        resource = _most_moved(without, as_is)
        out.append(Repeated(
            *key, one.after, one.times, rate * one.times, rate, resource, busy(without, resource),
            busy(as_is, resource), busy(batched, resource),
        ))  # fmt: skip
    return sorted(out, key=lambda one: (-one.calls_per_s, one.screen, one.operation))


def _extra(
    flow: Flow, refs: dict[str, str], screens: Sequence[ScreenCost], of: tuple[str, str], how: int
) -> Extra:
    """What screens ask, everything in batches but for one operation of one screen: not asked at
    all (0), one by one (1), in batches too (2)."""
    built = []
    for screen in screens:
        own = [a for a in screen.asks if (screen.screen, a.operation) == of]
        rest = tuple(a for a in screen.asks if a not in own)
        built.append(Built(screen.client, rest, screen.views_per_s, "fitted"))
        if own and how:
            style: Style = "rest" if how == 1 else "fitted"
            built.append(Built(screen.client, tuple(own), screen.views_per_s, style))
    return beyond_journeys(flow, refs, built)


def _most_moved(without: Flow, with_it: Flow) -> str:
    """The resource that is closest to its limit with some calls, among those they add to."""
    before = {use.id: use.busy for use in cheap_uses(without, 1.0)}
    uses = cheap_uses(with_it, 1.0)
    moved = [use for use in uses if use.busy > before.get(use.id, 0.0) + 1e-9] or uses
    most = max(moved, key=lambda use: (pressure(use), use.id))
    return f"{most.resource} of {most.component}"


def beyond(
    flow: Flow, refs: dict[str, str], extra: Extra, screens: Sequence[ScreenCost]
) -> Beyond | None:
    """What screens ask that no journey states; None where they ask nothing more."""
    if extra.per_s <= 0:
        return None
    loaded = with_more(flow, extra)
    resource, after = busiest(loaded)
    more: dict[str, float] = {}
    for screen in screens:
        for one in screen.asks:
            if extra.of(refs[one.operation]) > 0:
                rate = screen.views_per_s * one.times
                more[one.operation] = more.get(one.operation, 0.0) + rate
    most = max(more, key=lambda name: (more[name], name))
    full = sorted(full_parts(loaded).values(), key=lambda one: (-one[1], one[0]))
    return Beyond(extra.per_s, most, resource, busy(flow, resource), after, tuple(full))
