"""A program for the kernel: its tables in one object; both readings of `laws.md` run it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from . import layout as lay
from .rules import find_problems

Table = np.ndarray[Any, np.dtype[Any]]

DTYPES: dict[str, np.dtype[Any]] = {
    "op": lay.op_t,
    "dist": lay.dist_t,
    "endpoint": lay.endpoint_t,
    "call": lay.call_t,
    "service": lay.service_t,
    "replica": lay.replica_t,
    "group": lay.group_t,
    "live": np.dtype("i4"),
    "pool": lay.pool_t,
    "cache": lay.cache_t,
    "hit": np.dtype("f8"),
    "lane": lay.lane_t,
    "budget": lay.budget_t,
    "savings": lay.savings_t,
    "breaker": lay.breaker_t,
    "circuit": lay.circuit_t,
    "limiter": lay.limiter_t,
    "stream": lay.stream_t,
    "partition": lay.partition_t,
    "link": lay.link_t,
    "controller": lay.controller_t,
    "past": np.dtype("i8"),
    "watch": lay.watch_t,
    "host": lay.host_t,
    "speed": np.dtype("f8"),
    "line": lay.line_t,
    "hop": lay.hop_t,
    "lock": lay.lock_t,
    "keys": lay.keys_t,
    "popularity": np.dtype("f8"),
    "shelf": lay.shelf_t,
    "drawer": lay.drawer_t,
    "item": lay.item_t,
    "log": lay.log_t,
    "noted": np.dtype("i8"),
    "follow": lay.follow_t,
    "start": lay.start_t,
    "phase": lay.phase_t,
    "arrival": np.dtype("i8"),
    "source": lay.source_t,
    "segment": lay.segment_t,
    "mix": lay.mix_t,
    "fault": lay.fault_t,
}


@dataclass(frozen=True)
class Program:
    """The tables of `layout.py`, at rest: as they are at time 0, before anything has happened."""

    op: Table
    dist: Table
    endpoint: Table
    call: Table
    service: Table
    replica: Table
    group: Table
    live: Table
    pool: Table
    cache: Table
    hit: Table
    lane: Table
    budget: Table
    savings: Table
    breaker: Table
    circuit: Table
    limiter: Table
    stream: Table
    partition: Table
    link: Table
    controller: Table
    past: Table
    watch: Table
    host: Table
    speed: Table
    line: Table
    hop: Table
    lock: Table
    keys: Table
    popularity: Table
    shelf: Table
    drawer: Table
    item: Table
    log: Table
    noted: Table
    follow: Table
    start: Table
    phase: Table
    arrival: Table
    source: Table
    segment: Table
    mix: Table
    fault: Table

    def copy(self) -> Program:
        """Give a program whose tables can be written without touching this one's."""
        return Program(**{f.name: getattr(self, f.name).copy() for f in fields(self)})

    @property
    def roots(self) -> list[int]:
        """The endpoint rows that requests are made for: those of the mixes, and what follows."""
        return sorted({*self.mix["root"].tolist(), *self.follow["root"].tolist()})

    def validate(self) -> None:
        """Check that a kernel can run these tables without looking further.

        Raises ValueError with every problem found, one per line.
        """
        problems = [
            f"{name}: must be one-dimensional with the dtype of layout.py"
            for name, dtype in DTYPES.items()
            if getattr(self, name).dtype != dtype or getattr(self, name).ndim != 1
        ]
        if problems := problems or find_problems(self):
            raise ValueError("\n".join(problems))
