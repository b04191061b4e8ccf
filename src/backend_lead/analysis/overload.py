"""Load above capacity: what stands in the way, what is answered, how fast the rest piles up."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.analysis.met import met
from backend_lead.analysis.simulation import Ran
from backend_lead.analysis.solver import Use, solve
from backend_lead.model.units import rate_digits
from backend_lead.model.ways import is_way
from backend_lead.views.flow import Flow


@dataclass(frozen=True)
class Overload:
    """A run whose load has no steady state. `busy` is the share in use that `limit` would need;
    rates are requests a second over the whole run, which began with none under way."""

    limit: str
    busy: float
    answered_per_s: float
    failed_per_s: float
    growing_per_s: float
    refused_per_s: float = 0.0

    @property
    def words(self) -> str:
        """One sentence for people."""
        per_s = f" {rate_digits(self.answered_per_s)} were answered,"
        if self.refused_per_s:
            per_s += f" {rate_digits(self.refused_per_s)} were refused at the door,"
        return (
            f"above capacity: {self.limit} would be {self.busy:.0%} busy; of each second's requests"
            f"{per_s} {rate_digits(self.failed_per_s)} failed"
            f" and {rate_digits(self.growing_per_s)} more waited"
        )


def above_capacity(flow: Flow, load: float) -> str:
    """What would be full at `load` times the stated load, as autoscaling and limits at the door
    leave it; empty where all is below its capacity."""
    flow = met(flow, load)
    said = solve(flow, load)
    if said.stable:
        return ""
    return f"above capacity: {_words(said.limit, flow)} would be {said.limit.busy:.0%} busy"


def overload(ran: Ran, load: float) -> Overload | None:
    """Why a steady run at `load` times the stated load could not keep up; None if it could."""
    flow, r = met(ran.flow, load), ran.result
    said = solve(flow, load)
    if said.stable or r.reached_s <= 0:
        return None
    return Overload(
        _words(said.limit, flow), said.limit.busy, r.ok / r.reached_s,
        (r.failed + r.timed_out - r.refused) / r.reached_s, r.in_flight / r.reached_s,
        r.refused / r.reached_s,
    )  # fmt: skip


def _words(use: Use, flow: Flow) -> str:
    """What is full, for people."""
    if is_way(use.resource):
        return f"the {use.resource}, on which {use.component} sends,"
    found = flow.stations.get(use.id.removesuffix(" cores"))
    if found is None or found.scaling is None:
        return f"{use.resource} of {use.component}"
    return f"{use.resource} of all {found.replicas} instances that {use.component} may have"
