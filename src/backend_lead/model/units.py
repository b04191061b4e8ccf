"""Units as people write them: `1M`, `12 ms`, `500/s`, `8GiB`, `99.9%`, `80k USD/month`.

Inside the product every quantity is a float in its base unit: seconds, bytes, 1/s, a ratio between
0 and 1, a plain count, or USD per month.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

_LENGTH_MAX = 60  # characters of one quantity
_SCALE = {"": 1.0, "k": 1e3, "K": 1e3, "m": 1e6, "M": 1e6, "B": 1e9, "G": 1e9, "bn": 1e9, "T": 1e12}
_WORD_SCALE = {"thousand": 1e3, "million": 1e6, "mio": 1e6, "billion": 1e9}
_SECONDS = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0,
    "min": 60.0, "h": 3600.0, "d": 86400.0, "day": 86400.0, "days": 86400.0,
    "week": 604800.0, "weeks": 604800.0,
    "month": 2629800.0, "months": 2629800.0, "y": 31557600.0, "year": 31557600.0,
    "years": 31557600.0,
}  # fmt: skip
_BYTES = {
    "B": 1.0, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
    "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40, "PiB": 2.0**50,
}  # fmt: skip
_PER = {"s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0,
        "hour": 3600.0, "d": 86400.0, "day": 86400.0}  # fmt: skip
_NUMBER = r"([+-]?(?:\d[\d_,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_FLOW = {
    **_BYTES,
    **{
        f"{scale}bit": size / 8 for scale, size in {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}.items()
    },
}
_SIMPLE = re.compile(rf"^\s*{_NUMBER}\s*([A-Za-zµμ%]*)\s*$")
_RATE = re.compile(
    rf"^\s*{_NUMBER}\s*([kKMGB]?)\s*(?:req|requests|msg|rows|ops)?\s*/\s*([a-z]+)\s*$"
)
_MONEY = re.compile(
    rf"^\s*([$€£]?)\s*{_NUMBER}\s*([kKM]?)\s*(USD|EUR|GBP|usd|eur)?\s*(?:(?:/|per\s+)\s*(month|mo|year|yr))?\s*$"
)


@dataclass(frozen=True)
class Dimension:
    """What a quantity measures, its base unit, and the range a sane model keeps to."""

    id: str
    unit: str
    low: float
    high: float
    example: str

    def read(self, text: str | int | float) -> float:
        """The value in the base unit, however large. Raises ValueError that gives examples."""
        return _parse(self.id, text)

    def parse(self, text: str | int | float) -> float:
        """Return the value in the base unit. Raises ValueError that says what is allowed."""
        value = self.read(text)
        if not math.isfinite(value) or not (self.low <= value <= self.high):
            raise ValueError(
                f"{text!r} is outside what is allowed here: "
                f"{self.format(self.low)} to {self.format(self.high)}"
            )
        return value

    def format(self, value: float) -> str:
        """Write a base-unit value the way people do; `parse` reads it back."""
        if not math.isfinite(value):
            return f"{value}"
        text = _FORMAT[self.id](value)
        if len(text) <= _LENGTH_MAX and _parse(self.id, text) == value:
            return text
        return f"{float(value)!r}{_BASE[self.id]}"


def _number(text: str, times: float = 1.0, per: float = 1.0) -> float:
    """Read a number in a unit, in decimal: 0.3 ms and 300 us are the same float."""
    digits = text.replace(",", "").replace("_", "")
    plain = float(digits)
    if plain == 0 or not math.isfinite(plain):
        return plain
    return float(Decimal(digits) * Decimal(repr(times)) / Decimal(repr(per)))


def _parse(dim: str, text: str | int | float) -> float:
    if isinstance(text, bool):
        raise ValueError(f"{text!r} is not a number")
    if isinstance(text, int | float):
        if dim in ("count", "ratio", "factor", "rate", "money"):
            return float(text) if abs(text) < 1e300 else math.inf
        if text == 0:
            return 0.0
        raise ValueError(f"{text!r} needs a unit, for example {EXAMPLES[dim]}")
    if len(text) > _LENGTH_MAX:
        raise ValueError(f"{text[:20]!r}... is too long, for example {EXAMPLES[dim]}")
    if dim == "money":
        found = _MONEY.match(text)
        if found and (found[3] or "") in ("", "k", "K", "M"):
            if (found[1] or "$") != "$" or (found[4] or "USD").upper() != "USD":
                raise ValueError(f"{text!r}: prices are kept in USD; convert it first")
            months = 12.0 if found[5] in ("year", "yr") else 1.0
            return _number(found[2], _SCALE[found[3]], months)
        raise ValueError(f"{text!r} is not money, for example {EXAMPLES[dim]}")
    if dim == "rate":
        found = _RATE.match(text)
        if found and found[3] in _PER:
            return _number(found[1], _SCALE[found[2]], _PER[found[3]])
        raise ValueError(f"{text!r} is not a rate, for example {EXAMPLES[dim]}")
    if dim == "bandwidth" and text.endswith("/s"):
        found = _SIMPLE.match(text[:-2])
        if found and found[2] in _FLOW:
            return _number(found[1], _FLOW[found[2]])
    found = _SIMPLE.match(text)
    if not found:
        raise ValueError(f"{text!r} is not understood, for example {EXAMPLES[dim]}")
    number, unit = found[1], found[2]
    if dim == "duration" and unit in _SECONDS:
        return _number(number, _SECONDS[unit])
    if dim == "bytes" and unit in _BYTES:
        return _number(number, _BYTES[unit])
    if dim in ("ratio", "factor") and unit in ("", "%", "x"):
        return _number(number, per=100.0 if unit == "%" else 1.0)
    if dim == "count" and (unit in _SCALE or unit in _WORD_SCALE):
        return _number(number, _SCALE.get(unit) or _WORD_SCALE[unit])
    raise ValueError(f"{text!r} has no unit that fits, for example {EXAMPLES[dim]}")


def trim(value: float, digits: int = 4) -> str:
    """Shortest decimal text with at most `digits` significant digits, never in exponent form."""
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rate_digits(per_s: float) -> str:
    """How many a second, as they were counted: whole from 10 on with thousands separated, below
    that three significant digits: 12,345; 57; 4.17; 0.02."""
    if not math.isfinite(per_s):
        return "not known"
    return f"{per_s:,.0f}" if abs(per_s) >= 10 else trim(per_s, 3)


@dataclass(frozen=True)
class Per:
    """The time by which a rate is told: a second, or a longer one in which more than one comes."""

    unit: str
    seconds: float

    def number(self, per_s: float, digits: Callable[[float], str] = rate_digits) -> str:
        """How many come in that time."""
        return digits(per_s * self.seconds)

    def text(
        self, per_s: float, what: str = "", digits: Callable[[float], str] = rate_digits
    ) -> str:
        """The rate with its unit: `0.3 requests/s`; without what is counted `0.3/s`."""
        return f"{self.number(per_s, digits)}{f' {what}' if what else ''}/{self.unit}"


# From which rate on, in 1/s, each is the easiest to read: from one in ten seconds, one a minute,
# ten an hour (below which the number of a day still is one that people know).
_TOLD_BY = ((0.1, Per("s", 1.0)), (1 / 60, Per("min", 60.0)), (10 / 3600, Per("h", 3600.0)))


def per_of(per_s: float) -> Per:
    """By which time a rate reads best."""
    if per_s == 0 or not math.isfinite(per_s):
        return Per("s", 1.0)
    return next((per for least, per in _TOLD_BY if abs(per_s) >= least), Per("day", 86400.0))


def rate_text(per_s: float, what: str = "", digits: Callable[[float], str] = rate_digits) -> str:
    """A rate for people, however low: `12,345 requests/s`, `1.2 requests/min`, `40 requests/day`.

    Where something else spells its numbers otherwise, `digits` says how."""
    return per_of(per_s).text(per_s, what, digits)


def rate_of(text: str, what: str) -> str:
    """A rate that is already text, with what is counted: `40/day` is `40 requests/day`."""
    number, _, unit = text.partition("/")
    return f"{number} {what}/{unit or 's'}"


def counted(text: str, noun: str) -> str:
    """A written number with what it counts: `1 user`, `2,000 users`."""
    return f"{text} {noun}" if text == "1" else f"{text} {noun}s"


def nines(value: float) -> str:
    """An availability for people: cut, not rounded, to two digits of what is missing: 99.975%."""
    if value >= 1:
        return "100%"
    missing = Decimal(repr(round((1 - value) * 100, 9))) or Decimal("1e-9")
    places = max(0, 1 - missing.adjusted())
    cut = missing.quantize(Decimal(1).scaleb(-places), rounding=ROUND_UP)
    text = f"{100 - cut:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def _exact(value: float) -> str:
    """Decimal text that reads back to the same float, without needless digits."""
    for digits in (4, 6, 9, 12, 17):
        text = trim(value, digits)
        if float(text) == value:
            return text
    return repr(value)


def _scaled(value: float, steps: list[tuple[float, str]]) -> str:
    for size, unit in steps:
        if abs(value) >= size:
            return f"{_exact(round(value / size, 12))}{unit}"
    size, unit = steps[-1]
    return f"{_exact(round(value / size, 12))}{unit}"


def _format_count(value: float, largest: float = 1e12) -> str:
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        thousandths = value / size * 1000
        if size <= min(largest, abs(value)) and abs(thousandths - round(thousandths)) < 1e-9:
            return f"{_exact(value / size)}{unit}"
    return _exact(value)


def _format_duration(value: float) -> str:
    steps = [(86400.0, " d"), (3600.0, " h"), (60.0, " min"), (1.0, " s"), (1e-3, " ms"),
             (1e-6, " us"), (1e-9, " ns")]  # fmt: skip
    if value == 0:
        return "0 s"
    if value % _SECONDS["y"] == 0:
        return f"{_exact(value / _SECONDS['y'])} y"
    if 60 <= value < 86400 * 3 and value % 60:
        return f"{_exact(value)} s"
    return _scaled(value, steps)


def _format_bytes(value: float) -> str:
    binary = [(2.0**40, " TiB"), (2.0**30, " GiB"), (2.0**20, " MiB")]
    for size, unit in binary:
        if value >= size and value % size == 0:
            return f"{_exact(value / size)}{unit}"
    steps = [(1e15, " PB"), (1e12, " TB"), (1e9, " GB"), (1e6, " MB"), (1e3, " kB"), (1.0, " B")]
    return _scaled(value, steps)


def _format_ratio(value: float) -> str:
    return f"{_exact(round(value * 100, 12))}%"


_FORMAT: dict[str, Callable[[float], str]] = {
    "count": _format_count,
    "duration": _format_duration,
    "bytes": _format_bytes,
    "ratio": _format_ratio,
    "factor": lambda v: _exact(v),
    "rate": lambda v: f"{_format_count(v, 1e9)}/s",
    "money": lambda v: f"{_format_count(v, 1e6)} USD/month",
    "bandwidth": lambda v: f"{_format_bytes(v)}/s",
}

# How a value in its base unit is written where the friendly spelling would lose digits.
_BASE = {"count": "", "duration": " s", "bytes": " B", "ratio": "", "factor": "", "rate": "/s",
         "money": " USD/month", "bandwidth": " B/s"}  # fmt: skip

EXAMPLES = {
    "count": "250, 600k or 1M",
    "duration": "5 ms, 12 s or 3 h",
    "bytes": "20 kB, 8 GiB or 10 TB",
    "ratio": "80% or 0.8",
    "factor": "3 or 1.5",
    "rate": "500/s, 50k/s or 30k/min",
    "money": "20k USD/month",
    "bandwidth": "100 MB/s or 10 Gbit/s",
}

COUNT = Dimension("count", "", 1.0, 1e12, EXAMPLES["count"])
DURATION = Dimension("duration", "s", 0.0, 100 * _SECONDS["y"], EXAMPLES["duration"])
BYTES = Dimension("bytes", "B", 0.0, 1e19, EXAMPLES["bytes"])
RATIO = Dimension("ratio", "", 0.0, 1.0, EXAMPLES["ratio"])
FACTOR = Dimension("factor", "", 0.0, 1000.0, EXAMPLES["factor"])
RATE = Dimension("rate", "1/s", 1e-9, 1e9, EXAMPLES["rate"])
ARRIVALS = Dimension("rate", "1/s", 0.0, 1e9, EXAMPLES["rate"])  # of who may not ask yet
MONEY = Dimension("money", "USD/month", 0.0, 1e10, EXAMPLES["money"])
BANDWIDTH = Dimension("bandwidth", "B/s", 1.0, 1e13, EXAMPLES["bandwidth"])
