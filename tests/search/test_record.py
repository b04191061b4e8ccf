"""What the decisions of a search say they were taken for."""

from __future__ import annotations

import pytest

from backend_lead.intake.brief import read_brief
from backend_lead.search.climb import climb_preferring
from backend_lead.search.state import GROWTH


@pytest.mark.parametrize("load", ["20k concurrent users", "2k requests per second"])
def test_decisions_say_what_they_are_needed_for(load: str) -> None:
    """A load is named only where the load was not carried; growth where that alone was short."""
    trail = climb_preferring(read_brief(f"an app backend for {load}").system, "simplest")
    assert trail.holds and trail.decisions
    for row in trail.decisions:
        carried = row.before.reach > 0
        assert row.for_load == (not carried), row.title
        assert row.growth in (0, GROWTH.value)
        if row.growth:
            assert 1 <= row.before.reach < GROWTH.value
            assert "must be able to grow to 2 times" in row.problem
        assert "0 users" not in row.problem
    if "requests" in load:
        assert all(row.needed_above_users == 0 for row in trail.decisions)
        assert any(row.needed_above_per_s > 0 for row in trail.decisions)


def test_the_cheapest_sizes_are_compared_with_complexity() -> None:
    """Machine sizes are chosen by bill and complexity; both totals and both bills are told."""
    trail = climb_preferring(
        read_brief("an app backend for 1M concurrent users").system, "simplest"
    )
    row = next(d for d in trail.decisions if d.title == "Settle the machine sizes")
    chosen = next(option for option in row.options if option.chosen)
    assert "complexity included" in chosen.why
    assert chosen.why.count("instead of") == 2
