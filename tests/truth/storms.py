"""Cases of collapse, of crashes that keep their queue, and of backoff, put to the kernel."""

from __future__ import annotations

import random
from typing import Any

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import COMPLETE, RunResult, simulate
from tests.kernel.measured import root_of

from .case import Parameters, Values, answers
from .failures import failing
from .reading import in_use, long_run

ANY = 1_000_000  # workers and cores where nothing queues
SEEDS = 40
JUDGED_S = (55, 80)  # when it is seen whether it has recovered
COLLAPSED = 0.3  # of the requests that came then succeed, and fewer
BACKOFF_S = 20.0  # before the second attempt up to this, before the third twice as much
BUDGET = (0.1, 10.0)
POLICIES: dict[str, dict[str, Any]] = {
    "immediate": {},
    "backoff_jitter": {"backoff_s": BACKOFF_S},
    "no_retries": {"retries": 0},
    "budget_10pct": {"budget": BUDGET},
}


def spike(p: Parameters, policy: str, spike_s: float, seed: int, **how: Any) -> RunResult:
    """One run in which the load doubles for a while."""
    b, _ = slowed(p, policy, spike_s)
    run = simulate(b.build(), seed=seed, until_s=p["run_s"], **how)
    assert run.status == COMPLETE and run.conserved
    return run


def slowed(p: Parameters, policy: str, spike_s: float) -> tuple[Builder, int]:
    """A server that is the slower the more it has to do, a way there and back, and its callers."""
    b = Builder()
    slope = p["server_slope_s_per_request"]
    alone = p["server_base_s"] + slope  # the request itself counts
    service = b.service(per_group=1, workers=ANY, cores=ANY, contention=slope / alone)
    server = b.endpoint(service, [("cpu", b.dist_const(alone))])
    network = ("delay", b.dist_exp(p["network_mean_s"]))
    there = root_of(b, [network, ("call", b.call(server)), network])
    options = {"retries": p["max_attempts"] - 1} | POLICIES[policy]
    if "budget" in options:
        options["budget"] = b.budget(*options["budget"])
    call = b.call(there, timeout_s=p["attempt_timeout_s"], **options)
    since = p["spike_start_s"]
    twice = p["spike_rate_per_s"] / p["base_rate_per_s"]
    steps = [(0.0, 1.0), (since, twice), (since + spike_s, 1.0)] if spike_s else None
    b.open(p["base_rate_per_s"], {root_of(b, [("call", call)]): 1}, steps)
    return b, server


def succeeding(run: RunResult) -> float:
    """Of those who came at the end, when there was time enough to recover, the share served.

    Who came in the last seconds cannot have been answered yet.
    """
    since, until = JUDGED_S
    windows = run.windows[since : until - 5]
    return float(windows["ok"].sum() / windows["started"].sum())


@answers("metastable-spike-retries")
def spike_of_seconds(p: Parameters) -> Values:
    values: Values = {}
    collapsed_seed = 0
    for spike_s in p["spike_lengths_s"]:
        for policy in POLICIES:
            shares = [succeeding(spike(p, policy, spike_s, seed)) for seed in range(SEEDS)]
            assert all(share < COLLAPSED or share > 0.9 for share in shares)
            down = [share < COLLAPSED for share in shares]
            values[f"spike={spike_s}.{policy}.collapsed_share"] = sum(down) / SEEDS
            if policy == "immediate":
                collapsed_seed = down.index(True)
    # of the last spike, for which at least one has collapsed
    run = spike(p, "immediate", p["spike_lengths_s"][-1], collapsed_seed, sample_every=1)
    values["collapsed.retries_per_arrival (t 55-80)"] = retries_per_arrival(run)
    b, server = slowed(p, "no_retries", 0)
    calm = long_run(b, p["base_rate_per_s"], 200_000)
    return values | {"stable_concurrency_before": in_use(calm, server, "held")}


def retries_per_arrival(run: RunResult) -> float:
    """Further attempts begun in the last seconds, for each request that came in them."""
    assert run.spans is not None and not run.spans_full
    since, until = (at * lay.NS_PER_S for at in JUDGED_S)
    spans = run.spans[(run.spans["created"] >= since) & (run.spans["created"] < until)]
    requests = int((spans["parent"] == lay.NONE).sum())
    return int((spans["attempt"] > 0).sum()) / requests


# --- crashes --------------------------------------------------------------------------------------

CYCLES = 250  # failures; the lengths of repairs are quantiles in random order, so few are enough


