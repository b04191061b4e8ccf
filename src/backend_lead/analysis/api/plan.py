"""Everything found about the API of a system, in one value."""

from __future__ import annotations

from backend_lead.analysis.api.limits import limits
from backend_lead.analysis.api.repeated import beyond, repeated
from backend_lead.analysis.api.screens import Looking, screen_costs
from backend_lead.analysis.api.served import served
from backend_lead.analysis.api.streams import streaming
from backend_lead.analysis.api.styles import recommended
from backend_lead.analysis.api.times import DRAWS
from backend_lead.model.design import Capacity
from backend_lead.model.screens import ApiPlan
from backend_lead.views.api.contract import contract
from backend_lead.views.api.parts import Contract, Operation
from backend_lead.views.flow import Flow


def api_plan(flow: Flow, seed: int, capacity: Capacity | None) -> ApiPlan | None:
    """What the API's callers and the backend pay; None where the model promises no API."""
    found = contract(flow.system)
    if found is None:
        return None
    times = served(flow, found)
    screens = screen_costs(Looking(flow, found, times, seed))
    taken = list(times.taken)
    if screens:
        taken.append("the model does not say which fields a screen shows, so no style is credited "
                     "with fewer bytes")  # fmt: skip
    rates = asked_per_s(flow, found)
    return ApiPlan(
        seed, DRAWS, tuple(screens), tuple(repeated(flow, found, screens)),
        beyond(flow, found, screens, rates), tuple(recommended(flow, found, screens)),
        limits(flow, found, capacity), tuple(streaming(flow.system, found)),
        {name: (law.p50_s, law.p99_s) for name, law in times.outside.items()},
        rates,
        tuple(taken),
    )  # fmt: skip


def asked_per_s(flow: Flow, found: Contract) -> dict[str, float]:
    """How often the journeys ask for each operation (1/s), from those who may call it.

    Of several with one endpoint, the one that is not deprecated is asked.
    """
    out: dict[str, float] = {}
    for source in flow.sources:
        for root, share in source.mix.items():
            ref, rate = flow.roots[root].target, share * source.offered_per_s()
            own = [op for op in found.operations.values()
                   if op.said.endpoint == ref and source.client in op.clients]  # fmt: skip
            own = [op for op in own if op.said.deprecated is None] or own
            for op in own:
                out[op.name] = out.get(op.name, 0.0) + rate / len(own)
    return {name: out.get(name, 0.0) or _asked_inside(flow, found, op)
            for name, op in found.operations.items() if op.nature != "event"}  # fmt: skip


def _asked_inside(flow: Flow, found: Contract, op: Operation) -> float:
    """How often an endpoint that no journey names is asked by those that journeys do (1/s)."""
    ref = op.said.endpoint
    if ref is None or any(root.target == ref for root in flow.roots.values()):
        return 0.0
    same = [o for o in found.operations.values() if o.said.endpoint == ref and o.nature != "event"]
    return flow.visits.get(ref, 0.0) / len(same)
