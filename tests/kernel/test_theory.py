"""The compiled kernel against closed forms and a reference: values lie in the run's interval."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program

from .measured import Measured, agrees, inside, measure, queue, root_of, station

MS = 0.001


# --- one queue ------------------------------------------------------------------------------------


def erlang_b(servers: int, load: float) -> float:
    """Share of arrivals that find all servers busy and no queue. Source: Erlang 1917."""
    blocking = 1.0
    for n in range(1, servers + 1):
        blocking = load * blocking / (n + load * blocking)
    return blocking


def erlang_c(servers: int, load: float) -> float:
    """Share of arrivals that wait in M/M/c. Source: Kleinrock, Queueing Systems 1 (1975), 3.5."""
    blocking = erlang_b(servers, load)
    return blocking / (1 - load / servers * (1 - blocking))


def mm1(rate_per_s: float, mean_s: float, **options: Any) -> Program:
    """Poisson arrivals at one exponential server."""
    b = Builder()
    b.open(rate_per_s, {queue(b, b.dist_exp(mean_s), **options): 1})
    return b.build()


def test_mm1_mean_and_percentiles() -> None:
    """M/M/1 at 80 %: the time in the station is exponential with mean 1 / (mu - lambda)."""
    run = measure(mm1(800, 1 * MS), 400)
    mean_s = 1 / (1_000 - 800)
    assert agrees(mean_s, run.mean())
    for q in (0.5, 0.95, 0.99):
        assert agrees(-mean_s * math.log(1 - q), run.quantile(q)), q


@pytest.mark.parametrize(("servers", "busy"), [(2, 0.7), (4, 0.8), (16, 0.9)])
def test_mmc_waits_by_erlang_c(servers: int, busy: float) -> None:
    """M/M/c: the mean wait is Erlang's C times 1 / (c mu - lambda)."""
    mean_s = 4 * MS
    rate = servers * busy / mean_s
    b = Builder()
    b.open(rate, {queue(b, b.dist_exp(mean_s), servers): 1})
    run = measure(b.build(), 500_000 / rate, window_s=0.5)
    expected = mean_s + erlang_c(servers, servers * busy) / (servers / mean_s - rate)
    assert agrees(expected, run.mean())


@pytest.mark.parametrize("load", [0.9, 1.5])
def test_mmck_refuses_and_serves_as_counted(load: float) -> None:
    """M/M/c/K: the refused share and the time of the others follow the birth-death chain."""
    servers, places, mean_s = 4, 10, 10 * MS
    rate = load * servers / mean_s
    weights = [1.0]
    for n in range(1, places + 1):
        weights.append(weights[-1] * rate * mean_s / min(n, servers))
    chances = np.array(weights) / sum(weights)
    accepted = rate * (1 - chances[-1])
    b = Builder()
    b.open(rate, {queue(b, b.dist_exp(mean_s), servers, queue=places - servers): 1})
    run = measure(b.build(), 300_000 / rate)
    assert agrees(chances[-1], run.share("failed"))
    assert agrees(accepted, run.rate())
    assert agrees(float(chances @ np.arange(places + 1)) / accepted, run.mean())
    assert run.run.timed_out == 0


SHAPES = ["const", "exp", "lognormal", "hyper2", "erlang", "uniform"]


def shaped(b: Builder, shape: str) -> tuple[int, float]:
    """A distribution with mean 1 ms, and its squared coefficient of variation."""
    match shape:
        case "const":
            return b.dist_const(MS), 0.0
        case "exp":
            return b.dist_exp(MS), 1.0
        case "lognormal":
            return b.dist_lognormal(MS, 1.5), 1.5**2
        case "hyper2":
            return b.dist_hyper2(0.9, 0.5 * MS, 5.5 * MS), 2 * (0.9 * 0.25 + 0.1 * 30.25) - 1
        case "erlang":
            return b.dist_erlang(4, MS), 0.25
        case _:
            return b.dist_uniform(0, 2 * MS), 1 / 3


