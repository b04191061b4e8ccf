"""Rules that read the evidence of runs, where it is incomplete or of another type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from backend_lead.checks import rules
from tests.app.good_model import GOOD
from tests.checks.test_rules import evidence, run_of
from tests.checks.test_writes_lost import FAILOVER

DAMAGED = [None, "x", [], {}, -1, True, float("nan"), [1], {"x": 1}]
P99 = {"value": 0.1, "low": 0.09, "high": 0.11}
BAD = {  # what each rule that reads runs finds something in, by the part of the results
    "p99-proved": {"latency_s": {"app.order": {"p99": {"value": 0.4, "low": 0.35, "high": 0.45}}}},
    "put-aside": {"message_age_s": {"app.order": {"messages": 97, "put_aside": 3}}},
    "recovery-proved": {
        "recovery": {"verdict": "fail", "why": "as seen", "recover_s": 200.0, "limit_s": 120.0}
    },
    "writes-lost": {"failovers": [FAILOVER]},
}
ANSWERED = {"answered": {"verdict": "fail", "why": "as seen", "failed_share": 0.02}}


def damaged(told: Any) -> Iterator[Any]:
    """The same with one value, at any depth, taken away or replaced by one of another type."""
    yield from DAMAGED
    keys = told if isinstance(told, dict) else range(len(told)) if isinstance(told, list) else ()
    for key in keys:
        for one in damaged(told[key]):
            if isinstance(told, dict):
                yield {**told, key: one}
            else:
                yield [*told[:key], one, *told[key + 1 :]]
        if isinstance(told, dict):
            yield {name: value for name, value in told.items() if name != key}


def findings(rule: str, part: str, told: object) -> list[Any]:
    run = run_of(GOOD, {"app.order": (0.1, 0.09, 0.11)})
    kept = replace(run, id="zone-loss" if part in ("recovery", "answered") else "steady")
    kept = replace(kept, kind=kept.id, results={**run.results, part: told})
    return list(rules()[rule].check(evidence(GOOD, [kept])))


@pytest.mark.parametrize("rule", BAD)
def test_incomplete_evidence_is_not_known_and_never_a_crash(rule: str) -> None:
    """Whatever is missing or of another type: a finding that names the part, what it needs and the
    command, or the same finding as ever where the rule does not read it."""
    ((part, whole),) = BAD[rule].items()
    (bad,) = findings(rule, part, whole)
    assert bad.level in ("error", "warning")
    unread = 0
    for told in damaged(whole):
        for found in findings(rule, part, told):
            if f"`{part}`" in found.seen:
                unread += 1
                assert found.level == "unknown" and "does not say in full" in found.message
                assert found.allowed.startswith("each with ") and "run it again" in found.hint
    assert unread >= 2 * len(DAMAGED)


def test_a_run_of_random_failures_that_does_not_say_what_was_answered_is_not_known() -> None:
    """As it is of one that does not say when all was well again."""
    for told in damaged(ANSWERED["answered"]):
        *_, last = findings("recovery-proved", "answered", told)
        assert last.level == "unknown" or last.seen.endswith("of the requests failed")


@pytest.mark.parametrize("told", [
    {"p99": {**P99, "high": None}}, {"p99": {**P99, "high": float("inf")}},
    {"p99": {**P99, "high": float("nan")}},
])  # fmt: skip
def test_an_interval_without_an_end_is_read_alike_in_a_file_and_in_a_run_just_made(
    told: object,
) -> None:
    """Infinity is null in a file and a number before; neither is incomplete."""
    (found,) = findings("p99-proved", "latency_s", {"app.order": told})
    assert found.level == "unknown" and "reaches beyond the objective" in found.message
