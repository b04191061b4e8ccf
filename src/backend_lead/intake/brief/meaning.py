"""What a matched quantity means: its kind and its value in base units."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from lark import Token, Tree

from backend_lead.intake.brief.grammar import Match
from backend_lead.intake.brief.numbers import amount, children, number, percent, tokens
from backend_lead.model import units

_SECONDS = {"MS": 1e-3, "SECOND": 1.0, "MINUTE": 60.0, "HOUR": 3600.0, "DAY": 86400.0,
            "WEEK": 604800.0, "MONTH": 2629800.0, "YEAR": 31557600.0}  # fmt: skip
_ACTIVE = {"daily": "DAY", "weekly": "WEEK", "monthly": "MONTH", "yearly": "YEAR",
           "annually": "YEAR", "active": "DAY"}  # fmt: skip
_BYTES = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15}
_CURRENCY = {"$": "USD", "us$": "USD", "€": "EUR", "£": "GBP", "₹": "INR", "¥": "JPY",
             "dollar": "USD", "dollars": "USD", "bucks": "USD", "euro": "EUR", "euros": "EUR",
             "pound": "GBP", "pounds": "GBP", "rupees": "INR", "yen": "JPY", "francs": "CHF",
             "franc": "CHF", "rs": "INR", "rs.": "INR", "a$": "AUD", "au$": "AUD", "aud$": "AUD",
             "c$": "CAD", "ca$": "CAD", "cad$": "CAD", "nz$": "NZD", "nzd$": "NZD", "hk$": "HKD",
             "hkd$": "HKD", "s$": "SGD", "sg$": "SGD", "sgd$": "SGD", "r$": "BRL"}  # fmt: skip
_PERCENTILE_OF = re.compile(r"(\d+(?:\.\d+)?)")
_ALWAYS_ON = ("device", "sensor", "connection", "session", "meter", "machine", "tracker", "camera",
              "gateway", "stream", "vehicle",
              "truck", "lorries", "bike", "scooter", "robot", "drone", "terminal", "kiosk",
              "thermostat", "wearable")  # fmt: skip  # there at once by their nature
READ_HEAVY, WRITE_HEAVY = 0.95, 0.50  # what "read-heavy" and "write-heavy" are taken for
_MULTI = 2  # what "multi-region" is taken for at least
_SHARE_MIN = 90.0  # "SLA: 99.95" without a percent sign; "SLA: 4" is something else


@dataclass(frozen=True)
class Mention:
    """A quantity of the sentence. `value` is in base units of its `kind`.

    `low` is set where a range was written (the high end is taken). `what` tells more: the
    percentile of a latency ("p99"), the currency of money, the event of a rate. `per_s` is the span
    over which a rate was averaged. `vague` marks words taken for a number ("millions of").
    `doubt` is what has to be said of how it was read. `adds`: these users come on top of those
    before; `parts` are those that were added up. Kind `aside`: understood, and no part of a
    model; `what` says why.
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
    doubt: str = ""
    adds: bool = False
    parts: tuple[Mention, ...] = ()

    def turned(self, kind: str, **changes: Any) -> Mention:
        """The same words, read as another kind of quantity."""
        return replace(self, kind=kind, **changes)

    @property
    def source(self) -> str:
        """The origin of a stated value; places are zero-based, the end is exclusive."""
        if self.parts:
            return "; ".join(part.source for part in self.parts)
        return f'brief: "{self.words}" (characters {self.start}-{self.end})'


def mention(match: Match, text: str) -> Mention:
    """Read one match."""
    words = text[match.start : match.end]
    read = _READERS[match.rule](match.tree, words)
    return replace(read, start=match.start, end=match.end, words=words)


def _one(kind: str, value: float, **more: Any) -> Mention:
    return Mention(kind=kind, value=value, start=0, end=0, words="", **more)


def _has(tree: Tree[Any], *types: str) -> bool:
    return any(token.type in types for token in tokens(tree))


def _word(tree: Tree[Any], *types: str) -> str:
    return next((str(t).lower() for t in tokens(tree) if t.type in types), "")


def _span(found: list[Token]) -> float:
    """Seconds of the last span of time named."""
    return next((_SECONDS[t.type] for t in reversed(found) if t.type in _SECONDS), 1.0)


def _duration(tree: Tree[Any]) -> tuple[float, str]:
    found = children(tree, "duration")[0]
    if not children(found, "amount"):
        return _span(tokens(found)), ""
    read = amount(found)
    return read.value * _span(tokens(found)), read.doubt


