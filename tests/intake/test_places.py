"""Places of a brief: regions with prices, residency that wins, slips that are no countries."""

from __future__ import annotations

import pytest

from backend_lead.catalog.prices.book import PriceBook
from backend_lead.intake.brief import read_brief
from backend_lead.intake.brief.places import NAMES


def test_every_place_stands_for_a_region_with_prices() -> None:
    """No name leads to a region whose prices would have to be taken from elsewhere."""
    assert set(NAMES) == set(PriceBook.load().regions())


@pytest.mark.parametrize(
    ("words", "region", "residency"),
    [
        ("in Frankfurt", "eu-central-1", None),
        ("for users in Europe", "eu-west-1", None),
        ("EU only", "eu-west-1", "EU"),
        ("EU", "eu-west-1", None),
        ("eu", "eu-west-1", None),
        ("for EU users", "eu-west-1", None),
        ("eu customers", "eu-west-1", None),
        ("all data stays in EU", "eu-west-1", "EU"),
        ("EU, Frankfurt", "eu-central-1", None),
        ("data must not go outside the EU", "eu-west-1", "EU"),
        ("UK", "eu-west-2", None),
        ("for US$20k a month", "us-east-1", None),
        ("EU only, in Frankfurt", "eu-central-1", "EU"),
        ("EU only, us-east-1", "eu-west-1", "EU"),
        ("data stays in France", "eu-west-3", "France"),
        ("with trading pairs and a supply chain", "us-east-1", None),
        ("tell us what it costs", "us-east-1", None),
    ],
)
def test_region_and_residency(words: str, region: str, residency: str | None) -> None:
    """A place sets the region; where data stays comes first; a slip of a word is no place."""
    found = read_brief(f"A shop for 10k concurrent users, {words}").system.topology
    assert (found.region, found.residency) == (region, residency)


@pytest.mark.parametrize("words", ["EU", "for EU users", "in the EU", "UK", "US"])
def test_a_union_by_its_short_name_answers_where_the_users_are(words: str) -> None:
    """What "in the EU" says, "EU" between commas says too: nothing is asked, the origin is told."""
    brief = f"ticket shop for 20k concurrent users, {words}, 3 engineers, 8k USD a month"
    reading = read_brief(brief)
    assert not [q for q in reading.questions if q.text.startswith("Where are the users")]
    origins = reading.document["topology"]["origins"]
    assert origins["region"].startswith("stated, brief: ")
    assert words[-2:] in origins["region"] or "EU" in origins["region"]


@pytest.mark.parametrize("words", ["users outside the EU", "non-EU customers", "no US$ prices"])
def test_where_nobody_is_is_no_place(words: str) -> None:
    """The region stays open; of a union that is ruled out it is told that it is not read."""
    reading = read_brief(f"A shop for 10k concurrent users, {words}")
    assert reading.system.topology.region == "us-east-1"
    assert [q for q in reading.questions if q.text.startswith("Where are the users")]
    told = [f for f in reading.findings if f.rule == "brief-place" and "is not read" in f.message]
    assert bool(told) is ("EU" in words)


@pytest.mark.parametrize("words", ["data stays in France", "in Nairobi", "eu-west-9", "westeurope"])
def test_a_place_without_prices_is_told(words: str) -> None:
    """Where no price is known, the brief says so instead of taking another place in silence."""
    told = read_brief(f"A shop for 10k concurrent users, {words}").findings
    assert any(f.rule == "brief-place" and f.level == "warning" for f in told)


def test_several_regions_are_counted_and_one_is_designed() -> None:
    """Two regions named by id are two regions; that one is designed is told."""
    reading = read_brief("A shop for 10k concurrent users, eu-west-1 and us-east-1")
    assert reading.system.topology.regions == 2
    assert reading.system.topology.region == "eu-west-1"
    assert any("one region is designed" in f.message for f in reading.findings)
