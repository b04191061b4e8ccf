"""Totals read from a run: means, waits, shares, use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from tests.kernel.measured import Measured, measure

REQUESTS = 1_000_000  # about what the cases' tolerances for simulators assume
WINDOWS = 100


def long_run(
    b: Builder, rate_per_s: float, requests: float = REQUESTS, *, trace: bool = False, seed: int = 1
) -> Measured:
    """Run until about so many requests have come at this rate, after a tenth of it to warm up."""
    window_s = requests / rate_per_s / WINDOWS
    return measure(
        b.build(), WINDOWS * window_s, seed=seed, warmup_s=10 * window_s, tail_s=0,
        window_s=window_s, trace=int(1.2 * requests) if trace else 0,
    )  # fmt: skip


def mean_s(run: Measured) -> float:
    """Mean latency of the requests that ended well."""
    return float(run.windows["latency"].sum() / run.windows["ok"].sum() / lay.NS_PER_S)


def quantile_s(run: Measured, q: float) -> float:
    """Percentile of the latency of the requests that ended well."""
    return run.quantile(q)[0]


def rate_per_s(run: Measured, column: str = "ok") -> float:
    """Requests per second that ended so."""
    return float(run.windows[column].sum() / run.seconds)


def share(run: Measured, column: str) -> float:
    """Share of all requests that ended so."""
    return float(run.windows[column].sum() / run.windows["started"].sum())


def per_attempt_s(run: Measured, endpoint: int, column: str) -> float:
    """A time of an endpoint's attempts, mean over those that ended."""
    row = run.run.stats[endpoint]
    return float(row[column] / row["n"] / lay.NS_PER_S)


def in_use(run: Measured, endpoint: int, column: str = "busy") -> float:
    """Cores (`busy`) or workers (`held`) an endpoint keeps in use, on average."""
    return float(run.run.stats[endpoint][column] / run.seconds / lay.NS_PER_S)


def waits_s(run: Measured, servers: int) -> NDArray[np.float64]:
    """Waits before service of all traced requests of one first-come-first-served station.

    With c servers, request n starts when it has come and n - c + 1 have gone.
    """
    trace: Any = run.run.trace
    arrivals, ends = np.sort(trace["start"]), np.sort(trace["end"])
    free = np.concatenate([np.zeros(servers, np.int64), ends[:-servers]])
    waits: NDArray[np.float64] = np.maximum(free - arrivals, 0) / lay.NS_PER_S
    return waits[len(waits) // 10 :]
