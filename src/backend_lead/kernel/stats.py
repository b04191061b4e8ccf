"""Percentiles from histograms, with intervals from batch means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend_lead.kernel import layout as L

BATCHES = 20
# two-sided 95 % quantile of Student's t for 1..30 degrees of freedom (any statistics table)
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_Z999 = 3.0902  # one-sided 99.9 % quantile of the normal distribution (any statistics table)


def t95(n: int) -> float:
    """95 % two-sided t for n samples (n >= 2)."""
    return _T95[min(n - 1, len(_T95)) - 1] if n >= 2 else math.inf


def bucket_edges() -> NDArray[np.float64]:
    """Lower edges of the histogram's buckets in seconds, one more than there are buckets."""
    first = np.arange(L.HIST_SUB) * (2.0**L.HIST_LOW / L.HIST_SUB)
    octaves = 2.0 ** np.arange(L.HIST_LOW, L.HIST_LOW + L.HIST_OCTAVES - 1)
    rest = (octaves[:, None] * (1 + np.arange(L.HIST_SUB) / L.HIST_SUB)).ravel()
    return np.concatenate([first, rest, [octaves[-1] * 2]]) / L.NS_PER_S


_EDGES = bucket_edges()


def quantile(counts: NDArray[Any], q: float, lost: int = 0) -> float:
    """The q-quantile in seconds of a histogram; `lost` requests count as never answered (inf).

    nan for no requests. Relative error at most layout.HIST_ERROR.
    """
    answered = int(counts.sum())
    total = answered + lost
    if total == 0:
        return math.nan
    rank = q * total
    if rank > answered or answered == 0:
        return math.inf
    upto = np.cumsum(counts)
    k = int(np.searchsorted(upto, rank))
    before = upto[k - 1] if k else 0
    inside = (rank - before) / max(1, counts[k])
    return float(_EDGES[k] + (_EDGES[k + 1] - _EDGES[k]) * inside)


def beyond(counts: NDArray[Any], limit_s: float) -> NDArray[np.float64]:
    """How many of a histogram's requests took longer than a limit, over the last axis.

    Those in the limit's own bucket are split as `quantile` splits them.
    """
    k = min(int(np.searchsorted(_EDGES, limit_s, side="right")) - 1, len(_EDGES) - 2)
    above: NDArray[np.float64] = counts[..., k + 1 :].sum(axis=-1).astype(float)
    inside = max(0.0, (_EDGES[k + 1] - limit_s) / (_EDGES[k + 1] - _EDGES[k]))
    out: NDArray[np.float64] = above + counts[..., k] * inside
    return out


def by_chance(mean: NDArray[Any]) -> NDArray[np.float64]:
    """How many rare events may be counted where `mean` are expected: more are seen once in a
    thousand times. Poisson, by Cornish and Fisher's expansion."""
    out: NDArray[np.float64] = mean + _Z999 * np.sqrt(mean) + (_Z999**2 - 1) / 6
    return out


def interval(
    windows: NDArray[Any], q: float, lost: NDArray[Any] | None = None
) -> tuple[float, float, float]:
    """(value, low, high) of the q-quantile over all windows, 95 % by batch means.

    `windows` (n_windows, HIST_BUCKETS), consecutive; `lost` (n_windows,). The interval includes
    the histogram's own error. With fewer than two filled batches the interval is infinite.
    """
    lost = np.zeros(len(windows), np.int64) if lost is None else lost
    value = quantile(windows.sum(axis=0), q, int(lost.sum()))
    groups = np.array_split(np.arange(len(windows)), min(BATCHES, len(windows)))
    parts = [quantile(windows[g].sum(axis=0), q, int(lost[g].sum())) for g in groups]
    parts = [p for p in parts if not math.isnan(p)]
    if math.isnan(value) or math.isinf(value):
        return value, value, value
    if len(parts) < 2 or any(math.isinf(p) for p in parts):
        return value, 0.0, math.inf
    half = t95(len(parts)) * float(np.std(parts, ddof=1)) / math.sqrt(len(parts))
    half += value * L.HIST_ERROR
    return value, max(0.0, value - half), value + half


def ratio_interval(parts: NDArray[Any], wholes: NDArray[Any]) -> tuple[float, float, float]:
    """(sum of parts / sum of wholes, low, high), 95 % by batch means of consecutive windows.

    The mean of each window's own ratio would count what happens in quiet windows too often. With
    fewer than two batches that have anything, the interval is infinite; without any whole, nan.
    """
    groups = np.array_split(np.arange(len(parts)), min(BATCHES, max(1, len(parts))))
    filled = [g for g in groups if len(g) and wholes[g].sum()]
    if not filled:
        return math.nan, -math.inf, math.inf
    value = float(parts.sum() / wholes.sum())
    if len(filled) < 2:
        return value, -math.inf, math.inf
    ratios = np.array([parts[g].sum() / wholes[g].sum() for g in filled])
    half = t95(len(ratios)) * float(ratios.std(ddof=1)) / math.sqrt(len(ratios))
    return value, value - half, value + half


def mean_interval(values: NDArray[Any]) -> tuple[float, float, float]:
    """(mean, low, high) of consecutive window values, 95 % by batch means."""
    groups = np.array_split(np.asarray(values, float), min(BATCHES, len(values)))
    parts = np.array([g.mean() for g in groups if len(g)])
    mean = float(np.mean(values))
    if len(parts) < 2:
        return mean, -math.inf, math.inf
    half = t95(len(parts)) * float(parts.std(ddof=1)) / math.sqrt(len(parts))
    return mean, mean - half, mean + half
