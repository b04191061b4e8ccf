"""Pipelines of a relay and a sink on the kernel: how old events become, and how long after an
outage of the sink they are too old.

The kernel's batch ends when its handler does, so the pause of a relay or sink stands at the end of
its handler: what arrives meanwhile waits for the next one, as it does for a next look or load.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import RunResult, simulate
from backend_lead.views.data.freshness import Costs, Pipeline

AFTER_S = 10.0
TAKEN = 1  # row of the stream that the sink takes; the relay's is made first
AGAIN_S = 1e-3  # the load under way begins so soon when the sink is back
RUNS = 30  # of one outage, each with other arrivals
MIDDLE = 0.95  # share of the runs within the interval
FINE = 25  # windows of a cycle: how finely it is known which events a load took


@dataclass(frozen=True)
class Simulated:
    """What runs of the kernel say: the mean time from the sink's return until a load that was not
    full is committed, where 95 % of the runs lie, and the first of the seeds that give it again."""

    until_s: float
    low_s: float
    high_s: float
    seed: int


def simulated(p: Pipeline, outage_s: float, seed: int) -> Simulated:
    """Let the sink of a pipeline be away for a while, from the beginning of its last load, and see
    when it has caught up: some runs, as arrivals differ.

    Raises ValueError where it never does, as its loads take less than what arrives.
    """
    surplus = p.batch / _cycle(p, p.costs) - p.rate_per_s
    if surplus <= 0:
        raise ValueError("the sink takes less than what arrives")
    drained_s = p.rate_per_s * outage_s / surplus
    until_s = outage_s + 2 * drained_s + AFTER_S
    window_s = _cycle(p, p.costs) / FINE
    program = _program(p, outage_s)
    found = sorted(
        _caught_up(p, outage_s, window_s,
                   simulate(program, seed=seed + run, until_s=until_s, window_s=window_s))
        for run in range(RUNS)
    )  # fmt: skip
    edge = round((1 - MIDDLE) / 2 * (RUNS - 1))
    return Simulated(sum(found) / RUNS, found[edge], found[-1 - edge], seed)


def _caught_up(p: Pipeline, outage_s: float, window_s: float, ran: RunResult) -> float:
    """When the first load was committed that was not full.

    The kernel counts a load in the window of its oldest event, with that one's age when the handler
    ends, which is the pause after the commit.
    """
    back = outage_s + _lag(p)
    hist = ran.hist_streams[:, TAKEN]
    for window in np.flatnonzero(hist.any(axis=1)):
        loaded = np.asarray(hist[window])
        ended = (float(window) + 0.5) * window_s + stats.quantile(loaded, 0.5)
        if loaded.sum() < p.batch and ended > back + _first(p) / 2:
            return ended - _rest(p) - back
    return math.inf


def _first(p: Pipeline) -> float:
    """How long the load of a single event takes, with the pause after it."""
    return p.costs.load_s + p.costs.row_s + _rest(p)


def _lag(p: Pipeline) -> float:
    """How long after it happened an event is published, on the mean: by so much the broker's
    backlog is behind, before the outage as after it."""
    c = p.costs
    cycle_s = (p.poll_s + c.look_s) / (1 - p.rate_per_s * c.publish_s)
    return c.look_s + p.rate_per_s * c.publish_s * cycle_s + cycle_s / 2


def _rest(p: Pipeline) -> float:
    """Time between the end of a full load and the next one."""
    return max(0.0, p.every_s - p.costs.load_s - p.costs.row_s * p.batch)


def _cycle(p: Pipeline, c: Costs) -> float:
    """Time from one full load to the next."""
    return max(p.every_s, c.load_s + c.row_s * p.batch)


def _program(p: Pipeline, outage_s: float) -> Program:
    b, c = Builder(), p.costs
    relay = b.service(per_group=1, workers=1, cores=1)
    sink = b.service(per_group=1, workers=1, cores=1)
    load = b.endpoint(sink, [
        ("delay", b.dist_const(c.load_s)), ("cpu", b.dist_const(c.row_s)),
        ("delay", b.dist_const(_rest(p))),
    ])  # fmt: skip
    look = b.endpoint(relay, [
        ("delay", b.dist_const(c.look_s)), ("cpu", b.dist_const(c.publish_s)),
        ("publish", TAKEN), ("delay", b.dist_const(p.poll_s)),
    ])  # fmt: skip
    waiting = b.stream(look, batch=p.relay_batch)
    b.stream(load, batch=p.batch, backoff_s=AGAIN_S)  # row TAKEN
    root = b.endpoint(b.service(per_group=1, limited=False), [("publish", waiting)])
    b.open(p.rate_per_s, {root: 1.0})
    # It is away from the beginning. The kernel's load of the first event, tried until then, is the
    # last one before the outage: it ends when the next one is to begin.
    b.fault(0.0, L.FAULT_DOWN, b.replica(sink))
    b.fault(max(0.0, outage_s + _lag(p) - _first(p)), L.FAULT_UP, b.replica(sink))
    return b.build()