@answers("crash-restart-hourly", full=True)
def crashing(p: Parameters) -> Values:
    """A server that stands still while it is repaired; whoever waits goes on waiting."""
    rng = random.Random(1)
    up_s, repair_s = p["mean_time_to_failure_s"], p["mean_time_to_repair_s"]
    until_s = CYCLES * (up_s + repair_s)
    lengths = spread(CYCLES, repair_s, rng)
    gaps = spread(CYCLES, up_s, rng)
    b = Builder()
    service = b.service(per_group=1, workers=p["servers"], cores=p["servers"])
    served = b.endpoint(service, [("cpu", b.dist_exp(p["service_time_mean_s"]))])
    at, frozen = 0.0, 0.0
    for gap, length in zip(gaps, lengths, strict=True):
        at += gap
        b.fault(at, lay.FAULT_FREEZE, b.replica(service), length * lay.NS_PER_S)
        at, frozen = at + length, frozen + length
    rate = p["arrival_rate_per_s"]
    b.open(rate, {root_of(b, [("call", b.call(served))]): 1})
    run = simulate(b.build(), seed=1, until_s=until_s, window_s=until_s / 100)
    windows = run.windows
    mean = float(windows["latency"].sum() / windows["ok"].sum() / lay.NS_PER_S)
    return {
        "availability": 1 - frozen / until_s,
        "mean_response_time": mean,
        "mean_number_in_system": mean * run.ok / until_s,
    }


def spread(n: int, mean: float, rng: random.Random) -> list[float]:
    """An exponential time for each of n equal shares of its distribution, in random order."""
    times = [rng.expovariate(1 / mean) for _ in range(200 * n)]
    times.sort()
    chosen = [times[200 * k + rng.randrange(200)] for k in range(n)]
    rng.shuffle(chosen)
    return chosen


# --- optimistic locking ---------------------------------------------------------------------------

BACKOFFS: dict[str, dict[str, Any]] = {  # before the second attempt twice the base, then doubled
    "None": {"backoff_s": 0},
    "Exponential": {"shape": lay.JITTER_NONE},
    "EqualJitter": {"shape": lay.JITTER_EQUAL},
    "FullJitter": {"shape": lay.JITTER_FULL},
    "Decorr": {"shape": lay.JITTER_DECORRELATED},
}
RETRIES = 36  # so often may a backoff of 10 ms double in a program
LONGER = tuple(f"clients=100.Exponential.{what}" for what in ("mean_time_to_finish", "mean_calls"))
# The last of ten clients ends after 3.5 +- 1.3 s without jitter: 100 runs, as the case has it, say
# little (its 3.757 s are two standard errors above the mean of 2,000); so more are made of these.
REPETITIONS = {10: 400, 50: 100, 100: 100}
NORMAL_STAGES = 25  # of an Erlang time with the normal one's coefficient of variation, 2 / 10


@answers("backoff-jitter-aws", full=True, without=LONGER)
def backoff_jitter(p: Parameters) -> Values:
    values: Values = {}
    for clients in p["clients"]:
        for name in BACKOFFS:
            prefix = f"clients={clients}.{name}"
            if f"{prefix}.mean_calls" in LONGER:
                continue
            program, written = racing(p, name, clients)
            ends, calls = 0.0, 0
            repetitions = REPETITIONS[clients]
            for seed in range(repetitions):
                run = simulate(program, seed=seed, until_s=200, window_s=200, trace=2 * clients)
                assert run.ok == clients and run.trace is not None
                ends += float(run.trace["end"].max()) / lay.NS_PER_S * 1_000
                calls += int(run.stats["n"][written])
            values[f"{prefix}.mean_time_to_finish"] = ends / repetitions
            values[f"{prefix}.mean_calls"] = calls / repetitions
    return values


def racing(p: Parameters, name: str, clients: int) -> tuple[Program, int]:
    """Clients that each read a row's version and write it back, if nobody wrote in between.

    A shelf with room for one mark of each client stands for the row: who reads leaves a mark, who
    finds his own when he writes has won, and fills it with other marks, so that all others lose.
    """
    b = Builder()
    message = ("delay", b.dist_erlang(NORMAL_STAGES, message_s(p)))
    home = b.delay_service()
    marks = b.shelf(home, 2 * clients, clients)
    look = b.call(b.endpoint(home, []))
    others = [b.keys([0.0] * (clients + k) + [1.0]) for k in range(clients)]
    wipe = [step for key in others for step in (("key", key), ("kept", look, marks, []))]
    wiped = b.call(root_of(b, wipe))
    written = root_of(b, [])
    write, lost = b.call(written), b.call(failing(b, 1.0))
    base_s, cap_s = p["base_ms"] / 1_000, p["cap_ms"] / 1_000
    first_s = base_s if name == "Decorr" else 2 * base_s
    pauses = {"backoff_s": first_s, "backoff_cap_s": cap_s} | BACKOFFS[name]
    for k in range(clients):
        steps = [
            message, ("key", b.keys([0.0] * k + [1.0])), ("kept", look, marks, []), message,
            message, ("call", write), ("kept", look, marks, [message, ("call", lost)]),
            ("call", wiped), message,
        ]  # fmt: skip
        again = b.call(root_of(b, steps), retries=RETRIES, **pauses)
        if name == "None":  # nothing is remembered between attempts, so they may be nested
            again = b.call(root_of(b, [("call", again)]), retries=RETRIES)
        b.closed(1, 1e-9, {root_of(b, [("call", again)]): 1}, [(0, 1), (50e-9, 0)])
    return b.build(), written


def message_s(p: Parameters) -> float:
    """The mean of "abs(normal(mean, sd))" milliseconds, five deviations above zero."""
    return float(p["message_delay_ms"].split("(")[2].split(",")[0]) / 1_000
