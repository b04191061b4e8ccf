"""A user's own price file: rows that override the shipped ones."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from datetime import date
from io import StringIO
from pathlib import Path

from backend_lead.catalog.prices.price import Price, near
from backend_lead.model.finding import Finding, InvalidInput, Place

BYTES_MAX = 5_000_000
PRICE_MAX_USD = 1e9
REQUIRED = ("sku", "region", "unit", "price")
COLUMNS = (
    "provider", "sku", "region", "unit", "price", "currency", "as_of", "source", "low", "high",
    "from_qty", "to_qty", "note",
)  # fmt: skip


def read_user_file(path: Path, shipped: Iterable[Price]) -> list[Price]:
    """A user's price rows, checked against the skus and units that are shipped.

    Raises:
        InvalidInput: naming every bad line, if the file or any row cannot be used.
    """
    reader = csv.DictReader(StringIO(_text(path)), skipinitialspace=True)
    units: dict[str, dict[str, str]] = {}
    for r in shipped:
        units.setdefault(r.provider, {})[r.sku] = r.unit
    rows: list[Price] = []
    findings: list[Finding] = []
    lines: dict[tuple[str, str, str], list[tuple[Price, Place]]] = {}
    try:
        header = reader.fieldnames or []
        missing = [c for c in REQUIRED if c not in header]
        if missing:
            raise InvalidInput(
                [_bad(Place(str(path), 1), f"columns missing: {', '.join(missing)}",
                      ", ".join(header) or "no header", ", ".join(COLUMNS),
                      "the first line names the columns")]
            )  # fmt: skip
        for raw in reader:
            place = Place(str(path), reader.line_num)
            found = _Row(raw, place).price(units)
            if isinstance(found, list):
                findings += found
                continue
            rows.append(found)
            lines.setdefault((found.provider, found.sku, found.region), []).append((found, place))
    except csv.Error as err:
        raise InvalidInput(
            [_bad(Place(str(path), reader.line_num + 1), f"not a CSV line: {err}")]
        ) from None
    for same in lines.values():
        findings += _overlaps(same)
    if findings:
        raise InvalidInput(findings)
    return rows


def _text(path: Path) -> str:
    place = Place(str(path))
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            text = stream.read(BYTES_MAX + 1)
    except (OSError, UnicodeDecodeError) as err:
        reason = getattr(err, "strerror", None) or "not UTF-8 text"
        raise InvalidInput([_bad(place, f"cannot read {path}: {reason}")]) from None
    if len(text) > BYTES_MAX:
        raise InvalidInput([_bad(place, f"{path} is larger than {BYTES_MAX / 1e6:g} MB")])
    return text


def _bad(place: Place, message: str, seen: str = "", allowed: str = "", hint: str = "") -> Finding:
    return Finding("price-file", "error", message, place, seen, allowed, hint)


class _Row:
    """One line of the file while it is read; collects what is wrong with it."""

    def __init__(self, raw: dict[str, str | None], place: Place) -> None:
        self.cells = {k: v.strip() for k, v in raw.items() if k and isinstance(v, str)}
        self.place = place
        self.findings: list[Finding] = []
        if None in raw:
            self._wrong("more values than columns", allowed=f"{len(raw) - 1} values")

    def price(self, units: dict[str, dict[str, str]]) -> Price | list[Finding]:
        provider, sku = self.cells.get("provider") or "aws", self.cells.get("sku", "")
        self._names(provider, sku, units)
        price = self._number("price", math.nan, above_zero=True)
        low, high = self._number("low", price), self._number("high", price)
        start, end = self._number("from_qty", 0.0), self._number("to_qty", math.inf)
        currency = self.cells.get("currency") or "USD"
        if currency != "USD":
            self._wrong("prices are kept in USD", currency, "USD", "convert it first")
        if not self.findings and not low <= price <= high:
            seen = f"{low:g} to {high:g}"
            self._wrong("the range must hold the price", seen, f"low <= {price:g} <= high")
        if not self.findings and not start < end:
            seen = f"{start:g} to {end:g}"
            self._wrong("a tier must end above its start", seen, "from_qty < to_qty")
        return self.findings or Price(
            provider, sku, self.cells["region"], self.cells["unit"], price, currency, self._date(),
            self.cells.get("source") or self.place.file, "user", low, high,
            self.cells.get("note", ""), start, end,
        )  # fmt: skip

    def _wrong(self, message: str, seen: str = "", allowed: str = "", hint: str = "") -> None:
        self.findings.append(_bad(self.place, message, seen, allowed, hint))

    def _names(self, provider: str, sku: str, units: dict[str, dict[str, str]]) -> None:
        self._date()
        if not self.cells.get("region"):
            self._wrong("the region is missing", "", "a region such as us-east-1")
        if provider not in units:
            known = ", ".join(sorted(units))
            self._wrong(f"there are no prices of provider `{provider}`", provider, known)
        elif sku not in units[provider]:
            close = near(sku, units[provider]) if sku else []
            hint = f"did you mean {close[0]}?" if close else ""
            self._wrong(f"there is no sku `{sku}`", sku, "a sku of the catalogue", hint)
        elif self.cells.get("unit") != units[provider][sku]:
            unit = units[provider][sku]
            self._wrong(f"{sku} is charged by {unit}", self.cells.get("unit", ""), unit)

    def _number(self, column: str, absent: float, above_zero: bool = False) -> float:
        text = self.cells.get(column, "")
        if not text and not above_zero:
            return absent
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        enough = value > 0 if above_zero else value >= 0
        if enough and value < PRICE_MAX_USD:
            return value
        least = "0 <" if above_zero else "0 <="
        bound = "above zero" if above_zero else "of zero or more"
        self._wrong(f"{column} must be a number {bound}", text,
                    f"{least} {column} < {PRICE_MAX_USD:g}", "for example 0.0816")  # fmt: skip
        return math.nan

    def _date(self) -> str:
        text = self.cells.get("as_of", "")
        try:
            return date.fromisoformat(text).isoformat() if text else ""
        except ValueError:
            finding = _bad(self.place, "as_of must be a date", text, "YYYY-MM-DD")
            if finding not in self.findings:
                self.findings.append(finding)
            return ""


def _overlaps(rows: list[tuple[Price, Place]]) -> list[Finding]:
    """Rows of one sku and region must be tiers that follow each other from zero."""
    out, reached = [], 0.0
    for r, place in sorted(rows, key=lambda pair: (pair[0].from_qty, pair[1].line)):
        if r.from_qty != reached:
            allowed = f"from_qty {reached:g}" if reached < math.inf else "one row without to_qty"
            message = f"tiers of {r.sku} in {r.region} must follow each other"
            out.append(_bad(place, message, f"{r.from_qty:g}", allowed))
        reached = max(reached, r.to_qty)
    if reached < math.inf:
        last, place = max(rows, key=lambda pair: pair[0].to_qty)
        message = f"the last tier of {last.sku} in {last.region} must be open"
        out.append(_bad(place, message, f"{reached:g}", "no to_qty"))
    return out
