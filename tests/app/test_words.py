"""What an expert stumbles over in an answer: one spelling, what options lack, the small thing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_lead.app.headline import headline
from backend_lead.app.smaller import smaller
from backend_lead.catalog.domains import load
from backend_lead.emit.management import broken
from backend_lead.emit.report.readme import emit as readme
from backend_lead.intake.brief import read_brief
from backend_lead.model.design import Trial
from backend_lead.model.finding import Finding
from backend_lead.model.units import nines
from backend_lead.search.searches import search
from tests.emit.sample_design import sample_design
from tests.emit.test_paths import by_rate

SMALL = "10 events per second and 20 GB"


@pytest.mark.parametrize(("value", "text"), [
    (0.99976, "99.976%"), (0.999756, "99.975%"), (0.9973, "99.73%"), (0.999, "99.9%"),
    (0.99899999, "99.89%"), (0.9995, "99.95%"), (0.99999, "99.999%"), (0.9, "90%"), (1.0, "100%"),
    (0.5, "50%"),
])  # fmt: skip
def test_an_availability_has_one_spelling(value: float, text: str) -> None:
    """Cut to two digits of what is missing, without zeros at the end, never rounded up."""
    assert nines(value) == text


def test_each_option_left_says_what_it_lacks() -> None:
    """Beside the promise a step was taken for, a cheaper option names what it leaves unkept."""
    trail = search(read_brief(SMALL).system, lambda _: None)
    step = next(d for d in trail.decisions if d.tactic == "multi-zone")
    left = [option for option in step.options if not option.chosen]
    assert len(left) > 3
    for option in left:
        assert "99.9% is promised" in option.why and "One lost zone still stops it" in option.why


def test_a_small_load_is_told_what_one_machine_would_do() -> None:
    """The first question names the smallest design, its bill and what it promises."""
    trail = search(read_brief(SMALL).system, lambda _: None)
    (question,) = smaller(trail)
    assert question.text.startswith("Would 2 machines for 245 USD/month do")
    assert "minutes a month" in question.text and "99.9%" in question.taken
    assert "app: 1 x m7g.large" in question.why and "99.7% availability, one zone" in question.why
    said = search(read_brief(f"{SMALL}, 99.9% availability").system, lambda _: None)
    assert smaller(said) == []


def test_a_fault_under_a_stated_rate_hits_requests() -> None:
    """Where no users are stated none are counted as affected, in the register and the README."""
    design = by_rate(sample_design())
    trials: list[Trial] = design.trials
    rows = list(broken.faults(design))
    assert len(rows) == len(trials) > 0
    assert all("users affected" not in r.effect and "requests failed" in r.effect for r in rows)
    assert "Users affected" not in readme(design)["README.md"]
    assert "Users affected" in readme(sample_design())["README.md"]


def test_one_live_stream_is_not_paid_for_all_month() -> None:
    """Who watches one thing live brings an assumed number of hours, with a range and a question."""
    one, many = read_brief("20k viewers of one live stream"), read_brief(
        "a platform for live streams, 20k concurrent viewers")  # fmt: skip
    peak = one.system.workload.peak.factor
    assert (peak.value, peak.range, peak.origin) == (12, (1, 180), "assumed")
    assert many.system.workload.peak.factor.value == 3
    asked = [q for q in one.questions if q.text.startswith("Is it watched all month")]
    assert len(asked) == 1 and "60 h live a month" in asked[0].taken
    usual = load("media-streaming").questions
    assert any(q in many.questions for q in usual if q.text == asked[0].text)
    never_ends = read_brief("20k viewers of one live stream, 24/7")
    assert never_ends.system.workload.peak.factor.value == 3


def test_a_budget_in_another_currency_is_not_compared() -> None:
    """One finding says so, its level is unknown, and the question asks for it in USD."""
    for said, code in (("5000 EUR a month", "EUR"), ("\u00a3300/month", "GBP")):
        found = read_brief(f"shop for 20k concurrent users, {said}")
        (told,) = (f for f in found.findings if f.rule == "brief-currency")
        assert told.level == "unknown" and "not compared" in told.message and code in told.message
        assert "USD" in told.hint and found.system.budget is None
        assert any("in USD?" in q.text for q in found.questions)


def test_one_concurrent_user_is_told_in_the_singular() -> None:
    """Headline and README of a design for one user speak of a user; more are users."""
    design = sample_design()
    assert "1M concurrent users" in headline(design)
    one = replace(design.figures["concurrent_users"], value=1.0, text="1")
    alone = replace(design, figures={**design.figures, "concurrent_users": one}, refusal=None)
    assert "1 concurrent user," in headline(alone)
    assert "1 concurrent users" not in "".join(readme(alone).values())


def test_the_first_line_says_what_is_not_known() -> None:
    """A rule alone leaves the objectives as met; a trial without a verdict does not."""
    design = sample_design()
    design.verdict, design.trials = "unknown", []
    design.latencies = [replace(x, verdict="pass") for x in design.latencies]
    design.findings = [Finding("object-access", "unknown", "whose `item` it reaches is not said.")]
    one = headline(design)
    assert "hold every objective for" in one
    assert one.endswith("not known: whose `item` it reaches is not said (rule object-access).")
    design.findings.append(Finding("field-access", "unknown", "who sees `name` is not said"))
    assert headline(design).endswith("(rule object-access); and 1 more.")
    design.trials = [replace(sample_design().trials[0], verdict="unknown", why="it did not end")]
    both = headline(design)
    assert "hold every objective for" not in both and "is not known:" in both
    assert design.trials[0].title in both and "it did not end" in both
    design.latencies = []
    assert "is not known: no request was run to its end" in headline(design)
