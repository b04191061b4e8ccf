"""The rules of distributions, services, their replicas and groups, pools and caches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .bounds import (
    LN_NS_MAX,
    MEAN_NS_MAX,
    NORMAL_MAX,
    SLOW_MAX,
    STAGES_MAX,
    STRETCH_MAX,
    TIME_MAX,
    WEIGHT_MAX,
    WEIGHT_MIN,
)
from .layout import NONE

RUNNING = (  # columns of a replica
    "sent", "lives", "out", "frozen", "until", "shown_at", "bad", "fails",
)  # fmt: skip

if TYPE_CHECKING:
    from .program import Program


def find_wrong_places(p: Program) -> Iterator[str]:
    """Give what is wrong with distributions, services and what they have, one sentence each."""
    yield from _dists(p)
    yield from _services(p)
    yield from _places(p)


def largest_factor(p: Program) -> float:
    """Give what a drawn time is multiplied with at most, slowness aside."""
    stretch = 1.0
    for s in p.service[p.service["stretched"] != 0]:
        others = max(0, int(s["workers"]) - 1)
        stretch = max(stretch, 1 + others * (s["contention"] + s["coherency"] * (others + 1)))
    return float(p.stream["batch"].max(initial=1)) * (stretch if math.isfinite(stretch) else 1.0)


def _dists(p: Program) -> Iterator[str]:
    most = largest_factor(p)

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
                good = 1 <= p0 <= STAGES_MAX and p0 == int(p0) and mean(d["mean"])
            case lay.DIST_UNIFORM:
                good = mean(p0) and mean(p1) and p0 <= p1
            case _:
                good = False
        if not good:
            yield f"dist[{row}]: kind {d['kind']} cannot have mean {d['mean']}, p {p0}, {p1}, {p2}"


def _services(p: Program) -> Iterator[str]:
    for row, s in enumerate(p.service):
        if not lay.LB_RANDOM <= s["balance"] <= lay.LB_HASH:
            yield f"service[{row}].balance: {s['balance']} is no way of balancing"
        if s["choices"] not in (0, 2, 3):
            yield f"service[{row}].choices: {s['choices']} must be 2 or 3"
        if not lay.FIFO <= s["order"] <= lay.RANKED:
            yield f"service[{row}].order: {s['order']} is no order of a queue"
        if not 0 <= s["slow_start"] <= TIME_MAX:
            yield f"service[{row}].slow_start: must be within 0..{TIME_MAX} ns"
        growth = (float(s["contention"]), float(s["coherency"]))
        if not all(0 <= value <= STRETCH_MAX for value in growth):
            yield f"service[{row}]: contention and coherency must be within 0..{STRETCH_MAX:g}"
        if s["stretched"] and not s["limited"]:
            yield f"service[{row}]: only times of a limited service are stretched"
    for row in np.flatnonzero((p.endpoint["rank"] < 0) | (p.endpoint["rank"] > lay.RANKS)).tolist():
        yield f"endpoint[{row}].rank: {p.endpoint['rank'][row]} must be within 0..{lay.RANKS}"
    weights = p.replica["weight"]
    for row in np.flatnonzero(~((weights >= WEIGHT_MIN) & (weights <= WEIGHT_MAX))).tolist():
        yield f"replica[{row}].weight: must be within {WEIGHT_MIN:g}..{WEIGHT_MAX:g}"
    errors = p.replica["errors"]
    for row in np.flatnonzero(~((errors >= 0) & (errors <= 1))).tolist():
        yield f"replica[{row}].errors: {errors[row]} must be within 0..1"


def _places(p: Program) -> Iterator[str]:
    """Services, their replicas and groups, pools and caches agree and are at rest."""
    for row, s in enumerate(p.service):
        if s["limited"] and (s["workers"] < 1 or s["cores"] < 1 or s["queue"] < NONE):
            yield f"service[{row}]: workers and cores must be at least 1, queue at least -1"
        if s["shed"] < NONE or s["patience"] < 0 or s["work"] != 0:
            yield f"service[{row}]: shed must be at least -1, patience at least 0, work 0"
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
        if any(r[column] for column in RUNNING):
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
