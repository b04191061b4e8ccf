"""Numbers drawn once and for all: the solver carries distributions as stratified samples."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

SAMPLES = 2048
STREAMS = 97  # permutations in stock; prime, so that reuse does not fall into step
Vector = NDArray[np.float64]


@cache
def stock() -> tuple[Vector, Vector, Vector]:
    """Stratified uniforms in STREAMS fixed orders, their exponentials, log-normals of cv 1."""
    rng = np.random.Generator(np.random.PCG64(20260101))
    base = (np.arange(SAMPLES) + 0.5) / SAMPLES
    uniform = np.stack([rng.permutation(base) for _ in range(STREAMS)])
    sigma = math.sqrt(math.log(2.0))
    normal = np.array([NormalDist().inv_cdf(share) for share in base])[
        (uniform * SAMPLES).astype(np.intp)
    ]
    return uniform, -np.log(uniform), np.exp(sigma * normal - sigma * sigma / 2)
