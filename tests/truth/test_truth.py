"""Answers of the product against closed forms, other simulators and published measurements."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from . import analysis, failures, layers, policies, queues
from .case import ANSWERS, CASES, Answer, Values, read

FAMILIES = (analysis, failures, layers, policies, queues)  # importing them fills ANSWERS
NOT_YET = Path(__file__).with_name("not_yet.md")
IDS = {f"{answer.id}-{answer.how}": answer for answer in ANSWERS}


@cache
def found(name: str) -> Values:
    answer = IDS[name]
    return answer.find(read(answer.id).parameters)


def off(answer: Answer, values: Values) -> dict[str, str]:
    """Values outside of the tolerance of their case."""
    case = read(answer.id)
    judged = {
        metric: case.expected[metric]
        for metric in values
        if metric in case.expected and case.expected[metric].judges(answer.how)
    }
    return {
        metric: f"{values[metric]} instead of {expected.value} ({dict(expected.tolerance)})"
        for metric, expected in judged.items()
        if not expected.allows(values[metric], answer.how, case.parameters)
    }


def tiers() -> list[object]:
    """Case ids, in the long tier where an answer is long."""
    long = {answer.id for answer in ANSWERS if answer.full}
    ids = sorted({answer.id for answer in ANSWERS})
    return [pytest.param(id, marks=[pytest.mark.full] if id in long else []) for id in ids]


@pytest.mark.parametrize("id", tiers())
def test_answers_are_within_the_tolerance_of_the_case(id: str) -> None:
    """Each value with a tolerance is met within it, or listed as one that cannot be given yet."""
    given: set[str] = set()
    without: set[str] = set()
    for name, answer in IDS.items():
        if answer.id == id:
            outside = off(answer, found(name))
            assert not {m: text for m, text in outside.items() if m not in answer.wrong}
            given |= found(name).keys()
            without |= answer.without
    asked = {m for m, e in read(id).expected.items() if e.tolerance or isinstance(e.value, bool)}
    assert asked - given == without


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        pytest.param(name, metric, marks=pytest.mark.xfail(reason=reason, strict=True))
        for name, answer in IDS.items()
        for metric, reason in answer.wrong.items()
    ],
)
def test_known_to_be_off(name: str, metric: str) -> None:
    """Values known to lie outside, each with its reason; one that comes right must leave."""
    assert metric not in off(IDS[name], found(name))


def test_every_case_is_answered() -> None:
    """Each case file here is mapped to the product."""
    assert {answer.id for answer in ANSWERS} == {path.stem for path in CASES.glob("*.yaml")}


def test_what_is_missing_is_listed() -> None:
    """not_yet.md names each case with values left out, and no case that is here in full."""
    text = NOT_YET.read_text(encoding="utf-8")
    whole, _, parts = text.partition("## Parts of cases")
    listed = {line.split("`")[1] for line in whole.splitlines() if line.startswith("- `")}
    assert not listed & {answer.id for answer in ANSWERS}
    listed = {line.split("`")[1] for line in parts.splitlines() if line.startswith("- `")}
    assert listed == {answer.id for answer in ANSWERS if answer.without}
