"""Availability of journeys from the graph: k-of-n groups, zones that fail together, failovers.

Availability is the share of requests that are answered. Total probability over which zones are up;
within a state, groups are independent (Trivedi & Bobbio, Reliability and Availability Engineering,
2017). A shard that is down takes the requests for its keys with it, not those for others. Parts
that share a zone fail together, so a journey is not the product of its terms. Component figures
come from the catalogue with their ranges; provider SLAs serve as proxies, which the report says.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Kind, Station, standby_zone
from backend_lead.catalog.network import REGION_AVAILABILITY, ZONE_AVAILABILITY, ZONE_REPAIR
from backend_lead.catalog.regions import REGION_REPAIR
from backend_lead.model.design import AvailabilityTerm, JourneyAvailability
from backend_lead.model.system import System
from backend_lead.views.flow import Cached, Call, Flow, FlowStep, Par, Publish, calls_of
from backend_lead.views.network import first_place, region_of
from backend_lead.views.steps import operation_of

BUSY_MAX = 0.95  # a group is down when the replicas left would be busier than this
MINUTES_MONTH = 43_800.0


@dataclass(frozen=True)
class _Group:
    """n replicas in known zones, of which `needed` must be up; `standby`: the stand-in's zone."""

    station: Station
    kind: Kind
    zones: tuple[int, ...]
    needed: int
    standby: int = 0


def binomial_at_least(n: int, k: int, p: float) -> float:
    """Probability that at least k of n independent parts are up, each with probability p."""
    if k <= 0:
        return 1.0
    if k > n:
        return 0.0
    if p >= 1:
        return 1.0
    if n - k <= k:  # sum the shorter side, in logs for large n
        up = range(k, n + 1)
        return min(1.0, math.fsum(_term(n, i, p) for i in up))
    return max(0.0, 1.0 - math.fsum(_term(n, i, p) for i in range(k)))


def _term(n: int, i: int, p: float) -> float:
    if p <= 0:
        return 1.0 if i == 0 else 0.0
    log = math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1)
    return math.exp(log + i * math.log(p) + (n - i) * math.log1p(-p))


def zoned(
    zones: int, per_zone: int, needed: int, instance: float, zone: float, region: float
) -> float:
    """Availability of `needed` of zones x per_zone instances when zones fail as a whole."""
    total = 0.0
    for up in range(zones + 1):
        total += _term(zones, up, zone) * binomial_at_least(up * per_zone, needed, instance)
    return total * region


def _group_up(group: _Group, up: tuple[bool, ...]) -> float:
    """Probability that one group works, given which zones are up."""
    p = group.kind.availability.value
    if group.station.standby:
        return _with_standby(group, up, p)
    if not group.zones:  # no zone of ours takes it away
        return binomial_at_least(group.station.per_group, group.needed, p)
    if _copies_apart(group.station):
        return _with_copies(group, up, p)
    alive = sum(1 for z in group.zones if up[z])
    return binomial_at_least(alive, group.needed, p)


def _copies_apart(station: Station) -> bool:
    """Whether each copy of a record lies in a zone of its own, so that a zone takes one at most."""
    return 1 < station.copies <= len(set(station.zones))


def _with_copies(group: _Group, up: tuple[bool, ...], p: float) -> float:
    """Replicas may be gone in as many zones as copies of a record may be lost; what is left must
    carry the peak. Between zones every pair of replicas is taken to share some record."""
    zones_lost_max = group.station.per_group - group.station.quorum
    states = {(0, 0): 1.0}  # zones with a loss, replicas left
    for zone in sorted(set(group.zones)):
        n = group.zones.count(zone)
        outcomes = (
            [(k < n, k, _term(n, k, p)) for k in range(n + 1)] if up[zone] else [(True, 0, 1.0)]
        )
        after: dict[tuple[int, int], float] = defaultdict(float)
        for (lost, left), before in states.items():
            for gone, k, chance in outcomes:
                after[lost + gone, left + k] += before * chance
        states = after
    return math.fsum(
        chance for (lost, left), chance in states.items()
        if lost <= zones_lost_max and left >= group.needed
    )  # fmt: skip


def _with_standby(group: _Group, up: tuple[bool, ...], p: float) -> float:
    """Two nodes, the second ready after the failover time, as a share of what lasts meanwhile."""
    station, kind = group.station, group.kind
    here, there = up[group.zones[0]], up[group.standby]
    failover_s = station.recover_s or 0.0
    if here and there:
        return p + (1 - p) * p * (1 - min(1.0, failover_s / kind.repair.value))
    if here:
        return p
    return p * (1 - min(1.0, failover_s / ZONE_REPAIR.value)) if there else 0.0


def _needed(flow: Flow, station: Station, busy: float) -> int:
    """Replicas of one group that the peak needs, or that must agree wherever they are."""
    agree = 1 if _copies_apart(station) else station.quorum
    return max(agree, math.ceil(station.per_group * busy / BUSY_MAX))


def _required(steps: tuple[FlowStep, ...]) -> Iterator[Call]:
    """Calls that a program cannot do without; what a cache misses may always be asked for."""
    for step in steps:
        if isinstance(step, Call | Par | Publish):
            yield from (call for call in calls_of((step,)) if not call.optional)
        elif isinstance(step, Cached):
            yield from _required(step.miss)


def journey_stations(flow: Flow, journey: str) -> dict[str, int]:
    """Stations a journey cannot do without, in a fixed order, each with how many of its shards one
    request needs at most: one for each key it asks by, all where a step asks all."""
    found: dict[str, int] = {}
    for ref in flow.system.journeys[journey].steps:
        keys: dict[str, set[str]] = {}
        for key, group in _visited(flow, ref, None, set()):
            word = _key(flow, key) if group is None else f"shard {group}"
            keys.setdefault(flow.nodes[key].station, set()).add(word)
        for station, words in keys.items():
            n = min(len(words), flow.stations[station].groups)
            found[station] = max(found.get(station, 1), n)
    return found


