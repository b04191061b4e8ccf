"""Cases of one station, of stations in a row, and of balancing, put to the kernel."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from tests.kernel.measured import Measured, measure, queue, root_of, station

from .case import Parameters, Values, answers
from .reading import (
    in_use,
    long_run,
    mean_s,
    per_attempt_s,
    quantile_s,
    rate_per_s,
    share,
    waits_s,
)


def one_queue(
    p: Parameters, dist: Callable[[Builder], int], requests: float, **options: Any
) -> tuple[Measured, float]:
    """Poisson arrivals at one station: the traced run, and the share of servers in use."""
    b = Builder()
    servers = p["servers"]
    served = station(b, dist(b), servers, **options)
    b.open(p["arrival_rate_per_s"], {root_of(b, [("call", b.call(served))]): 1})
    run = long_run(b, p["arrival_rate_per_s"], requests, trace=True)
    return run, in_use(run, served) / servers


def responses(run: Measured) -> Values:
    """Mean and percentiles under the names the cases use."""
    names: Values = {f"response_time_p{q}": quantile_s(run, q / 100) for q in (50, 95, 99)}
    return names | {"mean_response_time": mean_s(run)}


def waiting(run: Measured, servers: int) -> Values:
    """Waits under the names the cases use."""
    waits = waits_s(run, servers)
    return {
        "mean_wait": float(waits.mean()),
        "wait_p95": float(np.quantile(waits, 0.95)),
        "wait_p99": float(np.quantile(waits, 0.99)),
        "probability_of_waiting": float((waits > 0).mean()),
    }


@answers("mm1-80pct")
def mm1(p: Parameters) -> Values:
    run, busy = one_queue(p, lambda b: b.dist_exp(p["service_time_mean_s"]), 2_000_000)
    under_way = mean_s(run) * rate_per_s(run)
    more = {"utilisation": busy, "throughput": rate_per_s(run), "mean_number_in_system": under_way}
    return responses(run) | waiting(run, 1) | more


@answers("mmc-4-workers")
def mmc(p: Parameters) -> Values:
    run, busy = one_queue(p, lambda b: b.dist_exp(p["service_time_mean_s"]), 2_000_000)
    return responses(run) | waiting(run, p["servers"]) | {"utilisation": busy}


@answers("md1-80pct")
def md1(p: Parameters) -> Values:
    run, _ = one_queue(p, lambda b: b.dist_const(p["service_time_s"]), 2_000_000)
    return responses(run) | waiting(run, 1)


@answers("mg1-lognormal-cv1.5")
def mg1(p: Parameters) -> Values:
    mean, cv = p["service_time_mean_s"], p["service_cv"]
    run, busy = one_queue(p, lambda b: b.dist_lognormal(mean, cv), 4_000_000)
    return responses(run) | waiting(run, 1) | {"utilisation": busy}


@answers("mmck-4-workers-queue-6")
def mmck(p: Parameters) -> Values:
    run, busy = one_queue(
        p, lambda b: b.dist_exp(p["service_time_mean_s"]), 1_000_000, queue=p["queue_capacity"]
    )
    return {
        "rejected_fraction": share(run, "failed"),
        "goodput": rate_per_s(run),
        "mean_response_time_of_accepted": mean_s(run),
        "utilisation": busy,
        "mean_number_in_system": mean_s(run) * rate_per_s(run),
    }


@answers("erlang-b-pool-15")
def erlang_b(p: Parameters) -> Values:
    """The farthest off of the three holding-time distributions."""
    mean = p["holding_time_mean_s"]
    found = []
    for dist in (
        lambda b: b.dist_exp(mean),
        lambda b: b.dist_const(mean),
        lambda b: b.dist_lognormal(mean, 2),
    ):
        run, busy = one_queue(p, dist, 600_000, queue=0)
        found.append((share(run, "failed"), busy * p["servers"]))
    rejected, busy = max(found, key=lambda pair: abs(pair[0] - np.mean([r for r, _ in found])))
    return {"rejected_fraction": rejected, "mean_busy": busy}


@answers("timeout-no-cancel")
def timeout_no_cancel(p: Parameters) -> Values:
    b = Builder()
    served = station(b, b.dist_exp(p["service_time_mean_s"]), p["servers"])
    call = b.call(served, timeout_s=p["timeout_s"], retries=p["retries"])
    b.open(p["arrival_rate_per_s"], {root_of(b, [("call", call)]): 1})
    run = long_run(b, p["arrival_rate_per_s"], 2_000_000)
    return {
        "timeout_fraction": share(run, "timed_out"),
        "utilisation": in_use(run, served),
        "goodput": rate_per_s(run),
    }


@answers("burst-of-5")
def burst(p: Parameters) -> Values:
    """A burst is one request that sends its parts at once; the parts are what is looked at."""
    found = []
    for size in (p["burst_size"], 1):
        b = Builder()
        served = station(b, b.dist_exp(p["service_time_mean_s"]), p["servers"])
        rate = p["request_rate_per_s"] / size
        b.open(rate, {root_of(b, [("par", [b.call(served) for _ in range(size)])]): 1})
        run = long_run(b, rate, 2_000_000 / size)
        found.append((per_attempt_s(run, served, "latency"), in_use(run, served)))
    (mean, busy), (mean_alone, _) = found
    return {
        "utilisation": busy,
        "mean_response_time": mean,
        "ratio_to_poisson_arrivals_at_same_rate": mean / mean_alone,
    }


@answers("pipeline-3-stages")
def pipeline(p: Parameters) -> Values:
    b = Builder()
    stages = [station(b, b.dist_exp(s["service_time_mean_s"]), s["servers"]) for s in p["stages"]]
    b.open(p["arrival_rate_per_s"], {root_of(b, [("call", b.call(s)) for s in stages]): 1})
    return responses(long_run(b, p["arrival_rate_per_s"], 2_000_000))


def balanced(
    rate: float, mean: float, replicas: int, balance: int, requests: float, choices: int = 2
) -> Measured:
    """Single-worker replicas behind a balancer."""
    b = Builder()
    root = queue(b, b.dist_exp(mean), 1, per_group=replicas, balance=balance, choices=choices)
    b.open(rate, {root: 1})
    return long_run(b, rate, requests)


@answers("balancer-random-vs-round-robin-4")
def balancer(p: Parameters) -> Values:
    rate, mean, n = p["arrival_rate_per_s"], p["service_time_mean_s"], p["replicas"]
    runs = {
        "random": balanced(rate, mean, n, lay.LB_RANDOM, 4_000_000),
        "round_robin": balanced(rate, mean, n, lay.LB_ROUND_ROBIN, 4_000_000),
    }
    b = Builder()
    b.open(rate, {queue(b, b.dist_exp(mean), n): 1})
    runs["central_queue"] = long_run(b, rate, 2_000_000)
    means = {name: mean_s(run) for name, run in runs.items()}
    values: Values = {f"mean_response_time.{name}": mean for name, mean in means.items()}
    values |= {f"response_time_p99.{name}": quantile_s(run, 0.99) for name, run in runs.items()}
    return values | {"order": " < ".join(sorted(means, key=lambda name: means[name]))}


@answers("power-of-two-choices", full=True)
def power_of_two(p: Parameters) -> Values:
    """The limit by 400 replicas; one replica where the choice is random. In thousandths."""
    mean, values = p["service_time_mean"] / 1_000, Values()
    for load in p["lambda_values"]:
        name = f"mean_time_in_system.lambda={load}"
        # the error of a queue's mean is about 2 / (1 - load) / sqrt(requests): half a percent
        requests = min(1e8, max(1e6, 1.6e5 / (1 - load) ** 2))
        alone = balanced(load / mean, mean, 1, lay.LB_RANDOM, requests)
        values[f"{name}.d=1.infinite_servers"] = mean_s(alone) / mean
        for d in (2, 3):
            many = balanced(400 * load / mean, mean, 400, lay.LB_P2C, 4_000_000, d)
            values[f"{name}.d={d}.infinite_servers"] = mean_s(many) / mean
    for finite in p["finite_cases"]:
        load, n = finite["lambda"], finite["servers"]
        run = balanced(n * load / mean, mean, n, lay.LB_P2C, 3_000_000)
        values[f"mean_time_in_system.lambda={load}.d=2.servers={n}"] = mean_s(run) / mean
    return values


@answers("jackson-retry-loop")
def jackson(p: Parameters) -> Values:
    """Each way through the network is a root of its own, drawn by its probability."""
    b = Builder()
    services = list(p["routing"])
    stations = {
        name: station(b, b.dist_exp(p["service_time_mean_s"][name]), p["servers"][name])
        for name in services
    }
    calls = {name: b.call(endpoint) for name, endpoint in stations.items()}
    ways = dict(routes(p["routing"], ("gateway",), 1.0))
    assert sum(ways.values()) > 1 - 1e-4
    rate = p["external_arrivals_per_s"]["gateway"]
    b.open(rate, {root_of(b, [("call", calls[s]) for s in way]): c for way, c in ways.items()})
    window_s = 5_000.0
    run = measure(b.build(), 4 * window_s, warmup_s=window_s, tail_s=0, window_s=window_s)
    values: Values = {"end_to_end_mean_response_time": mean_s(run)}
    values["mean_number_in_network"] = mean_s(run) * rate_per_s(run)
    for name, endpoint in stations.items():
        values[f"{name}.arrival_rate"] = float(run.run.stats[endpoint]["n"] / run.seconds)
        values[f"{name}.utilisation"] = in_use(run, endpoint)
        values[f"{name}.mean_response_time_per_visit"] = per_attempt_s(run, endpoint, "latency")
    return values


def routes(
    routing: Parameters, way: tuple[str, ...], chance: float
) -> list[tuple[tuple[str, ...], float]]:
    """All ways that begin so, with their probabilities; those below one in ten million left out."""
    onward = routing[way[-1]]
    found = [(way, chance * (1 - math.fsum(onward.values())))]
    for service, share_of in onward.items():
        if chance * share_of > 1e-7:
            found += routes(routing, (*way, service), chance * share_of)
    return found


@answers("hot-shard-zipf", without=("max_throughput_if_balanced",))
def hot_shard(p: Parameters) -> Values:
    n, rate = p["shards"], p["arrival_rate_per_s"]
    weights = np.arange(1, p["keys"] + 1) ** -p["alpha"]
    shares = [float(weights[k::n].sum() / weights.sum()) for k in range(n)]
    b = Builder()
    shards = b.service(groups=n, per_group=1, workers=1, cores=1)
    work = b.dist_exp(p["service_time_mean_s"])
    ends = [b.endpoint(shards, [("cpu", work)]) for _ in range(n)]
    roots = [root_of(b, [("call", b.call(end, group=k))]) for k, end in enumerate(ends)]
    b.open(rate, dict(zip(roots, shares, strict=True)))
    run = long_run(b, rate, 2_000_000)
    hottest = max(in_use(run, end) for end in ends)
    visits = run.run.stats["n"][ends]
    return {
        "hottest_shard_share": float(visits.max() / visits.sum()),
        "hottest_shard_utilisation": hottest,
        "max_throughput": rate_per_s(run, "started") / hottest,
        "mean_response_time": mean_s(run),
    }
