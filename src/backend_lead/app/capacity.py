"""capacity: how far a model goes, what limits it in which order, and what moves the first limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend_lead.analysis import capacity as analysis
from backend_lead.app.capacity_runs import AtLoad, at_loads
from backend_lead.model.design import Bottleneck, Capacity
from backend_lead.model.system import System
from backend_lead.search.assess import assess
from backend_lead.search.sizing import size_and_assess
from backend_lead.search.state import GROWTH
from backend_lead.tactics import tactics
from backend_lead.views.flow import Flow

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
            after = size_and_assess(applied.system, applied.knobs, goal)
            reached = analysis.capacity(after.flow)
            limit = reached.bottlenecks[0]
            yield Way(
                tactic.id, site, tactic.heading(site),
                reached.max_users if _users(after.flow) else 0.0, reached.max_requests_per_s,
                after.cost.usd_month, limit.resource, limit.at_requests_per_s,
                reached.max_requests_per_s / max(now.max_requests_per_s, 1e-9),
            )  # fmt: skip
