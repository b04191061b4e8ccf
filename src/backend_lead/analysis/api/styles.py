"""Which style an audience is given: a written rule over the figures of its screens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from backend_lead.analysis.api.repeated import busiest, with_more
from backend_lead.analysis.uses import BUSY_MAX
from backend_lead.catalog.api_styles import (
    FEDERATION_H,
    FEDERATION_SERVICES,
    FEDERATION_TEAM,
    GAIN_S,
    GAIN_SHARE,
    GAIN_VIEWS,
    GRAPH_H,
    GRAPH_SERVICES,
    GRAPH_TEAM,
    LAYER_H,
    OWN_LAYER_TEAM,
)
from backend_lead.catalog.network_profiles import PROFILES
from backend_lead.model.contract import Audience
from backend_lead.model.screens import Recommended, Rejected, ScreenCost, Style, StyleCost
from backend_lead.model.units import trim
from backend_lead.views.api.graph import GRAPH_AUDIENCES, graph_pays
from backend_lead.views.api.parts import Contract
from backend_lead.views.flow import Flow


def gains(screen: ScreenCost, style: Style = "bff", over: Style = "fitted") -> bool:
    """Whether a screen gains by a style over another on its client's own network: its p95 falls by
    enough, or a mobile network saves a round."""
    own = screen.own
    plain, other = own.of(over), own.of(style)
    saved = plain.p95_s - other.p95_s
    shorter = saved >= GAIN_S.value and saved >= GAIN_SHARE.value * plain.p95_s
    fewer = screen.audience == "mobile" and other.rounds < plain.rounds and saved > 0
    return shorter or fewer


@dataclass(frozen=True)
class _Found:
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
    def gaining(self) -> list[ScreenCost]:
        return [s for s in self.screens if gains(s)]

    @property
    def repeating(self) -> tuple[str, ...]:
        """Screens that ask something once for each item."""
        return _names(s for s in self.screens if any(a.each and a.times > 1 for a in s.asks))

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


def _names(screens: Iterable[ScreenCost]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s.screen for s in screens))


def recommended(flow: Flow, contract: Contract, screens: Sequence[ScreenCost]) -> list[Recommended]:
    """One for each audience of the contract."""
    out = []
    for audience in contract.audiences:
        own = [s for s in screens if s.audience == audience]
        if audience == "partner":
            out.append(_partner(contract, own))
        elif audience == "internal" and not own:
            out.append(_internal(contract))
        else:
            found = _look(flow, contract, audience, own)
            out.append(_asked(found) or _written(found, _first_party(found)))
    return out


def _asked(found: _Found) -> Recommended | None:
    """A graph where the model asks for one, whatever the figures say; None where it does not."""
    asking = [c.name for c in found.contract.callers.values()
              if c.audience == found.audience and c.access.graph]  # fmt: skip
    if not asking:
        return None
    why = f"the model asks for a graph: access of {', '.join(asking)}"
    several = len(found.contract.services) > 1
    style: Style = "federated" if several else "graph"
    hours = GRAPH_H.value + (FEDERATION_H.value if several else 0.0)
    others: tuple[Style, ...] = ("rest", "bff", "graph" if several else "federated")
    against = {"graph": "several services own what is asked for",
               "federated": _no_federation(found, 1)}  # fmt: skip
    return Recommended(
        found.audience, style, True, (why,),
        tuple(Rejected(other, against.get(other, why)) for other in others),
        _names(found.screens), (), found.share, 0.0, hours,
    )  # fmt: skip


def _written(found: _Found, told: Recommended) -> Recommended:
    """The same, told where subgraphs are written though figures speak against them."""
    if told.style in ("graph", "federated") or found.audience not in GRAPH_AUDIENCES:
        return told
    if not graph_pays(found.contract).yes:
        return told
    more = "; its subgraphs are written all the same, to compare (api/graphql)"
    rejected = tuple(
        replace(one, why=one.why + more) if one.style == "federated" else one
        for one in told.rejected
    )
    return replace(told, rejected=rejected)


def _look(
    flow: Flow, contract: Contract, audience: Audience, screens: Sequence[ScreenCost]
) -> _Found:
    """The screens of an audience, and what composing those that gain would bring past the edge."""
    hits = {root.target: root.edge_hit for root in flow.roots.values()}
    extra: dict[str, float] = {}
    for screen in screens:
        if not gains(screen):
            continue
        for one in screen.asks:
            ref = contract.operations[one.operation].said.endpoint
            if ref and hits.get(ref):
                extra[ref] = extra.get(ref, 0.0) + screen.views_per_s * one.times * hits[ref]
    resource, before = busiest(flow)
    after_resource, after = busiest(with_more(flow, extra)) if extra else (resource, before)
    team = flow.system.team.size if flow.system.team else None
    return _Found(audience, screens, contract, team, sum(extra.values()), after_resource,
                  before, after)  # fmt: skip


def _first_party(found: _Found) -> Recommended:
    n = len(found.contract.services)
    if not found.screens:
        why = (f"the model names no screen of {found.audience} clients, so nothing shows that "
               "composing would pay")  # fmt: skip
        return _plain(found, why, "no screen to compose", n)
    if not found.gaining:
        saved = _evidence(found, list(found.screens))
        least = f"{GAIN_S.value * 1e3:.0f} ms and {GAIN_SHARE.value:.0%} are asked for"
        return _plain(found, f"composing saves too little: {saved}; {least}", saved, n)
    if found.too_busy:
        why = (
            f"composing behind the edge brings {trim(found.edge_lost_per_s, 3)} requests/s more to "
            f"the services: {found.resource} would be {found.busy_after:.0%} busy"
        )
        return _plain(found, why, why, n)
    return _composed(found, n)


def _plain(found: _Found, why: str, against: str, n: int) -> Recommended:
    """REST without a composing layer; lists are fitted where screens ask once for each item."""
    style: Style = "fitted" if found.repeating else "rest"
    rejected = [Rejected("bff", against), Rejected("graph", against),
                Rejected("federated", _no_federation(found, n))]  # fmt: skip
    told = why
    if found.repeating:
        repeated = _evidence(found, [s for s in found.screens if s.screen in found.repeating],
                             "rest", "fitted")  # fmt: skip
        told = f"{repeated}; beyond that, {why}"
        rejected.insert(0, Rejected("rest", repeated))
    return Recommended(found.audience, style, False, (told,), tuple(rejected), (), found.repeating,
                       found.share)  # fmt: skip


def _composed(found: _Found, n: int) -> Recommended:
    told, names = _evidence(found, found.gaining), _names(found.gaining)
    views = found.share >= GAIN_VIEWS.value
    alone = n > 1 and views and found.enough(OWN_LAYER_TEAM.value)
    few = f"{found.share:.0%} of views would gain; {GAIN_VIEWS.value:.0%} are asked for"
    graph_no = "" if views else few
    if not graph_no and len(found.mixed) < GRAPH_SERVICES.value:
        graph_no = f"its screens mix {len(found.mixed) or 'no'} services; a graph pays from " \
                   f"{trim(GRAPH_SERVICES.value)}"  # fmt: skip
    elif not graph_no and not found.enough(GRAPH_TEAM.value):
        graph_no = found.people(GRAPH_TEAM.value)
    elif not graph_no and not _graph_gains(found):
        graph_no = "slower than a composing layer: " + _graph_words(found)
    federated_no = _no_federation(found, n) or graph_no
    style: Style = "bff"
    hours = LAYER_H.value if alone else 0.0
    rejected = [Rejected("rest", told), Rejected("graph", graph_no),
                Rejected("federated", federated_no)]  # fmt: skip
    if not graph_no:
        style, hours = "graph", GRAPH_H.value
        rejected[1] = Rejected("bff", _graph_words(found))
        if not federated_no:
            style, hours = "federated", GRAPH_H.value + FEDERATION_H.value
            rejected[2] = Rejected(
                "graph",
                f"{n} services own entities and "
                f"{trim(found.team or 0)} engineers change them at once",
            )
    return Recommended(
        found.audience, style, alone or style != "bff", (told,), tuple(rejected),
        names, tuple(x for x in found.repeating if x not in names), found.share,
        found.edge_lost_per_s, hours,
    )  # fmt: skip


def _graph_gains(found: _Found) -> bool:
    """A graph must not be slower than a composing layer where views weigh most: by more than half
    of the least gain."""
    views = sum(s.views_per_s for s in found.gaining) or 1.0
    behind = sum(
        s.views_per_s * (s.own.of("graph").p95_s - s.own.of("bff").p95_s) for s in found.gaining
    )
    return behind / views <= GAIN_S.value / 2


def _graph_words(found: _Found) -> str:
    best = max(found.gaining, key=lambda s: s.views_per_s)
    graph, layer = best.own.of("graph"), best.own.of("bff")
    return (
        f"{best.screen}: p95 {graph.p95_s * 1e3:,.0f} ms and {graph.inside} requests inside with a "
        f"graph, {layer.p95_s * 1e3:,.0f} ms and {layer.inside} with a composing layer"
    )


def _no_federation(found: _Found, n: int) -> str:
    """Why federation is premature; empty where it is not."""
    if n == 1:
        return f"one service, {found.contract.services[0]}, owns everything: there is nothing to " \
               "federate"  # fmt: skip
    if n < FEDERATION_SERVICES.value:
        return f"{n} services own entities; {trim(FEDERATION_SERVICES.value)} are asked for"
    if not found.enough(FEDERATION_TEAM.value):
        return found.people(FEDERATION_TEAM.value)
    return ""


def _evidence(
    found: _Found, among: Sequence[ScreenCost], before: Style = "fitted", after: Style = "bff"
) -> str:
    """The screen on which most is saved, weighed by its views, in figures."""
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


def _partner(contract: Contract, screens: Sequence[ScreenCost]) -> Recommended:
    own = contract.of_audience("partner")
    events = [op for op in own if op.nature == "event"]
    asked = len(own) - len(events)
    hooks = f" and {len(events)} webhook{'s' if len(events) > 1 else ''}" if events else ""
    tiers = [t for c in contract.callers.values() if c.audience == "partner"
             for t in c.access.tiers]  # fmt: skip
    sold = f"{len(tiers)} tiers count requests" if tiers else "a limit counts requests"
    composing = "no screen of ours to compose"
    own_words = f"{asked} operation{'s' if asked != 1 else ''}"
    if screens:
        best = max(screens, key=lambda s: s.own.of("rest").p95_s - s.own.of("bff").p95_s)
        saved = best.own.of("rest").p95_s - best.own.of("bff").p95_s
        composing = (
            f"partners build {best.screen} themselves, on {PROFILES[best.own.network].title}: one "
            f"call would save {max(0.0, saved) * 1e3:,.0f} ms at p95, and every partner shows "
            "something else"
        )
    return Recommended(
        "partner", "rest", False,
        (f"{own_words}{hooks}, which partners build their own screens from",),
        (Rejected("bff", composing),
         Rejected("graph", f"{sold}; a free query has no fixed price, and the {own_words} "
                           f"already ha{'s' if asked == 1 else 've'} one"),
         Rejected("federated", "the reasons against a graph, and a router in front of partners")),
    )  # fmt: skip


def _internal(contract: Contract) -> Recommended:
    n = len(contract.services)
    own = [op for op in contract.of_audience("internal") if op.nature != "event"]
    if n == 1:
        why = f"one service, {contract.services[0]}: calls inside it need no protocol"
        return Recommended("internal", "rest", False, (why,), (
            Rejected("rpc", "no second service to call it"), Rejected("graph", why),
            Rejected("federated", why)))  # fmt: skip
    return Recommended(
        "internal", "rpc", False,
        (f"{n} services of ours call {len(own)} operations: generated clients on both sides, "
         "checked by the compiler",),
        (Rejected("rest", "hand-written clients between services that we release together"),
         Rejected("graph", "services ask for what they need by name; none composes a screen"),
         Rejected("federated", "the same")),
    )  # fmt: skip
