"""The rule that finds the warm-up: what it leaves out, and when it cannot tell."""

from __future__ import annotations

import numpy as np

from backend_lead.analysis.warm_up import GROUP, warm_up

WINDOWS, SEEN = 400, 1000


def told(mean: np.ndarray, seed: int = 1) -> tuple[int, bool]:
    """What the rule says of windows whose means lie around these."""
    noise = np.random.default_rng(seed).normal(0, 0.02, len(mean))
    return warm_up(((mean + noise) * SEEN).astype(np.int64) + 1, np.full(len(mean), SEEN))


def test_a_beginning_that_differs_is_left_out() -> None:
    """Of a run that starts empty and climbs for 60 windows, about these are left out."""
    rise = 10 * (1 - np.exp(-np.arange(WINDOWS) / 15))
    for seed in range(10):
        first, settled = told(rise, seed)
        assert settled and 40 <= first <= 120 and first % GROUP == 0


def test_of_a_steady_run_little_is_left_out() -> None:
    """Where nothing differs, at most a third of the run is left out, mostly far less."""
    found = [told(np.full(WINDOWS, 10.0), seed) for seed in range(20)]
    assert all(settled for _, settled in found)
    assert np.median([first for first, _ in found]) <= WINDOWS / 10


def test_a_run_that_only_climbs_has_not_settled() -> None:
    """A line that grows to the end has no steady part, and the rule says so."""
    assert not told(np.linspace(1, 100, WINDOWS))[1]


def test_few_windows_say_nothing() -> None:
    """Less than ten groups of five are too few, empty windows are no windows."""
    assert told(np.full(GROUP * 9, 10.0)) == (0, False)
    zeros = np.zeros(WINDOWS, np.int64)
    assert warm_up(zeros, zeros) == (0, False)
