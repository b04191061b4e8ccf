"""Connections that pools may open to the servers of a store, and how many they accept."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from backend_lead.views.flow import Flow, calls_of

SHARE_MAX = 0.9  # of what a server accepts; the rest is for people and tools


@dataclass(frozen=True)
class Opened:
    """`callers` (instances of `who`) that each may open `each` connections to a server."""

    who: str
    callers: int
    each: int

    @property
    def total(self) -> int:
        return self.callers * self.each


def opened(flow: Flow) -> dict[str, list[Opened]]:
    """Per station, who may open how many connections to each of its servers."""
    found: dict[str, dict[str, Opened]] = defaultdict(dict)
    for node in flow.nodes.values():
        for call in calls_of(node.steps):
            if call.pool is None:
                continue
            target = flow.stations[flow.nodes[call.target].station]
            callers = 1 if call.pool.shared else flow.stations[node.station].replicas
            who = "pooler" if call.pool.shared else f"{node.component} instances"
            each = math.ceil(call.pool.size / target.per_group)
            found[target.id][call.pool.key] = Opened(who, callers, each)
    return {sid: list(parts.values()) for sid, parts in found.items()}


def connections(flow: Flow) -> dict[str, tuple[list[Opened], int]]:
    """Stations that limit connections: what may be opened to each server, and what it accepts."""
    return {
        sid: (parts, limit)
        for sid, parts in sorted(opened(flow).items())
        if (limit := flow.stations[sid].connections)
    }
