"""What the quantities of a brief say of each other: each of them, both together, then and now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from lark import Token

from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.numbers import digits

_PEOPLE = ("concurrent", "users", "daily", "monthly", "registered")
_DAY_S = 86400.0
# "each sends", "every sensor reports"; "each order" is no caller, "every 10 s" no person.
_EACH = re.compile(
    r"\beach\b(?!\s+(?:other|orders?|requests?|events?|messages?|transactions?|pages?|quer\w+|jobs?"
    r"|rides?|trips?|calls?|regions?|zones?|servers?|tenants?|compan\w+|clinics?|stores?))"
    r"|\bevery\s+(?:one|single|user|customer|member|player|client|device|sensor|meter|vehicle"
    r"|driver|terminal|machine|agent|camera)\b",
    re.IGNORECASE,
)
_NEAR = 60  # characters from "each" to what each of them does
_GROWS = re.compile(
    r"\b(?:expect\w*|reach\w*|target\w*|aim\w*|plan(?:s|ned|ning)?|grow\w*|increas\w*|ris(?:e|es|ing)"
    r"|scal(?:e|es|ing)|forecast|projected|heading|later|then|towards?|to)\s+"
    r"(?:(?:to|for|about|around|roughly|up|at|least|have|be|it)\s+)*$",
    re.IGNORECASE,
)
# What follows a number that has left out what it counts.
_ALONE = re.compile(
    r"\s*(?:$|[,.;!?)\n](?!\d)|\b(?:in|by|within|next|soon|later|after|over|this|during|of them"
    r"|at the end|at launch)\b)",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"\s*(?:\b(?:in|on|from|via|using)\s+(?:the\s+)?[A-Za-z ]{1,20})?\s*(?:\band\b|\bplus\b|[&+])"
    r"\s*(?:another\s+|further\s+)?",
    re.IGNORECASE,
)
_NUMBER_FIRST = re.compile(r"^\S+\s+")


def carried(text: str, stream: Sequence[Token], read: Sequence[Mention]) -> list[Mention]:
    """Numbers that count what the load before them counts: 5k users today, 50k in a year."""
    out = []
    for token in (t for t in stream if t.type == "NUMBER"):
        start, end = token.start_pos or 0, token.end_pos or 0
        if any(m.start <= start < m.end for m in read) or not _ALONE.match(text[end:]):
            continue
        before = max((m for m in read if m.end <= start), key=lambda m: m.end, default=None)
        if before is None or before.kind not in (*_PEOPLE, "rate"):
            continue
        gap = text[before.end : start]
        if _GROWS.search(gap) and not re.search(r"[.!?](?=\s)", gap):
            value = digits(str(token)) / (before.per_s if before.kind == "rate" else 1.0)
            doubt = f"counts what {before.words!r} counts"
            again = replace(before, value=value, low=None, doubt=doubt)
            out.append(replace(again, start=start, end=end, words=text[start:end]))
    return out


def related(text: str, found: Sequence[Mention]) -> list[Mention]:
    """The quantities with what each of many does as their pause, and people joined by "and"."""
    out: list[Mention] = []
    people = any(m.kind in _PEOPLE for m in found)
    for m in found:
        if m.kind == "rate" and people and of_each(text, m):
            m = _pause(m)
        out.append(m)
    return _joined(text, out)


def of_each(text: str, m: Mention) -> bool:
    """True if the words before a quantity say that it is what each of many does."""
    part = re.split(r"[.!?;\n](?=\s|$)", text[max(0, m.start - _NEAR) : m.start])[-1]
    return bool(_EACH.search(part))


def _pause(m: Mention) -> Mention:
    if m.per_s >= _DAY_S or m.value <= 0:
        why = ("how often one of them does it in a day or more says nothing of the pause between "
               "two requests")  # fmt: skip
        return m.turned("aside", what=why)
    return m.turned("pause", value=1 / m.value, per_s=1.0, low=None)


def _joined(text: str, found: list[Mention]) -> list[Mention]:
    """Mark users who come on top of those before: 15k on the web and 5k on phones at once."""
    out = list(found)
    for at in range(len(out) - 1, 0, -1):
        one, other = out[at - 1], out[at]
        gap = text[one.end : other.start]
        if other.kind != "concurrent" or not _JOINED.fullmatch(gap):
            continue
        same = _NUMBER_FIRST.sub("", one.words) == _NUMBER_FIRST.sub("", other.words)
        if same and not re.search(r"\b(?:in|on|from|via|using)\b", gap):
            continue
        if one.kind == "users":
            one = one.turned("concurrent", doubt=f"is read as at once, like {other.words!r}")
            out[at - 1] = one
        if one.kind == "concurrent":
            out[at] = replace(other, adds=True)
    return out
