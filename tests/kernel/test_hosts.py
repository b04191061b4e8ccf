"""Hosts share their cores evenly: the compiled kernel against closed forms and small cases."""

from __future__ import annotations

import itertools

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import simulate

from .alone import MS, answers, ask
from .measured import agrees, measure, root_of
from .test_theory import erlang_c, shaped

ANY = 1_000_000  # workers: more than are ever busy


def hosted(b: Builder, dist: int, **options: int) -> tuple[int, int]:
    """An endpoint that works once, with workers for all; and its replica, to be put on a host."""
    service = b.service(per_group=1, **({"workers": ANY, "cores": 1} | options))
    return b.endpoint(service, [("cpu", dist)]), b.replica(service)


@pytest.mark.parametrize("shape", ["const", "exp", "lognormal", "hyper2"])
def test_shared_core_is_insensitive_to_the_distribution(shape: str) -> None:
    """M/G/1 with processor sharing: the mean is S / (1 - rho) whatever the distribution.

    Source: Kleinrock, Queueing Systems 2 (1976), 4.4.
    """
    busy = 0.6
    b = Builder()
    dist, _ = shaped(b, shape)
    endpoint, replica = hosted(b, dist)
    b.host(1, [replica])
    b.open(busy / MS, {root_of(b, [("call", b.call(endpoint))]): 1})
    run = measure(b.build(), 500, window_s=5)
    assert agrees(MS / (1 - busy), run.mean())
    stats = run.run.stats[endpoint]
    beyond = stats["wait_core"] / stats["n"] / lay.NS_PER_S
    assert beyond == pytest.approx(
        run.mean()[0] - stats["busy"] / stats["n"] / lay.NS_PER_S, rel=0.01
    )


@pytest.mark.parametrize("cores", [2, 8])
def test_host_with_cores_counts_as_many_as_erlang(cores: int) -> None:
    """Exponential work on c shared cores: the number of jobs is that of M/M/c, so is the mean."""
    busy = 0.8
    b = Builder()
    endpoint, replica = hosted(b, b.dist_exp(4 * MS))
    b.host(cores, [replica])
    rate = cores * busy / (4 * MS)
    b.open(rate, {root_of(b, [("call", b.call(endpoint))]): 1})
    expected = 4 * MS + erlang_c(cores, cores * busy) / (cores / (4 * MS) - rate)
    assert agrees(expected, measure(b.build(), 400_000 / rate, window_s=0.5).mean())


def test_services_on_one_host_slow_each_other() -> None:
    """Two services share a core: each request takes its own work times 1 / (1 - rho of both)."""
    b = Builder()
    works, busy = (1 * MS, 5 * MS), (0.3, 0.4)
    parts = [hosted(b, b.dist_exp(work)) for work in works]
    b.host(1, [replica for _, replica in parts])
    for (endpoint, _), work, share in zip(parts, works, busy, strict=True):
        b.open(share / work, {root_of(b, [("call", b.call(endpoint))]): 1})
    run = measure(b.build(), 1_000, window_s=5)
    for column, work in enumerate(works):
        latency = run.windows["latency"][:, column].sum() / run.windows["ok"][:, column].sum()
        assert latency / lay.NS_PER_S == pytest.approx(work / (1 - sum(busy)), rel=0.03)


Speeds = [1.0, 0.8, 0.7]


def test_speed_by_number_of_jobs() -> None:
    """Speeds that fall with the number of jobs: the mean follows the birth-death chain."""
    busy = 1.2  # of one job's speed; together three and more are 2.1 times as fast
    weights = [1.0]
    for n in range(1, 400):
        together = n * Speeds[n - 1] if n <= len(Speeds) else len(Speeds) * Speeds[-1]
        weights.append(weights[-1] * busy / together)
    expected = MS / busy * sum(n * w for n, w in enumerate(weights)) / sum(weights)
    b = Builder()
    endpoint, replica = hosted(b, b.dist_exp(MS))
    b.host(1, [replica], speeds=Speeds)
    b.open(busy / MS, {root_of(b, [("call", b.call(endpoint))]): 1})
    assert agrees(expected, measure(b.build(), 300).mean())


