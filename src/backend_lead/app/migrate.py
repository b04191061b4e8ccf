"""migrate: the way from the tables of one model to those of another, as files to be run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from backend_lead.app.model_file import read_checked
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.views.data.layer import Layer, layer
from backend_lead.views.data.migration.files import File, files_of, page
from backend_lead.views.data.migration.planning import plan
from backend_lead.views.data.migration.steps import Choices, Plan


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
    def exit_code(self) -> int:
        """1 where a plan is refused."""
        return int(any(found.refused for found in self.plans))


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


def choices_of(
    renamed: Iterable[str], fill: Iterable[str], loses: Iterable[str]
) -> Choices:
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


def render_text(found: Migration) -> str:
    """What runs when, for a terminal."""
    if not found.plans:
        return "The tables of both models are the same: there is nothing to migrate."
    lines = []
    for planned in found.plans:
        files = found.files.get(planned.store, [])
        if planned.refused:
            lines.append(f"{planned.store}: refused; see above")
            continue
        lines.append(f"{planned.store}: {len(planned.steps)} steps in {len(files)} files")
        for file in files:
            for step in file.steps:
                held = f", holds up {step.blocks}" if step.blocks != "nothing" else ""
                took = f", about {step.expected_s:.2g} s" if step.work != "none" else ""
                lines.append(f"  {step.phase:9} {step.why}{took}{held}")
    return "\n".join(lines)
