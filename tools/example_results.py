"""What is said of each model in examples/: what `check` finds, and the files that answer it.

Short figures are read in a diff; the files are the answer itself, as `generate --only GROUP` writes
it.
"""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path

from backend_lead.app.check import check
from backend_lead.app.design import read_model
from backend_lead.app.generate import generate
from backend_lead.emit import render
from backend_lead.model.design import Design

FIGURES = "figures.json"
DESIGNED = "backend.yaml"  # in `expected`: what a model that is not sized is designed to
# Of each example the files that are kept; their paths begin with the group that makes them.
KEPT: dict[str, tuple[str, ...]] = {
    "api-strategy": ("api/*",),
    "data-layer": ("data/*",),
    "marketplace": (
        "api/strategy.md", "api/executive.md", "api/for-frontend-and-mobile.md",
        "api/catalog-info.yaml", "api/graphql/*",
    ),
}  # fmt: skip


def expected(examples: Path) -> dict[str, str]:
    """Path below the folder of the examples -> text of what is expected of each of them."""
    out = {}
    for model in sorted(examples.glob("*/backend.yaml")):
        home = f"{model.parent.name}/expected"
        out[f"{home}/{FIGURES}"] = figures(model)
        out |= {f"{home}/{path}": text for path, text in answers(model).items()}
    return out


def figures(model: Path) -> str:
    """Verdict, figures as they are shown, and the findings by level, rule and place."""
    found = check(model)
    content = {
        "verdict": found.verdict,
        "figures": {figure.id: figure.text for figure in found.figures},
        "findings": sorted(f"{f.level}: {f.rule}: {f.place.path}" for f in found.findings),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def answers(model: Path) -> dict[str, str]:
    """The files of an example that are kept."""
    kept = KEPT.get(model.parent.name, ())
    if not kept:
        return {}
    designed = model.parent / "expected" / DESIGNED
    group = kept[0].partition("/")[0]
    files = render(answer_of(designed if designed.is_file() else model, group), group)
    return {path: text for path, text in files.items()
            if any(fnmatch(path, pattern) for pattern in kept)}  # fmt: skip


def answer_of(model: Path, group: str) -> Design:
    """What `generate --only GROUP` finds of a model; nothing is run."""
    return generate(read_model(str(model)), only=group)
