"""The rules of calls: their pools, times, ways and networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .bounds import BACKOFF_NS_MAX, RETRIES_MAX, TIME_MAX, slice_within
from .flow_rules import callee_of, calls_of
from .layout import NONE

if TYPE_CHECKING:
    from .program import Program


def find_wrong_calls(p: Program) -> Iterator[str]:
    """Give what is wrong with calls, one sentence each."""
    owned = {
        int(r["pool"]) + slot for r in p.replica if r["pools"] for slot in range(int(r["pools"]))
    }
    for row, c in enumerate(p.call):
        groups = int(p.service["groups"][callee_of(p, row)])
        if not lay.SAME <= c["group"] < groups:
            yield f"call[{row}].group: {c['group']} must be within {lay.SAME}..{groups - 1}"
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
        yield from _ways(row, c)
        if c["room"] < NONE:
            yield f"call[{row}].room: must not be negative, or {NONE} for any number"
        if c["pool"] != NONE and c["pool_scope"] == 1:
            yield from slice_within(f"call[{row}].pool", c["pool"], groups, len(p.pool))
            if owned.intersection(range(int(c["pool"]), int(c["pool"]) + groups)):
                yield f"call[{row}].pool: a shared pool must not be owned by a replica"
    for row, e in enumerate(p.endpoint):
        s = p.service[e["service"]]
        first = int(s["replica"])
        pools = p.replica["pools"][first : first + int(s["groups"]) * int(s["per_group"])].min()
        for call in calls_of(p, row):
            c = p.call[call]
            yield from _zones(p, row, call)
            if c["group"] == lay.SAME and s["groups"] != p.service["groups"][callee_of(p, call)]:
                yield f"call[{call}].group: the same one, but its caller has other groups"
            last = c["pool"]
            if c["pool_scope"] == 2:
                last += p.service["groups"][p.endpoint["service"][c["endpoint"]]] - 1
            if c["pool"] != NONE and c["pool_scope"] != 1 and last >= pools:
                yield f"endpoint[{row}]: replicas of its service lack pool slot {c['pool']}"
    for k in p.stream:
        if k["fetch"] != NONE:
            yield from _zones(p, int(k["endpoint"]), int(k["fetch"]))
            if p.call["group"][k["fetch"]] == lay.SAME:
                yield f"call[{k['fetch']}].group: the same one, but a batch is in none"
    if len(set(p.lane["timeout"].tolist())) != len(p.lane) or (p.lane["timeout"] <= 0).any():
        yield "lane: timeouts must be distinct and above 0"


def _ways(row: int, c: np.void) -> Iterator[str]:
    if not lay.JITTER_FULL <= c["shape"] <= lay.JITTER_DECORRELATED:
        yield f"call[{row}].shape: {c['shape']} is no shape of a backoff"
    if c["backoff_cap"] > BACKOFF_NS_MAX:
        yield f"call[{row}].backoff_cap: must be at most 2^62 ns"
    if not 0 <= c["hedge"] <= TIME_MAX:
        yield f"call[{row}].hedge: {c['hedge']} must be within 0..{TIME_MAX} ns"
    if c["by_key"] and c["group"] != NONE:
        yield f"call[{row}]: its group is either chosen by key or named, not both"
    for column in ("by_key", "cancel"):
        if c[column] not in (0, 1):
            yield f"call[{row}].{column}: {c[column]} must be 0 or 1"


def _zones(p: Program, endpoint: int, call: int) -> Iterator[str]:
    c = p.call[call]
    if c["hop"] == NONE:
        return
    for service in (int(p.endpoint["service"][endpoint]), callee_of(p, call)):
        first = int(p.service["replica"][service])
        n = int(p.service["groups"][service]) * int(p.service["per_group"][service])
        if (p.replica["zone"][first : first + n] >= c["zones"]).any():
            yield f"call[{call}].zones: replicas of service {service} are in zones beyond its hops"