def mean_values(
    users: tuple[int, int], think_s: tuple[float, float], demands_s: tuple[tuple[float, ...], ...]
) -> tuple[list[float], list[float]]:
    """Throughput and response time of two closed classes, exactly.

    Source: Reiser, Lavenberg, JACM 27 (1980).
    """
    stations = range(len(demands_s[0]))
    held = {(0, 0): [0.0] * len(stations)}
    rates, times = [0.0, 0.0], [0.0, 0.0]
    for mix in itertools.product(range(users[0] + 1), range(users[1] + 1)):
        if mix == (0, 0):
            continue
        jobs = [0.0] * len(stations)
        for k in (0, 1):
            rates[k] = times[k] = 0.0
            if not mix[k]:
                continue
            before = held[mix[0] - (k == 0), mix[1] - (k == 1)]
            at = [demands_s[k][i] * (1 + before[i]) for i in stations]
            times[k] = sum(at)
            rates[k] = mix[k] / (think_s[k] + times[k])
            jobs = [jobs[i] + rates[k] * at[i] for i in stations]
        held[mix] = jobs
    return rates, times


def test_two_classes_of_users_on_shared_stations() -> None:
    """Closed classes at processor-sharing stations: exact multi-class mean value analysis."""
    users, think_s = (12, 6), (2.0, 5.0)
    demands_s = ((0.03, 0.05), (0.12, 0.02))
    rates, times = mean_values(users, think_s, demands_s)
    assert rates == pytest.approx([5.68396, 1.15497], rel=1e-5)
    b = Builder()
    stations = [b.service(per_group=1, workers=ANY, cores=1) for _ in range(2)]
    for service in stations:
        b.host(1, [b.replica(service)])
    for k in (0, 1):
        calls = [
            ("call", b.call(b.endpoint(service, [("cpu", b.dist_exp(demand))])))
            for service, demand in zip(stations, demands_s[k], strict=True)
        ]
        b.closed(users[k], think_s[k], {root_of(b, calls): 1})
    run = measure(b.build(), 40_000, warmup_s=100, tail_s=100, window_s=100)
    for k in (0, 1):
        seen = run.windows[:, k]
        assert seen["ok"].sum() / run.seconds == pytest.approx(rates[k], rel=0.01)
        response = seen["latency"].sum() / seen["ok"].sum() / lay.NS_PER_S
        assert response == pytest.approx(times[k], rel=0.02)


def test_a_killed_neighbour_leaves_the_host_to_the_others() -> None:
    """Two jobs of 100 ms share a core; one is killed at 80 ms, the other is done at 140."""
    b = Builder()
    parts = [hosted(b, b.dist_const(100 * MS)) for _ in range(2)]
    b.host(1, [replica for _, replica in parts])
    for endpoint, _ in parts:
        ask(b, 0, [("call", b.call(endpoint))])
    b.fault(80 * MS, lay.FAULT_DOWN, parts[0][1])
    ended, _ = answers(b)
    assert ended == [(80, lay.FAILED), (pytest.approx(140, abs=0.002), lay.OK)]


def test_jobs_join_and_leave_in_order() -> None:
    """Three jobs of 40, 20 and 10 ms from 0, 10 and 20 ms on share a core fluidly."""
    b = Builder()
    service = b.service(per_group=1, workers=ANY, cores=1)
    b.host(1, [b.replica(service)])
    for at_ms, work_ms in ((0, 40), (10, 20), (20, 10)):
        endpoint = b.endpoint(service, [("cpu", b.dist_const(work_ms * MS))])
        ask(b, at_ms, [("call", b.call(endpoint))])
    ended, _ = answers(b)
    # left at 20 ms: 25, 15, 10; at 50: 15, 5, 0; at 60: 10, 0; the last ten alone
    assert [end for end, _ in ended] == pytest.approx([70, 60, 50], abs=0.002)


def test_a_span_tells_what_the_neighbours_cost() -> None:
    """Two jobs of 100 ms on one core: each worked 100 ms, and waited 100 for its core."""
    b = Builder()
    parts = [hosted(b, b.dist_const(100 * MS)) for _ in range(2)]
    b.host(1, [replica for _, replica in parts])
    for endpoint, _ in parts:
        ask(b, 0, [("call", b.call(endpoint))])
    run = simulate(b.build(), seed=1, until_s=1, sample_every=1)
    assert run.spans is not None
    for endpoint, _ in parts:
        (span,) = run.spans[run.spans["endpoint"] == endpoint]
        assert span["busy"] == 100 * MS * lay.NS_PER_S
        assert span["wait_core"] == pytest.approx(100 * MS * lay.NS_PER_S, abs=100)


def test_workers_still_bound_what_enters_a_host() -> None:
    """With one worker a hosted service is first come first served, its core its own."""
    b = Builder()
    service = b.service(per_group=1, workers=1, cores=1)
    b.host(4, [b.replica(service)])
    endpoint = b.endpoint(service, [("cpu", b.dist_const(10 * MS))])
    for at_ms in (0, 1, 2):
        ask(b, at_ms, [("call", b.call(endpoint))])
    ended, _ = answers(b)
    assert [end for end, _ in ended] == pytest.approx([10, 20, 30], abs=0.001)
