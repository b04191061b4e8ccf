"""Numbers as people read them: three significant digits, a unit they know.

For results only. What the author wrote keeps the exact spelling of `model/units.py`.
"""

from __future__ import annotations

import math
import re

from backend_lead.catalog import kinds
from backend_lead.model.figure import Figure
from backend_lead.model.system import Component
from backend_lead.model.units import nines, rate_of, rate_text

_TIME = ((86_400.0, "d", 172_800.0), (3600.0, "h", 7200.0), (60.0, "min", 120.0), (1.0, "s", 1.0),
         (1e-3, "ms", 1e-3), (1e-6, "µs", 0.0))  # fmt: skip
_DATA = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_LARGE = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k"))


def _rounded(value: float, digits: int = 3) -> float:
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def number(value: float, digits: int = 3) -> str:
    """A plain number with thousands separators: 1230, 12.3, 0.0123."""
    value = _rounded(value, digits)
    if not math.isfinite(value):
        return "unbounded"
    if value == 0 or abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{value:,.{places}f}".rstrip("0").rstrip(".")


def count(value: float) -> str:
    """How many: 950, 8,400, 92.6k, 1.2M."""
    if not math.isfinite(value):
        return "unbounded"
    if abs(value) < 1e4 and value == int(value):
        return f"{int(value):,}"
    value = _rounded(value)
    for size, letter in _LARGE:
        if abs(value) >= size:
            scale = 1e3 if letter == "k" else size
            return number(value / scale) + letter
    return number(value)


def rate(value: float) -> str:
    """Events per second, or in a longer time where they are few: 92.6k/s, 40/day."""
    return rate_text(value, digits=count)


def seconds(value: float | None) -> str:
    """A time: 184 ms, 1.25 s, 4.2 min; None where there is none."""
    if value is None:
        return "none"
    if value == 0:
        return "0 s"
    value = _rounded(value)
    if not math.isfinite(value):
        return "unbounded"
    for size, unit, start in _TIME:
        if abs(value) >= start:
            return f"{number(value / size)} {unit}"
    return f"{value} s"


def data(value: float) -> str:
    """An amount of data in decimal units: 1.2 TB."""
    value = _rounded(value)
    for size, unit in _DATA:
        if abs(value) >= size:
            return f"{number(value / size)} {unit}"
    return f"{number(value)} B"


def money(value: float) -> str:
    """US dollars: 61,200 USD, 0.42 USD."""
    return f"{number(value)} USD"


def share(value: float) -> str:
    """A part of a whole: 72.4%."""
    return f"{number(value * 100)}%"


def availability(value: float) -> str:
    """A share close to one, with as many nines as carry meaning: 99.987%."""
    return nines(value)


_BY_UNIT = {
    "s": seconds, "1/s": rate, "B": data, "B/s": lambda v: f"{data(v)}/s", "USD/month": money,
    "USD": money, "ratio": share, "count": count, "": count,
}  # fmt: skip


def in_unit(value: float, unit: str, figure_id: str = "") -> str:
    """A base-unit value in the wording of its unit."""
    if unit == "ratio" and "availability" in figure_id:
        return availability(value)
    if unit in _BY_UNIT:
        return _BY_UNIT[unit](value)
    return f"{count(value)} {unit}"


def load(figure: Figure) -> str:
    """A load in words: `12k users`, `1,100 requests/s`."""
    if figure.unit == "1/s":
        return rate_of(figure.text, "requests")
    return f"{figure.text} users"


def plain_seconds(value: float) -> str:
    """A time that is compared with others in seconds: 120 s, not 2 min."""
    return f"{number(value)} s"


def micro(text: str) -> str:
    """An exact spelling of the model as the report writes units: 400 µs."""
    return re.sub(r"(?<=\d )us\b", "µs", text)


def span(figure: Figure) -> str:
    """The interval or range of a figure, empty where it has none."""
    if figure.low is None or figure.high is None:
        return ""
    low, high = (in_unit(x, figure.unit, figure.id) for x in (figure.low, figure.high))
    return low if low == high else f"{low} to {high}"


def span_word(figure: Figure) -> str:
    """What the interval of a figure is: a confidence interval or a range."""
    if figure.origin in ("simulated", "measured"):
        return "95% interval"
    return "range of prices and assumed amounts" if figure.id == "cost_usd_month" else "range"


def size_of(component: Component) -> str:
    """How many of what, as the kind counts it: `16 × db.r7g.4xlarge (8 shards of primary +
    standby)`; empty where managed or where the kind is not known."""
    kind = kinds().get(component.kind)
    return kind.size_words(component).replace(" x ", " × ") if kind else ""


def slug(text: str, limit: int = 60) -> str:
    """A word for file names and anchors: lower case, hyphens, cut between words."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    out = ""
    for word in words:
        if out and len(out) + 1 + len(word) > limit:
            break
        out = f"{out}-{word}" if out else word[:limit]
    return out or "untitled"


def ended(text: str) -> str:
    """The text with a full stop at its end, if it has no other ending."""
    text = text.strip()
    return text if not text or text[-1] in ".!?:" else text + "."


def sentence(text: str) -> str:
    """The text as a sentence: a capital where it starts with a plain word, and an ending."""
    text = ended(text)
    return text[0].upper() + text[1:] if re.match(r"[a-z]+(?=[\s,;:.]|$)", text) else text


def cell(text: str) -> str:
    """Text that is safe inside a Markdown table cell or list item: one line, nothing active."""
    for old, new in (
        ("\\", "\\\\"),
        ("|", "\\|"),
        ("<", "&lt;"),
        ("*", "\\*"),
        ("`", "'"),
        ("[", "\\["),
        ("]", "\\]"),
    ):
        text = text.replace(old, new)
    return " ".join(text.split())
