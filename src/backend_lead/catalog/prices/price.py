"""What one row of a price table says, and the search for a name that was meant."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

METHODS = ("copied", "repaired", "derived", "assumed", "user")
NEAR_LEAST = 60.0  # likeness in per cent from which a name is worth suggesting


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

    found = process.extract(word, list(words), limit=limit)
    return [match for match, score, _ in found if score > NEAR_LEAST]
