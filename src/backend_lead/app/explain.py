"""explain: what stands behind a word: a figure, decision, run, tactic, rule, kind or fact."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backend_lead.app.explain_kept import Beside
from backend_lead.model.finding import Finding, InvalidInput, Place

NEAR, NEAR_MOST = 55, 5  # least likeness (of 100) of a word that is suggested, and how many are


@dataclass(frozen=True)
class Explained:
    """Markdown about a word, and what is to be told of the evidence it comes from."""

    text: str
    findings: list[Finding]


def explain(word: str, model: Path, named: str = "") -> Explained:
    """What stands behind `word`. Evidence is looked for beside `model`, which commands call
    `named`; that of another model is left out. Raises InvalidInput."""
    named = named or str(model)
    beside = Beside(model, named)
    texts, findings = beside.about(word)
    texts += [text for text in _of_catalogue(word, named) if text]
    if texts:  # beside an answer, what is left out is no error
        return Explained("\n\n".join(texts) + "\n", [
            replace(f, level="warning") if f.level == "error" else f for f in findings
        ])  # fmt: skip
    if findings:
        raise InvalidInput(findings)
    near, gone = _near(word, known(model)), beside.missing()
    raise InvalidInput([*([] if gone is None else [gone]), Finding(
        "explain-unknown", "error", f"nothing here is called {word!r}", Place(str(model)), word,
        "a figure, decision, run, tactic, rule, kind, fault or fact",
        f"did you mean {', '.join(near)}?" if near else "backend-lead explain --list",
    )])  # fmt: skip


def _near(word: str, words: list[str]) -> list[str]:
    """The nearest words; of a family (`cost_usd_month`, `cost.app.nodes`) the headline first."""
    from rapidfuzz import process

    close = process.extract(word, words, limit=None, score_cutoff=NEAR)
    close.sort(key=lambda m: (not m[0].startswith(word), m[0].count("."), -m[1], len(m[0])))
    return [found for found, _, _ in close[:NEAR_MOST]]


def known(model: Path) -> list[str]:
    """Every word that can be explained here."""
    families = known_by_family(model)
    return sorted({word for words in families.values() for word in words})


def known_by_family(model: Path) -> dict[str, list[str]]:
    """The same, under what they are."""
    from backend_lead.analysis.faults import FAULTS
    from backend_lead.catalog import kinds
    from backend_lead.checks import rules
    from backend_lead.tactics import tactics

    return {
        **Beside(model, str(model)).words(), "tactics": [*tactics()], "rules": [*rules()],
        "kinds": [*kinds()], "faults": [*FAULTS], "facts": [fact.id for fact in _facts()],
    }  # fmt: skip


def of_family(family: str, word: str) -> str:
    """The same about a word of one family alone: kinds, tactics or rules."""
    return {"kinds": _kind, "tactics": _tactic, "rules": _rule}[family](word)


def _of_catalogue(word: str, named: str) -> Iterator[str]:
    yield _tactic(word)
    yield _rule(word)
    yield _kind(word)
    yield _fault(word, named)
    yield _fact(word)


def _tactic(word: str) -> str:
    from backend_lead.tactics import tactics

    t = tactics().get(word)
    if t is None:
        return ""
    return "\n".join([
        f"# {t.title} (`{t.id}`)", "", t.does, "", f"**When it helps.** {t.helps}", "",
        f"**What it costs.** {t.costs}", "", f"**When it hurts.** {t.hurts}", "", "Sources:",
        *(f"- {s}" for s in t.sources),
    ])  # fmt: skip


def _rule(word: str) -> str:
    from backend_lead.checks import rules

    rule = rules().get(word)
    return f"# Rule `{word}`: {rule.title}\n\n{rule.why}" if rule else ""


def _kind(word: str) -> str:
    from backend_lead.catalog import kinds

    k = kinds().get(word)
    if k is None:
        return ""
    lines = [f"# {k.title} (`{k.id}`)", "", f"{k.summary}. Role: {k.role}.", "",
             f"Fields: {', '.join(sorted(k.fields))}.", "", "Facts:"]  # fmt: skip
    return "\n".join([*lines, *(_fact_line(f) for f in (*k.facts, k.availability, k.repair))])


def _fault(word: str, named: str) -> str:
    from backend_lead.analysis.faults import FAULTS

    fault = FAULTS.get(word)
    if fault is None:
        return ""
    command = f"backend-lead simulate {shlex.quote(named)} --fault {word}"
    from backend_lead.tactics import tactics

    answers = [f"`{t.id}` ({t.title})" for t in tactics().values() if word in t.answers]
    told = f"\n\nTactics for it: {', '.join(answers)}." if answers else ""
    return f"# Fault `{word}`\n\n{fault.title}. Try it: `{command}`{told}"


def _facts() -> list[Any]:
    from backend_lead.app.facts import all_facts

    return list(all_facts())


def _fact(word: str) -> str:
    lines = [_fact_line(f) for f in _facts() if f.id == word]
    return "\n".join([f"# Fact `{word}`", "", *lines]) if lines else ""


def _fact_line(f: Any) -> str:
    unit = "" if f.unit in ("ratio", "factor") else f" {f.unit}"
    return f"- {f.label}: {f.value:g}{unit} ({f.low:g} to {f.high:g}), {f.origin}: {f.source}"
