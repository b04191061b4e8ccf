"""evidence/: runs, figures with their origins, the trail of the search and its other paths."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from backend_lead.emit.report import path_words
from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import slug
from backend_lead.model.design import Design, Run
from backend_lead.model.kept import finite

ID = "evidence"
GROUP = "evidence"
FILES = ("evidence/figures.json", "evidence/trail.json")
MORE = r"evidence/[A-Za-z0-9._-]+\.json"
SCHEMA_VERSION = 1


def emit(design: Design) -> dict[str, str]:
    """Write a file per run, all figures with their origins, the trail, and what else there was."""
    every = [*Readings(design).all(), *PathReadings(design).all()]
    figures = sorted((f.as_dict() for f in every), key=lambda f: str(f["id"]))
    model = {"model_digest": design.digest, "seed": design.seed, "versions": design.versions}
    out = {
        "evidence/figures.json": _text({**model, "figures": figures}),
        "evidence/trail.json": _text({**model, "decisions": [asdict(d) for d in design.decisions]}),
    }
    if path_words.searched(design) or design.flips:
        out["evidence/paths.json"] = _text({**model, **_paths(design)})
    for run in design.runs:
        out[f"evidence/{_name(run.id)}.json"] = run_text(run)
    return out


def _paths(design: Design) -> dict[str, Any]:
    """What else could have been built, as it was found."""
    return {
        "alternatives": [asdict(row) for row in design.alternatives],
        "stages": [asdict(row) for row in design.stages],
        "flips": [asdict(row) for row in design.flips],
        "refusal": asdict(design.refusal) if design.refusal else None,
    }


def run_text(run: Run) -> str:
    """One run as its evidence file says it."""
    return _text(asdict(run))


def _name(run_id: str) -> str:
    """The id where it is a plain file name already, else a word made of it."""
    plain = run_id.replace("-", "").replace("_", "").replace(".", "").isalnum()
    return run_id if plain and run_id.isascii() and not run_id.startswith(".") else slug(run_id)


def _text(value: dict[str, Any]) -> str:
    whole = finite({"schema_version": SCHEMA_VERSION, **value})
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
