"""Sentences of a search for the smallest numbers there are."""

from __future__ import annotations

from backend_lead.app.model_file import read_checked_text
from backend_lead.search.assess import assess
from backend_lead.search.refusal_words import load
from backend_lead.search.wording import load_words
from tests.app.good_model import changed


def test_one_user_is_not_plural() -> None:
    """`1 concurrent user`, in decisions and refusals."""
    one = read_checked_text(changed(("users: 10k", "users: 1"))).system
    assert load(one) == "1 concurrent user"
    assert load_words(assess(one)).startswith("1 concurrent user (")
