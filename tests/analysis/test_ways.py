"""Ways between regions in a run: their use and what they carry, counted by the kernel."""

from __future__ import annotations

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.capacity import capacity
from backend_lead.analysis.ran import Ran
from backend_lead.analysis.solver import solve
from backend_lead.analysis.ways import way_loads
from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog.transfer import CALL_OVERHEAD
from backend_lead.views.resolve import resolve
from tests.analysis.played import SERVICE
from tests.analysis.test_places import ABROAD
from tools.law_pages import merged, small_model

THERE, BACK = "us-east-1 to eu-west-1", "eu-west-1 to us-east-1"
BANDWIDTH, RATE_PER_S = 10e6, 300.0  # B/s, 1/s; of ABROAD
ROW, ANSWER, OVERHEAD = 20_000, 5_000, CALL_OVERHEAD.value  # B; of ABROAD, of BATCHES, of each call
FULL = ABROAD.replace("bandwidth: 10 MB/s", "bandwidth: 4 MB/s")
BATCHES = """
workload: {clients: {api: {rate: 200/s}}}
journeys: {ask: {steps: [app.ask]}}
components:
  app: {endpoints: {ask: {does: [cpu: 1 ms, {publish: bus.things, timeout: 1 s}]}}}
  db: null
  bus:
    kind: kafka
    instance: m7g.large
    count: 3
    zones: 3
    topics: {things: {message: 300 B, partitions: 6}}
  worker:
    kind: worker
    instance: m7g.large
    count: 3
    zones: 3
    endpoints: {take: {on: bus.things, batch: 20, does: [cpu: 1 ms, {call: price.tell}]}}
  price:
    kind: http-service
    instance: m7g.large
    count: 2
    region: eu-west-1
    endpoints: {tell: {response: 5 kB, does: [cpu: 1 ms]}}
topology:
  network:
    same_zone: 0.2 ms
    other_zone: 1 ms
    hops: [{between: [us-east-1, eu-west-1], rtt: 76 ms, bandwidth: 10 MB/s}]
"""


def run(text: str, load: float = 1.0) -> Ran:
    return simulation.run_steady(resolve(read_checked_text(text).system), 1, measure_s=60,
                                 load=load)  # fmt: skip


def test_a_way_carries_what_was_sent_over_it() -> None:
    """Calls a second times the size of a request there, of an answer back; use is that of it."""
    ran = run(ABROAD)
    found = {one.way: one for one in way_loads(ran, "steady")}
    assert list(found) == [THERE, BACK]
    for way, size in ((THERE, OVERHEAD), (BACK, ROW + OVERHEAD)):
        one = found[way]
        assert one.ended_per_s == pytest.approx(RATE_PER_S, rel=0.02)
        assert one.bytes_per_s == pytest.approx(RATE_PER_S * size, rel=0.02)
        assert one.busy == pytest.approx(one.bytes_per_s / BANDWIDTH)
        assert (one.bandwidth_bytes_per_s, one.run) == (BANDWIDTH, "steady")


def test_ways_stand_in_the_order_of_the_model() -> None:
    """Whatever is asked first: a hop that names the other region first has its way first."""
    turned = ABROAD.replace("[us-east-1, eu-west-1]", "[eu-west-1, us-east-1]")
    assert turned != ABROAD
    assert [one.way for one in way_loads(run(turned), "steady")] == [BACK, THERE]


def test_batches_carry_their_messages() -> None:
    """A batch is one transfer, as large as the answers for all its messages."""
    ran = run(merged(small_model(), BATCHES))
    back = way_loads(ran, "")[1]
    assert back.way == BACK
    messages = 200.0
    assert 0 < back.ended_per_s < 0.8 * messages
    expected = messages * ANSWER + back.ended_per_s * OVERHEAD
    assert back.bytes_per_s == pytest.approx(expected, rel=0.05)


def test_the_solver_says_the_same() -> None:
    """Its use of each way is that of the run."""
    ran = run(ABROAD)
    uses = {use.id: use.busy for use in solve(ran.flow).uses}
    for one in way_loads(ran, ""):
        assert one.busy == pytest.approx(uses[one.way], rel=0.02)


def test_twice_the_load_is_twice_the_use() -> None:
    """It is read from the run, at whatever load that is."""
    one, two = (way_loads(run(ABROAD, load), "")[1].busy for load in (0.5, 1.0))
    assert two == pytest.approx(2 * one, rel=0.05)


def test_a_full_way_carries_its_bandwidth_and_no_more() -> None:
    """Asked for half as much again as it has, it is full, and shown as full."""
    back = way_loads(run(FULL), "")[1]
    assert back.way == BACK
    assert 0.98 < back.busy <= 1.0
    assert back.bytes_per_s == pytest.approx(4e6, rel=0.02)
    assert back.ended_per_s < 0.7 * RATE_PER_S


def test_where_no_bandwidth_is_stated_there_is_no_row() -> None:
    """One region, or two with no more than a round trip between them."""
    assert way_loads(run(SERVICE), "") == []
    assert way_loads(run(ABROAD.replace(", bandwidth: 10 MB/s", "")), "") == []


def test_what_is_full_first_is_named_as_a_way() -> None:
    """In what limits the load, and in what stands above the highest one."""
    found = capacity(resolve(read_checked_text(FULL.replace("p99: 300 ms", "p99: 30 s")).system))
    assert found.bottlenecks[0].resource == f"way from {BACK}"
    assert "bandwidth of the way" in found.bottlenecks[0].why
    assert found.limit == f"above it the way from {BACK} is full"
