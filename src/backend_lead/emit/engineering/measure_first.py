"""What to measure in the first week: the assumptions by weight, and where the bill changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend_lead.emit.report import meant
from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, money, sentence
from backend_lead.model.design import Assumption, Design

LISTED = 8  # of those that were not tried; the report lists all
_HOW = {
    "think_time": "access log: users active at once / requests a second, less the time to answer",
    "response": "access log: mean bytes sent for this request, compressed as it is sent",
    "request": "access log: mean bytes received for this request",
    "cpu": "core time used / calls of this kind, under a steady load of only these",
    "wait": "mean time outside its own cores, under a light load",
    "rows": "count them, where they are kept today or in a trial import",
    "row": "size of a table without indexes / its rows, after a trial import of real data",
    "factor": "access log of some weeks: highest quarter of an hour / mean of its day",
    "hit_ratio": "hits / look-ups, after a day of real requests",
    "edge_cache": "share of answers that are the same for everybody and may be kept",
    "skew": "requests by key in the access log, ordered by frequency",
    "timeout": "p99 of the call it guards, and how long a user waits before giving up",
    "failover": "stop the primary on purpose and take the time until writes go on",
}
_SHARES = "access log: share of visits that take this path"
_ELSE = "take it where it occurs, under real requests"
_PARTS = re.compile(r"[^.\[\]]+")


def how(row: Assumption) -> str:
    """How to measure an assumption; what is promised is no measurement."""
    words: list[str] = _PARTS.findall(row.path)
    if words[0:1] == ["slos"]:
        return "not a measurement: ask who promises it"
    if "journeys" in words:
        return _SHARES
    return _HOW.get(words[-1] if words else "", _ELSE)


def section(design: Design) -> Iterator[str]:
    """The section's paragraphs."""
    tried = [row for row in design.assumptions if row.tried]
    yield from _flips(design)
    if not design.assumptions:
        yield "Every number is stated or measured; there is nothing to measure first."
        return
    if tried:
        yield ("Each of these was set to both ends of its range, alone, and the design sized anew; "
               "the widest spread of cost stands first. A measured value near an end with another "
               "cost means another size: know it before the sizes are ordered.")  # fmt: skip
    else:
        yield ("None was tried at the ends of its range, because that takes a search and a design "
               "that holds. By an estimate these weigh most.")  # fmt: skip
    lines = ["| Number | Taken | Bill at low end | Bill at high end | How to measure |",
             "| --- | --- | --- | --- | --- |"]  # fmt: skip
    flips = {flip.path for flip in design.flips}
    for row in tried or design.assumptions[:LISTED]:
        low = _end(row, row.low_text, row.cost_low)
        high = _end(row, row.high_text, row.cost_high)
        test = "above" if row.path in flips else how(row)
        name = cell(meant.of_path(design, row.path, row.label))
        lines.append(f"| {name} | {row.text} | {low} | {high} | {test} |")
    yield "\n".join(lines)
    yield ("Write what was measured into `backend.yaml` with `origin: measured`, then size anew:"
           "\n\n```sh\nbackend-lead check backend.yaml\n"
           "backend-lead design backend.yaml -o again/\n```")  # fmt: skip


def _flips(design: Design) -> Iterator[str]:
    """The numbers that turn the choice of parts, with the cheapest test of each."""
    if not design.flips:
        return
    yield ("Before anything is built: these change which parts are chosen, and a part is harder to "
           "change than its size.")  # fmt: skip
    read = PathReadings(design)
    rows = [[cell(read.name(flip)), read.today(flip).text, read.flip(flip).text,
             cell(sentence(flip.change)), cell(sentence(flip.test))]
            for flip in design.flips]  # fmt: skip
    yield table(["Number", "Taken", "Choice changes at", "Then", "Cheapest test"], rows)
    yield "Before the sizes are ordered:"


def _end(row: Assumption, text: str, cost: float | None) -> str:
    if not row.tried:
        return f"not tried ({text})"
    return f"{money(cost)} at {text}" if cost is not None else f"no sizes hold at {text}"
