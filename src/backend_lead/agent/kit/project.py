"""Putting the files into a project and taking them out: never over somebody's work.

What was written is kept in `.claude/backend-lead.json`: of files that are ours their digest, so
that one somebody edited is told apart from one that is only old; of files others own too the text
that was put in, which is taken out again as it is. Nothing of what others wrote is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from backend_lead.agent.kit.content import BEGIN, NAME, Shared, own_files, shared_files
from backend_lead.agent.kit.shared import (
    parsed,
    with_entry,
    with_section,
    without_entry,
    without_section,
)
from backend_lead.app.write import CannotWrite, write_over
from backend_lead.model.finding import Finding, InvalidInput, Place

STATE = ".claude/backend-lead.json"
VERSION = 1
FILE_MAX = 5_000_000
Act = Literal["create", "update", "keep", "remove", "leave"]


@dataclass(frozen=True)
class Step:
    """What becomes of one file; `text` is what it will be, None where it goes. `leave`: somebody
    edited it, so it stays as it is."""

    path: str
    act: Act
    text: str | None = None
    why: str = ""


@dataclass(frozen=True)
class Plan:
    """The steps, and the state that is kept when they are done; None where none is."""

    root: Path
    steps: list[Step]
    state: dict[str, Any] | None

    @property
    def changes(self) -> list[Step]:
        return [step for step in self.steps if step.act in ("create", "update", "remove")]

    @property
    def left(self) -> list[Step]:
        return [step for step in self.steps if step.act == "leave"]


def install(root: Path, command: str) -> Plan:
    """What putting the files there would do. Raises InvalidInput."""
    root = root.resolve()
    state = _state(root)
    kept: dict[str, Any] = {}
    steps = []
    for path, text in own_files().items():
        step = _own(path, _read(root, path), text, state.get(path, {}))
        steps.append(step)
        kept[path] = state.get(path) if step.act == "leave" else {"sha256": _sha(text)}
    for path, part in shared_files(command).items():
        step, kept[path] = _into(path, _read(root, path), part, state.get(path, {}))
        steps.append(step)
    kept = {path: row for path, row in kept.items() if row}
    return Plan(root, steps, {"version": VERSION, "files": kept})


def uninstall(root: Path) -> Plan:
    """What taking them out would do. Raises InvalidInput."""
    root = root.resolve()
    state = _state(root)
    steps = []
    for path in own_files():
        was, known = _read(root, path), state.get(path, {})
        if was is None:
            continue
        mine = known.get("sha256") in (_sha(was), _sha(was.replace("\r\n", "\n")))
        steps.append(Step(path, "remove") if mine else
                     Step(path, "leave", was, "edited since it was written" if known else
                          "not written by backend-lead"))  # fmt: skip
    for path, part in shared_files("").items():
        was, known = _read(root, path), state.get(path, {})
        if was is not None and known:
            steps.append(_out_of(path, was, part, known))
    return Plan(root, [step for step in steps if step.act != "keep"], None)


def _into(
    path: str, was: str | None, part: Shared, known: dict[str, Any]
) -> tuple[Step, dict[str, Any]]:
    """The step that puts our part into a shared file, and what is kept of it."""
    had = str(known.get("put", ""))
    bare = was.replace(had, "", 1) if was is not None and had else was
    made = bare is None or (bool(known.get("made")) and not bare.strip())
    if part.home:
        taken = (parsed(path, bare, part.home).get(part.home) or {}).get(NAME)
        if taken is not None:
            same = taken == part.entry
            why = "" if same else f"somebody's server {NAME!r} is there"
            return Step(path, "keep" if same else "leave", was, why), known
        text, put = with_entry(path, None if made else bare, part.home, NAME, part.entry)
    elif BEGIN in (bare or ""):
        return Step(path, "leave", was, "the section was edited since it was written"), known
    else:
        text, put = with_section(None if made else bare, part.entry)
    return Step(path, _act(was, text), text), {"put": put, "made": made}


def _out_of(path: str, was: str, part: Shared, known: dict[str, Any]) -> Step:
    """The step that takes it out again: exactly what was put in, else what is left of it."""
    put = str(known.get("put", ""))
    if put and put in was:
        text = was.replace(put, "", 1)
    elif part.home:
        text = without_entry(path, was, part.home, NAME)
    else:
        text = without_section(was)
    if known.get("made") and text.strip() in ("", "{}"):
        return Step(path, "remove")
    return Step(path, "keep" if text == was else "update", text)


def apply(plan: Plan) -> None:
    """Do it; each file is written beside its place and renamed. Raises CannotWrite."""
    for step in plan.changes:
        path = plan.root / step.path
        if step.text is not None:
            write_over(path.resolve(), step.text)  # through a link, which stays one
        else:
            _remove(plan.root, path)
    if plan.state is not None:
        write_over(plan.root / STATE, json.dumps(plan.state, indent=1, sort_keys=True) + "\n")
    elif (plan.root / STATE).is_file():
        _remove(plan.root, plan.root / STATE)


def _own(path: str, was: str | None, text: str, known: dict[str, Any]) -> Step:
    if was is not None and was.replace("\r\n", "\n") == text:
        return Step(path, "keep", was)
    if was is not None and known.get("sha256") != _sha(was):
        why = "edited since it was written" if known else "somebody's file of this name is there"
        return Step(path, "leave", was, why)
    return Step(path, _act(was, text), text)


def _act(was: str | None, text: str) -> Act:
    return "create" if was is None else "keep" if was == text else "update"


def _state(root: Path) -> dict[str, dict[str, Any]]:
    """What an earlier install wrote; empty where none did, or nobody can read it any more."""
    text = _read(root, STATE)
    try:
        content = json.loads(text or "{}")
        rows = content["files"] if content.get("version") == VERSION else {}
        return {str(path): row for path, row in rows.items() if isinstance(row, dict)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _read(root: Path, path: str) -> str | None:
    """The text of a file of the project; None where it is not there. Raises InvalidInput."""
    for part in _parts(root, path):
        if part.is_symlink() and root not in (part.resolve(), *part.resolve().parents):
            raise InvalidInput([Finding("kit-outside", "error", f"{path} leads out of the project",
                                        Place(path), f"a link to {part.resolve()}",
                                        "a file or folder of the project")])  # fmt: skip
    try:
        data = (root / path).read_bytes()
        if len(data) > FILE_MAX:
            raise ValueError("too large")
        return data.decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as err:
        told = Finding("kit-unreadable", "error", f"{path} cannot be read: {err}", Place(path),
                       "no text", "a text in UTF-8")  # fmt: skip
        raise InvalidInput([told]) from None


def _parts(root: Path, path: str) -> Iterator[Path]:
    part = root
    for name in Path(path).parts:
        part = part / name
        yield part


def _remove(root: Path, path: Path) -> None:
    """Remove a file and the folders above it that are empty then."""
    try:
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == root or not folder.is_dir() or any(folder.iterdir()):
                return
            folder.rmdir()
    except OSError as err:
        raise CannotWrite(f"cannot remove {path}: {err.strerror or err}") from None


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
