"""The trail of a search, read back from the evidence beside its model."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from backend_lead.model.design import Decision, Measure, Option
from backend_lead.model.finding import Finding, Place


def read_trail(folder: Path, digest: str) -> tuple[list[Decision], Finding | None]:
    """Decisions of `evidence/trail.json`, if they are of the model with this digest.

    The finding says when a trail is there but belongs to another state of the model.
    """
    path = folder / "evidence" / "trail.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        decisions = [_decision(d) for d in content["decisions"]]
    except FileNotFoundError:
        return [], None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [], Finding(
            "trail-unreadable",
            "warning",
            "the decisions cannot be read",
            Place(str(path)),
            hint="run design again to write them anew",
        )
    if content.get("model_digest") != digest:
        return [], Finding(
            "trail-stale",
            "note",
            "the decisions were taken for another state of this model; they are left out",
            Place(str(path)),
            str(content.get("model_digest")),
            digest,
            "backend-lead design backend.yaml searches anew",
        )
    return decisions, None


def _only(cls: type, data: dict[str, Any]) -> dict[str, Any]:
    return {f.name: data[f.name] for f in fields(cls) if f.name in data}


def _measure(data: dict[str, Any]) -> Measure:
    return Measure(**_only(Measure, data))


def _option(data: dict[str, Any]) -> Option:
    return Option(**{**_only(Option, data), "after": _measure(data["after"])})


def _decision(data: dict[str, Any]) -> Decision:
    return Decision(**{
        **_only(Decision, data), "options": tuple(_option(o) for o in data["options"]),
        "before": _measure(data["before"]), "after": _measure(data["after"]),
    })  # fmt: skip
