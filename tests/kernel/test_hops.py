"""The network between zones: round trips, lost packets, cuts and lags."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import simulate

from .alone import MS, answers, ask
from .measured import agrees, measure, root_of

RTT_S = [[0.5 * MS, 2 * MS], [3 * MS, 0.5 * MS]]


def two_zones(b: Builder, **options: float) -> tuple[int, tuple[int, int]]:
    """A service with one group in each of two zones, taking 1 ms; and the network."""
    service = b.service(2, 1)
    for zone in (0, 1):
        b.zone(b.replica(service, zone), zone)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(MS))])
    return endpoint, b.hops(RTT_S)


def test_a_hop_takes_the_round_trip_of_its_zones() -> None:
    """From zone 0 the call takes what lies between the zones, and the call's own rtt."""
    b = Builder()
    endpoint, hops = two_zones(b)
    for group in (0, 1):
        ask(b, 10, [("call", b.call(endpoint, group=group, hops=hops, rtt_s=MS))])
    assert answers(b)[0] == [(12.5, lay.OK), (14, lay.OK)]


def test_the_way_back_is_that_of_the_caller() -> None:
    """A caller in zone 1 finds another network than one in zone 0."""
    b = Builder()
    endpoint, hops = two_zones(b)
    middle = b.delay_service()
    b.zone(b.replica(middle), 1)
    relay = b.endpoint(middle, [("call", b.call(endpoint, group=0, hops=hops))])
    ask(b, 10, [("call", b.call(relay))])
    assert answers(b)[0] == [(14, lay.OK)]


def test_the_same_group_is_that_of_the_replica_that_calls() -> None:
    """Whoever asks group k of one service comes to group k of the next, drawn or named."""
    b = Builder()
    behind = [b.service(2, 1), b.service(2, 1)]
    rows = [b.endpoint(service, [("cpu", b.dist_const(MS))]) for service in behind]
    front = b.delay_service(2, 3)
    calls = [b.call(row, group=lay.SAME) for row in rows]
    relay = b.endpoint(front, [("call", calls[0]), ("par", calls)])
    for at_ms in range(200):
        ask(b, 10 * at_ms, [("call", b.call(relay, group=None if at_ms else 1))])
    run = simulate(b.build(), seed=1, until_s=100, sample_every=1)
    assert run.spans is not None and run.conserved
    asked = {int(row["row"]): row for row in run.spans if row["endpoint"] == relay}
    found = [(asked[int(row["parent"])]["replica"], row["replica"], row["endpoint"])
             for row in run.spans if row["endpoint"] in rows]  # fmt: skip
    first = [b.replica(service) for service in behind]
    groups = [((r - b.replica(front)) // 3, at - first[rows.index(ep)]) for r, at, ep in found]
    assert len(groups) == 600 and all(caller == callee for caller, callee in groups)
    assert 200 < sum(callee for _, callee in groups) < 400


def test_a_cut_lets_nothing_through() -> None:
    """Cut from 5 to 20 ms: a call without a timeout fails, one with it waits; then all is well."""
    b = Builder()
    endpoint, hops = two_zones(b)
    b.fault(5 * MS, lay.FAULT_CUT, x=1, row=hops[0] + 1)
    b.fault(20 * MS, lay.FAULT_CUT, x=0, row=hops[0] + 1)
    for at_ms, timeout_s in ((1, 0.0), (10, 0.0), (11, 30 * MS), (25, 0.0)):
        ask(b, at_ms, [("call", b.call(endpoint, group=1, hops=hops, timeout_s=timeout_s))])
    ask(b, 12, [("call", b.call(endpoint, group=0, hops=hops))])
    assert answers(b)[0] == [
        (4, lay.OK), (10, lay.FAILED), (41, lay.TIMED_OUT), (28, lay.OK), (13.5, lay.OK),
    ]  # fmt: skip


def test_a_lag_comes_and_goes() -> None:
    """40 ms more from 5 ms on, and less again from 20 on."""
    b = Builder()
    endpoint, hops = two_zones(b)
    b.fault(5 * MS, lay.FAULT_LAG, x=40 * MS * lay.NS_PER_S, row=hops[0])
    b.fault(20 * MS, lay.FAULT_LAG, x=-40 * MS * lay.NS_PER_S, row=hops[0])
    for at_ms in (1, 10, 30):
        ask(b, at_ms, [("call", b.call(endpoint, group=0, hops=hops))])
    assert answers(b)[0] == [(2.5, lay.OK), (51.5, lay.OK), (31.5, lay.OK)]


def test_lost_packets_are_sent_again() -> None:
    """At a loss of 20 % each further sending is needed with that probability, and six are made."""
    loss = 0.2
    b = Builder()
    service = b.service(1, 1)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(MS))])
    hops = b.hops([[MS]])
    b.fault(0, lay.FAULT_LOSS, x=loss, row=hops[0])
    root = root_of(b, [("call", b.call(endpoint, hops=hops))])
    b.open(2_000, {root: 1})
    run = measure(b.build(), 100, warmup_s=1, tail_s=20, trace=250_000)
    assert agrees(loss**6, run.share("failed"))
    waits = np.round((run.latencies_s() - 2 * MS) / 0.2).astype(int)  # 0, 1, 3, 7, 15, 31 times
    assert set(waits.tolist()) == {0, 1, 3, 7, 15, 31}
    through = 1 - loss**6
    for k in range(6):
        share = float((waits == 2**k - 1).mean())
        expected = loss**k * (1 - loss) / through
        error = (expected * (1 - expected) / len(waits)) ** 0.5
        assert share == pytest.approx(expected, abs=4 * error), k


def test_an_attempt_keeps_its_zone_when_windows_are_folded() -> None:
    """It waits for a slot of its pool while two windows become one: its way is still its zone's."""
    ends = []
    for windows_max in (None, 4):
        b = Builder()
        slow = b.endpoint(b.delay_service(), [("delay", b.dist_const(5))])
        middle = b.service(1, 1)
        b.zone(b.replica(middle), 1)
        call = b.call(slow, pool_per_replica=(middle, 1), hops=b.hops(RTT_S))
        page = b.endpoint(middle, [("call", call)])
        b.replay([0.5, 1], {root_of(b, [("call", b.call(page))]): 1})
        run = simulate(b.build(), seed=1, until_s=16, windows_max=windows_max, trace=10)
        assert run.trace is not None
        ends.append(run.trace["end"].tolist())
    assert ends[0] == ends[1] == [5_503_000_000, 10_506_000_000]
