"""Write what is generated in this repository: pages of tactics, kinds and rules, ids, schemas.

python tools/write_docs.py            write what differs
python tools/write_docs.py --check    write nothing; 1 if a file is out of date
"""

from __future__ import annotations

import sys
from difflib import unified_diff
from pathlib import Path
from typing import Any

from backend_lead.analysis.faults.consumer_outage import OUTAGE
from backend_lead.analysis.lowering import AGAIN
from backend_lead.analysis.uses import STORM_MAX
from backend_lead.app.settings import settings_schema
from backend_lead.catalog import analytics, domains, kinds, quotas, sockets, telemetry, transfer
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Kind
from backend_lead.checks import rules
from backend_lead.emit.model.backend_yaml import schema_text
from backend_lead.emit.model.content import content
from backend_lead.emit.model.layout import page
from backend_lead.emit.report.run_schema import schema_text as run_schema_text
from backend_lead.model.system import System
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Tactic

if __name__ == "__main__":  # run by its path, the folder above is not looked into
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tools.changes_page import changes_page
from tools.ci_example import page as ci_page
from tools.example_results import expected
from tools.tactic_example import changes, examples

ROOT = Path(__file__).resolve().parents[1]
MADE = "<!-- made by tools/write_docs.py from {}; edit that, not this -->\n\n"
IDS_BEGIN = "<!-- ids: made by tools/write_docs.py -->\n"
IDS_END = "<!-- end of ids -->\n"
EXAMPLE_LINES_MAX = 90


def generated() -> dict[str, str]:
    """Path -> text of every generated file."""
    files = {f"docs/tactics/{t.id}.md": tactic_page(t) for t in tactics().values()}
    files["docs/tactics/README.md"] = tactics_index()
    files["docs/kinds.md"] = kinds_page()
    files["docs/rules.md"] = rules_page()
    files["docs/changes.md"] = changes_page(MADE.format("src/backend_lead/changes"))
    files["docs/ci.md"] = ci_page((ROOT / "docs" / "ci.md").read_text(encoding="utf-8"), ROOT)
    files["docs/words.md"] = words_page((ROOT / "docs" / "words.md").read_text(encoding="utf-8"))
    files["schema/backend.schema.json"] = schema_text()
    files["schema/run.schema.json"] = run_schema_text()
    files["schema/settings.schema.json"] = settings_schema()
    for name, text in expected(ROOT / "examples").items():
        files[f"examples/{name}"] = text
    return files


def tactic_page(tactic: Tactic) -> str:
    """What a tactic says of itself, and what it does to a reference model."""
    source = f"src/backend_lead/tactics/{tactic.id.replace('-', '_')}.py"
    lines = [
        f"# {tactic.title} (`{tactic.id}`)\n",
        f"{tactic.does}\n",
        f"**When it helps.** {tactic.helps}\n",
        f"**What it costs.** {tactic.costs}\n",
        f"**When it hurts.** {tactic.hurts}\n",
    ]
    shown = example(tactic)
    if shown:
        lines.append(shown)
    lines.append("Sources:\n")
    lines += [f"- {source}" for source in tactic.sources]
    return MADE.format(source) + "\n".join(lines) + "\n"


def example(tactic: Tactic) -> str:
    """The model before and after: of its own examples with what is found of them, else at its first
    site in a reference domain; "" where it has none."""
    if own := examples(tactic, changed):
        return own
    for name in domains.domains():
        system = System.model_validate(domains.load(name).system())
        for site in tactic.sites(system):
            lines = changes(system, tactic.apply(system, site), changed)
            return "\n".join([f"On the reference domain `{name}`, at `{site}`.\n", *lines])
    return ""


def changed(before: System, after: System) -> str:
    """What differs, as lines of backend.yaml without origins."""
    texts = [page(plain(content(s, full=True))).splitlines() for s in (before, after)]
    diff = list(unified_diff(*texts, n=2, lineterm=""))[2:]
    lines = [line if line[:1] in "+- " else "  ..." for line in diff]
    if len(lines) > EXAMPLE_LINES_MAX:
        lines[EXAMPLE_LINES_MAX:] = [f"... {len(lines) - EXAMPLE_LINES_MAX} lines more"]
    return "\n".join(lines)


