"""The artefacts: one per file, in folders by reader; each takes a design and gives texts.

A module of a folder here is an artefact if it has `ID`, `GROUP`, `FILES` (the names it always
writes) and `emit`; `MORE` is a pattern of names it may write beside them. One that quotes nothing
of a run says `RUNS = False`. Nothing is registered.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass

from backend_lead.model.design import Design


@dataclass(frozen=True)
class Emitter:
    """One artefact: its id, the group it is asked for by, and what writes it (path -> text).

    `files` it always writes; `more` is a pattern of others, empty where there are none. `runs`
    tells whether it quotes what only a run can tell.
    """

    id: str
    group: str
    files: tuple[str, ...]
    more: str
    emit: Callable[[Design], dict[str, str]]
    runs: bool = True

    def may_write(self, name: str) -> bool:
        """Whether a file can be one of this artefact."""
        return name in self.files or bool(self.more and re.fullmatch(self.more, name))


def emitters() -> list[Emitter]:
    """Every artefact found in the folders, by group and id.

    Raises LookupError where a module's `ID` is not its file name or an id is there twice.
    """
    found: dict[str, Emitter] = {}
    for folder in pkgutil.iter_modules(__path__, f"{__name__}."):
        if not folder.ispkg:
            continue
        package = importlib.import_module(folder.name)
        for entry in pkgutil.iter_modules(package.__path__, f"{folder.name}."):
            module = importlib.import_module(entry.name)
            if not hasattr(module, "ID"):
                continue
            word = entry.name.rpartition(".")[2].replace("_", "-")
            if word != module.ID:
                raise LookupError(f"{entry.name}: ID is {module.ID!r}, the file says {word!r}")
            if module.ID in found:
                raise LookupError(f"{entry.name}: the id {module.ID!r} is taken")
            found[module.ID] = Emitter(
                module.ID, module.GROUP, module.FILES, getattr(module, "MORE", ""), module.emit,
                getattr(module, "RUNS", True),
            )  # fmt: skip
    return sorted(found.values(), key=lambda e: (e.group, e.id))


def asked(only: str | None) -> list[Emitter]:
    """The artefacts of a group or id; all of them where none is named."""
    return [e for e in emitters() if only is None or only in (e.group, e.id)]


def render(design: Design, only: str | None = None) -> dict[str, str]:
    """All artefacts of a design as path -> text, or those of one group or id.

    Raises LookupError where `only` names nothing, where two artefacts write the same path, or one
    a path that it does not name.
    """
    wanted = asked(only)
    if not wanted:
        every = emitters()
        known = sorted({e.group for e in every} | {e.id for e in every})
        raise LookupError(f"no artefact is called {only!r}; there are: {', '.join(known)}")
    out: dict[str, str] = {}
    for emitter in wanted:
        for path, text in emitter.emit(design).items():
            if path in out:
                raise LookupError(f"two artefacts write {path}; one is {emitter.id}")
            if not emitter.may_write(path):
                raise LookupError(f"{emitter.id} writes {path}, which it does not name in FILES")
            out[path] = text
    return dict(sorted(out.items()))
