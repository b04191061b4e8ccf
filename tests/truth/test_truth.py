"""Answers of the product against closed forms, other simulators and published measurements."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from backend_lead.kernel import layout

from . import analysis, failures, layers, policies, queues, sharing, storms, tails
from .case import ANSWERS, CASES, Answer, Values, read
from .lacking import AS_IT_WAS, LACKS, Lack

# importing them fills ANSWERS
FAMILIES = (analysis, failures, layers, policies, queues, sharing, storms, tails)
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


def listed() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Whole cases and parts of cases in not_yet.md, each with the features its reason names."""
    whole, _, parts = NOT_YET.read_text(encoding="utf-8").partition("## Parts of cases")
    return reasons(whole), reasons(parts)


def reasons(text: str) -> dict[str, set[str]]:
    lines = [line for line in text.splitlines() if line.startswith("- `")]
    pairs = [line.removeprefix("- `").removesuffix(".").split("`: ", 1) for line in lines]
    return {case: set(reason.split("; ")) for case, reason in pairs}


def test_what_is_missing_is_listed() -> None:
    """not_yet.md names each case with values left out, and no case that is here in full."""
    whole, parts = listed()
    assert not whole.keys() & {answer.id for answer in ANSWERS}
    assert parts.keys() == {answer.id for answer in ANSWERS if answer.without}


def test_reasons_are_features_known_to_be_lacking() -> None:
    """Each reason in not_yet.md is made of the features looked for, and each of these is used."""
    whole, parts = listed()
    assert set().union(*whole.values(), *parts.values()) == LACKS.keys()


@pytest.mark.parametrize("feature", LACKS)
def test_what_is_said_to_be_missing_is_missing(feature: str) -> None:
    """Nothing in the product is named like it, or new where it would be; else look again: answer
    the cases that wait for it, or tell this list what the new names are."""
    assert LACKS[feature].signs() == []


@pytest.mark.parametrize(
    "word", ["breaker", "retr_budget", "limiter", "rate_limit", "autoscal", "controller", "shed"]
)
def test_what_the_product_has_would_be_noticed(word: str) -> None:
    """A reason that names a feature the product has by now does not hold."""
    assert Lack((word,)).signs()


def test_what_is_new_in_the_kernel_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault or column that is not known of shows at each feature that rests on its part."""
    monkeypatch.setattr(layout, "FAULT_REPAIR", 99, raising=False)
    assert LACKS["repair crews"].signs() == ["FAULT: REPAIR"]
    monkeypatch.setitem(AS_IT_WAS, "fault", AS_IT_WAS["fault"].removesuffix(" pad"))
    assert LACKS["repair crews"].signs() == ["fault: pad", "FAULT: REPAIR"]


@pytest.mark.full
def test_published_shapes_without_a_tolerance_hold() -> None:
    """Hedges at the p98 make the p99.9 of a thousand reads at least ten times better for 5 % more
    reads; the last twentieth of many leaves takes at least half of the p99."""
    bigtable = found("hedged-requests-bigtable-simulator")
    assert float(bigtable["p999_ratio"]) > 10 and float(bigtable["extra_requests"]) < 0.05  # type: ignore[arg-type]
    leaves = found("tail-leaf-table-google-analytic")
    assert float(leaves["waiting_for_last_5pct_share_of_p99"]) >= 0.5  # type: ignore[arg-type]


def test_the_documented_collapse_is_that_of_the_case() -> None:
    """The table of collapsed runs in docs/laws tells what was published, and what is found here."""
    page = Path(__file__).parents[2] / "docs" / "laws" / "metastable.md"
    rows = re.findall(
        r"^\| (\d) s \| (\w+) \| (\S+) % \| (\S+) % \|$", page.read_text("utf-8"), re.MULTILINE
    )
    case, values = read("metastable-spike-retries"), found("metastable-spike-retries-simulator")
    metrics = {f"spike={s}.{policy}.collapsed_share": (was, here) for s, policy, was, here in rows}
    assert metrics.keys() == {name for name in case.expected if "collapsed_share" in name}
    for name, (was, here) in metrics.items():
        assert float(was) == pytest.approx(100 * case.expected[name].value)
        assert float(here) == pytest.approx(100 * float(values[name]))  # type: ignore[arg-type]
