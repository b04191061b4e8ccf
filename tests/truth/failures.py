"""Cases of retries, pauses and dependencies that fail, put to the kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from tests.kernel.measured import measure, root_of

from .case import Parameters, Values, answers
from .reading import long_run, share

Times = NDArray[np.float64]


def failing(b: Builder, chance: float) -> int:
    """An endpoint that fails so often at once, each time anew."""
    broken = b.service(per_group=1)
    b.fault(0, lay.FAULT_DOWN, b.replica(broken))
    call = b.call(b.endpoint(broken, []))
    return root_of(b, [("chance", 1 - chance, [("call", call)])])


@answers("retry-amplification-243")
def amplification(p: Parameters) -> Values:
    attempts, successes = {}, {}
    for chance in (p["bottom_failure_rate"], 1.0):
        b = Builder()
        below = bottom = failing(b, chance)
        for _ in range(p["depth"]):
            below = root_of(b, [("call", b.call(below, retries=p["retries_per_layer"]))])
        b.open(1_000, {below: 1})
        run = measure(b.build(), 300 if chance < 1 else 5, warmup_s=0, tail_s=0)
        attempts[chance] = float(run.run.stats["n"][bottom] / run.run.started)
        successes[chance] = run.run.ok / run.run.started
    return {
        "worst_case_calls_at_the_bottom": attempts[1.0],
        "mean_calls_at_the_bottom": attempts[p["bottom_failure_rate"]],
        "end_to_end_success": successes[p["bottom_failure_rate"]],
    }


@answers(
    "critical-and-optional-dependencies",
    without=("availability", "unavailability_by_adding", "full_quality_share"),
)
def dependencies(p: Parameters) -> Values:
    b = Builder()
    parts = [p["own_availability"], *p["critical_dependencies"]]
    calls = [b.call(failing(b, 1 - part)) for part in parts]
    calls.append(b.call(failing(b, 1 - p["optional_dependency"]), optional=True))
    b.open(10_000, {root_of(b, [("call", call) for call in calls]): 1})
    return {"unavailability": share(long_run(b, 10_000, 3_000_000), "failed")}


# --- pauses ---------------------------------------------------------------------------------------


def pause(b: Builder, service: int, workers: int, at_s: float, lasts_s: float) -> None:
    """Let all workers stand still: work of another kind holds each for so long."""
    held = b.endpoint(service, [("delay", b.dist_const(lasts_s))])
    for _ in range(workers):
        steps = [("delay", b.dist_const(at_s)), ("call", b.call(held))]
        # one user who is back at once, for as long as one request takes to come
        b.closed(1, 1e-9, {root_of(b, steps): 1}, [(0, 1), (50e-9, 0)])


STORM_TIMEOUT_S = 1.0
STORM_AT_S = 20.0
DRAINED_S = 500.0  # by then the queue is gone at 4 % below a threshold; above it it never goes
BURST = 10  # retries saved at most; any number that is small beside a second's requests


@answers("metastable-fluid-threshold")
def fluid_threshold(p: Parameters) -> Values:
    """A pause of ten timeouts; the storm is looked at for ten more, or until it has drained."""
    rate, budget = p["offered_per_s"], p["retry_budget_fraction"]
    lost, busy = storm(p, rate, until_s=40)
    values: Values = {
        "healthy_utilisation": busy,
        "load_in_storm": rate * (1 + (p["max_attempts"] - 1) * lost),
        "recovers_without_budget": lost < 0.5,
        "recovers_with_10pct_retry_budget": storm(p, rate, 100, budget)[0] < 0.5,
    }
    name = "largest_load_that_always_recovers"
    values |= largest(p, f"{name}_without_budget", 1 / p["max_attempts"])
    return values | largest(p, f"{name}_with_10pct_budget", 1 / (1 + budget), budget)


def largest(p: Parameters, name: str, of_capacity: float, budget: float | None = None) -> Values:
    """The load at which the queue stays as it is, if it drains below and is kept above."""
    always = p["capacity_per_s"] * of_capacity
    drained = storm(p, always * 0.96, DRAINED_S, budget)[0] < 0.5
    kept = storm(p, always * 1.04, DRAINED_S, budget)[0] > 0.5
    return {name: always} if drained and kept else {}


def storm(
    p: Parameters, rate_per_s: float, until_s: float, budget: float | None = None
) -> tuple[float, float]:
    """Share of requests that time out at the end, and the server's use before the pause."""
    b = Builder()
    service = b.service(per_group=1, workers=1, cores=1)
    service_s = 1 / p["capacity_per_s"]
    endpoint = b.endpoint(service, [("cpu", b.dist_const(service_s))])
    paid = None if budget is None else b.budget(budget, BURST)
    retries = p["max_attempts"] - 1
    call = b.call(endpoint, timeout_s=STORM_TIMEOUT_S, retries=retries, budget=paid)
    root = root_of(b, [("call", call)])
    b.open(rate_per_s, {root: 1})
    pause(b, service, 1, STORM_AT_S, 10 * STORM_TIMEOUT_S)
    run = measure(b.build(), until_s, warmup_s=0, tail_s=10)
    windows = run.run.windows[:, run.run.roots.index(root)]
    end = windows[int(until_s) - 10 : int(until_s)]
    calm = windows["ok"][: int(STORM_AT_S) - 2].mean()
    return float(end["timed_out"].sum() / end["started"].sum()), float(calm * service_s)


