"""Two designs with the same seeds: the truth is in the interval, which is far narrower."""

from __future__ import annotations

import pytest

from backend_lead.analysis.lowering import Lowered
from backend_lead.analysis.pairs import Pair, pairs
from backend_lead.analysis.replications import Pooled, Task, pool, replicate
from backend_lead.kernel.builder import Builder
from tests.analysis.test_replications import flow
from tests.kernel.measured import queue

RATE, MEAN_S, FASTER_S = 800, 0.001, 0.00099


def one(mean_s: float, seeds: range) -> Pooled:
    """Replications of M/M/1."""
    b = Builder()
    b.open(RATE, {queue(b, b.dist_exp(mean_s)): 1})
    program = b.build()
    tasks = [Task(program, seed, 60, 5, 1) for seed in seeds]
    parts = [replicate(task) for task in tasks]
    return pool(flow(), Lowered(program, {}, {}, {}, {}, {}), tasks[0], parts, len(tasks))


def mean_of(found: list[Pair]) -> Pair:
    return next(pair for pair in found if pair.name == "mean")


def test_a_small_difference_is_told_with_the_same_seeds() -> None:
    """A server that is 1 % faster: with ten pairs the difference of the means is told, the truth
    lies in its interval, and independent seeds would have an interval several times wider."""
    slow, fast = one(MEAN_S, range(1, 11)), one(FASTER_S, range(1, 11))
    pair = mean_of(pairs(slow, fast))
    truth = 1 / (1 / FASTER_S - RATE) - 1 / (1 / MEAN_S - RATE)
    assert pair.told and pair.difference.low <= truth <= pair.difference.high
    assert pair.narrower > 3
    other = one(FASTER_S, range(101, 111))
    halves = [(x.high - x.low) / 2 for x in (slow.mean(), other.mean())]
    apart = sum(half**2 for half in halves) ** 0.5
    assert apart > 3 * (pair.difference.high - pair.difference.low) / 2


def test_a_design_does_not_differ_from_itself() -> None:
    """With the same seeds every number is the same, so nothing is told apart."""
    found = pairs(one(MEAN_S, range(1, 4)), one(MEAN_S, range(1, 4)))
    assert all(pair.difference.value == 0 and not pair.told for pair in found)


def test_other_seeds_are_no_pairs() -> None:
    """Only the same seeds go together."""
    with pytest.raises(ValueError, match="same seeds"):
        pairs(one(MEAN_S, range(1, 3)), one(MEAN_S, range(2, 4)))
