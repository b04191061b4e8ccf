"""Availability of a primary with a standby, against its states counted one by one."""

from __future__ import annotations

import math
from itertools import product

import pytest

from backend_lead.analysis.availability import availability
from backend_lead.catalog import kind_of
from backend_lead.catalog.domains import load
from backend_lead.catalog.network import REGION_AVAILABILITY, ZONE_AVAILABILITY, ZONE_REPAIR
from backend_lead.model.system import System
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

FAILOVER_S = 60.0


def flow(zones: int, shards: int = 1, failover: str = "1 min") -> Flow:
    """The worked domain with its database over so many zones, all else in three."""
    model = load("generic").system()
    model["topology"] = {"zones": 3}
    model["components"]["app"] |= {"count": 3, "zones": 3}
    model["components"]["edge"]["zones"] = 3
    model["components"]["db"] |= {"zones": zones, "shards": shards}
    model["components"]["db"]["failover"] = {
        "value": failover, "origin": "stated", "source": "here"
    }  # fmt: skip
    return resolve(System.model_validate(model))


def one_store(
    up: tuple[bool, ...], primary: int, standby: int, node: float, repair: float
) -> float:
    """Both nodes' states; where the first is lost, the second serves after the failover."""
    total = 0.0
    for first, second in product((True, False), repeat=2):
        chance = math.prod(node if ok else 1 - node for ok in (first, second))
        if first and up[primary]:
            total += chance
        elif second and up[standby]:
            lasts = ZONE_REPAIR.value if not up[primary] else repair
            total += chance * (1 - FAILOVER_S / lasts)
    return total


def counted(zones: int, shards: int, whole: bool) -> float:
    """Sum over the zones' states, the service's instances and the database's nodes; of shards the
    share of the keys that is there, or, where a request asks `whole`, whether all are."""
    system = flow(zones, shards)
    parts = system.system.components
    app, edge = (kind_of(parts[c].kind).availability.value for c in ("app", "edge"))
    store = kind_of(parts["db"].kind)
    node, repair, zone = store.availability.value, store.repair.value, ZONE_AVAILABILITY.value
    total = 0.0
    for up in product((True, False), repeat=3):
        chance = math.prod(zone if alive else 1 - zone for alive in up)
        served = 1 - (1 - app) ** sum(up)
        each = [one_store(up, g % zones, (g + 1) % zones, node, repair) for g in range(shards)]
        stored = math.prod(each) if whole else sum(each) / shards
        total += chance * served * stored
    return total * edge * REGION_AVAILABILITY.value


@pytest.mark.parametrize("zones", [2, 3])
@pytest.mark.parametrize("shards", [1, 2, 3])
def test_a_standby_serves_after_the_failover(zones: int, shards: int) -> None:
    """A lost node or zone costs the failover time of its repair; then the standby serves."""
    system = flow(zones, shards)
    found = availability(system, {"app": 0.1})
    for journey in found:
        expected = counted(zones, shards, whole=False)
        assert journey.availability == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("shards", [2, 3])
def test_a_request_that_asks_all_shards_needs_all(shards: int) -> None:
    """An operation without a key is lost with any shard; requests by key go on at the others."""
    system = flow(3, shards).system
    for operation in system.components["db"].operations.values():
        if operation.type == "read":
            operation.shard_key = None
    found = {j.journey: j for j in availability(resolve(system), {"app": 0.1})}
    assert found["find"].availability == pytest.approx(counted(3, shards, whole=True), abs=1e-12)
    assert "a request needs all" in next(t.how for t in found["find"].terms if t.component == "db")


def test_more_shards_lose_no_more_requests() -> None:
    """A lost shard fails its part of the requests: twice the shards fail half as long each."""
    one, eight = (availability(flow(3, n), {})[0].availability for n in (1, 8))
    assert eight == pytest.approx(one, abs=1e-5)


def test_a_lost_zone_costs_its_failover() -> None:
    """Against a failover that takes no time, by the chance of the zone's loss."""
    slow, fast = (
        min(j.availability for j in availability(flow(2, failover=text), {}))
        for text in ("1 min", "1 ms")
    )
    store = kind_of("postgres")
    lost = (1 - ZONE_AVAILABILITY.value) * FAILOVER_S / ZONE_REPAIR.value
    node = (1 - store.availability.value) * FAILOVER_S / store.repair.value
    assert fast - slow == pytest.approx(lost + node, rel=0.01)


def test_a_zone_without_either_node_does_not_matter_to_the_store() -> None:
    """Only the primary's and the standby's zones count: three zones are as good as two."""
    two, three = (
        next(t for t in availability(flow(z), {})[0].terms if t.component == "db").availability
        for z in (2, 3)
    )
    assert two == pytest.approx(three, abs=1e-12)
