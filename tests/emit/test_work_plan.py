"""The plan for who builds: decisions in order, each with what proves it, nothing invented."""

from __future__ import annotations

import re
from dataclasses import replace

from backend_lead import emit
from backend_lead.emit.engineering.milestones import milestones
from backend_lead.emit.report import decisions
from backend_lead.model.design import Decision, Design, Option
from tests.emit.sample_design import bare_design, refused_design, sample_design


def plan(design: Design) -> str:
    return emit.render(design, "work-plan")["work-plan.md"]


def with_a_part_left_out() -> Design:
    """The sample, in which a fourth step does without the second's part."""
    design = sample_design()
    second = design.decisions[1]
    keep = Option("cache-aside", second.site, "Keep it.", second.after, False, "not needed")
    out = Option("do-without", second.site, "Leave it out.", second.before, True, "300 USD less")
    left = Decision(4, "0004", "Do without: cache product reads", "cache-aside", second.site,
                    "is each part still needed?", (out, keep), second.after, second.before,
                    "saved", "it comes back first", 0.0)  # fmt: skip
    design.decisions[1] = replace(second, status="superseded by 0004")
    design.decisions.append(left)
    return design


def test_each_decision_is_a_step_in_order() -> None:
    """Foundations, the smallest system, then every decision with its record, then the proof."""
    design = sample_design()
    titles = re.findall(r"^## (.*)$", plan(design), re.MULTILINE)
    wanted = ["Foundations", "The smallest system", *(d.title for d in design.decisions)]
    assert titles == [*(f"{i}. {t}" for i, t in enumerate(wanted, 1)), "6. Prove it",
                      "Measure first", "When to go on", "Not now"]  # fmt: skip
    for row in design.decisions:
        assert f"[The decision]({decisions.path(row)})" in plan(design)


def test_a_step_needs_only_steps_before_it() -> None:
    """Dependencies point back; a step at the same place as an earlier one comes after it."""
    design = sample_design()
    design.decisions[2] = replace(design.decisions[2], site="app")
    steps = milestones(design)
    assert all(n < step.number for step in steps for n in step.needs)
    assert steps[2].needs == (2,) and steps[4].needs == (2, 3)
    design.decisions[1] = replace(design.decisions[1], site="system")
    assert milestones(design)[4].needs == (2, 3, 4)


def test_each_step_says_all_it_must() -> None:
    """Why, what to build, how to verify with the figure, how to roll back to which load."""
    text = plan(sample_design())
    for step in text.split("\n## ")[1:6]:
        for word in ("**Why.**", "**Build.**", "**Verify.**", "**Roll back.**"):
            assert word in step, (word, step)
    cached = next(s for s in text.split("\n## ") if s.startswith("4. "))
    assert "Without it the system carries 310k users" in cached
    assert "under 620k users" in cached and "within 310 ms, which misses the 200 ms asked" in cached


def test_values_are_those_of_the_decision() -> None:
    """A step sets the fields whose origin names its decision, as the finished model has them."""
    design = sample_design()
    (step,) = (s for s in milestones(design) if s.sets)
    assert step.number == 3 and step.sets == ("`app.count`: 90",)
    origins = {"count": "computed: decision 0003, fewest"}
    design.system.components["app"].origins = origins
    assert [s.number for s in milestones(design) if s.sets] == [5]


def test_a_size_is_told_once_as_the_finished_design_has_it() -> None:
    """A step that settles sizes repeats none of those it came from; what no step sets stands with
    the smallest system."""
    design = sample_design()
    last = replace(design.decisions[2], tactic="sizing", summary="app: 80 x m7g.large becomes 90")
    design.decisions[2] = last
    app = design.system.components["app"]
    app.origins = {"instance": "computed: cheapest machine", "count": "computed: decision 0003"}
    text, steps = plan(design), milestones(design)
    assert "80 x" not in text and text.count("`app.count`: 90") == 1
    assert any(line.startswith("`app.instance`: ") for line in steps[1].sets)


def test_commands_are_those_of_runs_with_what_they_showed() -> None:
    """Each trial stands with the command that repeats it and its own figures."""
    design = sample_design()
    proof = plan(design).split("Prove it\n")[1].split("\n## ")[0]
    repeats = {run.id: run.repeat for run in design.runs}
    for trial in design.trials:
        line = next(x for x in proof.splitlines() if repeats[trial.run] in x)
        assert ("did not hold" in line) == (trial.verdict == "fail")
        assert ("healthy again after 11.4 s" in line) == (trial.id == "zone-loss")
    commands = set(re.findall(r"`(backend-lead simulate [^`]*)`", plan(design)))
    assert commands <= set(repeats.values())


def test_what_was_left_out_is_not_a_step() -> None:
    """A superseded decision and the one that drops it stand under *Not now* with the trigger."""
    design = with_a_part_left_out()
    steps, _, rest = plan(design).partition("## Not now")
    assert "Cache product reads" not in steps and "Do without" not in steps
    row = next(line for line in rest.splitlines() if "Cache product reads" in line)
    assert "300 USD less" in row and "no more than 310k users" in row


