"""The shapes of the wait before a retry."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import simulate


def waits_ms(shape: int, retries: int, cap_ms: float = 0) -> np.ndarray:
    """How long requests take that fail at once, `retries` times, 10 ms the first backoff."""
    b = Builder()
    service = b.service(per_group=1)
    endpoint = b.endpoint(service, [("cpu", b.dist_const(0.001))])
    b.fault(0, lay.FAULT_DOWN, b.replica(service))
    call = b.call(
        endpoint, retries=retries, backoff_s=0.01, backoff_cap_s=cap_ms / 1_000, shape=shape
    )
    b.open(1_000, {b.endpoint(b.delay_service(), [("call", call)]): 1}, segments=[(0, 1), (20, 0)])
    run = simulate(b.build(), seed=5, until_s=40, trace=50_000)
    assert run.conserved
    assert run.failed == run.started
    assert run.trace is not None
    latencies: np.ndarray = (run.trace["end"] - run.trace["start"]) / 1e6
    return latencies


@pytest.mark.parametrize(("cap_ms", "total_ms"), [(0, 10 + 20 + 40 + 80), (25, 10 + 20 + 25 + 25)])
def test_without_jitter_the_waits_double(cap_ms: float, total_ms: float) -> None:
    """Each wait is twice the one before, up to the cap."""
    assert waits_ms(lay.JITTER_NONE, 4, cap_ms) == pytest.approx(total_ms)


# what one retry waits at least, at most, and on average, of 10 ms: full, equal, decorrelated
SHAPES = [
    (lay.JITTER_FULL, 0, 10), (lay.JITTER_EQUAL, 5, 10), (lay.JITTER_DECORRELATED, 10, 30),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "low", "high"), SHAPES)
def test_one_wait_is_uniform_between_its_bounds(shape: int, low: float, high: float) -> None:
    """Full: 0..b; equal: b / 2..b; decorrelated: b..3 b."""
    waits = waits_ms(shape, 1, 1_000)
    assert low <= waits.min() < low + 0.02 * (high - low) + 1e-6
    assert high - 0.02 * (high - low) < waits.max() <= high
    error = (high - low) / 12**0.5 / len(waits) ** 0.5
    assert waits.mean() == pytest.approx((low + high) / 2, abs=4 * error)


def test_decorrelated_waits_build_on_each_other() -> None:
    """Uncapped, E[w'] = (b + 3 E[w]) / 2: 20, 35 and 57.5 ms for b = 10 ms."""
    waits = waits_ms(lay.JITTER_DECORRELATED, 3, 10_000)
    error = float(waits.std()) / len(waits) ** 0.5
    assert waits.mean() == pytest.approx(20 + 35 + 57.5, abs=4 * error)
    assert waits_ms(lay.JITTER_DECORRELATED, 3, 12).max() <= 36
