"""The decisions as MADR 4 records, with what each option would have given, and their index."""

from __future__ import annotations

import math

from backend_lead.emit.report import objectives
from backend_lead.emit.report.need import need
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import availability as percent
from backend_lead.emit.report.wording import cell, count, number, sentence, slug
from backend_lead.emit.report.wording import load as worded
from backend_lead.model.design import Decision, Design, Measure, Option
from backend_lead.model.units import counted, rate_text

ID = "decisions"
GROUP = "decisions"
FILES = ("decisions/README.md",)
MORE = r"decisions/\d{4}-[a-z0-9-]+\.md"
_CONFIRMED_BY = ("p99", "max_users")
_LIMIT = "no steady state"


def path(row: Decision) -> str:
    """Where the record of a decision stands."""
    return f"decisions/{row.number:04d}-{slug(row.title)}.md"


def emit(design: Design) -> dict[str, str]:
    """Write one record per decision and the index of all."""
    out = {path(row): _record(design, row) for row in design.decisions}
    return out | {"decisions/README.md": _index(design)}


def _index(design: Design) -> str:
    lines = [f"# Decisions of {cell(design.title)}", "", "What they lead to:", ""]
    for five in objectives.rows(design):
        lines.append(f"- {five.label}: **{cell(five.text)}**")
    lines.append("")
    if not design.decisions:
        lines.append("None: the first design was enough, or nothing was searched.")
        return "\n".join(lines) + "\n"
    lines += ["| | Decision | Status | Needed |", "| --- | --- | --- | --- |"]
    for row in design.decisions:
        name = path(row).removeprefix("decisions/")
        found = need(design, row)
        why = found.short if found else "-"
        lines.append(f"| {row.number:04d} | [{cell(row.title)}]({name}) | {row.status} | "
                     f"{why} |")  # fmt: skip
    return "\n".join(lines) + "\n"


def _record(design: Design, row: Decision) -> str:
    read = Readings(design)
    date = design.versions.get("date")
    front = ["---", f"status: {row.status}", *([f"date: {date}"] if date else []), "---"]
    chosen = next((o for o in row.options if o.chosen), None)
    parts = [
        "\n".join(front),
        f"# {cell(row.title)}",
        "## Context and Problem Statement",
        cell(sentence(row.problem)),
        f"Before this step the design carries {_load(read, row, 'before', row.before)}"
        f"{_doubt(row.before, design)}; "
        f"{_limited(row)} {cell(row.before.limit) or 'not known'}.",
        "## Decision Drivers",
        _drivers(design, row),
        "## Considered Options",
        "\n".join(f"* {_name(o)}: {cell(o.summary)}" for o in row.options) or "* none recorded",
        "## Decision Outcome",
        _outcome(row, chosen),
        _table(read, row),
        "### Consequences",
        f"* Good, because the design then carries {_load(read, row, 'after', row.after)}"
        f"{_doubt(row.after, design)}\n"
        f"* Bad, because {cell(row.costs) or 'what it costs was not recorded'}",
        "### Confirmation",
        _confirmation(design),
        "## Pros and Cons of the Options",
        *(_option(read, row, option) for option in row.options),
        "## More Information",
        _revisit(design, row),
    ]
    return "\n\n".join(parts) + "\n"


def needed(design: Design, row: Decision) -> str:
    """What the step is needed for, as a sentence; empty where that is said by its problem."""
    found = need(design, row)
    return found.text if found else ""


def _limited(row: Decision) -> str:
    """What the limit before a step is called: with the load carried, only the busiest resource."""
    return "what limits it is" if row.for_load else "its busiest resource is"


def _doubt(found: Measure, design: Design) -> str:
    """What is not kept though the load is carried: availability below its objective."""
    asked = max((slo.availability.value for slo in design.system.slos), default=0.0)
    if found.availability >= asked:
        return ""
    return f" (the load alone: available {percent(found.availability)} of the time only)"


def _revisit(design: Design, row: Decision) -> str:
    why = needed(design, row)
    if row.for_load:
        return (
            f"{why} Revisit it when less load comes, or when measurements show that what it "
            f"relieves, {cell(row.before.limit)}, would not be the limit without it."
        )
    if row.growth:
        return f"{why} Revisit it when the load will not grow that far."
    return "Revisit it when the load or the measured service times change."


def _name(option: Option) -> str:
    return f"`{cell(option.tactic)}` at `{cell(option.site)}`"


def _load_column(read: Readings) -> str:
    return "max_users" if read.by_users else "requests_per_s"


def _load(read: Readings, row: Decision, state: str, measure: Measure) -> str:
    figure = read.measure(row, state, measure, _load_column(read))
    if figure is None:
        return "an unknown load"
    return f"{worded(figure)}, answered in time"


