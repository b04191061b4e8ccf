"""The result of check where changes are reviewed: GitHub's workflow commands, and Markdown.

Source: GitHub documentation, Workflow commands for GitHub Actions; escaping as in actions/toolkit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backend_lead.app.render_check import summary
from backend_lead.app.render_sarif import message, relative_file
from backend_lead.model.finding import Finding

if TYPE_CHECKING:
    from backend_lead.app.check import CheckResult

COMMANDS = {"error": "error", "warning": "warning", "unknown": "warning", "note": "notice"}
MARKS = re.compile(r"([\\`*_{}\[\]<>|~#!&])")


def render_github(result: CheckResult) -> str:
    """A workflow command per finding, which GitHub shows beside the line, and the verdict."""
    return "\n".join([*map(command, result.findings), summary(result)])


def command(finding: Finding) -> str:
    place = finding.place
    parts = {}
    if place.file and not place.file.startswith("--"):
        parts["file"] = relative_file(place.file)
        if place.line:
            parts["line"] = str(place.line)
        if place.line and place.column:
            parts["col"] = str(place.column)
    not_known = " (not known)" if finding.level == "unknown" else ""
    parts["title"] = f"{finding.rule}{not_known}"
    told = ",".join(f"{name}={_property(text)}" for name, text in parts.items())
    return f"::{COMMANDS[finding.level]} {told}::{_data(message(finding))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def render_markdown(result: CheckResult) -> str:
    """The verdict, the figures and a row per finding, for a comment on a change."""
    lines = [f"**backend-lead check**: {cell(summary(result))}"]
    if result.figures:
        rows = [[f.label, f.text, f.origin] for f in result.figures]
        lines += ["", *markdown_table(["Figure", "Value", "Origin"], rows)]
    if result.findings:
        found = [[f.level, f.rule, where(f), message(f)] for f in result.findings]
        lines += ["", *markdown_table(["Level", "Rule", "Where", "What"], found)]
    if result.set_aside:
        rows = [[one.finding.level, one.finding.rule, where(one.finding), one.finding.message,
                 one.why] for one in result.set_aside]  # fmt: skip
        heads = ["Level", "Rule", "Where", "What", "Set aside because"]
        lines += ["", *markdown_table(heads, rows)]
    return "\n".join(lines)


def where(finding: Finding) -> str:
    place = finding.place
    at = relative_file(place.file) if place.file else ""
    at += f":{place.line}" if at and place.line else ""
    return "\n".join(part for part in (at, place.path) if part)


def markdown_table(heads: list[str], rows: list[list[str]]) -> list[str]:
    """A table in GitHub's Markdown; whatever stands in a cell is text, never markup."""
    return [
        "| " + " | ".join(heads) + " |",
        "|" + " --- |" * len(heads),
        *("| " + " | ".join(cell(text) for text in row) + " |" for row in rows),
    ]


def cell(text: str) -> str:
    """Words as they are in one cell: marks escaped, lines kept apart."""
    clean = MARKS.sub(r"\\\1", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "<br>".join(clean.split("\n"))