@answers("consumer-outage-catch-up", full=True)
def outage(p: Parameters) -> Values:
    """Messages are requests; a group of consumers is one replica with as many workers."""
    at_s, lasts = 100.0, p["outage_s"]
    resumed = at_s + lasts
    start, end, second = stream(p, p["consumers"], at_s)
    delays = end - start
    drained = drained_at(second, resumed)
    caught = (start >= at_s) & (start < drained)
    half = (drained - resumed) / 2
    fewest = next(
        n for n in range(p["consumers"], 20)
        if drained_at(stream(p, n, at_s)[2], resumed) - resumed <= half
    )  # fmt: skip
    arrived = (start < at_s).sum() / at_s
    return {
        "backlog_at_resume": float((start < resumed).sum() - (end < resumed).sum()),
        "utilisation_normally": float(arrived / p["consumers"] / p["rate_per_consumer_per_s"]),
        "time_to_drain_after_resume": drained - resumed,
        "longest_message_delay": float(delays.max()),
        "mean_delay_of_messages_arriving_during_outage_and_drain": float(delays[caught].mean()),
        "consumers_needed_to_drain_in_half_that_time": fewest,
    }


def stream(p: Parameters, consumers: int, at_s: float) -> tuple[Times, Times, Times]:
    """Arrival and end of each message in seconds, and the mean delay by second of arrival."""
    b = Builder()
    service = b.service(per_group=1, workers=consumers, cores=consumers)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(1 / p["rate_per_consumer_per_s"]))])
    root = root_of(b, [("call", b.call(endpoint))])
    b.open(p["arrival_rate_per_s"], {root: 1})
    pause(b, service, consumers, at_s, p["outage_s"])
    run = measure(b.build(), 6_500, warmup_s=0, tail_s=100, trace=6_500_000)
    windows = run.run.windows[:, run.run.roots.index(root)]
    ended = run.requests()
    ended = ended[ended["root"] == root]
    mean_delay = windows["latency"] / np.maximum(windows["ok"], 1) / lay.NS_PER_S
    return ended["start"] / lay.NS_PER_S, ended["end"] / lay.NS_PER_S, mean_delay


def drained_at(mean_delay: Times, since_s: float) -> float:
    """First second after this time whose messages wait less than a tenth of a second."""
    return since_s + float(np.flatnonzero(mean_delay[int(since_s) :] < 0.1)[0])
