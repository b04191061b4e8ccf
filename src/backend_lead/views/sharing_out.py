"""How the load of a station is shared out among its replicas, as a run does it.

By weights, by the shard that a key lies on, by the key of a request, by the zone of who asks.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from backend_lead.catalog.kind import Station
from backend_lead.kernel import layout as lay
from backend_lead.views.flow import Flow
from backend_lead.views.keyed import Asking, keyed, row_popularity
from backend_lead.views.popularity import Vector

OUTSIDE_ROWS = 1  # instances of a run before those of the first station: what is outside
Places = NDArray[np.int64]


def each(flow: Flow, sid: str) -> Vector:
    """The load of each replica of a station over that of all on the mean, group by group."""
    if sid not in flow.over:
        station = flow.stations[sid]
        flow.over[sid] = np.ones(station.replicas)  # for who asks itself on the way
        flow.over[sid] = _each(flow, station)
    return flow.over[sid]


def _each(flow: Flow, station: Station) -> Vector:
    asked = keyed(flow).asked.get(station.id)
    if asked is None:
        weight = _weight(station)
        own = weight / weight.mean()
        return np.outer(by_group(flow, station), own).ravel()
    load = np.zeros((station.groups, station.per_group))
    for one, rate in asked.items():
        caller = flow.stations[one.caller] if one.caller else None
        from_zones = zones_of(caller, each(flow, one.caller) if one.caller else ())
        shares = by_group(flow, station) if one.by_group else np.ones(station.groups)
        for group, over in enumerate(shares):
            for zone, share in from_zones.items():
                among = in_zone(station, group, zone)
                met = _chosen(flow, station, one, group, among)
                load[group, among] += rate * share * over / station.groups * met
    mean = load.mean()
    return (load / mean).ravel() if mean > 0 else np.ones(station.replicas)


def _chosen(
    flow: Flow, station: Station, one: Asking, group: int, among: list[int]
) -> Vector:  # fmt: skip
    """What each of these replicas of a group has of calls that choose among them."""
    if station.balance == "by-key" and one.key is not None:
        uses = keyed(flow).uses.get(one.key.entity, frozenset())
        mine = rows(flow, station.id)[group * station.per_group :]
        return by_hash(row_popularity(flow, one.key, uses), mine[among])
    weight = _weight(station)[among]
    out: Vector = weight / weight.sum()
    return out


def _weight(station: Station) -> Vector:
    """How much each replica of a group counts for who chooses by weight, or at random."""
    said = station.serving.weights if station.serving else None
    if station.balance != "weighted" or not said:
        return np.ones(station.per_group)
    return np.array([said[i % len(said)] for i in range(station.per_group)], dtype=float)


def by_group(flow: Flow, station: Station) -> Vector:
    """The load of each group over the mean."""
    shares = keyed(flow).shares.get(station.id)
    return np.ones(station.groups) if shares is None else shares * len(shares)


def rows(flow: Flow, sid: str) -> Places:
    """The number in a run of each instance of a station, group by group."""
    first = OUTSIDE_ROWS
    for station in flow.stations.values():
        most = _most(station)
        if station.id == sid:
            starts = first + np.arange(station.groups) * most
            return (starts[:, None] + np.arange(station.per_group)[None, :]).ravel()
        first += station.groups * most
    raise KeyError(sid)


def _most(station: Station) -> int:
    return max(station.per_group, station.scaling.most if station.scaling is not None else 0)


def by_hash(shares: Vector, among: Places) -> Vector:
    """What each of these instances has of requests whose keys have the shares: each key goes to
    the one that it gives the highest hash (rendezvous hashing)."""
    golden = np.uint64(lay.GOLDEN)
    keys = np.arange(1, len(shares) + 1, dtype=np.uint64)
    most, best = np.zeros(len(shares), np.uint64), np.zeros(len(shares), np.int64)
    with np.errstate(over="ignore"):
        for at, row in enumerate(among.tolist()):
            z = (keys ^ (np.uint64(row) * golden)) + golden
            z = (z ^ (z >> np.uint64(30))) * np.uint64(lay.MIX1)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(lay.MIX2)
            z = z ^ (z >> np.uint64(31))
            better = z > most
            most[better], best[better] = z[better], at
    return np.bincount(best, shares, len(among)).astype(float)


def zone_of(station: Station, instance: int) -> int:
    """The zone of an instance in a run; what says none is in the first."""
    return station.zones[instance % len(station.zones)] if station.zones else 0


def in_zone(station: Station, group: int, zone: int | None) -> list[int]:
    """Instances of a group that a caller in a zone (None: in none of ours) chooses among, by their
    place in the group: those of its zone while there are any."""
    every = list(range(station.per_group))
    if zone is None or station.serving is None or not station.serving.near:
        return every
    first = group * station.per_group
    return [i for i in every if zone_of(station, first + i) == zone] or every


def zones_of(station: Station | None, load: Iterable[float]) -> dict[int | None, float]:
    """By zone, the share of a caller's requests that come from there; `load` is that of each of
    its instances over the mean."""
    if station is None:
        return {None: 1.0}
    found: dict[int | None, float] = {}
    for i, over in enumerate(load):
        zone = zone_of(station, i)
        found[zone] = found.get(zone, 0.0) + over / station.replicas
    return found
