"""Everything found about the API of a system, in one value."""

from __future__ import annotations

from collections import defaultdict

from backend_lead.analysis.api.asks import needless
from backend_lead.analysis.api.limits import limits
from backend_lead.analysis.api.repeated import beyond, repeated
from backend_lead.analysis.api.screens import Looking, planned_costs, screen_costs
from backend_lead.analysis.api.served import Served, endpoints
from backend_lead.analysis.api.sizes import answer_bytes
from backend_lead.analysis.api.streams import streaming
from backend_lead.analysis.api.styles import recommended
from backend_lead.analysis.api.times import DRAWS
from backend_lead.model.design import Capacity
from backend_lead.model.screens import ApiPlan, Recommended, ScreenCost
from backend_lead.views.api.contract import contract
from backend_lead.views.api.parts import Contract, Operation
from backend_lead.views.flow import Flow


def api_plan(flow: Flow, seed: int, capacity: Capacity | None) -> ApiPlan | None:
    """What the API's callers and the backend pay; None where the model promises no API."""
    found = contract(flow.system)
    if found is None:
        return None
    refs, taken = endpoints(flow, found)
    looking = Looking(flow, found, refs, seed)
    costs = screen_costs(looking)
    advice = recommended(looking, costs)
    screens = planned_costs(looking, costs, advice)
    planned = looking.planned(advice)
    laws = looking.laws(planned)
    sized, assumed = _sizes(flow, found)
    return ApiPlan(
        seed, DRAWS, tuple(screens), tuple(repeated(flow, refs, screens)),
        beyond(flow, refs, looking.extra("rest"), screens), tuple(advice),
        limits(flow, found, capacity, planned), tuple(streaming(flow.system, found)),
        _times(laws), asked_per_s(flow, found, screens, advice),
        (*taken, *assumed, *_said(laws, screens)),
        beyond(flow, refs, planned, screens), sized,
        tuple((name, *pair) for name, screen in found.screens.items()
              for pair in needless(found, screen)),
    )  # fmt: skip


def _times(laws: Served) -> dict[str, tuple[float, float]]:
    endless = float("inf")
    return {
        **{name: (law.p50_s, law.p99_s) for name, law in laws.outside.items()},
        **dict.fromkeys(laws.full, (endless, endless)),
    }


def _said(laws: Served, screens: list[ScreenCost]) -> list[str]:
    told = []
    if laws.load < 1.0:
        told.append(f"server times are those of {laws.load:.1%} of the stated load, which the "
                    "design does not carry")  # fmt: skip
    if screens:
        told.append("the model does not say which fields a screen shows, so no style is credited "
                    "with fewer bytes")  # fmt: skip
    return told


def _sizes(flow: Flow, found: Contract) -> tuple[dict[str, float], list[str]]:
    """Bytes of every answer, and which of them nobody states."""
    sized: dict[str, float] = {}
    whence: dict[str, list[str]] = defaultdict(list)
    for name, op in found.operations.items():
        if op.nature != "event":
            sized[name], word = answer_bytes(flow, found, op)
            whence[word].append(op.id)
    told = []
    if whence["contract"]:
        told.append("answers are as large as the contract lets them be (pages full, things as "
                    "large as their rows) where no endpoint of their own states a size: "
                    + ", ".join(whence["contract"]))  # fmt: skip
    if whence["assumed"]:
        told.append("answers whose size nothing tells are taken to have 2 kB: "
                    + ", ".join(whence["assumed"]))  # fmt: skip
    return sized, told


def asked_per_s(
    flow: Flow, found: Contract, screens: list[ScreenCost], advice: list[Recommended]
) -> dict[str, float]:
    """How often each operation is asked (1/s), the screens built as recommended.

    A client asks as often as its screens do; what its journeys ask of an endpoint beyond that falls
    to the operations that no screen of it asks, else to all by their screens. Of several with one
    endpoint, the one that is not deprecated is asked.
    """
    shown = _shown(screens, advice)
    journeys: dict[tuple[str, str], float] = defaultdict(float)
    for source in flow.sources:
        for root, share in source.mix.items():
            journeys[source.client, flow.roots[root].target] += share * source.offered_per_s()
    out: dict[str, float] = defaultdict(float)
    for (_, name), rate in shown.items():
        out[name] += rate
    for (client, ref), rate in journeys.items():
        own = [op for op in found.operations.values() if op.nature != "event"
               and op.said.endpoint == ref and client in op.clients]  # fmt: skip
        own = [op for op in own if op.said.deprecated is None] or own
        by = {op.name: shown.get((client, op.name), 0.0) for op in own}
        left = rate - sum(by.values())
        if left > 0 and own:
            _divided(out, by, left)
    return {name: out.get(name, 0.0) or _asked_inside(flow, found, op)
            for name, op in found.operations.items() if op.nature != "event"}  # fmt: skip


def _divided(out: dict[str, float], by: dict[str, float], left: float) -> None:
    unseen = [name for name, rate in by.items() if rate <= 0]
    for name, rate in by.items():
        if unseen:
            out[name] += left / len(unseen) if name in unseen else 0.0
        else:
            out[name] += left * rate / sum(by.values())


def _shown(screens: list[ScreenCost], advice: list[Recommended]) -> dict[tuple[str, str], float]:
    """Requests a second by client and operation as screens are to be built: what was asked for each
    item comes with the list, or in one batch from another service."""
    by = {one.audience: one for one in advice}
    out: dict[tuple[str, str], float] = defaultdict(float)
    for screen in screens:
        style = by[screen.audience].style_of(screen.screen)
        homes = {a.operation: a.service for a in screen.asks}
        for one in screen.asks:
            times = float(one.times)
            if one.each and style != "rest":
                times = 0.0 if homes.get(one.after) == one.service else 1.0
            out[screen.client, one.operation] += screen.views_per_s * times
    return out


def _asked_inside(flow: Flow, found: Contract, op: Operation) -> float:
    """How often an endpoint that no journey names is asked by those that journeys do (1/s)."""
    ref = op.said.endpoint
    if ref is None or any(root.target == ref for root in flow.roots.values()):
        return 0.0
    same = [o for o in found.operations.values() if o.said.endpoint == ref and o.nature != "event"]
    return flow.visits.get(ref, 0.0) / len(same)
