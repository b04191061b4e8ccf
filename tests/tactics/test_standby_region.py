"""A second region: when it is offered, what it gives and what it costs."""

from __future__ import annotations

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog.regions import second_region
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.model.finding import InvalidInput
from backend_lead.model.system import System
from backend_lead.model.topology import Standby
from backend_lead.search.assess import assess
from backend_lead.search.climb import climb_preferring
from backend_lead.tactics import tactics
from tests.tactics.models import example

TACTIC = tactics()["standby-region"]


def test_it_is_offered_only_where_one_region_is_not_enough() -> None:
    """For an objective above what one region gives, or where its loss must be survived."""
    assert TACTIC.sites(example("autoscaling")) == []
    assert TACTIC.sites(example("standby-region")) == ["system"]
    assert TACTIC.sites(example("standby-region-hurts")) == ["system"]
    assert TACTIC.sites(TACTIC.apply(example("standby-region"), "system").system) == []


@pytest.mark.parametrize(("region", "residency", "found"), [
    ("eu-west-1", "EU", "eu-central-1"), ("eu-central-1", "EU", "eu-west-1"),
    ("eu-central-1", "Germany", None), ("eu-west-2", "EU", None), ("eu-west-2", None, "eu-west-1"),
    ("us-east-1", "United States", "us-east-2"), ("nowhere-1", None, None),
])  # fmt: skip
def test_data_stays_where_it_may_be(region: str, residency: str | None, found: str | None) -> None:
    """Under a residency the second region is inside of it, or there is none."""
    assert second_region(region, residency) == found
    system = example("standby-region")
    system.topology.region, system.topology.residency = region, residency
    assert TACTIC.sites(system) == (["system"] if found else [])


def test_a_search_keeps_an_objective_above_one_region() -> None:
    """Not met by more machines or zones; met by the second region, whose times are told."""
    trail = climb_preferring(example("standby-region"), "simplest")
    assert not trail.start.available and trail.holds
    assert ("standby-region", "system") in trail.final.moves
    region = trail.final.found.availability[0].terms[-1]
    assert region.component == "region" and region.availability > 0.9999
    assert "15 min" in region.how and "5 s" in region.how


def test_a_loss_that_must_be_survived_makes_it_necessary() -> None:
    """The availability is met without it; the stated time for the loss of a region is not."""
    trail = climb_preferring(example("standby-region-hurts"), "simplest")
    assert trail.start.available and not trail.start.survives_region
    assert trail.holds and trail.final.found.survives_region


def test_a_time_it_cannot_keep_is_not_promised() -> None:
    """A region that takes a quarter of an hour does not do for a minute."""
    system = example("standby-region-hurts")
    limit = system.topology.recover_region
    assert limit is not None
    system.topology.recover_region = limit.model_copy(update={"value": 60.0})
    assert not climb_preferring(system, "simplest").holds


def test_the_second_region_has_its_lines_in_the_bill() -> None:
    """The data and one instance of each part, at the prices of the other region."""
    before = assess(example("search-index")).cost
    after = assess(TACTIC.apply(_strict(), "system").system).cost
    there = [line for line in after.lines if line.region == "us-east-2"]
    assert {line.component for line in there} == {"edge", "app", "db"}
    assert sum(line.usd_month for line in there) == pytest.approx(
        after.usd_month - before.usd_month
    )
    assert sum(line.usd_month for line in there) < before.usd_month / 2


def _strict() -> System:
    system = example("search-index")
    ratio = system.slos[0].availability
    system.slos[0].availability = ratio.model_copy(update={"value": 0.9998})
    return system


def test_a_region_cannot_stand_in_for_itself() -> None:
    """The model is refused, with the place and what is allowed."""
    system = TACTIC.apply(example("standby-region"), "system").system
    standby = system.topology.standby
    assert isinstance(standby, Standby)
    standby.region = system.topology.region
    with pytest.raises(InvalidInput) as caught:
        read_checked_text(fresh(system), "backend.yaml")
    assert "cannot stand in for itself" in str(caught.value.findings)
