"""data/executive.md: what is decided, its price and its risks agree with each other."""

from __future__ import annotations

import re

from backend_lead.emit import render
from backend_lead.intake.brief import read_brief
from backend_lead.model.design import Design

SMALL = "Architect our data layer for analytics: 10 events/s, 20 GB of data"
LARGE = "Architect our data layer for analytics: 500,000 events/s of telemetry"


def page(brief: str, word: str = "data-executive") -> str:
    """The page for the first model of a brief."""
    (text,) = render(Design(read_brief(brief).system, "0" * 12, 1, "", "", "unknown", {}),
                     word).values()  # fmt: skip
    return text


def test_a_load_beyond_one_machine_is_not_said_to_need_no_further_store() -> None:
    """Where one machine does not carry the load, the page says so, names it as a risk, and has the
    price of the store for analyses in it."""
    text = page(LARGE)
    assert "One machine is not enough" in text and "no further store" not in text
    assert re.search(r"ClickHouse cluster.* costs [\d,.kM]+ USD", text), text
    assert re.search(r"1\. 'db' gives [\d.]+% of what is asked of it", text), text


def test_a_small_load_needs_no_further_store() -> None:
    """And nothing is added to its bill."""
    text = page(SMALL)
    assert "no further store is needed until then" in text and "beside them" not in text


def test_the_page_of_streams_tells_of_the_capture_that_is_taken() -> None:
    """Where services append to the stream first there are no lanes of an outbox."""
    text = page(LARGE, "streaming")
    assert "appends them itself" in text and "lane of the outbox" not in text
