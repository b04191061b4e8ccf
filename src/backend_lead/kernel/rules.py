"""The rules every program keeps, so that a kernel can run its tables without looking further."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .layout import NONE
from .policy_rules import find_misuse
from .sharing_rules import find_missharing, largest_stretch

if TYPE_CHECKING:
    from .program import Program

# Bounds that keep every sampled time, slowed down, below 2^62 ns, whatever is drawn: the smallest
# uniform is 2^-53, so an exponential is at most 36.8 means and a normal at most 8.6 sigmas.
MEAN_NS_MAX = 1e14
LN_NS_MAX = 36.0
NORMAL_MAX = 8.6
SLOW_MAX = 1e3
RATE_PER_NS_MIN = 1e-17
BACKOFF_NS_MAX = 2**62
RETRIES_MAX = 60


def find_problems(program: Program) -> list[str]:
    """Give what is wrong with the program, one sentence each; none means that it can be run.

    Problems that hide behind an index out of range are only looked for once all are in range.
    """
    return list(_indices(program)) or list(_consistency(program))


def lognormal_mean_max(cv: float) -> float:
    """The highest mean (ns) of a lognormal time that keeps the bounds, for batches of one."""
    variance = math.log1p(cv * cv)
    return math.exp(LN_NS_MAX - NORMAL_MAX * math.sqrt(variance) + variance / 2)


def _slice(where: str, first: int, n: int, size: int, least: int = 1) -> Iterator[str]:
    if n < least or first < 0 or first + n > size:
        yield f"{where}: rows {first}..{first + n - 1} must be at least {least} of 0..{size - 1}"


def _indices(p: Program) -> Iterator[str]:
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
        yield from _slice(f"service[{row}].replica", s["replica"], n, len(p.replica))
    for row, g in enumerate(p.group):
        yield from _slice(f"group[{row}].live", g["live"], g["n_live"], len(p.live), least=0)
    for row, r in enumerate(p.replica):
        if r["pools"] or r["pool"] != NONE:
            yield from _slice(f"replica[{row}].pool", r["pool"], r["pools"], len(p.pool))
    for row, c in enumerate(p.cache):
        yield from _slice(f"cache[{row}].first", c["first"], c["n"], len(p.hit))
    for row, k in enumerate(p.stream):
        yield from _slice(f"stream[{row}].first", k["first"], k["partitions"], len(p.partition))
    for row, s in enumerate(p.source):
        yield from _slice(f"source[{row}].segment", s["segment"], s["segments"], len(p.segment))
        yield from _slice(f"source[{row}].mix", s["mix"], s["n_mix"], len(p.mix))


def _op_indices(p: Program, where: str, op: np.void) -> Iterator[str]:
    code, a, b = int(op["code"]), int(op["a"]), int(op["b"])
    if code in (lay.OP_CPU, lay.OP_DELAY):
        yield from _slice(f"{where}.a", a, 1, len(p.dist))
    elif code in (lay.OP_CALL, lay.OP_PAR):
        yield from _slice(f"{where}.a", a, 1 if code == lay.OP_CALL else b, len(p.call))
    elif code == lay.OP_CHANCE:
        yield from _slice(f"{where}.a", a, 1, len(p.op))
        if not 0 <= op["p"] <= 1:
            yield f"{where}.p: {op['p']} must be within 0..1"
    elif code == lay.OP_HIT:
        yield from _slice(f"{where}.a", a, 1, len(p.cache))
        yield from _slice(f"{where}.b", b, 1, len(p.op))
    elif code == lay.OP_PUBLISH:
        yield from _slice(f"{where}.a", a, 1, len(p.stream))
    elif code == lay.OP_LIMIT:
        yield from _slice(f"{where}.a", a, 1, len(p.limiter))
    elif code != lay.OP_END:
        yield f"{where}.code: {code} is no operation"


def _consistency(p: Program) -> Iterator[str]:
    yield from _flow(p)
    yield from _dists(p)
    yield from _calls(p)
    yield from _places(p)
    yield from _sources(p)
    yield from _faults(p)
    yield from find_misuse(p, _calls_of, _callee)
    yield from find_missharing(p, _calls_of, _callee)


def _flow(p: Program) -> Iterator[str]:
    """Jumps go forward, every path meets an end, hits follow their call, and neither calls nor
    streams make a circle."""
    for row, op in enumerate(p.op):
        code = op["code"]
        if code != lay.OP_END and row + 1 == len(p.op):
            yield f"op[{row}]: the program runs past the last row without OP_END"
        if code in (lay.OP_CHANCE, lay.OP_HIT):
            target = op["a"] if code == lay.OP_CHANCE else op["b"]
            if target <= row:
                yield f"op[{row}]: jumps back to {target}; jumps go forward"
            if p.op["code"][target] == lay.OP_HIT:
                yield f"op[{row}]: jumps onto the OP_HIT at {target}, past its call"
        if code == lay.OP_HIT:
            before = p.op[row - 1] if row else None
            if before is None or before["code"] != lay.OP_CALL:
                yield f"op[{row}]: OP_HIT must follow the OP_CALL to its cache"
            elif _callee(p, before["a"]) != p.cache["service"][op["a"]]:
                yield f"op[{row}]: OP_HIT follows a call to another service than its cache's"
    for row, e in enumerate(p.endpoint):
        if p.op["code"][e["op"]] == lay.OP_HIT:
            yield f"endpoint[{row}].op: starts with OP_HIT"
    below = {
        e: {int(p.call["endpoint"][c]) for c in _calls_of(p, e)}
        | {int(p.stream["endpoint"][k]) for k in _streams_of(p, e)}
        for e in range(len(p.endpoint))
    }
    while leaves := {e for e, called in below.items() if not called & below.keys()}:
        below = {e: called for e, called in below.items() if e not in leaves}
    if below:
        yield f"endpoint: the calls of {sorted(below)} lead round in a circle"


def _calls_of(p: Program, endpoint: int) -> set[int]:
    """Give the call rows that the endpoint's program can reach."""
    calls: set[int] = set()
    for row in _ops_of(p, endpoint):
        code, a, b = (int(p.op[column][row]) for column in ("code", "a", "b"))
        if code in (lay.OP_CALL, lay.OP_PAR):
            calls.update(range(a, a + (1 if code == lay.OP_CALL else b)))
    return calls


