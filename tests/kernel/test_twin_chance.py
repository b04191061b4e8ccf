"""The plain reading of Random streams: exponentials by layers of equal area."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from backend_lead.kernel import layout as lay
from backend_lead.kernel.twin_chance import LAYER_AREA, LAYER_EDGE, LAYERS, Stream, X, Y, sample

DRAWS = 200_000
KOLMOGOROV_1_PERMILLE = 1.9495  # times 1 / sqrt(n): a fit that is exact is beyond it once in 1,000


@pytest.fixture(scope="module")
def draws() -> NDArray[np.float64]:
    stream = Stream(2026)
    return np.sort([stream.e() for _ in range(DRAWS)])


def test_layers_have_equal_areas() -> None:
    """Each layer is as large as the lowest, which is a rectangle and the tail beyond its edge."""
    areas = [X[i] * (Y[i - 1] - Y[i]) for i in range(1, LAYERS + 1)]
    assert areas == pytest.approx([LAYER_AREA] * LAYERS, abs=1e-12)
    assert (LAYER_EDGE + 1) * math.exp(-LAYER_EDGE) == pytest.approx(LAYER_AREA, abs=1e-12)
    assert X[0] == Y[LAYERS] == 0 and sorted(X) == X
    assert Y[0] == 1 and sorted(Y, reverse=True) == Y


def test_exponentials_have_mean_and_variance_1(draws: NDArray[np.float64]) -> None:
    """Both are 1, within four standard errors."""
    assert draws.mean() == pytest.approx(1, abs=4 / math.sqrt(DRAWS))
    assert draws.var() == pytest.approx(1, abs=4 * math.sqrt(8 / DRAWS))


def test_exponentials_have_their_distribution(draws: NDArray[np.float64]) -> None:
    """No share below x is further from 1 - exp(-x) than chance takes it (Kolmogorov, Smirnov)."""
    exact, steps = 1 - np.exp(-draws), np.arange(DRAWS + 1) / DRAWS
    apart = max((exact - steps[:-1]).max(), (steps[1:] - exact).max())
    assert apart < KOLMOGOROV_1_PERMILLE / math.sqrt(DRAWS)


def test_the_tail_is_there(draws: NDArray[np.float64]) -> None:
    """Beyond the last edge lie as many as should, with a mean of 1 beyond it."""
    tail, expected = draws[draws > LAYER_EDGE], DRAWS * math.exp(-LAYER_EDGE)
    assert len(tail) == pytest.approx(expected, abs=4 * math.sqrt(expected))
    assert (tail - LAYER_EDGE).mean() == pytest.approx(1, abs=4 / math.sqrt(expected))


def test_most_draws_take_one_number() -> None:
    """The share of rounds that end at once is that of the rectangles inside the curve."""
    at_once = math.fsum(X[i - 1] / X[i] for i in range(1, LAYERS + 1)) / LAYERS
    stream, alone = Stream(7), 0
    for _ in range(20_000):
        ahead = Stream(stream.state)
        ahead.next()
        stream.e()
        alone += ahead.state == stream.state
    assert alone / 20_000 == pytest.approx(at_once, abs=0.002)
    assert at_once > 0.95


def test_times_are_drawn_from_exponentials() -> None:
    """An exponential time is its mean times the draw; of two branches it is the branch's mean."""
    kinds = {"p0": 0.3, "p1": 5.0, "p2": 7.0, "mean": 3.0}
    for state in range(50):
        assert sample(SimpleNamespace(kind=lay.DIST_EXP, **kinds), Stream(state)) == (
            3.0 * Stream(state).e()
        )
        other = Stream(state)
        mean = 5.0 if other.u() < 0.3 else 7.0
        drawn = sample(SimpleNamespace(kind=lay.DIST_HYPER2, **kinds), Stream(state))
        assert drawn == mean * other.e()
