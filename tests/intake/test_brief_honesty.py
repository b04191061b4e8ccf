"""What of a brief can't be read or honoured is told or refused, never changed in silence."""

from __future__ import annotations

import pytest

from backend_lead.intake.brief import read_brief
from backend_lead.model.finding import InvalidInput

CONCURRENT = "concurrent users at peak"


@pytest.mark.parametrize(
    ("words", "meaning", "text"),
    [
        ("1,5 million concurrent users", CONCURRENT, "1.5M"),
        ("1,5k concurrent users", CONCURRENT, "1.5k"),
        ("2,25 Million DAU", "users of a day", "2.25M"),
        ("1,500 concurrent users", CONCURRENT, "1.5k"),
        ("99,95% availability", "availability objective", "99.95%"),
        ("99,999 % uptime", "availability objective", "99.999%"),
        ("p99 under 0,5 s", "p99 latency objective", "500 ms"),
    ],
)
def test_decimal_comma(words: str, meaning: str, text: str) -> None:
    """A comma is a decimal comma where nothing else can be meant."""
    reading = read_brief(f"A shop, {words}")
    assert (meaning, text) in [(s.meaning, s.text) for s in reading.stated]
    assert not [f for f in reading.findings if f.rule == "brief-number-unread"]


@pytest.mark.parametrize(
    "words", ["1,5 users", "1.234,5 million users", "1 5 million users", "a budget of $1,50"]
)
def test_number_cut_by_a_comma_is_refused(words: str) -> None:
    """A digit left over beside a quantity is never dropped: the brief is refused."""
    with pytest.raises(InvalidInput) as refused:
        read_brief(f"A shop backend for {words}")
    assert "more than one way" in refused.value.findings[0].message


@pytest.mark.parametrize(
    "words",
    [
        "2k concurrent users, 1.5.3 ms p99",
        "2k concurrent users, p99 0.2.5 s",
        "1.000.0 concurrent users",
        "1.000,000 concurrent users",
        "1,000.000,000 concurrent users",
        "1.5.3k concurrent users",
        "10'000,000 users at once",
        "2k concurrent users, 99.9.5% availability",
        "2k concurrent users, $2.50.0 a month",
    ],
)
def test_separators_that_part_nothing_are_refused(words: str) -> None:
    """A slip among the separators of a number is told with its place, never read as a number."""
    with pytest.raises(InvalidInput) as refused:
        read_brief(f"A shop backend for {words}")
    assert refused.value.findings[0].place.column > len("A shop backend for ")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("1.000.000", "1M"),
        ("1,000,000", "1M"),
        ("1 000 000", "1M"),
        ("1'000'000", "1M"),
        ("1_000_000", "1M"),
        ("10,00,000", "1M"),
        ("1,500.0", "1.5k"),
        ("1.5k", "1.5k"),
    ],
)
def test_separators_of_thousands(words: str, text: str) -> None:
    """Thousands may be parted in any of the styles people use."""
    stated = read_brief(f"A shop for {words} concurrent users").stated
    assert (CONCURRENT, text) in [(s.meaning, s.text) for s in stated]


def test_a_version_is_no_slip() -> None:
    """Digits of a version that belong to no quantity are told, and the rest is read."""
    reading = read_brief("A shop for 10k concurrent users on our framework 1.5.3")
    assert [f.seen for f in reading.findings if f.rule == "brief-number-unread"] == ["1.5.3"]


def test_number_apart_from_the_load_is_only_told() -> None:
    """A year before the load is no part of it."""
    for sentence in ("A shop in 2030, 10k concurrent users", "In 2030 10k concurrent users"):
        reading = read_brief(sentence)
        assert [f.rule for f in reading.findings].count("brief-number-unread") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("in 3 regions", "one region is designed"),
        ("multi-region", "one region is designed"),
        ("with a team of 4", "the size of the team does not shape the design"),
    ],
)
def test_what_does_not_shape_the_design_is_told(words: str, why: str) -> None:
    """Regions and team size are read and kept; that nothing follows from them is told."""
    reading = read_brief(f"A shop for 10k concurrent users, {words}")
    told = [f for f in reading.findings if f.rule == "brief-not-honoured"]
    assert len(told) == 1 and told[0].level == "warning" and why in told[0].message
    one = read_brief("A shop for 10k concurrent users, one region")
    assert not [f for f in one.findings if f.rule == "brief-not-honoured"]


def test_stated_places_have_their_words_as_origin() -> None:
    """What the brief says of places replaces the assumption; the rest stays assumed."""
    found = read_brief("A shop for 10k concurrent users in 2 zones, data in the EU").system.topology
    assert found.origins["zones"].startswith('stated, brief: "2 zones"')
    assert found.origins["residency"].startswith('stated, brief: "')
    assert "data may stay" in found.origins["region"]
    assert found.origins["provider"].startswith("assumed: ")