def _users(tree: Tree[Any], words: str) -> Mention:
    read = amount(tree, whole=True)
    acronym = _word(tree, "ACRONYM").removesuffix("s")
    active = [str(t).lower() for t in tokens(tree) if t.type == "ACTIVEWORD"]
    people = _word(tree, "PEOPLE")
    machines = people.removesuffix("s") in _ALWAYS_ON
    if _has(tree, "ORG", "EACH", "SEAT"):
        kind = "each"
    elif machines or acronym in ("ccu", "pcu", "concurrency") or _has(tree, "CONCURRENT", "ATONCE"):
        kind = "concurrent"
    elif acronym == "dau" or "daily" in active or _has(tree, "DAY"):
        kind = "daily"
    elif acronym == "mau" or "monthly" in active or _has(tree, "MONTH"):
        kind = "monthly"
    elif _has(tree, "REGISTERED"):
        kind = "registered"
    elif {"weekly", "yearly", "annually"} & set(active):
        kind = "users"
    else:
        kind = "daily" if "active" in active else "users"
    vague = _has(tree, "PLURALSCALE", "ABOUT")
    doubt = "" if vague else read.doubt
    if _has(tree, "SORT") and "internal" in words.lower() and kind == "users":
        people = "internal"
    return _one(kind, read.value, low=read.low, what=people, vague=vague, doubt=doubt)


def _share(tree: Tree[Any], words: str) -> Mention:
    return _one("share", percent(tree))


def _orgs(tree: Tree[Any], words: str) -> Mention:
    read = amount(tree, whole=True)
    return _one("tenants", read.value, what=_word(tree, "ORG"), doubt=read.doubt)


def _rate(tree: Tree[Any], words: str) -> Mention:
    read = amount(tree, whole=True)
    events = [str(t).lower() for t in tokens(tree) if t.type in ("EVENT", "READ", "WRITE")]
    what = events[-1] if events else "requests"
    per = _SECONDS["MINUTE"] if _has(tree, "RPM") else 1.0
    if not _has(tree, "RPS", "RPM"):
        spans = [t.type for t in tokens(tree) if t.type in _SECONDS]
        per = _SECONDS[spans[-1] if spans else _ACTIVE[_word(tree, "ACTIVEWORD")]]
    low = None if read.low is None else read.low / per
    return _one("rate", read.value / per, low=low, what=what, per_s=per, doubt=read.doubt)


def _latency(tree: Tree[Any], words: str) -> Mention:
    what = _word(tree, "PERCENTILE")
    if children(tree, "percent"):
        what = f"p{units.trim(percent(tree) * 100)}"
    elif what:
        digits = _PERCENTILE_OF.search(what)
        what = f"p{digits[1]}" if digits else "mean" if what != "median" else "p50"
        what = "p99.9" if what == "p999" else what
    if _has(tree, "SUBSECOND"):
        return _one("latency", 1.0, what=what)
    if not children(tree, "duration"):  # a column's head: "p99(ms): 120"
        return _one("latency", amount(tree).value * _span(tokens(tree)), what=what)
    value, doubt = _duration(tree)
    if value > 60 and not what and not _has(tree, "LATENCY"):
        return _one("aside", value, what="too long for an answer to be waited for")
    return _one("latency", value, what=what, doubt=doubt)


def _availability(tree: Tree[Any], words: str) -> Mention:
    if _has(tree, "DOWNTIME"):
        down, _ = _duration(tree)
        share = down / _span(tokens(children(tree, "period")[0]))
        return _one("availability", round(max(0.0, 1 - share), 7), what="named")
    if nines := children(tree, "nines"):
        count = number(children(nines[0], "number")[0])
        value = 1 - 10 ** -min(max(count, 0), 12)
        if _has(nines[0], "HALFMORE"):
            value += 0.5 * 10 ** -min(max(count, 0), 12)
        return _one("availability", round(value, 13), what="named")
    named = "named" if _has(tree, "AVAILABLE") else ""
    return _one("availability", percent(tree), what=named)


def _recovery(tree: Tree[Any], words: str) -> Mention:
    value, doubt = _duration(tree)
    lost = _has(tree, "RPO", "DATALOSS")
    return _one("rpo" if lost else "recovery", value, doubt=doubt)


def _unitless(tree: Tree[Any], words: str) -> Mention:
    value = number((children(tree, "number") or [tree])[0])
    if _has(tree, "AVAILABLE"):
        if not _SHARE_MIN <= value <= 100:
            return _one("aside", value, what="a share is written with a percent sign")
        return _one("availability", round(value / 100, 12), what="named")
    kind = "rpo" if _has(tree, "RPO") else "recovery"
    if not value and kind == "rpo":
        return _one(kind, value)
    if re.search(r"\dm$", words):  # "RPO 5m": nobody has five million of them
        return _one(kind, value / 1e6 * _SECONDS["MINUTE"])
    return _one("aside", value, what="it has no unit of time" if value else "nothing recovers in "
                "no time")  # fmt: skip


