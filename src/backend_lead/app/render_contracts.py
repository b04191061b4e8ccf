"""Changes of contracts as text, Markdown and JSON; what breaks comes first. Pure functions."""

from __future__ import annotations

import json
from dataclasses import asdict

from backend_lead.app.contract_changes import ContractComparison
from backend_lead.app.render_review import cell, markdown_table
from backend_lead.changes.change import Change, Level, by_cause, told_once

SCHEMA_VERSION = 1
TITLES: dict[Level, str] = {
    "breaking": "Breaking", "maybe": "May break", "compatible": "Compatible",
}  # fmt: skip


def verdict(found: ContractComparison) -> str:
    """The outcome in one sentence."""
    n = {level: len(found.of(level)) for level in TITLES}
    if not found.changes:
        return f"{found.protocol.title}: both contracts say the same."
    counts = f"breaking: {n['breaking']}, may break: {n['maybe']}, compatible: {n['compatible']}"
    if n["breaking"]:
        return f"{found.protocol.title}: callers of {found.before} break; {counts}."
    return f"{found.protocol.title}: callers of {found.before} go on; {counts}."


def render_text(found: ContractComparison) -> str:
    """Sections for a terminal: each change with its place, and what to do instead; what has one
    cause is told once."""
    lines = [f"{found.before} -> {found.after}", verdict(found)]
    for level, title in TITLES.items():
        changes = found.of(level)
        if changes:
            lines += ["", title]
        for same in by_cause(changes):
            change = same[0]
            lines += [f"  {told_once(same)} [{change.id}]", f"    at: {_where(change)}"]
            if level != "compatible":
                lines.append(f"    instead: {change.safe}")
    return "\n".join(lines)


def render_markdown(found: ContractComparison) -> str:
    """The same as tables, for a comment on a change."""
    lines = [f"**backend-lead compare**: {cell(verdict(found))}"]
    for level, title in TITLES.items():
        changes = found.of(level)
        if not changes:
            continue
        heads = ["What", "Where", "Rule"]
        causes = by_cause(changes)
        rows = [[told_once(same), _where(same[0]), same[0].id] for same in causes]
        if level != "compatible":
            heads = [*heads, "Instead"]
            rows = [[*row, same[0].safe] for row, same in zip(rows, causes)]
        lines += ["", f"### {title}", "", *markdown_table(heads, rows)]
    return "\n".join(lines)


def render_json(found: ContractComparison) -> str:
    """Everything that was found, with sorted keys."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "exit_code": found.exit_code,
        "verdict": verdict(found),
        "protocol": found.protocol.id,
        "before": {"contract": found.before},
        "after": {"contract": found.after},
        "counts": {level: len(found.of(level)) for level in TITLES},
        "changes": [asdict(change) for change in found.changes],
    }
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)


RENDERERS = {"text": render_text, "json": render_json, "markdown": render_markdown}


def _where(change: Change) -> str:
    """File and line; the pointer says the rest in JSON."""
    place = change.place
    return f"{place.file}:{place.line}" if place.line else place.file
