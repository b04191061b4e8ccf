"""The rules of indexes: every row that is named is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .bounds import slice_within
from .layout import NONE

if TYPE_CHECKING:
    from .program import Program


def find_loose_ends(p: Program) -> Iterator[str]:
    """Give the indexes that are out of range, one sentence each."""
    for row, op in enumerate(p.op):
        yield from _op_indices(p, f"op[{row}]", op)
    for table, column, target, optional in (
        ("endpoint", "service", "service", False),
        ("endpoint", "op", "op", False),
        ("call", "endpoint", "endpoint", False),
        ("call", "pool", "pool", True),
        ("call", "lane", "lane", True),
        ("call", "budget", "budget", True),
        ("call", "breaker", "breaker", True),
        ("service", "link", "link", True),
        ("stream", "endpoint", "endpoint", False),
        ("stream", "fetch", "call", True),
        ("service", "before", "service", True),
        ("partition", "stream", "stream", False),
        ("partition", "owner", "replica", False),
        ("link", "service", "service", False),
        ("link", "root", "endpoint", False),
        ("link", "source", "source", False),
        ("link", "beats", "source", True),
        ("controller", "service", "service", False),
        ("replica", "service", "service", False),
        ("replica", "group", "group", False),
        ("group", "service", "service", False),
        ("cache", "service", "service", False),
        ("mix", "root", "endpoint", False),
        ("fault", "replica", "replica", False),
        ("call", "hop", "hop", True),
        ("service", "give_up", "dist", True),
        ("replica", "host", "host", True),
        ("replica", "lines", "line", True),
        ("watch", "service", "service", False),
        ("shelf", "service", "service", False),
        ("follow", "root", "endpoint", False),
        ("follow", "think", "dist", False),
        ("start", "source", "source", False),
        ("start", "follow", "follow", False),
    ):
        values, size = getattr(p, table)[column], len(getattr(p, target))
        low = NONE if optional else 0
        for row in np.flatnonzero((values < low) | (values >= size)).tolist():
            yield f"{table}[{row}].{column}: {values[row]} must be within {low}..{size - 1}"
    for row in np.flatnonzero((p.live < 0) | (p.live >= len(p.replica))).tolist():
        yield f"live[{row}]: {p.live[row]} must be within 0..{len(p.replica) - 1}"
    for row, s in enumerate(p.service):
        if s["groups"] < 1 or s["per_group"] < 1:
            yield f"service[{row}]: needs at least one group and one replica per group"
        n = int(s["groups"]) * int(s["per_group"])
        yield from slice_within(f"service[{row}].replica", s["replica"], n, len(p.replica))
    for row, g in enumerate(p.group):
        yield from slice_within(f"group[{row}].live", g["live"], g["n_live"], len(p.live), least=0)
    for row, r in enumerate(p.replica):
        if r["pools"] or r["pool"] != NONE:
            yield from slice_within(f"replica[{row}].pool", r["pool"], r["pools"], len(p.pool))
    for row, c in enumerate(p.cache):
        yield from slice_within(f"cache[{row}].first", c["first"], c["n"], len(p.hit))
    for row, k in enumerate(p.stream):
        yield from slice_within(
            f"stream[{row}].first", k["first"], k["partitions"], len(p.partition)
        )
    yield from _parts(p)
    for row, s in enumerate(p.source):
        yield from slice_within(
            f"source[{row}].segment", s["segment"], s["segments"], len(p.segment)
        )
        yield from slice_within(f"source[{row}].mix", s["mix"], s["n_mix"], len(p.mix))
        if s["phases"]:
            yield from slice_within(f"source[{row}].phase", s["phase"], s["phases"], len(p.phase))
        if s["closed"] == lay.REPLAY:
            yield from slice_within(
                f"source[{row}].first", s["first"], s["n"], len(p.arrival), least=0
            )
    for row, f in enumerate(p.fault):
        if f["action"] == lay.FAULT_LEAST:
            yield from slice_within(f"fault[{row}].row", f["row"], 1, len(p.controller))
        elif f["action"] in (lay.FAULT_CUT, lay.FAULT_LOSS, lay.FAULT_LAG):
            yield from slice_within(f"fault[{row}].row", f["row"], 1, len(p.hop))
        elif f["action"] == lay.FAULT_BEHIND:
            yield from slice_within(f"fault[{row}].row", f["row"], 1, len(p.log))


def _parts(p: Program) -> Iterator[str]:
    """Slices of what several rows share: hosts, keys, shelves, controllers' memories, hops."""
    for row, e in enumerate(p.endpoint):
        if e["follows"]:
            yield from slice_within(
                f"endpoint[{row}].follow", e["follow"], e["follows"], len(p.follow)
            )
    for row, b in enumerate(p.breaker):
        n = int(b["callers"]) * int(b["groups"]) if b["callers"] > 0 < b["groups"] else 0
        yield from slice_within(f"breaker[{row}].first", b["first"], n, len(p.circuit))
    for row, b in enumerate(p.budget):
        yield from slice_within(f"budget[{row}].first", b["first"], b["callers"], len(p.savings))
    for row, x in enumerate(p.log):
        yield from slice_within(f"log[{row}].first", x["first"], x["keys"], len(p.noted))
    for row, c in enumerate(p.call):
        if c["hop"] != NONE and c["zones"] < 1:
            yield f"call[{row}].zones: a call with hops has at least one zone"
        elif c["hop"] != NONE:
            n = int(c["zones"]) ** 2
            yield from slice_within(f"call[{row}].hop", c["hop"], n, len(p.hop))
    for row, r in enumerate(p.replica):
        if r["lines"] != NONE:
            yield from slice_within(f"replica[{row}].lines", r["lines"], lay.RANKS, len(p.line))
    for row, c in enumerate(p.controller):
        looks = max(1, int(c["looks"]))
        yield from slice_within(f"controller[{row}].past", c["past"], looks, len(p.past))
    for row, h in enumerate(p.host):
        yield from slice_within(f"host[{row}].speed", h["speed"], h["n"], len(p.speed))
    for row, k in enumerate(p.keys):
        yield from slice_within(f"keys[{row}].first", k["first"], k["n"], len(p.popularity))
    for row, s in enumerate(p.shelf):
        if not 0 <= s["service"] < len(p.service):
            continue
        groups = int(p.service["groups"][s["service"]])
        yield from slice_within(f"shelf[{row}].drawer", s["drawer"], groups, len(p.drawer))
        items = groups * max(0, int(s["keys"]))
        yield from slice_within(f"shelf[{row}].first", s["first"], items, len(p.item))


