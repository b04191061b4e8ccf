"""The rules of sources, of what follows a request, and of faults."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .bounds import (
    FACTOR_MAX,
    MEAN_NS_MAX,
    OFTEN_MIN,
    RATE_PER_NS_MIN,
    SHARES_TOLERANCE,
    SLOW_MAX,
    THINKING_MAX,
    TIME_MAX,
    at_rest,
    usual,
)

if TYPE_CHECKING:
    from .program import Program


SOURCE_RUNNING = (
    "current", "in_flight", "serial", "turning", "idle", "in_phase", "phase_ends",
)  # fmt: skip


def find_wrong_sources(p: Program) -> Iterator[str]:
    """Give what is wrong with sources, follow-ups and faults, one sentence each."""
    yield from _sources(p)
    yield from _follow_ups(p)
    yield from _faults(p)


def _sources(p: Program) -> Iterator[str]:
    yield from at_rest("source", p.source, SOURCE_RUNNING, ())
    for row in np.flatnonzero(
        ~((p.phase["factor"] >= 0) & (p.phase["factor"] <= FACTOR_MAX))
    ).tolist():
        yield f"phase[{row}].factor: must be within 0..{FACTOR_MAX:g}"
    for row in np.flatnonzero(
        ~((p.phase["mean"] >= OFTEN_MIN) & (p.phase["mean"] <= MEAN_NS_MAX))
    ).tolist():
        yield f"phase[{row}].mean: must be within {OFTEN_MIN}..{MEAN_NS_MAX:g} ns"
    for row, s in enumerate(p.source):
        segments = p.segment[s["segment"] : s["segment"] + s["segments"]]
        if segments["start"][0] != 0 or (np.diff(segments["start"]) <= 0).any():
            yield f"source[{row}]: segments must start at 0 and then later and later"
        yield from _mix(p, row, s)
        if s["phases"] and s["closed"] != lay.OPEN:
            yield f"source[{row}].phases: only open arrivals have phases"
        if s["closed"] in (lay.REPLAY, lay.EVERY):
            yield from _timed(p, row, s)
            continue
        if not lay.OPEN <= s["closed"] <= lay.BEATS:
            yield f"source[{row}].closed: {s['closed']} is no kind of source"
            continue
        if s["closed"] and not (s["think"] > 0 and s["users"] >= 0):
            yield f"source[{row}]: a closed source needs think above 0 and users of at least 0"
            continue
        with np.errstate(all="ignore"):
            rates = segments["factor"] * (s["users"] / s["think"] if s["closed"] else s["rate"])
            if s["phases"]:
                factors = p.phase["factor"][s["phase"] : s["phase"] + s["phases"]]
                rates = np.outer(rates, factors)
        if not (np.isfinite(rates) & ((rates == 0) | (rates >= RATE_PER_NS_MIN))).all():
            yield f"source[{row}]: rates must be 0 or at least {RATE_PER_NS_MIN:g} per ns"


def _timed(p: Program, row: int, s: np.void) -> Iterator[str]:
    """Requests at recorded times, or one at each interval."""
    if s["segments"] != 1 or p.segment["factor"][s["segment"]] != 1:
        yield f"source[{row}]: requests at given times have one segment, of factor 1"
    if s["closed"] == lay.EVERY:
        if not OFTEN_MIN <= s["think"] <= TIME_MAX:
            yield f"source[{row}].think: must be within {OFTEN_MIN}..{TIME_MAX} ns"
        return
    times = p.arrival[s["first"] : s["first"] + s["n"]]
    if len(times) and (times[0] < 0 or times[-1] > TIME_MAX or (np.diff(times) < 0).any()):
        yield f"source[{row}]: recorded times must ascend, within 0..{TIME_MAX} ns"


def _mix(p: Program, row: int, s: np.void) -> Iterator[str]:
    upto = p.mix["upto"][s["mix"] : s["mix"] + s["n_mix"]]
    if upto[0] < 0 or (np.diff(upto) < 0).any() or not math.isclose(upto[-1], 1.0):
        yield f"source[{row}]: mix must be cumulative shares up to 1"
    for root in p.mix["root"][s["mix"] : s["mix"] + s["n_mix"]].tolist():
        yield from _root(p, f"source[{row}]", root)


def _root(p: Program, where: str, root: int) -> Iterator[str]:
    home = p.service[p.endpoint["service"][root]]
    if home["limited"] or home["groups"] != 1 or home["per_group"] != 1:
        yield f"{where}: root {root} must live on an unlimited service of one replica"


def _follow_ups(p: Program) -> Iterator[str]:
    """Shares of those who go on are at most 1, and no session goes round in no time."""
    for row, e in enumerate(p.endpoint):
        if not 0 <= e["leaves"] <= 1:
            yield f"endpoint[{row}].leaves: {e['leaves']} must be within 0..1"
        upto = p.follow["upto"][e["follow"] : e["follow"] + e["follows"]]
        good = (upto > 0).all() and (upto <= 1 + SHARES_TOLERANCE).all()
        if not good or (np.diff(upto) < 0).any():
            yield f"endpoint[{row}].follow: must be cumulative shares above 0, up to 1 at most"
    for row, f in enumerate(p.follow):
        yield from _root(p, f"follow[{row}]", int(f["root"]))
        if not usual(p.dist[f["think"]]) >= OFTEN_MIN:
            yield f"follow[{row}].think: must be at least {OFTEN_MIN} ns on average"
    yield from _starts(p)


def _starts(p: Program) -> Iterator[str]:
    """Who is in a session at time 0 could have come there from its source's requests."""
    n = p.start["n"].astype(float)  # whatever is said, the sum does not wrap
    if (n < 0).any() or n.sum() > THINKING_MAX:
        yield f"start.n: users must be within 0..{THINKING_MAX} in all"
    for row, s in enumerate(p.start):
        if s["follow"] not in _followed(p, int(s["source"])):
            yield f"start[{row}].follow: {s['follow']} follows no request of source {s['source']}"


