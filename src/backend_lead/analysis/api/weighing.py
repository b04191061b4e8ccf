"""Styles weighed against each other, in times beyond their error and in hours, told in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from backend_lead.analysis.api.looked import Found, error_s, names
from backend_lead.catalog.api_policies import SCREEN_H, SUBGRAPH_H
from backend_lead.catalog.api_styles import (
    COMPOSED_H,
    FEDERATION_H,
    GAIN_S,
    GRAPH_H,
    LAYER_H,
    QUERY_H,
    WEIGHED_MONTHS,
)
from backend_lead.catalog.network_profiles import PROFILES
from backend_lead.model.screens import ScreenCost, Style, StyleCost


def filled_words(found: Found) -> str:
    """Which screens no figure can be given for, and what is in the way."""
    parts = dict.fromkeys(s.own.of("fitted").full or s.own.of("bff").full for s in found.filled)
    own = ", ".join(names(found.filled))
    return (f"of {own} no time holds in any style, with {' and '.join(parts)}: that is to be "
            "sized first")  # fmt: skip


def repeating_words(found: Found) -> str:
    """What asking once for each item costs: in time where it is known, else in requests."""
    own = [s for s in found.screens if s.screen in found.repeating]
    timed = [s for s in own if s.own.of("rest").holds and s.own.of("fitted").holds]
    if timed:
        return evidence(found, timed, "rest", "fitted")
    most = max(own, key=lambda s: (s.views_per_s * s.own.of("rest").calls, s.screen))
    rest, fitted = most.own.of("rest"), most.own.of("fitted")
    return (f"{most.screen} takes {_calls(rest)}, {_calls(fitted)} {_WAY['fitted']}; one by one "
            f"{rest.full or 'all of them are served'}")  # fmt: skip


@dataclass(frozen=True)
class Hours:
    """What a style takes: once, and each month."""

    once: float
    month: float

    @property
    def weighed(self) -> float:
        return self.once + WEIGHED_MONTHS.value * self.month

    def __str__(self) -> str:
        return (f"{self.weighed:,.0f} h in {WEIGHED_MONTHS.value:.0f} months ({self.once:,.0f} "
                f"once, {self.month:,.0f} a month)")  # fmt: skip


def composing_hours(found: Found, n: int, alone: bool) -> dict[Style, Hours]:
    """The hours of composing the screens that gain, style by style."""
    screens = len(names(found.gaining))
    queries = QUERY_H.value * screens
    return {
        "bff": Hours(SCREEN_H.value * screens,
                      COMPOSED_H.value * screens + (LAYER_H.value if alone else 0.0)),
        "graph": Hours(queries + SUBGRAPH_H.value, GRAPH_H.value),
        "federated": Hours(queries + SUBGRAPH_H.value * n, GRAPH_H.value + FEDERATION_H.value),
    }  # fmt: skip


def dearer(found: Found, hours: dict[Style, Hours], style: Style) -> str:
    """Why a graph is not taken though it could be: its hours, or its times beyond their error; what
    is as good is left to the simpler."""
    behind = _behind_s(found, style)
    if behind > GAIN_S.value / 2 or hours[style].weighed >= hours["bff"].weighed:
        return weighed(found, hours, style, "bff")
    return ""


def _behind_s(found: Found, style: Style) -> float:
    """How much later a style is than a composing layer beyond the error, weighed by views."""
    views = sum(s.views_per_s for s in found.gaining) or 1.0
    late = 0.0
    for s in found.gaining:
        one, layer = s.own.of(style), s.own.of("bff")
        if not one.holds:
            return math.inf
        late += s.views_per_s * max(0.0, one.p95_s - layer.p95_s - error_s(one, layer))
    return late / views


def weighed(found: Found, hours: dict[Style, Hours], style: Style, over: Style) -> str:
    """A style against another in hours, and in time on the screen looked at most."""
    best = max(found.gaining, key=lambda s: (s.views_per_s, s.screen))
    one, other = best.own.of(style), best.own.of(over)
    least = f"{hours[style]} against {hours[over]} for {_NAMES[over]}"
    if not one.holds:
        return f"{least}; of {best.screen} no time holds, with {one.full}"
    more = abs(one.p95_s - other.p95_s)
    off = error_s(one, other)
    same = "no difference beyond the error of the simulation" if more <= off else (
        f"{'slower' if one.p95_s > other.p95_s else 'faster'} by {more * 1e3:,.0f} ms"
    )  # fmt: skip
    return (f"{least}; p95 of {best.screen} {one.p95_s * 1e3:,.0f} and {other.p95_s * 1e3:,.0f} ms "
            f"(±{off * 1e3:,.0f} ms): {same}")  # fmt: skip


_NAMES: dict[Style, str] = {
    "bff": "composed screens", "graph": "one schema", "federated": "a federated graph",
}  # fmt: skip


def evidence(
    found: Found, among: Sequence[ScreenCost], before: Style = "fitted", after: Style = "bff"
) -> str:
    """The screen on which most is saved, weighed by its views, in figures."""
    assert all(s.own.of(before).holds and s.own.of(after).holds for s in among)
    best = max(among, key=lambda s: (
        s.views_per_s * (s.own.of(before).p95_s - s.own.of(after).p95_s), s.screen))  # fmt: skip
    plain, other = best.own.of(before), best.own.of(after)
    network = PROFILES[best.own.network].title
    return (
        f"{best.screen} on {network} takes {_calls(plain)} and {plain.p95_s * 1e3:,.0f} ms at p95, "
        f"{_calls(other)} and {other.p95_s * 1e3:,.0f} ms {_WAY[after]}"
    )


def _calls(cost: StyleCost) -> str:
    rounds = f" in {cost.rounds} rounds" if cost.rounds > 1 else ""
    return f"{cost.calls} call{'s' if cost.calls > 1 else ''}{rounds}"


_WAY: dict[Style, str] = {
    "fitted": "if its list carries what is shown of each item", "bff": "composed",
}  # fmt: skip
