"""The budget per hop, and how far a design goes, against what the solver says of slower parts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_lead.analysis.budget import budgets
from backend_lead.analysis.capacity import capacity, highest_load
from backend_lead.catalog.domains import load
from backend_lead.model.design import Hop, HopBudget, Interval, Latency
from backend_lead.model.system import System
from backend_lead.views.flow import DiskRead, Flow
from backend_lead.views.resolve import resolve

REQUEST = "app.place_order"


@pytest.fixture(scope="module")
def flow() -> Flow:
    return resolve(System.model_validate(load("ecommerce").system()))


def rows(flow: Flow, p99_s: float, objective_s: float = 0.2) -> dict[str, HopBudget]:
    latency = Latency(REQUEST, ("order",), 1000, 0, *[Interval(p99_s, p99_s, p99_s)] * 3,
                      objective_s, "pass", "steady")  # fmt: skip
    hops = [Hop(n.component, n.name, 1.0, 0.01, 0.02, 0, 0, 0, "steady")
            for n in flow.nodes.values()]  # fmt: skip
    return {row.hop: row for row in budgets(flow, [latency], hops)}


def test_every_part_a_request_visits_has_a_budget(flow: Flow) -> None:
    """The request itself comes first, then exactly what its endpoint calls."""
    found = rows(flow, 0.1)
    does = flow.system.components["app"].endpoints["place_order"].does
    queries = [f"db.{step.query.split('.')[1]}" for step in does if step.query]
    assert list(found) == [REQUEST, *dict.fromkeys(queries)]
    assert {hop: row.calls for hop, row in found.items() if hop != REQUEST} == {
        hop: queries.count(hop) for hop in queries
    }


def test_together_scales_and_alone_shares_the_slack(flow: Flow) -> None:
    """Half the objective used: all may double; one alone may take the slack over its calls."""
    for row in rows(flow, 0.1).values():
        assert row.together_s == pytest.approx(2 * row.p99_s)
        assert row.alone_s == pytest.approx(row.p99_s + 0.1 / max(1.0, row.calls))


def test_a_missed_objective_leaves_less_than_now(flow: Flow) -> None:
    """Beyond the objective every part must become faster; no budget is negative."""
    for row in rows(flow, 0.4).values():
        assert row.together_s == pytest.approx(row.p99_s / 2)
        assert 0 <= row.alone_s < row.p99_s
    assert rows(flow, float("inf")) == {}


def test_a_disk_that_is_asked_for_too_much_ends_the_curve(flow: Flow) -> None:
    """Reads that miss memory count: a slower disk carries less and is named first."""
    station = flow.stations["db"]
    nodes = {
        key: replace(node, steps=(*node.steps, DiskRead(0.5, 0.0005))) if key[:3] == "db." else node
        for key, node in flow.nodes.items()
    }
    slow, free = (
        replace(flow, nodes=nodes, stations={**flow.stations, "db": replace(station, disk_iops=n)})
        for n in (100.0, 0.0)
    )
    assert highest_load(slow) < highest_load(free)
    found = capacity(slow)
    assert found.bottlenecks[0].resource == "disk of db"
    assert all(not p.holds for p in found.points if p.users > found.bottlenecks[0].at_users)
