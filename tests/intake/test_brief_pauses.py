"""Briefs that state how often each of many people asks."""

from __future__ import annotations

import pytest

from backend_lead.intake.brief import read_brief


@pytest.mark.parametrize(
    ("text", "at_once"),
    [
        ("Ride hailing backend: 50k drivers sending their position every 4 seconds", 50_000),
        ("Backend for 50k drivers who send one message a minute", 50_000),
        ("App: 80000 users, each polls every 30 seconds", 80_000),
        ("Web app for 20k users with a think time of 5 s", 20_000),
    ],
)
def test_people_who_come_back_after_a_pause_are_there_at_once(text: str, at_once: int) -> None:
    """Where a pause of each of them is stated, a plain number of people is the number at once."""
    clients = read_brief(text).system.workload.clients.values()
    assert sum(c.users.value for c in clients if c.users) == at_once


@pytest.mark.parametrize(
    "text",
    [
        "App for 10k registered users polling every 5 s",
        "App for 10k users in total, polling every 5 s",
        "App for 10k users, prices refresh every 5 s",
        "Shop with 10k users and 1 order a minute",
    ],
)
def test_a_pause_of_something_else_leaves_the_people_as_they_are(text: str) -> None:
    """Registered people, people in total and pauses of other things are no number at once."""
    clients = read_brief(text).system.workload.clients.values()
    assert sum(c.users.value for c in clients if c.users) < 1000
