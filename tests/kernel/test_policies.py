"""What budgets, breakers, shedding, streams, held connections and controllers do to a system."""

from __future__ import annotations

import math

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import COMPLETE, RunResult, simulate

RATE, WORK_S = 1000.0, 0.004


def outage(**call: object) -> tuple[RunResult, int]:
    """A service that is down, refusing, from 2 s to 6 s; gives the run and attempts made on it."""
    b = Builder()
    service = b.service(1, 1, workers=64, cores=8)
    endpoint = b.endpoint(service, [("cpu", b.dist_exp(WORK_S))])
    if call.pop("budgeted", False):
        call["budget"] = b.budget(0.1, 10)
    if call.pop("broken", False):
        call["breaker"] = b.breaker(endpoint, window_s=1, least=20, share=0.5, pause_s=0.5)
    root = b.endpoint(b.delay_service(), [("call", b.call(endpoint, **call))])  # type: ignore[arg-type]
    b.open(RATE, {root: 1})
    b.fault(2, lay.FAULT_DOWN, b.replica(service))
    b.fault(6, lay.FAULT_UP, b.replica(service))
    run = simulate(b.build(), seed=1, until_s=12)
    return run, int(run.stats["n"][endpoint])


def test_retries_multiply_what_a_dead_service_is_asked() -> None:
    """Three retries make four attempts of each request that fails."""
    run, attempts = outage(retries=3, backoff_s=0.05)
    assert attempts / run.started == pytest.approx(1 + 3 * 4 / 12, rel=0.05)


def test_retry_budget_bounds_the_amplification() -> None:
    """With a budget of 10 % the attempts are at most 1.1 times the requests and the savings."""
    run, attempts = outage(retries=3, backoff_s=0.05, budgeted=True)
    assert run.started < attempts <= 1.1 * run.started + 10


def test_breaker_spares_a_dead_service() -> None:
    """Once open, only probes reach the service; when it is back, requests succeed again."""
    run, attempts = outage(broken=True)
    reached = run.windows["ok"].sum() + 20 + 4 / 0.5
    assert attempts <= reached + RATE * WORK_S * 10
    assert run.windows["failed"][7:].sum() == 0


def test_breaker_goes_on_while_few_fail() -> None:
    """A share of failures below the threshold opens nothing."""
    b = Builder()
    service = b.service(1, 4, balance=lay.LB_ROUND_ROBIN)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(0.001))])
    breaker = b.breaker(endpoint, window_s=1, least=20, share=0.5, pause_s=0.5)
    root = b.endpoint(b.delay_service(), [("call", b.call(endpoint, breaker=breaker))])
    b.open(RATE, {root: 1})
    b.fault(1, lay.FAULT_DOWN, b.replica(service))
    run = simulate(b.build(), seed=1, until_s=11)
    assert run.failed / run.started == pytest.approx(0.25 * 10 / 11, rel=0.05)


def overload(deadline: bool = False, until_s: float = 20, **service: object) -> RunResult:
    """A service asked for twice what it can do, by callers who wait half a second."""
    b = Builder()
    row = b.service(1, 1, workers=4, cores=4, **service)  # type: ignore[arg-type]
    cheap = b.endpoint(row, [("cpu", b.dist_exp(WORK_S))], low=True)
    dear = b.endpoint(row, [("cpu", b.dist_exp(WORK_S))])
    home = b.delay_service()
    for endpoint in (cheap, dear):
        call = b.call(endpoint, timeout_s=0.5, deadline=deadline)
        b.open(1.0 / WORK_S * 4, {b.endpoint(home, [("call", call)]): 1})
    return simulate(b.build(), seed=3, until_s=until_s)


def test_deadlines_spare_work_nobody_waits_for() -> None:
    """Without deadlines an overloaded queue soon serves the dead only; with them it also serves
    those who are nearly dead, and no work is done for the others.

    M/M/c+D at twice its capacity: half start, after waits whose time left is exponential with rate
    c mu; of these 1 / (c + 1) are done in time, with c = 4 a tenth of all.
    """
    without, with_them = overload(until_s=400), overload(deadline=True, until_s=400)
    late = slice(10, 399)
    assert without.windows["ok"][late].sum() < 0.02 * without.windows["started"][late].sum()
    seen = with_them.windows[late]
    assert seen["ok"].sum() / seen["started"].sum() == pytest.approx(0.1, rel=0.03)


def test_patience_keeps_the_queue_short() -> None:
    """Refusing who waited too long keeps goodput near capacity."""
    run = overload(patience_s=0.1)
    assert run.ok / run.started == pytest.approx(0.5, abs=0.06)


def test_low_priority_is_shed_first() -> None:
    """While low requests are shed from ten waiting on, the others are all served."""
    run = overload(shed=10)
    low, high = run.windows["ok"].sum(axis=0) / run.windows["started"].sum(axis=0)
    assert high > 0.95
    assert low < 0.1


