"""Putting the files into a project and taking them out: never over somebody's work.

What was written is kept in `.claude/backend-lead.json` with its digest, so that a file somebody
edited is told apart from one that is only old. Taking out sets back what stood there before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from backend_lead.agent.kit.content import BEGIN, END, Shared, own_files, shared_files
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
        step = _own(path, _read(root, path), text, state.get(path))
        steps.append(step)
        kept[path] = state.get(path) if step.act == "leave" else {"sha256": _sha(text)}
    for path, part in shared_files(command).items():
        was = _read(root, path)
        text = _with(path, was, part)
        steps.append(Step(path, _act(was, text), text))
        kept[path] = {"sha256": _sha(text), "before": _before(path, was, part, state.get(path))}
    kept = {path: row for path, row in kept.items() if row is not None}
    return Plan(root, steps, {"version": VERSION, "files": kept})


def uninstall(root: Path) -> Plan:
    """What taking them out would do. Raises InvalidInput."""
    root = root.resolve()
    state = _state(root)
    steps = []
    for path in own_files():
        was, known = _read(root, path), state.get(path)
        if was is None:
            continue
        mine = known is not None and known["sha256"] == _sha(was)
        steps.append(Step(path, "remove") if mine else
                     Step(path, "leave", was, "edited since it was written" if known else
                          "not written by backend-lead"))  # fmt: skip
    for path, part in shared_files("").items():
        was, known = _read(root, path), state.get(path, {})
        if was is None:
            continue
        text = (
            known.get("before") if known.get("sha256") == _sha(was) else _without(path, was, part)
        )
        if text != was:
            steps.append(Step(path, "remove" if text is None else "update", text))
    return Plan(root, steps, None)


def apply(plan: Plan) -> None:
    """Do it; each file is written beside its place and renamed. Raises CannotWrite."""
    for step in plan.changes:
        path = plan.root / step.path
        if step.text is not None:
            write_over(path, step.text)
        else:
            _remove(plan.root, path)
    if plan.state is not None:
        write_over(plan.root / STATE, json.dumps(plan.state, indent=1, sort_keys=True) + "\n")
    elif (plan.root / STATE).is_file():
        _remove(plan.root, plan.root / STATE)


def _own(path: str, was: str | None, text: str, known: dict[str, Any] | None) -> Step:
    if was is not None and was != text and (known is None or known["sha256"] != _sha(was)):
        why = "edited since it was written" if known else "somebody's file of this name is there"
        return Step(path, "leave", was, why)
    return Step(path, _act(was, text), text)


def _before(path: str, was: str | None, part: Shared, known: dict[str, Any] | None) -> str | None:
    """What a shared file is without our part: as it stood, unless others wrote in it since."""
    if was is None:
        return None
    if known is not None and known["sha256"] == _sha(was):
        before: str | None = known.get("before")
        return before
    return _without(path, was, part)


def _act(was: str | None, text: str) -> Act:
    return "create" if was is None else "keep" if was == text else "update"


def _with(path: str, was: str | None, part: Shared) -> str:
    """The text of a shared file with our part in it."""
    if part.keys:
        content = _parsed(path, was)
        _entry(content, part.keys, path)[part.keys[-1]] = part.entry
        return _spelled(content, was)
    before, _, after = _around(was or "")
    gap = "" if not before or before.endswith("\n\n") else "\n" if before.endswith("\n") else "\n\n"
    return f"{before}{gap}{part.entry}{after}"


def _without(path: str, was: str, part: Shared) -> str | None:
    """The same without it; None where nothing is left."""
    if part.keys:
        content = _parsed(path, was)
        home = content.get(part.keys[0])
        if not isinstance(home, dict) or part.keys[-1] not in home:
            return was
        del home[part.keys[-1]]
        if not home:
            del content[part.keys[0]]
        return _spelled(content, was) if content else None
    before, found, after = _around(was)
    if not found:
        return was
    rest = before.rstrip("\n") + ("\n" if before.strip() else "") + after
    return rest if rest.strip() else None


def _around(text: str) -> tuple[str, str, str]:
    """What stands before our section, the section, and what follows."""
    start, end = text.find(BEGIN), text.find(END)
    if start < 0 or end < start:
        return text, "", ""
    end += len(END)
    return text[:start], text[start:end], text[end:].removeprefix("\n")


def _parsed(path: str, text: str | None) -> dict[str, Any]:
    if text is None or not text.strip():
        return {}
    try:
        content = json.loads(text)
    except ValueError as err:
        line = getattr(err, "lineno", 0)
        raise InvalidInput([Finding("kit-json", "error", f"{path} is no JSON: {err}",
                                    Place(path, line), "text", "JSON",
                                    "mend it, then install again")]) from None  # fmt: skip
    if not isinstance(content, dict):
        raise InvalidInput([Finding("kit-json", "error", f"{path} holds no object", Place(path),
                                    type(content).__name__, "an object")])  # fmt: skip
    return content


def _entry(content: dict[str, Any], keys: tuple[str, ...], path: str) -> dict[str, Any]:
    for key in keys[:-1]:
        inner = content.setdefault(key, {})
        if not isinstance(inner, dict):
            raise InvalidInput([Finding("kit-json", "error", f"{path}: {key} holds no object",
                                        Place(path, path=key), type(inner).__name__,
                                        "an object")])  # fmt: skip
        content = inner
    return content


def _spelled(content: dict[str, Any], was: str | None) -> str:
    """JSON with the indent the file has."""
    line = next((x for x in (was or "").splitlines()[1:] if x.strip()), "  ")
    indent = line[: len(line) - len(line.lstrip())] or "  "
    return json.dumps(content, indent=indent, ensure_ascii=False) + "\n"


def _state(root: Path) -> dict[str, dict[str, Any]]:
    """What an earlier install wrote; empty where none did, or nobody can read it any more."""
    text = _read(root, STATE)
    try:
        content = json.loads(text or "{}")
        rows = content["files"] if content.get("version") == VERSION else {}
        return {str(path): row for path, row in rows.items() if isinstance(row["sha256"], str)}
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
