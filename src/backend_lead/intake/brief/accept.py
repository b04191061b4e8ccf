"""Refuse what is no brief for a backend, and say what would be one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lark import Token

from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.numbers import well_formed
from backend_lead.model import units
from backend_lead.model.finding import Finding, InvalidInput, Place

CHARACTERS_MAX = 10_000
EXAMPLE = "Design a shop backend for 50k concurrent users, p99 under 150 ms, 99.95%, $20k/month"
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\ufeff\ud800-\udfff]"
)
HINT = f'for example "{EXAMPLE}"'
_WRITTEN = "a decimal point, and commas only between thousands"
_JOINT = re.compile(r"[,.'’٫]")
_YEAR = re.compile(r"(?:19|20)\d\d")  # "in 2030 10k users" is no misspelt number
# What a brief may ask for: kind -> (least, most, words). Ten billion is more people than there are.
_ALLOWED: dict[str, tuple[float, float, str]] = {
    **dict.fromkeys(
        ("concurrent", "users", "daily", "monthly", "registered"),
        (1, 1e10, "1 to 10 billion users"),
    ),
    "rate": (1e-5, 1e8, "1 request a day to 100 million requests a second"),
    "latency": (1e-3, 60.0, "1 ms to 60 s"),
    "recovery": (1.0, 604800.0, "1 s to 7 days"),
    "pause": (0.01, 86400.0, "10 ms to 1 day"),
    "money": (1.0, 1e9, "1 to 1 billion a month"),
    "regions": (1, 30, "1 to 30 regions"),
    "zones": (1, 6, "1 to 6 zones"),
    "data": (1e3, 1e18, "1 kB to 1000 PB"),
    "tenants": (1, 1e10, "1 to 10 billion organisations"),
    "peak": (1, 1000, "1 to 1000 times"),
    "team": (1, 10_000, "1 to 10 000 people"),
    "reads": (0.0, 1.0, "0% to 100%"),
    "share": (1e-6, 1.0, "above 0% to 100%"),
}
_USERS = ("user", "nutzer", "benutzer", "usuari", "usuári", "utilisateur", "utenti")
SURELY = {"concurrent", "daily", "monthly", "registered", "rate", "latency", "recovery"}


def check_text(text: str) -> None:
    """Raise InvalidInput for a text that can't be a sentence."""
    if not isinstance(text, str):
        _refuse("the brief is not a text", type(text).__name__, "one or a few sentences")
    if len(text) > CHARACTERS_MAX:
        _refuse(
            "the brief is too long",
            f"{len(text)} characters",
            f"at most {CHARACTERS_MAX} characters",
        )
    if not text.strip():
        _refuse("the brief is empty", repr(text[:20]), "one or a few sentences")
    if found := _CONTROL.search(text):
        _refuse(
            "the brief holds a control character",
            f"{found[0]!r} at {found.start()}",
            "printable characters, spaces and line ends",
            found.start(),
        )


def check_sense(mentions: Sequence[Mention], backend_words: int) -> None:
    """Raise InvalidInput for values nobody can mean and for sentences not about a backend."""
    wrong = []
    for m in mentions:
        low, high, allowed = _ALLOWED.get(m.kind, (0.0, float("inf"), ""))
        if not low <= m.value <= high:
            wrong.append(
                Finding(
                    "brief-value",
                    "error",
                    f"{m.words!r} is outside what a brief may ask for",
                    Place("brief", 1, m.start + 1),
                    m.words,
                    allowed,
                    HINT,
                )
            )
        elif m.kind == "availability" and m.what == "named" and not 0.5 <= m.value <= 1:
            wrong.append(
                Finding(
                    "brief-value",
                    "error",
                    f"{m.words!r} is no availability",
                    Place("brief", 1, m.start + 1),
                    units.RATIO.format(m.value),
                    "50% to 99.999%",
                    HINT,
                )
            )
    if wrong:
        raise InvalidInput(wrong)
    if not backend_words and not any(m.kind in SURELY or _is_load(m) for m in mentions):
        _refuse(
            "nothing in the sentence is about a backend: no word for one, and no load, latency "
            "or availability",
            "",
            "a sentence that says what to build or what it must carry",
        )


def check_separators(stream: Sequence[Token], found: Sequence[Mention]) -> None:
    """Raise InvalidInput for a number of a quantity whose separators part nothing: "1.5.3 ms"."""
    for token in (t for t in stream if t.type == "NUMBER" and not well_formed(t)):
        start, end = token.start_pos or 0, token.end_pos or 0
        for m in found:
            if m.start <= start and end <= m.end:
                _refuse(f"{str(token)!r} in {m.words!r} is no number", m.words, _WRITTEN, start)


def check_numbers(text: str, left: Sequence[Token], found: Sequence[Mention]) -> None:
    """Raise InvalidInput where a number left over stands so near a quantity that it belongs to it.

    "1,5 users" must not become 5 users, nor "$1,50" a budget of 1 USD.
    """
    for token in (t for t in left if t.type == "NUMBER"):
        start, end = token.start_pos or 0, token.end_pos or 0
        for m in found:
            before, after = text[end : m.start], text[m.end : start]
            ends_open = m.words[-1:].isdigit() and _JOINT.fullmatch(after)
            opens = _JOINT.fullmatch(before) or (before.isspace() and not _YEAR.fullmatch(token))
            if (m.words[:1].isdigit() and opens) or ends_open:
                words = text[min(start, m.start) : max(end, m.end)]
                _refuse(
                    f"{words!r} can be read in more than one way",
                    words,
                    _WRITTEN,
                    min(start, m.start),
                )


def _is_load(m: Mention) -> bool:
    return (m.kind == "users" and m.what.startswith(_USERS)) or (
        m.kind == "availability" and m.what == "named"
    )


def _refuse(message: str, seen: str, allowed: str, at: int = 0) -> None:
    place = Place("brief", 1, at + 1)
    raise InvalidInput([Finding("brief-text", "error", message, place, seen, allowed, HINT)])
