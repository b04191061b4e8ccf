"""Sections of the README: alternatives, roadmap, what would change the decision, a refusal."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.emit.report import path_words, side_by_side
from backend_lead.emit.report.growing import growing, sentences
from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, ended, micro, sentence
from backend_lead.model.design import Design
from backend_lead.model.figure import Figure
from backend_lead.model.paths import Alternative, Stage


def refusal(design: Design) -> Iterator[str]:
    """What binds and the nearest that can be built; nothing where nothing is refused."""
    if design.refusal is None:
        return
    read = PathReadings(design)
    yield "## What was asked cannot be kept"
    yield "\n".join(f"- {cell(sentence(micro(text)))}" for text in design.refusal.binds)
    rows = []
    for number, near in enumerate(design.refusal.closest, 1):
        users, p99, bill = (_text(read.feasible(number, near, column))
                            for column in ("users", "p99_s", "usd_month"))  # fmt: skip
        load = [users] if read.by_users else []
        what = "; ".join(side_by_side.part_lines(near.text))
        words = f"**{cell(near.keeps)}**" + (f": {cell(what)}" if what else "")
        rows.append([words, cell(micro(near.gives)), *load, p99, bill])
    if not rows:
        yield "No design near it was found."
        return
    most = ["Users"] if read.by_users else []
    yield "The closest that can be built:"
    yield table(["Keeps", "What gives", *most, "p99", "a month"], rows, 2 + len(most))


def alternatives(design: Design, _: Readings) -> Iterator[str]:
    """The designs side by side, then why each was left."""
    rows = side_by_side.in_order(design)
    if not rows:
        yield path_words.absent(design, "No other design was found.")
        return
    yield path_words.alternatives(design)
    if len(rows) > 1:
        head = [""] + [_title(row) for row in rows]
        body = [[line.label, *(_marked(one) for one in line.cells)]
                for line in side_by_side.lines(design)]  # fmt: skip
        yield table(head, body)
        yield path_words.how_compared(design)
        yield path_words.why_chosen(design)
    lines = [_left(row) for row in rows if not row.chosen]
    if lines:
        yield "\n".join(lines)


def _title(row: Alternative) -> str:
    also = f" ({path_words.also(row)})" if row.same_as else ""
    return cell(row.title + (", **chosen**" if row.chosen else "") + also).replace("\\*", "*")


def _marked(one: side_by_side.Cell) -> str:
    value = cell(one.figure.text if one.figure else one.words)
    note = f" ({cell(one.note)})" if one.note else ""
    return (f"**{value}**" if one.best else value) + note


def _left(row: Alternative) -> str:
    parts = [f"- **{cell(row.title)}**:"]
    if row.why_not:
        parts.append(cell(sentence(row.why_not)))
    if row.missed:
        parts.append(f"Misses {cell(ended('; '.join(row.missed)))}")
    if row.better_when:
        parts.append(f"Better when {cell(ended(row.better_when))}")
    return " ".join(parts)


def roadmap(design: Design, _: Readings) -> Iterator[str]:
    """The stages with cost, trigger and what is left."""
    if not design.stages:
        yield path_words.absent(design, "No stages were found.")
        return
    read = PathReadings(design)
    yield path_words.ROADMAP
    rows = []
    for row in design.stages:
        asked = " (as asked)" if row.factor == 1 else ""
        doubt = "" if row.holds else "; does not keep every objective"
        rows.append([
            f"{row.number}. {read.load(row).text}{asked}{doubt}",
            cell("; ".join(side_by_side.part_lines(row.parts))),
            cell(f"{path_words.metric(row)} reaches {read.alert(row).text}"
                 f"{_now(row)}: {path_words.then(design, row)}"),
            read.stage(row, "usd_month").text, read.load(row, "until").text,
        ])  # fmt: skip
    yield table(["Stage", "What runs", "Go on when", "a month", "Holds"], rows, 2)
    if (grows := growing(design)) and grows.ends:
        yield cell(" ".join(sentences(grows)))
    for row in design.stages:
        if row.not_yet:
            lines = "\n".join(_not_yet(read, row))
            yield f"Deliberately not built at stage {row.number}:\n\n{lines}"


def _now(stage: Stage) -> str:
    early = path_words.at_once(stage)
    return f" ({early})" if early else ""


def _not_yet(read: PathReadings, stage: Stage) -> Iterator[str]:
    for step in stage.not_yet:
        above = read.needed(stage, step)
        load = f", above {above.text}" if above else ""
        why = f": {cell(ended(step.why))}" if step.why else ""
        yield f"- {cell(step.title)}, stage {step.stage}{load}{why}"


def flips(design: Design, _: Readings) -> Iterator[str]:
    """The assumed numbers that turn the choice, with the cheapest test of each."""
    if not design.flips:
        yield path_words.absent(design, path_words.NO_FLIP)
        return
    read = PathReadings(design)
    rows = []
    for row in design.flips:
        at = f"**{read.flip(row).text}** ({path_words.where(row)})"
        ends = micro(f"{row.low_text} to {row.high_text}")
        rows.append([cell(read.name(row)), read.today(row).text, ends, at,
                     cell(sentence(row.change)), cell(sentence(row.test)),
                     read.bill(row).text])  # fmt: skip
    yield path_words.flips(design)
    head = ["Assumed", "Taken", "Range", "Changes at", "Then", "Cheapest test", "a month then"]
    yield table(head, rows, 1)


def _text(figure: Figure | None) -> str:
    return figure.text if figure else "no steady state"
