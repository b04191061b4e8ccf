"""The envelope: what is in every answer, and how it is cut to size."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from backend_lead.agent.envelope import (
    CHARACTERS_MAX,
    OUTPUT_SCHEMA,
    ROWS_LEAST,
    Answer,
    Next,
    blocked,
    spelled,
)
from backend_lead.model.figure import Figure
from backend_lead.model.finding import Finding, Place

ROWS = st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=600), max_size=6),
                max_size=120)  # fmt: skip


@given(ROWS, ROWS, ROWS)
def test_an_answer_is_valid_and_small_whatever_is_in_it(
    first: list[dict[str, str]], second: list[dict[str, str]], third: list[dict[str, str]]
) -> None:
    """Lists are cut from their ends, the cut is counted, and the schema holds."""
    answer = Answer("done", "pass", assumptions=first, open_questions=second, more={"rows": third})
    found = answer.as_dict()
    Draft202012Validator(OUTPUT_SCHEMA).validate(found)
    size = len(spelled(found))
    kept = {name: len(found.get(name, [])) for name in ("assumptions", "open_questions", "rows")}
    assert size <= CHARACTERS_MAX + 100 or all(n <= ROWS_LEAST for n in kept.values())
    for name, rows in (("assumptions", first), ("open_questions", second), ("rows", third)):
        assert kept[name] + found.get("left_out", {}).get(name, 0) == len(rows)


def test_numbers_are_as_json_can_say_them() -> None:
    """No end becomes null and is left out; six digits are enough; the origin is always there."""
    figures = [Figure("p99", "p99", math.inf, "s", "no answer", "computed", low=0.123456789)]
    row = Answer("", "fail", figures=figures, more={"x": math.nan}).as_dict()
    assert "value" not in row["figures"][0] and row["figures"][0]["low"] == 0.123457
    assert row["figures"][0]["origin"] == "computed" and row["x"] is None
    json.loads(spelled(row))


def test_what_is_blocked_says_what_to_try() -> None:
    """The first finding is in the summary with its hint, how many more there are, and all below."""
    findings = [Finding("a", "error", "wrong", Place("f", 3), "x", "y", "do z"),
                Finding("b", "error", "also wrong")]  # fmt: skip
    found = blocked(findings).as_dict()
    assert found["status"] == "blocked" and found["verdict"] == "unknown"
    assert found["summary"].endswith("wrong (and 1 more). Try: do z")
    assert found["findings"][0] == {"rule": "a", "level": "error", "message": "wrong", "at": "f:3",
                                    "seen": "x", "allowed": "y", "try": "do z"}  # fmt: skip


def test_what_is_next_is_never_cut() -> None:
    """Next actions stay whole, however long the rest is."""
    then = [Next("check", {"model": "x"}, "why")] * 9
    rows = [{"a": "b" * 300}] * 200
    assert (
        len(Answer("", "pass", next_actions=then, assumptions=rows).as_dict()["next_actions"]) == 9
    )
