"""backend.yaml and its JSON Schema: the model as its author reads, edits and checks it."""

from __future__ import annotations

import json
import math

from backend_lead.emit.model.content import content
from backend_lead.emit.model.layout import page
from backend_lead.emit.model.patch import patched
from backend_lead.model.design import Design
from backend_lead.model.results import Result, Results
from backend_lead.model.system import System, json_schema

ID = "backend-yaml"
GROUP = "model"
FILE = "backend.yaml"
SCHEMA_FILE = "backend.schema.json"
FILES = (FILE, SCHEMA_FILE)
_KEPT = ("requests_per_s", "instances", "p99", "availability", "cost_usd_month")


def emit(design: Design) -> dict[str, str]:
    """Write the model; a text it was read from is changed only where the model differs."""
    system = _with_results(design)
    text = patched(design.source_text, system) if design.source_text else None
    return {FILE: text if text is not None else fresh(system), SCHEMA_FILE: schema_text()}


def fresh(system: System) -> str:
    """The model as a new file."""
    named = system.model_copy(update={"schema_": SCHEMA_FILE})
    return page(content(named, full=True))


def schema_text() -> str:
    """The published JSON Schema of the model."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _with_results(design: Design) -> System:
    figures = {
        word: Result(text=f.text, value=f.value, origin=f.origin, run=f.run or None)
        for word, f in ((word, design.figures.get(word)) for word in _KEPT)
        if f is not None and math.isfinite(f.value)
    }
    if not figures:
        return design.system
    results = Results(digest=design.digest, figures=figures)
    return design.system.model_copy(update={"results": results})
