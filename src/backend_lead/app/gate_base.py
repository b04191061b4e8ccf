"""gate against a commit: finds the model before there, also where it had another name."""

from __future__ import annotations

import shlex
import tempfile
from datetime import date
from pathlib import Path

from backend_lead.app.check import CLEAN, INVALID, MISSED, CheckResult
from backend_lead.app.check_rules import DELETED, NOT_FOUND
from backend_lead.app.committed import Moves, commit_of, model_at, moves_since, path_of
from backend_lead.app.compare import MODEL, model_path
from backend_lead.app.gate import Gate, gate
from backend_lead.app.set_aside import Accepting, apart
from backend_lead.app.settings import read_settings
from backend_lead.model.finding import Finding, InvalidInput, Place

NAMES_MAX = 5  # of models that are gone, in one sentence


def gate_base(
    after: str,
    base: str,
    *,
    strict: bool = False,
    baseline: str | Path | None = None,
    today: date | None = None,
) -> Gate:
    """Judge a model against what it was at a commit, wherever it lay then. Raises CannotJudge."""
    model = model_path(after)
    commit = commit_of(base, model)
    path = path_of(model)
    repeat = f"--base {shlex.quote(base)} {shlex.quote(after)}"
    with tempfile.TemporaryDirectory(prefix="backend-lead-") as folder:
        if not model.exists():
            for one in (path, f"{path}/{MODEL}"):
                if model_at(commit, model, one, Path(folder)) is not None:
                    return _deleted(after, model, one, commit, repeat, today or date.today())
        was, told, absent = model_at(commit, model, path, Path(folder)), [], ""
        if was is None and model.exists():
            moves = moves_since(commit, model)
            path = moves.origin(path) or path
            was = model_at(commit, model, path, Path(folder))
            absent = f"{commit[:12]} has no {path}; this model is new"
            told = _not_found(after, model, commit, moves) if was is None else []
        if told:
            absent = f"{commit[:12]} has no {path}, and a model of it is gone"
        return gate(was, after, strict=strict, baseline=baseline, absent=absent, told=told,
                    named=f"{commit[:12]}:{path}", repeat=repeat, today=today)  # fmt: skip


def _not_found(after: str, model: Path, commit: str, moves: Moves) -> list[Finding]:
    """That one of the models that are gone may be this one before; nothing where none is gone."""
    if not moves.gone:
        return []
    more = len(moves.gone) - NAMES_MAX
    names = ", ".join(moves.gone[:NAMES_MAX]) + (f" and {more} more" if more > 0 else "")
    return [Finding(
        NOT_FOUND, "unknown", "whether this model is new is not known: it was not there before, "
        f"and {names} of {commit[:12]} is gone", Place(str(model), 1), "nothing is compared",
        "a model before, or none that is gone",
        f"if it is the same, compare the two: git show {commit[:12]}:{shlex.quote(moves.gone[0])} "
        f"> before.yaml; backend-lead gate before.yaml {shlex.quote(after)}",
    )]  # fmt: skip


def _deleted(
    after: str, model: Path, path: str, commit: str, repeat: str, today: date
) -> Gate:  # fmt: skip
    """The answer where the model that is asked for is gone: it fails until that is accepted."""
    named, repeat = f"{commit[:12]}:{path}", f"backend-lead gate {repeat}"
    now = moves_since(commit, model).moved.get(path)
    file = model if model.name == Path(path).name else model / MODEL
    hint = f"put it back, or accept it: suppress {DELETED} at `.` with a reason"
    if now:
        hint = f"gate it where it is now, {now}"
    finding = Finding(
        DELETED, "error", f"{path} was moved to {now}" if now else f"{path} was deleted",
        Place(str(file), 1), "no file", f"the model, as in {commit[:12]}", hint,
    )  # fmt: skip
    try:
        accepted = Accepting(read_settings(file, today).accepted, today=today)
    except InvalidInput as err:
        return Gate(named, after, CheckResult(err.findings, "fail", INVALID, unusable="settings"),
                    None, "", repeat=repeat)  # fmt: skip
    found, aside = apart([finding], accepted)
    checked = CheckResult(found, "fail", MISSED if found else CLEAN, set_aside=aside)
    why = "the model was moved" if now else "the model was deleted"
    return Gate(named, after, checked, None, why, repeat=repeat)
