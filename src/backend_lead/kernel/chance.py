"""Random numbers: one splitmix64 stream per frame, and times sampled from distributions."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.memory import (
    GOLDEN,
    INNER,
    MIX1,
    MIX2,
    S12,
    S27,
    S30,
    S31,
    dist_at,
    state_at,
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


@nb.njit(**INNER)
def lasts(S, d, F):
    """A time from distribution row d, in ns and parts of them."""
    D = dist_at(state_at(S, 0).dist, d)
    kind = D.kind
    if kind == L.DIST_EXP:
        x = -D.mean * math.log(draw(F))
    elif kind == L.DIST_CONST:
        x = D.mean
    elif kind == L.DIST_LOGNORMAL:
        u1 = draw(F)
        u2 = draw(F)
        x = math.exp(D.p0 + D.p1 * math.sqrt(-2.0 * math.log(u1)) * math.cos(2.0 * math.pi * u2))
    elif kind == L.DIST_HYPER2:
        mean = D.p1 if draw(F) < D.p0 else D.p2
        x = -mean * math.log(draw(F))
    elif kind == L.DIST_ERLANG:
        stages = np.int64(D.p0)
        total = 0.0
        for _ in range(stages):
            total += math.log(draw(F))
        x = -(D.mean / D.p0) * total
    else:
        x = D.p0 + (D.p1 - D.p0) * draw(F)
    return x


@nb.njit(**INNER)
def sample(S, d, F, slow):
    """A time from distribution row d, in ns."""
    return np.int64(lasts(S, d, F) * slow)