def _drivers(design: Design, row: Decision) -> str:
    lines = []
    for slo in design.system.slos:
        whose = "every journey" if slo.journey == "*" else f"the journey {slo.journey}"
        lines.append(f"* {whose}: p99 at most {slo.p99.text}, availability at least "
                     f"{slo.availability.text}")  # fmt: skip
    users = design.figures.get("concurrent_users")
    if users:
        lines.append(f"* {counted(users.text, 'concurrent user')} ({users.origin})")
    elif stated := _stated_rate(design):
        lines.append(f"* {stated}")
    if row.growth:
        lines.append(f"* growth to {number(row.growth)}x the stated peak by turning knobs alone "
                     "(assumed)")  # fmt: skip
    if design.system.budget:
        lines.append(f"* budget {design.system.budget.text}")
    return "\n".join([*lines, "* the simplest design that meets these"])


def _stated_rate(design: Design) -> str:
    """The load at peak where it is stated as a rate, with its origin."""
    rates = [c.rate for c in design.system.workload.clients.values() if c.rate]
    if not rates:
        return ""
    return f"{rate_text(sum(r.value for r in rates), 'requests', count)} ({rates[0].origin})"


def _outcome(row: Decision, chosen: Option | None) -> str:
    if chosen is None:
        return "No option was chosen."
    what = "" if chosen.summary == row.summary else f" {cell(sentence(row.summary))}"
    return f"Chosen option: {_name(chosen)}, because {cell(chosen.why)}.{what}"


def _cells(read: Readings, row: Decision, state: str, measure: Measure) -> list[str]:
    columns = (_load_column(read), "p99_s", "usd_month")
    figures = [read.measure(row, state, measure, c) for c in columns]
    load, p99, cost = (figure.text if figure else _LIMIT for figure in figures)
    grows = f"{number(measure.reach)}x" if measure.reach else "-"
    return [load, p99, percent(measure.availability), cost, grows]


def _table(read: Readings, row: Decision) -> str:
    states = [("before", "before", row.before)]
    for option in row.options:
        mark = " **(chosen)**" if option.chosen else ""
        states.append((f"{option.tactic} at {option.site}", _name(option) + mark, option.after))
    most = "users" if read.by_users else "requests"
    lines = [f"| | Most {most} | p99 | Availability | Cost a month | Grows to | Then limited by |",
             "| --- | ---: | ---: | ---: | ---: | ---: | --- |"]  # fmt: skip
    for state, words, measure in states:
        values = " | ".join(_cells(read, row, state, measure))
        lines.append(f"| {words} | {values} | {cell(measure.limit)} |")
    how = (
        "Computed by the analytic solver, with one zone lost and the margins of planning. "
        "*Grows to*: the load, as a multiple of the stated one, that turning knobs "
        "alone (sizes and numbers of what is there) could carry; looked for up to the growth that "
        "is asked for."
    )
    return "\n".join(lines) + f"\n\n{how}"


def _confirmation(design: Design) -> str:
    commands = [design.figures[w].repeat for w in _CONFIRMED_BY if w in design.figures]
    unique = list(dict.fromkeys(command for command in commands if command))
    if not unique:
        return "Not confirmed by a run."
    return "The finished design was run:\n\n```sh\n" + "\n".join(unique) + "\n```"


def _changes(was: Measure, now: Measure, before: list[str], after: list[str]) -> list[str]:
    """What the option makes better and worse; what stays the same is not listed, nor is anything
    of what carries no load at all."""
    rows = [
        ("the load carried goes", now.requests_per_s - was.requests_per_s, 0),
        ("availability goes", now.availability - was.availability, 2),
        ("the load it can grow to goes", now.reach - was.reach, 4),
        ("p99 goes", (was.p99_s or math.inf) - (now.p99_s or math.inf), 1),
        ("the cost a month goes", was.usd_month - now.usd_month, 3),
    ]
    rows = rows if now.requests_per_s > 0 else rows[:1]
    return [
        f"* {'Good' if gain > 0 else 'Bad'}, because {what} from {before[i]} to {after[i]}"
        for what, gain, i in rows
        if before[i] != after[i] and "-" not in (before[i], after[i])
    ]


def _option(read: Readings, row: Decision, option: Option) -> str:
    state = f"{option.tactic} at {option.site}"
    after = _cells(read, row, state, option.after)
    before = _cells(read, row, "before", row.before)
    lines = [
        f"### {_name(option)}",
        "",
        cell(sentence(option.summary)),
        "",
        *_changes(row.before, option.after, before, after),
        f"* {'Chosen' if option.chosen else 'Not chosen'}: {cell(sentence(option.why))}",
    ]
    return "\n".join(lines)
