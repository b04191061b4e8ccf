"""Find the quantities of a sentence with the grammar in quantities.lark; each keeps its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput
from rapidfuzz.distance import OSA

RULES = (
    "users", "share", "orgs", "rate", "latency", "availability", "recovery", "money", "places",
    "data", "team", "mix", "pause", "peak", "unitless",
)  # fmt: skip
# Words of the grammar that are worth repairing when misspelt.
REPAIRED = (
    "concurrent", "simultaneous", "simultaneously", "concurrently", "users", "customers",
    "visitors", "requests", "queries", "transactions", "million", "thousand", "billion", "hundred",
    "second", "seconds", "minute", "milliseconds", "percentile", "latency", "response",
    "availability", "uptime", "reliability", "budget", "dollars", "month", "regions", "engineers",
    "developers", "under", "below", "within", "monthly", "daily", "active", "registered", "orders",
)  # fmt: skip
_TOKENS_MAX = 24  # the longest quantity anybody writes, in tokens
_PARENTHESES = ("(", ")")  # "p99 (latency) of 200 ms": they part nothing
_GAPS_MAX = 3  # "40k premium web shop customers"
_TYPO_MIN = 5  # shorter words are too near to each other; a slip may have lost one letter


Reading = tuple[int, Tree[Any]]  # how many tokens, and what they are


@dataclass(frozen=True)
class Match:
    """A quantity as it stands in the sentence: its rule, its tree and its place."""

    rule: str
    tree: Tree[Any]
    start: int
    end: int


def near(word: str, wanted: str) -> bool:
    """True for the word itself or a slip of the keyboard: one change, two in long words."""
    if word == wanted:
        return True
    if len(word) < _TYPO_MIN - 1 or len(wanted) < _TYPO_MIN or word[0] != wanted[0]:
        return False
    allowed = 1 if len(wanted) < 9 else 2
    return OSA.distance(word, wanted, score_cutoff=allowed) <= allowed


@cache
def _parser() -> Lark:
    text = files(__package__).joinpath("quantities.lark").read_text(encoding="utf-8")
    return Lark(
        text, parser="lalr", lexer="basic", start=[*RULES, "unread"], maybe_placeholders=False
    )


@cache
def _repairs() -> dict[str, str]:
    return {word: next(iter(_parser().lex(word))).type for word in REPAIRED}


def tokens(text: str) -> list[Token]:
    """All tokens of a sentence; a misspelt word of the grammar gets the type it was meant to be."""
    out = []
    for token in _parser().lex(text):
        if token.type == "WORD" and len(token) >= _TYPO_MIN - 1:
            for word, kind in _repairs().items():
                if near(token.lower(), word):
                    token = Token.new_borrow_pos(kind, word, token)
                    break
        if token.type != "OTHER" or token not in _PARENTHESES:
            out.append(token)
    return out


def matches(stream: list[Token]) -> Iterator[Match]:
    """Quantities from left to right, without overlap; at each place the longest reading."""
    at = 0
    while at < len(stream):
        best: tuple[int, str, Tree[Any]] | None = None
        if stream[at].type not in ("WORD", "OTHER"):
            for rule in RULES:
                found = _longest(rule, stream[at : at + _TOKENS_MAX])
                if found and rule == "users":
                    found = _of_people(stream, at, found)
                elif found and rule == "unitless" and not _a_share(found[1]):
                    found = None
                if found and rule == "latency" and _heads_next(stream, at + found[0]):
                    found = _longest(rule, stream[at : at + found[0] - 1])
                if found and (best is None or found[0] > best[0]):
                    best = (found[0], rule, found[1])
        if best is None:
            at += 1
            continue
        first, last = stream[at], stream[at + best[0] - 1]
        yield Match(best[1], best[2], first.start_pos or 0, last.end_pos or 0)
        at += best[0]


def _of_people(stream: list[Token], at: int, found: Reading) -> Reading | None:
    """The reading of a number of people, or None where its words are about something else."""
    part = [token.type for token in stream[at : at + found[0]]]
    gaps = len(list(found[1].find_data("gap")))
    if gaps > _GAPS_MAX or (gaps and not {"PEOPLE", "SEAT"} & set(part)):
        return None
    return None if _goes_on(stream, at, found[0]) else found


def _a_share(tree: Tree[Any]) -> bool:
    """False for "availability in 3 zones": a share without its sign has nines in front."""
    found = {t.type: str(t) for t in tree.scan_values(lambda _: True)}
    sign = {"COLON", "EQUALS"} & found.keys()
    return bool(sign) or "AVAILABLE" not in found or found["NUMBER"].startswith("9")


def _goes_on(stream: list[Token], at: int, count: int) -> bool:
    """True if a bare "2 daily" is followed by the word it belongs to: no number of users."""
    part = [token.type for token in stream[at : at + count]]
    after = stream[at + count].type if at + count < len(stream) else "OTHER"
    return (
        part[-1] in ("ACTIVEWORD", "REGISTERED", "ATONCE", "CONCURRENT")
        and not {"PEOPLE", "DAY"} & set(part)
        and after not in ("OTHER", "AND", "OF", "LINK", "NUMBER", "TO", "DASH", "UNDER")
    )


def _heads_next(stream: list[Token], end: int) -> bool:
    """True if a reading that ends at `end` took the percentile that opens the next one."""
    return (
        stream[end - 1].type == "PERCENTILE"
        and end < len(stream)
        and stream[end].type in ("UNDER", "OF", "COLON", "EQUALS", "NUMBER", "LATENCY")
    )


def _longest(rule: str, window: list[Token]) -> Reading | None:
    """The longest prefix of the window that is a whole `rule`, with its tree."""
    parser: Any = _parser().parse_interactive("", start=rule)
    complete = []
    for count, token in enumerate(window, start=1):
        if token.type not in parser.choices():
            break
        try:
            parser.feed_token(token)
        except UnexpectedInput:
            break
        if "$END" in parser.choices():
            complete.append((count, parser.copy()))
    for count, state in reversed(complete):
        try:
            tree: Tree[Any] = state.feed_eof()
            return count, tree
        except UnexpectedInput:
            continue
    return None