def consumers(rate: float, batch: int = 1, outage_s: float = 0.0) -> RunResult:
    """Eight partitions consumed by two replicas, 4 ms of core time a message."""
    b = Builder()
    workers = b.service(1, 2, workers=8, cores=4)
    stream = b.stream(b.endpoint(workers, [("cpu", b.dist_exp(WORK_S))]), partitions=8, batch=batch)
    home = b.delay_service()
    b.open(rate, {b.endpoint(home, [("publish", stream)]): 1})
    for i in range(2):
        if outage_s:
            b.fault(5, lay.FAULT_DOWN, b.replica(workers, 0, i))
            b.fault(5 + outage_s, lay.FAULT_UP, b.replica(workers, 0, i))
    return simulate(b.build(), seed=5, until_s=60)


def test_partition_is_a_queue_of_its_own() -> None:
    """Each partition is an M/M/1 queue: the mean age is S / (1 - rho)."""
    run = consumers(1000)
    lay_mid = _means(run)
    assert lay_mid == pytest.approx(WORK_S / (1 - 1000 * WORK_S / 8), rel=0.05)


def _means(run: RunResult) -> float:
    hist = run.hist_streams[5:-1, 0].sum(axis=0)
    edges = [_edge(b) for b in range(len(hist))]
    return float(sum(n * e for n, e in zip(hist, edges)) / hist.sum()) / lay.NS_PER_S


def _edge(bucket: int) -> float:
    octave, within = divmod(bucket, lay.HIST_SUB)
    if octave == 0:
        return (within + 0.5) * 2 ** (lay.HIST_LOW - lay.HIST_BITS)
    return (lay.HIST_SUB + within + 0.5) * 2.0 ** (octave - 1 + lay.HIST_LOW - lay.HIST_BITS)


def test_backlog_is_caught_up_at_the_spare_rate() -> None:
    """After ten seconds without consumers the backlog shrinks by capacity minus arrivals."""
    run = consumers(1000, outage_s=10)
    assert run.status == COMPLETE
    lag = (run.stream_windows["published"] - run.stream_windows["done"]).cumsum()
    assert lag[14] == pytest.approx(10_000, rel=0.05)
    caught_up = next(w for w in range(15, 60) if lag[w] < 200)
    assert caught_up - 15 == pytest.approx(10_000 / (8 / WORK_S - 1000), rel=0.25)
    assert run.stream_windows["done"].sum() >= 0.99 * run.stream_windows["published"].sum()


def test_nothing_published_is_lost_with_its_consumer() -> None:
    """A batch in progress on a killed replica is handled again."""
    run = consumers(1000, outage_s=3)
    assert run.stream_windows["again"].sum() > 0
    under_way = run.stream_windows["published"].sum() - run.stream_windows["done"].sum()
    assert 0 <= under_way < 200


def test_partitions_move_to_the_replicas_left() -> None:
    """When the balancer drops a replica, the other one handles all partitions."""
    b = Builder()
    workers = b.service(1, 2, workers=8, cores=8)
    stream = b.stream(b.endpoint(workers, [("cpu", b.dist_exp(WORK_S))]), partitions=8)
    b.open(1000, {b.endpoint(b.delay_service(), [("publish", stream)]): 1})
    b.fault(5, lay.FAULT_DOWN, b.replica(workers))
    b.fault(8, lay.FAULT_HIDE, b.replica(workers))
    run = simulate(b.build(), seed=5, until_s=30)
    lag = (run.stream_windows["published"] - run.stream_windows["done"]).cumsum()
    assert lag[7] == pytest.approx(1500, rel=0.1)
    assert lag[-1] < 100


def gateways(action: int, x: float = 0.0) -> tuple[RunResult, int]:
    """Two gateways of 5,000 connections each, a heartbeat every 10 s; one has a fault at 20 s."""
    b = Builder()
    gateway = b.service(1, 2, workers=1000, cores=4)
    opens = b.call(b.endpoint(gateway, [("cpu", b.dist_exp(0.0005))]), retries=1)
    beat = b.endpoint(gateway, [("cpu", b.dist_exp(0.0001))])
    home = b.delay_service()
    root = b.endpoint(home, [("call", opens)])
    b.link(gateway, root, 10_000, beat=b.endpoint(home, [("call", b.call(beat))]),
           interval_s=10, spread_s=5)  # fmt: skip
    b.fault(20, action, b.replica(gateway), x)
    if action == lay.FAULT_DOWN:
        b.fault(20, lay.FAULT_HIDE, b.replica(gateway))
    program = b.build()
    run = simulate(program, seed=2, until_s=40)
    return run, run.roots.index(root)


def test_heartbeats_follow_the_connections() -> None:
    """10,000 connections beat 1,000 times a second, and half as often while half are lost."""
    run, opening = gateways(lay.FAULT_DOWN)
    beats = run.windows["started"][:, 1 - opening]
    assert beats[5:20].mean() == pytest.approx(1000, rel=0.05)
    assert beats[20] == pytest.approx(550, rel=0.1)
    assert beats[30:].mean() == pytest.approx(1000, rel=0.05)