def _followed(p: Program, source: int) -> set[int]:
    """Follow rows that users of the source can come to; none for reconnects and heartbeats."""
    s = p.source[source]
    if source in p.link["source"] or s["closed"] == lay.BEATS:
        return set()
    todo = p.mix["root"][s["mix"] : s["mix"] + s["n_mix"]].tolist()
    roots: set[int] = set(todo)
    rows: set[int] = set()
    while todo:
        e = p.endpoint[todo.pop()]
        mine = range(int(e["follow"]), int(e["follow"]) + int(e["follows"]))
        rows.update(mine)
        new = {int(p.follow["root"][row]) for row in mine} - roots
        roots |= new
        todo.extend(new)
    return rows


def _faults(p: Program) -> Iterator[str]:
    if len(p.fault) and (p.fault["at"][0] < 0 or (np.diff(p.fault["at"]) < 0).any()):
        yield "fault: must be sorted by time, from 0 on"
    for row, f in enumerate(p.fault):
        if not lay.FAULT_DOWN <= f["action"] <= lay.FAULT_BEHIND:
            yield f"fault[{row}].action: {f['action']} is no fault"
        if f["action"] == lay.FAULT_DOWN and f["x"] not in (0, 1):
            yield f"fault[{row}].x: {f['x']} must be 0 (refuses) or 1 (silent)"
        if f["action"] == lay.FAULT_DRAIN and not 0 <= f["x"] <= MEAN_NS_MAX:
            yield f"fault[{row}].x: {f['x']} must be within 0..{MEAN_NS_MAX:g} ns"
        if f["action"] == lay.FAULT_SLOW and not 0 <= f["x"] <= SLOW_MAX:
            yield f"fault[{row}].x: {f['x']} must be within 0..{SLOW_MAX:g}"
        yield from _new_state(p, row, f)
    yield from _lags(p)


def _new_state(p: Program, row: int, f: np.void) -> Iterator[str]:
    """What is said of a replica, a controller, a hop or a log is something that it can be."""
    action, x = int(f["action"]), float(f["x"])
    if action == lay.FAULT_ERRORS and not 0 <= x <= 1:
        yield f"fault[{row}].x: {x} must be within 0..1"
    if action == lay.FAULT_FREEZE:
        replica = p.replica[f["replica"]]
        if not 0 <= x <= MEAN_NS_MAX:
            yield f"fault[{row}].x: {x} must be within 0..{MEAN_NS_MAX:g} ns"
        if replica["host"] != lay.NONE or not p.service["limited"][replica["service"]]:
            yield f"fault[{row}]: only replicas of limited services without a host can freeze"
    if action == lay.FAULT_LEAST:
        most = p.service["per_group"][p.controller["service"][f["row"]]]
        if not 0 <= x <= most:
            yield f"fault[{row}].x: {x} must be within 0..{most}"
    if action == lay.FAULT_CUT and x not in (0, 1):
        yield f"fault[{row}].x: {x} must be 0 or 1"
    if action == lay.FAULT_LOSS and not 0 <= x < 1:
        yield f"fault[{row}].x: {x} must be within 0..1, below 1"
    if action == lay.FAULT_BEHIND and not 0 <= x <= TIME_MAX:
        yield f"fault[{row}].x: {x} must be within 0..{TIME_MAX} ns"


def _lags(p: Program) -> Iterator[str]:
    """No round trip becomes negative, or longer than a year."""
    rtt = p.hop["rtt"].tolist()
    for row in np.flatnonzero(p.fault["action"] == lay.FAULT_LAG).tolist():
        hop, x = int(p.fault["row"][row]), float(p.fault["x"][row])
        rtt[hop] += int(x) if abs(x) <= TIME_MAX else TIME_MAX + 1
        if not 0 <= rtt[hop] <= TIME_MAX:
            yield f"fault[{row}].x: takes the round trip of hop {hop} out of 0..{TIME_MAX} ns"
            return
