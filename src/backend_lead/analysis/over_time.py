"""Replications over time: what each found from row to row, small to send, and all together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend_lead.analysis.windows import USUAL, Cut, of_replications, spans, summed
from backend_lead.kernel import layout as L
from backend_lead.kernel.state import window_t
from backend_lead.model.windows import Window

USUAL_S = 10.0  # a window of replications where nobody said how long it is, as in a short run


@dataclass(frozen=True)
class Rows:
    """Histograms of all roots together, one after the other, without their empty buckets: those of
    row k are the entries from `ends[k - 1]` (0) up to `ends[k]`."""

    ends: NDArray[np.int32]
    buckets: NDArray[np.uint16]
    counts: NDArray[np.int32]

    def sum(self, first: int, upto: int) -> NDArray[np.int64]:
        """The histogram (HIST_BUCKETS,) of several rows."""
        entries = slice(int(self.ends[first - 1]) if first else 0, int(self.ends[upto - 1]))
        out = np.bincount(self.buckets[entries], self.counts[entries], L.HIST_BUCKETS)
        return out.astype(np.int64)


def rows_of(windows: NDArray[np.int32], each: int) -> Rows:
    """Histograms (n_windows, n_roots, HIST_BUCKETS), so many windows a row."""
    ends, buckets, counts = [0], [], []
    for first in range(0, len(windows), each):
        hist = windows[first : first + each].sum(axis=(0, 1), dtype=np.int32)
        filled = np.flatnonzero(hist)
        ends.append(ends[-1] + len(filled))
        buckets.append(filled.astype(np.uint16))
        counts.append(hist[filled])
    return Rows(np.array(ends[1:], np.int32), np.concatenate(buckets), np.concatenate(counts))


def by_row(windows: NDArray[Any], each: int) -> NDArray[Any]:
    """Columns of windows and roots (n_windows, n_roots), so many windows a row."""
    starts = np.arange(0, len(windows), each)
    out = np.zeros(len(starts), window_t)
    for name in window_t.names or ():
        out[name] = np.add.reduceat(windows[name].sum(axis=1), starts)
    return out


@dataclass(frozen=True)
class OverTime:
    """Rows of each replication, in the order of their seeds; those before `first` are warm-up. They
    are of `row_s` each, the last as far as `until_s`."""

    row_s: float
    until_s: float
    first: int
    counts: NDArray[Any]  # (n_replications, n_rows), columns of state.window_t
    rows: tuple[Rows, ...]

    def windows(self, window_s: float | None = None) -> list[Window]:
        """What is counted in windows, with intervals from how far the replications differ."""
        n = self.counts.shape[1] - self.first
        each = max(1, round((window_s or USUAL_S) / self.row_s))
        if window_s is None:
            each = max(each, -(-n // USUAL))
        return self._read(spans(n, each))

    def series(self) -> list[Window]:
        """The same row by row."""
        return self.windows(self.row_s)

    def _read(self, cut: list[tuple[int, int]]) -> list[Window]:
        return of_replications([self._cut(self.first + a, self.first + b) for a, b in cut])

    def _cut(self, first: int, upto: int) -> Cut:
        begins_s = first * self.row_s
        return Cut(
            begins_s, min(upto * self.row_s, self.until_s) - begins_s,
            summed(self.counts[:, first:upto], axis=1),
            np.stack([rows.sum(first, upto) for rows in self.rows]),
        )  # fmt: skip
