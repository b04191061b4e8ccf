"""Runs a program on the compiled kernel and reads means, percentiles and shares with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend_lead.kernel import layout as lay
from backend_lead.kernel import stats
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import COMPLETE, RunResult, simulate

Interval = tuple[float, float, float]  # value, low, high
SURE = 3.883 / 2.093  # Student's t for 20 batches, 99.9 % over 95 %


def root_of(b: Builder, steps: Sequence[Any]) -> int:
    """A root endpoint that takes the steps, on a service of its own without limits."""
    return b.endpoint(b.delay_service(), steps)


def station(b: Builder, dist: int, servers: int = 1, **options: Any) -> int:
    """An endpoint that works once; one replica with so many workers and cores unless said."""
    options = {"per_group": 1, "workers": servers, "cores": servers} | options
    return b.endpoint(b.service(**options), [("cpu", dist)])


def queue(b: Builder, dist: int, servers: int = 1, **options: Any) -> int:
    """A root that calls one station."""
    return root_of(b, [("call", b.call(station(b, dist, servers, **options)))])


@dataclass
class Measured:
    """A finished run; requests that started in [warm-up, `measured_until_s`) are looked at."""

    run: RunResult
    measured_until_s: float

    @property
    def seconds(self) -> float:
        return self.measured_until_s - self.run.warmup_s

    @property
    def windows(self) -> NDArray[Any]:
        """Window counts of all roots together, warm-up and tail left out."""
        return self.run.windows[self._seen()]

    def _seen(self) -> slice:
        first, last = (
            round(t / self.run.window_s) for t in (self.run.warmup_s, self.measured_until_s)
        )
        return slice(first, last)

    def mean(self) -> Interval:
        """Mean latency in seconds of requests that ended well."""
        latency = self.windows["latency"].sum(axis=1) / lay.NS_PER_S
        return stats.ratio_interval(latency, self.windows["ok"].sum(axis=1))

    def quantile(self, q: float) -> Interval:
        """Percentile of the latency in seconds."""
        return stats.interval(self.run.hist_windows[self._seen()].sum(axis=1), q)

    def share(self, column: str) -> Interval:
        """Share of the requests that ended so."""
        return stats.ratio_interval(
            self.windows[column].sum(axis=1), self.windows["started"].sum(axis=1)
        )

    def rate(self, column: str = "ok") -> Interval:
        """Requests per second that ended so."""
        return stats.mean_interval(self.windows[column].sum(axis=1) / self.run.window_s)

    def requests(self, outcome: int = lay.OK) -> NDArray[Any]:
        """The traced requests that ended so."""
        trace = self.run.trace
        assert trace is not None
        since, until = (t * lay.NS_PER_S for t in (self.run.warmup_s, self.measured_until_s))
        inside = (trace["start"] >= since) & (trace["start"] < until)
        return trace[inside & (trace["outcome"] == outcome)]

    def latencies_s(self) -> NDArray[np.float64]:
        """Exact latencies of traced requests that ended well."""
        ended = self.requests()
        latencies: NDArray[np.float64] = (ended["end"] - ended["start"]) / lay.NS_PER_S
        return latencies


def measure(
    program: Program,
    measured_s: float,
    *,
    seed: int = 1,
    warmup_s: float = 10.0,
    tail_s: float = 10.0,
    window_s: float = 1.0,
    trace: int = 0,
) -> Measured:
    """Run for warm-up, measured time and a tail in which the last requests may end."""
    until_s = warmup_s + measured_s
    run = simulate(
        program, seed=seed, until_s=until_s + tail_s, warmup_s=warmup_s, window_s=window_s,
        trace=trace,
    )  # fmt: skip
    assert run.status == COMPLETE
    assert run.conserved
    return Measured(run, until_s)


def inside(value: float, interval: Interval, rounding: float = 0.0) -> bool:
    """Whether the 95 % interval holds the value, which may have been rounded by so much."""
    _, low, high = interval
    return low - rounding <= value <= high + rounding


def agrees(value: float, interval: Interval) -> bool:
    """Whether the 99.9 % interval holds the exact value: many tests ask, each must mean it."""
    middle, low, high = interval
    return inside(value, (middle, middle - (middle - low) * SURE, middle + (high - middle) * SURE))
