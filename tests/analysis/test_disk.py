"""The disk of a database: what it sustains is a limit in the solver and in the kernel alike."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.solver import loads, solve
from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog.domains import load
from backend_lead.catalog.kind import Station
from backend_lead.model.system import System
from backend_lead.views.flow import DiskRead, Flow, FlowStep, Node
from backend_lead.views.resolve import resolve

READ_S = 0.01  # several reads at once, as a real volume serves them


def station(iops: float) -> Station:
    return replace(resolve_domain().stations["db"], disk_iops=iops)


def resolve_domain() -> Flow:
    """The worked domain with 2,000 users, which its one small machine carries easily."""
    model = load("generic").system()
    for client in model["workload"]["clients"].values():
        client["users"] |= {"value": "1k", "origin": "stated"}
        client["users"].pop("range", None)
    return resolve(System.model_validate(model))


def reading(busy: float) -> Flow:
    """Every statement of the generic domain reads a page; the disk is `busy` of what it can."""
    flow = resolve_domain()
    nodes = {
        key: replace(node, steps=(*_without_reads(node), DiskRead(1.0, READ_S)))
        if node.station == "db"
        else node
        for key, node in flow.nodes.items()
    }
    reads = sum(flow.visits[key] for key, node in nodes.items() if node.station == "db")
    return replace(flow, nodes=nodes, stations={**flow.stations, "db": station(reads / busy)})


def _without_reads(node: Node) -> tuple[FlowStep, ...]:
    return tuple(step for step in node.steps if not isinstance(step, DiskRead))


@pytest.mark.parametrize("iops", [30.0, 99.0, 100.0, 3_000.0, 12_000.0])
def test_a_disk_sustains_exactly_its_iops(iops: float) -> None:
    """Reads at once are whole; the time of each makes up for the rounding, and is never shorter."""
    servers, read_s = station(iops).disk_queue(READ_S)
    assert servers / read_s == pytest.approx(iops)
    assert read_s >= READ_S * (1 - 1e-12) and (servers - 1) / READ_S < iops


def test_the_solver_tells_the_disk_and_its_wait() -> None:
    """Use is reads over what is sustained; the wait grows with it; at 100 % nothing is stable."""
    uses = [next(u for u in loads(reading(b)) if u.resource == "disk") for b in (0.3, 0.6, 0.9)]
    assert [u.busy for u in uses] == pytest.approx([0.3, 0.6, 0.9])
    assert uses[0].wait_s < uses[1].wait_s < uses[2].wait_s
    assert not solve(reading(1.05)).stable


@pytest.mark.parametrize("busy", [0.3, 0.7])
def test_solver_and_kernel_agree_on_a_busy_disk(busy: float) -> None:
    """p99 by the solver within 10 % of the kernel's, where a long run knows it within 6 %."""
    flow = reading(busy)
    predicted = solve(flow)
    ran = simulation.run_steady(flow, 1, measure_s=1_000.0)
    often = [x for x in simulation.latencies(ran, "steady") if x.requests > 10_000]
    assert len(often) > 2
    for found in often:
        assert found.p99_s.low > 0.94 * found.p99_s.value
        assert predicted.p99_s[found.endpoint] == pytest.approx(found.p99_s.value, rel=0.1)


TURNS = """\
backend: turns
workload:
  clients:
    api: {rate: 100/s, journeys: {one: 60%, two: 40%}}
  peak: {factor: 1}
journeys: {one: {steps: [app.one]}, two: {steps: [app.two]}}
components:
  app:
    kind: http-service
    instance: m7g.4xlarge
    concurrency: 10000
    pool: 5000
    endpoints:
      one: {does: [query: db.read]}
      two: {does: [query: db.read, query: db.read]}
  db:
    kind: postgres
    instance: db.m7g.4xlarge
    operations: {read: {type: read, cpu: 0.05 ms, wait: 0 ms}}
slos: [{journey: "*", p99: 10 s, availability: 99%}]
topology: {provider: aws, region: us-east-1, zones: 1}
"""


def test_two_reads_in_turn_wait_alike_in_the_kernel_alone() -> None:
    """On a disk 70 % busy: the mean is right, the p99 of both some 30 % low, as the page says."""
    flow = resolve(read_checked_text(TURNS).system)
    iops = flow.visits["db.read"] / 0.7
    node = flow.nodes["db.read"]
    flow.nodes["db.read"] = replace(node, steps=(*node.steps, DiskRead(1.0, 0.999 / iops)))
    flow.stations["db"] = replace(flow.stations["db"], disk_iops=iops)
    said, ran = solve(flow), simulation.run_steady(flow, 1, measure_s=5_000.0)
    found = {x.endpoint: x.p99_s.value for x in simulation.latencies(ran, "")}
    assert said.response_s == pytest.approx(simulation.response(ran), rel=0.04)
    assert said.p99_s["app.one"] == pytest.approx(found["app.one"], rel=0.12)
    assert -0.35 < said.p99_s["app.two"] / found["app.two"] - 1 < -0.2


def test_the_kernel_refuses_what_the_disk_cannot_do() -> None:
    """A tenth too much: latencies grow as long as the run lasts, far beyond those at 70 %."""
    held = simulation.latencies(simulation.run_steady(reading(0.7), 1, measure_s=60.0), "")
    lost = simulation.latencies(simulation.run_steady(reading(1.1), 1, measure_s=60.0), "")
    calm = {x.endpoint: x.p99_s.value for x in held}
    slow = [x for x in lost if x.endpoint != "app.home_page"]
    assert slow and all(not x.p99_s.value < 10 * calm[x.endpoint] for x in slow)
    assert all(math.isfinite(value) for value in calm.values())
