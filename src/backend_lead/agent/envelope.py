"""The one form of every answer, and how it is kept small enough for a context window.

`verdict` is the product's: pass, fail, or unknown, which is an answer too. `status` tells whether
the call was done: complete, partial (cut short, or stopped), blocked (the input cannot be used).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any, Literal

from backend_lead.app.repeating import model_of, naming
from backend_lead.model.design import Run, Verdict
from backend_lead.model.figure import Figure
from backend_lead.model.finding import Finding

Status = Literal["complete", "partial", "blocked"]
CHARACTERS_MAX = 10_500  # of an answer: below 4,000 tokens, as measured over all tools
ROWS_LEAST = 3  # of a list are always kept
TEXT_MAX = 400  # characters of one sentence in an answer
FIGURE_WORDS = ("id", "label", "text", "value", "unit", "low", "high", "origin", "how", "run")

# Every tool has the same; the wire validates against it. Kept short: eight tools carry it.
OUTPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"enum": ["complete", "partial", "blocked"]},
        "verdict": {"enum": ["pass", "fail", "unknown"]},
        "summary": {"type": "string"},
        **{
            name: {"type": "array"}
            for name in ("figures", "findings", "assumptions", "open_questions", "evidence",
                         "next_actions")
        },
    },
    "required": ["status", "verdict", "summary", "evidence", "next_actions"],
}  # fmt: skip


@dataclass(frozen=True)
class Next:
    """What an agent may do next: a tool with its arguments, and why."""

    tool: str
    arguments: dict[str, Any]
    why: str


@dataclass
class Answer:
    """What a tool found. `more` are the tool's own lists and values, by name."""

    summary: str
    verdict: Verdict
    status: Status = "complete"
    figures: Sequence[Figure] = ()
    findings: Sequence[Finding] = ()
    assumptions: Sequence[dict[str, Any]] = ()
    open_questions: Sequence[dict[str, Any]] = ()
    evidence: Sequence[dict[str, Any]] = ()
    next_actions: Sequence[Next] = ()
    more: dict[str, Any] = field(default_factory=dict)

    def as_dict(self, characters: int = CHARACTERS_MAX) -> dict[str, Any]:
        """The envelope, its lists cut from their ends until it is small enough; `left_out` tells
        how many entries of which list are not in it."""
        out: dict[str, Any] = {
            "status": self.status, "verdict": self.verdict, "summary": self.summary,
            "figures": [_figure(f) for f in self.figures],
            "findings": [_finding(f) for f in self.findings],
            **{name: _plain(value) for name, value in self.more.items()},
            "assumptions": _plain(self.assumptions), "open_questions": _plain(self.open_questions),
            "evidence": _plain(self.evidence),
            "next_actions": [asdict(n) for n in self.next_actions],
        }  # fmt: skip
        kept = {name: value for name, value in out.items() if value not in ([], {}, "")}
        kept |= {name: out[name] for name in OUTPUT_SCHEMA["required"]}
        return _fitted({name: kept[name] for name in out if name in kept}, characters)


def spelled(content: dict[str, Any]) -> str:
    """An envelope as the text that goes over the wire: without spaces nobody reads."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def run_evidence(run: Run, model: str) -> dict[str, Any]:
    """A run as evidence: enough to repeat it and to tell whether it is of this model."""
    return {"id": run.id, "kind": run.kind, "seed": run.seed, "hash": run.model_digest,
            "repeat": naming(run.repeat, model, model_of(run.repeat))}  # fmt: skip


def blocked(findings: Sequence[Finding], what: str = "the input cannot be used") -> Answer:
    """An answer to what cannot be used: each finding with what is allowed and what to try."""
    first = findings[0] if findings else None
    told = f"{what}: {first.message}" if first else what
    if len(findings) > 1:
        told += f" (and {len(findings) - 1} more)"
    if first is not None and first.hint:
        told += f". Try: {first.hint}"
    return Answer(told, "unknown", "blocked", findings=findings)


def _fitted(content: dict[str, Any], characters: int) -> dict[str, Any]:
    """Cut the longest list by its last entry, again and again, until all fits."""
    lists = {n: v for n, v in content.items() if isinstance(v, list) and n != "next_actions"}
    left: dict[str, int] = {}
    size = {n: [len(spelled({"": row})) for row in rows] for n, rows in lists.items()}
    total = len(spelled(content))
    while total > characters:
        name = max(size, key=lambda n: (len(size[n]) > ROWS_LEAST, sum(size[n])), default=None)
        if name is None or len(size[name]) <= ROWS_LEAST:
            break
        total -= size[name].pop()
        lists[name] = content[name] = content[name][: len(size[name])]
        left[name] = left.get(name, 0) + 1
    return {**content, "left_out": left} if left else content


def _figure(figure: Figure) -> dict[str, Any]:
    found = {name: _plain(value) for name, value in figure.as_dict().items()}
    return {name: found[name] for name in FIGURE_WORDS if found.get(name) is not None}


def _finding(finding: Finding) -> dict[str, Any]:
    out = {"rule": finding.rule, "level": finding.level, "message": _short(finding.message),
           "at": str(finding.place), "seen": finding.seen, "allowed": finding.allowed,
           "try": finding.hint}  # fmt: skip
    return {name: _short(text) for name, text in out.items() if text}


def _short(text: str) -> str:
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


def _plain(value: Any) -> Any:
    """What JSON can say: records as mappings, endless numbers as null, numbers to six digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, str):
        return _short(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _plain({k: v for k, v in vars(value).items() if v not in ("", None, (), [])})
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
