"""README.md: the answer for terminals and code hosts, read in two minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backend_lead.emit.report import (
    data_layer,
    decisions,
    interface,
    meant,
    objectives,
    picture,
    readme_paths,
    seen,
)
from backend_lead.emit.report.growing import growing, sentences
from backend_lead.emit.report.need import SO_FAR
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import (
    cell,
    count,
    ended,
    micro,
    money,
    plain_seconds,
    seconds,
    sentence,
    span,
)
from backend_lead.model.design import Assumption, Design
from backend_lead.model.figure import Figure
from backend_lead.model.units import RATIO

ID = "readme"
GROUP = "report"
FILES = ("README.md",)


def emit(design: Design) -> dict[str, str]:
    """Write the answer as one Markdown page."""
    parts = [f"# {cell(design.title)}", cell(design.headline), *_verdict(design),
             *readme_paths.refusal(design), _five(design)]  # fmt: skip
    sections = list(_SECTIONS)
    sections.insert(0 if design.asks_data else _AFTER_CAPACITY, (data_layer.TITLE, _data))
    for title, body in sections:
        if body is _data and not data_layer.said(design):
            continue
        lines = list(body(design, Readings(design)))
        parts += [f"## {title}", *lines]
    return {"README.md": "\n\n".join(part for part in parts if part) + "\n"}


def _verdict(design: Design) -> list[str]:
    word = objectives.word(design)
    brief = design.system.brief
    why = cell("; ".join(objectives.reasons(design)))
    return [f"**{word}**: {why}.", f"Asked: “{cell(brief)}”" if brief else ""]


def _five(design: Design) -> str:
    rows = []
    for row in objectives.rows(design):
        met = objectives.VERDICT_WORDS[row.verdict] if row.verdict else ""
        origin = row.figure.origin if row.figure else ""
        between = span(row.figure) if row.figure else ""
        rows.append([row.label, f"**{cell(row.text)}**", between, row.objective, met, origin])
    return table(["", "Figure", "Interval or range", "Against", "", "Origin"], rows)


def _data(design: Design, _: Readings) -> Iterator[str]:
    rows = [f"- **{x.about}**: {cell(x.text)}" for x in data_layer.said(design)]
    yield "\n".join(rows)
    yield (f"The whole answer: [{data_layer.PAGE}]({data_layer.PAGE}); in two minutes: "
           f"[{data_layer.SHORT_PAGE}]({data_layer.SHORT_PAGE}).")  # fmt: skip


def _architecture(design: Design, _: Readings) -> Iterator[str]:
    yield f"```mermaid\n{picture.mermaid_text(picture.graph(design))}\n```"


def _latency(design: Design, read: Readings) -> Iterator[str]:
    if not design.latencies:
        yield "Not run: no latency is known."
        return
    rows = []
    for row in design.latencies:
        p50, p95, p99 = (read.latency(row, q) for q in ("p50", "p95", "p99"))
        rows.append([f"`{row.endpoint}`", objectives.VERDICT_WORDS[row.verdict], p50.text, p95.text,
                     p99.text, span(p99), seconds(row.objective_p99_s)])  # fmt: skip
    head = ["Request", "Objective", "p50", "p95", "p99", "95% interval of p99", "at most"]
    yield table(head, rows, 5)
    if design.ages:
        yield "Messages, from their publication until they are handled:"
        yield table(
            ["Topic", "Handled by", "Objective", "p50", "p99", "at most"],
            [[f"`{x.topic}`", f"`{x.handler}`", objectives.VERDICT_WORDS[x.verdict or "unknown"]
              if x.objective_s else "none", read.age(x, "p50").text, read.age(x, "p99").text,
              seconds(x.objective_s) if x.objective_s else "-"] for x in design.ages], 2,
        )  # fmt: skip
    yield _listed([*seen.sessions(design, read), *seen.aside(design, read),
                   *seen.copies(design, read)])  # fmt: skip


def _listed(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _capacity(design: Design, read: Readings) -> Iterator[str]:
    capacity = design.capacity
    if capacity is None:
        yield "Not run: how far the design goes is not known."
        return
    most, knee = read.most(), read.most("knee")
    line = f"Highest load within the objectives: **{_text(most)}**"
    planned = design.figures.get("max_planned")
    bend = f"knee at {_text(knee)}" if capacity.has_knee else "no knee before that load"
    ends = f"; {capacity.limit}" if capacity.limit else ""
    between = f" ({span(most)})" if most and span(most) else ""
    room = f"; **{planned.text}** {capacity.planned_when}" if planned else ""
    up = " with all zones up" if planned else ""
    yield f"{line}{between}{up}{ends}{room}; {bend}."
    yield "\n".join(
        f"{neck.rank}. {cell(objectives.neck(neck))}: full at {read.binds(neck).text}, "
        f"{read.bottleneck(neck, 'busy_at_target').text} in use at the target. "
        f"{cell(sentence(neck.why))}"
        for neck in capacity.bottlenecks
    )
    yield _listed(list(seen.ways(design, read)))
    if grows := growing(design):
        yield cell(" ".join(sentences(grows)))
    if beside := interface.sentences(design):
        yield cell(" ".join(beside))


def _text(figure: Figure | None, absent: str = "not known") -> str:
    return figure.text if figure else absent


def _trials(design: Design, read: Readings) -> Iterator[str]:
    if not design.trials:
        yield "Not run: no fault was tried."
        return
    rows = []
    for trial in design.trials:
        limit = plain_seconds(trial.recover_limit_s)
        back = _text(read.trial(trial, "recover_s"), objectives.no_recovery(trial))
        whole = "-" if trial.recover_s is None else _text(read.trial(trial, "hurt_s"))
        if trial.trigger and trial.recover_s is not None:
            back += f" {objectives.after(trial)}"
        verdict = f"**{objectives.trial_words(trial)[trial.verdict]}**: {cell(trial.why)}"
        rows.append([cell(trial.title), verdict, whole, f"{back} (limit {limit})",
                     *([_text(read.trial(trial, "users_affected"))] if read.by_users else []),
                     _text(read.trial(trial, "failed_share"))])  # fmt: skip
    whom = ["Users affected, worst second"] if read.by_users else []
    yield table(
        ["Fault", "Verdict", "All well after", "Recovered after", *whom, "Requests failed"], rows, 3
    )
    yield _listed(list(seen.lost(design, read)))


def _availability(design: Design, read: Readings) -> Iterator[str]:
    if not design.availability:
        yield "Not computed."
        return
    rows = [[row.journey, objectives.VERDICT_WORDS[row.verdict], read.journey(row).text,
             RATIO.format(row.objective), read.downtime(row).text]
            for row in design.availability]  # fmt: skip
    yield table(["Journey", "Objective", "Computed", "at least", "Down a month"], rows, 3)


def _cost(design: Design, read: Readings) -> Iterator[str]:
    cost = design.cost
    if cost is None:
        yield "Not priced."
        return
    total, lines = read.total(cost), sorted(cost.lines, key=lambda x: -x.usd_month)
    rows = [[f"`{x.component}`", cell(x.item), f"{count(x.quantity)} {cell(x.unit)}", x.method,
             read.line(x).text] for x in lines]  # fmt: skip
    rows.append(["**Total**", f"range {span(total)}", "", "", f"**{total.text}**"])
    yield table(["Component", "Item", "Quantity", "Price", "a month"], rows, 1)
    yield (f"List prices of {cost.as_of} without discounts; "
           f"{read.per_million(cost).text} per million requests.")  # fmt: skip


def _decisions(design: Design, _: Readings) -> Iterator[str]:
    if not design.decisions:
        yield "None: the first design was enough, or nothing was searched."
        return
    if any(row.for_load for row in design.decisions):
        yield f"What *the design so far* carries is meant {SO_FAR}."
    yield "\n".join(
        f"{i}. [{cell(row.title)}]({decisions.path(row)}): {cell(sentence(row.problem))} "
        + decisions.needed(design, row)
        for i, row in enumerate(design.decisions, 1)
    )


_SHOWN = 15  # assumptions listed here where none was tried; the page lists all
_OVER_RANGE = "Cost a month at the low and the high end"


def _ends(row: Assumption) -> str:
    """The cost at both ends of a range."""
    if not row.tried:
        return "not tried"
    return ", ".join("no sizes hold" if x is None else money(x)
                     for x in (row.cost_low, row.cost_high))  # fmt: skip


def _assumptions(design: Design, _: Readings) -> Iterator[str]:
    if design.assumptions:
        tried = [x for x in design.assumptions if x.tried]
        rows = [
            [cell(meant.of_path(design, x.path, x.label)), micro(x.text),
             micro(f"{x.low_text} to {x.high_text}"), cell(x.why), _ends(x)]
            for x in tried or design.assumptions[:_SHOWN]
        ]  # fmt: skip
        yield table(["Assumed", "Value", "Range", "Because", _OVER_RANGE], rows)
        left = len(design.assumptions) - len(rows)
        how = "Each was set to both ends of its range, alone, and the design sized anew."
        yield how if tried else "Costs over the ranges take a search, and a design that holds."
        if left > 0:
            yield f"[report.html](report.html) lists {left} more, which were not tried."
    else:
        yield "None recorded."
    if design.questions:
        asked = [f"- {cell(q.text)} Taken meanwhile: {cell(ended(q.taken))} "
             f"{cell(sentence(q.why))}"
                 for q in design.questions]  # fmt: skip
        yield "Open questions:\n\n" + "\n".join(asked)


def _open(design: Design, _: Readings) -> Iterator[str]:
    lines = [f"- {cell(text)}" for text in design.not_covered]
    lines += [f"- {f.level}, `{f.rule}`: {cell(f.message)}" for f in design.findings]
    yield "\n".join(lines) if lines else "Nothing recorded."


_MORE = (
    ("who decides", "[executive.md](executive.md), the same to print: "
     "[executive.html](executive.html)"),
    ("who answers for risks", "[risks.md](risks.md), the same as a table: [risks.csv](risks.csv)"),
    ("who builds it", "[work-plan.md](work-plan.md)"),
    ("who wants pictures", "[views/c4.md](views/c4.md), [views/sequences.md](views/sequences.md)"),
    ("who wants the reasons", "[decisions/](decisions/README.md)"),
)  # fmt: skip


_DATA = (
    ("who plans the data layer", "[data/README.md](data/README.md), one page of it for who "
     "decides: [data/executive.md](data/executive.md); tables, analyses, governance and contracts "
     "lie beside it"),
)  # fmt: skip
_API = (
    ("who plans the API", "[api/strategy.md](api/strategy.md), one page of it for who decides: "
     "[api/executive.md](api/executive.md); contracts, documentation and hand-off packs lie beside "
     "it"),
    ("who asks whether the API is safe", "[api/security.md](api/security.md)"),
)  # fmt: skip


def _more(design: Design, _: Readings) -> Iterator[str]:
    more = (*(_DATA if data_layer.said(design) else ()),
            *(_API if design.screens is not None else ()))  # fmt: skip
    yield "\n".join(f"- For {reader}: {files}" for reader, files in (*more, *_MORE))


def _repeat(design: Design, _: Readings) -> Iterator[str]:
    commands = [f.repeat for f in design.figures.values()] + [r.repeat for r in design.runs]
    unique = list(dict.fromkeys(command for command in commands if command))
    if unique:
        yield "```sh\n" + "\n".join(unique) + "\n```"
    yield (f"Model `{design.digest}`, seed {design.seed}. The same model, seed and versions give "
           "the same bytes. [report.html](report.html) shows the origin of every number; "
           "[evidence/](evidence/) holds the runs.")  # fmt: skip


_AFTER_CAPACITY = 3  # where the data layer stands when something else was asked
_SECTIONS: list[tuple[str, Callable[[Design, Readings], Iterator[str]]]] = [
    ("Architecture", _architecture),
    ("Latency", _latency),
    ("Capacity", _capacity),
    ("Fault trials", _trials),
    ("Availability", _availability),
    ("Cost", _cost),
    ("Alternatives", readme_paths.alternatives),
    ("Decisions", _decisions),
    ("Roadmap", readme_paths.roadmap),
    ("What would change the decision", readme_paths.flips),
    ("Assumptions", _assumptions),
    ("Not covered, and findings", _open),
    ("More", _more),
    ("Repeat", _repeat),
]