@pytest.mark.parametrize("shape", SHAPES)
def test_mg1_waits_by_pollaczek_khinchin(shape: str) -> None:
    """M/G/1: the mean wait is lambda E[S^2] / (2 (1 - rho)) for every distribution."""
    busy = 0.7
    b = Builder()
    dist, scv = shaped(b, shape)
    b.open(busy / MS, {queue(b, dist): 1})
    run = measure(b.build(), 1_000, window_s=5, warmup_s=10)
    assert agrees(MS + busy * MS * (1 + scv) / 2 / (1 - busy), run.mean())


@pytest.mark.parametrize("shape", ["const", "exp", "hyper2"])
def test_loss_depends_on_the_mean_alone(shape: str) -> None:
    """Without a queue Erlang's B holds for every distribution of the holding time."""
    servers, load = 15, 10.0
    b = Builder()
    dist, _ = shaped(b, shape)
    b.open(load / MS, {queue(b, dist, servers, queue=0): 1})
    assert agrees(erlang_b(servers, load), measure(b.build(), 40).share("failed"))


# --- networks -------------------------------------------------------------------------------------


def interactive(users: int, think_s: float, demands_s: list[float]) -> tuple[float, float]:
    """Throughput and response time by exact mean value analysis.

    Source: Reiser, Lavenberg, JACM 27 (1980).
    """
    held = [0.0] * len(demands_s)
    rate = response = 0.0
    for n in range(1, users + 1):
        times = [d * (1 + h) for d, h in zip(demands_s, held, strict=True)]
        response = sum(times)
        rate = n / (think_s + response)
        held = [rate * t for t in times]
    return rate, response


@pytest.mark.parametrize("users", [1, 10, 40, 100])
def test_closed_users_keep_the_interactive_law(users: int) -> None:
    """N users with think time Z: X and R are those of mean value analysis, and N = X (R + Z)."""
    think_s, demands_s = 0.1, [2 * MS, 3 * MS, 1 * MS]
    b = Builder()
    calls = [("call", b.call(station(b, b.dist_exp(d)))) for d in demands_s]
    b.closed(users, think_s, {root_of(b, calls): 1})
    run = measure(b.build(), 1_000, window_s=5)
    rate, response = interactive(users, think_s, demands_s)
    assert agrees(rate, run.rate())
    assert agrees(response, run.mean())
    assert run.rate()[0] * (run.mean()[0] + think_s) == pytest.approx(users, rel=0.01)


@pytest.mark.parametrize("branches", [2, 10, 50])
def test_fan_out_is_the_largest_of_exponentials(branches: int) -> None:
    """Waiting for n exponential calls takes the harmonic number of means."""
    b = Builder()
    leaf = root_of(b, [("delay", b.dist_exp(10 * MS))])
    calls = [b.call(leaf) for _ in range(branches)]
    b.open(1_000, {root_of(b, [("par", calls)]): 1})
    run = measure(b.build(), 60)
    assert agrees(10 * MS * sum(1 / k for k in range(1, branches + 1)), run.mean())
    for q in (0.5, 0.99):
        assert agrees(-10 * MS * math.log(1 - q ** (1 / branches)), run.quantile(q)), q


def test_two_shards_join_as_in_flatto_and_hahn() -> None:
    """The mean of a two-way fork-join of M/M/1 queues is (12 - rho) / 8 of one queue's time."""
    busy = 0.5
    b = Builder()
    shards = b.service(groups=2, per_group=1, workers=1, cores=1)
    endpoint = b.endpoint(shards, [("cpu", b.dist_exp(MS))])
    calls = [b.call(endpoint, group=k) for k in range(2)]
    b.open(busy / MS, {root_of(b, [("par", calls)]): 1})
    assert agrees((12 - busy) / 8 * MS / (1 - busy), measure(b.build(), 400).mean())


def test_littles_law() -> None:
    """Requests under way, counted at random moments, are arrivals per second times their time."""
    run = measure(mm1(700, 1 * MS), 200, trace=200_000)
    ended = run.requests()
    moments = np.random.default_rng(1).uniform(10, 210, 20_000) * lay.NS_PER_S
    started = np.searchsorted(np.sort(ended["start"]), moments)
    done = np.searchsorted(np.sort(ended["end"]), moments)
    under_way = float((started - done).mean())
    assert under_way == pytest.approx(run.rate()[0] * run.mean()[0], rel=0.03)