def _visited(
    flow: Flow, key: str, group: int | None, seen: set[tuple[str, int | None]]
) -> Iterator[tuple[str, int | None]]:
    """Nodes that a request needs, each with the shard where one is named."""
    if (key, group) not in seen:
        seen.add((key, group))
        yield key, group
        for call in _required(flow.nodes[key].steps):
            yield from _visited(flow, call.target, call.group, seen)


def _key(flow: Flow, key: str) -> str:
    """By what an operation finds its shard; what says nothing has a key of its own."""
    operation = operation_of(flow.system, key)
    return (operation.shard_key if operation else None) or key


def availability(flow: Flow, busy: dict[str, float]) -> list[JourneyAvailability]:
    """Each journey's availability beside its objective. `busy[station]`: share of cores in use."""
    asked = {j for client in flow.system.workload.clients.values() for j in client.journeys}
    return [_journey(flow, name, busy) for name in flow.system.journeys if name in asked]


def _groups(flow: Flow, station: Station, busy: dict[str, float]) -> list[_Group]:
    component, per = flow.system.components[station.component], station.per_group
    kind = kind_of(component.kind)
    needed = 1 if station.standby else _needed(flow, station, busy.get(station.id, 0.0))
    first = first_place(flow.system, component)
    parts = [station.zones[g * per : (g + 1) * per] for g in range(station.groups)]
    return [
        _Group(station, kind, zones, needed, standby_zone(zones[0], component.zones, first))
        if station.standby else _Group(station, kind, zones, needed)
        for zones in parts
    ]  # fmt: skip


def _journey(flow: Flow, journey: str, busy: dict[str, float]) -> JourneyAvailability:
    system = flow.system
    asked = journey_stations(flow, journey)
    stations = [flow.stations[s] for s in asked]
    groups = {station.id: _groups(flow, station, busy) for station in stations}
    n_zones = max(
        [1, *(z + 1 for part in groups.values() for g in part for z in (*g.zones, g.standby))]
    )
    total = 0.0
    alone = dict.fromkeys(groups, 0.0)
    zone = ZONE_AVAILABILITY.value
    for up in product((True, False), repeat=n_zones):
        chance = math.prod(zone if u else 1 - zone for u in up)
        works = chance
        for name, members in groups.items():
            part = _answers([_group_up(group, up) for group in members], asked[name])
            alone[name] += chance * part
            works *= part
        total += works

    terms = []
    for name in system.workload.entry:
        kind = kind_of(system.components[name].kind)
        terms.append(AvailabilityTerm(name, kind.availability.value, kind.availability.source))
    front = math.prod(term.availability for term in terms)
    for name, members in groups.items():
        terms.append(AvailabilityTerm(name, alone[name], _how(members, asked[name])))
    terms.append(_region(system))
    parts = (system.components[station.component] for station in stations)
    apart = {region_of(system, part) for part in parts} - {system.topology.region}
    for there in sorted(apart):
        up_share, why = REGION_AVAILABILITY.value, REGION_AVAILABILITY.source
        terms.append(AvailabilityTerm(f"region {there}", up_share, why))
    region = math.prod(t.availability for t in terms if t.component.startswith("region"))
    value = total * front * region
    objective = system.slo_of(journey).availability.value
    return JourneyAvailability(
        journey, value, objective, "pass" if value >= objective else "fail",
        (1 - value) * MINUTES_MONTH, tuple(terms),
    )  # fmt: skip


def _answers(groups: list[float], needed: int) -> float:
    """Share of requests answered by shards that are up with these chances, where each needs so many
    of them, which keys spread evenly."""
    if needed >= len(groups):
        return math.prod(groups)
    return float((sum(groups) / len(groups)) ** needed)


def _region(system: System) -> AvailabilityTerm:
    """A region is up, or the one that stands in for it, after the time it takes to go over."""
    one, standby = REGION_AVAILABILITY.value, system.topology.standby
    if standby is None:
        return AvailabilityTerm("region", one, REGION_AVAILABILITY.source)
    missed = min(1.0, standby.failover.value / REGION_REPAIR.value)
    return AvailabilityTerm(
        "region", one + (1 - one) * one * (1 - missed),
        f"{system.topology.region}, and {standby.region} after {standby.failover.text} of a "
        f"{REGION_REPAIR.value / 3600:.0f} h outage; what was written in the last "
        f"{standby.lag.text} before it is lost",
    )  # fmt: skip


def _how(members: list[_Group], needed: int) -> str:
    one = members[0]
    station, p = one.station, one.kind.availability.value
    zones = len(set(one.zones))
    many = ""
    if len(members) > 1:
        some = "all" if needed == len(members) else "one" if needed == 1 else f"{needed}"
        many = f"{len(members)} shards, of which a request needs {some}; each: "
    if station.standby:
        return (
            f"{many}a primary with standby; node {p:.4g}, failover {station.recover_s or 0:.0f} s "
            f"of a {one.kind.repair.value:.0f} s repair of the node, "
            f"{ZONE_REPAIR.value:.0f} s of its zone"
        )
    where = f"{zones} zone{'s' * (zones > 1)}" if zones else "no zone of this system"
    if _copies_apart(station):
        agree = station.copies - (station.per_group - station.quorum)
        return (
            f"{many}{agree} of {station.copies} copies, each in a zone of its own, and "
            f"{one.needed} of {station.per_group} in {where}, each {p:.4g}"
        )
    return f"{many}{one.needed} of {station.per_group} in {where}, each {p:.4g}"
