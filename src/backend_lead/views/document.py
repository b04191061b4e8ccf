"""A YAML document with its places: where each value stands, what it says, its text unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backend_lead.model.finding import InvalidInput, Place
from backend_lead.views.yaml_nodes import Node, compose
from backend_lead.views.yaml_text import MAX_BYTES, Bounds, character_findings, decode

__all__ = ["MAX_BYTES", "Document", "Loc", "path_text"]

Loc = Sequence[str | int]


@dataclass(frozen=True)
class Document:
    """One mapping read from a text. The text is kept as it is: comments, order and spelling."""

    text: str
    file: str
    root: Node

    @classmethod
    def parse(
        cls, text: str | bytes, file: str = "backend.yaml", bounds: Bounds | None = None
    ) -> Document:
        """Read a text within bounds, a model's if not said. Raises InvalidInput with every
        finding."""
        content = decode(text, file, bounds.bytes if bounds else MAX_BYTES)
        findings = character_findings(content, file)
        if findings:
            raise InvalidInput(findings)
        return cls(content, file, compose(content, file, bounds))

    def plain(self) -> dict[str, Any]:
        """The content as ordinary Python values, fresh at each call."""
        value: dict[str, Any] = self.root.value()
        return value

    def to_text(self) -> str:
        """The text as it was read."""
        return self.text

    def node(self, loc: Loc) -> Node | None:
        """The value at a path, or None; an alias is returned as such."""
        found = self._walk(loc)
        return found[-1][1] if len(found) == len(loc) + 1 else None

    def value(self, loc: Loc) -> Any:
        """The value at a path as ordinary Python values; None where there is none."""
        node = self.node(loc)
        return node.value() if node else None

    def place(self, loc: Loc, *, of_key: bool = False) -> Place:
        """Where the value at a path stands, or the nearest thing that contains it.

        A value that spans lines, or is empty, stands where its key does; so does every value with
        `of_key`. Line and column count from 1.
        """
        found = self._walk(loc)
        key, node = found[-1]
        inline = (node.kind in ("scalar", "alias") or node.flow) and node.end > node.start
        complete = len(found) == len(loc) + 1
        at = node if key is None or (inline and complete and not of_key) else key
        return Place(self.file, at.line, at.column, path_text(loc))

    def _walk(self, loc: Loc) -> list[tuple[Node | None, Node]]:
        """Key and value of each step of a path, as far as the text goes."""
        found: list[tuple[Node | None, Node]] = [(None, self.root)]
        for part in loc:
            node = found[-1][1].real
            if node.kind == "mapping":
                if part not in node.index:
                    break
                found.append(node.entries[node.index[str(part)]])
            elif node.kind == "sequence" and isinstance(part, int) and part < len(node.items):
                found.append((None, node.items[part]))
            else:
                break
        return found


def path_text(loc: Loc) -> str:
    """A path the way people write it: `components.app.endpoints.list_items.does[0].cpu`."""
    out = ""
    for part in loc:
        if isinstance(part, int):
            out += f"[{part}]"
        elif part != "[key]":
            out += f".{part}" if out else part
    return out