def _op_indices(p: Program, where: str, op: np.void) -> Iterator[str]:
    code, a, b = int(op["code"]), int(op["a"]), int(op["b"])
    if code in (lay.OP_CPU, lay.OP_DELAY):
        yield from slice_within(f"{where}.a", a, 1, len(p.dist))
    elif code in (lay.OP_CALL, lay.OP_PAR):
        yield from slice_within(f"{where}.a", a, 1 if code == lay.OP_CALL else b, len(p.call))
        if not 0 <= op["need"] <= (b if code == lay.OP_PAR else 0):
            yield f"{where}.need: {op['need']} must be within 0..{b if code == lay.OP_PAR else 0}"
    elif code == lay.OP_CHANCE:
        yield from slice_within(f"{where}.a", a, 1, len(p.op))
        if not 0 <= op["p"] <= 1:
            yield f"{where}.p: {op['p']} must be within 0..1"
    elif code == lay.OP_HIT:
        yield from slice_within(f"{where}.a", a, 1, len(p.cache))
        yield from slice_within(f"{where}.b", b, 1, len(p.op))
    elif code == lay.OP_PUBLISH:
        yield from slice_within(f"{where}.a", a, 1, len(p.stream))
    elif code == lay.OP_LIMIT:
        yield from slice_within(f"{where}.a", a, 1, len(p.limiter))
    elif code == lay.OP_KEY:
        yield from slice_within(f"{where}.a", a, 1, len(p.keys))
    elif code in (lay.OP_GET, lay.OP_PUT, lay.OP_DROP):
        yield from slice_within(f"{where}.a", a, 1, len(p.shelf))
        if code == lay.OP_GET:
            yield from slice_within(f"{where}.b", b, 1, len(p.op))
    elif code == lay.OP_LOCK:
        yield from slice_within(f"{where}.a", a, b, len(p.lock))
    elif code in (lay.OP_NOTE, lay.OP_LOOK):
        yield from slice_within(f"{where}.a", a, 1, len(p.log))
    elif code not in (lay.OP_UNLOCK, lay.OP_END):
        yield f"{where}.code: {code} is no operation"
