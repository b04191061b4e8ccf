"""capacity: how far a model goes, what limits it in which order, and what moves the first limit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend_lead.analysis import capacity as analysis
from backend_lead.analysis.cost import cost
from backend_lead.analysis.uses import connection_uses, pressure
from backend_lead.app.capacity_runs import AtLoad, at_loads
from backend_lead.app.progress import INTERRUPTED, Progress
from backend_lead.model.design import Bottleneck, Capacity
from backend_lead.model.system import System
from backend_lead.search.assess import assess
from backend_lead.search.climb import NEAR
from backend_lead.search.relevant import is_large, near
from backend_lead.search.sizing import size_and_assess
from backend_lead.search.state import GROWTH
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Applied, Tactic, copy
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from backend_lead.views.zones import lone_stations

# Tries x components, the most, so that a thousand components are answered within a minute.
# Measured on one core: 47 s for 1,000 components, 331 s for 10,000 with three tries, the fewest.
WORK = 8_000
TRIES_LEAST, TRIES_MOST = 3, 24  # of a large model
GAIN_MIN = 1.02  # less is within what the bisection and the solver's samples leave open


@dataclass(frozen=True)
class SizedStep:
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


class Stopped(Exception):
    """The user ended it before the first step was tried.

    `known` is what the highest load lies between; `per_s` the rate of the stated load, None where
    the model was not resolved yet.
    """

    def __init__(self, known: analysis.Bracket, per_s: float | None) -> None:
        super().__init__("stopped before the first step was tried")
        self.known, self.per_s = known, per_s


@dataclass(frozen=True)
class Outlook:
    """How far a model goes. `steps` move the first limit, the farthest first; `idle` do not.

    `untried` are the steps of a large model that were left out, as far from what is full first or
    beyond the work that is spent; `stopped` tells that the user ended it before the last try.

    `bottlenecks` tell when a resource is full; objectives are missed before that, as `capacity`
    tells. Every number is computed, but for what kept runs have seen among `loads`.
    """

    users: float
    requests_per_s: float
    usd_month: float
    with_zone_lost: float
    capacity: Capacity
    steps: list[SizedStep]
    idle: list[str]
    loads: list[AtLoad]
    untried: int = 0
    stopped: bool = False
    lone: tuple[str, ...] = ()  # stations that are gone with their zone, and are needed

    @property
    def carries(self) -> bool:
        """Whether the stated load is carried within the objectives."""
        return self.capacity.margin >= 0

    @property
    def exit_code(self) -> int:
        """1: the stated load is not carried; 130: the user ended it before the last try."""
        if self.stopped:
            return INTERRUPTED
        return 0 if self.carries else 1

    @property
    def first(self) -> Bottleneck:
        return self.capacity.bottlenecks[0]


def capacity(
    system: System, folder: Path | None = None, progress: Progress | None = None
) -> Outlook:
    """Follow a model to its limit, and try the tactics that apply to it beyond.

    Every one of them in a small model; in a large one those at what is full first, and near it.
    Runs of exactly this model kept in `folder`/evidence stand beside what is computed. Ctrl-C
    while tactics are tried ends with those that were; before that it raises Stopped.
    """
    progress = progress or Progress()
    known, per_s = analysis.Bracket(), None
    progress.stage("looking for the highest load")
    try:
        found = assess(system)
        per_s = found.flow.requests_per_s
        top = analysis.highest_load(found.flow, known, _told(progress, "highest load"))
        known.carried = known.beyond = top
        progress.stage("following the p99 up to it")
        reached = analysis.capacity(found.flow, top=top, done=_told(progress, "loads"))
        loads = at_loads(found.flow, max(0.0, 1.0 + reached.margin), folder)
    except KeyboardInterrupt:
        raise Stopped(known, per_s) from None
    goal = GROWTH.value * max(1.0, 1.0 + reached.margin)
    moves, untried = _moves(found.flow, reached)
    progress.stage(f"trying {len(moves)} steps beyond it")
    every: list[SizedStep] = []
    try:
        for tactic, site in moves:
            progress.check()
            every.append(_sized(system, tactic, site, reached, goal))
            progress.share("steps", len(every) / len(moves))
    except KeyboardInterrupt:
        untried += len(moves) - len(every)
    steps = [step for step in every if step.gain >= GAIN_MIN]
    steps.sort(key=lambda x: (-x.max_requests_per_s, x.usd_month, x.tactic, x.site))
    lone = tuple(lone_stations(found.flow))
    return Outlook(
        _users(found.flow), found.flow.requests_per_s, found.cost.usd_month,
        0.0 if lone else found.capacity,
        reached, steps,
        [step.title for step in every if step.gain < GAIN_MIN], loads, untried,
        len(every) < len(moves), lone,
    )  # fmt: skip


def _told(progress: Progress, name: str) -> Callable[[float], None]:
    """Tells the share of some work that is done, and asks whether to go on."""

    def tell(done: float) -> None:
        progress.check()
        progress.share(name, done)

    return tell


def _users(flow: Flow) -> float:
    return sum(source.users for source in flow.sources)


def _moves(flow: Flow, now: Capacity) -> tuple[list[tuple[Tactic, str]], int]:
    """The tactics to try with their sites, and how many were left out.

    In a large model those come first that are at what is full first or ask it, then those of the
    whole system; a part far from all of these is tried only where a latency is the limit.
    """
    system = flow.system
    every = [(tactic, site) for tactic in tactics().values() for site in tactic.sites(system)]
    if not is_large(system):
        return every, 0
    ranks: dict[str, int] = {}
    for b in now.bottlenecks:
        ranks.setdefault(b.component, len(ranks))
        for name in sorted(near(flow, {b.component})):
            ranks.setdefault(name, len(ranks))
    late = now.max_requests_per_s < analysis.NEARLY * now.bottlenecks[0].at_requests_per_s
    wanted = [
        move for move in every if late or move[1] in ranks or move[1] not in system.components
    ]
    wanted.sort(key=lambda m: ranks.get(m[1], len(ranks) + (m[1] in system.components)))
    most = min(TRIES_MOST, max(TRIES_LEAST, WORK // len(system.components)))
    return wanted[:most], len(every) - len(wanted[:most])


def _sized(system: System, tactic: Tactic, site: str, now: Capacity, goal: float) -> SizedStep:
    """A tactic at a site, its knobs sized to carry `goal` times the stated load."""
    applied = tactic.apply(system, site)
    after = size_and_assess(applied.system, applied.knobs, goal).flow
    top, rate, limit = analysis.reach(after)
    if rate < now.max_requests_per_s * GAIN_MIN and site == now.bottlenecks[0].component:
        after = _stretched(applied) or after
        top, rate, limit = analysis.reach(after)
    return SizedStep(
        tactic.id, site, tactic.heading(site), _users(after) * top, rate, cost(after).usd_month,
        limit.resource, limit.at_requests_per_s, rate / max(now.max_requests_per_s, 1e-9),
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
