"""Cases of availability, hit ratios and waiting formulas, put to the analytic functions."""

from __future__ import annotations

import math

from backend_lead.analysis.availability import binomial_at_least, zoned
from backend_lead.analysis.queues import erlang_c
from backend_lead.analysis.queues import wait as wait_of
from backend_lead.analysis.scalability import Scalability, fit, speed_up
from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import SECONDS_MONTH, Traffic
from backend_lead.catalog.prices import PriceBook
from backend_lead.model.system import Component
from backend_lead.views.hits import EntityReads, HitCurve, Ways, hit_curves

from .case import Parameters, Values, answers

EXPONENTIAL = 1.0  # squared coefficient of variation
MINUTES = {"30_days": 30 * 24 * 60, "year": 365.25 * 24 * 60}


ROUNDED = "the case states it to six digits, coarser than its own tolerance; see unavailability"


@answers(
    "availability-series-k-of-n",
    "analytic",
    wrong={"db.availability": ROUNDED, "system_availability": ROUNDED},
)
def series(p: Parameters) -> Values:
    groups = {
        g["name"]: binomial_at_least(g["instances"], g["needed"], g["instance_availability"])
        for g in p["groups"]
    }
    total = math.prod(groups.values())
    values: Values = {f"{name}.availability": a for name, a in groups.items()}
    return values | {
        "system_availability": total,
        "system_unavailability": 1 - total,
        "downtime_per_30_days": (1 - total) * MINUTES["30_days"],
    }


@answers("zones-correlated-3x2", "analytic", wrong={"system_availability": ROUNDED})
def zones(p: Parameters) -> Values:
    shape = p["zones"], p["instances_per_zone"], p["instances_needed"]
    value = zoned(
        *shape, p["instance_availability"], p["zone_availability"], p["region_availability"]
    )
    instances = p["zones"] * p["instances_per_zone"]
    apart = binomial_at_least(
        instances, p["instances_needed"], p["instance_availability"] * p["zone_availability"]
    )
    return {
        "system_availability": value,
        "system_unavailability": 1 - value,
        "downtime_per_year": (1 - value) * MINUTES["year"],
        "unavailability_if_instances_were_independent": 1 - apart,
    }


LRU = Ways()


def cached(
    objects: float, alpha: float, reads_per_s: float, kept: float, ways: Ways = LRU
) -> HitCurve:
    """Objects of one byte, in a cache of so many."""
    return hit_curves([EntityReads("object", reads_per_s, 0.0, objects, alpha, 1.0)], kept,
                      ways)["object"]  # fmt: skip


@answers("lru-zipf", "analytic")
def lru(p: Parameters) -> Values:
    values = Values()
    for point in p["points"]:
        objects, alpha, kept = point["objects"], point["alpha"], point["cache_objects"]
        hit = cached(objects, alpha, 1_000, kept).steady
        name = f"objects={objects}.alpha={alpha}.cache={kept}"
        values |= {f"{name}.lru_hit_ratio": hit, f"{name}.che_approximation": hit}
        most_read = cached(objects, alpha, 1_000, kept, Ways(lfu=True)).steady
        values[f"{name}.perfect_lfu_bound"] = most_read
    return values


@answers("ttl-cache", "analytic")
def ttl(p: Parameters) -> Values:
    rate = p["request_rate_per_s"]
    hit, renewed = (
        cached(p["objects"], p["alpha"], rate, 10 * p["objects"], Ways(p["ttl_s"], renew)).steady
        for renew in (False, True)
    )
    return {"fixed_ttl_hit_ratio": hit, "sliding_ttl_hit_ratio": renewed,
            "database_load_fixed_ttl": rate * (1 - hit)}  # fmt: skip


@answers(
    "repair-2-of-3-one-crew",
    "analytic",
    without=(
        "unavailability",
        "availability",
        "outages_per_year",
        "mean_outage_length",
        "mean_time_to_first_outage",
    ),
)
def repaired(p: Parameters) -> Values:
    """Each instance by itself: what the case gives for as many crews as instances."""
    up = p["mttf_h"] / (p["mttf_h"] + p["mttr_h"])
    return {
        "unavailability_if_repairs_were_parallel": 1
        - binomial_at_least(p["instances"], p["needed"], up)
    }


# --- waiting, as the solver has it ----------------------------------------------------------------


def one(rate: float, mean: float, scv: float, servers: int) -> Values:
    """Means of one queue under the names the cases use."""
    waiting, wait = wait_of(rate, mean, scv, servers, "random", 1)
    return {
        "probability_of_waiting": waiting,
        "mean_wait": wait,
        "mean_response_time": wait + mean,
        "utilisation": rate * mean / servers,
    }


