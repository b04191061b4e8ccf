"""What `check` says of each model in examples/, short enough that a change is read in a diff."""

from __future__ import annotations

import json
from pathlib import Path

from backend_lead.app.check import check

FIGURES = "figures.json"


def expected(examples: Path) -> dict[str, str]:
    """Path below the folder of the examples -> text of the expected figures of one of them."""
    return {
        f"{model.parent.name}/expected/{FIGURES}": figures(model)
        for model in sorted(examples.glob("*/backend.yaml"))
    }


def figures(model: Path) -> str:
    """Verdict, figures as they are shown, and the findings by level, rule and place."""
    found = check(model)
    content = {
        "verdict": found.verdict,
        "figures": {figure.id: figure.text for figure in found.figures},
        "findings": sorted(f"{f.level}: {f.rule}: {f.place.path}" for f in found.findings),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
