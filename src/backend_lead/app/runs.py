"""The runs kept beside a model, read back: those of exactly this model."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

from backend_lead.model.design import Run
from backend_lead.model.finding import Finding, Place
from backend_lead.model.kept import Kept, finite, read_as

NOT_RUNS = ("figures", "trail", "paths", "files")
PROVED = "data-"  # what `verify` keeps: seen on real parts, not runs of the kernel
FILE_MAX = 20_000_000


def read_runs(folder: Path, digest: str) -> tuple[list[Run] | None, list[Finding]]:
    """Runs in `folder`/evidence of the model with this digest, by id; None where there is none.

    The findings tell, once, that there are runs of another state of the model, and of each file
    that cannot be read.
    """
    runs: list[Run] = []
    others: list[tuple[Path, Run]] = []
    told: list[Finding] = []
    for path in sorted((folder / "evidence").glob("*.json")):
        if path.stem in NOT_RUNS or path.stem.startswith(PROVED):
            continue
        try:
            run = read_run(path)
        except ValueError as err:
            told.append(Finding("run-unreadable", "warning", f"this run cannot be read: {err}",
                                Place(str(path)), path.name, "a run as simulate keeps it",
                                "simulate again to write it anew"))  # fmt: skip
            continue
        if run.model_digest == digest:
            runs.append(run)
        else:
            others.append((path, run))
    return runs or None, told + _left_out(others, digest)


def _left_out(others: list[tuple[Path, Run]], digest: str) -> list[Finding]:
    """One note about all runs of another state of the model."""
    if not others:
        return []
    path, run = others[0]
    seen = ", ".join(sorted({run.model_digest for _, run in others}))
    if len(others) == 1:
        what, hint = "this run is of another state of the model; it is", f"again: {run.repeat}"
    else:
        names = ", ".join(run.id for _, run in others)
        what = f"{len(others)} runs are of another state of the model ({names}); they are"
        path, hint = path.parent, "run backend-lead design again, or simulate those that matter"
    return [Finding("run-stale", "note", f"{what} left out", Place(str(path)), seen, digest, hint)]


def read_run(path: Path) -> Run:
    """A run from its file. Raises ValueError that says what is amiss."""
    try:
        if path.stat().st_size > FILE_MAX:
            raise ValueError("the file is too large")
        content = finite(json.loads(path.read_text(encoding="utf-8")))
    except OSError as err:
        raise ValueError(err.strerror or str(err)) from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("the file is not JSON") from None
    read_as(Kept, content)
    return Run(**{f.name: content[f.name] for f in fields(Run)})
