"""Reads of own writes: which there are, how many, and where flow, solver and kernel send them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.solver import solve
from backend_lead.app.check import evidence_of
from backend_lead.app.model_file import read_checked_text
from backend_lead.checks import rules
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.model.system import System
from backend_lead.tactics import tactics
from backend_lead.views.own_writes import own_reads, own_shares
from backend_lead.views.resolve import resolve
from tests.tactics.models import example

USERS, THINK_S, TILLS, LAG_S = 5000, 10.0, 20.0, 2.0
BUYING = USERS / THINK_S * 0.2 / 1.2  # list_orders a second after an order, by users who think
SOON = BUYING * (1 - math.exp(-LAG_S / THINK_S)) + TILLS / 2  # tills do not think


def mended() -> System:
    return tactics()["read-your-writes"].apply(example("read-your-writes"), "db").system


def test_a_read_after_a_write_in_the_same_journey_is_found() -> None:
    """The list of orders after an order; nothing where the list is looked at alone."""
    system = example("read-your-writes")
    (found,) = own_reads(system, system.journeys["buy"].steps)
    assert (found.write.ref, found.read.ref) == ("db.insert_order", "db.list_orders")
    assert found.thinks == 1
    assert not list(own_reads(system, system.journeys["look"].steps))


def test_without_replicas_nothing_lags() -> None:
    """A primary shows what was written to it."""
    system = example("read-your-writes")
    system.components["db"].replicas = 0
    assert not list(own_reads(system, system.journeys["buy"].steps))
    assert not tactics()["read-your-writes"].sites(system)


def test_the_share_is_that_of_reads_within_the_lag() -> None:
    """Think times are exponential; who is not known to think goes on at once."""
    shares = own_shares(mended())["app.list_orders"]
    total = resolve(mended()).visits["app.list_orders"]
    assert shares["db.list_orders"] * total == pytest.approx(SOON)
    assert own_shares(example("read-your-writes")) == {}


def test_solver_and_kernel_send_that_share_to_the_primary() -> None:
    """Rates of the primary rise by it, those of the replicas fall by it, in both."""
    before, after = resolve(example("read-your-writes")), resolve(mended())
    own = after.visits["db.list_orders of own writes"]
    assert own == pytest.approx(SOON)
    assert after.visits["db.list_orders"] == pytest.approx(before.visits["db.list_orders"] - own)
    assert after.nodes["db.list_orders of own writes"].station == "db"
    busy = {use.id: use.busy for use in solve(after).uses}
    assert busy["db cores"] > {use.id: use.busy for use in solve(before).uses}["db cores"]
    loads = {
        load.station: load
        for load in simulation.station_loads(simulation.run_steady(after, 1, measure_s=60), "")
    }
    writes = after.visits["db.insert_order"]
    assert loads["db"].ended_per_s == pytest.approx(writes + SOON, rel=0.03)
    assert loads["db"].busy == pytest.approx(busy["db cores"], rel=0.05)


def test_the_rule_then_has_nothing_to_say() -> None:
    """It tells of the journey, and no longer once own writes are read from the primary."""
    rule = rules()["stale-read-after-write"]
    for system, told in ((example("read-your-writes"), True), (mended(), False)):
        reading = read_checked_text(fresh(system), "shop.yaml")
        found = list(rule.check(evidence_of(reading, Path("/nowhere"))[0]))
        assert bool(found) == told
        assert all("`buy`" in finding.message for finding in found)
