"""Numbers as people write them: digits in several styles, words, ranges, halves and quarters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lark import Token, Tree

_LETTER = {"k": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "mln": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9,
           "g": 1e9, "t": 1e12}  # fmt: skip
_SCALE = {
    "ten": 10.0, "dozen": 12.0, "hundred": 1e2, "thousand": 1e3, "lakh": 1e5, "million": 1e6,
    "mio": 1e6, "mln": 1e6, "crore": 1e7, "billion": 1e9, "trillion": 1e12,
}  # fmt: skip
_WORD = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_ABOUT = {
    "couple": 2.0,
    "few": 3.0,
    "several": 3.0,
    "handful": 5.0,
}  # what vague words are taken for
_NUMBER = re.compile(r"([-−]?)([\d,.' _]+?)(?:[eE]([+-]?\d+)|\^(\d+))?\s?([A-Za-z]*)$")
_DECIMAL_COMMA = re.compile(r"\d{1,3},\d{1,2}")
_PERCENT_COMMA = re.compile(r"\d{1,2},\d{3}")  # 99,999%: no share has thousands of percent
_CENTS = re.compile(r"[\d. '_]*\d,\d{2}")  # 2.500,50: a comma after the thousands
# What digits with separators may be: thousands parted by one sort of them, one decimal part.
_GROUPED = re.compile(
    r"\d*\.?\d+|\d{1,3},\d{1,2}|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:([ '_])\d{3})(?:\1\d{3})*(?:\.\d+|,\d{2})?"
    r"|\d{1,3}(?:\.\d{3})+(?:,\d{2})?"
)
_DOT = re.compile(r"[1-9]\d{0,2}\.\d{3}")  # 10.000: ten thousand people, or ten of something


@dataclass(frozen=True)
class Amount:
    """A number with the low end of its range, and what has to be said of how it was read."""

    value: float
    low: float | None = None
    doubt: str = ""


def amount(tree: Tree[Any], index: int = 0, whole: bool = False) -> Amount:
    """An amount of a tree. `10-20k`: the scale belongs to both ends. `whole`: of things that come
    in whole numbers, so that a dot before three digits parts thousands."""
    found = children(tree, "amount")[index]
    numbers = [n for part in children(found, "span") for n in children(part, "number")]
    numbers = numbers or children(found, "number")
    doubt = next((d for d in (_doubt(n, whole) for n in numbers) if d), "")
    values = [number(n, whole) for n in numbers]
    if len(values) == 1:
        return Amount(values[0], None, doubt)
    low, high = values
    if low < high and low < 1000 <= high and not re.search(r"[A-Za-z]", str(tokens(found)[0])):
        scaled = low * next((s for s in (1e9, 1e6, 1e3) if high >= s), 1.0)
        low = scaled if scaled <= high else low
    return Amount(max(low, high), min(low, high), doubt)


def number(tree: Tree[Any], whole: bool = False) -> float:
    """The value of a number."""
    parts = tokens(tree)
    kinds = [t.type for t in parts]
    if "NUMWORD" in kinds and "NUMBER" not in kinds:
        return _spoken(parts)
    value, scale = 0.0, 1.0
    if kinds == ["NUMBER", "POINT", "NUMBER"]:  # "99 point 95"
        return float(f"{parts[0]}.{parts[2]}")
    for token in parts:
        word = str(token).lower().rstrip(".")
        if token.type == "NUMBER":
            value += digits(word) * (1000 if whole and _thousands(parts) else 1)
        elif token.type in ("HALF", "HALFMORE"):
            value += 0.5
        elif token.type == "QUARTER":
            value += 0.25
        elif token.type == "ABOUT":
            value += next(v for name, v in _ABOUT.items() if name in word)
        elif token.type in ("SCALE", "PLURALSCALE"):
            scale *= _SCALE[word if word in _SCALE else word.removesuffix("s")]
    named = {"NUMBER", "HALF", "HALFMORE", "QUARTER", "ABOUT"} & set(kinds)
    return (value if named else 1.0) * scale


def percent(tree: Tree[Any]) -> float:
    """The share of a percentage."""
    found = children(next(iter(tree.find_data("percent"))), "number")[0]
    value = number(found)
    if _PERCENT_COMMA.fullmatch(next((str(t) for t in tokens(found) if t.type == "NUMBER"), "")):
        value /= 1000
    return round(value / 100, 12)


def children(tree: Tree[Any], name: str) -> list[Tree[Any]]:
    """The nearest subtrees of a name, in the order of the sentence."""
    out: list[Tree[Any]] = []
    for child in tree.children:
        if isinstance(child, Tree):
            out += [child] if child.data == name else children(child, name)
    return out


def tokens(tree: Tree[Any]) -> list[Token]:
    """All tokens of a tree, in the order of the sentence."""
    out: list[Token] = []
    for child in tree.children:
        out += tokens(child) if isinstance(child, Tree) else [child]
    return out


def _spoken(parts: list[Token]) -> float:
    """`two million five hundred thousand`, `ninety nine point nine`, `two and a half million`."""
    total, current, places = 0.0, 0.0, 0
    for token in parts:
        word = str(token).lower()
        if token.type == "POINT":
            places = 1
        elif token.type == "NUMWORD" and places:
            current += _WORD[word] / 10**places
            places += 1
        elif token.type == "NUMWORD":
            current += _WORD[word]
        elif token.type == "HALFMORE":
            current += 0.5
        elif token.type == "SCALE" and _SCALE[word] <= 100:
            current = (current or 1.0) * _SCALE[word]
        elif token.type == "SCALE":
            total, current = total + (current or 1.0) * _SCALE[word], 0.0
    return total + current


def _thousands(parts: list[Token]) -> bool:
    return len(parts) == 1 and bool(_DOT.fullmatch(str(parts[0])))


def _doubt(tree: Tree[Any], whole: bool) -> str:
    parts = tokens(tree)
    if any(t.type in ("ABOUT", "PLURALSCALE") for t in parts):
        return "is no number"
    if _thousands(parts):
        taken = "thousands" if whole else "a decimal part"
        return f"has a dot before three digits, read as {taken}"
    return ""


def well_formed(text: str) -> bool:
    """False for digits whose separators part nothing: `1.5.3`, `1.000.0`, `1.000,000`."""
    found = _NUMBER.match(text)
    return found is not None and bool(_GROUPED.fullmatch(found[2]))


def digits(text: str) -> float:
    """The value of a number in digits, in any of the styles people write."""
    found = _NUMBER.match(text)
    assert found is not None
    sign, written, exponent, power, letter = found.groups()
    if _DECIMAL_COMMA.fullmatch(written):
        written = written.replace(",", ".")
    elif _CENTS.fullmatch(written):
        written = written.replace(".", "").replace(",", ".")
    written = re.sub(r"[, '_]", "", written)
    if written.count(".") > 1:  # 1.000.000
        written = written.replace(".", "")
    base = float(written)
    if exponent:
        base *= 10.0 ** max(-300, min(300, int(exponent)))
    if power:
        base = min(base, 1e6) ** min(int(power), 40)
    return (-base if sign else base) * _LETTER.get(letter.lower(), 1.0)
