"""Times sampled from distributions.

Exponential ones by layers, the ziggurat of Marsaglia and Tsang (2000): nearly all are made of one
random number, a product and a comparison, without a logarithm.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel.chance import draw, mix64
from backend_lead.kernel.memory import APART, GOLDEN, INNER, dist_at, state_at

LAYERS = 256
# Where the tail begins, and the area of each layer, (R + 1) exp(-R): with these 256 layers close at
# the height of 1; a test holds both to that.
R = 7.69711747013104972
AREA = 0.0039496598225815571993
PARTS = 2.0**-53  # a whole number of 53 bits, as a part of one
S11, LOW = np.uint64(11), np.uint64(LAYERS - 1)


def edges() -> list[float]:
    """Right edges of the layers, X[0] = 0 to X[256], as `laws.md` has them."""
    x = [0.0] * (LAYERS + 1)
    x[LAYERS] = AREA / math.exp(-R)
    x[LAYERS - 1] = R
    for i in range(LAYERS - 2, 0, -1):
        x[i] = -math.log(AREA / x[i + 1] + math.exp(-x[i + 1]))
    return x


_EDGES = edges()
X = np.array(_EDGES)
WIDTH = X * PARTS  # the product with a whole number is exactly that of the part with the edge
Y = np.array([math.exp(-x) for x in _EDGES[:LAYERS]] + [0.0])


@nb.njit(**INNER)
def exponential(F):
    """Exponential time of mean 1 from a record's stream."""
    F.rng = F.rng + GOLDEN
    z = mix64(F.rng)
    i = np.int64(z & LOW) + 1
    x = np.float64(np.int64(z >> S11)) * WIDTH[i]
    if x < X[i - 1]:
        return x
    return beyond_the_layer(F, i, x)


@nb.njit(**APART)
def beyond_the_layer(F, i, x):
    """What becomes of a point that is not surely below the curve: one draw in a hundred."""
    while not x < X[i - 1]:
        if i == LAYERS:
            return R - math.log(draw(F))
        y = Y[i - 1] + draw(F) * (Y[i] - Y[i - 1])
        if y < math.exp(-x):
            return x
        F.rng = F.rng + GOLDEN
        z = mix64(F.rng)
        i = np.int64(z & LOW) + 1
        x = np.float64(np.int64(z >> S11)) * WIDTH[i]
    return x


@nb.njit(**INNER)
def lasts(S, d, F):
    """A time from distribution row d, in ns and parts of them."""
    D = dist_at(state_at(S, 0).dist, d)
    kind = D.kind
    if kind == L.DIST_EXP:
        x = D.mean * exponential(F)
    elif kind == L.DIST_CONST:
        x = D.mean
    elif kind == L.DIST_LOGNORMAL:
        u1 = draw(F)
        u2 = draw(F)
        x = math.exp(D.p0 + D.p1 * math.sqrt(-2.0 * math.log(u1)) * math.cos(2.0 * math.pi * u2))
    elif kind == L.DIST_HYPER2:
        mean = D.p1 if draw(F) < D.p0 else D.p2
        x = mean * exponential(F)
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
