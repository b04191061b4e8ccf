"""How long an operation takes and how often it fails, drawn as it was predicted."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from statistics import NormalDist

_Z50, _Z95, _Z99 = (NormalDist().inv_cdf(q) for q in (0.5, 0.95, 0.99))
_Z_MAX = 3.7  # one request in some ten thousand; beyond it a prediction says nothing
_LEAST_S = 1e-5


@dataclass(frozen=True)
class Predicted:
    """What is known of an operation: its latency at the edge, the share that fails, and by whom.

    `origin` is `simulated` for a run of the kernel, `computed` for the solver; `load` the share of
    the stated load it holds for.
    """

    p50_s: float
    p95_s: float
    p99_s: float
    failed: float
    origin: str
    load: float = 1.0

    def latency_s(self, z: float) -> float:
        """The latency at a normal score: log-normal through p50 and p95, beyond through p99."""
        low, mid, high = (math.log(max(_LEAST_S, x)) for x in (self.p50_s, self.p95_s, self.p99_s))
        z = max(-_Z_MAX, min(_Z_MAX, z))
        if z <= _Z95:
            return math.exp(low + (mid - low) * (z - _Z50) / (_Z95 - _Z50))
        return math.exp(mid + (high - mid) * (z - _Z95) / (_Z99 - _Z95))


class Chance:
    """Draws for each request; the same seed and order of requests give the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def latency_s(self, predicted: Predicted | None) -> float:
        """How long this request takes; nothing where nothing is predicted."""
        z = self._random.gauss(0.0, 1.0)
        return 0.0 if predicted is None else predicted.latency_s(z)

    def fails(self, predicted: Predicted | None) -> bool:
        """Whether this request fails."""
        draw = self._random.random()
        return predicted is not None and draw < predicted.failed
