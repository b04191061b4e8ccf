"""The plain reading of Random streams: what is drawn, from which state, in which order."""

from __future__ import annotations

import math
from types import SimpleNamespace

from . import layout as lay

MASK = 2**64 - 1
LAYERS = 256  # of equal area, under exp(-x)
LAYER_EDGE = 7.69711747013104972  # where the lowest layer's tail begins
LAYER_AREA = 0.0039496598225815571993


def _layers() -> tuple[list[float], list[float]]:
    """Give the layers' right ends (from the highest, which is the narrowest) and heights there."""
    x = [0.0] * (LAYERS + 1)
    x[LAYERS] = LAYER_AREA / math.exp(-LAYER_EDGE)
    x[LAYERS - 1] = LAYER_EDGE
    for i in range(LAYERS - 2, 0, -1):
        x[i] = -math.log(LAYER_AREA / x[i + 1] + math.exp(-x[i + 1]))
    return x, [math.exp(-end) for end in x[:LAYERS]] + [0.0]


X, Y = _layers()


class Stream:
    """splitmix64, from a given state."""

    def __init__(self, state: int) -> None:
        self.state = state & MASK

    def next(self) -> int:
        self.state = (self.state + lay.GOLDEN) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * lay.MIX1) & MASK
        z = ((z ^ (z >> 27)) * lay.MIX2) & MASK
        return z ^ (z >> 31)

    def u(self) -> float:
        return ((self.next() >> 12) + 0.5) * 2.0**-52

    def e(self) -> float:
        """Draw an exponential of mean 1 (Marsaglia and Tsang's ziggurat)."""
        while True:
            z = self.next()
            i = z % LAYERS + 1
            x = (z >> 11) * 2.0**-53 * X[i]
            if x < X[i - 1]:
                return x
            if i == LAYERS:
                return LAYER_EDGE - math.log(self.u())
            if Y[i - 1] + self.u() * (Y[i] - Y[i - 1]) < math.exp(-x):
                return x

    def below(self, n: int) -> int:
        return int(self.u() * n)


def sample(d: SimpleNamespace, stream: Stream) -> float:
    """Draw a time in ns, not yet slowed or truncated, from a row of the dist table."""
    u, ln = stream.u, math.log
    match d.kind:
        case lay.DIST_CONST:
            time = d.mean
        case lay.DIST_EXP:
            time = d.mean * stream.e()
        case lay.DIST_LOGNORMAL:
            radius, angle = math.sqrt(-2 * ln(u())), math.cos(2 * math.pi * u())
            time = math.exp(d.p0 + d.p1 * radius * angle)
        case lay.DIST_HYPER2:
            mean = d.p1 if u() < d.p0 else d.p2
            time = mean * stream.e()
        case lay.DIST_ERLANG:
            total = 0.0
            for _ in range(int(d.p0)):
                total += ln(u())
            time = -(d.mean / d.p0) * total
        case _:
            time = d.p0 + (d.p1 - d.p0) * u()
    return float(time)


def hash2(a: int, b: int) -> int:
    """Give the `hash` of the laws."""
    return Stream(a ^ (b * lay.GOLDEN & MASK)).next()
