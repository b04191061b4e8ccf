"""How far one primary goes: what it is asked for, the most it can give, and what ends first."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.catalog.prices import instance
from backend_lead.catalog.tables import BUSY_MOST, LOG_FACTOR, VOLUME_MOST
from backend_lead.model.system import Component
from backend_lead.views.commits import commits
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.volume import MONTH_S, sizes
from backend_lead.views.traffic import written_bytes_per_s

YEARS_MONTHS = 36


@dataclass(frozen=True)
class Room:
    """One resource of one primary: what is asked of it, the most on the largest machine, and
    how that is known."""

    id: str
    label: str
    now: float
    most: float
    unit: str
    how: str

    @property
    def times(self) -> float:
        """How many times today's load it would carry."""
        return self.most / self.now if self.now > 0 else math.inf


def room(layer: Layer, store: str) -> list[Room]:
    """Cores, commits and bytes of a store, if it were one primary; the scarcest first."""
    component = layer.system.components[store]
    machine, cores = largest(component)
    busy = cores_at_primary(layer, store)
    made = commits_per_s(layer, store)
    held = sum(s.bytes for t, s in sizes(layer, YEARS_MONTHS * MONTH_S).items()
               if layer.tables[t].store == store)  # fmt: skip
    held += unmodelled_bytes(layer, store)
    station = layer.flow.stations[store]
    found = [
        Room("cores", "cores busy with what must be asked of the primary", busy,
             cores * BUSY_MOST.value, "cores",
             f"{machine}: {cores} cores x {BUSY_MOST.value:g}"),
        Room("bytes", f"bytes with indexes in {YEARS_MONTHS} months", held, VOLUME_MOST.value, "B",
             VOLUME_MOST.source),
    ]  # fmt: skip
    if station.commits_per_s:
        found.append(Room("commits", "commits a second at peak", made, station.commits_per_s,
                          "1/s", "the log of one primary"))  # fmt: skip
    return sorted(found, key=lambda one: one.times)


def unmodelled_bytes(layer: Layer, store: str) -> float:
    """Bytes that the model says are there already, beyond those of its rows; all in the first
    store."""
    data = layer.system.data
    if data is None or data.holds is None or layer.stores[:1] != [store]:
        return 0.0
    return max(0.0, data.holds.value - sum(s.bytes for s in sizes(layer).values()))


def largest(component: Component) -> tuple[str, float]:
    """The largest machine that a component could run on, and its cores."""
    kind = kind_of(component.kind)
    steps = kind.ladder(component) or [component.instance or ""]
    return steps[-1], float(instance(steps[-1]).vcpu)


def cores_at_primary(layer: Layer, store: str) -> float:
    """Cores that writes and reads of the newest rows keep busy at peak."""
    flow, total = layer.flow, 0.0
    for word, op in layer.system.components[store].operations.items():
        if op.cpu is not None and (op.type == "write" or not op.stale_ok):
            key = f"{store}.{word}"
            total += flow.visits.get(key, 0.0) * flow.batch.get(key, 1.0) * op.cpu.value
    return total


def commits_per_s(layer: Layer, store: str) -> float:
    """Transactions that a store makes durable a second, at peak."""
    return sum(
        layer.flow.visits.get(f"{store}.{word}", 0.0)
        for word, op in layer.system.components[store].operations.items()
        if commits(op)
    )


def log_bytes_per_s(layer: Layer, store: str) -> float:
    """Bytes of write-ahead log a second, on the mean of a day."""
    return written_bytes_per_s(layer.flow, store) * LOG_FACTOR.value
