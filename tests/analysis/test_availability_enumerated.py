"""Availability against counting every state of every part and zone, one by one."""

from __future__ import annotations

import math
from itertools import product

import pytest

from backend_lead.analysis.availability import (
    _Group,
    _group_up,
    availability,
    binomial_at_least,
)
from backend_lead.catalog import kind_of
from backend_lead.catalog.domains import load
from backend_lead.catalog.kind import Station
from backend_lead.catalog.network import REGION_AVAILABILITY, ZONE_AVAILABILITY
from backend_lead.model.system import System
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve


def flow(count: int, zones: int) -> Flow:
    """The worked domain with so many instances over so many zones, its database in one."""
    model = load("generic").system()
    model["components"]["app"] |= {"count": count, "zones": zones}
    model["components"]["edge"]["zones"] = zones
    return resolve(System.model_validate(model))


def counted(system: Flow, needed: int) -> float:
    """Sum over all states: zones, instances of the service, the database."""
    service, store = system.stations["app"], system.stations["db"]
    up, db = (kind_of(system.system.components[c].kind).availability.value for c in ("app", "db"))
    zone, n = ZONE_AVAILABILITY.value, 1 + max(*service.zones, *store.zones)
    total = 0.0
    for zones in product((True, False), repeat=n):
        chance = math.prod(zone if alive else 1 - zone for alive in zones)
        for parts in product((True, False), repeat=service.replicas):
            some = math.prod(up if alive else 1 - up for alive in parts)
            alive = sum(a and zones[z] for a, z in zip(parts, service.zones))
            if alive >= needed and zones[store.zones[0]]:
                total += chance * some * db
    edge = kind_of(system.system.components["edge"].kind).availability.value
    return total * edge * REGION_AVAILABILITY.value


@pytest.mark.parametrize(("count", "zones"), [(1, 1), (2, 1), (2, 2), (3, 3), (6, 3), (8, 2)])
@pytest.mark.parametrize("busy", [0.05, 0.4, 0.9])
def test_every_state_is_counted(count: int, zones: int, busy: float) -> None:
    """Total probability over zones and parts; replicas that the peak needs must be up."""
    system = flow(count, zones)
    needed = max(1, math.ceil(count * busy / 0.95))
    for journey in availability(system, {"app": busy}):
        assert journey.availability == pytest.approx(counted(system, needed), abs=1e-12)


@pytest.mark.parametrize(("count", "busy"), [(3, 0.05), (6, 0.3), (9, 0.05)])
def test_every_state_of_copies_in_zones_is_counted(count: int, busy: float) -> None:
    """Three copies, each in a zone of its own: lost replicas may lie in one zone alone, however
    many they are, and what is left must carry the peak."""
    p = kind_of("nats-stream").availability.value
    needed = max(1, math.ceil(count * busy / 0.95))
    zones = tuple(i % 3 for i in range(count))
    station = Station("log", "log", 1, count, 2, 64, None, "random", zones, quorum=count - 1,
                      copies=3)  # fmt: skip
    group = _Group(station, kind_of("nats-stream"), station.zones, needed)
    for up in product((True, False), repeat=3):
        total = 0.0
        for parts in product((True, False), repeat=count):
            alive = [a and up[i % 3] for i, a in enumerate(parts)]
            hit = {i % 3 for i, a in enumerate(alive) if not a}
            if len(hit) <= 1 and sum(alive) >= needed:
                total += math.prod(p if a else 1 - p for a in parts)
        assert _group_up(group, up) == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_k_of_n_sums_the_states(n: int) -> None:
    """Against the list of all 2^n states."""
    for k in range(n + 2):
        states = product((True, False), repeat=n)
        listed = sum(0.99 ** sum(s) * 0.01 ** (n - sum(s)) for s in states if sum(s) >= k)
        assert binomial_at_least(n, k, 0.99) == pytest.approx(min(1.0, listed), abs=1e-12)


@pytest.mark.parametrize("zones", [1, 2, 3])
def test_more_instances_never_hurt(zones: int) -> None:
    """Nothing added in parallel lowers a journey."""
    worst = [
        min(j.availability for j in availability(flow(zones * n, zones), {"app": 0.3 / n}))
        for n in (1, 2, 4)
    ]
    assert worst == sorted(worst)