def _streams_of(p: Program, endpoint: int) -> set[int]:
    """Give the stream rows that the endpoint's program can publish to."""
    ops = _ops_of(p, endpoint)
    return {int(p.op["a"][row]) for row in ops if p.op["code"][row] == lay.OP_PUBLISH}


def _ops_of(p: Program, endpoint: int) -> set[int]:
    """Give the op rows that the endpoint's program can reach."""
    todo = [int(p.endpoint["op"][endpoint])]
    seen: set[int] = set()
    while todo:
        row = todo.pop()
        if row in seen or row >= len(p.op):
            continue
        seen.add(row)
        code, a, b = (int(p.op[column][row]) for column in ("code", "a", "b"))
        if code in (lay.OP_CHANCE, lay.OP_HIT):
            todo.append(a if code == lay.OP_CHANCE else b)
        if code != lay.OP_END:
            todo.append(row + 1)
    return seen


def _callee(p: Program, call: int) -> int:
    return int(p.endpoint["service"][p.call["endpoint"][call]])


def _dists(p: Program) -> Iterator[str]:
    most = int(p.stream["batch"].max(initial=1)) * largest_stretch(p)

    def mean(value: float) -> bool:
        return 0 <= value <= MEAN_NS_MAX / most

    for row, d in enumerate(p.dist):
        p0, p1, p2 = (float(d[column]) for column in ("p0", "p1", "p2"))
        match int(d["kind"]):
            case lay.DIST_CONST | lay.DIST_EXP:
                good = mean(d["mean"])
            case lay.DIST_LOGNORMAL:
                good = p1 >= 0 and p0 + NORMAL_MAX * p1 <= LN_NS_MAX - math.log(most)
            case lay.DIST_HYPER2:
                good = 0 <= p0 <= 1 and mean(p1) and mean(p2)
            case lay.DIST_ERLANG:
                good = p0 >= 1 and p0 == int(p0) and mean(d["mean"])
            case lay.DIST_UNIFORM:
                good = mean(p0) and mean(p1) and p0 <= p1
            case _:
                good = False
        if not good:
            yield f"dist[{row}]: kind {d['kind']} cannot have mean {d['mean']}, p {p0}, {p1}, {p2}"