def _money(tree: Tree[Any], words: str) -> Mention:
    read = amount(tree, whole=True)
    name = _word(tree, "CURRENCY") or _word(tree, "MONEYWORD")
    currency = _CURRENCY.get(name, name.upper()) or "USD"
    period = children(tree, "period")
    if period and _has(period[0], "PEOPLE", "EVENT", "ORG"):
        return _one("aside", read.value, what="the price of one thing is no budget")
    spans = [t.type for t in tokens(period[0]) if t.type in _SECONDS] if period else []
    active = _word(period[0], "ACTIVEWORD") if period else ""
    months = _SECONDS[spans[-1] if spans else _ACTIVE.get(active, "MONTH")] / _SECONDS["MONTH"]
    value = read.value / months
    return _one("money", value, low=read.low, what=currency, vague=not period, doubt=read.doubt)


def _places(tree: Tree[Any], words: str) -> Mention:
    kind = "regions" if _has(tree, "REGION") else "zones"
    if _has(tree, "MANY"):
        return _one(kind, _MULTI, vague=True)
    if _has(tree, "SINGLE"):
        return _one(kind, 1.0)
    read = amount(tree)
    return _one(kind, read.value, doubt=read.doubt)


def _data(tree: Tree[Any], words: str) -> Mention:
    read = amount(tree)
    if _has(tree, "BITS"):
        unit = _word(tree, "BITS")
        return _one("bandwidth", read.value * _BYTES[unit[0]] / 8, doubt=read.doubt)
    written = next(str(t) for t in tokens(tree) if t.type == "BYTES")
    unit = written.lower()
    scale = 1024.0 ** ("kmgtp".index(unit[0]) + 1) if unit[1] == "i" and len(unit) == 3 else 0.0
    value = read.value * (scale or _BYTES[unit[0]])
    if _has(tree, "EVENT", "ITEM", "PEOPLE", "ORG"):
        return _one("aside", value, what="the size of one of them, or of a machine, is not taken "
                    "from a brief; the domain's sizes are kept")  # fmt: skip
    active = _word(tree, "ACTIVEWORD")
    spans = [t.type for t in tokens(tree) if t.type in _SECONDS]
    if not active and not spans:
        return _one("data", value, doubt=read.doubt)
    per = _SECONDS[spans[-1] if spans else _ACTIVE[active]]
    if per > 1:
        return _one("data_growth", value, per_s=per, doubt=read.doubt)
    unsure = "may be bits or bytes, read as bytes" if written.endswith("b") else read.doubt
    return _one("bandwidth", value, doubt=unsure)


def _team(tree: Tree[Any], words: str) -> Mention:
    if _has(tree, "REGION", "ZONE", "ORG") or children(tree, "per"):
        return _one("aside", amount(tree).value, what="a team for each of something isn't added up")
    if _has(tree, "PERSON"):
        return _one("team", number(children(tree, "number")[0]))
    read = amount(tree, whole=True)
    return _one("team", read.value, doubt=read.doubt)


def _mix(tree: Tree[Any], words: str) -> Mention:
    amounts = len(children(tree, "amount"))
    if _has(tree, "HEAVY"):
        writes = words.lower().startswith("write")
        if not amounts:
            return _one("reads", WRITE_HEAVY if writes else READ_HEAVY, vague=True)
        left, right = amount(tree, 0).value, amount(tree, 1).value
        share = max(left, right) / (left + right) if left + right else 0.0
        return _one("reads", 1 - share if writes else share)
    first = next(t.type for t in tokens(tree) if t.type in ("READ", "WRITE"))
    if children(tree, "percent"):
        share = percent(tree)
    else:
        read = amount(tree, 0)
        left, right = read.value, 1.0 if read.low is None else read.low
        right = amount(tree, 1).value if amounts > 1 else right
        share = left / (left + right) if left + right else 0.0
    return _one("reads", share if first == "READ" else 1 - share)


def _pause(tree: Tree[Any], words: str) -> Mention:
    own = any(isinstance(c, Tree) and c.data == "amount" for c in tree.children)
    count = max(amount(tree).value, 1e-9) if own else 1.0
    if children(tree, "duration"):
        value, doubt = _duration(tree)
        return _one("pause", value / count, doubt=doubt)
    span = _span(tokens(tree))
    if not _has(tree, "PEOPLE") and _has(tree, "TIMES"):
        return _one("aside", span / count, what="it isn't clear what happens so often")
    if span >= _SECONDS["DAY"]:
        return _one("aside", span / count, what="how often a person does it in a day or more says "
                    "nothing of the pause between two requests")  # fmt: skip
    return _one("pause", span / count)


def _peak(tree: Tree[Any], words: str) -> Mention:
    read = amount(tree)
    return _one("peak", read.value, low=read.low, doubt=read.doubt)


_READERS = {
    "users": _users, "share": _share, "orgs": _orgs, "rate": _rate, "latency": _latency,
    "availability": _availability, "recovery": _recovery, "money": _money, "places": _places,
    "data": _data, "team": _team, "mix": _mix, "pause": _pause, "peak": _peak,
    "unitless": _unitless,
}  # fmt: skip
