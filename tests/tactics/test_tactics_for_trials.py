"""Tactics that answer a trial: the same trial without them, and with them."""

from __future__ import annotations

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.checks import rules
from backend_lead.intake.brief import read_brief
from backend_lead.model.design import Trial
from backend_lead.model.system import System
from backend_lead.search.climb import climb_preferring
from backend_lead.tactics import tactics
from backend_lead.views.resolve import resolve
from tests.tactics.test_every_tactic import unbounded


@pytest.fixture(scope="module")
def system() -> System:
    """A design that is fully used at peak."""
    brief = read_brief("an app backend for 20k concurrent users")
    return climb_preferring(brief.system, "simplest").final.found.system


def tried(system: System, fault: str) -> Trial:
    return simulation.trial(simulation.run_fault(resolve(system), FAULTS[fault], 1), fault)


def test_every_tactic_for_trials_names_one() -> None:
    """What a tactic answers is a fault or a rule there is."""
    named = {word for tactic in tactics().values() for word in tactic.answers}
    assert named & set(FAULTS) and named <= set(FAULTS) | set(rules())


def test_bounded_retries_end_a_storm(system: System) -> None:
    """Without a bound the storm outlasts its cause by far; with it, by seconds."""
    before = tried(unbounded(system), "retry-storm")
    tactic = tactics()["retry-budget"]
    after = tried(tactic.apply(unbounded(system), "system").system, "retry-storm")
    assert before.recover_s is None or before.recover_s > 30
    assert after.verdict == "pass" and after.recover_s is not None and after.recover_s < 10


def test_shedding_keeps_a_crowd_served_in_time(system: System) -> None:
    """Of three times the peak, fewer are answered late: the worst second's p99 falls."""
    before = tried(system, "flash-crowd")
    after = tried(tactics()["load-shedding"].apply(system, "app").system, "flash-crowd")
    assert after.p99_worst_s < before.p99_worst_s
    assert after.verdict == "pass"
