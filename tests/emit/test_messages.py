"""Messages in the pages: how old they are when handled, against what their topic promises."""

from __future__ import annotations

from dataclasses import replace

from backend_lead.emit.report import objectives, readme, report_html
from backend_lead.model.messages import MessageAge
from tests.emit.sample_design import sample_design

AGE = MessageAge("log.readings", "store.store", 60_000, 20, 0, 0.012, 0.034, 5.0, "pass",
                 "load-7c1e")  # fmt: skip


def test_ages_stand_in_both_pages() -> None:
    """Topic, handler, ages and objective are in the report and in the README."""
    design = replace(sample_design(), ages=[AGE])
    for text in (*report_html.emit(design).values(), *readme.emit(design).values()):
        assert "log.readings" in text and "store.store" in text
        assert "34 ms" in text and "5 s" in text


def test_messages_that_are_too_old_are_a_reason() -> None:
    """A design whose messages come too late says so beside its verdict."""
    late = replace(AGE, p99_s=9.0, verdict="fail")
    assert "messages of log.readings are handled too late" in objectives.reasons(
        replace(sample_design(), ages=[late])
    )
