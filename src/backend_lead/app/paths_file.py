"""What else could have been built, read back from the evidence beside its model."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from backend_lead.model.design import Design
from backend_lead.model.finding import Finding, Place
from backend_lead.model.paths import Alternative, Feasible, Flip, NotYet, Refusal, Stage

T = TypeVar("T")


def read_paths(folder: Path, design: Design) -> Finding | None:
    """Put `evidence/paths.json` into a design, if it is of its model; the finding tells why not.

    A file of another state of the model is left out without a word: the trail beside it tells.
    """
    path = folder / "evidence" / "paths.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("model_digest") != design.digest:
            return None
        found = (
            tuple(_read(Alternative, row) for row in content["alternatives"]),
            tuple(_stage(row) for row in content["stages"]),
            tuple(_read(Flip, row) for row in content["flips"]),
            _refusal(content["refusal"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Finding(
            "paths-unreadable", "warning", "alternatives, stages and flips cannot be read",
            Place(str(path)), hint="run design again to write them anew",
        )  # fmt: skip
    design.alternatives, design.stages, design.flips, design.refusal = found
    return None


def _read(cls: type[T], data: dict[str, Any]) -> T:
    """A record from JSON; what was a tuple there is a list."""
    names = [f.name for f in fields(cls) if f.name in data]  # type: ignore[arg-type]
    return cls(**{n: tuple(v) if isinstance(v := data[n], list) else v for n in names})


def _stage(data: dict[str, Any]) -> Stage:
    return _read(Stage, {**data, "not_yet": [_read(NotYet, row) for row in data["not_yet"]]})


def _refusal(data: dict[str, Any] | None) -> Refusal | None:
    if data is None:
        return None
    return Refusal(tuple(data["binds"]), tuple(_read(Feasible, row) for row in data["closest"]))
