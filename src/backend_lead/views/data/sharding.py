"""By which column a store could be spread over shards, and whether one key would be too much."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np

from backend_lead.catalog.tables import HOT
from backend_lead.kernel.places import GROUP, places
from backend_lead.model.system import System
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.parts import Table
from backend_lead.views.flow import Flow

_HEAD = 2_000  # the most popular keys, placed one by one; the others are even
_EXACT = 100_000
SHARDS = (2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True)
class Sharding:
    """A key for the shards of a store: the entity whose key it is, its columns by table, and the
    share of the statements that name it. `keys` of skew `skew` are spread."""

    store: str
    entity: str
    columns: dict[str, str]
    without: tuple[str, ...]
    named_share: float
    keys: float
    skew: float

    def hottest(self, shards: int) -> float:
        """The share of the load on the busiest of so many shards."""
        return hottest(self.keys, self.skew, shards)

    @property
    def largest_key(self) -> float:
        """The share of the load of the most popular key."""
        return 1 / _weight(max(1, int(self.keys)), self.skew)

    @property
    def most(self) -> int:
        """The number of shards up to which the busiest has less than `HOT` times the mean."""
        return max((s for s in (1, *SHARDS) if self.hottest(s) * s < HOT.value), default=1)


def sharding(layer: Layer, store: str) -> Sharding | None:
    """The key that most statements of a store name; None where none names one."""
    component = layer.system.components[store]
    told = {f"{store}.{word}": op.shard_key for word, op in component.operations.items()}
    load: dict[str, float] = defaultdict(float)
    total = 0.0
    for pattern in layer.patterns:
        if pattern.id in told:
            total += pattern.rate_per_s
            if told[pattern.id]:
                load[str(told[pattern.id])] += pattern.rate_per_s
    if not load:
        return None
    word, named = max(load.items(), key=lambda item: (item[1], item[0]))
    entity = layer.system.entities.get(word)
    columns = {
        table.name: column for table in layer.of_store(store)
        if (column := key_column(layer, table, word))
    }  # fmt: skip
    without = tuple(t.name for t in layer.of_store(store) if t.name not in columns)
    return Sharding(
        store, word, columns, without, named / total if total else 0.0,
        entity.rows.value if entity else _largest(layer.system),
        entity.skew.value if entity and entity.skew else 0.0,
    )  # fmt: skip


def asked_by_key(flow: Flow, store: str) -> Sharding | None:
    """Likewise of a store of which no table is known, by the rows of the entity alone."""
    load: dict[str, float] = defaultdict(float)
    total = 0.0
    for word, operation in flow.system.components[store].operations.items():
        rate = flow.visits.get(f"{store}.{word}", 0.0)
        total += rate
        if operation.shard_key in flow.system.entities:
            load[str(operation.shard_key)] += rate
    if total == 0 or not load:
        return None
    word, named = max(load.items(), key=lambda item: (item[1], item[0]))
    entity = flow.system.entities[word]
    skew = entity.skew.value if entity.skew else 0.0
    return Sharding(store, word, {}, (), named / total, entity.rows.value, skew)


def key_column(layer: Layer, table: Table, word: str) -> str:
    """The column of a table that holds the key of an entity; of what hangs on a row, that of the
    row it hangs on where the key is part of it. Empty where there is none."""
    if table.entity == word and not table.parent:
        return table.key[0]
    target = next((t.name for t in layer.tables.values() if t.entity == word and not t.parent), "")
    found = next((c.name for c in table.columns if c.refers and c.refers == target), "")
    if found or not table.parent:
        return found
    parent = layer.tables[table.parent]
    above = key_column(layer, parent, word)
    if above in parent.key:
        return table.foreign[0].columns[parent.key.index(above)]
    return ""


def hottest(keys: float, skew: float, shards: int) -> float:
    """The share of the load on the busiest of `shards`, keys spread by a hash and Zipf-popular.

    The most popular keys are placed one by one, where runs place them; the rest is even.
    """
    n = max(1, int(keys))
    total = _weight(n, skew)
    head = min(n, _HEAD)
    shares = np.arange(1, head + 1) ** -skew / total
    load = np.bincount(places(head, GROUP, shards), shares, shards)
    return float(load.max()) + (1 - float(shares.sum())) / shards


@lru_cache(maxsize=256)
def _weight(n: int, skew: float) -> float:
    """The sum of rank ** -skew over n ranks: exact for the head, an integral for the tail."""
    head = min(n, _EXACT)
    total = float(sum(rank**-skew for rank in range(1, head + 1)))
    if n > head:
        low, high = head + 0.5, n + 0.5
        total += log(high / low) if abs(skew - 1) < 1e-9 else (
            (high ** (1 - skew) - low ** (1 - skew)) / (1 - skew)
        )  # fmt: skip
    return total


def _largest(system: System) -> float:
    return max((entity.rows.value for entity in system.entities.values()), default=1.0)