def _calls(p: Program) -> Iterator[str]:
    owned = {
        int(r["pool"]) + slot for r in p.replica if r["pools"] for slot in range(int(r["pools"]))
    }
    for row, c in enumerate(p.call):
        groups = int(p.service["groups"][_callee(p, row)])
        if not NONE <= c["group"] < groups:
            yield f"call[{row}].group: {c['group']} must be within -1..{groups - 1}"
        lane = int(c["lane"])
        if (lane == NONE) != (c["timeout"] == 0) or c["timeout"] < 0:
            yield f"call[{row}]: a timeout of {c['timeout']} ns does not go with lane {lane}"
        elif lane != NONE and p.lane["timeout"][lane] != c["timeout"]:
            yield f"call[{row}]: its lane {lane} is of another timeout than {c['timeout']} ns"
        if c["rtt"] < 0 or not 0 <= c["retries"] <= RETRIES_MAX or c["backoff"] < 0:
            yield f"call[{row}]: rtt and backoff must not be negative, retries 0..{RETRIES_MAX}"
        elif c["backoff"] and c["backoff_cap"] <= 0:
            yield f"call[{row}]: a backoff needs a backoff_cap above 0"
        elif int(c["backoff"]) << max(int(c["retries"]) - 1, 0) > BACKOFF_NS_MAX:
            yield f"call[{row}]: backoff doubles past 2^62 ns within {c['retries']} retries"
        if c["room"] < NONE:
            yield f"call[{row}].room: must not be negative, or {NONE} for any number"
        if c["pool"] != NONE and c["pool_scope"] == 1:
            yield from _slice(f"call[{row}].pool", c["pool"], groups, len(p.pool))
            if owned.intersection(range(int(c["pool"]), int(c["pool"]) + groups)):
                yield f"call[{row}].pool: a shared pool must not be owned by a replica"
    for row, e in enumerate(p.endpoint):
        s = p.service[e["service"]]
        first = int(s["replica"])
        pools = p.replica["pools"][first : first + int(s["groups"]) * int(s["per_group"])].min()
        for call in _calls_of(p, row):
            c = p.call[call]
            last = c["pool"]
            if c["pool_scope"] == 2:
                last += p.service["groups"][p.endpoint["service"][c["endpoint"]]] - 1
            if c["pool"] != NONE and c["pool_scope"] != 1 and last >= pools:
                yield f"endpoint[{row}]: replicas of its service lack pool slot {c['pool']}"
    if len(set(p.lane["timeout"].tolist())) != len(p.lane) or (p.lane["timeout"] <= 0).any():
        yield "lane: timeouts must be distinct and above 0"


