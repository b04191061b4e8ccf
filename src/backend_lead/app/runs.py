"""The runs kept beside a model, read back: those of exactly this model."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

from backend_lead.app.repeating import MODEL, model_of, naming
from backend_lead.model.design import Run
from backend_lead.model.finding import Finding, Level, Place
from backend_lead.model.kept import Kept, finite, read_as

NOT_RUNS = ("figures", "trail", "paths", "files")
PROVED = "data-"  # what `verify` keeps: seen on real parts, not runs of the kernel
FILE_MAX = 20_000_000


def read_runs(
    folder: Path, digest: str, model: str = MODEL
) -> tuple[list[Run] | None, list[Finding]]:
    """Runs in `folder`/evidence of the model with this digest, by id; None where there is none.

    The commands that repeat them name the file as `model` does. The findings tell, once, that there
    are runs of another state of the model or of another one, and of each file that cannot be read.
    """
    runs: list[Run] = []
    others: list[tuple[Path, Run]] = []
    told: list[Finding] = []
    for path in sorted((folder / "evidence").glob("*.json")):
        if not is_run(path.stem):
            continue
        try:
            run = read_run(path)
        except ValueError as err:
            told.append(unreadable(path, err))
            continue
        if run.model_digest == digest:
            runs.append(replace(run, repeat=naming(run.repeat, model, model_of(run.repeat))))
        else:
            others.append((path, run))
    return runs or None, told + _left_out(others, digest, model)


def _left_out(others: list[tuple[Path, Run]], digest: str, model: str) -> list[Finding]:
    """One note about all runs of another state of the model, or of another one."""
    if not others:
        return []
    path, run = others[0]
    seen = ", ".join(sorted({run.model_digest for _, run in others}))
    files = sorted({model_of(run.repeat) for _, run in others} - {Path(model).name, ""})
    state = "another state of the model" + (f", or of {', '.join(files)}" if files else "")
    if len(others) == 1:
        again = naming(run.repeat, model, Path(model).name)
        what, hint = f"this run is of {state}; it is", f"again: {again}"
    else:
        names = ", ".join(run.id for _, run in others)
        what = f"{len(others)} runs are of {state} ({names}); they are"
        path, hint = path.parent, "run backend-lead design again, or simulate those that matter"
    return [Finding("run-stale", "note", f"{what} left out", Place(str(path)), seen, digest, hint)]


def is_run(name: str) -> bool:
    """Whether evidence of this name, without its ending, is a run of the kernel."""
    plain = name.replace("-", "").replace("_", "").replace(".", "")
    return plain.isalnum() and name not in NOT_RUNS and not name.startswith((PROVED, "."))


def unreadable(path: Path, err: ValueError, level: Level = "warning") -> Finding:
    """That the file of a run cannot be read, and what is amiss."""
    return Finding("run-unreadable", level, f"this run cannot be read: {err}", Place(str(path)),
                   path.name, "a run as simulate keeps it",
                   "simulate again to write it anew")  # fmt: skip


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