def test_options_nobody_took_have_a_trigger() -> None:
    """An option left open names the load at which the part it relieves is full."""
    rest = plan(sample_design()).partition("## Not now")[2]
    row = next(line for line in rest.splitlines() if line.startswith("| two replicas"))
    assert "at 1.61M users" in row


def test_assumptions_stand_with_both_bills() -> None:
    """Measure first: the number, the bill at each end, and how to measure it."""
    design = sample_design()
    design.flips = ()
    part = plan(design).split("## Measure first")[1].split("\n## ")[0]
    row = next(line for line in part.splitlines() if "Pause of a user" in line)
    assert "33,000 USD at 5 s" in row and "112,000 USD at 20 s" in row and "access log" in row
    assert "Computing time" not in part


def test_effort_is_not_invented() -> None:
    """No step has days, weeks or people; the page says that they are not known."""
    for design in (sample_design(), bare_design(), with_a_part_left_out()):
        text = plan(design)
        assert "is not known here" in " ".join(text.split())
        assert not re.search(r"\d\s*(?:person|man)?-?\s*(?:days?|weeks?|sprints?|people)\b", text)


def test_a_step_that_changes_nothing_today_says_so() -> None:
    """A way kept open to grow is no work now."""
    design = sample_design()
    last = design.decisions[2]
    design.decisions[2] = replace(last, growth=2.0, after=last.before, needed_above_users=0.0)
    step = plan(design).split("\n## 5. ")[1].split("\n## ")[0]
    assert "Nothing runs differently today" in step


def test_doubt_stands_before_the_steps() -> None:
    """A design that fails or was not run says so before anything is built."""
    assert "**Misses an objective**" in plan(sample_design()).split("\n## ")[0]
    assert "no figure to expect" in plan(bare_design())


def test_numbers_that_turn_the_choice_are_measured_before_all() -> None:
    """Each flip stands first with its value and test; the table of bills does not say it again."""
    design = sample_design()
    part = plan(design).split("## Measure first")[1].split("\n## ")[0]
    before, _, sizes = part.partition("Before the sizes are ordered")
    rows = [line for line in before.splitlines() if line.startswith("|")][2:]
    for flip, row in zip(design.flips, rows, strict=True):
        assert flip.text in row and flip.at_text in row and flip.test[1:20] in row
        assert flip.test[1:20] not in sizes
    row = next(line for line in sizes.splitlines() if "Pause of a user" in line)
    assert row.endswith("| above |") and "33,000 USD at 5 s" in row


def test_stages_say_when_to_go_on_and_what_is_built_then() -> None:
    """Each stage has its trigger; what the next one adds stands with it, and nowhere else."""
    design = sample_design()
    text = plan(design)
    part = text.split("## When to go on")[1].split("\n## ")[0]
    first, second, last = [x for x in part.splitlines() if x.startswith("|")][2:]
    assert "10k users" in first and "use of app cores reaches 58%" in first
    assert "then build stage 2: Cache reads of app; Spread app over zones." in first
    assert "Shard orders-db" not in first and "Shard orders-db" in second
    assert "p99 of app.place" in second and "reaches 171 ms" in second
    assert "beyond that nothing was designed" in last and "61,200 USD" in last
    assert "Spread app over zones" not in text.split("## Not now")[1]
    assert "takes a search" in plan(bare_design()).split("## When to go on")[1].split("\n## ")[0]


def test_a_refused_design_is_not_to_be_built() -> None:
    """What binds stands before the first step."""
    head = plan(refused_design()).split("\n## ")[0]
    assert "cannot be kept" in head and "398 times that" in head


def test_nothing_is_accepted_by_a_test_that_cannot_pass() -> None:
    """What the solver expects to be too late is measured, not accepted; a trial that fails in the
    model is no acceptance test."""
    design = sample_design()
    text = plan(design)
    for line in text.splitlines():
        if "the solver expects" in line and "ms)" in line:
            expected = float(line.partition("the solver expects ")[2].split()[0])
            assert expected <= 200
    assert "is measured, not accepted" in text
    assert "*did not hold* are what the model shows today, no acceptance test" in text
    design.trials = [replace(t, verdict="pass", recover_s=5.0) for t in design.trials]
    assert "no acceptance test" not in plan(design)


def test_a_trigger_leaves_room() -> None:
    """What was left out is looked at before a part is full, and says what its step cost."""
    rest = plan(sample_design()).partition("## Not now")[2]
    row = next(line for line in rest.splitlines() if line.startswith("| two replicas"))
    assert "look again when it is" in row and "full: at" not in row
    assert "was taken, which cost 61,200 USD" in row


def test_bills_of_steps_say_with_whose_data() -> None:
    """A step is priced with all data of the stated load; a smaller start has its own price."""
    text = plan(sample_design())
    assert "612 USD a month for the stage of 10k users" in text.split("\n## ")[0]
    assert "| Carries then, with all data |" in text
