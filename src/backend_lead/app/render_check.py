"""The result of check as text for people and as JSON for programs; pure functions."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from backend_lead.app.set_aside import SetAside, counted
from backend_lead.model.finding import Finding

if TYPE_CHECKING:
    from backend_lead.app.check import CheckResult

SCHEMA_VERSION = 1
COUNTED = ("error", "warning", "unknown", "note")
WORDS = {"pass": "holds", "fail": "does not hold", "unknown": "not fully known"}


def render_text(result: CheckResult) -> str:
    """A line per finding with what was seen, allowed and to try below it, then the figures."""
    lines = [line for finding in result.findings for line in _finding_lines(finding)]
    lines += [line for one in result.set_aside for line in _aside_lines(one)]
    if lines:
        lines.append("")
    if result.figures:
        width = max(len(f.label) for f in result.figures)
        texts = max(len(f.text) for f in result.figures)
        lines += [f"{f.label:<{width}}  {f.text:<{texts}}  {f.origin}" for f in result.figures]
        lines.append("")
    return "\n".join([*lines, summary(result)])


def summary(result: CheckResult) -> str:
    """The verdict, and how many findings there are of each level."""
    counts = [(sum(f.level == level for f in result.findings), level) for level in COUNTED]
    nothing = "nothing new" if result.set_aside else "nothing found"
    told = ", ".join(f"{n} {_plural(n, level)}" for n, level in counts if n) or nothing
    if result.set_aside:
        told += f"; set aside: {counted(result.set_aside)}"
    unusable = f"the {result.unusable} cannot be used"
    verdict = unusable if result.exit_code == 2 else WORDS[result.verdict]
    return f"{verdict}: {told}"


def render_json(result: CheckResult) -> str:
    """Verdict, exit code, findings and figures with sorted keys; infinity becomes null."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "verdict": result.verdict,
        "exit_code": result.exit_code,
        "findings": [_finding(finding) for finding in result.findings],
        "set_aside": [one.as_dict() for one in result.set_aside],
        "figures": [
            {**figure.as_dict(), "value": _finite(figure.value)} for figure in result.figures
        ],
    }
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _finding_lines(finding: Finding) -> list[str]:
    place = finding.place
    where = f"{place.file}:{place.line}" if place.file and place.line else place.file or place.path
    lines = [" ".join(filter(None, (finding.level, finding.rule, where, finding.message)))]
    for word, text in (("seen", finding.seen), ("allowed", finding.allowed), ("try", finding.hint)):
        if text:
            lines.append(f"    {word + ':':<8} {text}")
    return lines


def _aside_lines(one: SetAside) -> list[str]:
    finding = one.finding
    state = f"suppressed until {one.until}:" if one.until else "known:"
    told = (state, finding.level, finding.rule, finding.place.path, finding.message)
    return [" ".join(filter(None, told)), *([f"    why:     {one.reason}"] if one.until else [])]


def _plural(number: int, word: str) -> str:
    return word if number == 1 or word == "unknown" else f"{word}s"


def _finding(finding: Finding) -> dict[str, Any]:
    flat = asdict(finding)
    place = flat.pop("place")
    return {**flat, **place}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
