"""Sentences of a search for the smallest numbers there are."""

from __future__ import annotations

from backend_lead.app.model_file import read_checked_text
from backend_lead.search.assess import assess
from backend_lead.search.climb import state_of
from backend_lead.search.refusal_words import load
from backend_lead.search.wording import after_words, load_words, problem_words, usd
from tests.app.good_model import changed


def test_one_user_is_not_plural() -> None:
    """`1 concurrent user`, in decisions and refusals."""
    one = read_checked_text(changed(("users: 10k", "users: 1"))).system
    assert load(one) == "1 concurrent user"
    assert load_words(assess(one)).startswith("1 concurrent user (")


def test_a_step_that_carries_nothing_says_why() -> None:
    """Not `carries 0 requests/s`: which request is too late even without load, and what it may
    take."""
    model = read_checked_text(changed(("users: 10k", "users: 20"))).system
    start = state_of(model, [], [])
    slow = model.model_copy(deep=True)
    for slo in slow.slos:
        slo.p99 = slo.p99.model_copy(update={"value": 1e-5})
    after = state_of(slow, [], [])
    assert after.found.capacity == 0
    text = after_words(start, after, start, False)
    assert "even without load; 9 us is allowed" in text and "no longer carries any load" in text
    assert "carries 0" not in text and "latency without load of" not in text


def test_a_step_for_less_work_says_so() -> None:
    """What is saved may be complexity while the bill grows: both are told, before and after."""
    model = read_checked_text(changed(("users: 10k", "users: 20"))).system
    state = state_of(model, [], [])
    state.reach = 2.0
    total = usd(state.found.total_usd)
    assert state.holds and total != usd(state.found.cost.usd_month)
    assert f"{total} with its complexity" in problem_words(state.found)
    text = after_words(state, state, state, True)
    assert f"with its complexity {total} instead of {total}" in text
