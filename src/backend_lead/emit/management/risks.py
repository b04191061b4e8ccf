"""risks.md and risks.csv: what can go wrong, in numbers, the most severe first."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict

from backend_lead.emit.management import broken, outside, promised, turning, unsaid
from backend_lead.emit.management.register import KINDS, OWNER, Risk, ordered
from backend_lead.emit.report.wording import cell
from backend_lead.model.design import Design

ID = "risks"
GROUP = "management"
FILES = ("risks.md", "risks.csv")
COLUMNS = ("id", "about", "severity", "risk", "cause", "effect", "likelihood", "mitigation",
           "owner", "evidence", "link", "sign")  # fmt: skip
_SAFE = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would run


def risks(design: Design) -> list[Risk]:
    """The register: every risk once, in its order."""
    told = unsaid.told(design)
    return ordered([
        *broken.faults(design), *promised.promises(design), *promised.limits(design),
        *outside.asked(design), *outside.growth(design),
        *broken.singles(design), *unsaid.assumptions(design),
        *turning.choices(design, told), *unsaid.findings(design), *unsaid.gaps(design),
    ])  # fmt: skip


def emit(design: Design) -> dict[str, str]:
    """Write the register for people and for spreadsheets."""
    rows = risks(design)
    return {"risks.md": _page(design, rows), "risks.csv": _csv(rows)}


def _page(design: Design, rows: list[Risk]) -> str:
    judged = [r for r in rows if r.severity is not None]
    rest = [r for r in rows if r.severity is None]
    parts = [
        f"# Risks of {cell(design.title)}",
        f"{len(judged)} risks with a severity, the most severe first; {len(rest)} that nothing "
        "was computed for. The same rows for a spreadsheet: [risks.csv](risks.csv).",
    ]
    if judged:
        table = ["| | Severity | Risk | Owner |", "| ---: | ---: | --- | --- |"]
        table += [f"| {i} | {r.severity_text} | {_marked(r.risk)} | {OWNER} |"
                  for i, r in enumerate(judged, 1)]  # fmt: skip
        parts += ["\n".join(table), *(_record(i, r) for i, r in enumerate(judged, 1))]
    if rest:
        lines = [f"- {_marked(r.risk)} (`{r.id}`, owner {OWNER})" for r in rest]
        parts += [
            "## Nothing was computed for these",
            "Not least: not known. Each needs a judgement of its own.",
            "\n".join(lines),
        ]
    used = {r.about for r in rows}
    rules = [f"| {words} | {rule} |" for kind, (words, rule) in KINDS.items() if kind in used]
    parts += [
        "## How severity is computed",
        "100 means that a promise is broken, or that the bill comes twice. Numbers of different "
        "kinds are set side by side by this rule only; it knows no likelihood, because none is "
        "measured.",
        "\n".join(["| Kind of risk | Severity = 100 × |", "| --- | --- |", *rules]),
    ]
    return "\n\n".join(parts) + "\n"


def _record(number: int, row: Risk) -> str:
    lines = [
        f"- Cause: {_marked(row.cause)}",
        f"- Effect: {_marked(row.effect)}",
        f"- Likelihood: {_marked(row.likelihood)}",
        f"- Lessen it: {_marked(row.mitigation)}",
        f"- Watch: {_marked(row.sign)}",
        f"- Evidence: [{_marked(row.evidence)}]({row.link})",
        f"- Owner: {OWNER}; id `{row.id}`",
    ]
    title = f"## {number}. {_marked(row.risk)} (severity {row.severity_text})"
    return title + "\n\n" + "\n".join(lines)


def _csv(rows: list[Risk]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = asdict(row) | {"severity": row.severity_text, "owner": OWNER}
        writer.writerow(_inert(str(values[column])) for column in COLUMNS)
    return out.getvalue()


def _marked(text: str) -> str:
    """Text of a row, safe in Markdown; what stands between backticks stays code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return cell(text)
    return "".join(f"`{part}`" if i % 2 else _edged(part) for i, part in enumerate(parts))


def _edged(text: str) -> str:
    """As `cell`, with the spaces at both ends kept."""
    lead, tail = text[:1].isspace(), text[-1:].isspace() and bool(text.strip())
    return f"{' ' if lead else ''}{cell(text)}{' ' if tail else ''}"


def _inert(text: str) -> str:
    """One line that no spreadsheet takes for a formula."""
    text = " ".join(text.replace("`", "").split())
    return f"'{text}" if text.startswith(_SAFE) else text
