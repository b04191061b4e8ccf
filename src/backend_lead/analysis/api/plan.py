"""Everything found about the API of a system, in one value."""

from __future__ import annotations

from backend_lead.analysis.api.limits import limits
from backend_lead.analysis.api.repeated import repeated
from backend_lead.analysis.api.screens import Looking, screen_costs
from backend_lead.analysis.api.served import served
from backend_lead.analysis.api.streams import streaming
from backend_lead.analysis.api.styles import recommended
from backend_lead.analysis.api.times import DRAWS
from backend_lead.model.design import Capacity
from backend_lead.model.screens import ApiPlan
from backend_lead.views.api.contract import contract
from backend_lead.views.flow import Flow


def api_plan(flow: Flow, seed: int, capacity: Capacity | None) -> ApiPlan | None:
    """What the API's callers and the backend pay; None where the model promises no API."""
    found = contract(flow.system)
    if found is None:
        return None
    times = served(flow, found)
    screens = screen_costs(Looking(flow, found, times, seed))
    rates = flow.root_rates()
    by_ref: dict[str, float] = {}
    for key, rate in rates.items():
        target = flow.roots[key].target
        by_ref[target] = by_ref.get(target, 0.0) + rate
    taken = list(times.taken)
    if screens:
        taken.append("the model does not say which fields a screen shows, so no style is credited "
                     "with fewer bytes")  # fmt: skip
    return ApiPlan(
        seed, DRAWS, tuple(screens), tuple(repeated(flow, found, screens)),
        tuple(recommended(flow, found, screens)), limits(flow, found, capacity),
        tuple(streaming(flow.system, found)),
        {name: (law.p50_s, law.p99_s) for name, law in times.outside.items()},
        {name: by_ref.get(op.said.endpoint or "", 0.0) for name, op in found.operations.items()
         if op.nature != "event"},
        tuple(taken),
    )  # fmt: skip
