"""Mermaid read back, strictly: the few forms our drawings use, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

FENCE = re.compile(r"^```mermaid\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
_ID = r"[A-Z][A-Za-z0-9_]*"
_STRING = r'"([^"]*)"'
_CODES = {"quot": '"', "lt": "<", "gt": ">", "amp": "&", "35": "#", "59": ";", "37": "%"}


def diagrams(page: str) -> list[str]:
    """The drawings of a Markdown page."""
    return FENCE.findall(page)


def decoded(text: str) -> str:
    """Text as a reader sees it; a bare `#` or `;` of a sequence is an error."""
    out = re.sub(r"#(\w+);", lambda code: _CODES[code[1]], text)
    return out


@dataclass
class C4:
    """Elements as (what, strings) by id, and relations as (from, to, label)."""

    kind: str
    elements: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    inside: set[str] = field(default_factory=set)
    relations: list[tuple[str, str, str]] = field(default_factory=list)


def read_c4(text: str) -> C4:
    """A C4 drawing. Raises ValueError at the first line that is no form of ours."""
    first, *lines = text.split("\n")
    if first not in ("C4Context", "C4Container"):
        raise ValueError(first)
    out, boundary = C4(first), False
    for line in lines:
        body = line.strip()
        if body == "}" and boundary:
            boundary = False
        elif match := re.fullmatch(rf"Rel\(({_ID}), ({_ID}), {_STRING}\)", body):
            out.relations.append((match[1], match[2], match[3]))
        elif match := re.fullmatch(
            rf"(Person|System|Container|ContainerDb|System_Boundary)\(({_ID})((?:, {_STRING})+)\)"
            r"( \{)?",
            body,
        ):
            if match[2] in out.elements or bool(match[5]) != (match[1] == "System_Boundary"):
                raise ValueError(line)
            out.elements[match[2]] = (match[1], re.findall(_STRING, match[3]))
            if boundary:
                out.inside.add(match[2])
            boundary = boundary or bool(match[5])
        else:
            raise ValueError(line)
    if boundary:
        raise ValueError("a boundary is left open")
    return out


@dataclass
class Sequence:
    """Titles by id in order, calls and answers as (from, to, text), kinds of blocks used."""

    titles: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    answers: list[tuple[str, str, str]] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    branches: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


_TEXT = r"((?:[^#;%]|#\w+;|%(?!%))+)"


def read_sequence(text: str) -> Sequence:
    """A sequence. Raises ValueError at a line that is no form of ours, or a block left open."""
    first, *lines = text.split("\n")
    if first != "sequenceDiagram":
        raise ValueError(first)
    out, open_blocks = Sequence(), list[str]()
    for line in lines:
        body = line.strip()
        if body == "end" and open_blocks:
            open_blocks.pop()
        elif match := re.fullmatch(rf"(?:actor|participant) ({_ID}) as {_TEXT}", body):
            if match[1] in out.titles or out.calls:
                raise ValueError(line)
            out.titles[match[1]] = decoded(match[2])
        elif match := re.fullmatch(rf"({_ID})(->>|-->>)({_ID}): {_TEXT}", body):
            if not {match[1], match[3]} <= out.titles.keys():
                raise ValueError(line)
            said = out.calls if match[2] == "->>" else out.answers
            said.append((match[1], match[3], decoded(match[4])))
        elif match := re.fullmatch(rf"Note over ({_ID}): {_TEXT}", body):
            out.notes.append((match[1], decoded(match[2])))
        elif match := re.fullmatch(rf"(alt|par) {_TEXT}", body):
            open_blocks.append(match[1])
            out.blocks.append(match[1])
            out.branches.append(decoded(match[2]))
        elif match := re.fullmatch(rf"else {_TEXT}", body):
            if open_blocks[-1:] != ["alt"]:
                raise ValueError(line)
            out.branches.append(decoded(match[1]))
        elif body != "and" or open_blocks[-1:] != ["par"]:
            raise ValueError(line)
    if open_blocks:
        raise ValueError(f"left open: {open_blocks}")
    return out
