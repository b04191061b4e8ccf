"""work-plan.md: the order in which to build a design, so that every step can be deployed."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_lead.emit.engineering import going_on, measure_first
from backend_lead.emit.engineering.milestones import (
    SIZING,
    Milestone,
    accepted,
    expected,
    flat,
    leaves_out,
    milestones,
    peak,
    steady_run,
)
from backend_lead.emit.report import decisions, objectives
from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import cell, ended, micro, sentence, share
from backend_lead.model.design import Bottleneck, Decision, Design, Option
from backend_lead.model.units import rate_of

ID = "work-plan"
GROUP = "engineering"
FILES = ("work-plan.md",)
FIRST_STEP = 3  # the number of the first decision's step: after foundations and smallest system
ROOM_LEFT = 0.75  # use at which to look again where no stage says; the planned use of cores


def emit(design: Design) -> dict[str, str]:
    """Write the plan: steps, what to measure first, what not to build now."""
    steps = milestones(design)
    parts = [
        f"# Work plan for {cell(design.title)}",
        "Order and dependencies only: how long a step takes depends on who builds it and is not "
        "known here. After each step the system serves. Sizes are those of the finished design, "
        "each told once, under *Set* of the step that brings it. Load and bill of a step are "
        "those of the smallest sizes with which it was weighed, by the solver, with one zone lost "
        "once there are several: with the sizes under *Set* it costs more. From the first step on "
        "they count with all the data of the stated load: who starts with fewer users and their "
        f"data pays less{_start(design)}.",
        *_doubt(design),
        _overview(steps),
        *(text for step in steps for text in _step(design, step)),
        f"## {len(steps) + 1}. Prove it",
        *_proof(design),
        "## Measure first",
        *measure_first.section(design),
        "## When to go on",
        *going_on.section(design),
        "## Not now",
        *_not_now(design),
    ]
    return {"work-plan.md": "\n\n".join(parts) + "\n"}


def _doubt(design: Design) -> Iterator[str]:
    """What to know before starting where the design does not hold, or is not known to."""
    if design.refusal:
        binds = cell(ended(micro("; ".join(design.refusal.binds))))
        yield (f"**What was asked cannot be kept**: {binds} Decide what to give up before anything "
               "is built; [README.md](README.md) has the closest that can be.")  # fmt: skip
    elif design.verdict != "pass":
        word = objectives.word(design)
        why = "; ".join(objectives.reasons(design)[:3])
        yield (f"**{word}**: {cell(ended(why))} Build up to the last step that is not in doubt, "
               "and settle this first.")  # fmt: skip


def _start(design: Design) -> str:
    """The first stage of the roadmap, where it is smaller than what is asked."""
    first = next(iter(design.stages), None)
    if first is None or first.factor >= 1:
        return ""
    read = PathReadings(design)
    return (f": {read.stage(first, 'usd_month').text} a month for the stage of "
            f"{read.load(first).text} (*When to go on*)")  # fmt: skip


def _overview(steps: list[Milestone]) -> str:
    lines = [
        "| Step | | After | Carries then, with all data | A month, as weighed |",
        "| ---: | --- | --- | ---: | ---: |",
    ]
    for step in steps:
        needs = ", ".join(str(n) for n in step.needs) or "-"
        lines.append(f"| {step.number} | {cell(step.title)} | {needs} | {step.carries or '-'} | "
                     f"{step.bill or '-'} |")  # fmt: skip
    lines.append(f"| {len(steps) + 1} | Prove it | {len(steps)} | | |")
    return "\n".join(lines)


def _step(design: Design, step: Milestone) -> Iterator[str]:
    yield f"## {step.number}. {cell(step.title)}"
    record = _record(design, step)
    yield f"**Why.** {cell(step.why)}" + (f" [The decision]({record})." if record else "")
    yield "**Build.**\n\n" + "\n".join(f"- {line}" for line in step.build)
    if step.sets:
        yield "**Set**: " + "; ".join(step.sets) + "."
    if step.verify:
        yield "**Verify.**\n\n" + "\n".join(f"- {line}" for line in step.verify)
    yield f"**Roll back.** {step.back}"


def _record(design: Design, step: Milestone) -> str:
    """Where the record of the decision behind a step stands; empty for the first two."""
    rows = accepted(design)
    at = step.number - FIRST_STEP
    return decisions.path(rows[at]) if 0 <= at < len(rows) else ""


def _proof(design: Design) -> Iterator[str]:
    """The runs of the whole design with what each must show."""
    run = steady_run(design)
    rows = [(run.repeat, f"{objectives.word(design)}; {peak(design)}")] if run else []
    runs = {r.id: r for r in design.runs}
    rows += [(runs[t.run].repeat, expected(design, t)) for t in design.trials if t.run in runs]
    if not rows:
        yield "Nothing was run yet; there is no figure to expect."
        return
    if any(trial.verdict == "fail" for trial in design.trials):
        yield ("Lines that say *did not hold* are what the model shows today, no acceptance test: "
               "they are to be settled before it is built.")  # fmt: skip
    yield ("The model first, then the same on what was built: the load of the first line, the "
           "faults of the others.")  # fmt: skip
    lines = ["| Command | Expect |", "| --- | --- |"]
    lines += [f"| `{command}` | {cell(what)} |" for command, what in rows]
    yield "\n".join(lines)


def _not_now(design: Design) -> Iterator[str]:
    left = [row for row in design.decisions if row.status != "accepted"]
    options = _left_open(design)
    if not left and not options:
        yield "Nothing was weighed and left out: no search was made for this model."
        return
    yield ("Deliberately not built: each costs something every day and is not needed for the "
           "stated load. Loads and bills are those of the design at the step at which it was "
           "weighed last, not of the finished one. The trigger says when to look again: while "
           "there is room, not when something is full.")  # fmt: skip
    lines = ["| Not built | Why not | Trigger |", "| --- | --- | --- |"]
    without = {(d.tactic, d.site): d for d in design.decisions if leaves_out(d)}
    for row in left:
        why = without.get((row.tactic, row.site))
        because = next((o.why for o in why.options if o.chosen), "") if why else row.status
        when = decisions.needed(design, row) or "the promise it was taken for"
        lines.append(f"| [{cell(row.title)}]({decisions.path(row)}) | {cell(because)} | "
                     f"{cell(when)} |")  # fmt: skip
    for row, option in options:
        because, when = cell(_weighed(design, row, option)), _trigger(design, option)
        lines.append(f"| {cell(option.summary)} | {because} | {when} |")
    yield "\n".join(lines)


def _weighed(design: Design, row: Decision, option: Option) -> str:
    """Why an option was left, beside what the step that was taken instead cost."""
    number = accepted(design).index(row) + FIRST_STEP
    read = Readings(design)
    instead = read.measure(row, "after", row.after, "usd_month")
    cost = f", which cost {instead.text}" if instead else ""
    return f"At step {number}, where “{row.title}” was taken{cost}: {sentence(option.why)}"


def _left_open(design: Design) -> list[tuple[Decision, Option]]:
    """Options that no decision took, each with the last decision that saw it."""
    taken = {(row.tactic, row.site) for row in design.decisions}
    seen: dict[tuple[str, str], tuple[Decision, Option]] = {}
    for row in accepted(design):
        for option in row.options:
            if not option.chosen and row.tactic != SIZING and not _is_there(design, option):
                seen[option.tactic, option.site] = row, option
    return [found for key, found in sorted(seen.items(), key=lambda kv: kv[0]) if key not in taken]


def _trigger(design: Design, option: Option) -> str:
    """The load near which a part it relieves is full; for the system, the first that is full."""
    necks = design.capacity.bottlenecks if design.capacity else ()
    relieved = _relieved(design, option)
    own = [n for n in necks if n.component in relieved]
    first = min(own or necks, key=lambda n: n.at_requests_per_s, default=None)
    return _full(design, first) if first else "not known"


def _relieved(design: Design, option: Option) -> set[str]:
    """The site; of reads that are kept elsewhere, the stores that are asked less."""
    part = design.system.components.get(option.site)
    if option.tactic != "cache-aside" or part is None:
        return {option.site}
    steps = [step for end in part.endpoints.values() for step in flat(end.does)]
    return {step.query.partition(".")[0] for step in steps if step.query}


def _is_there(design: Design, option: Option) -> bool:
    """Whether the finished design has it for another reason: several zones, several instances."""
    part = design.system.components.get(option.site)
    return option.tactic == "horizontal-scale" and part is not None and (part.count or 1) > 1


def _full(design: Design, neck: Bottleneck) -> str:
    read = Readings(design)
    column = "at_users" if read.by_users else "at_requests_per_s"
    load = read.bottleneck(neck, column).text
    load = f"{load} users" if read.by_users else rate_of(load, "requests")
    return f"{cell(neck.resource)}, full at {load}: {_soon(design, neck)}"


def _soon(design: Design, neck: Bottleneck) -> str:
    """When to look again: at the trigger of today's stage, else where as much room is left."""
    stage = next((s for s in design.stages if s.factor == 1), None)
    name = f"{neck.component} {neck.resource.partition(' of ')[0]}"
    if stage is not None and stage.metric == name:
        return f"look again when it is {share(stage.alert_at)} in use (*When to go on*)"
    part = design.system.components.get(neck.component)
    zones, count = (part.zones, part.count or 1) if part else (1, 1)
    if zones < 2 or count < zones:
        return f"look again when it is {share(ROOM_LEFT)} in use"
    left = 1 - math.ceil(count / zones) / count
    return (f"look again when it is {share(ROOM_LEFT * left)} in use on a normal day, "
            f"{share(ROOM_LEFT)} with a zone lost")  # fmt: skip
