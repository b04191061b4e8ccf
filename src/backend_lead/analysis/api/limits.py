"""How the load that the design carries is divided between classes of callers and their tiers."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.model.design import Capacity
from backend_lead.model.screens import Limits, TierShare
from backend_lead.views.api.parts import Contract
from backend_lead.views.flow import Flow, Source

ROOM = Fact(
    "first-party-room", "load kept for our own clients, over their stated peak", 1.25, 1.1, 2.0,
    "factor", "assumed", "a campaign or a release must not wait for partners to be slowed down",
)  # fmt: skip
TOGETHER = Fact(
    "together", "share of what tiers promise that is asked for at one time", 0.3, 0.1, 1.0, "ratio",
    "assumed", "partners' nightly jobs begin at round hours, but not all; measure it",
)  # fmt: skip


def limits(flow: Flow, contract: Contract, capacity: Capacity | None) -> Limits | None:
    """The division; None where the capacity is not known or nobody but us calls."""
    if capacity is None or capacity.max_requests_per_s <= 0:
        return None
    carried = capacity.max_requests_per_s
    ours = sum(rate for rate in (_rate(s) for s in flow.sources if not _foreign(contract, s)))
    asked = sum(rate for rate in (_rate(s) for s in flow.sources if _foreign(contract, s)))
    kept = min(carried, ours * ROOM.value)
    free = max(0.0, carried - kept)
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
    return Limits(carried, ours, kept, free, asked, tuple(tiers),
                  promised / free if free else (float("inf") if promised else 0.0))  # fmt: skip


def _rate(source: Source) -> float:
    return source.offered_per_s()


def _foreign(contract: Contract, source: Source) -> bool:
    caller = contract.callers.get(source.client)
    return caller is not None and caller.audience == "partner"
