"""capacity: how far a model goes, what limits it in which order, and what moves the first limit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend_lead.analysis import capacity as analysis
from backend_lead.analysis.cost import cost
from backend_lead.analysis.uses import connection_uses, pressure
from backend_lead.app.capacity_runs import AtLoad, at_loads
from backend_lead.model.design import Bottleneck, Capacity
from backend_lead.model.system import System
from backend_lead.search.assess import assess
from backend_lead.search.climb import NEAR
from backend_lead.search.sizing import size_and_assess
from backend_lead.search.state import GROWTH
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Applied, copy
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

GAIN_MIN = 1.02  # less is within what the bisection and the solver's samples leave open


@dataclass(frozen=True)
class Way:
    """A tactic at a site, sized: how far the model goes with it, at what price, and then what."""

    tactic: str
    site: str
    title: str
    max_users: float
    max_requests_per_s: float
    usd_month: float
    next_limit: str
    next_at_requests_per_s: float
    gain: float


@dataclass(frozen=True)
class Outlook:
    """How far a model goes. `ways` move the first limit, the farthest first; `idle` do not.

    `bottlenecks` tell when a resource is full; objectives are missed before that, as `capacity`
    tells. Every number is computed, but for what kept runs have seen among `loads`.
    """

    users: float
    requests_per_s: float
    usd_month: float
    with_zone_lost: float
    capacity: Capacity
    ways: list[Way]
    idle: list[str]
    loads: list[AtLoad]

    @property
    def exit_code(self) -> int:
        """1: the stated load is not carried within the objectives."""
        return 0 if self.capacity.margin >= 0 else 1

    @property
    def first(self) -> Bottleneck:
        return self.capacity.bottlenecks[0]


def capacity(system: System, folder: Path | None = None) -> Outlook:
    """Follow a model to its limit, and try every tactic that applies to it beyond.

    Runs of exactly this model kept in `folder`/evidence stand beside what is computed.
    """
    found = assess(system)
    reached = analysis.capacity(found.flow)
    goal = GROWTH.value * max(1.0, 1.0 + reached.margin)
    every = list(_ways(system, reached, goal))
    ways = [way for way in every if way.gain >= GAIN_MIN]
    ways.sort(key=lambda way: (-way.max_requests_per_s, way.usd_month, way.tactic, way.site))
    return Outlook(
        _users(found.flow), found.flow.requests_per_s, found.cost.usd_month, found.capacity,
        reached, ways, [way.title for way in every if way.gain < GAIN_MIN],
        at_loads(found.flow, max(0.0, 1.0 + reached.margin), folder),
    )  # fmt: skip


def _users(flow: Flow) -> float:
    return sum(source.users for source in flow.sources)


def _ways(system: System, now: Capacity, goal: float) -> Iterator[Way]:
    """Every tactic at every site, its knobs sized to carry `goal` times the stated load."""
    for tactic in tactics().values():
        for site in tactic.sites(system):
            applied = tactic.apply(system, site)
            after = size_and_assess(applied.system, applied.knobs, goal).flow
            reached = analysis.capacity(after)
            enough = now.max_requests_per_s * GAIN_MIN
            if reached.max_requests_per_s < enough and site == now.bottlenecks[0].component:
                after = _stretched(applied) or after
                reached = analysis.capacity(after)
            limit = reached.bottlenecks[0]
            yield Way(
                tactic.id, site, tactic.heading(site),
                reached.max_users if _users(after) else 0.0, reached.max_requests_per_s,
                cost(after).usd_month, limit.resource, limit.at_requests_per_s,
                reached.max_requests_per_s / max(now.max_requests_per_s, 1e-9),
            )  # fmt: skip


def _stretched(applied: Applied) -> Flow | None:
    """The first value of a tactic's paid knob that goes as far as its last one.

    Sizes are found for the loss of a zone, where another part may be the first limit; then the
    part that is full first with all zones up is left as it is. None where no such value is open.
    """
    paid = [knob for knob in applied.knobs if not knob.free]
    if len(paid) != 1 or len(paid[0].values) < 2:
        return None

    def at(value: Any) -> Flow:
        system = copy(applied.system)
        paid[0].set(system, value)
        return resolve(system)

    values = paid[0].values
    goal = analysis.highest_load(at(values[-1])) * NEAR
    first = bisect_left(values, goal, key=lambda value: analysis.highest_load(at(value)))
    flow = at(values[min(first, len(values) - 1)])
    fits = all(pressure(use) <= 1 for use in connection_uses(flow))
    return flow if fits else None
