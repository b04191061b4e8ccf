"""Replicas of a station that are not asked alike: how much busier some are, and what that does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backend_lead.views.flow import Flow
from backend_lead.views.keyed import keyed
from backend_lead.views.popularity import Vector
from backend_lead.views.sharing_out import by_group, each, in_zone, zone_of

ALONE = 8  # loads that are looked at one by one, the highest; the others are taken to be alike
SAME = 12  # digits that make two loads the same
Groups = tuple[tuple[float, float], ...]


def groups(flow: Flow, sid: str) -> Groups:
    """(share of the calls, load over the mean) of replicas that are asked alike, the busiest
    first."""
    return _alike(each(flow, sid))


def pooled(flow: Flow, caller: str | None, callee: str) -> Groups:
    """Likewise of pools of connections to a station: one of each caller's replica (None: all share
    them) to each group."""
    own = np.ones(1) if caller is None else each(flow, caller)
    return _alike(np.outer(own, by_group(flow, flow.stations[callee])).ravel())


def partitions(flow: Flow, handler: str) -> Groups:
    """Likewise of the partitions whose messages it handles."""
    shares = keyed(flow).partitions.get(handler)
    return _alike(np.ones(1) if shares is None else shares * len(shares))


def compared(flow: Flow, sid: str) -> int:
    """Replicas of a group that a balancer chooses among: where callers stay in their own zone,
    those of the zone with the fewest."""
    station = flow.stations[sid]
    near = station.serving is not None and station.serving.near
    if not near or all(not one.caller for one in keyed(flow).asked.get(sid, ())):
        return station.per_group
    zones = {zone_of(station, i) for i in range(station.per_group)}
    return min(len(in_zone(station, 0, zone)) for zone in zones)


def _alike(over: Vector) -> Groups:
    loads, many = np.unique(np.round(over, SAME), return_counts=True)
    found = [
        (float(load) * int(n) / len(over), float(load))
        for load, n in zip(loads[::-1][:ALONE], many[::-1])
        if load > 0
    ]
    rest = loads[::-1][ALONE:] > 0
    if rest.any():
        counts = many[::-1][ALONE:][rest]
        load = float((loads[::-1][ALONE:][rest] * counts).sum())
        found.append((load / len(over), load / int(counts.sum())))
    return tuple(found)


def mixed(parts: Groups, at: Callable[[float], tuple[float, ...]]) -> tuple[float, ...]:
    """What calls meet on the mean: `at` gives it for a load over the mean."""
    if len(parts) == 1:
        return at(parts[0][1])
    met = [at(over) for _, over in parts]
    return tuple(
        sum(share * value for (share, _), value in zip(parts, column))
        for column in zip(*met, strict=True)
    )
