"""Write what is generated in this repository: pages of tactics, kinds and rules, ids, the schema.

python tools/write_docs.py            write what differs
python tools/write_docs.py --check    write nothing; 1 if a file is out of date
"""

from __future__ import annotations

import sys
from difflib import unified_diff
from pathlib import Path
from typing import Any

from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.simulation import run_fault, trial
from backend_lead.analysis.solver import solve
from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog import domains, kinds
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Kind
from backend_lead.checks import rules
from backend_lead.emit.model.backend_yaml import schema_text
from backend_lead.emit.model.content import content
from backend_lead.emit.model.layout import page
from backend_lead.model.system import System
from backend_lead.model.units import trim
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics import tactics
from backend_lead.tactics.tactic import Applied, Tactic
from backend_lead.views.resolve import resolve

ROOT = Path(__file__).resolve().parents[1]
MADE = "<!-- made by tools/write_docs.py from {}; edit that, not this -->\n\n"
IDS_BEGIN = "<!-- ids: made by tools/write_docs.py -->\n"
IDS_END = "<!-- end of ids -->\n"
EXAMPLES = ROOT / "docs" / "tactics" / "examples"
EXAMPLE_LINES_MAX = 90
FAR = 8.0  # multiples of an example's load that are looked at
SEED = 1


def generated() -> dict[str, str]:
    """Path -> text of every generated file."""
    files = {f"docs/tactics/{t.id}.md": tactic_page(t) for t in tactics().values()}
    files["docs/tactics/README.md"] = tactics_index()
    files["docs/kinds.md"] = kinds_page()
    files["docs/rules.md"] = rules_page()
    files["docs/words.md"] = words_page((ROOT / "docs" / "words.md").read_text(encoding="utf-8"))
    files["schema/backend.schema.json"] = schema_text()
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
    """The model before and after at its first site: of its own example where it has one, else of a
    reference domain; "" where it has no site in any."""
    own = EXAMPLES / f"{tactic.id}.yaml"
    if own.is_file():
        hurts = EXAMPLES / f"{tactic.id}-hurts.yaml"
        return effect(tactic, own, "helps", diff=True) + effect(tactic, hurts, "hurts", diff=False)
    for name in domains.domains():
        system = System.model_validate(domains.load(name).system())
        for site in tactic.sites(system):
            applied = tactic.apply(system, site)
            lines = [f"On the reference domain `{name}`, at `{site}`.\n", *shown(system, applied)]
            return "\n".join(lines)
    return ""


def shown(system: System, applied: Applied) -> list[str]:
    """What a tactic changes in a model, and the knobs it opens."""
    change = changed(system, applied.system)
    lines = ["```diff\n" + change + "\n```\n"] if change else []
    for knob in applied.knobs:
        low, high = knob.values[0], knob.values[-1]
        lines.append(f"Opens the knob `{knob.id}`: `{low}` to `{high}`.\n")
    return lines


def effect(tactic: Tactic, path: Path, word: str, *, diff: bool) -> str:
    """An example of a tactic, solved before and after, with the trial it names simulated."""
    text = path.read_text(encoding="utf-8")
    says = text.splitlines()[0].removeprefix("# ")
    system = read_checked_text(text, path.name).system
    site = tactic.sites(system)[0]
    applied = tactic.apply(system, site)
    before, after = assess(system, FAR), size_and_assess(applied.system, applied.knobs)
    after = assess(after.system, FAR)
    lines = [
        f"## An example where it {word}\n",
        f"{says} The model is [{path.name}](examples/{path.name}), the site `{site}`.\n",
    ]
    lines += shown(system, applied) if diff else []
    rows = [
        ("of the load is carried", carried(before), carried(after)),
        ("slowest p99 at the load carried", *(p99(x) for x in (before, after))),
        ("availability", *(f"{x.worst_availability.availability:.4%}" for x in (before, after))),
        ("USD/month", *(trim(x.cost.usd_month, 3) for x in (before, after))),
        ("complexity, USD/month", *(trim(x.complexity_usd, 3) for x in (before, after))),
    ]
    fault = next(
        (
            line.removeprefix("# trial: ")
            for line in text.splitlines()
            if line.startswith("# trial: ")
        ),
        None,
    )
    if fault is not None:
        rows.append(
            (f"trial `{fault}`, simulated", *(tried(x.system, fault) for x in (before, after)))
        )
    lines.append(
        "| solved, with one zone lost | before | after |\n|---|---|---|\n"
        + "".join(f"| {what} | {was} | {now} |\n" for what, was, now in rows)
    )
    return "\n".join(lines) + "\n"


def carried(found: Assessment) -> str:
    """The share of the stated load that is carried, and what is the limit above it."""
    if found.capacity >= FAR:
        return f"{FAR:g} times or more"
    return f"{trim(found.capacity, 2)} times; then {found.limit.component}: {found.limit.resource}"


def p99(found: Assessment) -> str:
    """The worst p99 of a request, where anything is carried."""
    solution = solve(found.flow, min(1.0, found.capacity)) if found.capacity else None
    if solution is None or not solution.stable:
        return "none"
    return f"{trim(max(solution.p99_s.values()) * 1e3, 2)} ms"


def tried(system: System, fault: str) -> str:
    """What a fault does, as one run of the simulator says."""
    one = trial(run_fault(resolve(system), FAULTS[fault], SEED), fault)
    healthy = (
        "not healthy again" if one.recover_s is None else f"healthy after {one.recover_s:.0f} s"
    )
    return f"{healthy}; {one.degrades}"


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
    return "\n".join(parts)


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
