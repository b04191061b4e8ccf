"""capacity: how far a model goes, what limits it in which order, and what moves the first limit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from backend_lead.analysis import capacity as analysis
from backend_lead.app.figures import thousands
from backend_lead.model.design import Bottleneck, Capacity
from backend_lead.model.system import System
from backend_lead.search.assess import assess
from backend_lead.search.sizing import size_and_assess
from backend_lead.search.state import GROWTH
from backend_lead.tactics import tactics
from backend_lead.views.flow import Flow

SCHEMA_VERSION = 1
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
    tells. Every number is computed.
    """

    users: float
    requests_per_s: float
    usd_month: float
    with_zone_lost: float
    capacity: Capacity
    ways: list[Way]
    idle: list[str]

    @property
    def exit_code(self) -> int:
        """1: the stated load is not carried within the objectives."""
        return 0 if self.capacity.margin >= 0 else 1

    @property
    def first(self) -> Bottleneck:
        return self.capacity.bottlenecks[0]


def capacity(system: System) -> Outlook:
    """Follow a model to its limit, and try every tactic that applies to it beyond."""
    found = assess(system)
    reached = analysis.capacity(found.flow)
    goal = GROWTH.value * max(1.0, 1.0 + reached.margin)
    every = list(_ways(system, reached, goal))
    ways = [way for way in every if way.gain >= GAIN_MIN]
    ways.sort(key=lambda way: (-way.max_requests_per_s, way.usd_month, way.tactic, way.site))
    return Outlook(
        _users(found.flow), found.flow.requests_per_s, found.cost.usd_month, found.capacity,
        reached, ways, [way.title for way in every if way.gain < GAIN_MIN],
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


def render_text(found: Outlook) -> str:
    """The answer on one screen."""
    reached = found.capacity
    stated = f"{thousands(found.requests_per_s)} requests/s"
    if found.users:
        stated = f"{thousands(found.users)} users ({stated})"
    holds = "carries" if found.exit_code == 0 else "does not carry"
    lines = [
        f"The model {holds} the stated {stated} within its objectives.",
        f"  Highest load   {_load(found, reached.max_users, reached.max_requests_per_s)}, "
        f"{1 + reached.margin:.2f} times the stated one; {reached.limit}",
        f"  Knee           {_knee(found)}",
        f"  With one zone lost, and the margins of planning, it carries "
        f"{'all' if found.with_zone_lost >= 1 else f'{found.with_zone_lost:.0%}'} of the stated "
        "load.",
        "", "What is full first",
    ]  # fmt: skip
    rows = [["", "resource", "full at requests/s", "busy at the stated load", "law"]]
    rows += [
        [str(b.rank), b.resource, thousands(b.at_requests_per_s), f"{b.busy_at_target:.1%}", b.why]
        for b in reached.bottlenecks
    ]
    lines += [*columns(rows), "", f"What moves the limit ({found.first.resource}), "
              f"now {thousands(found.usd_month)} USD/month"]  # fmt: skip
    ways = [["tactic", "requests/s", "times", "USD/month", "next limit"]]
    ways += [
        [w.title, thousands(w.max_requests_per_s), f"{w.gain:.2f}", thousands(w.usd_month),
         f"{w.next_limit}, full at {thousands(w.next_at_requests_per_s)} requests/s"]
        for w in found.ways
    ]  # fmt: skip
    lines += columns(ways) if found.ways else ["  no tactic by itself: several limits are near"]
    if found.idle:
        lines += ["", "By themselves these do not move it: " + "; ".join(found.idle) + "."]
    return "\n".join(lines)


def _load(found: Outlook, users: float, rate: float) -> str:
    told = f"{thousands(rate)} requests/s"
    return f"{thousands(users)} users, {told}" if found.users else told


def _knee(found: Outlook) -> str:
    reached = found.capacity
    if not reached.has_knee:
        return "none before the highest load: p99 stays below twice that of an idle system"
    share = reached.knee_users / reached.max_users
    told = _load(found, reached.knee_users, reached.max_requests_per_s * share)
    return f"about {told}: p99 is twice that of an idle system"


def columns(rows: list[list[str]]) -> list[str]:
    """Rows padded to their widest cells; the last one is left ragged."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [("  " + "  ".join(c.ljust(w) for c, w in zip(row, widths))).rstrip() for row in rows]


def render_json(found: Outlook) -> str:
    """The same for programs, with sorted keys."""
    reached = found.capacity
    content = {
        "schema_version": SCHEMA_VERSION,
        "origin": "computed",
        "exit_code": found.exit_code,
        "stated": {"users": found.users, "requests_per_s": found.requests_per_s,
                   "usd_month": found.usd_month},
        "highest": {"users": reached.max_users if found.users else None,
                    "requests_per_s": reached.max_requests_per_s,
                    "times_stated": 1 + reached.margin, "limit": reached.limit},
        "knee": {"load": reached.knee_users, "unit": "users" if found.users else "requests/s",
                 "before_highest": reached.has_knee},
        "with_zone_lost_times_stated": found.with_zone_lost,
        "bottlenecks": [asdict(b) for b in reached.bottlenecks],
        "ways": [asdict(way) for way in found.ways],
        "without_effect": found.idle,
    }  # fmt: skip
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
