"""A hundred briefs as people write them: nearly all quantities right, none silently wrong."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.intake.corpus import Score, entries, score

RIGHT_MIN = 0.97


@cache
def scores() -> list[Score]:
    return [score(entry) for entry in entries()]


def listed(misses: list[tuple[str, list[str]]]) -> str:
    return "\n".join(f"{text[:90]!r}\n    " + "\n    ".join(said) for text, said in misses if said)


def test_the_corpus_is_one() -> None:
    """At least a hundred different briefs, each with something to compare."""
    texts = [e["text"] for e in entries()]
    assert len(texts) >= 100 and len(set(texts)) == len(texts)
    assert all({"quantities", "told", "refused"} & set(e) for e in entries())


def test_nothing_is_silently_wrong() -> None:
    """No quantity is misread, invented or dropped without a word."""
    wrong = [(s.text, s.silent) for s in scores()]
    assert not any(said for _, said in wrong), listed(wrong)


def test_nearly_all_quantities_are_right() -> None:
    """Of the quantities an expert reads at least 97 % are read with their kind and value."""
    right = sum(len(s.right) for s in scores())
    every = right + sum(len(s.told) + len(s.silent) for s in scores())
    share = right / every
    print(f"{right} of {every} quantities right: {share:.1%}")
    print(listed([(s.text, s.told) for s in scores()]))
    assert share >= RIGHT_MIN, listed([(s.text, [*s.told, *s.silent]) for s in scores()])


def test_domain_and_intent_are_right() -> None:
    """What the brief is about is recognised wherever a reference domain of that name exists."""
    compared = [(s.text, said, ok) for s in scores() for said, ok in s.about]
    wrong = [(text, [said]) for text, said, ok in compared if not ok]
    assert len(wrong) <= (1 - RIGHT_MIN) * len(compared), listed(wrong)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantities": [["50k concurrent users", "concurrent", 40000]]}, "is read as"),
        ({"quantities": [["50k concurrent users", "daily", 50000]]}, "is read as"),
        ({"quantities": []}, "is read as"),
        ({"told": ["shop"]}, "is not told"),
        ({"load": {"users": 60000}}, "load"),
    ],
)
def test_the_comparison_finds_what_is_wrong(change: dict[str, Any], said: str) -> None:
    """A wrong value, a wrong kind, an invented quantity and a dropped word are each seen."""
    good = {
        "text": "A shop for 50k concurrent users",
        "quantities": [["50k concurrent users", "concurrent", 50000]],
        "load": {"users": 50000},
    }
    assert score(good).silent == []
    assert any(said in miss for miss in score(good | change).silent)
