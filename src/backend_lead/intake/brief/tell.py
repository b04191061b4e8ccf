"""Say what was found in a brief and what of it is not honoured."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from lark import Token

from backend_lead.catalog import kinds
from backend_lead.catalog.domains import Domain
from backend_lead.intake.brief.laws import LAWS, NOT_COVERED
from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.note import note
from backend_lead.intake.brief.words import Term
from backend_lead.model import units
from backend_lead.model.finding import Finding, Place

_LOADS = ("concurrent", "users", "daily", "monthly", "registered", "rate")
_RULED_OUT = re.compile(
    r"\b(?:no|not|without|never|avoid(?:ing)?)\s+(?:use\s+|using\s+|any\s+)?$", re.I
)
_ALL_DAY = re.compile(r"24\s?[/x×]\s?7")
_MEANING: dict[str, tuple[str, units.Dimension]] = {
    "concurrent": ("concurrent users at peak", units.COUNT),
    "tenants": ("organisations", units.COUNT),
    "users": ("users, not said whether at once", units.COUNT),
    "daily": ("users of a day", units.COUNT),
    "monthly": ("users of a month", units.COUNT),
    "registered": ("registered users", units.COUNT),
    "rate": ("request rate", units.RATE),
    "latency": ("latency objective", units.DURATION),
    "availability": ("availability objective", units.RATIO),
    "recovery": ("recovery time objective", units.DURATION),
    "rpo": ("recovery point objective", units.DURATION),
    "money": ("budget", units.MONEY),
    "regions": ("regions", units.COUNT),
    "zones": ("zones", units.COUNT),
    "data": ("data kept", units.BYTES),
    "data_growth": ("data added", units.BYTES),
    "bandwidth": ("data moved", units.BYTES),
    "team": ("team size", units.COUNT),
    "reads": ("share of reads", units.RATIO),
    "pause": ("think time", units.DURATION),
    "share": ("share of users at once", units.RATIO),
    "peak": ("peak over usual load", units.FACTOR),
}


_SPANS = {1.0: "s", 60.0: "min", 3600.0: "h", 86400.0: "day", 604800.0: "week",
          2629800.0: "month", 31557600.0: "year"}  # fmt: skip


def meaning_of(m: Mention) -> tuple[str, str]:
    """What a quantity is, and its value the way people write it."""
    meaning, dimension = _MEANING[m.kind]
    text = dimension.format(float(units.trim(m.value, 6)))
    if m.kind == "latency":
        meaning = f"{m.what or 'p99'} latency objective"
    elif m.kind == "rate" and m.per_s >= 3600:
        meaning = "mean request rate"
    elif m.kind in ("data_growth", "bandwidth"):
        text = f"{text}/{_SPANS[m.per_s]}"
    elif m.kind == "money" and m.what != "USD":
        text = f"{units.trim(m.value)} {m.what}/month"
    return meaning, text


def explain(
    text: str,
    unread: Sequence[Token],
    found: Sequence[Mention],
    terms: dict[str, list[Term]],
    chosen: Domain,
    bare: Sequence[Mention],
) -> list[Finding]:
    """Findings about weighty words, other domains, unread numbers and the choice of the domain."""
    told: list[Finding] = []
    told += [_weighty(text, term) for term in terms["weighty"]]
    told += [
        note("brief-style", f"{m.words!r} {m.doubt}: {meaning_of(m)[1]} is taken", m, "warning",
             hint="write the plain number with its unit, for example 10000 users or 12 GB")
        for m in found
        if m.doubt
    ]  # fmt: skip
    if not any(m.kind in _LOADS for m in found):
        told += [
            note("brief-vague", f"{term.words!r} is no number; 100 users at once are assumed, 10 "
                 "to 1000", term, "warning", hint="write how many, for example 50 users at once")
            for term in terms["small"]
        ]  # fmt: skip
        told += [
            note("brief-vague", f"{term.words!r} is no number; the load of the worked domain is "
                 "taken", term, "warning", hint="write how many, for example 20k concurrent users")
            for term in terms["vague"]
        ]  # fmt: skip
    if not terms["domain"]:
        told.append(
            Finding(
                "brief-domain",
                "note",
                "the sentence names no domain with a reference; the worked "
                f"domain {chosen.id!r} is taken: {chosen.title}",
                Place("brief"),
                hint="name one, for example: an online shop, a social network",
            )
        )
        for term in terms["other"]:
            told.append(
                note(
                    "brief-domain",
                    f"{term.words!r} points to {term.key}, for which there is "
                    f"no reference domain yet; {chosen.id!r} is taken",
                    term,
                    "warning",
                )
            )
    for term in {t.key: t for t in terms["domain"] if t.key != chosen.id}.values():
        told.append(
            note(
                "brief-contradiction",
                f"{term.words!r} points to the domain {term.key!r}; {chosen.id!r} is taken",
                term,
                "warning",
            )
        )
    for m in bare:
        told.append(
            note(
                "brief-number-unread",
                f"{m.words!r}: it isn't clear what this is a share of",
                m,
                "warning",
                hint="write for example 95% reads",
            )
        )
    told += _unread(unread, any(m.kind in _LOADS for m in found))
    return told


def _weighty(text: str, term: Term) -> Finding:
    """A word that promises something; where it is ruled out, whether that is sure."""
    before = _RULED_OUT.search(text[: term.start])
    if before is None:
        law = term.key in LAWS
        message = f"{term.words!r} is read but not honoured yet: {NOT_COVERED if law else term.key}"
        hint = term.key if law else ""
        return note("brief-not-honoured", message, term, "warning", hint=hint)
    out = replace(term, start=before.start(), words=text[before.start() : term.end])
    known = any(term.term in kind for kind in kinds())
    if known:
        message = f"{out.words!r} is read but not honoured yet: a design may still have one"
        return note("brief-not-honoured", message, out, "warning")
    return note("brief-ruled-out", f"{out.words!r} is kept: no design here has any", out)


def unread_numbers(text: str, stream: Sequence[Token], found: Sequence[Mention]) -> list[Token]:
    """Numbers that belong to no quantity."""
    known = [(m.start, m.end) for m in found] + [m.span() for m in _ALL_DAY.finditer(text)]
    return [
        token
        for token in stream
        if (token.type in ("NUMBER", "SCALE", "PLURALSCALE", "HALF", "QUARTER") or _counts(token))
        and not any(
            first <= (token.start_pos or 0) and (token.end_pos or 0) <= last
            for first, last in known
        )
    ]


def _counts(token: Token) -> bool:
    """True for a number word that is not used as a pronoun."""
    return token.type == "NUMWORD" and token.lower() not in ("one", "zero")


def _unread(numbers: Sequence[Token], load_known: bool) -> list[Finding]:
    """One warning for each number that belongs to no quantity."""
    instead = "" if load_known else "; no load is read, so the design is for the domain's own"
    return [
        Finding(
            "brief-number-unread",
            "warning",
            f"the number {str(token)!r} is read but not understood{instead}",
            Place("brief", 1, (token.start_pos or 0) + 1),
            str(token),
            "a number with its unit",
            "write what it counts, for example 1M users",
        )
        for token in numbers
    ]