def plain(value: Any) -> Any:
    """Content of a model with each quantity as its value alone."""
    if isinstance(value, dict):
        if {"value", "origin"} <= set(value):
            return value["value"]
        return type(value)((key, plain(inner)) for key, inner in value.items() if key != "origins")
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def tactics_index() -> str:
    """One line per tactic."""
    rows = [f"| [{t.id}]({t.id}.md) | {t.does} |" for t in tactics().values()]
    return (
        MADE.format("src/backend_lead/tactics") + "# Tactics\n\n"
        "Steps the search may take beyond the smallest design. A tactic says where it applies and\n"
        "what the model becomes; whether it was worth it is measured by the search, never claimed\n"
        "by the tactic.\n\n| tactic | what it does |\n|---|---|\n" + "\n".join(rows) + "\n"
    )


def kinds_page() -> str:
    """What each component kind knows, with the source of every number."""
    parts = [MADE.format("src/backend_lead/catalog") + "# Component kinds\n"]
    parts += [kind_part(kind) for kind in kinds().values()]
    parts.append(limits_part())
    return "\n".join(parts)


def limits_part() -> str:
    """Facts of no single kind: connections, transfer, logs, quotas, analyses."""
    facts = [
        *sockets.FACTS,
        STORM_MAX,
        AGAIN,
        OUTAGE,
        *transfer.FACTS,
        *telemetry.BILLED,
        *telemetry.UNBILLED,
        *quotas.FACTS,
        *analytics.FACTS,
    ]
    rows = "\n".join(fact_row(fact) for fact in facts)
    return (
        "## Connections, transfer, logs, quotas and analyses\n\nFacts of no single kind.\n\n"
        f"| fact | value | range | origin | source |\n|---|---|---|---|---|\n{rows}\n"
    )


def kind_part(kind: Kind) -> str:
    """One kind: role, fields, facts."""
    rows = [fact_row(f) for f in (*kind.facts, kind.availability, kind.repair)]
    return (
        f"## {kind.title} (`{kind.id}`)\n\n{sentence(kind.summary)}. Role: {kind.role}. Fields: "
        f"{', '.join(f'`{f}`' for f in sorted(kind.fields))}.\n\n"
        "| fact | value | range | origin | source |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def sentence(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def fact_row(fact: Fact) -> str:
    """One row of a table of facts."""
    unit = "" if fact.unit in ("ratio", "factor") else f" {fact.unit}"
    return (
        f"| {fact.label} | {fact.value:.6g}{unit} | {fact.low:.6g} to {fact.high:.6g} "
        f"| {fact.origin} | {fact.source} |"
    )


def rules_page() -> str:
    """What each rule of `backend-lead check` looks at, and why."""
    parts = [
        MADE.format("src/backend_lead/checks") + "# Rules\n\n"
        "What `backend-lead check` looks at. A rule whose evidence is absent says *unknown*, never"
        " *passed*.\n"
    ]
    parts += [f"## `{rule.id}`: {rule.title}\n\n{rule.why}\n" for rule in rules().values()]
    return "\n".join(parts)


def words_page(text: str) -> str:
    """docs/words.md with its list of ids brought up to date; the rest is written by hand."""
    head, found, rest = text.partition(IDS_BEGIN)
    _, end, tail = rest.partition(IDS_END)
    if not found or not end:
        raise SystemExit(f"docs/words.md lacks the lines {IDS_BEGIN!r} and {IDS_END!r}")
    rows = [f"| `{k.id}` | kind | {sentence(k.summary)} |" for k in kinds().values()]
    rows += [f"| `{t.id}` | tactic | {t.title} |" for t in tactics().values()]
    rows += [f"| `{r.id}` | rule | {r.title} |" for r in rules().values()]
    table = "| id | of a | says |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    return head + IDS_BEGIN + table + IDS_END + tail


def stale() -> list[str]:
    """Generated files that differ from what would be written, and pages nothing makes any more."""
    files = generated()
    found = [
        path
        for path, text in files.items()
        if not (ROOT / path).is_file() or (ROOT / path).read_text(encoding="utf-8") != text
    ]
    pages = (f"docs/tactics/{p.name}" for p in (ROOT / "docs" / "tactics").glob("*.md"))
    return sorted([*found, *(page for page in pages if page not in files)])


def main() -> int:
    """Write, or check."""
    wrong = stale()
    if "--check" in sys.argv[1:]:
        for path in wrong:
            print(f"{path} is out of date; run: python tools/write_docs.py")
        return 1 if wrong else 0
    files = generated()
    for path in wrong:
        target = ROOT / path
        if path in files:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(files[path], encoding="utf-8")
        else:
            target.unlink()
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
