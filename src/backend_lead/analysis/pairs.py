"""Two designs under the same random numbers: how far they differ, and how well that is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend_lead.analysis.ran import lost_requests, slots_of
from backend_lead.analysis.replications import Pooled, of_replications
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.model.design import Interval


@dataclass(frozen=True)
class Pair:
    """One number of two designs, by replications with the same seeds.

    `difference` is of the second to the first. `narrower` is how many times wider its interval
    would be with seeds that do not go together; nan where nothing varies.
    """

    what: str
    name: str
    unit: str
    before: Interval
    after: Interval
    difference: Interval
    narrower: float

    @property
    def told(self) -> bool:
        """Whether the interval says which way it differs."""
        return self.difference.low > 0 or self.difference.high < 0


def pairs(before: Pooled, after: Pooled) -> list[Pair]:
    """p50, p99, mean and failed share of all requests, and the p99 of each that both have.

    Raises ValueError if the seeds are not the same.
    """
    if before.seeds != after.seeds:
        raise ValueError("both need the same seeds")
    ones, others = dict(_numbers(before)), dict(_numbers(after))
    return [_pair(*key, ones[key], others[key]) for key in ones if key in others]


Key = tuple[str, str, str]


def _numbers(pooled: Pooled) -> Iterator[tuple[Key, NDArray[np.float64]]]:
    """What is compared, with a value for each replication."""
    r = pooled.ran.result
    every = list(range(len(r.roots)))
    yield ("all requests", "p50", "s"), _quantiles(pooled, every, 0.5)
    yield ("all requests", "p99", "s"), _quantiles(pooled, every, 0.99)
    ok = np.maximum(1, r.windows["ok"].sum(axis=1))
    yield ("all requests", "mean", "s"), r.windows["latency"].sum(axis=1) / ok / L.NS_PER_S
    lost = lost_requests(r.windows, every)
    yield ("all requests", "failed", "ratio"), lost / np.maximum(1, lost + ok)
    for ref, slots in slots_of(pooled.ran).items():
        yield (ref, "p99", "s"), _quantiles(pooled, slots, 0.99)


def _quantiles(pooled: Pooled, slots: list[int], q: float) -> NDArray[np.float64]:
    r = pooled.ran.result
    lost = lost_requests(r.windows, slots)
    hist = r.hist_windows[:, slots].sum(axis=1)
    return np.array([stats.quantile(h, q, int(n)) for h, n in zip(hist, lost)])


def _pair(
    what: str, name: str, unit: str, a: NDArray[np.float64], b: NDArray[np.float64]
) -> Pair:  # fmt: skip
    sure = bool(np.isfinite(a).all() and np.isfinite(b).all())
    difference = of_replications(b - a) if sure else Interval(math.nan, -math.inf, math.inf)
    narrower = math.nan
    if sure and len(a) > 1:
        together = float((b - a).var(ddof=1))
        apart = float(a.var(ddof=1) + b.var(ddof=1))
        narrower = math.sqrt(apart / together) if together > 0 else math.nan
    return Pair(what, name, unit, of_replications(a), of_replications(b), difference, narrower)
