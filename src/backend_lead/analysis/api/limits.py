"""How the load that the design carries is divided between classes of callers and their tiers."""

from __future__ import annotations

from backend_lead.analysis.api.loads import Extra, with_more
from backend_lead.analysis.capacity import highest_load
from backend_lead.analysis.solver import solve
from backend_lead.catalog.api_policies import ROOM
from backend_lead.model.design import Capacity
from backend_lead.model.screens import Limits, TierShare
from backend_lead.views.api.parts import Contract
from backend_lead.views.flow import Flow, Source
from backend_lead.views.zones import with_zone_lost


def limits(
    flow: Flow, contract: Contract, capacity: Capacity | None, screens: Extra
) -> Limits | None:
    """The division; None where the capacity is not known or nobody but us calls.

    What screens ask beyond the journeys is ours too: with it, what is carried is found anew.
    """
    if capacity is None or capacity.max_requests_per_s <= 0:
        return None
    carried, loaded = capacity.max_requests_per_s, flow
    if screens.per_s > 0:
        loaded = with_more(flow, screens)
        carried = _carried(loaded)
    lost = min(carried, _with_a_zone_lost(loaded, carried))
    if capacity.planned_when:  # what is promised keeps the margins of planning too
        lost = min(lost, capacity.planned_per_s * carried / capacity.max_requests_per_s)
    ours = sum(rate for rate in (_rate(s) for s in flow.sources if not _foreign(contract, s)))
    all_ours = ours + screens.per_s
    asked = sum(rate for rate in (_rate(s) for s in flow.sources if _foreign(contract, s)))
    # room to grow is taken from what nobody asks for yet, not from partners' usual load
    kept = min(lost, max(all_ours, min(all_ours * ROOM.value, lost - asked)))
    free = max(0.0, lost - kept)  # a promise to partners must not end with a zone
    tiers = []
    for caller in contract.callers.values():
        for name, tier in caller.access.tiers.items():
            each = tier.limit.rate.value
            promised = tier.callers.value * each
            tiers.append(TierShare(
                caller.name, name, tier.callers.value, each, tier.limit.burst_or_second, promised,
                promised / free if free else float("inf"),
            ))  # fmt: skip
    promised = sum(t.promised_per_s for t in tiers)
    over = promised / free if free else (float("inf") if promised else 0.0)
    return Limits(carried, lost, ours, kept, free, asked, tuple(tiers), over, screens.per_s)


def _carried(flow: Flow) -> float:
    """Requests a second within every objective."""
    load = highest_load(flow)
    return solve(flow, load).requests_per_s if load else 0.0


def _with_a_zone_lost(flow: Flow, carried: float) -> float:
    """Requests a second within every objective while the worst zone is lost."""
    if flow.system.topology.zones < 2:
        return carried
    return _carried(with_zone_lost(flow))


def _rate(source: Source) -> float:
    return source.offered_per_s()


def _foreign(contract: Contract, source: Source) -> bool:
    caller = contract.callers.get(source.client)
    return caller is not None and caller.audience == "partner"
