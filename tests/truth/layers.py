"""Cases of nested calls, closed users, joins and caches, put to the kernel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from tests.kernel.measured import Measured, measure, root_of, station

from .case import Parameters, Values, answers
from .reading import in_use, long_run, mean_s, quantile_s, rate_per_s

CUT = 1e-7  # share of a geometric count's mass that is cut off
AT_ONCE_S = 0.005  # for "no think time": short beside any cycle, yet not a storm of candidates


def geometric(
    b: Builder, mean_count: float, slice_s: float, visit: Any, own: str = "cpu"
) -> list[Any]:
    """Steps: a slice of work, then again and again a visit and a slice, `mean_count` visits."""
    work = (own, b.dist_exp(slice_s))
    stop = 1 / (1 + mean_count)
    steps: list[Any] = [work]
    for _ in range(math.ceil(math.log(CUT) / math.log(1 - stop))):
        steps = [work, ("chance", stop, [visit, *steps])]
    return steps


def held_worker(p: Parameters, workers: int, cores: int, cpu_s: float, call_s: float) -> Any:
    """An app whose workers wait for a dependency: builder, its endpoint, a root that calls it."""
    b = Builder()
    dependency = root_of(b, [("delay", b.dist_exp(call_s))])
    app = b.service(per_group=1, workers=workers, cores=cores)
    steps = [("cpu", b.dist_exp(cpu_s)), ("call", b.call(dependency))]
    endpoint = b.endpoint(app, steps)
    return b, endpoint, root_of(b, [("call", b.call(endpoint))])


@answers("worker-held-open-arrivals")
def held_open(p: Parameters) -> Values:
    size = (p["workers"], p["cores"], p["cpu_demand_s"], p["dependency_latency_s"])
    b, endpoint, root = held_worker(p, *size)
    b.open(p["arrival_rate_per_s"], {root: 1})
    run = long_run(b, p["arrival_rate_per_s"], 2_000_000)
    b, _, root = held_worker(p, *size)
    b.open(2 * p["arrival_rate_per_s"], {root: 1})
    flooded = long_run(b, 2 * p["arrival_rate_per_s"], 200_000)
    done = flooded.run.ok / flooded.run.until_s
    return {
        "mean_response_time": mean_s(run),
        "worker_utilisation": in_use(run, endpoint, "held") / p["workers"],
        "cpu_utilisation": in_use(run, endpoint) / p["cores"],
        "max_throughput": done,
    }


@answers("worker-held-slow-dependency")
def held_closed(p: Parameters) -> Values:
    app, values = p["app"], Values()
    for users in p["users"]:
        b, endpoint, root = held_worker(
            p, app["workers"], app["cores"], app["cpu_demand_s"], p["dependency"]["latency_s"]
        )
        b.closed(users, p["think_time_s"], {root: 1})
        run = long_run(b, 20, 200_000)
        values[f"N={users}.throughput"] = rate_per_s(run)
        values[f"N={users}.mean_response_time"] = mean_s(run)
    # of the last and largest number of users, which saturates
    values["max_throughput_workers_over_hold_time"] = rate_per_s(run)
    cpu, workers = in_use(run, endpoint) / app["cores"], in_use(run, endpoint, "held")
    values["app_cpu_utilisation_at_N=100"] = cpu
    if workers > 0.99 * app["workers"]:
        values["bottleneck"] = f"app worker threads (cpu is {cpu:.0%} busy)".replace("%", " %")
    return values


@answers(
    "closed-timesharing-jain", without=("saturation_throughput_bound", "knee_population_N_star")
)
def timesharing(p: Parameters) -> Values:
    """One visit for the whole demand, all times in thousandths: X and R depend on no more."""
    values, unit = Values(), 1_000
    for users in p["populations"]:
        b = Builder()
        stations = {s["name"]: station(b, b.dist_exp(s["demand_s"] / unit)) for s in p["stations"]}
        b.closed(users, p["think_time_s"] / unit, {root_of(b, calls_in_turn(b, stations)): 1})
        run = long_run(b, 0.2 * unit, 100_000)
        values[f"N={users}.throughput"] = rate_per_s(run) / unit
        values[f"N={users}.mean_response_time"] = mean_s(run) * unit
    use = {name: in_use(run, endpoint) for name, endpoint in stations.items()}
    values |= {f"N={users}.utilisation.{name}": busy for name, busy in use.items()}
    return values | {"bottleneck": max(use, key=lambda name: use[name])}


def calls_in_turn(b: Builder, stations: dict[str, int]) -> list[Any]:
    return [("call", b.call(endpoint)) for endpoint in stations.values()]


@answers("little-redis-benchmark", without=("pipelining_gain_SET",))
def redis_benchmark(p: Parameters) -> Values:
    """A server that does so many a second, kept busy by the clients; the time follows."""
    values = Values()
    names = {
        0: "SET.mean_latency",
        2: "LPUSH.mean_latency",
        3: "pipelined_SET.mean_batch_round_trip",
    }
    for k, name in names.items():
        tested = p["runs"][k]
        batches_per_s = tested["requests_per_s"] / tested["pipeline"]
        b = Builder()
        served = station(b, b.dist_exp(1 / batches_per_s))
        think_s = 3e-6
        b.closed(tested["clients"], think_s, {root_of(b, [("call", b.call(served))]): 1})
        values[name] = mean_s(long_run(b, batches_per_s, 20_000)) * 1_000
    return values


@answers("tower-thread-pools")
def tower(p: Parameters) -> Values:
    """Geometric numbers of calls, as in the layered model; every user calls tier 2 at once."""
    values = Values()
    for pools in p["thread_pools"]:
        threads = [p["users"] if size == "inf" else size for size in pools]
        b = Builder()
        leaves = b.service(groups=3, per_group=1, workers=1, cores=1)
        demand, calls = p["demand_per_tier_s"], p["calls_mean"]
        leaf = b.endpoint(leaves, [("cpu", b.dist_exp(demand))])
        below, fan_out = leaf, 3
        for size in reversed(threads):
            tier = b.service(per_group=1, workers=size, cores=1)
            mean_calls = fan_out * calls
            steps = geometric(b, mean_calls, demand / (1 + mean_calls), ("call", b.call(below)))
            below, fan_out = b.endpoint(tier, steps), 1
        b.closed(p["users"], 4 * AT_ONCE_S, {root_of(b, [("call", b.call(below))]): 1})
        run = long_run(b, 0.5, 30_000)
        name = "threads=" + "/".join(map(str, pools))
        values[f"{name}.throughput"] = rate_per_s(run)
        values[f"{name}.mean_response_time"] = mean_s(run)
        values[f"{name}.leaf_utilisation"] = in_use(run, leaf) / 3
    return values


@answers("fan-out-10-all")
def fan_out(p: Parameters) -> Values:
    b = Builder()
    leaf = root_of(b, [("delay", b.dist_exp(p["call_latency_mean_s"]))])
    b.open(1_000, {root_of(b, [("par", [b.call(leaf) for _ in range(p["calls"])])]): 1})
    run = long_run(b, 1_000, 300_000)
    values: Values = {f"latency_p{q}": quantile_s(run, q / 100) for q in (50, 95, 99)}
    return values | {"mean_latency": mean_s(run)}


BOUNDS = ("lower_bound_no_queueing", "upper_bound_independent_branches")


def shards_joined(p: Parameters) -> Values:
    n = p["branches"]
    b = Builder()
    shards = b.service(groups=n, per_group=1, workers=1, cores=1)
    endpoint = b.endpoint(shards, [("cpu", b.dist_exp(p["service_time_mean_s"]))])
    root = root_of(b, [("par", [b.call(endpoint, group=k) for k in range(n)])])
    b.open(p["arrival_rate_per_s"], {root: 1})
    run = long_run(b, p["arrival_rate_per_s"], 1_000_000)
    values: Values = {f"response_time_p{q}": quantile_s(run, q / 100) for q in (95, 99)}
    return values | {"mean_response_time": mean_s(run)}


answers("fork-join-2-shards", without=BOUNDS)(shards_joined)
answers("fork-join-8-shards", without=(*BOUNDS, "nelson_tantawi_approximation"))(shards_joined)

VISITS = 10  # of a step to its disks, in both variants
PARALLEL = {  # variant: cores, disks per set, the set that parent and children visit
    "two_children_all_disks_1_core": (1, [4], [0, 0, 0]),
    "two_children_split_disks_2_cores": (2, [2, 2], [0, 0, 1]),
}


@answers("fork-join-closed-published")
def parallel_programs(p: Parameters) -> Values:
    """A step works in slices and after each one visits one of its disks, or ends."""
    values = Values()
    for variant in p["variants"]:
        for jobs in p["jobs"]:
            for demand in p["cpu_demand_per_step_s"]:
                run = parallel_jobs(p, *PARALLEL[variant], jobs=jobs, demand_s=demand)
                name = f"{variant}.jobs={jobs}.cpu_demand={demand}.throughput"
                values[name] = rate_per_s(run)
    return values


def parallel_jobs(
    p: Parameters, cores: int, sets: list[int], visits: list[int], *, jobs: int, demand_s: float
) -> Measured:
    """A disk is a group of its set, drawn evenly for each visit."""
    b = Builder()
    disk = b.dist_exp(p["disk_service_s"])
    homes = [b.service(groups=n, per_group=1, workers=1, cores=1) for n in sets]
    disks = [b.endpoint(home, [("cpu", disk)]) for home in homes]
    cpu = b.service(per_group=1, workers=1_000, cores=cores)
    slice_s = demand_s / (1 + VISITS)
    parent, *children = (
        b.endpoint(cpu, geometric(b, VISITS, slice_s, ("call", b.call(disks[k])))) for k in visits
    )
    steps = [("call", b.call(parent)), ("par", [b.call(child) for child in children])]
    b.closed(jobs, AT_ONCE_S, {root_of(b, steps): 1})
    return long_run(b, 1, 12_000)


@answers("tail-fan-out-dean-barroso")
def tail(p: Parameters) -> Values:
    """A call takes two seconds with the chance given, else nothing."""
    values = Values()
    for point in p["points"]:
        slow, n = point["slow_share"], point["fan_out"]
        b = Builder()
        leaf = root_of(b, [("chance", 1 - slow, [("delay", b.dist_const(2.0))])])
        b.open(1_000, {root_of(b, [("par", [b.call(leaf) for _ in range(n)])]): 1})
        requests = max(20_000, min(1_000_000, 20_000_000 // n))
        run = measure(b.build(), requests / 1_000, warmup_s=0, tail_s=5)
        over = run.run.hist_windows[: int(run.seconds)].sum(axis=(0, 1))
        # 2^30 ns and more, the lower edge of an octave near one second
        first = (30 - lay.HIST_LOW + 1) * lay.HIST_SUB
        found = float(over[first:].sum() / over.sum())
        values[f"slow_share={slow}.fan_out={n}.share_of_requests_slow"] = found
    return values


@answers("concurrency-daily-cycle")
def daily_cycle(p: Parameters) -> Values:
    """Ten cycles in steps of five seconds; requests under way are counted every second."""
    base, swing, period = p["base_rate_per_s"], p["amplitude_per_s"], p["period_s"]
    cycles, step = 12, 5.0
    starts = np.arange(0, cycles * period, step)
    factors = 1 + swing / base * np.sin(2 * np.pi * (starts + step / 2) / period)
    b = Builder()
    root = root_of(b, [("delay", b.dist_exp(p["service_time_mean_s"]))])
    b.open(base, {root: 1}, list(zip(starts.tolist(), factors.tolist(), strict=True)))
    tail_s = 20 * p["service_time_mean_s"]
    run = measure(b.build(), cycles * period, warmup_s=0, tail_s=tail_s, trace=2_000_000)
    trace: Any = run.run.trace
    moments = np.arange(2 * period, cycles * period) * lay.NS_PER_S
    begun, gone = (np.searchsorted(np.sort(trace[c]), moments) for c in ("start", "end"))
    under_way = (begun - gone).reshape(cycles - 2, period)
    mean = under_way.mean(axis=0)
    wave = np.exp(2j * np.pi * np.arange(period) / period)
    # phase of the first harmonic: the top itself is too flat to find
    top = np.angle((mean * wave).sum()) / (2 * np.pi) * period % period
    near = slice(int(top) - 5, int(top) + 6)
    return {
        "mean_concurrency_over_a_period": float(under_way.mean()),
        "peak_of_mean_concurrency": float(mean.max()),
        "trough_of_mean_concurrency": float(mean.min()),
        "lag_of_peak_concurrency_behind_peak_rate": float(top - period / 4),
        "p99_concurrency_at_peak": float(np.quantile(under_way[:, near], 0.99)),
    }


@answers("cache-aside-cold-start")
def cache_aside(p: Parameters) -> Values:
    """Warm, and with the cache lost: how far the database then is from carrying the load."""
    rate, servers = p["arrival_rate_per_s"], p["db_workers"]
    warm, database = cached(p, p["hit_ratio"], 2_000_000)
    cold, _ = cached(p, 0.0, 100_000)
    most = cold.run.ok / cold.run.until_s  # what the database does at most
    return {
        "db_arrival_rate": float(warm.run.stats[database]["n"] / warm.seconds),
        "db_utilisation_warm": in_use(warm, database) / servers,
        "mean_response_time_warm": mean_s(warm),
        "db_utilisation_if_cache_is_lost": rate_per_s(cold, "started") / most,
        "survives_loss_of_the_cache": most > 0.99 * rate_per_s(cold, "started"),
        "lowest_hit_ratio_the_database_survives": 1 - most / rate,
    }


def cached(p: Parameters, hit_ratio: float, requests: float) -> tuple[Measured, int]:
    b = Builder()
    database = station(b, b.dist_exp(p["db_service_mean_s"]), p["db_workers"])
    home = b.delay_service()
    get = b.endpoint(home, [("delay", b.dist_const(p["cache_latency_s"]))])
    cache = b.cache(home, [hit_ratio], 1.0)
    miss = [("call", b.call(database))]
    b.open(p["arrival_rate_per_s"], {root_of(b, [("cached", b.call(get), cache, miss)]): 1})
    return long_run(b, p["arrival_rate_per_s"], requests), database


def keyed(
    p: Parameters, objects: int, kept: int, rate_per_s: float, requests: float, **shelf: Any
) -> Measured:
    """Requests for objects by Zipf's law, kept where they are asked for; a miss takes a second."""
    b = Builder()
    home = b.delay_service()
    keys = b.keys((np.arange(1, objects + 1) ** -float(p["alpha"])).tolist())
    row = b.shelf(home, objects, kept, **shelf)
    look = b.call(b.endpoint(home, []))
    origin = b.call(root_of(b, [("delay", b.dist_const(MISS_S))]))
    b.open(rate_per_s, {root_of(b, [("key", keys), ("kept", look, row, [("call", origin)])]): 1})
    return long_run(b, rate_per_s, requests)


MISS_S = 1e-6  # a miss takes so long, a hit nothing: the mean latency tells the share of misses


def hits(run: Measured) -> float:
    return 1 - mean_s(run) / MISS_S


@answers("lru-zipf")
def lru(p: Parameters) -> Values:
    values = Values()
    for point in p["points"]:
        objects, kept = point["objects"], point["cache_objects"]
        run = keyed(point, objects, kept, 1_000, 2_000_000, warm=True)
        name = f"objects={objects}.alpha={point['alpha']}.cache={kept}"
        values[f"{name}.lru_hit_ratio"] = hits(run)
    return values


@answers("ttl-cache")
def ttl(p: Parameters) -> Values:
    """A cache with room for all, in which entries age; those that are used begin anew, or not."""
    found = {}
    for renew in (False, True):
        run = keyed(p, p["objects"], p["objects"], p["request_rate_per_s"], 1_000_000,
                    ttl_s=p["ttl_s"], renew=renew)  # fmt: skip
        found[renew] = hits(run)
    return {
        "fixed_ttl_hit_ratio": found[False],
        "sliding_ttl_hit_ratio": found[True],
        "database_load_fixed_ttl": p["request_rate_per_s"] * (1 - found[False]),
    }