def _places(p: Program) -> Iterator[str]:
    """Services, their replicas and groups, pools and caches agree and are at rest."""
    for row, s in enumerate(p.service):
        if s["limited"] and (s["workers"] < 1 or s["cores"] < 1 or s["queue"] < NONE):
            yield f"service[{row}]: workers and cores must be at least 1, queue at least -1"
        if s["shed"] < NONE or s["patience"] < 0 or s["work"] != 0:
            yield f"service[{row}]: shed must be at least -1, patience at least 0, work 0"
        if not lay.LB_RANDOM <= s["balance"] <= lay.LB_P2C:
            yield f"service[{row}].balance: {s['balance']} is no way of balancing"
        groups: list[int] = []
        for g in range(int(s["groups"])):
            first = int(s["replica"]) + g * int(s["per_group"])
            rows = p.replica[first : first + int(s["per_group"])]
            groups.append(int(rows["group"][0]))
            if (rows["service"] != row).any() or (rows["group"] != rows["group"][0]).any():
                yield f"service[{row}]: replicas of its group {g} name another service or group"
            own = p.group[rows["group"][0]]
            live = p.live[own["live"] : own["live"] + own["n_live"]].tolist()
            if own["service"] != row or live != [
                first + i for i in np.flatnonzero(rows["visible"])
            ]:
                yield f"group[{rows['group'][0]}]: its live rows must be its visible replicas"
            if own["live"] + s["per_group"] > len(p.live):
                yield f"group[{rows['group'][0]}]: live must have room for every replica"
        if len(set(groups)) < len(groups):
            yield f"service[{row}]: two of its groups share a row of the group table"
    for row, r in enumerate(p.replica):
        queues = {int(r[column]) for column in ("q_head", "q_tail", "c_head", "c_tail")}
        if r["busy"] or r["waiting"] or r["cores_busy"] or queues != {NONE}:
            yield f"replica[{row}]: must be at rest"
        if r["starting"]:
            yield f"replica[{row}]: must not be ordered yet"
        if not 0 <= r["slow"] <= SLOW_MAX:
            yield f"replica[{row}].slow: {r['slow']} must be within 0..{SLOW_MAX:g}"
    for name, table in (("pool", p.pool), ("lane", p.lane)):
        for row in np.flatnonzero((table["head"] != NONE) | (table["tail"] != NONE)).tolist():
            yield f"{name}[{row}]: must be at rest"
    for row in np.flatnonzero(
        (p.pool["size"] < 1) | (p.pool["in_use"] + p.pool["waiting"] != 0)
    ).tolist():
        yield f"pool[{row}]: its size must be at least 1 and nothing in use"
    for row in np.flatnonzero(p.cache["step"] < 1).tolist():
        yield f"cache[{row}].step: must be at least 1 ns"
    for row in np.flatnonzero(p.group["flushed_at"] > 0).tolist():
        yield f"group[{row}].flushed_at: must not be after the start"
    for row in np.flatnonzero(~((p.hit >= 0) & (p.hit <= 1))).tolist():
        yield f"hit[{row}]: {p.hit[row]} must be within 0..1"


def _sources(p: Program) -> Iterator[str]:
    for row, s in enumerate(p.source):
        segments = p.segment[s["segment"] : s["segment"] + s["segments"]]
        if segments["start"][0] != 0 or (np.diff(segments["start"]) <= 0).any():
            yield f"source[{row}]: segments must start at 0 and then later and later"
        if not lay.OPEN <= s["closed"] <= lay.BEATS:
            yield f"source[{row}].closed: {s['closed']} is no kind of source"
            continue
        if s["closed"] and not (s["think"] > 0 and s["users"] >= 0):
            yield f"source[{row}]: a closed source needs think above 0 and users of at least 0"
            continue
        rates = segments["factor"] * (s["users"] / s["think"] if s["closed"] else s["rate"])
        if not (np.isfinite(rates) & ((rates == 0) | (rates >= RATE_PER_NS_MIN))).all():
            yield f"source[{row}]: rates must be 0 or at least {RATE_PER_NS_MIN:g} per ns"
        upto = p.mix["upto"][s["mix"] : s["mix"] + s["n_mix"]]
        if upto[0] < 0 or (np.diff(upto) < 0).any() or not math.isclose(upto[-1], 1.0):
            yield f"source[{row}]: mix must be cumulative shares up to 1"
        for root in p.mix["root"][s["mix"] : s["mix"] + s["n_mix"]]:
            home = p.service[p.endpoint["service"][root]]
            if home["limited"] or home["groups"] != 1 or home["per_group"] != 1:
                yield f"source[{row}]: root {root} must live on an unlimited service of one replica"


def _faults(p: Program) -> Iterator[str]:
    if len(p.fault) and (p.fault["at"][0] < 0 or (np.diff(p.fault["at"]) < 0).any()):
        yield "fault: must be sorted by time, from 0 on"
    for row, f in enumerate(p.fault):
        if not lay.FAULT_DOWN <= f["action"] <= lay.FAULT_LAG:
            yield f"fault[{row}].action: {f['action']} is no fault"
        if f["action"] == lay.FAULT_DOWN and f["x"] not in (0, 1):
            yield f"fault[{row}].x: {f['x']} must be 0 (refuses) or 1 (silent)"
        if f["action"] == lay.FAULT_DRAIN and not 0 <= f["x"] <= MEAN_NS_MAX:
            yield f"fault[{row}].x: {f['x']} must be within 0..{MEAN_NS_MAX:g} ns"
        if f["action"] == lay.FAULT_SLOW and not 0 <= f["x"] <= SLOW_MAX:
            yield f"fault[{row}].x: {f['x']} must be within 0..{SLOW_MAX:g}"
