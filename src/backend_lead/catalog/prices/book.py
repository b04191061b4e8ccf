"""Prices as rows with source, date and method; a user's own file overrides."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

from backend_lead.model.finding import Finding, InvalidInput, Place

HOME = "us-east-1"
METHODS = ("copied", "repaired", "derived", "assumed", "user")
ELSEWHERE_LOW, ELSEWHERE_HIGH = 0.85, 1.4  # range of a home price used for a region without a row
FILE_MAX = 5_000_000


@dataclass(frozen=True)
class Price:
    """One row: `price` USD for one `unit` of `sku`, believed within [low, high].

    `from_qty` and `to_qty` bound a tier of monthly quantity (to_qty inf: the last one).
    """

    provider: str
    sku: str
    region: str
    unit: str
    price: float
    currency: str
    as_of: str
    source: str
    method: str
    low: float
    high: float
    note: str = ""
    from_qty: float = 0.0
    to_qty: float = math.inf


def near(word: str, words: Iterable[str], limit: int = 3) -> list[str]:
    """The words most like `word`, best first."""
    from rapidfuzz import process

    return [
        match for match, score, _ in process.extract(word, list(words), limit=limit) if score > 60
    ]


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

    @classmethod
    def load(cls, user_file: Path | None = None, provider: str = "aws") -> PriceBook:
        """The shipped rows, overridden by a user's file. Raises InvalidInput for a bad file."""
        rows = list(_shipped())
        if user_file is not None:
            own = read_user_file(user_file)
            replaced = {(r.provider, r.sku, r.region) for r in own}
            rows = [r for r in rows if (r.provider, r.sku, r.region) not in replaced] + own
        return cls(rows, provider)

    def tiers(self, sku: str, region: str) -> list[Price]:
        """Rows of a sku in a region by rising quantity. Raises KeyError with near names."""
        if (sku, region) in self._rows:
            return self._rows[sku, region]
        if (sku, HOME) in self._rows:
            return [
                replace(
                    r, region=region, method="assumed", low=r.low * ELSEWHERE_LOW,
                    high=r.high * ELSEWHERE_HIGH,
                    note=f"no price for {region}; the one of {HOME} is taken",
                )
                for r in self._rows[sku, HOME]
            ]  # fmt: skip
        close = near(sku, self._skus)
        raise KeyError(f"no price for {sku!r}" + (f"; near: {', '.join(close)}" if close else ""))

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
        dates = sorted(r.as_of for rows in self._rows.values() for r in rows)
        return dates[0], dates[-1]


def read_user_file(path: Path) -> list[Price]:
    """A user's price rows. Raises InvalidInput naming every bad line."""
    place = Place(str(path))
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            text = stream.read(FILE_MAX + 1)
    except (OSError, UnicodeDecodeError) as err:
        reason = getattr(err, "strerror", None) or "not UTF-8 text"
        raise InvalidInput(
            [Finding("price-file", "error", f"cannot read {path}: {reason}", place)]
        ) from None
    if len(text) > FILE_MAX:
        raise InvalidInput([Finding("price-file", "error", f"{path} is larger than 5 MB", place)])
    reader = csv.DictReader(StringIO(text))
    missing = [c for c in ("sku", "region", "unit", "price") if c not in (reader.fieldnames or [])]
    if missing:
        raise InvalidInput(
            [
                Finding(
                    "price-file",
                    "error",
                    f"columns missing: {', '.join(missing)}",
                    Place(str(path), 1),
                    ", ".join(reader.fieldnames or []) or "no header",
                    "provider, sku, region, unit, price, currency, as_of, source",
                    "the first line names the columns",
                )
            ]
        )
    rows: list[Price] = []
    findings: list[Finding] = []
    for line, r in enumerate(reader, 2):
        found = _user_row(r, Place(str(path), line))
        if isinstance(found, Finding):
            findings.append(found)
        else:
            rows.append(found)
    if findings:
        raise InvalidInput(findings)
    return rows


def _user_row(r: dict[str, str | None], place: Place) -> Price | Finding:
    text = (r.get("price") or "").strip()
    try:
        price = float(text)
    except ValueError:
        price = -1.0
    if not (0 < price < 1e9):
        return Finding("price-row", "error", "the price must be a number above zero", place, text,
                       "0 < price < 1e9", "for example 0.0816")  # fmt: skip
    currency = (r.get("currency") or "USD").strip()
    if currency != "USD":
        return Finding("price-row", "error", "prices are kept in USD; convert it first", place,
                       currency, "USD")  # fmt: skip
    if not (r.get("sku") or "").strip() or not (r.get("region") or "").strip():
        return Finding("price-row", "error", "sku and region must not be empty", place)
    return Price(
        (r.get("provider") or "aws").strip(), (r["sku"] or "").strip(), (r["region"] or "").strip(),
        (r.get("unit") or "").strip(), price, currency, (r.get("as_of") or "").strip(),
        (r.get("source") or f"{place.file}").strip(), "user", price, price,
    )  # fmt: skip
