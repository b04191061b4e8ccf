"""A model that asks its primary for too many commits is told so, with what helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_lead.app.check import evidence_of
from backend_lead.app.model_file import read_checked_text
from backend_lead.checks import rules
from tests.logged_model import direct


@pytest.mark.parametrize(("rate", "rule", "words"), [
    ("9k/s", "headroom", ("`db`: commits 90% in use", "up to 80%", "write in batches", "shard")),
    ("12k/s", "load-carried", ("120% of its commits", "each batch once", "below 100%")),
])  # fmt: skip
def test_a_log_that_is_too_busy_is_found(rate: str, rule: str, words: tuple[str, ...]) -> None:
    """Nearly full is a warning, more than full an error; half full is neither."""

    def told(rate: str) -> list[str]:
        reading = read_checked_text(direct(("rate: 5k/s", f"rate: {rate}")))
        evidence, _ = evidence_of(reading, Path("/nowhere"))
        found = [f for f in rules()[rule].check(evidence) if "commits" in f.message]
        return [f"{f.message} {f.seen} {f.allowed} {f.hint}" for f in found]

    (said,) = told(rate)
    assert all(word in said for word in words), said
    assert told("5k/s") == []
