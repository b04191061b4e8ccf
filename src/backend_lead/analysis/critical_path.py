"""Where the time of sampled requests went: along the path that their answer waited for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from backend_lead.kernel import layout as L

Spent = Literal["service", "worker", "pool", "core", "lock", "backoff", "network", "retry", "other"]
WAITS: tuple[tuple[Spent, str], ...] = (
    ("pool", "wait_pool"), ("worker", "wait_worker"), ("core", "wait_core"),
    ("lock", "wait_lock"), ("service", "busy"),
)  # fmt: skip
BANDS = {"p50": (0.45, 0.55), "p99": (0.98, 1.0)}  # of the requests by latency, whose mean is told

REQUESTS_MIN = 100  # of a kind; two of them are the slowest two in a hundred


@dataclass(frozen=True)
class Path:
    """One sampled request that has ended: ns by endpoint row and by what they went into.

    They add up to `latency`. `other` are waits that a model states, and reads from disk; `retry` is
    all that was spent on attempts that were tried again.
    """

    root: int
    source: int
    serial: int
    outcome: int
    latency: int
    parts: dict[tuple[int, Spent], int]


def paths(spans: NDArray[Any]) -> list[Path]:
    """The critical path of each sampled request whose end is known, in the order of their rows."""
    children: dict[int, list[int]] = defaultdict(list)
    for k in np.flatnonzero(spans["parent"] != L.NONE):
        children[int(spans["parent"][k])].append(int(k))
    out = []
    for k in np.flatnonzero((spans["parent"] == L.NONE) & (spans["outcome"] != L.NONE)):
        walk = _Walk(spans, children)
        row = spans[k]
        walk.of(int(k), int(row["ended"]), retried=False)
        out.append(Path(int(row["endpoint"]), int(row["source"]), int(row["serial"]),
                        int(row["outcome"]), int(row["ended"] - row["created"]),
                        dict(walk.parts)))  # fmt: skip
    return out


class _Walk:
    """From the end of a request back to its beginning: the last child that it waited for, what it
    did itself between that child and the next, and so on."""

    def __init__(self, spans: NDArray[Any], children: dict[int, list[int]]) -> None:
        self.spans, self.children = spans, children
        self.parts: dict[tuple[int, Spent], int] = defaultdict(int)

    def of(self, k: int, until: int, *, retried: bool) -> None:
        """Tell the time of a span from its creation until then, that of its children apart."""
        row = self.spans[k]
        endpoint, own, at, network = int(row["endpoint"]), 0, until, 0
        for child, end in self._latest_first(k, until):
            one = self.spans[child]
            if end > at or int(one["created"]) >= at:
                continue  # beside another that took longer
            reply = min(int(one["network"]), at - end)
            network += reply
            own += at - end - reply
            self.of(child, end, retried=retried or self._again(k, child))
            at = int(one["created"])
        own += at - int(row["created"])
        if retried:
            self.parts[endpoint, "retry"] += own + network
            return
        self.parts[endpoint, "network"] += network
        self._own(row, endpoint, own)

    def _own(self, row: Any, endpoint: int, own: int) -> None:
        """What a span did itself, by the waits that it noted."""
        begun = int(row["begun"])
        backoff = min(own, begun - int(row["created"])) if begun != L.NONE else own
        self.parts[endpoint, "backoff"] += backoff
        own -= backoff
        for kind, column in WAITS:
            part = min(own, int(row[column]))
            self.parts[endpoint, kind] += part
            own -= part
        self.parts[endpoint, "other"] += own

    def _latest_first(self, k: int, until: int) -> Iterator[tuple[int, int]]:
        """Children that had ended by then, the last one first."""
        ended = [(int(self.spans["ended"][c]), c) for c in self.children.get(k, ())
                 if self.spans["ended"][c] != L.NONE]  # fmt: skip
        for end, child in sorted(ended, reverse=True):
            if end <= until:
                yield child, end

    def _again(self, k: int, child: int) -> bool:
        """Whether another attempt followed this one."""
        one = self.spans[child]
        return any(
            self.spans["call"][c] == one["call"] and self.spans["attempt"][c] == one["attempt"] + 1
            and self.spans["created"][c] >= one["created"]
            for c in self.children[k]
        )  # fmt: skip


@dataclass(frozen=True)
class Shares:
    """Of requests around a quantile: shares of their time by endpoint row and by what it went into,
    the largest first."""

    quantile: str
    requests: int
    latency_s: float
    parts: list[tuple[int, Spent, float]]


def shares(found: Sequence[Path], root: int) -> list[Shares]:
    """Where the median requests of a kind spent their time, and the slowest two in a hundred.

    Nothing where fewer than REQUESTS_MIN of the kind were sampled: single requests tell no share.
    """
    own = sorted((p for p in found if p.root == root and p.outcome == L.OK),
                 key=lambda p: (p.latency, p.source, p.serial))  # fmt: skip
    out: list[Shares] = []
    if len(own) < REQUESTS_MIN:
        return out
    for name, (low, high) in BANDS.items():
        first, last = int(low * len(own)), max(int(low * len(own)) + 1, int(high * len(own)))
        band = own[first:last]
        total = sum(p.latency for p in band)
        if not total:
            continue
        sums: dict[tuple[int, Spent], int] = defaultdict(int)
        for p in band:
            for key, ns in p.parts.items():
                sums[key] += ns
        parts = [(row, kind, ns / total) for (row, kind), ns in sums.items() if ns]
        parts.sort(key=lambda part: (-part[2], part[0], part[1]))
        out.append(Shares(name, len(band), total / len(band) / L.NS_PER_S, parts))
    return out
