"""Rows that so many write at once that they wait for each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from backend_lead.model.finding import Finding, Place
from backend_lead.model.units import rate_text
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.parts import AccessPattern

BUSY = 0.3  # share of the time one row may be locked: at random arrivals a third wait beyond it
_HEAD = 10_000  # ranks added up one by one; the rest by the integral


def hot_keys(layer: Layer, patterns: Iterable[AccessPattern]) -> Iterator[Finding]:
    """Writes whose most popular row is locked too much of the time, at the model's size and peak.

    A row is locked from the write to the end of its transaction: its demand and its commit.
    """
    for pattern in patterns:
        table = layer.tables[pattern.table]
        if pattern.change not in ("update", "upsert", "delete") or not set(table.key) <= set(
            pattern.by
        ):
            continue
        component, _, word = pattern.id.partition(".")
        operation = layer.system.components[component].operations[word]
        held = sum(q.value for q in (operation.cpu, operation.wait) if q is not None)
        busy = pattern.rate_per_s * top_share(table.rows, table.skew) * held
        if busy > BUSY:
            yield Finding(
                "hot-key", "warning",
                f"{pattern.id}: the most popular row of {table.name} is locked {busy:.0%} of the "
                "time at peak", Place(path=f"components.{component}.operations.{word}"),
                f"{rate_text(pattern.rate_per_s, 'writes')}, "
                f"{top_share(table.rows, table.skew):.2%} of them to one row, "
                f"{held * 1e3:.1f} ms each", f"below {BUSY:.0%}",
                "split the row into several that are added up, or queue its writes",
            )  # fmt: skip


def top_share(rows: float, skew: float) -> float:
    """The share of requests that the most popular of `rows` gets, popularity by Zipf."""
    count = max(1, int(rows))
    head = min(count, _HEAD)
    total = math.fsum(rank**-skew for rank in range(1, head + 1))
    if count > head:
        if abs(skew - 1) < 1e-6:
            total += math.log(count / head)
        else:
            total += (count ** (1 - skew) - head ** (1 - skew)) / (1 - skew)
    return 1.0 / total
