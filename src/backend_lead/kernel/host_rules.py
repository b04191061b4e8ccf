"""The rules of hosts, lines of ranks, the network, locks and watches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .bounds import (
    COUNT_MAX,
    OFTEN_MIN,
    SPEED_MAX,
    SPEED_MIN,
    TIME_MAX,
    WAIT_NS_MAX,
    apart,
    at_rest,
    longest,
)
from .layout import NONE
from .place_rules import largest_factor

if TYPE_CHECKING:
    from .program import Program


def find_wrong_hosts(p: Program) -> Iterator[str]:
    """Give what is wrong with these tables, one sentence each."""
    yield from _hosts(p)
    yield from _lines(p)
    yield from _network(p)
    yield from _watches(p)
    yield from at_rest("lock", p.lock, (), ("holder", "head", "tail"))


def _hosts(p: Program) -> Iterator[str]:
    for row in np.flatnonzero(~((p.speed >= SPEED_MIN) & (p.speed <= SPEED_MAX))).tolist():
        yield f"speed[{row}]: {p.speed[row]} must be within {SPEED_MIN:g}..{SPEED_MAX:g}"
    yield from at_rest("host", p.host, ("v", "since", "jobs", "entered"), ("root",))
    hosted = p.replica["host"] != NONE
    services = p.service[p.replica["service"]]
    for row in np.flatnonzero(hosted & (services["limited"] == 0)).tolist():
        yield f"replica[{row}].host: only replicas of limited services share a host"
    worked = np.unique(p.op["a"][p.op["code"] == lay.OP_CPU])  # what else is drawn is no work
    within = worked[(worked >= 0) & (worked < len(p.dist))]
    drawn = max((longest(d) for d in p.dist[within]), default=0.0)
    slow = p.fault["x"][p.fault["action"] == lay.FAULT_SLOW]
    work = drawn * largest_factor(p) * max(slow.max(initial=1), p.replica["slow"].max(initial=1))
    for row, h in enumerate(p.host):
        m = int(h["n"])
        speeds = p.speed[h["speed"] : h["speed"] + m]
        if not speeds.min() >= SPEED_MIN:
            continue
        jobs = max(m, float(services["workers"][p.replica["host"] == row].sum()))
        if not work / min(speeds.min(), speeds[-1] * m / jobs) <= WAIT_NS_MAX:
            yield f"host[{row}]: the longest work among {jobs:g} jobs must end within 2^61 ns"


def _lines(p: Program) -> Iterator[str]:
    yield from at_rest("line", p.line, (), ("head", "tail"))
    ranked = p.service["order"][p.replica["service"]] == lay.RANKED
    for row in np.flatnonzero(ranked & (p.replica["lines"] == NONE)).tolist():
        yield f"replica[{row}].lines: a replica of a ranked service needs {lay.RANKS} lines"
    named = p.replica["lines"][p.replica["lines"] != NONE].tolist()
    yield from apart("line", [(first, lay.RANKS) for first in named])


def _network(p: Program) -> Iterator[str]:
    for row in np.flatnonzero((p.hop["rtt"] < 0) | (p.hop["rtt"] > TIME_MAX)).tolist():
        yield f"hop[{row}].rtt: {p.hop['rtt'][row]} must be within 0..{TIME_MAX} ns"
    for row in np.flatnonzero(~((p.hop["loss"] >= 0) & (p.hop["loss"] < 1))).tolist():
        yield f"hop[{row}].loss: {p.hop['loss'][row]} must be within 0..1, below 1"
    for row in np.flatnonzero((p.hop["cut"] != 0) & (p.hop["cut"] != 1)).tolist():
        yield f"hop[{row}].cut: {p.hop['cut'][row]} must be 0 or 1"
    for row in np.flatnonzero(p.replica["zone"] < 0).tolist():
        yield f"replica[{row}].zone: must not be negative"


def _watches(p: Program) -> Iterator[str]:
    if len(set(p.watch["service"].tolist())) < len(p.watch):
        yield "watch: a service can have one only"
    for row, w in enumerate(p.watch):
        if w["period"] and not OFTEN_MIN <= w["period"] <= TIME_MAX:
            yield f"watch[{row}].period: must be 0 (no checks) or within {OFTEN_MIN}..{TIME_MAX} ns"
        if not (1 <= w["fails"] <= COUNT_MAX and 1 <= w["passes"] <= COUNT_MAX):
            yield f"watch[{row}]: fails and passes must be at least 1"
        if w["eject"] < 0:
            yield f"watch[{row}].eject: must not be negative"
        elif w["eject"] and not 1 <= w["pause"] <= TIME_MAX:
            yield f"watch[{row}].pause: must be within 1..{TIME_MAX} ns"
        if not 0 <= w["share"] <= 1:
            yield f"watch[{row}].share: {w['share']} must be within 0..1"
