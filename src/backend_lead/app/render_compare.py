"""A comparison as text, Markdown and JSON; what got worse comes first. Pure functions."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from backend_lead.app import paired
from backend_lead.app.compare import Comparison
from backend_lead.app.compare_rows import Row
from backend_lead.app.contracted import Contracted
from backend_lead.app.model_changes import Change
from backend_lead.app.render_review import cell, markdown_table
from backend_lead.model.finding import Finding

SCHEMA_VERSION = 1
HEADS = ["What", "Before", "After", "Change"]
TITLES = {"worse": "Worse", "better": "Better", "other": "New or gone", "same": "As before"}


def verdict(found: Comparison) -> str:
    """The outcome in one sentence."""
    if found.before_digest == found.after_digest:
        return "Both models say the same."
    n = {d: sum(row.direction == d for row in found.rows) for d in TITLES}
    counts = f"numbers worse: {n['worse']}, better: {n['better']}, as before: {n['same']}"
    if found.lost and len(found.lost) == len(found.less):
        return f"{found.after} promises less than {found.before}; {counts}."
    if found.lost:
        return f"{found.after} misses what {found.before} keeps; {counts}."
    return f"{found.after} keeps every objective that {found.before} keeps; {counts}."


def render_text(found: Comparison) -> str:
    """Sections for a terminal."""
    lines = [f"{found.before} -> {found.after}", verdict(found)]
    if found.lost:
        lines += ["", "Kept before, missed now", *(f"  {text}" for text in found.lost)]
    for direction, title in TITLES.items():
        rows = [_cells(row) for row in found.rows if row.direction == direction]
        if rows:
            lines += ["", title, *_columns(rows)]
    if found.bill:
        lines += ["", "Lines of the bill that changed most", *_columns(map(_cells, found.bill))]
    if found.simulated is not None:
        head, cells = paired.rows(found.simulated)
        lines += ["", paired.title(found.simulated), *_columns([head, *cells]), f"  {paired.NOTE}"]
    for title, findings in (("New findings", found.new), ("Findings gone", found.gone)):
        if findings:
            lines += ["", title, *_columns(map(_finding, findings))]
    if found.contracts:
        lines += ["", "Contracts"]
        for one in found.contracts:
            lines.append(f"  {one.change.level}: {one.document}: {one.change.message}")
            lines += [
                f"    {word}" for word in _concern(one, found.accepted.why(one.change.id, one.path))
            ]
    if found.changes:
        lines += ["", "The model", *(f"  {_change(change)}" for change in found.changes)]
    return "\n".join(lines)


def render_markdown(found: Comparison) -> str:
    """The same as tables, for a comment on a change."""
    lines = [f"**backend-lead compare**: {cell(verdict(found))}"]
    if found.lost:
        lines += ["", "### Kept before, missed now", ""]
        lines += [f"- {cell(text)}" for text in found.lost]
    for direction, title in TITLES.items():
        rows = [_cells(row) for row in found.rows if row.direction == direction]
        if rows:
            lines += ["", f"### {title}", "", *markdown_table(HEADS, rows)]
    if found.bill:
        lines += ["", "### Lines of the bill that changed most", ""]
        lines += markdown_table(HEADS, [_cells(row) for row in found.bill])
    if found.simulated is not None:
        lines += ["", f"### {paired.title(found.simulated)}", ""]
        lines += [*markdown_table(*paired.rows(found.simulated)), "", paired.NOTE]
    for title, findings in (("New findings", found.new), ("Findings gone", found.gone)):
        if findings:
            rows = [_finding(f) for f in findings]
            lines += ["", f"### {title}", "", *markdown_table(["Level", "Rule", "What"], rows)]
    if found.contracts:
        rows = [[c.change.level, c.document, c.change.message, c.who or "nobody in the model",
                 found.accepted.why(c.change.id, c.path) or c.change.safe]
                for c in found.contracts]  # fmt: skip
        lines += ["", "### Contracts", ""]
        lines += markdown_table(["Level", "Contract", "What", "Who", "Instead"], rows)
    if found.changes:
        rows = [[c.what, c.path, c.before or "-", c.after or "-"] for c in found.changes]
        lines += ["", "### The model", ""]
        lines += markdown_table(["", "Field", "Before", "After"], rows)
    return "\n".join(lines)


def render_json(found: Comparison) -> str:
    """Everything that was found, with sorted keys; infinity becomes null."""
    content: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "exit_code": found.exit_code,
        "verdict": verdict(found),
        "before": {"model": found.before, "digest": found.before_digest},
        "after": {"model": found.after, "digest": found.after_digest},
        "lost": found.lost,
        "lowered": [
            {**asdict(f), "accepted": found.accepted.why(f.rule, f.place.path)}
            for f in found.lowered
        ],
        "figures": [_row(row) for row in _worse_first(found.rows)],
        "bill": [_row(row) for row in found.bill],
        "objectives": [asdict(objective) for objective in found.objectives],
        "findings": {
            "new": [asdict(f) for f in found.new],
            "gone": [asdict(f) for f in found.gone],
        },
        "changes": [asdict(change) for change in found.changes],
        "contracts": [
            {
                **asdict(one),
                "who": one.who,
                "path": one.path,
                "accepted": found.accepted.why(one.change.id, one.path),
            }
            for one in found.contracts
        ],
    }
    if found.simulated is not None:
        content["simulated"] = paired.content(found.simulated)
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _concern(one: Contracted, why: str) -> list[str]:
    """Who a change concerns and what to do instead, a line each."""
    return [line for line in (
        why and f"accepted: {why}",
        f"who: {one.who}" if one.who else "",
        f"instead: {one.change.safe}" if one.change.level != "compatible" else "",
    ) if line]  # fmt: skip


RENDERERS = {"text": render_text, "json": render_json, "markdown": render_markdown}


def _worse_first(rows: list[Row]) -> list[Row]:
    order = list(TITLES)
    return sorted(rows, key=lambda row: order.index(row.direction))


def _row(row: Row) -> dict[str, Any]:
    flat = asdict(row)
    for name in ("before", "after"):
        if flat[name] is not None and not math.isfinite(flat[name]):
            flat[name] = None
    return flat


def _cells(row: Row) -> list[str]:
    told = row.group in row.name or row.group in ("promise", "instances")
    name = row.name if told else f"{row.group} {row.name}"
    return [name, row.before_text, row.after_text, row.change]


def _finding(finding: Finding) -> list[str]:
    return [finding.level, finding.rule, finding.message]


def _change(change: Change) -> str:
    if change.what != "changed":
        return f"{change.what} {change.path} ({change.before or change.after})"
    return f"{change.path}: {change.before or 'not said'} -> {change.after or 'not said'}"


def _columns(rows: Any) -> list[str]:
    """Rows padded to their widest cells; the last one is left ragged."""
    cells = list(rows)
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [("  " + "  ".join(c.ljust(w) for c, w in zip(row, widths))).rstrip() for row in cells]
