"""The search: smallest start, honest end, nothing left that is not needed, the same each time."""

from __future__ import annotations

from functools import cache

import pytest

from backend_lead.catalog.domains import domains, load
from backend_lead.intake.brief import read_brief
from backend_lead.model.digest import digest
from backend_lead.model.system import System
from backend_lead.search.assess import assess
from backend_lead.search.climb import climb
from backend_lead.search.sizing import polish, price, size, size_and_assess
from backend_lead.search.state import GROWTH, Trail
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Knob, copy

USERS = ("20", "2k", "50k")
LARGE = pytest.param("1M", marks=pytest.mark.full)


def brief(domain: str, users: str, more: str = "") -> System:
    words = load(domain).words[0]
    return read_brief(f"a {words} backend for {users} concurrent users{more}").system


@cache
def found(domain: str, users: str, more: str = "") -> Trail:
    return climb(brief(domain, users, more))


def in_gate(domain: str, users: str) -> bool:
    """Every domain is searched at one size in the gate, three at more; all in the long tier."""
    return users == "2k" or (users != "1M" and domain in ("ecommerce", "generic", "social-feed"))


CASES = pytest.mark.parametrize(
    ("domain", "users"),
    [
        pytest.param(d, u, marks=() if in_gate(d, u) else pytest.mark.full)
        for d in domains()
        for u in (*USERS, "1M")
    ],
)


@CASES
def test_it_keeps_every_objective(domain: str, users: str) -> None:
    """At design peak with one zone lost: load, p99, availability, and room to grow."""
    trail = found(domain, users)
    final = trail.final.found
    assert trail.holds and final.capacity >= 1 and final.available and final.survives_zone
    assert trail.final.reach >= GROWTH.value
    again = assess(final.system)
    assert again.capacity >= 1 and again.total_usd == pytest.approx(final.total_usd)


@CASES
def test_each_decision_has_its_evidence(domain: str, users: str) -> None:
    """Numbered in order, a problem, one chosen option among those tried, each with its worth."""
    trail = found(domain, users)
    for number, step in enumerate(trail.decisions, 1):
        assert (step.number, step.id) == (number, f"{number:04d}")
        assert step.problem and step.summary and step.costs
        chosen = [option for option in step.options if option.chosen]
        assert len(chosen) == 1 and chosen[0].after == step.after
        assert all(option.why and option.after.usd_month > 0 for option in step.options)
    if trail.decisions:
        last = trail.decisions[-1].after
        assert last.usd_month == pytest.approx(trail.final.found.cost.usd_month)


@pytest.mark.parametrize(
    "domain",
    [pytest.param(d, marks=() if in_gate(d, "50k") else pytest.mark.full) for d in domains()],
)
def test_no_part_is_left_that_could_go(domain: str) -> None:
    """Without any one of the steps taken, a promise breaks or the bill is no smaller."""
    trail = found(domain, "50k")
    start = brief(domain, "50k")
    for gone in trail.final.moves:
        current, knobs = start, dict[str, Knob]()
        for tactic, site in trail.final.moves:
            if (tactic, site) != gone and site in tactics()[tactic].sites(current):
                applied = tactics()[tactic].apply(current, site)
                current = applied.system
                knobs |= {knob.id: knob for knob in applied.knobs}
        other = size_and_assess(current, list(knobs.values()))
        kept = other.capacity >= 1 and other.available and other.survives_zone
        grows = kept and assess(current, 1.0) and size(
            current, list(knobs.values()), GROWTH.value
        ).blocked is None  # fmt: skip
        assert not (kept and grows) or other.total_usd > trail.final.found.total_usd * 0.99, gone


@pytest.mark.parametrize(
    "domain",
    [pytest.param(d, marks=() if in_gate(d, "20") else pytest.mark.full) for d in domains()],
)
def test_few_users_get_one_service_and_one_database(domain: str) -> None:
    """Twenty users are no reason for a cache, replicas, shards or a CDN."""
    system = found(domain, "20").final.found.system
    assert set(system.components) == {"edge", "app", "db"}
    database = system.components["db"]
    assert (database.replicas, database.shards, database.pooler) == (0, 1, None)


def test_it_is_the_same_each_time() -> None:
    """No part of the search depends on chance or on what was asked before."""
    first, second = found("ecommerce", "50k"), climb(brief("ecommerce", "50k"))
    assert digest(first.final.found.system) == digest(second.final.found.system)
    assert first.decisions == second.decisions


def test_more_users_never_cost_less() -> None:
    """The bill grows with the load."""
    bills = [found("generic", n).final.found.cost.usd_month for n in ("20", "2k", "50k")]
    assert bills == sorted(bills)


@pytest.mark.parametrize("more", [", p99 under 6 ms", ", 99.9999%"])
def test_a_promise_nobody_can_keep_ends_the_search(more: str) -> None:
    """It stops with what is missing and without spending on what cannot mend it."""
    trail = found("generic", "2k", more)
    plain = found("generic", "2k")
    assert not trail.holds and len(trail.decisions) <= 6
    assert trail.final.found.cost.usd_month < 5 * plain.final.found.cost.usd_month


# --- sizing ---------------------------------------------------------------------------------------
def cheapest(system: System, knobs: list[Knob]) -> float:
    """The least price over every setting of the knobs that carries the load."""
    best = float("inf")

    def look(rest: list[Knob], current: System) -> None:
        nonlocal best
        if rest:
            for value in rest[0].values[:12]:
                out = copy(current)
                rest[0].set(out, value)
                look(rest[1:], out)
        elif assess(current).capacity >= 1:
            best = min(best, price(current))

    look(knobs, system)
    return best


@pytest.mark.parametrize(
    "users", ["8k", *(pytest.param(n, marks=pytest.mark.full) for n in ("20k", "40k"))]
)
def test_sizes_are_as_cheap_as_any(users: str) -> None:
    """Within 5 % of the cheapest of all settings of machine size, number and database size."""
    system = brief("generic", users)
    knobs: dict[str, Knob] = {}
    steps = (("multi-zone", "system"), ("horizontal-scale", "app"), ("vertical-scale", "app"),
             ("vertical-scale", "db"))  # fmt: skip
    for tactic, site in steps:
        applied = tactics()[tactic].apply(system, site)
        system = applied.system
        knobs |= {knob.id: knob for knob in applied.knobs}
    priced = [knob for knob in knobs.values() if knob.field in ("count", "instance")]
    best = polish(size_and_assess(system, list(knobs.values())), list(knobs.values()))
    assert best.capacity >= 1
    assert best.total_usd <= cheapest(best.system, priced) * 1.05
