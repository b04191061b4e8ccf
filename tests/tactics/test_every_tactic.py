"""Every tactic, held to what a tactic promises, on every system that a search meets."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog.domains import domains, load
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.intake.brief import read_brief
from backend_lead.model.digest import digest
from backend_lead.model.system import System
from backend_lead.search.assess import assess
from backend_lead.search.climb import climb_preferring
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Knob
from tests.tactics.models import EVENTS, EXAMPLES, example, read

DOCS = Path(__file__).resolve().parents[2] / "docs" / "tactics"
USERS = {"small": "2k", "large": "200k"}
DESIGNED = ("ecommerce", "generic", "social-feed")
TACTICS = sorted(tactics())


@cache
def small(domain: str, users: str = "2k") -> System:
    """The smallest model of a domain, with so many users at once."""
    return read_brief(f"a {load(domain).words[0]} backend for {users} concurrent users").system


@cache
def systems() -> dict[str, System]:
    """Where a search starts, for each domain, and where it ends, for some; and the examples."""
    out = {f"{d} {word}": small(d, n) for d in domains() for word, n in USERS.items()}
    for domain in DESIGNED:
        found = climb_preferring(small(domain, "200k"), "simplest").final.found
        out[f"{domain} designed"] = found.system
    out["unbounded"] = unbounded(small("generic"))
    out["events"] = read(EVENTS)
    for tactic in TACTICS:
        if (EXAMPLES / f"{tactic}.yaml").is_file():
            out[f"example of {tactic}"] = example(tactic)
    return out


def unbounded(system: System) -> System:
    """The same with clients that retry without a bound, and work that goes on for nobody."""
    out = system.model_copy(deep=True)
    out.workload.deadlines = False
    out.workload.origins.pop("deadlines", None)
    for client in out.workload.clients.values():
        client.retry_budget = None
    return out


def sites() -> list[tuple[str, str, str]]:
    return [
        (tactic, name, site)
        for tactic in TACTICS
        for name, system in systems().items()
        for site in tactics()[tactic].sites(system)
    ]


@pytest.mark.parametrize("tactic", TACTICS)
def test_it_explains_itself(tactic: str) -> None:
    """What it does, when it helps, what it costs, when it hurts, where that is from; and a page."""
    one = tactics()[tactic]
    for text in (one.does, one.helps, one.costs, one.hurts):
        assert len(text) > 40 and text.endswith(".")
    assert one.sources and all(len(source) > 20 for source in one.sources)
    page = (DOCS / f"{tactic}.md").read_text(encoding="utf-8")
    for text in (one.title, *one.sources):
        assert text in page


@pytest.mark.parametrize("tactic", TACTICS)
def test_it_applies_somewhere_and_not_everywhere(tactic: str) -> None:
    """A tactic without a site is dead; one that always has another never ends."""
    found = [tactics()[tactic].sites(system) for system in systems().values()]
    assert any(found)


@pytest.mark.parametrize(("tactic", "name", "site"), sites())
def test_applying_it_gives_a_valid_model_and_leaves_the_given_one(
    tactic: str, name: str, site: str
) -> None:
    """The model is not changed, the new one is read back the same, every knob's ends are valid."""
    system = systems()[name]
    before = digest(system)
    applied = tactics()[tactic].apply(system, site)
    assert digest(system) == before
    assert tactics()[tactic].heading(site)
    for end in (0, -1):
        out = applied.system.model_copy(deep=True)
        for knob in applied.knobs:
            knob.set(out, knob.values[end])
        assert digest(read_checked_text(fresh(out), "backend.yaml").system) == digest(out)
        assert assess(out).cost.usd_month > 0


@pytest.mark.parametrize(("tactic", "name", "site"), sites())
def test_its_knobs_are_bounded_and_ordered(tactic: str, name: str, site: str) -> None:
    """Values begin with what is there or less, cheapest first, and none stands twice."""
    applied = tactics()[tactic].apply(systems()[name], site)
    for knob in applied.knobs:
        assert 0 < len(knob.values) <= 2_000 and len(set(knob.values)) == len(knob.values)
        assert knob.component in applied.system.components
        prices = [_price(applied.system, knob, value) for value in _ends(knob)]
        assert prices == sorted(prices), (knob.id, prices)


def _ends(knob: Knob) -> list[Any]:
    return [knob.values[0], knob.values[len(knob.values) // 2], knob.values[-1]]


def _price(system: System, knob: Knob, value: Any) -> float:
    out = system.model_copy(deep=True)
    knob.set(out, value)
    return round(assess(out).cost.usd_month, 6)


# --- each is the right step somewhere -------------------------------------------------------------
def after(system: System, tactic: str, site: str) -> tuple[Any, Any]:
    """The best of a model as it stands, and with one tactic, sized."""
    applied = tactics()[tactic].apply(system, site)
    return assess(system), size_and_assess(applied.system, list(applied.knobs))


@pytest.mark.parametrize("tactic", ["vertical-scale", "horizontal-scale"])
def test_scaling_the_service_carries_more(tactic: str) -> None:
    """Twice the cores, near twice the load, while the application is the limit."""
    before, now = after(small("generic", "20k"), tactic, "app")
    assert before.limit.component == "app" and now.capacity > 1.2 * before.capacity


@pytest.mark.parametrize(("tactic", "site", "domain"), [
    ("read-replicas", "db", "social-feed"), ("cache-aside", "app", "ecommerce"),
    ("sharding", "db", "generic"),  # a feed asks all shards; items of one user ask one
])  # fmt: skip
def test_a_database_at_its_end_is_relieved(tactic: str, site: str, domain: str) -> None:
    """On the largest machine, what takes load off the primary carries more."""
    system = small(domain, "2M").model_copy(deep=True)
    system.components["db"].instance = "db.m7g.16xlarge"
    system.components["app"].instance, system.components["app"].count = "m7g.16xlarge", 99
    before, now = after(system, tactic, site)
    assert before.limit.component == "db" and now.capacity > 1.1 * before.capacity


def test_a_cdn_takes_public_bytes_off_the_bill() -> None:
    """Where images are served to everybody, edge egress is cheaper than the origin's."""
    system = small("social-feed", "200k")
    site = tactics()["cdn"].sites(system)[0]
    applied = tactics()["cdn"].apply(system, site).system
    assert assess(applied).cost.usd_month < assess(system).cost.usd_month


def test_a_pooler_lets_many_instances_share_few_connections() -> None:
    """A hundred instances want more connections than a small database accepts."""
    system = small("generic", "2k").model_copy(deep=True)
    system.components["app"].count, system.components["app"].pool = 100, 20
    before, now = after(system, "connection-pooler", "db")
    assert before.limit.resource == "connections" and before.capacity == 0
    assert now.capacity >= 1


def test_zones_raise_availability() -> None:
    """One zone is never more available than itself."""
    before, now = after(small("generic", "2k"), "multi-zone", "system")
    assert not before.survives_zone and now.survives_zone
    worst = before.worst_availability.availability, now.worst_availability.availability
    assert worst[0] < 0.999 < worst[1]
