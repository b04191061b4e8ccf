"""Rows, shelves and locks of a flow, as the kernel is told of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend_lead.kernel import layout as L
from backend_lead.kernel.bounds import TIME_MAX
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.places import GROUP, places
from backend_lead.kernel.program import Program
from backend_lead.views.flow import Flow, Key
from backend_lead.views.hits import DAY_S, HitCurve, Ways
from backend_lead.views.keyed import exact, keyed, row_popularity
from backend_lead.views.rates import ways_of

LOCKS_PER_ROW = 10  # by the choice of a hash one row in ten or so shares its lock with another
LOCKS_MAX = 40_000  # of an entity: those of the rows that are told apart where none is kept exactly
USES_MAX = 1e9  # of an item that was used often before the run
GOLDEN, SILVER = (math.sqrt(5) - 1) / 2, math.sqrt(2) - 1  # steps that fill (0, 1) evenly


@dataclass(frozen=True)
class _Shelf:
    row: int
    curve: HitCurve
    ways: Ways
    shares: NDArray[np.float64]
    groups: int
    capacity: int


class Keys:
    """Makes the tables of keys, shelves and locks of a flow as they are asked for."""

    def __init__(self, b: Builder, flow: Flow) -> None:
        self.b, self.flow, self.plan = b, flow, keyed(flow)
        self.tables: dict[Key, int] = {}
        self.shelves: dict[tuple[str, str], _Shelf] = {}
        self.locked: dict[str, tuple[int, int]] = {}

    def shares(self, key: Key) -> NDArray[np.float64]:
        return row_popularity(self.flow, key, self.plan.uses.get(key.entity, frozenset()))

    def drawn(self, key: Key) -> tuple[object, ...]:
        """The step that draws a key."""
        if key not in self.tables:
            self.tables[key] = self.b.keys(self.shares(key).tolist())
        return ("key", self.tables[key])

    def locks(self, entity: str) -> tuple[int, int]:
        """First lock and number of locks that stand for the rows of an entity."""
        if entity not in self.locked:
            n = min(LOCKS_MAX, len(self.shares(Key(entity))) * LOCKS_PER_ROW)
            self.locked[entity] = self.b.locks(n), n
        return self.locked[entity]

    def by_age(self, cache: str) -> bool:
        """Whether hits of a cache are drawn by its age, not looked up by key."""
        return not exact(self.flow, cache)

    def shelf(self, cache: str, entity: str, service: int) -> int:
        """What a cache keeps of an entity, key by key; `service` is its row."""
        if (cache, entity) not in self.shelves:
            self.shelves[cache, entity] = self._shelf(cache, entity, service)
        return self.shelves[cache, entity].row

    def _shelf(self, cache: str, entity: str, service: int) -> _Shelf:
        part, curve = self.flow.system.components[cache], self.flow.hits[cache, entity]
        shares = self.shares(Key(entity))
        room = min(curve.entries, float(len(shares))) / part.shards
        capacity = len(shares) if math.isinf(curve.entries) else max(1, round(room))
        ways = ways_of(part)
        row = self.b.shelf(
            service, len(shares), capacity, policy=L.LFU if ways.lfu else L.LRU,
            ttl_s=min(ways.ttl_s, TIME_MAX / L.NS_PER_S), renew=ways.renew,
            coalesce=curve.asked is not None and curve.asked.coalesced,
        )  # fmt: skip
        return _Shelf(row, curve, ways, shares, part.shards, capacity)

    def fill(self, program: Program, flushed_at: int) -> None:
        """Let shelves hold what they hold after a long time, since they were empty then."""
        program.drawer["flushed_at"] = flushed_at
        for shelf in self.shelves.values():
            _fill(program, shelf)


def _fill(program: Program, shelf: _Shelf) -> None:
    """Put into each drawer the keys that are there in the steady state of their rates."""
    asked = shelf.curve.asked
    if asked is None or asked.reads_per_s <= 0:
        return
    row = program.shelf[shelf.row]
    rate = np.maximum(shelf.shares * asked.reads_per_s, 1e-300).astype(np.float64)
    spoilt = shelf.shares * asked.writes_per_s
    number = np.arange(1, len(rate) + 1, dtype=np.float64)
    u = np.clip((number * GOLDEN) % 1.0, 1e-9, 1 - 1e-9)
    v = (number * SILVER) % 1.0
    unused = -np.log(u) / rate  # time since its last use, exponential
    stays = min(shelf.curve.stays_s, DAY_S)
    there = (unused < stays) & (v < rate / (rate + spoilt))
    age = _ages(shelf, rate, spoilt, unused, v)
    where = places(len(rate), GROUP, shelf.groups)
    last: NDArray[np.float64] = -rate if shelf.ways.lfu else unused
    for group in range(shelf.groups):
        mine = np.flatnonzero(there & (where == group))
        if shelf.ways.lfu:
            mine = np.flatnonzero(where == group)
        order = mine[np.lexsort((last[mine],))][: shelf.capacity]
        first, uses = int(row["first"]) + group * len(rate), np.minimum(rate * DAY_S, USES_MAX)
        _put(program, first, int(row["drawer"]) + group, order,
             -np.round(age[order] * L.NS_PER_S), 1 + uses[order])  # fmt: skip


def _ages(
    shelf: _Shelf, rate: NDArray[np.float64], spoilt: NDArray[np.float64],
    unused: NDArray[np.float64], v: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """How long ago each item was put there, or renewed; those whose time is over are kept, too."""
    ttl_s = shelf.ways.ttl_s
    if not ttl_s:
        return np.zeros(len(rate))
    if shelf.ways.renew:
        return np.minimum(unused, ttl_s)
    soon = -np.expm1(-rate * min(shelf.curve.stays_s, ttl_s))
    good = shelf.ways.held(rate, spoilt, min(shelf.curve.stays_s, DAY_S)) / np.maximum(soon, 1e-300)
    age = unused + v * (ttl_s - unused)
    return np.where((unused < ttl_s) & ((v * 7.0) % 1.0 < good), age, ttl_s)


def _put(
    program: Program, first: int, drawer: int, order: NDArray[np.int64], at: NDArray[np.float64],
    uses: NDArray[np.float64],
) -> None:  # fmt: skip
    """Link items into one list from the one used last on."""
    if not len(order):
        return
    rows = first + order
    items = program.item
    items["at"][rows] = np.where(at == L.NONE, 0, at).astype(np.int64)
    items["uses"][rows] = uses.astype(np.int64)
    items["prev"][rows] = np.concatenate([[L.NONE], rows[:-1]])
    items["next"][rows] = np.concatenate([rows[1:], [L.NONE]])
    program.drawer["head"][drawer] = rows[0]
    program.drawer["tail"][drawer] = rows[-1]
    program.drawer["n"][drawer] = len(rows)
