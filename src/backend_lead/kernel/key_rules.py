"""The rules of keys, shelves, logs and locks: what is drawn, kept and held on every path."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .bounds import LFU_CAPACITY_MAX, SHARES_TOLERANCE, TIME_MAX, apart, at_rest
from .flow_rules import follows, ops_of
from .layout import NONE

if TYPE_CHECKING:
    from .program import Program


def find_wrong_keys(p: Program) -> Iterator[str]:
    """Give what is wrong with these, one sentence each."""
    yield from _keys(p)
    yield from _shelves(p)
    yield from _logs(p)
    if (p.op["code"] >= lay.OP_GET).any():
        for endpoint in range(len(p.endpoint)):
            yield from _order(p, endpoint)
        yield from _sizes(p)


def _keys(p: Program) -> Iterator[str]:
    for row, k in enumerate(p.keys):
        upto = p.popularity[k["first"] : k["first"] + k["n"]]
        good = upto[0] >= 0 and (np.diff(upto) >= 0).all()
        if not good or not abs(upto[-1] - 1) < SHARES_TOLERANCE:
            yield f"keys[{row}]: popularity must be cumulative shares up to 1"


def _shelves(p: Program) -> Iterator[str]:
    yield from at_rest("item", p.item, (), ("fetcher", "head", "tail"))
    groups = p.service["groups"][p.shelf["service"]].tolist()
    yield from apart("drawer", list(zip(p.shelf["drawer"].tolist(), groups, strict=True)))
    sizes = [n * g for n, g in zip(p.shelf["keys"].tolist(), groups, strict=True)]
    yield from apart("item", list(zip(p.shelf["first"].tolist(), sizes, strict=True)))
    for row, s in enumerate(p.shelf):
        if s["keys"] < 1 or s["capacity"] < 1:
            yield f"shelf[{row}]: keys and capacity must be at least 1"
            continue
        if s["policy"] not in (lay.LRU, lay.LFU):
            yield f"shelf[{row}].policy: {s['policy']} is no way of giving up"
        elif s["policy"] == lay.LFU and min(s["capacity"], s["keys"]) > LFU_CAPACITY_MAX:
            yield f"shelf[{row}].capacity: must be at most {LFU_CAPACITY_MAX} for LFU"
        if not 0 <= s["ttl"] <= TIME_MAX:
            yield f"shelf[{row}].ttl: must be within 0..{TIME_MAX} ns"
        for group in range(groups[row]):
            yield from _drawer(p, s, group)


def _logs(p: Program) -> Iterator[str]:
    yield from at_rest("log", p.log, ("written", "read", "stale"), ())
    yield from apart(
        "noted", list(zip(p.log["first"].tolist(), p.log["keys"].tolist(), strict=True))
    )
    for row in np.flatnonzero((p.log["lag"] < 0) | (p.log["lag"] > TIME_MAX)).tolist():
        yield f"log[{row}].lag: {p.log['lag'][row]} must be within 0..{TIME_MAX} ns"
    for row in np.flatnonzero((p.noted > NONE) | (p.noted < -TIME_MAX)).tolist():
        yield f"noted[{row}]: must be {NONE} or a time before the start, at most {TIME_MAX} ns"


def _drawer(p: Program, shelf: np.void, group: int) -> Iterator[str]:
    """What a drawer keeps at the start is one list, from its head to its tail."""
    number = int(shelf["drawer"]) + group
    drawer, n = p.drawer[number], int(shelf["keys"])
    first = int(shelf["first"]) + group * n
    items = p.item[first : first + n]
    home = p.service[shelf["service"]]
    owner = int(home["replica"]) + group * int(home["per_group"])
    if drawer["flushed_at"] != p.group["flushed_at"][p.replica["group"][owner]]:
        yield f"drawer[{number}].flushed_at: must be its group's"
    there = items["at"] != NONE
    absent = items[~there]
    if (
        (absent["uses"] != 0).any()
        or (absent["prev"] != NONE).any()
        or (absent["next"] != NONE).any()
    ):
        yield f"drawer[{number}]: items that are not there must be at rest"
    if (items["at"] > 0).any() or (items["at"] < -TIME_MAX).any() or (items["uses"] < 0).any():
        yield f"drawer[{number}]: items were put there before the start, with no negative use"
    if not drawer["n"] == there.sum() <= shelf["capacity"]:
        yield f"drawer[{number}].n: must be the number of items there, at most the capacity"
    prev, after = items["prev"].tolist(), items["next"].tolist()
    before, i, seen = NONE, int(drawer["head"]), 0
    while first <= i < first + n and seen <= n and prev[i - first] == before:
        before, i, seen = i, after[i - first], seen + there[i - first]
        if not there[before - first]:
            break
    if i != NONE or before != drawer["tail"] or seen != there.sum():
        yield f"drawer[{number}]: its items must be one list from head to tail"


def _order(p: Program, endpoint: int) -> Iterator[str]:
    """On every path a PUT comes after a GET of its shelf, and one lock is held at most."""
    start = int(p.endpoint["op"][endpoint])
    facts: dict[int, tuple[set[int], set[bool]]] = {start: (set(), {False})}
    for row in sorted(ops_of(p, endpoint)):
        code, a = int(p.op["code"][row]), int(p.op["a"][row])
        got, held = facts.get(row, (set(), {False}))  # shelves on every path; locks on any
        if code == lay.OP_PUT and a not in got:
            yield f"op[{row}]: OP_PUT can be reached without an OP_GET of its shelf"
        if code == lay.OP_LOCK and True in held:
            yield f"op[{row}]: OP_LOCK can be reached while a lock is held"
        if code == lay.OP_UNLOCK and False in held:
            yield f"op[{row}]: OP_UNLOCK can be reached while no lock is held"
        if code == lay.OP_GET:
            got = got | {a}
        if code in (lay.OP_LOCK, lay.OP_UNLOCK):
            held = {code == lay.OP_LOCK}
        for target in follows(p, row):
            before = facts.get(target)
            facts[target] = (got, held) if before is None else (got & before[0], held | before[1])


def _sizes(p: Program) -> Iterator[str]:
    """Shelves have room for every key that can reach them."""
    arriving: dict[int, set[int]] = {endpoint: set() for endpoint in range(len(p.endpoint))}
    used: dict[int, set[int]] = {}
    todo = deque(arriving)
    while todo:
        endpoint = todo.popleft()
        for callee, keys in _passed_on(p, endpoint, arriving[endpoint], used).items():
            if not keys <= arriving[callee]:
                arriving[callee] |= keys
                todo.append(callee)
    for row, tables in sorted(used.items()):
        a = int(p.op["a"][row])
        if any(p.keys["n"][table] > p.shelf["keys"][a] for table in tables):
            yield f"op[{row}]: keys reach it that shelf {a} has no items for"


def _passed_on(
    p: Program, endpoint: int, arriving: set[int], used: dict[int, set[int]]
) -> dict[int, set[int]]:
    """Give the keys tables that callees may see; `used` notes those that shelves see."""
    facts: dict[int, set[int]] = {int(p.endpoint["op"][endpoint]): set(arriving)}
    passed: dict[int, set[int]] = {}
    for row in sorted(ops_of(p, endpoint)):
        code, a, b = (int(p.op[column][row]) for column in ("code", "a", "b"))
        keys = facts.get(row, set())
        if code == lay.OP_KEY:
            keys = {a}
        elif code in (lay.OP_GET, lay.OP_PUT, lay.OP_DROP):
            used.setdefault(row, set()).update(keys)
        elif code in (lay.OP_CALL, lay.OP_PAR):
            for call in range(a, a + (1 if code == lay.OP_CALL else b)):
                passed.setdefault(int(p.call["endpoint"][call]), set()).update(keys)
        for target in follows(p, row):
            facts.setdefault(target, set()).update(keys)
    return passed
