"""Quantities that the words around them make something else: a limit, a backup, a price, a no.

They are told and kept out of the model. What each is not comes with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.note import note
from backend_lead.intake.brief.relations import of_each
from backend_lead.model.finding import Finding

_LOADS = ("concurrent", "users", "daily", "monthly", "registered", "rate", "tenants")
_NEGATED = re.compile(r"(?:\bnot|\bno|\bnever|n't)\s+(?:just\s+|for\s+|about\s+|need\s+)?$", re.I)
_LIMIT = re.compile(r"\b(?:limit(?:ed|s|ing|er)?|quota|throttl\w+|allowance|free tier)\b", re.I)
_CHORE = re.compile(
    r"\b(?:backups?|snapshots?|batch\w*|cron|nightly|maintenance|deploy\w*|releases?|reporting"
    r"|invoices?|payroll|down|rotat\w+|export\w*|sync\w*|polls?|crawl\w*)\b",
    re.I,
)
_ANSWER = re.compile(
    r"\b(?:respon\w*|answer\w*|loads?|loading|wait\w*|latenc\w*|complet\w*|finish\w*|return\w*"
    r"|process\w*|render\w*|requests?|quer(?:y|ies)|searche?s?|pages?)\b",
    re.I,
)
_EACH = re.compile(r"\s*(?:\bper\s+|\beach\b|/(?=[a-z])|\bfor (?:each|every)\s+)(?!p\d)", re.I)
_SIZE_OF = re.compile(
    r"\b(?:payloads?|files?|documents?|objects?|rows?|videos?|photos?|images?|messages?|records?"
    r"|uploads?|attachments?|items?|requests?|responses?|memory|ram|cache)"
    r"(?:\s+(?:are|is|of|up to|max|maximum|at most|average|avg|about|around|with|each))*\W*$",
    re.I,
)
_TOTAL_BYTES = 1e11  # so many are all of them, not one
_WAIT_S = 10.0  # longer than a person waits for an answer
_PRICE = re.compile(
    r"\b(?:shipping|basket|order value|average order|revenue|turnover|sales of|funding|raised|seed"
    r"|mrr|arr|valued|subscription|salary|ticket price|prices?|fines?|worth)\b"
    r"|\b(?:above|over|from)\s*$",
    re.I,
)
_ONCE = re.compile(
    r"\s*(?:set-?up|one[- ]off|one[- ]time|upfront|up front|mrr|arr|in revenue|revenue"
    r"|turnover|funding|in sales|each|in total|in the first"
    r"|for the (?:build|project|mvp))\b",
    re.I,
)
_PEAKS = re.compile(
    r"\b(?:peaks?|bursts?|bursty|spikes?|black friday|cyber monday|christmas|holidays?|sales?|rush"
    r"|surges?|season\w*|busy|busier|busiest|load|traffic|usual|normal\w*|average|mean|campaigns?"
    r"|evenings?|weekends?|exam|match|event|breaking news|more)\b",
    re.I,
)
_PEAK_MAX = 1000.0  # no load is more than that above its usual one


def set_aside(text: str, found: Sequence[Mention]) -> tuple[list[Mention], list[Mention]]:
    """The quantities that count, and those that don't, each with the reason in `what`."""
    kept: list[Mention] = []
    aside: list[Mention] = []
    for m in found:
        why = m.what if m.kind == "aside" else _why(text, m)
        (aside if why else kept).append(m.turned("aside", what=why) if why else m)
    return kept, aside


def tell(aside: Sequence[Mention]) -> list[Finding]:
    """One warning for each quantity that doesn't count."""
    return [
        note("brief-aside", f"{m.words!r} is not taken: {m.what}", m, "warning",
             hint="write it with its unit and what it counts, for example 5k concurrent users")
        for m in aside
    ]  # fmt: skip


def _why(text: str, m: Mention) -> str:
    before = re.split(r"[.,;:!?\n](?=\s|$)", text[: m.start])[-1]
    after = text[m.end : m.end + 40]
    around = before + text[m.start : m.end] + re.split(r"[.,;:!?\n]", after)[0]
    if m.kind in _LOADS and _NEGATED.search(before):
        return "the sentence says that it is not so"
    if m.kind == "data" and m.value < _TOTAL_BYTES and _SIZE_OF.search(before):
        return "it is the size of one of them"
    if m.kind in ("pause", "rate") and _LIMIT.search(around):
        return "a limit for callers is no load"
    if m.kind in (*_LOADS, "data", "bandwidth", "team") and _EACH.match(after):
        return "it is for each of something, and how many there are is not read"
    if m.kind == "pause" and _CHORE.search(around) and not of_each(text, m):
        return "how often a chore runs is no pause between requests"
    if m.kind == "latency" and not m.what and m.value >= _WAIT_S and not _ANSWER.search(around):
        return "it is no time to wait for an answer"
    if m.kind == "money" and m.vague and (_PRICE.search(before) or _ONCE.match(after)):
        return "it is no budget for a month"
    if m.kind == "peak" and not (_PEAKS.search(around) and 1 <= m.value <= _PEAK_MAX):
        return "it isn't clear what is so many times higher"
    return ""
