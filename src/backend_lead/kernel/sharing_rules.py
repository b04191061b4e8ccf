"""The rules of hosts, networks, joins, hedges, orders of queues, and the faults upon them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .layout import NONE

if TYPE_CHECKING:
    from .program import Program

STRETCH_MAX = 1e3  # of a CPU time by what is in progress beside it
FREEZE_NS_MAX = 1e14
LAG_NS_MAX = 1e14
HEDGE_NS_MAX = 2**55
SPEED_MIN = 1e-6


def largest_stretch(p: Program) -> float:
    """By how much a CPU time may grow at most, as no more than all workers are busy."""
    s = p.service[p.service["stretched"] != 0]
    n = s["workers"].astype(float)
    factors = 1 + s["contention"] * (n - 1) + s["coherency"] * n * (n - 1)
    return float(factors.max(initial=1.0))


def find_missharing(
    p: Program, calls_of: Callable[[Program, int], set[int]], callee: Callable[[Program, int], int]
) -> Iterator[str]:
    """Give what is wrong with these tables and columns, one sentence each."""
    yield from _hosts(p)
    yield from _queues(p)
    yield from _networks(p, calls_of, callee)
    yield from _attempts(p)
    yield from _faults(p)


def _hosts(p: Program) -> Iterator[str]:
    for row, h in enumerate(p.host):
        first, n = int(h["speed"]), int(h["n"])
        if n < 1 or first < 0 or first + n > len(p.speed):
            yield f"host[{row}]: needs a slice of at least one row of the speed table"
        elif not (
            np.isfinite(p.speed[first : first + n]) & (p.speed[first : first + n] >= SPEED_MIN)
        ).all():
            yield f"host[{row}]: speeds must be at least {SPEED_MIN:g}"
        if h["jobs"] or h["entered"] or h["v"] or h["since"] or h["root"] != NONE:
            yield f"host[{row}]: must be at rest"
    for row, r in enumerate(p.replica):
        if not NONE <= r["host"] < len(p.host):
            yield f"replica[{row}].host: {r['host']} must be within -1..{len(p.host) - 1}"
        elif r["host"] != NONE and not p.service["limited"][r["service"]]:
            yield f"replica[{row}].host: only replicas of limited services share a host"
        if not 0 <= r["errors"] <= 1 or r["frozen"] or r["until"]:
            yield f"replica[{row}]: errors must be within 0..1, and it must not be frozen yet"
    for row, s in enumerate(p.service):
        if s["contention"] < 0 or s["coherency"] < 0 or (s["stretched"] and not s["limited"]):
            yield f"service[{row}]: contention and coherency are of limited services, from 0 on"
    if not largest_stretch(p) <= STRETCH_MAX:
        yield f"service: contention and coherency must stretch times {STRETCH_MAX:g} fold at most"


def _queues(p: Program) -> Iterator[str]:
    for row, s in enumerate(p.service):
        if s["order"] not in (lay.FIFO, lay.LIFO, lay.RANKED):
            yield f"service[{row}].order: {s['order']} is no order of a queue"
        if not NONE <= s["give_up"] < len(p.dist):
            yield f"service[{row}].give_up: must be within -1..{len(p.dist) - 1}"
    taken: set[int] = set()
    for row, r in enumerate(p.replica):
        ranked = p.service["order"][r["service"]] == lay.RANKED
        lines = set(range(int(r["lines"]), int(r["lines"]) + lay.RANKS)) if ranked else set()
        if ranked != (r["lines"] != NONE) or not lines <= set(range(len(p.line))) or lines & taken:
            yield f"replica[{row}].lines: a ranked service's replicas have {lay.RANKS} of their own"
        taken |= lines
    if (p.line["head"] != NONE).any() or (p.line["tail"] != NONE).any():
        yield "line: must be at rest"
    for row in np.flatnonzero((p.endpoint["rank"] < 0) | (p.endpoint["rank"] > lay.RANKS)).tolist():
        yield f"endpoint[{row}].rank: must be within 0..{lay.RANKS}"


def _networks(
    p: Program, calls_of: Callable[[Program, int], set[int]], callee: Callable[[Program, int], int]
) -> Iterator[str]:
    for row, h in enumerate(p.hop):
        if h["rtt"] < 0 or not 0 <= h["loss"] <= 1 or h["cut"] not in (0, 1):
            yield f"hop[{row}]: rtt must not be negative, loss within 0..1, cut 0 or 1"
    for row in np.flatnonzero(p.replica["zone"] < 0).tolist():
        yield f"replica[{row}].zone: must not be negative"
    for row, c in enumerate(p.call):
        zones = int(c["zones"])
        if c["hop"] == NONE:
            continue
        if zones < 1 or c["hop"] < 0 or c["hop"] + zones * zones > len(p.hop):
            yield f"call[{row}].hop: needs the {zones} x {zones} rows of its zones"
        elif (_zones(p, callee(p, row)) >= zones).any():
            yield f"call[{row}].hop: a replica that it goes to is in none of its {zones} zones"
    for row, e in enumerate(p.endpoint):
        for call in calls_of(p, row):
            c = p.call[call]
            if c["hop"] != NONE and (_zones(p, int(e["service"])) >= c["zones"]).any():
                yield f"endpoint[{row}]: is in none of the zones of call {call}"


def _zones(p: Program, service: int) -> np.ndarray:
    s = p.service[service]
    first = int(s["replica"])
    zones: np.ndarray = p.replica["zone"][first : first + int(s["groups"]) * int(s["per_group"])]
    return zones


def _attempts(p: Program) -> Iterator[str]:
    for row, op in enumerate(p.op):
        if op["need"] and not (op["code"] == lay.OP_PAR and 0 < op["need"] <= op["b"]):
            yield f"op[{row}].need: must be within 0..{op['b']}, for OP_PAR only"
    for row, c in enumerate(p.call):
        if not lay.JITTER_FULL <= c["shape"] <= lay.JITTER_DECORRELATED:
            yield f"call[{row}].shape: {c['shape']} is no shape of a backoff"
        if not 0 <= c["hedge"] <= HEDGE_NS_MAX:
            yield f"call[{row}].hedge: must be within 0..{HEDGE_NS_MAX} ns"


def _faults(p: Program) -> Iterator[str]:
    least = {lay.FAULT_ERRORS: 0.0, lay.FAULT_FREEZE: 0.0, lay.FAULT_LOSS: 0.0}
    most = {lay.FAULT_ERRORS: 1.0, lay.FAULT_FREEZE: FREEZE_NS_MAX, lay.FAULT_LOSS: 1.0}
    least[lay.FAULT_LAG], most[lay.FAULT_LAG] = -LAG_NS_MAX, LAG_NS_MAX
    least[lay.FAULT_CUT], most[lay.FAULT_CUT] = 0.0, 1.0
    rtt = p.hop["rtt"].astype(float)
    for row, f in enumerate(p.fault):
        action = int(f["action"])
        if action in least and not least[action] <= f["x"] <= most[action]:
            yield f"fault[{row}].x: must be within {least[action]:g}..{most[action]:g}"
        if action == lay.FAULT_CUT and f["x"] not in (0, 1):
            yield f"fault[{row}].x: {f['x']} must be 1 (nothing comes through) or 0"
        if action not in (lay.FAULT_CUT, lay.FAULT_LOSS, lay.FAULT_LAG):
            continue
        if not 0 <= f["row"] < len(p.hop):
            yield f"fault[{row}].row: must be within 0..{len(p.hop) - 1}, a hop"
        elif action == lay.FAULT_LAG:
            rtt[f["row"]] += int(f["x"])
            if not 0 <= rtt[f["row"]] <= LAG_NS_MAX:
                yield f"fault[{row}]: the hop's rtt would leave 0..{LAG_NS_MAX:g} ns"
