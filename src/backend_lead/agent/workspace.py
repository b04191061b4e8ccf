"""The folder a server was started for: every path an agent names stays inside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from backend_lead.model.finding import Finding, InvalidInput, Place

MODEL = "backend.yaml"
PATH_MAX = 500  # characters of a path; longer ones are no honest mistake
HIDDEN = frozenset({".git", ".venv", "node_modules", "__pycache__"})
LOOKED_AT = 2000  # files below the folder that are looked at for a model, the most


@dataclass
class Workspace:
    """A root folder, and the model that was worked on last; paths of agents are relative to it.

    `remembers`: a call that names no model means the last one; not where several clients share it.
    """

    root: Path
    remembers: bool = True
    last: Path | None = field(default=None)

    def __post_init__(self) -> None:
        self.root = self.root.resolve()

    def inside(self, text: str) -> Path:
        """The path that is meant, links followed. Raises InvalidInput where it leaves the root."""
        if not text or len(text) > PATH_MAX or "\0" in text:
            raise _outside(text, self.root)
        try:
            path = (self.root / text).resolve()
            odd = path.exists() and not (path.is_file() or path.is_dir())
        except (OSError, RuntimeError, ValueError):  # a loop of links, a name no system takes
            raise _outside(text, self.root) from None
        if path != self.root and self.root not in path.parents:
            raise _outside(text, self.root)
        if any(part.startswith(".") for part in path.relative_to(self.root).parts):
            raise _refused(text, "hidden files and folders are not touched here", "a visible path")
        if odd:
            raise _refused(text, "that is neither a file nor a folder", "a file or a folder")
        return path

    def told(self, path: Path) -> str:
        """A path as agents are told it: relative to the root, with forward slashes."""
        resolved = path.resolve()
        return "." if resolved == self.root else resolved.relative_to(self.root).as_posix()

    def model(self, text: str = "") -> Path:
        """The model that is meant: a file, or the one of a folder; unnamed, the last one or the
        only one there is. Raises InvalidInput where there is none, or more than one."""
        if text:
            path = self.inside(text)
            path = self.inside(f"{text}/{MODEL}") if path.is_dir() else path
        elif self.last is not None and self.last.is_file():
            path = self.last
        else:
            path = self._only()
        if self.remembers:
            self.last = path
        return path

    def _only(self) -> Path:
        own = self.root / MODEL
        if own.is_file():
            return self.inside(MODEL)
        found = self.models()
        if len(found) == 1:
            return self.inside(found[0])
        seen = "none" if not found else f"{len(found)} of them"
        hint = "design from a sentence first" if not found else f"model: {found[0]}"
        raise InvalidInput([Finding(
            "model-unnamed", "error", "which model is meant?", Place(str(MODEL)), seen,
            ", ".join(found) or f"a path to a {MODEL}", hint,
        )])  # fmt: skip

    def models(self) -> list[str]:
        """The models below the root, nearest first."""
        found, waiting, looked = list[Path](), [self.root], 0
        while waiting and looked < LOOKED_AT:
            folder = waiting.pop(0)
            try:
                entries = sorted(folder.iterdir())
            except OSError:
                continue
            for entry in entries:
                looked += 1
                if entry.is_symlink() or entry.name in HIDDEN:
                    continue
                if entry.is_dir():
                    waiting.append(entry)
                elif entry.name == MODEL:
                    found.append(entry)
        return [self.told(path) for path in found]


def _refused(text: str, what: str, allowed: str) -> InvalidInput:
    return InvalidInput([Finding("path-refused", "error", what, Place(text), text, allowed)])


def _outside(text: str, root: Path) -> InvalidInput:
    return InvalidInput([Finding(
        "path-outside", "error", "that path is not inside the folder this server works in",
        Place(text[:PATH_MAX]), text[:PATH_MAX] or '""', f"a path below {root}",
        "give it relative to that folder, as in out/backend.yaml",
    )])  # fmt: skip
