"""The front pages of a request for a data layer answer it, and lead to data/."""

from __future__ import annotations

import pytest

from backend_lead.emit import render
from backend_lead.intake.brief import read_brief
from tests.emit.sample_design import bare_design

BRIEF = "Architect our data layer for analytics and real-time processing"
OTHER = "Backend for an online shop with 2,000 concurrent users"


def front(brief: str) -> dict[str, str]:
    """The pages that people open first."""
    reading = read_brief(brief)
    design = bare_design()
    design.system = reading.system
    design.questions = reading.questions
    design.asks_data = reading.intent == "data"
    return render(design, "readme") | render(design, "report-html") | render(design, "executive")


@pytest.mark.parametrize("page", ["README.md", "report.html", "executive.md", "executive.html"])
def test_a_request_for_a_data_layer_is_answered_in_front(page: str) -> None:
    """Where analyses are asked, whether anything streams, and the way to data/ are on each page."""
    text = front(BRIEF)[page]
    assert "data/executive.md" in text
    assert "PostgreSQL" in text and "stream" in text, text[:2000]


def test_the_readme_begins_with_what_was_asked() -> None:
    """The answer stands before the architecture, with rows, analytics, real time and until when;
    of another request it comes later."""
    pages = [front(BRIEF)["README.md"], front(OTHER)["README.md"]]
    for text, first in zip(pages, (True, False), strict=True):
        assert (text.index("## The data layer") < text.index("## Architecture")) is first
        for word in ("**Rows**", "**Analytics**", "**Real time**", "That changes with",
                     "(data/README.md)"):  # fmt: skip
            assert word in text, word


def test_how_fresh_is_an_open_question() -> None:
    """A request for a data layer is asked how old a figure may be, in its own words."""
    asked = [q.text for q in read_brief(BRIEF).questions]
    assert "How old may a figure be when somebody acts on it ('real-time processing')?" in asked[:4]
    assert not [q for q in read_brief(OTHER).questions if "figure" in q.text]


def test_the_plan_builds_what_delivers_promised_events() -> None:
    """Where the API promises events, the outbox is in the plan of the smallest system; it is named
    as it lies in data/."""
    reading = read_brief(BRIEF)
    design = bare_design()
    design.system = reading.system
    (text,) = render(design, "work-plan").values()
    assert "data/streaming/outbox.sql" in text
    assert "data/streaming/outbox.sql" in render(design, "streaming-outbox")


def test_indexes_are_not_promised_for_every_order() -> None:
    """The conventions do not say that each filter and order is served by an index."""
    reading = read_brief(BRIEF)
    design = bare_design()
    design.system = reading.system
    assert "only what an index serves" not in "".join(render(design, "strategy").values())
