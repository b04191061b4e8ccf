"""The words of a decision record: what a step was needed for, and when to look at it again."""

from __future__ import annotations

import re
from dataclasses import replace

from backend_lead.emit.report import decisions, readme, report_html
from backend_lead.model.design import Decision, Design
from backend_lead.model.quantity import Rate
from tests.emit.sample_design import sample_design


def with_first(**changes: object) -> tuple[Design, Decision]:
    """The sample with its first decision changed."""
    design = sample_design()
    row = replace(design.decisions[0], **changes)  # type: ignore[arg-type]
    design.decisions[0] = row
    return design, row


def by_rate() -> tuple[Design, Decision]:
    """The sample for callers of a stated rate instead of users."""
    design, row = with_first(problem="the application is full", needed_above_users=0.0,
                            needed_above_per_s=1_100.0)  # fmt: skip
    none = replace(row.before, max_users=0.0)
    row = replace(row, before=none, after=replace(row.after, max_users=0.0))
    design.decisions[0] = row
    for client in design.system.workload.clients.values():
        client.users, client.rate = None, Rate.model_validate("25k/s")
    design.figures.pop("concurrent_users", None)
    return design, row


def test_the_limit_to_watch_is_the_one_the_step_relieved() -> None:
    """A record is looked at again when the limit before the step would no longer be one."""
    design, row = with_first()
    text = decisions.emit(design)[decisions.path(row)]
    last = text[text.index("## More Information") :]
    assert row.before.limit != row.after.limit
    assert row.before.limit in last and row.after.limit not in last
    assert "no more than 12k users, at the sizes it had, with the data" in last


def test_a_step_for_growth_says_so() -> None:
    """Where the load was carried before, no load is named; the growth is, and drives it."""
    design, row = with_first(needed_above_users=0.0, growth=2.0)
    text = decisions.emit(design)
    record = text[decisions.path(row)]
    assert "* growth to 2x the stated peak by turning knobs alone (assumed)" in record
    assert "Needed to be able to grow to 2 times the stated load." in record
    assert "eeded above" not in record
    assert "to be able to grow to 2 times" in text["decisions/README.md"]
    assert "able to grow to 2 times" in readme.emit(design)["README.md"]
    assert "able to grow to 2 times" in report_html.emit(design)["report.html"]
    other = decisions.emit(design)[decisions.path(design.decisions[1])]
    assert "growth to" not in other


def test_a_stated_rate_is_told_in_requests() -> None:
    """Where no users are stated, loads are requests a second."""
    design, row = by_rate()
    text = decisions.emit(design)
    record = text[decisions.path(row)]
    assert "carries 1,100 requests/s, answered in time" in record
    assert "Most requests" in record and " users" not in record
    assert "requests/s (stated)" in record
    assert "than 1,100 requests/s" in text["decisions/README.md"]


def test_needed_above_means_the_same_in_the_decisions_and_in_the_roadmap() -> None:
    """A step that a later stage brings is needed above what the stage before it can be grown to; so
    say the record, the README, the page and the roadmap."""
    design, row = with_first(title="Shard orders-db")
    record = decisions.emit(design)[decisions.path(row)]
    assert "Needed above 620k users: so far larger sizes of the parts of stage 2 hold" in record
    text = readme.emit(design)["README.md"]
    assert text.count("above 620k users") == 3 and "above 12k users" not in text
    page = report_html.emit(design)["report.html"]
    assert re.search(r"Needed above [^.]*620k users", page)


def test_a_load_carried_is_not_called_a_promise_kept() -> None:
    """Where availability is below its objective, what is carried is the load alone."""
    low = replace(sample_design().decisions[0].after, availability=0.9985)
    design, row = with_first(after=low)
    record = decisions.emit(design)[decisions.path(row)]
    good = next(line for line in record.splitlines() if line.startswith("* Good, because the des"))
    assert "then carries 310k users" in good and "available 99.85% of the time only" in good
    assert "within its objectives" not in record
