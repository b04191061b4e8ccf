"""Which style an audience is given: a written rule over the figures of its screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from backend_lead.analysis.api.looked import Found, look, names
from backend_lead.analysis.api.screens import Looking
from backend_lead.analysis.api.weighing import (
    composing_hours,
    dearer,
    evidence,
    filled_words,
    repeating_words,
    weighed,
)
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
    OWN_LAYER_TEAM,
)
from backend_lead.catalog.network_profiles import PROFILES
from backend_lead.model.screens import Recommended, Rejected, ScreenCost, Style
from backend_lead.model.units import rate_text, trim
from backend_lead.views.api.graph import GRAPH_AUDIENCES, graph_pays
from backend_lead.views.api.parts import Contract


def recommended(looking: Looking, screens: Sequence[ScreenCost]) -> list[Recommended]:
    """One for each audience of the contract."""
    contract = looking.contract
    out = []
    for audience in contract.audiences:
        own = [s for s in screens if s.audience == audience]
        if audience == "partner":
            out.append(_partner(contract, own))
        elif audience == "internal" and not own:
            out.append(_internal(contract))
        else:
            found = look(looking, audience, own)
            out.append(_asked(found) or _written(found, _first_party(found)))
    return out


def _asked(found: Found) -> Recommended | None:
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
        names(found.screens), (), found.share, 0.0, hours,
    )  # fmt: skip


def _written(found: Found, told: Recommended) -> Recommended:
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


def _first_party(found: Found) -> Recommended:
    n = len(found.contract.services)
    if not found.screens:
        why = (f"the model names no screen of {found.audience} clients, so nothing shows that "
               "composing would pay")  # fmt: skip
        return _plain(found, why, "no screen to compose", n)
    if not found.held:
        told = filled_words(found)
        return _plain(found, told, told, n)
    if not found.gaining and not found.too_busy:
        saved = evidence(found, found.held)
        least = f"{GAIN_S.value * 1e3:.0f} ms and {GAIN_SHARE.value:.0%} are asked for"
        return _plain(found, f"composing saves too little: {saved}; {least}", saved, n)
    if found.too_busy:
        more = rate_text(found.edge_lost_per_s, "requests", partial(trim, digits=3))
        why = (
            f"composing behind the edge brings {more} more to the services: {found.resource} "
            f"would be {found.busy_after:.0%} busy"
        )
        return _plain(found, why, why, n)
    return _composed(found, n)


def _plain(found: Found, why: str, against: str, n: int) -> Recommended:
    """REST without a composing layer; lists are fitted where screens ask once for each item."""
    style: Style = "fitted" if found.repeating else "rest"
    federated = _no_federation(found, n) or against
    rejected = [Rejected("bff", against), Rejected("graph", against),
                Rejected("federated", federated)]  # fmt: skip
    told = why
    if found.repeating:
        repeated = repeating_words(found)
        told = f"{repeated}; beyond that, {why}"
        rejected.insert(0, Rejected("rest", repeated))
    full = (filled_words(found),) if found.filled and found.held else ()
    return Recommended(found.audience, style, False, (told, *full), tuple(rejected), (),
                       found.repeating, found.share)  # fmt: skip


def _composed(found: Found, n: int) -> Recommended:
    """Composed screens, or a graph where it takes fewer hours and is no slower."""
    told, own = evidence(found, found.gaining), names(found.gaining)
    views = found.share >= GAIN_VIEWS.value
    alone = n > 1 and views and found.enough(OWN_LAYER_TEAM.value)
    hours = composing_hours(found, n, alone)
    graph_no = _no_graph(found, views) or dearer(found, hours, "graph")
    federated_no = _no_federation(found, n) or _no_graph(found, views)
    federated_no = federated_no or dearer(found, hours, "federated")
    if not _no_federation(found, n):  # several teams do not share one schema, even where it is less
        graph_no = (f"{n} services own entities and {trim(found.team or 0)} engineers change them "
                    "at once")  # fmt: skip
    style: Style = "bff" if graph_no and federated_no else "graph"
    style = style if federated_no else "federated"
    others = {"rest": told, "bff": weighed(found, hours, "bff", style), "graph": graph_no,
              "federated": federated_no}  # fmt: skip
    why = (told, filled_words(found)) if found.filled else (told,)
    if style != "bff":
        why = (*why, weighed(found, hours, style, "bff"))
    return Recommended(
        found.audience, style, alone or style != "bff", why,
        tuple(Rejected(name, others[name]) for name in _WEIGHED if name != style),
        own, tuple(x for x in found.repeating if x not in own), found.share,
        found.edge_lost_per_s, hours[style].month,
    )  # fmt: skip


_WEIGHED: tuple[Style, ...] = ("rest", "bff", "graph", "federated")


def _no_graph(found: Found, views: bool) -> str:
    """Why a graph is out of the question; empty where it is weighed."""
    if not views:
        known = "are known to" if found.filled else "would"
        return f"{found.share:.0%} of views {known} gain; {GAIN_VIEWS.value:.0%} are asked for"
    if len(found.mixed) < GRAPH_SERVICES.value:
        return f"its screens mix {len(found.mixed) or 'no'} services; a graph pays from " \
               f"{trim(GRAPH_SERVICES.value)}"  # fmt: skip
    if not found.enough(GRAPH_TEAM.value):
        return found.people(GRAPH_TEAM.value)
    return ""


def _no_federation(found: Found, n: int) -> str:
    """Why federation is premature; empty where it is not."""
    if n == 1:
        return f"one service, {found.contract.services[0]}, owns everything: there is nothing to " \
               "federate"  # fmt: skip
    if n < FEDERATION_SERVICES.value:
        return f"{n} services own entities; {trim(FEDERATION_SERVICES.value)} are asked for"
    if not found.enough(FEDERATION_TEAM.value):
        return found.people(FEDERATION_TEAM.value)
    return ""


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
    held = [s for s in screens if s.own.of("rest").holds and s.own.of("bff").holds]
    if held:
        best = max(held, key=lambda s: s.own.of("rest").p95_s - s.own.of("bff").p95_s)
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
