"""Replications read together: intervals hold the truth, and order changes nothing."""

from __future__ import annotations

import math
import pickle

import numpy as np

from backend_lead.analysis.lowering import Lowered, lower
from backend_lead.analysis.replications import (
    Pooled,
    Task,
    _sums,
    of_replications,
    pool,
    replicate,
)
from backend_lead.analysis.simulation import latencies, station_loads
from backend_lead.intake.backend_yaml import read_text
from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from tests.app.good_model import GOOD
from tests.kernel.measured import queue

PER_S, BUSY = 1_000, 0.8


def flow() -> Flow:
    read = read_text(GOOD)
    assert read.system is not None
    return resolve(read.system)


def mm1(seeds: range) -> Pooled:
    """Replications of M/M/1; the flow is only there to be carried."""
    b = Builder()
    b.open(BUSY * PER_S, {queue(b, b.dist_exp(1 / PER_S)): 1})
    program = b.build()
    tasks = [Task(program, seed, 60, 5, 1) for seed in seeds]
    lowered = Lowered(program, {}, {}, {}, {}, {})
    return pool(flow(), lowered, tasks[0], [replicate(task) for task in tasks], len(tasks))


def test_intervals_of_replications_hold_the_truth() -> None:
    """Of twenty groups of ten replications of M/M/1, at least eight in ten hold p50, p99, mean."""
    mean_s = 1 / (PER_S * (1 - BUSY))
    held = np.zeros(3)
    for group in range(20):
        pooled = mm1(range(group * 10, group * 10 + 10))
        held += [
            x.low <= truth <= x.high
            for x, truth in ((pooled.quantile(0.5), mean_s * math.log(2)),
                             (pooled.quantile(0.99), -mean_s * math.log(0.01)),
                             (pooled.mean(), mean_s))
        ]  # fmt: skip
    assert (held >= 16).all(), held


def test_order_changes_nothing() -> None:
    """Parts that come in another order, and through a pickle, give the same numbers."""
    model = flow()
    lowered = lower(model)
    tasks = [Task(lowered.program, seed, 20, 5, 1) for seed in (1, 2, 3)]
    parts = [replicate(pickle.loads(pickle.dumps(task))) for task in tasks]
    there = pool(model, lowered, tasks[0], parts, 3)
    back = pool(model, lowered, tasks[0], pickle.loads(pickle.dumps(parts[::-1])), 3)
    assert there.seeds == back.seeds == (1, 2, 3)
    assert latencies(there.ran, "x") == latencies(back.ran, "x")
    assert station_loads(there.ran, "x") == station_loads(back.ran, "x")
    assert there.quantile(0.99) == back.quantile(0.99)


def test_nothing_is_lost_between_the_edges() -> None:
    """What is counted after the warm-up is all that started after it, in each replication."""
    pooled = mm1(range(3))
    r = pooled.ran.result
    assert r.conserved
    assert (r.windows["ok"].sum(axis=1) == r.hist_windows.sum(axis=(1, 2))).all()
    assert pooled.failed().value == 0


def test_the_longest_age_of_replications_is_the_longest() -> None:
    """Messages add up over the windows of a replication; how far it was behind does not."""
    b = Builder()
    workers = b.service(1, 1)
    stream = b.stream(b.endpoint(workers, [("delay", b.dist_exp(0.1))]), tries=2)
    root = b.endpoint(b.delay_service(), [("publish", stream)])
    b.open(8, {root: 1})
    b.fault(30, lay.FAULT_DOWN, b.replica(workers))
    program = b.build()
    part = replicate(Task(program, 1, 60, 5, 1))
    total = _sums([part.stream_windows])[0]
    for column in ("published", "done", "again", "dead"):
        assert total[column] == part.stream_windows[column].sum() > 0
    assert total["behind"] == part.stream_windows["behind"].max() > 0
    assert total["behind"][0] < part.stream_windows["behind"].sum()


def test_fewer_than_two_have_no_interval() -> None:
    """One value says nothing about how far others lie."""
    assert of_replications([1.0]).high == math.inf
    assert of_replications([1.0, 1.0]).high == 1.0
