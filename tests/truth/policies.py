"""Cases of retry budgets, limiters, breakers and autoscaling, put to the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import simulate
from tests.kernel.measured import Measured, measure, root_of

from .case import Parameters, Values, answers
from .failures import failing
from .reading import long_run, share

RETRIES = 3  # of every policy of the retry cases
BURST = 5  # tokens of a client's bucket, and the share of a token a call adds
EARNED = 0.1
MOST = 0.1  # share of a client's calls that may fail before it stops retrying
NEVER_FULL = 100_000  # tokens that no client of the cases fills or empties from the middle


def budgeted(clients: int, rate_per_s: float, chance: float, run_s: float) -> tuple[float, float]:
    """Load factor and success where each client pays its retries from a bucket of its own."""
    b = Builder()
    server = failing(b, chance)
    calls = [
        b.call(server, retries=RETRIES, budget=b.budget(EARNED, BURST)) for _ in range(clients)
    ]
    b.open(rate_per_s, {root_of(b, [("call", call)]): 1 for call in calls})
    # from the first call on: the tokens there at the start are part of the answer
    run = measure(b.build(), run_s, warmup_s=0, tail_s=0)
    return float(run.run.stats["n"][server] / run.run.started), share(run, "ok")


def stopping(clients: int, rate_per_s: float, chance: float, run_s: float) -> tuple[float, float]:
    """Load factor and success where each client stops retrying while it fails more than MOST.

    A share of MOST is where each failure takes 1 - MOST of a token and each success brings MOST: a
    bucket that begins half full, and is never full nor empty, is more than half full below it.
    """
    b = Builder()
    server = failing(b, chance)
    spend, reward = 1 - MOST, MOST
    budgets = [b.budget(0, NEVER_FULL, spend=spend, reward=reward) for _ in range(clients)]
    calls = [b.call(server, retries=RETRIES, budget=budget) for budget in budgets]
    b.open(rate_per_s, {root_of(b, [("call", call)]): 1 for call in calls})
    program = b.build()
    program.budget["tokens"] = program.budget["cap"] // 2 + 1  # at its share it may still retry
    run = measure(program, run_s, warmup_s=0, tail_s=0)
    return float(run.run.stats["n"][server] / run.run.started), share(run, "ok")


@answers("retry-policies-load")
def retry_policies(p: Parameters) -> Values:
    values = Values()
    rate = p["clients"] * p["rate_per_client_per_s"]
    for chance in p["failure_rates"]:
        b = Builder()
        server = failing(b, chance)
        b.open(rate, {root_of(b, [("call", b.call(server, retries=RETRIES))]): 1})
        run = long_run(b, rate, 500_000)
        name = f"failure={chance}.three_retries"
        started = run.windows["started"].sum()
        values[f"{name}.load_factor"] = float(run.run.stats["n"][server] / started)
        values[f"{name}.success"] = share(run, "ok")
        load, success = budgeted(p["clients"], rate, chance, run_s=100)
        values[f"failure={chance}.adaptive_10pct.load_factor"] = load
        values[f"failure={chance}.adaptive_10pct.success"] = success
        load, success = stopping(p["clients"], rate, chance, run_s=100)
        values[f"failure={chance}.breaker_10pct.load_factor"] = load
        values[f"failure={chance}.breaker_10pct.success"] = success
    return values


@answers("retry-budget-per-client")
def budget_per_client(p: Parameters) -> Values:
    values = Values()
    for clients in p["clients"]:
        for chance in p["failure_rates"]:
            found = budgeted(clients, p["total_rate_per_s"], chance, p["duration_s"])
            name = f"clients={clients}.failure={chance}.adaptive_10pct"
            values[f"{name}.load_factor"], values[f"{name}.success"] = found
            found = stopping(clients, p["total_rate_per_s"], chance, p["duration_s"])
            name = f"clients={clients}.failure={chance}.breaker_10pct"
            values[f"{name}.load_factor"], values[f"{name}.success"] = found
    return values


# --- requests at even gaps ------------------------------------------------------------------------

LONG_S, SHORT_S = 1e-6, 50e-9  # how long one is under way at least; how long its user may come


def evenly(b: Builder, gap_s: float, until_s: float, steps: Sequence[Any]) -> int:
    """Requests that take these steps, at 0, at one gap, at two: a microsecond after it.

    One user who is back at once, and comes in a moment shorter than his request.
    """
    root = root_of(b, [("delay", b.dist_const(LONG_S)), *steps])
    moments = [k * gap_s for k in range(round(until_s / gap_s))]
    pulses = [(at + late, on) for at in moments for late, on in ((0, 1.0), (SHORT_S, 0.0))]
    b.closed(1, 1e-9, {root: 1}, pulses)
    return root


def traced(b: Builder, run_s: float, requests: int) -> Measured:
    run = measure(b.build(), run_s, warmup_s=0, tail_s=0, trace=requests)
    assert run.run.started == requests
    return run


@answers("token-bucket")
def token_bucket(p: Parameters) -> Values:
    b = Builder()
    rate, run_s = p["arrival_rate_per_s"], p["run_s"]
    evenly(b, 1 / rate, run_s, [("limit", b.limiter(p["refill_per_s"], p["burst"]))])
    run = traced(b, run_s, rate * run_s)
    refused = run.requests(lay.FAILED)["start"] / lay.NS_PER_S
    first = float(refused.min())
    # of what came once the bucket was empty
    return {
        "first_rejection_after": first,
        "admitted_in_run": len(run.requests()),
        "rejected_in_run": len(refused),
        "long_run_rejected_share": len(refused) / ((run_s - first) * rate),
    }


@answers("breaker-timeline-defaults", "analytic")
def breaker_timeline(p: Parameters) -> Values:
    """Nothing is left to chance, so the limit is the one for formulas."""
    failed_with, reached, asked = outage(p, broken=True)
    failed, _, _ = outage(p, broken=False)
    return {
        "transitions": turns(asked, p["call_interval_s"], p["half_open_calls"]),
        "failed_calls_that_reached_the_dependency": reached,
        "calls_rejected_by_the_breaker": failed_with - reached,
        "failed_calls_without_a_breaker": failed,
    }


def turns(asked: list[float], interval_s: float, probes: int) -> list[list[float | str]]:
    """When a breaker changed, told from the calls that it let through.

    It opened at the last one before a gap, and the first one after it is its first probe; where
    more follow than it has probes, it closed at the last of these.
    """
    runs = [[asked[0]]]
    for before, after in pairwise(asked):
        if after - before > 1.5 * interval_s:
            runs.append([])
        runs[-1].append(after)
    found: list[list[float | str]] = []
    for k, run in enumerate(runs):
        if k > 0:
            found.append([round(run[0], 2), "half_open"])
        if k > 0 and len(run) > probes:
            found.append([round(run[probes - 1], 2), "closed"])
        if k + 1 < len(runs):
            found.append([round(run[-1], 2), "open"])
    return found


def outage(p: Parameters, broken: bool) -> tuple[int, int, list[float]]:
    """Calls that fail, those of them that reached the dependency, and when calls reached it."""
    b = Builder()
    dependency = b.service(per_group=1)
    for at_s, fault in zip(p["outage_s"], (lay.FAULT_DOWN, lay.FAULT_UP), strict=True):
        b.fault(at_s, fault, b.replica(dependency))
    answer = b.endpoint(dependency, [])
    breaker = b.breaker(
        answer, last=p["window_calls"], least=p["minimum_calls"],
        share=p["failure_rate_threshold"], probes=p["half_open_calls"], jointly=True,
        pause_s=p["open_wait_s"] - SHORT_S,  # a call may come so much late
    )  # fmt: skip
    call = b.call(answer, breaker=breaker if broken else None)
    evenly(b, p["call_interval_s"], p["run_s"], [("call", call)])
    requests = round(p["run_s"] / p["call_interval_s"])
    run = simulate(b.build(), seed=1, until_s=p["run_s"], trace=requests, sample_every=1)
    assert run.started == requests and run.spans is not None and not run.spans_full
    spans = run.spans[run.spans["endpoint"] == answer]
    asked = spans["begun"][spans["replica"] != lay.NONE] / lay.NS_PER_S
    return run.failed, int(run.stats["failed"][answer]), sorted(asked.tolist())


# --- autoscaling ----------------------------------------------------------------------------------

LOOK_S = 15.0
TARGET = 0.5  # share of the cores the case's target stands for: its metric may be twice as high
ROOM = 4  # replicas there may be, as a multiple of those that are there


@answers("hpa-desired-replicas", "analytic")
def desired(p: Parameters) -> Values:
    """Whole numbers, so the limit is the one for formulas."""
    values = Values()
    for seen in p["evaluations"]:
        replicas, metric, target = (
            seen[name] for name in ("current_replicas", "current_metric", "target")
        )
        name = f"replicas={replicas}.metric={metric}.target={target}.desired"
        use = TARGET * metric / target
        values[name] = replicas_after_a_look(replicas, use, p["tolerance"])
    return values


def replicas_after_a_look(replicas: int, use: float, tolerance: float) -> int:
    """How many take a request each, once a controller has found the cores so much in use.

    Each replica has one worker and lets nobody wait, so it takes one of the requests that come
    together: as many as are there for the load, more than can be there for the count.
    """
    b = Builder()
    most = ROOM * replicas
    service = b.service(
        per_group=most, workers=1, cores=1, queue=0, visible=replicas, balance=lay.LB_ROUND_ROBIN
    )
    b.controller(service, least=1, period_s=LOOK_S, target=TARGET, delay_s=0, cool_s=LOOK_S,
                 tolerance=tolerance, down=replicas)  # fmt: skip
    load = b.endpoint(service, [("cpu", b.dist_const(use * LOOK_S))])
    count = b.endpoint(service, [("delay", b.dist_const(1.0))])
    loading = [b.call(load) for _ in range(replicas)]
    counting = [b.call(count, optional=True) for _ in range(most)]
    after = ("delay", b.dist_const(LOOK_S + 1))
    for steps in ([("par", loading)], [after, ("par", counting)]):
        b.closed(1, 1e-9, {root_of(b, steps): 1}, [(0, 1), (SHORT_S, 0)])
    run = measure(b.build(), 2 * LOOK_S - 1, warmup_s=0, tail_s=0)
    assert run.run.stats["ok"][load] == replicas
    return int(run.run.stats["ok"][count])


@answers("hpa-scale-up-rate", "analytic")
def growth(p: Parameters) -> Values:
    """Who takes a request between one look and the next, where ever more are wanted."""
    period_s, most = p["period_s"], p["wanted"]
    step = int(p["policies"][1].split()[0])
    b = Builder()
    service = b.service(per_group=most, balance=lay.LB_ROUND_ROBIN, visible=p["start_replicas"])
    work = b.endpoint(service, [])
    b.controller(service, least=most, period_s=period_s, target=TARGET, delay_s=0, cool_s=300,
                 step=step, grow=1.0)  # fmt: skip
    b.open(100, {root_of(b, [("call", b.call(work))]): 1})
    looks = 7
    run = simulate(b.build(), seed=1, until_s=looks * period_s, sample_every=1)
    assert run.spans is not None and not run.spans_full
    rows = run.spans[run.spans["endpoint"] == work]
    look = (rows["created"] / (period_s * lay.NS_PER_S)).astype(int)
    asked = [len(np.unique(rows["replica"][look == k])) for k in range(looks)]
    steps = asked.index(most)
    return {"replicas_by_step": asked[: steps + 1], "steps_needed": steps}
