"""report.html: the whole answer on one page that needs no network and no script."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from backend_lead.emit.report import (
    charts,
    data_layer,
    decisions,
    drawing,
    interface,
    meant,
    objectives,
    path_charts,
    path_words,
    picture,
    run_chart,
    side_by_side,
    wording,
)
from backend_lead.emit.report.growing import growing, sentences
from backend_lead.emit.report.need import need
from backend_lead.emit.report.origins import MEANINGS, Origins
from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.emit.report.readings import Readings, run_of
from backend_lead.model import units
from backend_lead.model.design import Design, Stated

ID = "report-html"
GROUP = "report"
FILES = ("report.html",)
TEMPLATES = Path(__file__).parent / "templates"
SECTIONS = (
    ("asked", "What was asked, and how it was read"),
    ("architecture", "Architecture"),
    ("load", "Load"),
    ("latency", "Latency"),
    ("capacity", "Capacity"),
    ("trials", "Fault trials"),
    ("availability", "Availability"),
    ("cost", "Cost"),
    ("alternatives", "Alternatives"),
    ("decisions", "Decisions"),
    ("roadmap", "Roadmap"),
    ("flips", "What would change the decision"),
    ("assumptions", "Assumptions"),
    ("open", "Not covered, and findings"),
    ("evidence", "Evidence"),
)


def emit(design: Design) -> dict[str, str]:
    """Write the report: the answer first, then each part with its evidence."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.filters.update(
        seconds=wording.seconds, count=wording.count, number=wording.number, share=wording.share,
        money=wording.money, rate=wording.rate, data=wording.data,
        span=wording.span, span_word=wording.span_word, plain_seconds=wording.plain_seconds,
        micro=wording.micro,
        sentence=wording.sentence, ended=wording.ended, ratio=units.RATIO.format,
    )  # fmt: skip
    return {"report.html": pages.get_template("report.html.j2").render(context(design))}


def context(design: Design) -> dict[str, Any]:
    """What the templates know: the design, its numbers as figures, its drawings."""
    graph = picture.graph(design)
    origins = Origins()
    repeats = [run.repeat for run in design.runs] + [f.repeat for f in design.figures.values()]
    return {
        "d": design,
        "read": Readings(design),
        "fig": origins.show,
        "notes": origins.notes,
        "meanings": MEANINGS,
        "sections": SECTIONS,
        "five": objectives.rows(design),
        "data_said": data_layer.said(design),
        "reasons": objectives.reasons(design),
        "words": objectives,
        "graph": graph,
        "titles": {node.id: node.title for node in graph.nodes},
        "small": drawing.svg(graph, "down", False, "Architecture"),
        "large": drawing.svg(graph, "right", True, "Architecture with load"),
        "charts": charts.of_design(design)
        | path_charts.of_design(design)
        | run_chart.of_design(design),
        "paths": PathReadings(design),
        "beside": side_by_side,
        "words_of_paths": path_words,
        "about": lambda row: meant.of_path(design, row.path, row.label),
        "journeys": objectives.journeys(design),
        "brief": marked(design.system.brief or "", design.stated),
        "sums": [(name, list(rows)) for name, rows in groupby(design.arithmetic, _group)],
        "decision_path": decisions.path,
        "need": need,
        "beside_the_load": beside_the_load(design),
        "run_of": lambda run_id: run_of(design, run_id),
        "anchor": lambda run_id: f"run-{wording.slug(run_id)}",
        "commands": list(dict.fromkeys(command for command in repeats if command)),
    }


def beside_the_load(design: Design) -> list[str]:
    """What the growth of data and the API do to the capacity."""
    grows = growing(design)
    return [*(sentences(grows) if grows else []), *interface.sentences(design)]


def _group(row: Any) -> str:
    group: str = row.group
    return group


def marked(brief: str, stated: list[Stated]) -> list[tuple[str, Stated | None]]:
    """The brief cut into plain text and the words that were read as quantities.

    Words that do not stand where they say, or overlap earlier ones, stay unmarked.
    """
    out: list[tuple[str, Stated | None]] = []
    at = 0
    for item in sorted(stated, key=lambda s: (s.start, s.end)):
        if item.start < at or item.end <= item.start or brief[item.start : item.end] != item.words:
            continue
        out += [(brief[at : item.start], None), (item.words, item)]
        at = item.end
    out.append((brief[at:], None))
    return [part for part in out if part[0]]
