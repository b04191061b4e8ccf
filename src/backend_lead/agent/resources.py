"""What an agent reads instead of having it in an answer: files, evidence and the catalogue, paged.

`design://files/out/api/strategy.md?offset=0` is a page of a file below the workspace.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from backend_lead.agent.workspace import MODEL, Workspace
from backend_lead.model.finding import Finding, InvalidInput, Place

PAGE = 12_000  # characters of a page; below 4,000 tokens
PAGE_MAX = 60_000  # and the most that is given if asked for
FILE_MAX = 20_000_000
LISTED = 50  # resources of a page of the list
MANIFEST = "evidence/files.json"
FILES, EXPLAIN, EVIDENCE = "design://files/", "design://explain/", "evidence://"
TYPES = {
    ".md": "text/markdown", ".html": "text/html", ".json": "application/json",
    ".yaml": "application/yaml", ".sql": "application/sql", ".svg": "image/svg+xml",
}  # fmt: skip
TEMPLATES = {
    "design://files/{+path}{?offset,limit}": (
        "A file of a design", "A page of a file below the workspace; offset and limit in characters"
    ),
    "evidence://{id}{?model}": (
        "Evidence", "What stands behind a figure, a decision or a run of the current design"
    ),
    "design://explain/{word}{?offset,limit}": (
        "What stands behind a word", "A tactic, rule, kind, fault or fact, whole"
    ),
}  # fmt: skip
CATALOGUE = {
    "catalog://components": "The kinds of components, their fields, and every fact with its source",
    "catalog://tactics": "The steps a design may take: what each does, helps, costs, and when",
    "catalog://rules": "The rules a model is held to",
}


@dataclass(frozen=True)
class Item:
    """A resource in the list."""

    uri: str
    name: str
    about: str
    kind: str
    size: int


@dataclass(frozen=True)
class Page:
    """A page of a text; `total` and `sha256` are of the whole."""

    uri: str
    text: str
    kind: str
    offset: int
    total: int
    sha256: str

    @property
    def after(self) -> int | None:
        """Where the next page begins; None at the end."""
        end = self.offset + len(self.text)
        return end if end < self.total else None


def listed(workspace: Workspace) -> list[Item]:
    """The current design, its files, and the catalogue."""
    out = [Item("design://current", "current", "The current design on one page", TYPES[".md"], 0)]
    out += [Item(uri, uri.partition("//")[2], about, TYPES[".md"], 0)
            for uri, about in CATALOGUE.items()]  # fmt: skip
    model = _current(workspace)
    if model is not None:
        out += _files(workspace, model.parent)
    return out


def _files(workspace: Workspace, folder: Path) -> Iterator[Item]:
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        names = sorted(str(name) for name in content)
    except (OSError, ValueError, KeyError, TypeError):
        names = []
    for name in names:
        try:
            path = workspace.inside(f"{workspace.told(folder)}/{name}")
            size = path.stat().st_size
        except (InvalidInput, OSError):
            continue
        told = workspace.told(path)
        yield Item(FILES + quote(told), told, "", _type(path), size)


def read(uri: str, workspace: Workspace) -> Page:
    """A page of a resource. Raises InvalidInput."""
    parts = urlsplit(uri)
    bare = uri.partition("?")[0]
    asked = parse_qs(parts.query)
    offset = _count(asked, "offset", 0, FILE_MAX)
    limit = _count(asked, "limit", PAGE, PAGE_MAX)
    if bare == "design://current":
        return _page(uri, _summary(workspace), TYPES[".md"], offset, limit)
    if bare in CATALOGUE:
        return _page(uri, _catalogue(bare), TYPES[".md"], offset, limit)
    if bare.startswith(FILES):
        path = workspace.inside(unquote(bare.removeprefix(FILES)))
        return _page(uri, _text(path, workspace), _type(path), offset, limit)
    for head in (EXPLAIN, EVIDENCE):
        if bare.startswith(head):
            word = unquote(bare.removeprefix(head))
            model = workspace.inside(asked["model"][0]) if "model" in asked else None
            return _page(uri, _explained(word, model, workspace), TYPES[".md"], offset, limit)
    known = ", ".join(["design://current", *CATALOGUE, *TEMPLATES])
    raise InvalidInput([Finding("resource-unknown", "error", "there is no such resource",
                                Place(uri), uri, known, "list the resources")])  # fmt: skip


def _page(uri: str, text: str, kind: str, offset: int, limit: int) -> Page:
    sha = hashlib.sha256(text.encode("utf-8")).hexdigest()
    if offset > len(text):
        raise InvalidInput([Finding("resource-offset", "error", "the text ends before that",
                                    Place(uri), str(offset), f"0 to {len(text)}")])  # fmt: skip
    return Page(uri, text[offset : offset + limit], kind, offset, len(text), sha)


def _count(asked: dict[str, list[str]], name: str, usual: int, most: int) -> int:
    text = asked.get(name, [str(usual)])[0]
    if not text.isascii() or not text.isdecimal() or int(text[:12]) > most:
        raise InvalidInput([Finding("resource-page", "error", f"{name} is no such number",
                                    Place(name), text[:80], f"0 to {most}")])  # fmt: skip
    return int(text)


def _text(path: Path, workspace: Workspace) -> str:
    from backend_lead.intake.backend_yaml import read_bytes

    data = read_bytes(path, FILE_MAX)
    try:
        return data.decode("utf-8")
    except ValueError:
        raise InvalidInput([Finding("resource-binary", "error", "that file is no text",
                                    Place(workspace.told(path)), f"{len(data)} bytes",
                                    "a text in UTF-8")]) from None  # fmt: skip


def _current(workspace: Workspace) -> Path | None:
    try:
        return workspace.model()
    except InvalidInput:
        return None


def _summary(workspace: Workspace) -> str:
    """The page about the current design, or which models there are."""
    model = _current(workspace)
    if model is None:
        found = workspace.models()
        told = "\n".join(f"- {name}" for name in found) or "There is no backend.yaml here yet."
        return f"# No current design\n\n{told}\n\nThe tool `design` makes one from a sentence.\n"
    readme = model.parent / "README.md"
    head = f"Model: {workspace.told(model)}\n\n"
    if (model.parent / MANIFEST).is_file() and readme.is_file():
        return head + _text(readme, workspace)
    return f"{head}It is not designed or generated yet: call `design` with search: false.\n"


def _explained(word: str, model: Path | None, workspace: Workspace) -> str:
    from backend_lead.app.explain import explain

    path = model or _current(workspace) or workspace.root / MODEL
    found = explain(word, path, workspace.told(path))
    told = [f"- {one.level}: {one.message} (seen: {one.seen})" for one in found.findings]
    return found.text + ("\n" + "\n".join(told) + "\n" if told else "")


def _catalogue(uri: str) -> str:
    from backend_lead.app.explain import of_family
    from backend_lead.catalog import kinds
    from backend_lead.checks import rules
    from backend_lead.tactics import tactics

    words: dict[str, Iterable[str]] = {
        "catalog://components": kinds(), "catalog://tactics": tactics(), "catalog://rules": rules(),
    }  # fmt: skip
    family = {"catalog://components": "kinds"}.get(uri, uri.partition("//")[2])
    return "\n\n".join(of_family(family, word).strip() for word in words[uri]) + "\n"


def _type(path: Path) -> str:
    return TYPES.get(path.suffix, "text/plain")