def test_utilisation_law() -> None:
    """Cores and workers are busy for arrival rate times the time they are held."""
    b = Builder()
    database = station(b, b.dist_exp(5 * MS), 20)
    app = b.service(per_group=3, workers=8, cores=4)
    endpoint = b.endpoint(app, [("cpu", b.dist_exp(8 * MS)), ("call", b.call(database))])
    b.open(1_000, {root_of(b, [("call", b.call(endpoint))]): 1})
    run = measure(b.build(), 100, tail_s=0)
    seconds = run.seconds * lay.NS_PER_S
    assert run.run.stats["busy"][endpoint] / seconds == pytest.approx(8, rel=0.02)
    assert run.run.stats["busy"][database] / seconds == pytest.approx(5, rel=0.02)
    below = run.run.stats["latency"][database] / run.run.stats["n"][database]
    own = run.run.stats["wait_core"][endpoint] / run.run.stats["n"][endpoint]
    held = run.run.stats["held"][endpoint] / run.run.stats["n"][endpoint]
    assert held == pytest.approx(8e6 + own + below, rel=0.01)


# --- the reference: app workers held during a pooled database call --------------------------------

REFERENCE = [  # rate, balance, p50 ms, p99 ms; by an independent event simulation, as rounded
    (1_000, lay.LB_RANDOM, 11.05, 44.9),
    (1_000, lay.LB_ROUND_ROBIN, 10.8, 44.6),
    (1_000, lay.LB_LEAST, 10.8, 44.5),
    (1_700, lay.LB_RANDOM, 20.8, 83),
    (1_700, lay.LB_ROUND_ROBIN, 16.6, 61),
    (1_700, lay.LB_LEAST, 14.1, 50.4),
]


def three_tiers(rate_per_s: float, balance: int) -> Program:
    """Three replicas of eight workers, held during a database call through a pool of 20."""
    b = Builder()
    database = root_of(b, [("delay", b.dist_exp(5 * MS))])
    app = b.service(per_group=3, workers=8, cores=8, balance=balance)
    call = b.call(database, shared_pool=20)
    endpoint = b.endpoint(app, [("cpu", b.dist_exp(8 * MS)), ("call", call)])
    b.open(rate_per_s, {root_of(b, [("call", b.call(endpoint))]): 1})
    return b.build()


def half_unit(value: float) -> float:
    """Half of the last digit a value was written with."""
    digits = str(value).partition(".")[2]
    return 0.5 * 10 ** -len(digits)


@pytest.mark.parametrize(("rate", "balance", "p50_ms", "p99_ms"), REFERENCE)
def test_reference_percentiles(rate: float, balance: int, p50_ms: float, p99_ms: float) -> None:
    """The reference's p50 and p99 lie in the run's own interval, for each way to balance."""
    run = measure(three_tiers(rate, balance), 200)
    for q, stated_ms in ((0.5, p50_ms), (0.99, p99_ms)):
        assert inside(stated_ms * MS, run.quantile(q), half_unit(stated_ms) * MS), q


def covered(program: Program, seeds: range, quantile: float, value: float) -> int:
    """In how many runs the interval of a percentile holds the value."""
    runs: list[Measured] = [measure(program, 40, seed=seed, warmup_s=5) for seed in seeds]
    return sum(inside(value, run.quantile(quantile)) for run in runs)


@pytest.mark.parametrize("quantile", [0.5, 0.99])
def test_interval_holds_the_truth_nineteen_times_in_twenty(quantile: float) -> None:
    """Over 40 seeds the 95 % interval of a percentile misses the exact value rarely."""
    exact = -MS / (1 - 0.7) * math.log(1 - quantile)
    assert covered(mm1(700, MS), range(40), quantile, exact) >= 34  # of 40: P(fewer) = 1 %
