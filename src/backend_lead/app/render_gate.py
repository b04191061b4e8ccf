"""The answer of gate for a pull request: one table, the verdict above it, the rest folded away.

Source of the limit: GitHub refuses a comment whose body is longer than 65,536 characters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict

from backend_lead.app.gate import Gate, said
from backend_lead.app.render_check import render_json as check_json
from backend_lead.app.render_compare import render_json as compare_json
from backend_lead.app.render_review import cell, command, markdown_table
from backend_lead.app.render_review import where as place_of
from backend_lead.app.render_sarif import relative_file
from backend_lead.app.render_sarif import render_sarif as check_sarif
from backend_lead.model.finding import Finding

SCHEMA_VERSION = 1
CHARACTERS_MAX = 65_536  # of a comment on GitHub
ROOM = 1_000  # kept free for the mark that lets the comment be found again
REASONS_MAX = 10  # why it does not pass, above the table; all stand below it
CELL_MAX = 300  # characters of one cell above the fold
HEADS = ["What", "Before", "After", "Change", "Origin"]


def render_markdown(found: Gate) -> str:
    """Verdict, reasons, the table, then everything else in folds, as much as a comment holds."""
    lines = [f"### backend-lead: {_cell(found.verdict)}", "", f"Model: {_cell(found.after)}"
             + (f", before: {_cell(found.before)}" if found.compared else "")]  # fmt: skip
    reasons = [f"- {_cell(_cut(f'{f.level} {f.rule}: {f.message}'))}" for f in found.failing]
    if reasons:
        more = len(reasons) - REASONS_MAX
        lines += ["", *reasons[:REASONS_MAX], *([f"- and {more} more, below"] if more > 0 else [])]
    if found.lines:
        rows = [[x.name, _cut(x.before), _cut(x.after), x.change, x.origin] for x in found.lines]
        lines += ["", *_table(HEADS, rows)]
    text = "\n".join(lines)
    for title, heads, more_rows in _folds(found):
        text += _fold(title, heads, more_rows, CHARACTERS_MAX - ROOM - _length(text))
    return text


def _folds(found: Gate) -> Iterable[tuple[str, list[str], list[list[str]]]]:
    """What is folded away, the most needed first."""
    checked, compared = found.checked, found.compared
    if checked.findings:
        rows = [[f.level, f.rule, place_of(f), f.message, _try(f)] for f in checked.findings]
        yield f"Findings ({len(rows)})", ["Level", "Rule", "Where", "What", "Try"], rows
    if compared is not None and compared.contracts:
        rows = [[c.change.level, c.path, c.change.message, c.who or "nobody in the model",
                 compared.accepted.why(c.change.id, c.path) or c.change.safe]
                for c in compared.contracts]  # fmt: skip
        yield f"Contracts ({len(rows)})", ["Level", "Where", "What", "Who", "Instead"], rows
    if checked.set_aside:
        rows = [[x.finding.level, x.finding.rule, place_of(x.finding), x.finding.message, x.why]
                for x in checked.set_aside]  # fmt: skip
        heads = ["Level", "Rule", "Where", "What", "Because"]
        yield f"Set aside ({len(rows)})", heads, rows
    if compared is not None:
        differ = [r for r in (*compared.rows, *compared.bill)
                  if r.direction != "same" and r.group != "risk"]  # fmt: skip
        rows = [[r.name if r.group in r.name else f"{r.group} {r.name}", r.before_text,
                 r.after_text, said(r.change, r.direction), r.origin] for r in differ]  # fmt: skip
        if rows:
            yield f"Numbers that differ ({len(rows)})", HEADS, rows
        if compared.gone:
            gone = [[f.level, f.rule, f.message] for f in compared.gone]
            yield f"Findings gone ({len(gone)})", ["Level", "Rule", "What"], gone
        if compared.changes:
            rows = [[c.what, c.path, c.before or "-", c.after or "-"] for c in compared.changes]
            yield f"The model ({len(rows)})", ["", "Field", "Before", "After"], rows
    if found.lines:
        figures = {(f.label, str(f.origin)): f for f in checked.figures}
        rows = []
        for line in found.lines:  # a figure that check tells too is told once, with the more of it
            same = figures.pop((line.name, line.origin), None)
            rows.append([line.name, f"{same.text}, {same.origin}" if same else line.origin,
                         same.how if same else line.how])  # fmt: skip
        rows += [[f.label, f"{f.text}, {f.origin}", f.how] for f in figures.values()]
        rows += [["to repeat it", found.repeat, ""]]
        yield "Where the figures come from", ["Figure", "Origin", "How"], rows


def _try(finding: Finding) -> str:
    parts = (("seen", finding.seen), ("allowed", finding.allowed), ("try", finding.hint))
    return "\n".join(f"{word}: {text}" for word, text in parts if text)


def _fold(title: str, heads: list[str], rows: list[list[str]], room: int) -> str:
    """A fold with as many rows as there is room for; how many were left out is said."""
    begin = f"\n\n<details><summary>{_cell(title)}</summary>\n\n"
    head, *body = _table(heads, rows)
    rule, *body = body
    left = f"\n\n{len(rows)} of these rows are left out: a comment has no room for more."
    room -= _length(begin) + _length(head) + _length(rule) + _length(left) + 30  # and its end
    taken: list[str] = []
    for line in body:
        room -= _length(line) + 1
        if room < 0:
            break
        taken.append(line)
    missing = len(body) - len(taken)
    if not taken:
        told = f"\n\n{title}: left out, a comment has no room for it."
        return told if room + _length(begin) + _length(left) > 0 else ""
    rest = f"\n\n{missing} of these rows are left out: a comment has no room for more."
    return begin + "\n".join([head, rule, *taken]) + (rest if missing else "") + "\n\n</details>"


def _length(text: str) -> int:
    """Characters as the host counts them at most: in units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cut(text: str) -> str:
    return text if len(text) <= CELL_MAX else text[: CELL_MAX - 1] + "…"


def _cell(text: str) -> str:
    """Words as they are; nobody is called by an @ that stands in a model."""
    return cell(text).replace("@", "@\u200b")


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    return [line.replace("@", "@\u200b") for line in markdown_table(heads, rows)]


def render_json(found: Gate) -> str:
    """Verdict, table and everything that check and compare found, with sorted keys."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "exit_code": found.exit_code,
        "verdict": found.checked.verdict,
        "headline": found.verdict,
        "before": found.before or None,
        "after": found.after,
        "not_compared": found.why_alone or None,
        "table": [asdict(line) for line in found.lines],
        "check": json.loads(check_json(found.checked)),
        "compare": None if found.compared is None else json.loads(compare_json(found.compared)),
        "repeat": found.repeat,
    }
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)


def render_github(found: Gate) -> str:
    """A workflow command per finding, which GitHub shows beside the line, and the verdict."""
    commands = [command(finding) for finding in found.checked.findings]
    return "\n".join([*commands, f"{relative_file(found.after)}: {found.verdict}"])


def render_sarif(found: Gate) -> str:
    """Everything found, what is set aside too, as SARIF 2.1.0."""
    return check_sarif(found.checked)


RENDERERS: dict[str, Callable[[Gate], str]] = {
    "markdown": render_markdown, "json": render_json, "github": render_github,
    "sarif": render_sarif,
}  # fmt: skip
