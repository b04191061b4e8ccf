"""What a matched quantity means: its kind and its value in base units."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from lark import Token, Tree

from backend_lead.intake.brief.grammar import Match
from backend_lead.model import units

_LETTER = {"k": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "mln": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9,
           "g": 1e9, "t": 1e12}  # fmt: skip
_SCALE = {
    "hundred": 1e2, "thousand": 1e3, "lakh": 1e5, "million": 1e6, "mio": 1e6, "mln": 1e6,
    "crore": 1e7, "billion": 1e9, "trillion": 1e12,
}  # fmt: skip
_WORD = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "fifteen": 15,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_SECONDS = {"MS": 1e-3, "SECOND": 1.0, "MINUTE": 60.0, "HOUR": 3600.0, "DAY": 86400.0,
            "MONTH": 2629800.0, "YEAR": 31557600.0}  # fmt: skip
_BYTES = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15}
_CURRENCY = {"$": "USD", "us$": "USD", "€": "EUR", "£": "GBP", "₹": "INR", "¥": "JPY",
             "usd": "USD", "dollar": "USD", "dollars": "USD", "bucks": "USD", "eur": "EUR",
             "euro": "EUR", "euros": "EUR", "gbp": "GBP", "pound": "GBP", "pounds": "GBP",
             "inr": "INR"}  # fmt: skip
_NUMBER = re.compile(r"([-−]?)([\d,.' _]+?)(?:[eE]([+-]?\d+)|\^(\d+))?\s?([A-Za-z]*)$")
_DECIMAL_COMMA = re.compile(r"\d{1,3},\d{1,2}")
_PERCENT_COMMA = re.compile(r"\d{1,2},\d{3}")  # 99,999%: no share has thousands of percent
_PERCENTILE_OF = re.compile(r"(\d+(?:\.\d+)?)")
_ALWAYS_ON = ("device", "sensor", "connection", "session")  # there at once by their nature
READ_HEAVY, WRITE_HEAVY = 0.95, 0.50  # what "read-heavy" and "write-heavy" are taken for
_MULTI = 2  # what "multi-region" is taken for at least


@dataclass(frozen=True)
class Mention:
    """A quantity of the sentence. `value` is in base units of its `kind`.

    `low` is set where a range was written (the high end is taken). `what` tells more: the
    percentile of a latency ("p99"), the currency of money, the event of a rate. `per_s` is the span
    over which a rate was averaged. `vague` marks words taken for a number ("millions of").
    """

    kind: str
    value: float
    start: int
    end: int
    words: str
    low: float | None = None
    what: str = ""
    per_s: float = 1.0
    vague: bool = False

    @property
    def source(self) -> str:
        """The origin of a stated value; places are zero-based, the end is exclusive."""
        return f'brief: "{self.words}" (characters {self.start}-{self.end})'


def mention(match: Match, text: str) -> Mention:
    """Read one match."""
    words = text[match.start : match.end]
    read = _READERS[match.rule](match.tree, words.lower())
    return replace(read, start=match.start, end=match.end, words=words)


def _one(kind: str, value: float, **more: Any) -> Mention:
    return Mention(kind=kind, value=value, start=0, end=0, words="", **more)


def _types(tree: Tree[Any]) -> list[Token]:
    return list(tree.scan_values(lambda v: isinstance(v, Token)))


def _has(tree: Tree[Any], *types: str) -> bool:
    return any(token.type in types for token in _types(tree))


def _word(tree: Tree[Any], *types: str) -> str:
    return next((str(t).lower() for t in _types(tree) if t.type in types), "")


def _find(tree: Tree[Any], name: str) -> list[Tree[Any]]:
    return list(tree.find_data(name))


def _number(tree: Tree[Any]) -> float:
    value, scale = 0.0, 1.0
    for token in tree.children:
        assert isinstance(token, Token)
        word = str(token).lower()
        if token.type == "NUMBER":
            value += _digits(str(token))
        elif token.type == "NUMWORD":
            value += _WORD[word]
        elif token.type == "HALF":
            value += 0.5
        elif token.type == "SCALE":
            scale *= _SCALE[word]
        elif token.type == "PLURALSCALE":
            scale *= _SCALE[word.removesuffix("s")]
    return (value or (0.0 if _has(tree, "NUMBER", "NUMWORD") else 1.0)) * scale


def _digits(text: str) -> float:
    found = _NUMBER.match(text)
    assert found is not None
    sign, digits, exponent, power, letter = found.groups()
    if _DECIMAL_COMMA.fullmatch(digits):
        digits = digits.replace(",", ".")
    digits = re.sub(r"[, '_]", "", digits)
    if digits.count(".") > 1:  # 1.000.000
        digits = digits.replace(".", "")
    base = float(digits)
    if exponent:
        base *= 10.0 ** max(-300, min(300, int(exponent)))
    if power:
        base = min(base, 1e6) ** min(int(power), 40)
    return (-base if sign else base) * _LETTER.get(letter.lower(), 1.0)


def _amount(tree: Tree[Any], index: int = 0) -> tuple[float, float | None]:
    """Value and, for a range, its low end. `10-20k`: the scale belongs to both ends."""
    amount = _find_ordered(tree, "amount")[index]
    spans = _find(amount, "span")
    if not spans:
        return _number(_find(amount, "number")[0]), None
    low, high = (_number(n) for n in _find_ordered(spans[0], "number"))
    text = [str(t) for t in _types(spans[0])]
    if low < high and low < 1000 <= high and not re.search(r"[A-Za-z]", text[0]):
        scaled = low * next((s for s in (1e9, 1e6, 1e3) if high >= s), 1.0)
        low = scaled if scaled <= high else low
    return max(low, high), min(low, high)


def _find_ordered(tree: Tree[Any], name: str) -> list[Tree[Any]]:
    out: list[Tree[Any]] = []
    for child in tree.children:
        if isinstance(child, Tree):
            out += [child] if child.data == name else _find_ordered(child, name)
    return out


def _duration(tree: Tree[Any]) -> float:
    found = _find(tree, "duration")[0]
    value = _amount(found)[0] if _find(found, "amount") else 1.0
    unit = next(t for t in reversed(_types(found)) if t.type in _SECONDS)
    return value * _SECONDS[unit.type]


def _percent(tree: Tree[Any]) -> float:
    number = _find_ordered(_find(tree, "percent")[0], "number")[0]
    value = _number(number)
    if _PERCENT_COMMA.fullmatch(_word(number, "NUMBER")):
        value /= 1000
    return round(value / 100, 12)


def _users(tree: Tree[Any], words: str) -> Mention:
    value, low = _amount(tree)
    acronym = _word(tree, "ACRONYM").removesuffix("s")
    active = _word(tree, "ACTIVEWORD")
    machines = _word(tree, "PEOPLE").removesuffix("s") in _ALWAYS_ON
    if machines or acronym in ("ccu", "pcu", "concurrency") or _has(tree, "CONCURRENT", "ATONCE"):
        kind = "concurrent"
    elif acronym == "dau" or "daily" in words or _has(tree, "DAY"):
        kind = "daily"
    elif acronym == "mau" or "monthly" in words or _has(tree, "MONTH"):
        kind = "monthly"
    elif _has(tree, "REGISTERED"):
        kind = "registered"
    else:
        kind = "daily" if active == "active" else "users"
    return _one(kind, value, low=low, what=_word(tree, "PEOPLE"), vague=_has(tree, "PLURALSCALE"))


def _rate(tree: Tree[Any], words: str) -> Mention:
    value, low = _amount(tree)
    what = _word(tree, "EVENT", "READ", "WRITE") or "requests"
    per = 1.0
    if not _has(tree, "RPS"):
        spans = [t.type for t in _types(tree) if t.type in _SECONDS]
        active = _word(tree, "ACTIVEWORD")
        per = _SECONDS[spans[-1]] if spans else _SECONDS["MONTH" if active == "monthly" else "DAY"]
    return _one("rate", value / per, low=None if low is None else low / per, what=what, per_s=per)


def _latency(tree: Tree[Any], words: str) -> Mention:
    what = _word(tree, "PERCENTILE")
    if _find(tree, "percent"):
        what = f"p{units.trim(_percent(tree) * 100)}"
    elif what:
        digits = _PERCENTILE_OF.search(what)
        what = f"p{digits[1]}" if digits else "mean" if what != "median" else "p50"
        what = "p99.9" if what == "p999" else what
    value = 1.0 if _has(tree, "SUBSECOND") else _duration(tree)
    return _one("latency", value, what=what)


def _availability(tree: Tree[Any], words: str) -> Mention:
    if nines := _find(tree, "nines"):
        count = _number(_find_ordered(nines[0], "number")[0])
        value = 1 - 10 ** -min(max(count, 0), 12)
        if _has(nines[0], "HALF"):
            value += 0.5 * 10 ** -min(max(count, 0), 12)
        return _one("availability", round(value, 13), what="named")
    named = "named" if _has(tree, "AVAILABLE") else ""
    return _one("availability", _percent(tree), what=named)


def _recovery(tree: Tree[Any], words: str) -> Mention:
    return _one("rpo" if _has(tree, "RPO") else "recovery", _duration(tree))


def _money(tree: Tree[Any], words: str) -> Mention:
    value, low = _amount(tree)
    currency = _CURRENCY.get(_word(tree, "CURRENCY") or _word(tree, "MONEYWORD"), "USD")
    period = _find(tree, "period")
    year = bool(period) and (_has(period[0], "YEAR") or (_word(period[0], "ACTIVEWORD") != "monthly"
                             and _has(period[0], "ACTIVEWORD")))  # fmt: skip
    months = 12 if year else 1
    return _one("money", value / months, low=low, what=currency, vague=not period)


def _places(tree: Tree[Any], words: str) -> Mention:
    kind = "regions" if _has(tree, "REGION") else "zones"
    if _has(tree, "MANY"):
        return _one(kind, _MULTI, vague=True)
    return _one(kind, 1.0 if _has(tree, "SINGLE") else _amount(tree)[0])


def _data(tree: Tree[Any], words: str) -> Mention:
    unit = _word(tree, "BYTES")
    scale = 1024.0 ** ("kmgtp".index(unit[0]) + 1) if unit[1] == "i" and len(unit) == 3 else 0.0
    value = _amount(tree)[0] * (scale or _BYTES[unit[0]])
    return _one("data_growth" if _find(tree, "time") else "data", value)


def _team(tree: Tree[Any], words: str) -> Mention:
    if _has(tree, "PERSON"):
        return _one("team", _number(_find_ordered(tree, "number")[0]))
    return _one("team", _amount(tree)[0])


def _mix(tree: Tree[Any], words: str) -> Mention:
    if _has(tree, "HEAVY"):
        share = WRITE_HEAVY if words.startswith("write") else READ_HEAVY
        return _one("reads", share, vague=True)
    first = next(t.type for t in _types(tree) if t.type in ("READ", "WRITE"))
    if _find(tree, "percent"):
        share = _percent(tree)
    else:
        left, span = _amount(tree, 0)
        if len(_find_ordered(tree, "amount")) > 1:
            right = _amount(tree, 1)[0]
        else:
            right = span if span is not None else 1.0
        share = left / (left + right) if left + right else 0.0
    return _one("reads", share if first == "READ" else 1 - share)


def _pause(tree: Tree[Any], words: str) -> Mention:
    if _find(tree, "duration"):
        return _one("pause", _duration(tree))
    if _find(tree, "amount"):  # requests of one user in a span of time
        span = _SECONDS[next(t.type for t in _types(tree) if t.type in _SECONDS)]
        return _one("pause", span / max(_amount(tree)[0], 1e-9))
    return _one("pause", 60.0 if _has(tree, "MINUTE") else 1.0)


_READERS = {
    "users": _users, "rate": _rate, "latency": _latency, "availability": _availability,
    "recovery": _recovery, "money": _money, "places": _places, "data": _data, "team": _team,
    "mix": _mix, "pause": _pause,
}  # fmt: skip
