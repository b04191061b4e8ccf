"""Who the people of a brief are: staff of a working day, members of organisations, their number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from backend_lead.intake.brief.meaning import Mention
from backend_lead.model import units
from backend_lead.model.design import Question

STAFF = re.compile(
    r"(?:employees?|staff|colleagues?|agents?|workers?|analysts?|operators?|lecturers?|teachers?"
    r"|professors?|doctors?|nurses?|clinicians?|dispatchers?|technicians?|clerks?"
    r"|recruiters?|instructors?|internal)"
)
_INTERNAL = re.compile(r"\b(?:internal|intranet|in-house|back[- ]?office|company[- ]wide)\b", re.I)
_ONE = re.compile(r"(?:one|1)\b(?!\s*(?:k|m|million|thousand|hundred)\b)", re.I)
_WATCH = re.compile(r"(?:viewers?|watchers?|spectators?|listeners?|fans|people)")
# Between people and what one of them does: no end of a sentence, and after a comma still of them.
_THEIRS = re.compile(
    r"(?:[^.;:!?,\n]|[.,](?=\d)|,\s*(?:and\s+)?(?:each|who|which|that|they|all|every\s+(?:one|user)"
    r"|(?!during|including|excluding|according|using)\w+ing)\b)*",
    re.I,
)
_ALL_OF_THEM = re.compile(r"\b(?:total|altogether|overall|sign\w*[- ]up|ever)\b", re.I)
_AT_WORK = "are people at work, read as the users of a working day"
KINDS = ("registered", "users", "monthly", "daily")


def settle(text: str, found: Sequence[Mention], together: bool = False) -> list[Mention]:
    """Read staff as the users of a working day, and people of an organisation as all of them.

    `together`: those who watch are there at once, as they are at a live broadcast.
    """
    found = _with_pauses(text, found)
    tenants = max((m for m in found if m.kind == "tenants"), key=lambda m: m.value, default=None)
    inside = bool(_INTERNAL.search(text))
    at_once = any(m.kind == "concurrent" and m.value > 1 for m in found)
    out = []
    for m in found:
        if m.kind == "rate" and at_once and _ONE.match(m.words):
            doubt = "is read as one of each, not one of all together"
            m = m.turned("pause", value=1 / m.value, per_s=1.0, doubt=doubt)
        if m.kind == "each":
            m = _together(m, tenants)
        if together and m.kind == "users" and _WATCH.fullmatch(m.what):
            m = m.turned("concurrent", doubt="watch the same thing live, so they are there at once")
        if m.kind == "users" and (STAFF.fullmatch(m.what) or (inside and m.what)):
            m = m.turned("daily", doubt="; ".join(filter(None, (m.doubt, _AT_WORK))))
        out.append(m)
    return out


def _with_pauses(text: str, found: Sequence[Mention]) -> list[Mention]:
    """People of whom each is said to come back after a pause are there at once: all are counted."""
    out = list(found)
    for at, (m, then) in enumerate(pairwise(found)):
        if m.kind != "users" or not m.what or _ALL_OF_THEM.search(text[m.start : then.start]):
            continue
        gap = text[m.end : then.start]
        one = then.kind == "rate" and bool(_ONE.match(then.words)) and " and " not in gap
        if (one or then.kind == "pause") and _THEIRS.fullmatch(gap):
            doubt = f"is read as at once, because {then.words!r} is said of each of them"
            out[at] = m.turned("concurrent", doubt=doubt)
    return out


def question(found: Sequence[Mention]) -> list[Question]:
    """What to ask where only organisations are counted."""
    tenants = [m for m in found if m.kind == "tenants"]
    if not tenants or any(m.kind in (*KINDS, "concurrent") for m in found):
        return []
    return [
        Question(
            f"How many people does one of the {units.trim(tenants[0].value)} {tenants[0].what} "
            "have at once?",
            "the load does not follow from their number",
            "an organisation may be two people or twenty thousand",
        )
    ]


def _together(each: Mention, tenants: Mention | None) -> Mention:
    if tenants is None:
        why = "it isn't clear how many times there are so many"
        return each.turned("aside", what=why)
    value = each.value * tenants.value
    doubt = f"times {tenants.words!r} makes {units.trim(value)} people"
    return each.turned("users", value=value, doubt=doubt)
