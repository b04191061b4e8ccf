"""How far a model goes as text for people and as JSON for programs; pure functions."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from backend_lead.analysis.idle import ALREADY
from backend_lead.app.capacity import Outlook, Stopped
from backend_lead.app.figures import thousands, time_text
from backend_lead.intake.backend_yaml.words import listed
from backend_lead.model.units import counted, rate_text, trim

SCHEMA_VERSION = 1
SHOWN = 12  # steps, and names of what does not move the limit, the most on one screen
SURE_DIGITS = 9  # of what linear algebra had a part in, which differs a little from one processor
# to the other


def render_text(found: Outlook) -> str:
    """The answer on one screen."""
    reached = found.capacity
    stated = rate_text(found.requests_per_s, "requests", thousands)
    if found.users:
        stated = f"{counted(thousands(found.users), 'user')} ({stated})"
    holds = "carries" if found.carries else "does not carry"
    lines = [
        f"The model {holds} the stated {stated} within its objectives.",
        f"  Highest load   {_load(found, reached.max_users, reached.max_requests_per_s)}, "
        f"{times_text(1 + reached.margin)} times the stated one; {reached.limit}",
        f"  Knee           {_knee(found)}",
        f"  {_with_zone_lost(found)}",
        "", "What is full first",
    ]  # fmt: skip
    rows = [["", "resource", "full at requests/s", "busy at the stated load", "law"]]
    rows += [
        [str(b.rank), b.resource, thousands(b.at_requests_per_s), f"{b.busy_at_target:.1%}", b.why]
        for b in reached.bottlenecks
    ]
    lines += [*columns(rows), "", "How slow at which load", *_loads(found)]
    idle = reached.limit.startswith(ALREADY)
    first = "latency without load" if idle else found.first.resource
    lines += ["", f"What moves the limit ({first}), now {thousands(found.usd_month)} USD/month"]
    rows = [["tactic", "requests/s", "times", "USD/month", "next limit"]]
    rows += [
        [s.title, thousands(s.max_requests_per_s), f"{s.gain:.2f}", thousands(s.usd_month),
         f"{s.next_limit}, full at {rate_text(s.next_at_requests_per_s, 'requests', thousands)}"]
        for s in found.steps[:SHOWN]
    ]  # fmt: skip
    none = "no tactic by itself: several limits are near"
    if idle:
        none = "no tactic: what is late without load is mended where it takes its time"
    lines += columns(rows) if found.steps else [f"  {none}"]
    if len(found.steps) > SHOWN:
        lines.append(f"  and {counted(str(len(found.steps) - SHOWN), 'step')} more")
    if found.idle:
        more = len(found.idle) - SHOWN
        named = [*found.idle[:SHOWN], *([f"and {more} more"] if more > 0 else [])]
        lines += ["", "By themselves these do not move it: " + "; ".join(named) + "."]
    if found.untried:
        why = "it was stopped" if found.stopped else "far from what is full first, or too many"
        lines += ["", f"Not tried: {counted(str(found.untried), 'step')} ({why})."]
    told = "computed by the solver; simulated times are of kept runs of exactly this model"
    if not any(row.run for row in found.loads):
        told = ("computed by the solver; no run of exactly this model is kept here, "
                "backend-lead simulate makes one")  # fmt: skip
    lines += ["", f"Origin: {told}."]
    return "\n".join(lines)


def _with_zone_lost(found: Outlook) -> str:
    if found.lone:
        return (f"With one zone lost not all goes on: {listed(found.lone, 8)} "
                f"{'is' if len(found.lone) == 1 else 'are each'} in one zone alone")  # fmt: skip
    share = "all" if found.with_zone_lost >= 1 else f"{found.with_zone_lost:.0%}"
    return (
        f"With one zone lost, and the margins of planning, it carries {share} of the stated load."
    )


def _loads(found: Outlook) -> list[str]:
    rows = [["load", "requests/s", "p99 computed", "p99 simulated", "run"]]
    for row in found.loads:
        seen = "-"
        if row.run:
            seen = _time(row.simulated_s) if row.complete else "ended early"
        if row.low_s is not None and row.high_s is not None and row.complete:
            seen += f" ({_time(row.low_s)} to {_time(row.high_s)})"
        rows.append([f"{trim(row.load, 3)}x", thousands(row.requests_per_s), _time(row.computed_s),
                     seen, row.run])  # fmt: skip
    return columns(rows)


def _time(value: float | None) -> str:
    return "no answer" if value is None else time_text(value)


def _load(found: Outlook, users: float, rate: float) -> str:
    told = rate_text(rate, "requests", thousands)
    return f"{counted(thousands(users), 'user')}, {told}" if found.users else told


def _knee(found: Outlook) -> str:
    reached = found.capacity
    if reached.max_requests_per_s <= 0:
        return "none: no load is within the objectives"
    if not reached.has_knee:
        return "none before the highest load: p99 stays below twice that of an idle system"
    share = reached.knee_users / reached.max_users
    told = _load(found, reached.knee_users, reached.max_requests_per_s * share)
    return f"about {told}: p99 is twice that of an idle system"


def times_text(times: float) -> str:
    """A multiple of the stated load; below a tenth of it two digits that count."""
    return f"{times:.2f}" if times >= 0.1 or times <= 0 else trim(times, 2)


def columns(rows: list[list[str]]) -> list[str]:
    """Rows padded to their widest cells; the last one is left ragged."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [("  " + "  ".join(c.ljust(w) for c, w in zip(row, widths))).rstrip() for row in rows]


def stopped_text(end: Stopped) -> str:
    """What is known of the highest load where it was not followed to its end."""
    known, per_s = end.known, end.per_s
    if per_s is None or not known.looked:
        return "stopped before any load was looked at"
    carried, beyond = (
        f"{rate_text(load * per_s, 'requests', thousands)}, {times_text(load)} times the stated "
        "load," if math.isfinite(load) else ""
        for load in (known.carried, known.beyond)
    )  # fmt: skip
    if known.carried == known.beyond:
        return f"stopped: {carried} is the highest; what is full first was not looked at"
    if not known.carried:
        return f"stopped: {beyond} is not carried; less was not looked at"
    more = f"{beyond} is not" if beyond else "more was not looked at"
    return f"stopped: {carried} is carried; {more}"


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
        "loads": [asdict(row) for row in found.loads],
        "curve": [asdict(point) for point in reached.points],
        "bottlenecks": [asdict(b) for b in reached.bottlenecks],
        "ways": [asdict(step) for step in found.steps],
        "without_effect": found.idle,
        "not_tried": found.untried,
        "stopped": found.stopped,
    }  # fmt: skip
    return json.dumps(_sure(content), indent=2, sort_keys=True, ensure_ascii=False,
                      allow_nan=False)  # fmt: skip


def _sure(told: Any) -> Any:
    """Numbers with SURE_DIGITS, as every processor has them."""
    if isinstance(told, dict):
        return {key: _sure(value) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return [_sure(value) for value in told]
    return float(f"{told:.{SURE_DIGITS}g}") if isinstance(told, float) else told
