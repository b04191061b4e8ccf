"""The monthly bill of a flow from catalogue prices, each line with its price's source and date."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from backend_lead.analysis.shared_items import shared_items
from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Item
from backend_lead.catalog.prices import PriceBook
from backend_lead.model.design import Cost, CostLine
from backend_lead.views.flow import SECONDS_MONTH, Flow

DATA = "GiB-month"  # what is charged for being kept


_own_prices: list[str | None] = [None]
_own_digest, _own_book = [""], list[PriceBook | None]([None])


def use_prices(user_file: str | None) -> None:
    """Let a user's price file override the catalogue from now on. Raises InvalidInput."""
    digest = _digest(user_file)
    book = _loaded(user_file, digest)
    _own_prices[0], _own_digest[0], _own_book[0] = user_file, digest, book


def own_prices() -> str | None:
    """The user's price file in use, if any."""
    return _own_prices[0]


@lru_cache(maxsize=4)
def _loaded(user_file: str | None, _: str) -> PriceBook:
    return PriceBook.load(Path(user_file) if user_file else None)


def _digest(user_file: str | None) -> str:
    """What a price file holds now, in short; empty where there is none to read."""
    try:
        return sha256(Path(user_file).read_bytes()).hexdigest() if user_file else ""
    except OSError:
        return ""  # the reader of prices tells what is wrong with it


def prices_digest() -> str:
    """The identity of the prices in use: of what the user's file held when it was taken."""
    return _own_digest[0]


def default_book() -> PriceBook:
    """The catalogue's prices, with the user's own where given."""
    return _own_book[0] or _loaded(None, "")


def items(flow: Flow, load: float = 1.0) -> list[tuple[str, Item]]:
    """Everything to pay for, with the component it belongs to."""
    out: list[tuple[str, Item]] = []
    for name, component in flow.system.components.items():
        kind = kind_of(component.kind)
        out += [(name, item) for item in kind.items(name, component, flow.traffic[name])]
    return [*out, *shared_items(flow, load)]


def standby_items(flow: Flow) -> list[tuple[str, Item]]:
    """What a region that stands by costs: the data, what keeps it up to date, and the least of
    everything else; nothing is charged by use there."""
    out: list[tuple[str, Item]] = []
    for name, component in flow.system.components.items():
        kind = kind_of(component.kind)
        least: dict[str, Any] = {"zones": 1, "replicas": 0, "autoscale": None, "pooler": None}
        if "count" in kind.fields:
            least["count"] = 1
        if kind.role == "cache":
            least["shards"] = 1
        part = component.model_copy(update=least)
        out += [
            (name, item)
            for item in kind.items(name, part, flow.traffic[name])
            if not item.by_load or item.unit == DATA
        ]
    return out


def cost(flow: Flow, book: PriceBook | None = None, load: float = 1.0) -> Cost:
    """What a month costs at list prices: machines that follow the load by the hours it keeps them,
    all others provisioned for the peak all month.

    `load` is the share of the stated load that what is charged by use is counted for.
    """
    book = book or default_book()
    region = flow.system.topology.region
    lines = []
    for component, item in items(flow, load):
        if item.by_load:
            item = replace(item, quantity=item.quantity * load)
        if item.quantity <= 0:
            continue
        part = flow.system.components.get(component)
        lines.append(_line(book, component, item, part.region or region if part else region))
    standby = flow.system.topology.standby
    for component, item in standby_items(flow) if standby is not None else []:
        assert standby is not None
        there = replace(item, name=f"{item.name} in the second region")
        if item.quantity > 0:
            lines.append(_line(book, component, there, standby.region))
    total = sum(line.usd_month for line in lines)
    mean = load * flow.requests_per_s / flow.system.workload.peak.factor.value
    millions = mean * SECONDS_MONTH / 1e6
    dates = sorted({line.as_of for line in lines if line.as_of})
    when = "" if not dates else dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    return Cost(
        tuple(lines), total, sum(line.low_usd_month for line in lines),
        sum(line.high_usd_month for line in lines), when, total / millions if millions else 0.0,
    )  # fmt: skip


def _line(book: PriceBook, component: str, item: Item, region: str) -> CostLine:
    if item.tiered:
        usd, low, high, rows = book.tiered_cost(item.sku, region, item.quantity)
        price = rows[0]
        unit_price = usd / item.quantity
    else:
        price = book.price(item.sku, region)
        unit_price = price.price
        usd = item.quantity * price.price
        low, high = item.quantity * price.low, item.quantity * price.high
    low, high = low * item.least, high * item.most
    return CostLine(
        component, item.name, item.quantity, item.unit, unit_price, usd, low, high, item.sku,
        price.region, price.source, price.as_of, price.method,
    )  # fmt: skip
