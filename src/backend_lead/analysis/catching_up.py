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
from backend_lead.kernel.run import simulate
from backend_lead.views.data.freshness import Costs, Pipeline

FIRST_S = 20.0  # before the outage: the pipeline is in its stride
AFTER_S = 10.0
TAKEN = 1  # row of the stream that the sink takes; the relay's is made first
AGAIN_S = 0.05  # a batch that a killed sink had taken is tried again this often


@dataclass(frozen=True)
class Simulated:
    """What a run of the kernel says: `until_s` from the sink's return until a load that was not
    full is committed, and the seed that gives it again."""

    until_s: float
    seed: int


def simulated(p: Pipeline, outage_s: float, seed: int) -> Simulated:
    """Kill the sink of a pipeline for a while and see when it has caught up.

    Raises ValueError where it never does, as its loads take less than what arrives.
    """
    window_s = max(0.1, _cycle(p, p.costs))
    surplus = p.batch / _cycle(p, p.costs) - p.rate_per_s
    if surplus <= 0:
        raise ValueError("the sink takes less than what arrives")
    drained_s = p.rate_per_s * outage_s / surplus
    until_s = FIRST_S + outage_s + 2 * drained_s + AFTER_S + 10 * window_s
    run = simulate(_program(p, outage_s), seed=seed, until_s=until_s, window_s=window_s)
    back = FIRST_S + outage_s
    # A load is full as long as its oldest event waited for a batch to come in; its age is taken
    # when the handler ends, which is a cycle after it began.
    full_s = p.batch / p.rate_per_s + _cycle(p, p.costs)
    hist = run.hist_streams[:, TAKEN]
    for window in range(math.ceil(FIRST_S / window_s), len(hist)):
        if not hist[window].any():
            continue
        age_s = stats.quantile(np.asarray(hist[window]), 0.99)
        ended = (window + 0.5) * window_s + age_s
        if age_s <= full_s and ended > back:
            return Simulated(ended - _rest(p) - back, seed)
    return Simulated(math.inf, seed)


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
    b.fault(FIRST_S, L.FAULT_DOWN, b.replica(sink))
    b.fault(FIRST_S + outage_s, L.FAULT_UP, b.replica(sink))
    return b.build()
