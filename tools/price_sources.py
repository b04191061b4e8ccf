"""Read the packages and files that `build_prices.py` takes its facts from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SIZE_UNITS = {"medium": 0.5, "large": 1.0, "xlarge": 2.0} | {
    f"{n}xlarge": 2.0 * n for n in (2, 4, 8, 12, 16, 24)
}
SAME_RATE = 0.005  # rates per size unit closer than this are one rate, rounded
CENT_HALF = 0.005  # an estimate is printed in whole cents
_COST = re.compile(r"^(?P<name>.+?)\s{2,}(?P<qty>[\d,.]+)\s{2,}\S.*?\s{2,}\$(?P<usd>[\d,.]+)")
_USAGE = re.compile(r"^(?P<name>.+?)\s{2,}Monthly cost depends on usage: \$(?P<usd>[\d,.]+) per")


def on_demand_rates(
    raw: dict[str, dict[str, float]], families: tuple[str, ...], regions: tuple[str, ...]
) -> dict[tuple[str, str], tuple[float, str]]:
    """(USD per hour, method) by type and region from a list with zeros and dedicated rates.

    In a family prices are proportional to size, so the lowest non-zero rate per size unit in a
    region is the on-demand one; a cell with that rate is `copied`, any other is `repaired`.
    """
    out = {}
    for family in families:
        for region in regions:
            seen = {}
            for size, unit in SIZE_UNITS.items():
                price = float(raw.get(f"{family}.{size}", {}).get(region) or 0.0)
                if price > 0:
                    seen[size] = price / unit
            if not seen:
                continue
            rate = min(seen.values())
            for size, unit in SIZE_UNITS.items():
                kept = size in seen and seen[size] <= rate * (1 + SAME_RATE)
                price = seen[size] * unit if kept else rate * unit
                out[f"{family}.{size}", region] = (price, "copied" if kept else "repaired")
    return out


@dataclass(frozen=True)
class Estimate:
    """One line of a printed cost estimate; `unit_usd` is the price of one unit."""

    resource: str
    group: str
    item: str
    unit_usd: float


def estimates(path: Path) -> list[Estimate]:
    """Lines of an infracost expected output, each with the unit price that explains its cost."""
    out = []
    resource = group = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.strip(" │├└─*")
        if line.startswith(" aws_"):
            resource, group = text, ""
        elif found := _COST.match(text):
            usd, quantity = (float(found[k].replace(",", "")) for k in ("usd", "qty"))
            if usd > 0:
                price = roundest(usd, quantity)
                out.append(Estimate(resource, group, found["name"], price))
        elif found := _USAGE.match(text):
            usd = float(found["usd"].replace(",", ""))
            out.append(Estimate(resource, group, found["name"], usd))
        elif text and resource:
            group = text
    return out


def roundest(usd: float, quantity: float) -> float:
    """The price with the fewest decimals that explains a cost printed in whole cents."""
    for digits in range(1, 9):
        price = round(usd / quantity, digits)
        if price > 0 and abs(price * quantity - usd) <= CENT_HALF + 1e-6:
            return price
    return usd / quantity
