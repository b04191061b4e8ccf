"""evidence/: the runs, the figures with their origins and the trail of the search, as JSON."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import slug
from backend_lead.model.design import Design, Run

ID = "evidence"
GROUP = "evidence"
SCHEMA_VERSION = 1


def emit(design: Design) -> dict[str, str]:
    """Write one file per run, all figures with their origins, and the trail of the search."""
    figures = sorted((f.as_dict() for f in Readings(design).all()), key=lambda f: str(f["id"]))
    model = {"model_digest": design.digest, "seed": design.seed, "versions": design.versions}
    out = {
        "evidence/figures.json": _text({**model, "figures": figures}),
        "evidence/trail.json": _text({**model, "decisions": [asdict(d) for d in design.decisions]}),
    }
    for run in design.runs:
        out[f"evidence/{_name(run.id)}.json"] = run_text(run)
    return out


def run_text(run: Run) -> str:
    """One run as its evidence file says it."""
    return _text(asdict(run))


def _name(run_id: str) -> str:
    """The id where it is a plain file name already, else a word made of it."""
    plain = run_id.replace("-", "").replace("_", "").replace(".", "").isalnum()
    return run_id if plain and run_id.isascii() and not run_id.startswith(".") else slug(run_id)


def _text(value: dict[str, Any]) -> str:
    whole = _finite({"schema_version": SCHEMA_VERSION, **value})
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    """Infinity and NaN are no JSON: they become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
