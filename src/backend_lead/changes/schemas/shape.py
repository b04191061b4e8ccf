"""A JSON schema in one reading, however it is spelled: OpenAPI 3.0, 3.1 and AsyncAPI alike.

What means the same becomes the same: `nullable: true` and a type of null, an alternative that is
only null, an `allOf` of one part, limits that are exclusive by a flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from backend_lead.changes.contract import Spot

CHOICES = ("allOf", "anyOf", "oneOf")
# Keywords that say something to a reader and nothing about which values are valid.
ANNOTATIONS = {
    "title", "description", "example", "examples", "default", "externalDocs", "$comment", "xml",
    "deprecated", "readOnly", "writeOnly", "$id", "$anchor", "$schema", "$defs", "definitions",
}  # fmt: skip
UNWRAP_MAX = 20  # wrappings of one part within each other


@dataclass(frozen=True)
class Shape:
    """What a schema says. `origin` is where each keyword stands, since wrappings are undone."""

    spot: Spot
    words: Mapping[str, Any]
    origin: Mapping[str, Spot]
    nullable: bool
    choices: Mapping[str, list[Spot]] = field(default_factory=dict)

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types allowed, without null, sorted; empty where any is."""
        stated = self.words.get("type")
        listed = stated if isinstance(stated, list) else [stated]
        return tuple(sorted({str(one) for one in listed if one not in (None, "null")}))

    @property
    def only_null(self) -> bool:
        """Whether null is the one value allowed."""
        stated = self.words.get("type")
        return stated == "null" or stated == ["null"]

    def get(self, word: str, default: Any = None) -> Any:
        """A keyword as it is written."""
        return self.words.get(word, default)

    def inner(self, word: str, *more: str | int) -> Spot | None:
        """What stands below a keyword."""
        spot = self.origin.get(word)
        return spot.at(word, *more) if spot is not None else None

    def named(self, word: str) -> dict[str, Spot]:
        """The schemas below a keyword, by name."""
        spot = self.origin.get(word)
        return spot.children(word) if spot is not None else {}

    def listed(self, word: str) -> list[Spot]:
        """The schemas below a keyword, in order."""
        spot = self.origin.get(word)
        return spot.items(word) if spot is not None else []

    @cached_property
    def required(self) -> tuple[str, ...]:
        stated = self.words.get("required")
        if not isinstance(stated, list):  # of a parameter it is a flag, of a schema a list
            return ()
        return tuple(name for name in stated if isinstance(name, str))

    @cached_property
    def enum(self) -> list[Any] | None:
        """The values allowed, but for null where that is told as nullable; None where any is."""
        stated = self.words.get("enum")
        if not isinstance(stated, list):
            return None
        return [value for value in stated if value is not None or not self.nullable]

    def number(self, word: str) -> float | None:
        """A limit as a number; what is no number limits nothing."""
        value = self.words.get(word)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return value

    def limit(self, word: str) -> float | None:
        """`minimum`, `maximum` or their exclusive forms, whether by number or by a flag."""
        flag = "exclusive" + word[0].upper() + word[1:]
        if word.startswith("exclusive"):
            plain = word.removeprefix("exclusive").lower()
            return self.number(plain) if self.words.get(word) is True else self.number(word)
        return None if self.words.get(flag) is True else self.number(word)

    def flag(self, word: str) -> bool:
        return self.words.get(word) is True


def shape(spot: Spot) -> Shape:
    """Read a schema."""
    value = spot.value
    words: dict[str, Any]
    if value is False:
        words = {"not": {}}
        return Shape(spot, words, {}, False)
    words = dict(value) if isinstance(value, dict) else {}
    origin = dict.fromkeys(words, spot)
    nullable = _takes_null(words)
    choices: dict[str, list[Spot]] = {}
    for word in CHOICES:
        if word in words:
            choices[word] = spot.items(word)
    for _ in range(UNWRAP_MAX):
        for word in ("anyOf", "oneOf"):
            nulls = [one for one in choices.get(word, ()) if _only_null(one)]
            if nulls and len(choices[word]) > len(nulls):
                nullable = True
                choices[word] = [one for one in choices[word] if one not in nulls]
        lone = next((word for word in CHOICES if len(choices.get(word, ())) == 1), None)
        if lone is None or not _joins(choices[lone][0], words):
            break
        part = choices.pop(lone)[0]
        words.pop(lone)
        origin.pop(lone)
        inner = part.value if isinstance(part.value, dict) else {}
        nullable = nullable or _takes_null(inner)
        for word, stated in inner.items():
            if word not in words:
                words[word], origin[word] = stated, part
                if word in CHOICES:
                    choices[word] = part.items(word)
    return Shape(spot, words, origin, nullable, choices)


def annotation_only(spot: Spot) -> bool:
    """Whether a schema allows every value and only describes it."""
    value = spot.value
    if value is True:
        return True
    return isinstance(value, dict) and all(
        word in ANNOTATIONS or word.startswith("x-") for word in value
    )


def _takes_null(words: Mapping[str, Any]) -> bool:
    stated = words.get("type")
    return words.get("nullable") is True or (isinstance(stated, list) and "null" in stated)


def _only_null(spot: Spot) -> bool:
    value = spot.value
    return isinstance(value, dict) and value.get("type") in ("null", ["null"])


def _joins(part: Spot, words: Mapping[str, Any]) -> bool:
    """Whether a part may be written into what wraps it: no keyword would be there twice."""
    if not isinstance(part.value, dict):
        return False
    ours = {word for word in words if word not in ANNOTATIONS | {"nullable", *CHOICES}}
    theirs = {word for word in part.value if word not in ANNOTATIONS | {"nullable"}}
    return not ours & (theirs - {"type"}) and (
        "type" not in ours or "type" not in theirs or words["type"] == part.value["type"]
    )
