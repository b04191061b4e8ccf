"""What a store costs a month, now and when it has grown, by the prices of the design's bill."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import BILLED_GB, Item
from backend_lead.catalog.prices import PriceBook
from backend_lead.emit.data.layer_reading import DataReading
from backend_lead.views.growth import grown
from backend_lead.views.resolve import resolve


@dataclass(frozen=True)
class StoreCost:
    """A month's bill of a store (USD): machines, and what is charged for bytes and use."""

    machines: float
    kept: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.machines + self.kept


def store_cost(read: DataReading, store: str, after_s: float = 0.0) -> StoreCost:
    """The bill of a store after a time of the same load, on the machines of today."""
    flow = read.layer.flow if not after_s else resolve(grown(read.layer.flow, after_s))
    part = read.component(store)
    machines = kept = 0.0
    for item in kind_of(part.kind).items(store, part, flow.traffic[store]):
        usd = _usd(read, store, item)
        if item.unit == "hour":
            machines += usd
        else:
            kept += usd
    return StoreCost(machines, kept)


def usd_per_tb(read: DataReading, store: str) -> float:
    """What a terabyte of rows and indexes costs a month on all copies of a store; 0 where its kind
    charges for something else."""
    part = read.component(store)
    kind = kind_of(part.kind)
    item = next((i for i in kind.items(store, part, read.layer.flow.traffic[store])
                 if i.unit == "GiB-month" and i.name == "storage"), None)  # fmt: skip
    if item is None or not item.quantity:
        return 0.0
    copies = kind.instances(part) / part.shards
    return _usd(read, store, item) / item.quantity * 1e12 / BILLED_GB * copies


def _usd(read: DataReading, store: str, item: Item) -> float:
    """The price of the design's own bill where it has a line of that sort, else the catalogue's."""
    cost = read.design.cost
    for line in cost.lines if cost else ():
        if line.component == store and line.sku == item.sku:
            return item.quantity * line.unit_price_usd
    if item.quantity <= 0:
        return 0.0
    return item.quantity * PriceBook.load().price(item.sku, read.system.topology.region).price
