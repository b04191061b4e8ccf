"""Designs whose trials fail, or that break a rule, get the cheapest step that answers it."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_lead.app.design import Request, design, read_model
from backend_lead.app.progress import Interrupted, Progress
from backend_lead.app.repair import rules_kept
from backend_lead.model.design import Design
from backend_lead.search.climb import climb

DOCS = Path(__file__).resolve().parents[2] / "docs" / "tactics" / "examples"


@pytest.fixture(scope="module")
def mended() -> Design:
    """The design for clients who retry without a bound."""
    return design(read_model(str(DOCS / "retry-budget.yaml")))


def test_a_failed_trial_brings_the_step_that_answers_it(mended: Design) -> None:
    """Every trial is recovered from in the end, run on the design that is given."""
    taken = {decision.tactic: decision for decision in mended.decisions}
    assert "retry-budget" in taken and mended.system.workload.deadlines
    assert mended.trials and all(trial.verdict == "pass" for trial in mended.trials)
    assert {run.model_digest for run in mended.runs} == {mended.digest}


def test_the_record_shows_the_trial_before_and_after(mended: Design) -> None:
    """The problem is the failed trial; the option taken and the one left say what came of them."""
    step = next(d for d in mended.decisions if d.tactic == "retry-budget")
    assert step.problem.startswith("The trial '") and "not healthy again" in step.problem
    chosen, left = step.options[0], step.options[-1]
    assert chosen.chosen and "the trial passes: healthy again after" in chosen.why
    assert "without the step" in chosen.why
    assert left.tactic == "as-found" and not left.chosen
    assert "decision " + step.id in mended.system.workload.origins["deadlines"]


def test_a_design_whose_trials_pass_is_left_alone() -> None:
    """No step is taken that nothing asks for."""
    asked = read_model(str(DOCS / "circuit-breaker.yaml"))
    found = design(Request(asked.system))
    assert not {d.tactic for d in found.decisions} & {"circuit-breaker", "bulkhead"}


def test_a_rule_that_a_tactic_answers_is_kept() -> None:
    """Replicas and a journey that reads what it wrote: own writes go to the primary."""
    trail = climb(read_model(str(DOCS / "read-your-writes.yaml")).system)
    kept = rules_kept(trail, Progress())
    step = kept.decisions[-1]
    assert step.tactic == "read-your-writes" and "journey `buy` writes" in step.problem
    assert kept.final.found.system.components["db"].own_writes is not None
    assert kept.final.found.capacity >= 1
    assert rules_kept(kept, Progress()).decisions == kept.decisions


class StopsAt(Progress):
    """A user who asks to stop as soon as a stage that says this begins."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def stage(self, text: str) -> None:
        if self.text in text:
            self.stop.set()


@pytest.mark.parametrize("text", [
    "not recovered from; trying", "trying the mended design anew", "alternatives", "a stage of",
])  # fmt: skip
def test_a_stop_is_heard_while_a_design_is_mended(text: str) -> None:
    """In the trial of each step, in the second judgement, and in the look at what else there is."""
    stops = StopsAt(text)
    with pytest.raises(Interrupted):
        design(read_model(str(DOCS / "retry-budget.yaml")), progress=stops)
    assert stops.stop.is_set()


def test_a_stop_is_heard_while_rules_are_kept() -> None:
    """Where a rule is broken, before its steps are sized."""
    trail, stops = climb(read_model(str(DOCS / "read-your-writes.yaml")).system), Progress()
    stops.stop.set()
    with pytest.raises(Interrupted):
        rules_kept(trail, stops)
