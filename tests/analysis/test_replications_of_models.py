"""Replications of models that say everything: what single runs found, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.analysis.ages import behind
from backend_lead.analysis.copies_seen import copy_reads
from backend_lead.analysis.lowering import lower
from backend_lead.analysis.ran import Ran
from backend_lead.analysis.replications import COUNTED, Pooled, Task, pool, replicate
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.run_record import run_results
from backend_lead.kernel.run import RunResult, simulate
from backend_lead.views.resolve import resolve
from tests.app.rich_model import RICH
from tests.app.serving_model import SERVING
from tools.law_pages import merged, small_model

SEEDS, UNTIL_S, WARM_S = (1, 2, 3), 12.0, 2.0
SLOW_HANDLER = """
workload: {clients: {api: {rate: 400/s}}}
components:
  app: {endpoints: {ask: {writes: true, does: [{publish: bus.m}]}}}
  bus: {kind: kafka, instance: m7g.large, count: 3, zones: 3,
        topics: {m: {message: 1 kB, partitions: 2}}}
  w: {kind: worker, instance: m7g.large, count: 2, zones: 2,
      endpoints: {h: {on: bus.m, does: [{wait: 20 ms}]}}}
"""


def both(text: str) -> tuple[Pooled, list[Ran]]:
    """A model's replications, and runs with the same seeds by themselves."""
    flow = resolve(read_checked_text(text).system)
    lowered = lower(flow)
    tasks = [Task(lowered.program, seed, UNTIL_S, WARM_S, 1.0) for seed in SEEDS]
    pooled = pool(flow, lowered, tasks[0], [replicate(task) for task in tasks], len(tasks))
    single: list[RunResult] = [
        simulate(lowered.program, seed=seed, until_s=UNTIL_S, warmup_s=WARM_S) for seed in SEEDS
    ]
    return pooled, [Ran("steady", flow, lowered, one) for one in single]


@pytest.mark.parametrize("text", [RICH, SERVING], ids=["rich", "serving"])
def test_replications_have_all_that_single_runs_have(text: str) -> None:
    """Every table a result reads is there, with the sums of the runs by themselves."""
    pooled, single = both(text)
    for name, columns in COUNTED.items():
        mine = getattr(pooled.ran.result, name)
        for column in columns:
            each = [getattr(one.result, name)[column] for one in single]
            assert np.array_equal(mine[column], np.sum(each, axis=0)), (name, column)
    assert sum(len(getattr(pooled.ran.result, name)) for name in COUNTED) > 0
    assert len(pooled.ran.result.held) == len(single[0].result.held)
    assert run_results(pooled.ran)["requests"]  # as simulate --replications keeps them
    lists = [copy_reads(one) for one in single]
    for k, one in enumerate(copy_reads(pooled.ran)):
        for column in ("written", "read", "stale", "to_primary", "avoided"):
            assert getattr(one, column) == sum(getattr(found[k], column) for found in lists)


def test_how_far_a_handler_is_behind_does_not_add_up() -> None:
    """A backlog is one run's: of several the longest, not theirs one after the other."""
    pooled, single = both(merged(small_model(), SLOW_HANDLER))
    most = [float(behind(one, "w.h").max()) for one in single]
    assert behind(pooled.ran, "w.h").tolist() == most
    assert 3.0 < max(most) < UNTIL_S