def test_lost_clients_come_back_within_the_jitter() -> None:
    """5,000 lost connections come back at 1,000 a second, all to the gateway that is left."""
    run, opening = gateways(lay.FAULT_DOWN)
    storm = run.windows["started"][:, opening]
    assert storm[20:25].tolist() == pytest.approx([1000] * 5, rel=0.12)
    assert storm.sum() == 5000
    assert run.held.tolist()[:2] == [0, 10_000]


def test_drain_spreads_what_a_kill_would_not() -> None:
    """A drain over 15 s closes connections while the gateway still serves."""
    run, opening = gateways(lay.FAULT_DRAIN, 15 * lay.NS_PER_S)
    storm = run.windows["started"][:, opening]
    assert storm[20:35].mean() == pytest.approx(5000 / 15, rel=0.05)
    assert run.held.sum() == 10_000
    assert run.failed == 0


@pytest.mark.parametrize("rate", [300.0, 1500.0])
def test_controller_settles_where_its_target_says(rate: float) -> None:
    """The replicas kept are those that bring the cores' use to the target."""
    b = Builder()
    service = b.service(1, 20, workers=64, cores=2, visible=4)
    endpoint = b.endpoint(service, [("cpu", b.dist_exp(WORK_S))])
    b.open(rate, {b.endpoint(b.delay_service(), [("call", b.call(endpoint))]): 1})
    b.controller(service, least=2, period_s=15, target=0.6, delay_s=30, cool_s=30)
    until = 600
    run = simulate(b.build(), seed=4, until_s=until)
    wanted = max(2, math.ceil(rate * WORK_S / 2 / 0.6))
    busy = run.stats["busy"][endpoint] / lay.NS_PER_S / until
    assert busy == pytest.approx(rate * WORK_S, rel=0.05)
    latency = run.windows["latency"][-60:].sum() / run.windows["ok"][-60:].sum() / lay.NS_PER_S
    assert latency < 2.5 * WORK_S
    assert wanted in (2, 5)


def test_controller_comes_late_to_a_flash_crowd() -> None:
    """Until the ordered replicas are there, a threefold crowd waits."""
    b = Builder()
    service = b.service(1, 12, workers=64, cores=2, visible=3)
    endpoint = b.endpoint(service, [("cpu", b.dist_exp(WORK_S))])
    root = b.endpoint(b.delay_service(), [("call", b.call(endpoint))])
    b.open(800, {root: 1}, [(0, 1), (60, 3)])
    b.controller(service, least=3, period_s=10, target=0.6, delay_s=40, cool_s=60)
    run = simulate(b.build(), seed=4, until_s=500)
    mean = run.windows["latency"] / run.windows["ok"].clip(1) / lay.NS_PER_S
    assert mean[50:60].mean() < 3 * WORK_S
    assert mean[90:100].mean() > 1.0
    assert mean[-30:].mean() < 3 * WORK_S


def test_a_call_without_room_is_refused_where_its_pool_is_full() -> None:
    """Two servers that serve 8 s of a second's work: who finds both taken and nobody may wait is
    refused at once, as Erlang's loss formula says; with room for all, everybody waits."""
    rates = {}
    for room in (0, None):
        b = Builder()
        endpoint = b.endpoint(b.delay_service(), [("delay", b.dist_exp(1.0))])
        caller = b.service(1, 1, workers=1_000_000, cores=1)
        call = b.call(endpoint, pool_per_replica=(caller, 2), room=room)
        app = b.endpoint(caller, [("call", call)])
        root = b.endpoint(b.delay_service(), [("call", b.call(app))])
        b.open(1.5, {root: 1})
        run = simulate(b.build(), seed=3, until_s=40_000)
        rates[room] = run.failed / run.started
    erlang_b = (1.5**2 / 2) / (1 + 1.5 + 1.5**2 / 2)
    assert rates[0] == pytest.approx(erlang_b, rel=0.03) and rates[None] == 0


def test_what_a_limiter_at_the_door_refuses_is_counted_apart() -> None:
    """It is among the failed of its window, and those refused further in are not counted."""
    b = Builder()
    inner = b.endpoint(
        b.delay_service(), [("limit", b.limiter(50, 1)), ("delay", b.dist_exp(0.01))]
    )
    root = b.endpoint(b.delay_service(), [("limit", b.limiter(100, 1)), ("call", b.call(inner))])
    b.open(400, {root: 1})
    run = simulate(b.build(), seed=1, until_s=50)
    door, all_failed = int(run.windows["refused"].sum()), run.failed
    assert run.started - door == pytest.approx(80 * 50, rel=0.05)  # a token is there 4 of 5 times
    assert door < all_failed < run.started and run.conserved
