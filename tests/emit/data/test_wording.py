"""Numbers of the data pages are put into sentences that a person would write."""

from __future__ import annotations

import math
import re

import pytest

from backend_lead.emit import emitters, render
from backend_lead.emit.data.layer_reading import ended_at
from backend_lead.emit.report.wording import count
from backend_lead.intake.brief import read_brief
from backend_lead.model.design import Design

BRIEFS = (
    "Architect our data layer for analytics: 10 events/s, 20 GB of data",
    "Architect our data layer for analytics: 500,000 events/s of telemetry",
    "Architect our data layer for analytics and real-time processing",
)
ODD = re.compile(r"(?<![\d.,])1 (?:tables|stores|machines|fact tables|products|rows|days)\b"
                 r"|1 fact table hold\b|unbounded times| of cores busy|\d,\d{3}G\b")  # fmt: skip


@pytest.mark.parametrize("brief", BRIEFS)
def test_no_page_counts_one_of_many_or_spells_what_nobody_says(brief: str) -> None:
    """One table is a table, what has no end is said to have none, and large numbers are short."""
    design = Design(read_brief(brief).system, "0" * 12, 1, "", "", "unknown", {})
    pages = {path: text for e in emitters() if e.group == "data"
             for path, text in render(design, e.id).items() if path.endswith(".md")}  # fmt: skip
    odd = {p: ODD.findall(text) for p, text in pages.items() if ODD.search(text)}
    assert pages and not odd


def test_what_has_no_end_is_said_so() -> None:
    """Nothing is asked of it, so no load ends it; a number of twelve digits has a letter."""
    assert ended_at(math.inf) == "no load of this kind" and count(1.06e12) == "1.06T"