@answers("mm1-80pct", "analytic")
@answers("mmc-4-workers", "analytic")
def exponential(p: Parameters) -> Values:
    return one(p["arrival_rate_per_s"], p["service_time_mean_s"], EXPONENTIAL, p["servers"])


@answers("md1-80pct", "analytic")
def constant(p: Parameters) -> Values:
    return one(p["arrival_rate_per_s"], p["service_time_s"], 0.0, 1)


@answers("mg1-lognormal-cv1.5", "analytic")
def lognormal(p: Parameters) -> Values:
    scv = p["service_cv"] ** 2
    return one(p["arrival_rate_per_s"], p["service_time_mean_s"], scv, 1)


@answers("size-workers-wait-p99", "analytic")
def size(p: Parameters) -> Values:
    """A wait is zero, or exponential with the mean of those who wait."""
    rate, mean = p["arrival_rate_per_s"], p["service_time_mean_s"]

    def p99(servers: int) -> float:
        waiting = erlang_c(servers, rate * mean)
        return max(0.0, math.log(waiting / 0.01)) / (servers / mean - rate)

    fewest = next(c for c in range(int(rate * mean) + 1, 1_000) if p99(c) <= p["target_s"])
    return {
        "workers_needed": fewest,
        "metric_at_that_size": p99(fewest),
        "utilisation_at_that_size": rate * mean / fewest,
        "metric_with_one_worker_less": p99(fewest - 1),
    }


@answers("balancer-random-vs-round-robin-4", "analytic")
def balancer(p: Parameters) -> Values:
    n, mean = p["replicas"], p["service_time_mean_s"]
    rate = p["arrival_rate_per_s"] / n
    shared = mean + wait_of(rate * n, mean, EXPONENTIAL, n, "random", 1)[1]
    values: Values = {"mean_response_time.central_queue": shared}
    for name, balance in (("random", "random"), ("round_robin", "round-robin")):
        wait = wait_of(rate, mean, EXPONENTIAL, 1, balance, n)[1]
        values[f"mean_response_time.{name}"] = mean + wait
    return values


@answers("power-of-two-choices", "analytic")
def power_of_two(p: Parameters) -> Values:
    mean, values = p["service_time_mean"], Values()
    cases = [(load, 1_000_000, "infinite_servers") for load in p["lambda_values"]]
    cases += [(f["lambda"], f["servers"], f"servers={f['servers']}") for f in p["finite_cases"]]
    for load, replicas, name in cases:
        for d, balance in ((1, "random"), (2, "power-of-two")):
            wait = wait_of(load / mean, mean, EXPONENTIAL, 1, balance, replicas)[1]
            values[f"mean_time_in_system.lambda={load}.d={d}.{name}"] = (mean + wait) / mean
    return values


@answers("amdahl", "analytic")
def amdahl(p: Parameters) -> Values:
    values: Values = {}
    for point in p["points"]:
        serial, processors = point["serial"], point["processors"]
        name = f"serial={serial}"
        values[f"{name}.processors={processors}.speedup"] = speed_up(processors, serial)
        values[f"{name}.limit"] = Scalability(1.0, serial).limit
    return values


@answers("usl-cisco", "analytic")
def fitted(p: Parameters) -> Values:
    found = fit([(point["load"], point["throughput"]) for point in p["data"]])
    return {
        "gamma_throughput_at_1": found.rate,
        "alpha_contention": found.contention,
        "beta_coherency": found.coherency,
        "r_squared": found.r_squared,
        "peak_load": found.peak,
        "peak_throughput": found.limit,
    }


@answers("usl-raytracer", "analytic")
def fitted_without_a_peak(p: Parameters) -> Values:
    return {name: value for name, value in fitted(p).items() if not name.startswith("peak")}


@answers("cost-lambda-example-1", "analytic")
def function_bill(p: Parameters) -> Values:
    """The bill of a component whose requests are in progress for as long as the case says."""
    kind, book = kind_of("serverless-function"), PriceBook.load()
    month = p["invocations_per_month"]
    seen = Traffic(requests_month=month, under_way=month * p["duration_s"] / SECONDS_MONTH)
    part = Component(kind=kind.id, memory=f"{p['memory_mb']} MiB")  # type: ignore[arg-type]
    items = {item.name: item for item in kind.items("run", part, seen)}
    usd = {
        name: book.tiered_cost(item.sku, "us-east-1", item.quantity)[0]
        for name, item in items.items()
    }
    return {
        "gb_seconds": items["compute"].quantity,
        "compute_charge": usd["compute"],
        "request_charge": usd["requests"],
        "total": sum(usd.values()),
    }
