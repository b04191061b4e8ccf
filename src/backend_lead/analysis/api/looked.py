"""What the rule of styles looks at: the screens of an audience, and which of them gain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend_lead.analysis.api.loads import Extra, busiest, weight, with_more
from backend_lead.analysis.api.screens import Looking
from backend_lead.analysis.uses import BUSY_MAX
from backend_lead.catalog.api_styles import GAIN_S, GAIN_SHARE
from backend_lead.model.contract import Audience
from backend_lead.model.screens import ScreenCost, Style, StyleCost
from backend_lead.model.units import trim
from backend_lead.views.api.parts import Contract


def gains(screen: ScreenCost, style: Style = "bff", over: Style = "fitted") -> bool:
    """Whether a screen gains by a style over another on its client's own network: its p95 falls by
    enough and by more than its error, or a mobile network saves a round.

    A screen of which a part is full in the other style gains nothing; no time of it is known.
    """
    own = screen.own
    plain, other = own.of(over), own.of(style)
    if not (plain.holds and other.holds):
        return False
    saved = plain.p95_s - other.p95_s
    if saved <= error_s(plain, other):
        return False
    shorter = saved >= GAIN_S.value and saved >= GAIN_SHARE.value * plain.p95_s
    fewer = screen.audience == "mobile" and other.rounds < plain.rounds
    return shorter or fewer


def error_s(one: StyleCost, other: StyleCost) -> float:
    """How far the difference of two simulated p95 may be off."""
    return math.hypot(one.off_s, other.off_s)


@dataclass(frozen=True)
class Found:
    """What the rule looks at for an audience with screens."""

    audience: Audience
    screens: Sequence[ScreenCost]
    contract: Contract
    team: float | None
    edge_lost_per_s: float
    resource: str
    busy_before: float
    busy_after: float

    @property
    def held(self) -> list[ScreenCost]:
        """Screens of which a time is known where they are not composed."""
        return [s for s in self.screens if s.own.of("fitted").holds]

    @property
    def filled(self) -> list[ScreenCost]:
        """Screens that need a part of which more is asked than it can do."""
        return [s for s in self.screens if s not in self.held]

    @property
    def gaining(self) -> list[ScreenCost]:
        return [s for s in self.screens if gains(s)]

    @property
    def repeating(self) -> tuple[str, ...]:
        """Screens that ask something once for each item."""
        return names(s for s in self.screens if any(a.each and a.times > 1 for a in s.asks))

    @property
    def share(self) -> float:
        views = sum(s.views_per_s for s in self.screens)
        return sum(s.views_per_s for s in self.gaining) / views if views else 0.0

    @property
    def mixed(self) -> list[str]:
        """Services that its screens mix: of screens that ask more than one."""
        return sorted({name for s in self.screens if len(s.services) > 1 for name in s.services})

    @property
    def too_busy(self) -> bool:
        """Whether composing behind the edge would take more than the design can carry."""
        return self.busy_after > max(BUSY_MAX.value, self.busy_before)

    def people(self, least: float) -> str:
        """Why the team is not enough."""
        if self.team is None:
            return f"the model names no team (team.size); {trim(least)} engineers are asked for"
        return f"{trim(self.team)} engineers; {trim(least)} are asked for"

    def enough(self, least: float) -> bool:
        return self.team is not None and self.team >= least


def names(screens: Iterable[ScreenCost]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s.screen for s in screens))


def look(looking: Looking, audience: Audience, screens: Sequence[ScreenCost]) -> Found:
    """The screens of an audience, and what composing those that gain would bring past the edge, on
    top of what all screens ask."""
    flow, contract = looking.flow, looking.contract
    hits = {root.target: root.edge_hit for root in flow.roots.values()}
    extra: dict[str, float] = {}
    for screen in screens:
        if not gains(screen) and screen.own.of("bff").holds:
            continue
        for one in screen.asks:
            ref = contract.operations[one.operation].said.endpoint
            if ref and hits.get(ref):
                asked = screen.views_per_s * weight(one, "bff")
                extra[ref] = extra.get(ref, 0.0) + asked * hits[ref]
    loaded = with_more(flow, looking.extra("fitted"))
    resource, before = busiest(loaded)
    after_resource, after = (
        busiest(with_more(loaded, Extra({}, extra))) if extra else (resource, before)
    )
    team = flow.system.team.size if flow.system.team else None
    return Found(audience, screens, contract, team, sum(extra.values()), after_resource,
                  before, after)  # fmt: skip
