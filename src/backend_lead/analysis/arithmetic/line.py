"""How a line of the arithmetic is made, and how its numbers are written."""

from __future__ import annotations

from backend_lead.model.design import Sum
from backend_lead.model.figure import Figure
from backend_lead.model.units import rate_text, trim


def people(value: float, unit: str = "") -> str:
    """Three significant digits with k, M, G."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * 0.9995:
            return f"{trim(value / size, 3)}{letter}{unit}"
    return f"{trim(value, 3)}{unit}"


def rate_words(per_s: float) -> str:
    """A rate with as many digits, by the time in which it reads best: 1.2k/s, 40/day."""
    return rate_text(per_s, digits=people)


def byte_words(value: float) -> str:
    """Three significant digits with kB, MB, GB."""
    for size, unit in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= size * 0.9995:
            return f"{trim(value / size, 3)} {unit}"
    return f"{trim(value, 3)} B"


def bits(bytes_per_s: float) -> str:
    """A bandwidth the way networks are sold."""
    return (
        f"{people(bytes_per_s * 8)}bit/s".replace("kbit", " kbit")
        .replace("Mbit", " Mbit")
        .replace("Gbit", " Gbit")
        .replace("Tbit", " Tbit")
    )


def count(n: int, word: str) -> str:
    """`1 zone`, `2 zones`."""
    return f"{n:,} {word}{'s' if n != 1 else ''}"


def line(group: str, label: str, formula: str, value: float, unit: str, text: str) -> Sum:
    """A line with its figure; the formula is how to get there again."""
    slug = "".join(c if c.isalnum() else "-" for c in f"{group} {label}".lower())
    figure = Figure(f"sum-{slug}", label, value, unit, text, "computed", formula,
                    repeat="backend-lead check backend.yaml")  # fmt: skip
    return Sum(group, label, formula, figure)
