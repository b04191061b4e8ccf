"""The JSON Schema of the evidence of a run: what is in every one, and its windows and seconds."""

from __future__ import annotations

import json
from typing import Any

from backend_lead.emit.report.evidence import SCHEMA_VERSION

TITLE = "evidence/<run>.json"
Schema = dict[str, Any]
_NUMBER: Schema = {"type": "number"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TEXT: Schema = {"type": "string"}
_KNOWN: Schema = {"type": ["number", "null"]}  # null: infinite, or not known
RUN: dict[str, tuple[Schema, str]] = {
    "schema_version": ({"const": SCHEMA_VERSION}, "Version of this schema."),
    "id": (_TEXT, "The name of the run, which is that of its file."),
    "kind": (_TEXT, "`steady`, or the fault that was played."),
    "title": (_TEXT, "What was run."),
    "model_digest": (_TEXT, "Of the model that was run."),
    "seed": ({"type": "integer"}, "Of the random numbers; of replications the first."),
    "horizon_s": (_NUMBER, "Simulated time, of each replication."),
    "warmup_s": (_NUMBER, "What of it is in no window and no percentile."),
    "scale": ({"type": "integer"}, "1: every request was simulated."),
    "requests": (_COUNT, "Requests that started, the warm-up's too."),
    "versions": ({"type": "object", "additionalProperties": _TEXT}, "What the numbers depend on."),
    "repeat": (_TEXT, "The command that gives it again."),
}
_SPAN: dict[str, tuple[Schema, str]] = {
    "t_s": (_NUMBER, "When it begins."),
    "lasts_s": (_NUMBER, "How long it is."),
    "started": (_COUNT, "Requests that began in it; of replications, in all of them."),
    "ok": (_COUNT, "Of these, answered."),
    "failed": (_COUNT, "Answered with an error, or refused further in than at the door."),
    "refused": (_COUNT, "Refused by a limit at the door; these have not failed."),
    "timed_out": (_COUNT, "Given up by who asked. What is left was under way at the end."),
}
SECOND = _SPAN | {
    "mean_s": (_KNOWN, "Of those that were answered; null: none was."),
    "p50_s": (_KNOWN, "Those not answered count as never answered; null: there is none."),
    "p99_s": (_KNOWN, "Likewise."),
}
_INTERVAL: Schema = {"$ref": "#/$defs/interval"}
WINDOW = _SPAN | {
    "per_s": (_NUMBER, "Requests that began a second, in one replication."),
    "batches": (_COUNT, "Parts of it, or replications, from which its intervals come; 0: none."),
    "failed_share": (_INTERVAL, "Of what ended and was not refused: failed or timed out."),
    "mean_s": (_INTERVAL, "Of those that were answered."),
    "p50_s": (_INTERVAL, "Those not answered count as never answered."),
    "p95_s": (_INTERVAL, "Likewise."),
    "p99_s": (_INTERVAL, "Likewise."),
}


def schema_text() -> str:
    """The published JSON Schema of a run's evidence."""
    rows = {"type": "array", "items": {"$ref": "#/$defs/window"}}
    series = {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/second"},
                                                   {"$ref": "#/$defs/window"}]}}  # fmt: skip
    results: Schema = {
        "type": "object",
        "properties": {
            "windows": {**rows, "description": "What is counted of the run, in windows."},
            "series": {**series, "description": "The same by the second, or by what makes 600 rows "
                       "at most; of a single run its warm-up too."},
        },
    }  # fmt: skip
    whole: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        **_object(RUN | {"results": (results, "What it found.")}),
        "$defs": {
            "interval": _object({
                "value": (_KNOWN, "Null: there is none, or (a percentile) never answered."),
                "low": (_KNOWN, "Of the 95 % interval; null: too little is known."),
                "high": (_KNOWN, "Likewise."),
            }),
            "second": _object(SECOND),
            "window": _object(WINDOW),
        },
    }  # fmt: skip
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _object(columns: dict[str, tuple[Schema, str]]) -> Schema:
    return {
        "type": "object",
        "properties": {name: {**kind, "description": told}
                       for name, (kind, told) in columns.items()},
        "required": list(columns),
        "additionalProperties": False,
    }  # fmt: skip
