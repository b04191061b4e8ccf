"""The runs kept beside a model, read back: those of exactly this model."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from backend_lead.model.design import Run
from backend_lead.model.finding import Finding, Place

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
            if path.stat().st_size > FILE_MAX:
                raise ValueError("too large")
            run = _run(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            told.append(Finding("run-unreadable", "warning", "this run cannot be read",
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


def _run(content: dict[str, Any]) -> Run:
    run = Run(**{f.name: content[f.name] for f in fields(Run)})
    if not isinstance(run.results["status"], str) or not isinstance(run.id, str):
        raise TypeError("not a run")
    for found in run.results["latency_s"].values():
        for word in ("value", "low", "high"):
            if not isinstance(found["p99"][word], int | float | None):
                raise TypeError("not a time")
    recovery = run.results.get("recovery", {"verdict": "", "why": "", "recover_s": 0, "limit_s": 0})
    for word in ("recover_s", "limit_s"):
        if not isinstance(recovery[word], int | float | None):
            raise TypeError("not a time")
    if not isinstance(recovery["verdict"], str) or not isinstance(recovery["why"], str):
        raise TypeError("not a verdict")
    answered = run.results.get("answered", {"verdict": "", "why": "", "failed_share": 0})
    if not isinstance(answered["failed_share"], int | float):
        raise TypeError("not a share")
    if not isinstance(answered["verdict"], str) or not isinstance(answered["why"], str):
        raise TypeError("not a verdict")
    rate = run.results["requests_per_s"]["value"]
    if not isinstance(rate, int | float) or not isinstance(run.seed, int):
        raise TypeError("not a rate")
    return run
