"""The rules of budgets, breakers, limiters, streams, links and controllers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .bounds import (
    BATCH_MAX,
    COUNT_MAX,
    HELD_MAX,
    LAST_MAX,
    LOOKS_MAX,
    PARTS_MAX,
    PROBES_MAX,
    SPREAD_MIN,
    TIME_MAX,
    TOKENS_MAX,
    apart,
    at_rest,
)
from .flow_rules import callee_of, calls_of
from .layout import NONE

if TYPE_CHECKING:
    from .program import Program

GROW_MAX = 1_000.0  # times the replicas there are, in one look


def find_misuse(p: Program) -> Iterator[str]:
    """Give what is wrong with the tables beyond calls and replicas, one sentence each."""
    yield from _payments(p)
    yield from _streams(p)
    yield from _links(p)
    yield from _controllers(p)


def _payments(p: Program) -> Iterator[str]:
    for row, b in enumerate(p.budget):
        if not (0 <= b["tokens"] <= b["cap"] and b["earn"] >= 0):
            yield f"budget[{row}]: tokens must be within 0..cap, earn at least 0"
        if not all(0 <= b[column] <= TOKENS_MAX for column in ("cap", "earn", "spend", "reward")):
            yield f"budget[{row}]: cap, earn, spend and reward must be within 0..{TOKENS_MAX}"
    for row, b in enumerate(p.limiter):
        if not 0 < b["price"] <= b["cap"] <= PARTS_MAX or not 0 < b["earn"] <= PARTS_MAX:
            yield f"limiter[{row}]: must hold and earn something, at most {PARTS_MAX} parts"
        if not 0 <= b["level"] <= b["cap"]:
            yield f"limiter[{row}].level: must be within 0..cap"
        if any(b[column] for column in ("since", "passed", "refused")):
            yield f"limiter[{row}]: must be at rest"
    for row, b in enumerate(p.breaker):
        if b["window"] < 1 or b["pause"] < 1 or b["least"] < 1 or not 0 < b["share"] <= 1:
            yield f"breaker[{row}]: window, pause and least must be above 0, share within (0, 1]"
        if not 0 <= b["last"] <= LAST_MAX or (b["last"] and b["least"] > b["last"]):
            yield f"breaker[{row}].last: must be within 0..{LAST_MAX}, and least not above it"
        if not 0 <= b["probes"] <= PROBES_MAX:
            yield f"breaker[{row}].probes: must be within 0..{PROBES_MAX}"
        if b["jointly"] not in (0, 1):
            yield f"breaker[{row}].jointly: {b['jointly']} must be 0 or 1"
    yield from _owned(p)


def _owned(p: Program) -> Iterator[str]:
    """What each replica of the service that calls has for itself: circuits and savings."""
    for row, c in enumerate(p.call):
        groups = int(p.service["groups"][callee_of(p, row)])
        if c["breaker"] != NONE and p.breaker["groups"][c["breaker"]] != groups:
            yield f"call[{row}].breaker: needs one of {groups} groups, as its callee has"
    owners: dict[tuple[str, int], int] = {}
    named = {
        column: set(np.flatnonzero(p.call[column] != NONE).tolist())
        for column in ("breaker", "budget")
    }
    for endpoint in range(len(p.endpoint) if any(named.values()) else 0):
        v = int(p.endpoint["service"][endpoint])
        callers = int(p.service["groups"][v]) * int(p.service["per_group"][v])
        called = calls_of(p, endpoint)
        for column, calls in named.items():
            for call in sorted(called & calls):
                row = int(p.call[column][call])
                if owners.setdefault((column, row), v) != v:
                    yield f"{column}[{row}]: must be of the calls of one service"
                if getattr(p, column)["callers"][row] < callers:
                    yield f"{column}[{row}].callers: must be at least {callers}, each replica's own"
    yield from apart("circuit", [
        (int(b["first"]), int(b["callers"]) * int(b["groups"])) for b in p.breaker
    ])  # fmt: skip
    yield from apart("savings", [(int(b["first"]), int(b["callers"])) for b in p.budget])
    for name in ("circuit", "savings"):
        table = getattr(p, name)
        yield from at_rest(name, table, table.dtype.names, ())


def _streams(p: Program) -> Iterator[str]:
    for row, k in enumerate(p.stream):
        v = int(p.endpoint["service"][k["endpoint"]])
        service = p.service[v]
        if not service["limited"] or service["groups"] != 1:
            yield f"stream[{row}]: its consumers must be a limited service of one group"
        if not 1 <= k["batch"] <= BATCH_MAX or k["slots"] < 1:
            yield f"stream[{row}]: batch must be within 1..{BATCH_MAX}, slots at least 1"
        if not 1 <= k["backoff"] <= TIME_MAX:
            yield f"stream[{row}].backoff: must be within 1..{TIME_MAX} ns"
        if k["tries"] < 0 or not 0 <= k["pause"] <= TIME_MAX:
            yield f"stream[{row}]: tries must not be negative, pause within 0..{TIME_MAX} ns"
        if k["all_pause"] not in (0, 1):
            yield f"stream[{row}].all_pause: {k['all_pause']} must be 0 or 1"
        if k["dead"]:
            yield f"stream[{row}].dead: must be at rest"
        if k["fetch"] != NONE and p.call["pool"][k["fetch"]] != NONE:
            yield f"stream[{row}].fetch: must be a call without a pool"
        rows = p.partition[k["first"] : k["first"] + k["partitions"]]
        if (rows["stream"] != row).any():
            yield f"stream[{row}]: its partitions name another stream"
        if (p.replica["service"][rows["owner"]] != v).any():
            yield f"stream[{row}]: owners must be replicas of its consumers"
    for column in ("under_way", "published", "taken", "until"):
        for row in np.flatnonzero(p.partition[column] != 0).tolist():
            yield f"partition[{row}].{column}: must be at rest"
    if len(p.partition) != int(p.stream["partitions"].sum()):
        yield "partition: each row must belong to exactly one stream"


def _links(p: Program) -> Iterator[str]:
    used = p.service["link"][p.service["link"] != NONE]
    if len(set(used.tolist())) < len(used) or len(used) != len(p.link):
        yield "service.link: each link must be named by exactly one service"
    if (p.replica["held"] < 0).any() or p.replica["held"].sum() > HELD_MAX:
        yield f"replica.held: connections must be within 0..{HELD_MAX} in all"
    for row, k in enumerate(p.link):
        service = p.service[k["service"]]
        if service["link"] != row or service["groups"] != 1:
            yield f"link[{row}]: its service must name it and have one group"
        called = {callee_of(p, call) for call in calls_of(p, int(k["root"]))}
        if int(k["service"]) not in called:
            yield f"link[{row}].root: must call the service that holds the connections"
        first = int(service["replica"])
        held = p.replica["held"][first : first + int(service["per_group"])]
        source = p.source[k["source"]]
        if source["closed"] != lay.OPEN or source["rate"] != 0 or source["phases"]:
            yield f"link[{row}].source: must be an open source without arrivals"
        roots = p.mix["root"][source["mix"] : source["mix"] + source["n_mix"]]
        if k["root"] not in roots:
            yield f"link[{row}].source: must have the link's root in its mix"
        if not SPREAD_MIN <= k["spread"] <= TIME_MAX:
            yield f"link[{row}].spread: must be within {SPREAD_MIN}..{TIME_MAX} ns"
        if k["beats"] != NONE:
            beats = p.source[k["beats"]]
            if beats["closed"] != lay.BEATS or beats["users"] != held.sum():
                yield f"link[{row}].beats: must be a source of as many beats as connections"
    for row in np.flatnonzero(p.source["closed"] == lay.BEATS).tolist():
        if row not in p.link["beats"]:
            yield f"source[{row}]: beats belong to a link"


def _controllers(p: Program) -> Iterator[str]:
    if len(set(p.controller["service"].tolist())) < len(p.controller):
        yield "controller: a service can have one only"
    for row, c in enumerate(p.controller):
        service = p.service[c["service"]]
        if not service["limited"] or service["groups"] != 1:
            yield f"controller[{row}]: its service must be limited and of one group"
        if not 0 <= c["least"] <= service["per_group"]:
            yield f"controller[{row}].least: must be within 0..{service['per_group']}"
        if not (1 <= c["period"] <= TIME_MAX and 0 <= c["delay"] <= TIME_MAX and c["cool"] >= 0):
            yield f"controller[{row}]: period must be above 0, delay and cool not negative"
        if not 0 < c["target"] <= 1:
            yield f"controller[{row}].target: must be within (0, 1]"
        if c["step"] < 0 or not 0 <= c["grow"] <= GROW_MAX:
            yield f"controller[{row}]: step must not be negative, grow within 0..{GROW_MAX:g}"
        if not 0 <= c["tolerance"] <= 1:
            yield f"controller[{row}].tolerance: {c['tolerance']} must be within 0..1"
        if not 0 <= c["down"] <= COUNT_MAX:
            yield f"controller[{row}].down: {c['down']} must be within 0..{COUNT_MAX}"
        looks, size = int(c["looks"]), int(service["cores"]) * int(service["per_group"])
        if not 0 <= looks <= LOOKS_MAX:
            yield f"controller[{row}].looks: must be within 0..{LOOKS_MAX}"
        elif max(1, looks) * int(c["period"]) * size > PARTS_MAX:
            yield f"controller[{row}]: looks, period, cores and replicas multiply past 2^62"
        if any(c[column] for column in ("starting", "calm_at", "seen", "looked")):
            yield f"controller[{row}]: must be at rest"
    memories = zip(p.controller["past"].tolist(), p.controller["looks"].tolist(), strict=True)
    yield from apart("past", [(first, max(1, looks)) for first, looks in memories])
