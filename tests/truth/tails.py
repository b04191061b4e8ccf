"""Cases of second attempts, of quorums and of the slowest of many, put to the kernel."""

from __future__ import annotations

import math

from backend_lead.kernel.builder import Builder
from tests.kernel.measured import Measured, root_of

from .case import Parameters, Values, answers
from .reading import long_run, mean_s, quantile_s


@answers("quorum-2-of-3")
def quorum(p: Parameters) -> Values:
    b = Builder()
    leaf = root_of(b, [("delay", b.dist_exp(p["call_latency_mean_s"]))])
    calls = [b.call(leaf) for _ in range(p["calls"])]
    b.open(1_000, {root_of(b, [("some", calls, p["needed"])]): 1})
    run = long_run(b, 1_000, 400_000)
    values: Values = {f"latency_p{q}": quantile_s(run, q / 100) for q in (50, 95, 99)}
    return values | {"mean_latency": mean_s(run)}


def extra(run: Measured, leaf: int, calls: int = 1) -> float:
    """Attempts at the leaf beyond one for each call."""
    ended = int(run.run.stats["n"][leaf])
    return ended / (calls * int(run.windows["started"].sum())) - 1


@answers("hedge-after-p95")
def hedged(p: Parameters) -> Values:
    values: Values = {}
    (often, fast), (_, slow) = (
        (branch["weight"], branch["exponential_mean_s"]) for branch in p["latency_mixture"]
    )
    for name, after_s in (("no_hedge", 0.0), ("hedged", p["hedge_delay_s"])):
        b = Builder()
        leaf = root_of(b, [("delay", b.dist_hyper2(often, fast, slow))])
        b.open(1_000, {root_of(b, [("call", b.call(leaf, hedge_s=after_s))]): 1})
        run = long_run(b, 1_000, 1_000_000)
        for q in (50, 95, 99, 99.9):
            values[f"latency_p{q}.{name}"] = quantile_s(run, q / 100)
    return values | {"extra_requests": extra(run, leaf)}


# A read whose latency is log-normal; these two facts fix it. They are chosen so that 1,000 reads
# have the published p99.9 without hedges; what hedges make of it is the answer.
SLOWER_THAN_HEDGE = 0.02  # of the reads, as the case has it
READS = 2_000  # fan-outs; a thousand reads each, so some ten million attempts


@answers("hedged-requests-bigtable", full=True)
def bigtable(p: Parameters) -> Values:
    hedge_s, published_s = p["hedge_delay_ms"] / 1_000, p["published"]["p999_without_ms"] / 1_000
    at_hedge, at_published = quantile(SLOWER_THAN_HEDGE), quantile(1e-3 / p["keys"])
    sigma = math.log(published_s / hedge_s) / (at_published - at_hedge)
    mu = math.log(hedge_s) - at_hedge * sigma
    p999, more = {}, 0.0
    for after_s in (0.0, hedge_s):
        b = Builder()
        read = b.dist_lognormal(math.exp(mu + sigma**2 / 2), math.sqrt(math.expm1(sigma**2)))
        leaf = root_of(b, [("delay", read)])
        calls = [b.call(leaf, hedge_s=after_s) for _ in range(p["keys"])]
        b.open(100, {root_of(b, [("par", calls)]): 1})
        run = long_run(b, 100, 4 * READS)
        p999[after_s] = quantile_s(run, 0.999)
        more = extra(run, leaf, p["keys"])
    return {"p999_ratio": p999[0.0] / p999[hedge_s], "extra_requests": more}


def quantile(beyond: float) -> float:
    """The standard normal quantile beyond which such a share lies, by bisection."""
    low, high = 0.0, 40.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if math.erfc(middle / math.sqrt(2)) / 2 > beyond else (low, middle)
        )
    return low


LEAVES = 100
FEW = 10  # leaves of requests that tell most about a leaf's tail for the attempts they cost
LEAF_SLOW = 0.01  # beyond its p99


@answers("tail-leaf-table-google", "analytic", full=True)
def leaf_table(p: Parameters) -> Values:
    """Independent leaves with the table's p50 and p99, log-normal between and beyond them.

    Of how many the slowest is beyond a leaf's p99 every second time, told from the share of
    requests to a few that meet no such leaf; and how much of the p99 the last twentieth takes.
    """
    one = p["measured_ms"]["one_leaf"]
    few = fan_out(one, FEW, FEW, 800_000)
    calm = float((few.latencies_s() <= one["p99"] / 1_000).mean())
    everybody, most = (
        quantile_s(fan_out(one, LEAVES, need, 40_000), 0.99)
        for need in (LEAVES, round(0.95 * LEAVES))
    )
    return {
        "minimum_fan_out_consistent_with_all_p50_above_leaf_p99": FEW
        * math.log(0.5)
        / math.log(calm),
        "waiting_for_last_5pct_share_of_p99": 1 - most / everybody,
    }


def fan_out(one: Parameters, leaves: int, need: int, requests: float) -> Measured:
    """Requests that ask so many leaves at once and go on after some."""
    sigma = math.log(one["p99"] / one["p50"]) / quantile(LEAF_SLOW)
    mean_s, cv = one["p50"] / 1_000 * math.exp(sigma**2 / 2), math.sqrt(math.expm1(sigma**2))
    b = Builder()
    leaf = root_of(b, [("delay", b.dist_lognormal(mean_s, cv))])
    calls = [b.call(leaf) for _ in range(leaves)]
    b.open(1_000, {root_of(b, [("some", calls, need)]): 1})
    return long_run(b, 1_000, requests, trace=True)
