"""explain: what stands behind a word: a figure, decision, run, tactic, rule, kind or fact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend_lead.model.finding import Finding, InvalidInput, Place

_FILES = {"figures": "figures.json", "decisions": "trail.json"}
NOT_RUNS = {"figures", "trail", "files"}
NEAR, NEAR_MOST = 55, 5  # least likeness (of 100) of a word that is suggested, and how many are


def explain(word: str, model: Path) -> str:
    """Markdown about `word`; evidence is looked for beside `model`. Raises InvalidInput."""
    found = [text for text in _all(word, model.absolute().parent) if text]
    if found:
        return "\n\n".join(found) + "\n"
    missing = _missing(model)
    near = _near(word, known(model))
    raise InvalidInput(
        [
            *missing,
            Finding(
                "explain-unknown",
                "error",
                f"nothing here is called {word!r}",
                Place(str(model)),
                word,
                "a figure, decision, run, tactic, rule, kind, fault or fact",
                f"did you mean {', '.join(near)}?" if near else "backend-lead explain --list",
            ),
        ]
    )


def _near(word: str, words: list[str]) -> list[str]:
    """The nearest words; of a family (`cost_usd_month`, `cost.app.nodes`) the headline first."""
    from rapidfuzz import process

    close = process.extract(word, words, limit=None, score_cutoff=NEAR)
    close.sort(key=lambda m: (not m[0].startswith(word), m[0].count("."), -m[1], len(m[0])))
    return [found for found, _, _ in close[:NEAR_MOST]]


def _missing(model: Path) -> list[Finding]:
    """That the model whose evidence is asked is not there, where that is so."""
    from backend_lead.intake.backend_yaml import read_bytes

    try:
        read_bytes(model)
    except InvalidInput as err:
        return err.findings
    return []


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

    folder = model.absolute().parent
    runs = {p.stem for p in (folder / "evidence").glob("*.json")} - NOT_RUNS
    return {
        **{n: [str(r["id"]) for r in _rows(folder, n) if "id" in r] for n in _FILES},
        "runs": sorted(runs), "tactics": [*tactics()], "rules": [*rules()], "kinds": [*kinds()],
        "faults": [*FAULTS], "facts": [fact.id for fact in _facts()],
    }  # fmt: skip


def of_family(family: str, word: str) -> str:
    """The same about a word of one family alone: kinds, tactics or rules."""
    return {"kinds": _kind, "tactics": _tactic, "rules": _rule}[family](word)


def _all(word: str, folder: Path) -> Iterator[str]:
    try:
        yield _figure(word, folder)
        yield _decision(word, folder)
        yield _run(word, folder)
    except (KeyError, TypeError, ValueError):  # somebody changed what a design wrote
        yield f"The evidence about `{word}` cannot be read; `design` or `generate` writes it anew."
    yield _tactic(word)
    yield _rule(word)
    yield _kind(word)
    yield _fault(word)
    yield _fact(word)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """The figures, or the decisions, kept beside a model."""
    rows = _read(folder / "evidence" / _FILES[name]).get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _figure(word: str, folder: Path) -> str:
    for f in _rows(folder, "figures"):
        if f.get("id") == word:
            lines = [
                f"# {f.get('label', word)}: {f.get('text', '')}",
                "",
                f"- origin: {f.get('origin')}",
            ]
            lines += [f"- how: {f['how']}"] if f.get("how") else []
            if f.get("low") is not None:
                lines.append(
                    f"- between {f['low']:.6g} and {f['high']:.6g} {f.get('unit', '')}".rstrip()
                )
            lines += [f"- run: {f['run']}"] if f.get("run") else []
            lines += [f"- again: `{f['repeat']}`"] if f.get("repeat") else []
            return "\n".join(lines)
    return ""


def _decision(word: str, folder: Path) -> str:
    for d in _rows(folder, "decisions"):
        if word in (d.get("id"), str(d.get("number"))):
            lines = [
                f"# {d['id']} {d['title']} ({d['status']})",
                "",
                d["problem"],
                "",
                d["summary"],
                "",
            ]
            lines += [
                f"- {'**' if o['chosen'] else ''}{o['tactic']} at {o['site']}"
                f"{'**' if o['chosen'] else ''}: {o['why']}"
                for o in d["options"]
            ]
            return "\n".join([*lines, "", f"It costs: {d['costs']}" if d["costs"] else ""]).rstrip()
    return ""


def _run(word: str, folder: Path) -> str:
    if not word.replace("-", "").isalnum() or word in NOT_RUNS:
        return ""
    r = _read(folder / "evidence" / f"{word}.json")
    if "model_digest" not in r:
        return ""
    asked = r["results"]["requests"]
    rate = r["results"]["requests_per_s"]
    lines = [
        f"# Run {r['id']}: {r['title']}",
        "",
        f"- model {r['model_digest']}, seed {r['seed']}, {r['horizon_s']:g} simulated seconds "
        f"({r['warmup_s']:g} s warm-up), full scale"
        + ("" if r["scale"] == 1 else f" / {r['scale']}"),
        f"- {asked['started']:,} requests started: {asked['ok']:,} answered, "
        f"{asked['failed']:,} failed, "
        f"{asked['timed_out']:,} timed out, {asked['in_flight']:,} under way at the end",
        f"- {rate['value']:,.0f} requests/s ({rate['low']:,.0f} to {rate['high']:,.0f})",
    ]
    for name, x in sorted(r["results"]["latency_s"].items()):
        p99 = x["p99"]
        if p99["value"] is not None:
            lines.append(f"- {name}: p99 {p99['value'] * 1e3:.4g} ms "
                         f"({p99['low'] * 1e3:.4g} to {p99['high'] * 1e3:.4g})")  # fmt: skip
    return "\n".join([*lines, f"- again: `{r['repeat']}`"])


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


def _fault(word: str) -> str:
    from backend_lead.analysis.faults import FAULTS

    fault = FAULTS.get(word)
    if fault is None:
        return ""
    command = f"backend-lead simulate backend.yaml --fault {word}"
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
