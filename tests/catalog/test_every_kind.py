"""Every kind of component, held to what a kind has to say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_lead.app.model_steps import ASKING
from backend_lead.catalog import first_of, kind_of, kinds
from backend_lead.catalog.domains import domains, load
from backend_lead.catalog.kind import Kind
from backend_lead.catalog.prices import PriceBook
from backend_lead.model.quantity import ORIGINS
from backend_lead.model.system import Component, System
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from tests.catalog.every_kind import EVERYTHING, read_model

KINDS = sorted(kinds())


@pytest.fixture(scope="module")
def flow() -> Flow:
    """A system with every kind there is."""
    return resolve(read_model(EVERYTHING))


@pytest.mark.parametrize("name", KINDS)
def test_it_says_what_it_is(name: str) -> None:
    """Title, role and summary; the fields it takes are fields there are."""
    kind = kinds()[name]
    assert kind.id == name and kind.title and kind.role and len(kind.summary) > 20
    assert kind.fields <= set(Component.model_fields) and kind.required <= kind.fields
    assert kind.asked_with in ("", *ASKING)


@pytest.mark.parametrize("name", KINDS)
def test_its_facts_have_sources_and_ranges(name: str) -> None:
    """Every number a kind brings has a value inside its range, an origin and a source."""
    kind = kinds()[name]
    ids = [fact.id for fact in kind.facts]
    assert len(set(ids)) == len(ids)
    for fact in (*kind.facts, kind.availability, kind.repair):
        assert fact.low <= fact.value <= fact.high and fact.origin in ORIGINS
        assert len(fact.source) > 8 and len(fact.label) > 5, fact.id
        assert fact.origin != "assumed" or fact.low < fact.high, fact.id
    assert 0.9 < kind.availability.value < 1 and kind.repair.value >= 0


@pytest.mark.parametrize("name", KINDS)
def test_its_machines_have_prices(name: str) -> None:
    """Each machine of each family that a model may name can be paid for."""
    kind = kinds()[name]
    if "instance" not in kind.fields:
        return
    start = f"{kind.machine_class}{'r' if kind.role == 'cache' else 'm'}7g.large"
    ladder = kind.ladder(Component(kind=name, instance=start))
    assert len(ladder) > 3 and start in ladder
    book = PriceBook.load()
    prices = [book.price(machine, "us-east-1").price for machine in ladder]
    assert prices == sorted(prices) and prices[0] > 0


def test_a_tactic_adds_what_is_simplest_to_run() -> None:
    """Of two kinds with one role the one of the lower rank comes first, whatever its name."""
    assert first_of("stream").id == "nats-stream"


def parts(flow: Flow) -> list[tuple[str, Kind, Component]]:
    components = flow.system.components.items()
    return [(name, kind_of(part.kind), part) for name, part in components]


def test_every_kind_is_in_use_somewhere(flow: Flow) -> None:
    """One small system can have all kinds at once."""
    assert {part.kind for _, _, part in parts(flow)} == set(KINDS)


def test_items_are_priced_and_positive(flow: Flow) -> None:
    """What a part costs has a price in the book, and quantities are never negative; who is not in
    the bill says so."""
    book = PriceBook.load()
    for name, kind, part in parts(flow):
        items = kind.items(name, part, flow.traffic[name])
        assert items or "not in the bill" in kind.summary, name
        for item in items:
            tiers = book.tiers(item.sku, "us-east-1")
            assert item.quantity >= 0 and tiers[-1].price > 0, item
            billed = tiers[0].unit.replace("GB", "GiB")  # quoted as GB, billed by 2^30 bytes
            assert billed == item.unit and (item.tiered or len(tiers) == 1), item


def test_twice_the_machines_are_twice_the_instances(flow: Flow) -> None:
    """Stations, instances and words follow the count."""
    for name, kind, part in parts(flow):
        if part.count is None:
            continue
        twice = part.model_copy(update={"count": 2 * part.count})
        one, two = (kind.stations(name, p, flow.traffic[name])[0] for p in (part, twice))
        assert (two.replicas, kind.instances(twice)) == (2 * one.replicas, 2 * kind.instances(part))
        assert kind.size_words(twice).startswith(f"{2 * part.count} x ")


def test_zones_of_a_station_are_spread_evenly(flow: Flow) -> None:
    """No zone holds more than its share, rounded up."""
    for station in flow.stations.values():
        zones = flow.system.components[station.component].zones
        counts = [station.zones.count(zone) for zone in range(zones)]
        assert max(counts) - min(counts) <= station.groups or len(station.zones) < zones
        assert set(station.zones) <= set(range(zones))


def test_no_kind_is_another_under_a_new_name(flow: Flow) -> None:
    """Kinds differ in what they do and cost, not in words alone."""
    seen: dict[object, str] = {}
    for name, kind, part in parts(flow):
        stations = tuple(
            replace(station, id="", component="", cores=0, per_group=1, zones=(), page_bytes=0.0)
            for station in kind.stations(name, part, flow.traffic[name])
        )
        skus = tuple(item.sku for item in kind.items(name, part, flow.traffic[name]))
        facts = tuple((fact.id, fact.value) for fact in kind.facts)
        key = (kind.asked_with, kind.spread_batches, stations, skus, facts)
        assert key not in seen, (name, seen.get(key))
        seen[key] = name


@pytest.mark.parametrize("domain", domains())
def test_every_operation_has_a_station(domain: str) -> None:
    """Whatever is asked of a part is served by a station of that part."""
    flow = resolve(System.model_validate(load(domain).system()))
    for node in flow.nodes.values():
        assert flow.stations[node.station].component == node.component
