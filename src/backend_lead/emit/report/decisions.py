"""The decisions as MADR 4 records, with what each option would have given, and their index."""

from __future__ import annotations

from backend_lead.emit.report import objectives
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import availability as percent
from backend_lead.emit.report.wording import cell, number, sentence, slug
from backend_lead.model.design import Decision, Design, Measure, Option

ID = "decisions"
GROUP = "decisions"
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
    read = Readings(design)
    lines += ["| | Decision | Status | Needed above |", "| --- | --- | --- | ---: |"]
    for row in design.decisions:
        name = path(row).removeprefix("decisions/")
        needed = f"{read.needed(row).text} users" if row.needed_above_users else "-"
        lines.append(f"| {row.number:04d} | [{cell(row.title)}]({name}) | {row.status} | "
                     f"{needed} |")  # fmt: skip
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
        f"Before this step the design holds {_users(read, row, 'before', row.before)}; what limits "
        f"it is {cell(row.before.limit) or 'not known'}.",
        "## Decision Drivers",
        _drivers(design),
        "## Considered Options",
        "\n".join(f"* {_name(o)}: {cell(o.summary)}" for o in row.options) or "* none recorded",
        "## Decision Outcome",
        _outcome(row, chosen),
        _table(read, row),
        "### Consequences",
        f"* Good, because the design then holds {_users(read, row, 'after', row.after)}\n"
        f"* Bad, because {cell(row.costs) or 'what it costs was not recorded'}",
        "### Confirmation",
        _confirmation(design),
        "## Pros and Cons of the Options",
        *(_option(read, row, option) for option in row.options),
        "## More Information",
        _revisit(read, row),
    ]
    return "\n\n".join(parts) + "\n"


def _revisit(read: Readings, row: Decision) -> str:
    limit = f"when what limits the design is no longer {cell(row.after.limit)}"
    if not row.needed_above_users:
        return f"Revisit it when the load or the measured service times change, or {limit}."
    return (
        f"The step is needed above {read.needed(row).text} users. Revisit it when the load stays "
        f"below that, or {limit}."
    )


def _name(option: Option) -> str:
    return f"`{cell(option.tactic)}` at `{cell(option.site)}`"


def _users(read: Readings, row: Decision, state: str, measure: Measure) -> str:
    figure = read.measure(row, state, measure, "max_users")
    return f"{figure.text} users within its objectives" if figure else "an unknown load"


def _drivers(design: Design) -> str:
    lines = []
    for slo in design.system.slos:
        whose = "every journey" if slo.journey == "*" else f"the journey {slo.journey}"
        lines.append(f"* {whose}: p99 at most {slo.p99.text}, availability at least "
                     f"{slo.availability.text}")  # fmt: skip
    users = design.figures.get("concurrent_users")
    if users:
        lines.append(f"* {users.text} concurrent users ({users.origin})")
    if design.system.budget:
        lines.append(f"* budget {design.system.budget.text}")
    return "\n".join([*lines, "* the simplest design that meets these"])


def _outcome(row: Decision, chosen: Option | None) -> str:
    if chosen is None:
        return "No option was chosen."
    what = "" if chosen.summary == row.summary else f" {cell(sentence(row.summary))}"
    return f"Chosen option: {_name(chosen)}, because {cell(chosen.why)}.{what}"


def _cells(read: Readings, row: Decision, state: str, measure: Measure) -> list[str]:
    figures = [read.measure(row, state, measure, c) for c in ("max_users", "p99_s", "usd_month")]
    users, p99, cost = (figure.text if figure else _LIMIT for figure in figures)
    grows = f"{number(measure.reach)}x" if measure.reach else "-"
    return [users, p99, percent(measure.availability), cost, grows]


def _table(read: Readings, row: Decision) -> str:
    states = [("before", "before", row.before)]
    for option in row.options:
        mark = " **(chosen)**" if option.chosen else ""
        states.append((f"{option.tactic} at {option.site}", _name(option) + mark, option.after))
    lines = ["| | Most users | p99 | Availability | Cost a month | Grows to | Then limited by |",
             "| --- | ---: | ---: | ---: | ---: | ---: | --- |"]  # fmt: skip
    for state, words, measure in states:
        values = " | ".join(_cells(read, row, state, measure))
        lines.append(f"| {words} | {values} | {cell(measure.limit)} |")
    how = (
        "Computed by the analytic solver, at design peak with one zone lost. *Grows to*: the load, "
        "as a multiple of the stated one, that turning knobs alone (sizes and numbers of what is "
        "there) could carry; looked for up to the growth that is asked for."
    )
    return "\n".join(lines) + f"\n\n{how}"


def _confirmation(design: Design) -> str:
    commands = [design.figures[w].repeat for w in _CONFIRMED_BY if w in design.figures]
    unique = list(dict.fromkeys(command for command in commands if command))
    if not unique:
        return "Not confirmed by a run."
    return "The finished design was run:\n\n```sh\n" + "\n".join(unique) + "\n```"


def _changes(was: Measure, now: Measure, before: list[str], after: list[str]) -> list[str]:
    """What the option makes better and worse; what stays the same is not listed."""
    rows = [
        ("the most users go", now.max_users - was.max_users, 0),
        ("availability goes", now.availability - was.availability, 2),
        ("the load it can grow to goes", now.reach - was.reach, 4),
        ("p99 goes", (was.p99_s or 0.0) - (now.p99_s or 0.0), 1),
        ("the cost a month goes", was.usd_month - now.usd_month, 3),
    ]
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
