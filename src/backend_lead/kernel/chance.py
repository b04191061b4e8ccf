"""Random numbers: one splitmix64 stream per frame."""

from __future__ import annotations

import numba as nb
import numpy as np

from backend_lead.kernel.memory import (
    GOLDEN,
    INNER,
    MIX1,
    MIX2,
    S12,
    S27,
    S30,
    S31,
)


@nb.njit(**INNER)
def mix64(z):
    z = (z ^ (z >> S30)) * MIX1
    z = (z ^ (z >> S27)) * MIX2
    return z ^ (z >> S31)


@nb.njit(**INNER)
def hash2(a, b):
    return mix64((np.uint64(a) ^ (np.uint64(b) * GOLDEN)) + GOLDEN)


@nb.njit(**INNER)
def draw(F):
    """Next uniform of a record's stream, in (0, 1)."""
    F.rng = F.rng + GOLDEN
    return (np.float64(mix64(F.rng) >> S12) + 0.5) * 2.220446049250313e-16  # 2^-52


@nb.njit(**INNER)
def below(F, n):
    return np.int64(draw(F) * n)
