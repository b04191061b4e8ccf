"""Prices as rows with source, date and method; a user's own file overrides."""

from __future__ import annotations

import csv
import math
import statistics
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

from backend_lead.catalog.prices.price import Price, near
from backend_lead.catalog.prices.user_file import read_user_file

HOME = "us-east-1"
RATIO_LOW, RATIO_HIGH = 0.9, 1.1  # how far another service's regional ratio is taken to be off
ELSEWHERE_LOW, ELSEWHERE_HIGH = 0.85, 1.4  # range of a home price used for a region without a row


@cache
def _shipped() -> tuple[Price, ...]:
    text = files(__package__).joinpath("prices.csv").read_text(encoding="utf-8")
    return tuple(_price(r) for r in csv.DictReader(StringIO(text)))


def _price(r: dict[str, str]) -> Price:
    return Price(
        r["provider"], r["sku"], r["region"], r["unit"], float(r["price"]), r["currency"],
        r["as_of"], r["source"], r["method"], float(r["low"]), float(r["high"]), r["note"],
        float(r["from_qty"] or 0), float(r["to_qty"]) if r["to_qty"] else math.inf,
    )  # fmt: skip


def _elsewhere(home: Price, region: str, ratio: float | None) -> Price:
    if ratio is None:
        return replace(
            home, region=region, method="assumed", low=home.low * ELSEWHERE_LOW,
            high=home.high * ELSEWHERE_HIGH,
            note=f"no price for {region}; the one of {HOME} is taken",
        )  # fmt: skip
    return replace(
        home, region=region, method="derived", price=home.price * ratio,
        low=home.low * ratio * RATIO_LOW, high=home.high * ratio * RATIO_HIGH,
        note=f"{HOME} x {ratio:.3f}, the ratio of machines priced in both",
    )  # fmt: skip


class PriceBook:
    """Prices of one provider by sku and region."""

    def __init__(self, rows: Iterable[Price], provider: str = "aws") -> None:
        self._rows: dict[tuple[str, str], list[Price]] = {}
        for r in rows:
            if r.provider == provider:
                self._rows.setdefault((r.sku, r.region), []).append(r)
        for tiers in self._rows.values():
            tiers.sort(key=lambda r: r.from_qty)
        self._skus = sorted({sku for sku, _ in self._rows})
        self._fallbacks: dict[tuple[str, str], list[Price]] = {}

    @classmethod
    def load(cls, user_file: Path | None = None, provider: str = "aws") -> PriceBook:
        """The shipped rows, overridden by a user's file. Raises InvalidInput for a bad file."""
        rows = list(_shipped())
        if user_file is not None:
            own = read_user_file(user_file, rows)
            replaced = {(r.provider, r.sku, r.region) for r in own}
            rows = [r for r in rows if (r.provider, r.sku, r.region) not in replaced] + own
        return cls(rows, provider)

    def tiers(self, sku: str, region: str) -> list[Price]:
        """Rows of a sku in a region by rising quantity. Raises KeyError with near names.

        A region without a row takes the rows of the home region: times what machines cost there
        over what they cost at home if some are priced in both, as an assumption if none are.
        """
        if (sku, region) in self._rows:
            return self._rows[sku, region]
        if (sku, HOME) in self._rows:
            if (sku, region) not in self._fallbacks:
                ratio = self._regional_ratio(sku, region)
                rows = [_elsewhere(r, region, ratio) for r in self._rows[sku, HOME]]
                self._fallbacks[sku, region] = rows
            return self._fallbacks[sku, region]
        close = near(sku, self._skus)
        raise KeyError(f"no price for {sku!r}" + (f"; near: {', '.join(close)}" if close else ""))

    def _regional_ratio(self, sku: str, region: str) -> float | None:
        """Price in the region over that at home: of the sku's family, else of all machines."""
        family = sku.split(".")[:-1]
        ratios: dict[bool, list[float]] = {True: [], False: []}
        for (other, where), rows in self._rows.items():
            if where == region and "." in other and (other, HOME) in self._rows:
                same = other.split(".")[:-1] == family
                ratios[same].append(rows[0].price / self._rows[other, HOME][0].price)
        found = ratios[True] or ratios[False]
        return statistics.median(found) if found else None

    def price(self, sku: str, region: str, unit: str | None = None) -> Price:
        """The (first) row of a sku in a region. Raises KeyError with near names."""
        found = self.tiers(sku, region)[0]
        if unit is not None and found.unit != unit:
            raise KeyError(f"{sku} is charged by {found.unit}, not by {unit}")
        return found

    def tiered_cost(
        self, sku: str, region: str, quantity: float
    ) -> tuple[float, float, float, list[Price]]:
        """(USD, low, high, rows used) for a monthly quantity charged in tiers."""
        usd = low = high = 0.0
        used = []
        for r in self.tiers(sku, region):
            part = min(quantity, r.to_qty) - r.from_qty
            if part <= 0:
                break
            usd, low, high = usd + part * r.price, low + part * r.low, high + part * r.high
            used.append(r)
        return usd, low, high, used or self.tiers(sku, region)[:1]

    def regions(self) -> list[str]:
        """Regions that have rows of their own, sorted; none for a provider that is not known."""
        return sorted({region for _, region in self._rows})

    def as_of(self) -> tuple[str, str]:
        """Oldest and newest date of the rows."""
        dates = sorted({r.as_of for rows in self._rows.values() for r in rows if r.as_of})
        return (dates[0], dates[-1]) if dates else ("", "")
