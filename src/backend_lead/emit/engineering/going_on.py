"""When to go on: what to watch at each stage of the load, and what to build then."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.emit.report import path_words
from backend_lead.emit.report.growing import growing, sentences
from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, ended
from backend_lead.model.design import Design
from backend_lead.model.paths import Stage


def section(design: Design) -> Iterator[str]:
    """The section's paragraphs."""
    if not design.stages:
        yield path_words.absent(design, "No stages were found.")
        return
    read = PathReadings(design)
    if design.stages[0].factor < 1:
        yield ("While fewer come, less is enough: build up to the stage that holds the load of "
               "today, set an alert on its trigger, and go on when it fires.")  # fmt: skip
    else:
        yield "Set an alert on the trigger; when it fires, go on."
    rows = [
        [
            read.load(stage).text,
            cell(
                f"{path_words.metric(stage)} reaches {read.alert(stage).text}"
                + (f"; {early}" if (early := path_words.at_once(stage)) else "")
            ),
            cell(_next(design, stage)),
            read.stage(stage, "usd_month").text,
        ]
        for stage in design.stages
    ]
    yield table(["Stage for", "Go on when", "Build then", "A month until then"], rows, 1)
    if (grows := growing(design)) and grows.ends:
        yield cell(" ".join(sentences(grows)))


def _next(design: Design, stage: Stage) -> str:
    """Larger sizes first, then the steps that the next stage adds."""
    steps = [step.title for step in stage.not_yet if step.stage == stage.number + 1]
    what = path_words.then(design, stage)
    return ended(f"{what[:1].upper()}{what[1:]}" + (f": {'; '.join(steps)}" if steps else ""))
