"""The memory of a cache is chosen with the store behind it, for the lowest price."""

from __future__ import annotations

from functools import cache

import pytest

from backend_lead.intake.brief import read_brief
from backend_lead.model.digest import digest
from backend_lead.model.system import System
from backend_lead.search.sizing import price, size, size_and_assess, with_memory
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Knob, copy

OF_CACHE, OF_STORE = "app-cache", "db"
THINNER = 2.0  # more and shorter rows: memory, and not the network of a cache, is its limit


@cache
def cached(users: str) -> tuple[System, tuple[Knob, ...]]:
    """A social network with every part on larger machines and a cache, and the knobs opened."""
    system = read_brief(f"a social network backend for {users} concurrent users").system
    for entity in system.entities.values():
        entity.row = entity.row.model_copy(update={"value": entity.row.value / THINNER})
        entity.rows = entity.rows.model_copy(update={"value": entity.rows.value * THINNER})
    knobs: list[Knob] = []
    for tactic, site in (
        ("vertical-scale", "app"), ("horizontal-scale", "app"), ("vertical-scale", "db"),
        ("cache-aside", "app"),
    ):  # fmt: skip
        applied = tactics()[tactic].apply(system, site)
        system = applied.system
        knobs = [*knobs, *applied.knobs]
    return system, tuple({knob.id: knob for knob in knobs}.values())


def without(knobs: tuple[Knob, ...], component: str) -> list[Knob]:
    return [knob for knob in knobs if knob.component != component]


def memory(system: System) -> tuple[int, str]:
    part = system.components[OF_CACHE]
    return part.shards, part.instance or ""


def test_a_store_that_may_not_grow_gets_a_larger_cache() -> None:
    """With the store as it is, memory is what carries more load."""
    system, knobs = cached("200k")
    fixed = copy(system)
    fixed.components[OF_STORE].instance = "db.m7g.4xlarge"
    turnable = without(knobs, OF_STORE)
    least = size_and_assess(fixed, without(tuple(turnable), OF_CACHE))
    more = size_and_assess(fixed, turnable)
    assert least.limit.component == OF_STORE
    assert least.capacity < 1 <= more.capacity
    assert memory(more.system) != memory(least.system)


def test_a_dearer_cache_that_saves_a_dearer_store_is_taken() -> None:
    """The sizes that first hold have the smallest cache; twice the memory costs less in all."""
    system, knobs = cached("200k")
    first, found = size(system, knobs, 1.0), size_and_assess(system, knobs)
    assert memory(first.system) == (1, "cache.r7g.large")
    assert memory(found.system) == (1, "cache.r7g.xlarge")
    assert found.capacity >= 1 and found.total_usd < price(first.system)


@pytest.mark.parametrize("users", ["100k", "200k", "400k"])
def test_no_memory_is_cheaper_than_the_one_found(users: str) -> None:
    """Against each machine for the cache with all else sized anew: no other costs less."""
    system, knobs = cached(users)
    found = size_and_assess(system, knobs)
    assert found.capacity >= 1
    machine = next(k for k in knobs if k.id == f"{OF_CACHE}.instance")
    others = [k for k in knobs if k is not machine]
    for value in machine.values:
        trial = copy(system)
        machine.set(trial, value)
        sized = size(trial, others, 1.0)
        assert sized.blocked is not None or found.total_usd <= price(sized.system) * 1.0001


def test_more_memory_is_kept_only_where_it_costs_less() -> None:
    """Never dearer than the sizes it began with, and the same each time."""
    system, knobs = cached("200k")
    first = size(system, knobs, 1.0)
    found = with_memory(first, knobs, 1.0)
    assert price(found.system) <= price(first.system)
    assert digest(found.system) == digest(with_memory(first, knobs, 1.0).system)
