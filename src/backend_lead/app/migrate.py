"""migrate: the way from the tables of one model to those of another, as files to be run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend_lead.app.model_file import read_checked
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.views.data.layer import Layer, layer
from backend_lead.views.data.migration.files import File, files_of, page, spelled
from backend_lead.views.data.migration.planning import plan
from backend_lead.views.data.migration.steps import Choices, Plan

if TYPE_CHECKING:
    from backend_lead.app.progress import Progress
    from backend_lead.trial.moving import MoveProof


NAMES = re.compile(
    r"(plan|proof)\.json|[a-z0-9_-]+/(README\.md|[0-9]{4}_[a-z0-9_-]+\.(up|down)\.sql)"
)


@dataclass(frozen=True)
class Migration:
    """A plan for each store with its files, and the two data layers it leads between."""

    old: Layer
    new: Layer
    plans: tuple[Plan, ...]
    files: dict[str, list[File]]

    @property
    def findings(self) -> list[Finding]:
        """What stands in the way, of all stores."""
        return [finding for found in self.plans for finding in found.findings]

    @property
    def refused(self) -> bool:
        """Whether a plan is refused: then nothing is written, as the stores go together."""
        return any(found.refused for found in self.plans)


def migrate(before: str, after: str, choices: Choices) -> Migration:
    """Plan the migration between two model files. Raises InvalidInput."""
    old, new = (_layer(path) for path in (before, after))
    plans = tuple(plan(old, new, choices))
    return Migration(old, new, plans, {p.store: files_of(p) for p in plans if not p.refused})


def _layer(path: str) -> Layer:
    found = layer(read_checked(path).system)
    if found is None:
        raise InvalidInput([Finding(
            "migration-no-tables", "error", f"no entity of {path} has fields", Place(path),
            "entities without fields", "entities with fields",
            "give the entities fields; see schema/backend.schema.json",
        )])  # fmt: skip
    return found


def said(renamed: Iterable[str], fill: Iterable[str], loses: Iterable[str]) -> Choices:
    """What was said on the command line: PLACE=NAME, PLACE=EXPRESSION, PLACE. Raises
    InvalidInput."""
    return Choices(dict(map(_pair, renamed)), dict(map(_pair, fill)), frozenset(loses))


def _pair(text: str) -> tuple[str, str]:
    place, sign, value = text.partition("=")
    if not (sign and place.strip() and value.strip()):
        raise InvalidInput([Finding(
            "migration-option", "error", f"{text!r} is no PLACE=VALUE", Place(), text,
            "table.column=value", "--fill \"orders.channel='web'\", --rename orders.state=status",
        )])  # fmt: skip
    return place.strip(), value.strip()


def render(found: Migration) -> dict[str, str]:
    """The files by path: a folder for each store, and a page that says what runs when."""
    out = {}
    for planned in found.plans:
        files = found.files.get(planned.store, [])
        for file in files:
            out[f"{planned.store}/{file.name}.up.sql"] = file.up
            out[f"{planned.store}/{file.name}.down.sql"] = file.down
        if files:
            out[f"{planned.store}/README.md"] = page(planned, files)
    if out:
        out["plan.json"] = json.dumps(_plain(found), indent=1) + "\n"
    return out


def _plain(found: Migration) -> dict[str, object]:
    return {
        "from": digest(found.old.system), "to": digest(found.new.system),
        "stores": {
            planned.store: [
                {"file": f"{planned.store}/{file.name}", "phase": step.phase, "step": step.slug,
                 "table": step.table, "why": step.why, "blocks": step.blocks,
                 "transaction": step.transaction, "rows": round(step.rows),
                 "expected_s": float(f"{step.expected_s:.3g}"),
                 "range_s": [float(f"{s:.3g}") for s in step.range_s],
                 "must_be_empty": step.must_be_empty, "loses": step.loses,
                 "undone": bool(step.down)}
                for file in found.files.get(planned.store, []) for step in file.steps
            ]
            for planned in found.plans
        },
    }  # fmt: skip


def prove(
    found: Migration, rows: int, rate_per_s: float, seed: int, progress: Progress
) -> list[MoveProof]:
    """Run every plan that is not refused on a filled database under load. Raises CannotRun."""
    from backend_lead.trial.moving import prove as use
    from backend_lead.trial.proof import Trial

    trial = Trial(rows=rows, seed=seed, stage=progress.stage, share=progress.share,
                  check=progress.check)  # fmt: skip
    return [
        use(planned.store, found.old, found.new, found.files[planned.store], trial, rate_per_s)
        for planned in found.plans if not planned.refused and found.files[planned.store]
    ]  # fmt: skip


def proof_json(proofs: Iterable[MoveProof]) -> str:
    """What was measured, to be kept beside the files."""
    return json.dumps([_measured(proof) for proof in proofs], indent=1) + "\n"


def _measured(proof: MoveProof) -> dict[str, object]:
    return {
        "store": proof.store, "engine": proof.version,
        "rows": proof.filled.rows, "statements_per_s": proof.rate_per_s,
        "p99_before_s": round(proof.before_p99_s, 4), "held": proof.held,
        "files": [
            {"file": m.file, "phase": m.phase, "took_s": round(m.done.took_s, 3),
             "gave_up_lock": m.done.gave_up, "error": m.done.error,
             "longest_wait_s": round(m.longest_wait_s, 3), "p99_s": round(m.p99_s, 4),
             "statements": m.asked, "failed": m.errors}
            for m in proof.files
        ],
    }  # fmt: skip


def render_proof(proofs: Iterable[MoveProof]) -> str:
    """What the program met while it was migrated, for a terminal."""
    lines = []
    for proof in proofs:
        rows = sum(proof.filled.rows.values())
        lines += ["", f"{proof.store}: run on {proof.version} with {rows:,} rows, "
                  f"{proof.rate_per_s:g} statements a second (p99 before: "
                  f"{proof.before_p99_s * 1e3:.0f} ms)",
                  "  took     longest wait  p99       failed     file"]  # fmt: skip
        lines += [
            f"  {m.done.took_s:6.2f} s  {m.longest_wait_s * 1e3:8.0f} ms  {m.p99_s * 1e3:6.0f} ms  "
            f"{m.errors:3d} of {m.asked:<5d} {m.file}"
            for m in proof.files
        ]
        lines.append("  nobody waited too long and nothing failed" if proof.held
                     else "  it did not hold: see the findings")  # fmt: skip
    return "\n".join(lines)


def render_text(found: Migration) -> str:
    """What runs when, for a terminal."""
    if not found.plans:
        return "The tables of both models are the same: there is nothing to migrate."
    lines = []
    for planned in found.plans:
        files = found.files.get(planned.store, [])
        if planned.refused:
            lines.append(f"{planned.store}: refused; see the findings")
            continue
        lines.append(f"{planned.store}: {len(planned.steps)} steps in {len(files)} files")
        for file in files:
            for step in file.steps:
                held = f"; {step.blocks} wait" if step.blocks != "nothing" else ""
                held += " some milliseconds" if held and step.work == "none" else ""
                took = f", about {spelled(step.expected_s)}" if step.work != "none" else ""
                lines.append(f"  {step.phase:9} {step.why}{took}{held}")
    return "\n".join(lines)
