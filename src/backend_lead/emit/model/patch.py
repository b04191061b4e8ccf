"""Change a model's text only where the model changed: comments, order and spelling stay."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from pydantic import ValidationError

from backend_lead.emit.model.content import content
from backend_lead.emit.model.layout import section
from backend_lead.model.finding import InvalidInput
from backend_lead.model.system import System
from backend_lead.views.document import Document
from backend_lead.views.yaml_layout import WIDTH, entry, inline, is_inline, item, scalar
from backend_lead.views.yaml_nodes import Node

_COMMENT = re.compile(r"^[^'\"#\n]*(?<!\S)(#.*)$", re.M)
_ROUNDS = 5  # changing a value that aliases repeat takes further rounds

Entry = tuple[Node, Node]


def patched(source: str, system: System) -> str | None:
    """The source changed so that it says `system`; None where that cannot be done in place."""
    text = source.replace("\r\n", "\n")
    changed = _changed(text, system)
    if changed is None:
        spelled = _without_aliases(text)
        changed = None if spelled is None else _changed(spelled, system)
    if changed is None or changed == text:
        return source if changed else None
    return changed.replace("\n", "\r\n") if "\r\n" in source else changed


def _changed(text: str, system: System) -> str | None:
    try:
        for _ in range(_ROUNDS):
            document = Document.parse(text)
            before = System.model_validate(document.plain())
            wanted = system.model_copy(update={"schema_": before.schema_})
            old, new = content(before, full=False), content(wanted, full=False)
            if old == new:
                return text
            patch = _Patch(document.text)
            if not patch.mapping(document.root, old, new):
                return None
            changed = patch.apply()
            if changed is None:
                return None
            text = changed
    except (InvalidInput, ValidationError):
        return None
    return None


def _without_aliases(text: str) -> str | None:
    """The text with each alias replaced by what it stands for; None if one stands for lines."""
    try:
        while True:
            document = Document.parse(text)
            patch, waiting = _Patch(document.text), [document.root]
            while waiting:
                node = waiting.pop()
                waiting += [value for _, value in node.entries] + node.items
                target = node.target
                if target is None:
                    continue
                spelling = (
                    document.text[target.start : target.end]
                    .removeprefix(f"&{target.anchor}")
                    .lstrip()
                )
                if "\n" in spelling or "*" in spelling or not (target.flow or target.plain):
                    return None
                patch.edits.append((node.start, node.end, spelling))
            if not patch.edits:
                return text
            changed = patch.apply()
            if changed is None:
                return None
            text = changed
    except InvalidInput:
        return None


@dataclass
class _Patch:
    """Replacements of spans of one text, collected and then made together."""

    text: str
    edits: list[tuple[int, int, str]] = field(default_factory=list)

    def apply(self) -> str | None:
        """The changed text; None if two replacements overlap."""
        out, at = "", 0
        for start, end, new in sorted(self.edits, key=lambda edit: edit[:2]):
            if start < at:
                return None
            out, at = out + self.text[at:start] + new, end
        return out + self.text[at:]

    def mapping(self, node: Node, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Turn one mapping into another; False if it had better be written anew."""
        entries = {key: node.entries[i] for key, i in node.index.items()}
        gone = [key for key in old if key not in new and key in entries]
        added = [key for key in new if key not in entries]
        if node.flow and (gone or (added and not self.fits(node, [new[key] for key in added]))):
            return False
        if gone and not self.alone(node.entries[0]) and node.entries[0][0].text in gone:
            return False
        last: Entry | None = None
        for key, value in new.items():
            if key not in entries:
                self.insert(node, last, key, value)
                continue
            last = entries[key]
            if key not in old or (old[key] != value and not self.change(last[1], old[key], value)):
                self.replace(last, value, in_flow=node.flow)
        for key in gone:
            self.delete_lines(entries[key][0].start, max(part.end for part in entries[key]))
        return True

    def change(self, node: Node, old: Any, new: Any) -> bool:
        """Change parts of a value; False if it must be replaced as a whole."""
        if node.kind == "mapping" and isinstance(old, dict) and isinstance(new, dict):
            return bool(old.keys() & new.keys()) and self.mapping(node, old, new)
        if node.kind == "sequence" and isinstance(old, list) and isinstance(new, list):
            return bool(old and new) and self.sequence(node, old, new)
        return False

    def sequence(self, node: Node, old: list[Any], new: list[Any]) -> bool:
        """Turn one list into another, keeping the entries they share."""
        if node.flow:
            return False
        keys = [[json.dumps(x, sort_keys=True) for x in items] for items in (old, new)]
        steps = SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes()
        for word, i1, i2, j1, j2 in steps:
            if word == "equal":
                continue
            both = min(i2 - i1, j2 - j1)
            for i, j in zip(range(i1, i1 + both), range(j1, j1 + both)):
                if not self.change(node.items[i], old[i], new[j]):
                    self.put(node.items[i], new[j])
            for i in range(i1 + both, i2):
                dash = self.text.rfind("-", 0, node.items[i].start)
                if self.text[self.text.rfind("\n", 0, dash) + 1 : dash].strip():
                    return False
                self.delete_lines(dash, max(node.items[i].end, dash + 1))
            if i1 + both == i2:
                self.add_items(node, i2, new[j1 + both : j2])
        return True

    def add_items(self, node: Node, before: int, items: list[Any]) -> None:
        """Write further entries of a list before the entry of that number, or at its end."""
        pad = " " * (node.items[0].column - 1)
        dash = pad[:-2] + "- "
        for value in items:
            text = item(value, len(pad))
            if before == 0:
                at = node.items[0].start
                self.edits.append((at, at, text + "\n" + dash))
            else:
                at = self.line_end(node.items[before - 1].end)
                self.edits.append((at, at, "\n" + dash + text))

    def put(self, node: Node, value: Any) -> None:
        """Replace an entry of a list."""
        self.keep_comments(node.start, node.end)
        text = item(value, node.column - 1)
        self.edits.append((node.start, max(node.end, node.start), self.anchor(node) + text))

    def replace(self, pair: Entry, value: Any, *, in_flow: bool) -> None:
        """Replace the value of a key, together with the key."""
        key, node = pair
        word = self.text[key.start : key.end]
        end = max(node.end, self.text.index(":", key.end) + 1)
        if node.start == node.end:
            end = self.text.index(":", key.end) + 1
        flow = f"{word}: {self.anchor(node)}{inline(value, in_flow=True)}"
        if in_flow or (node.flow and key.column + len(flow) <= WIDTH):
            text = flow
        else:
            self.keep_comments(key.start, end)
            text = entry(word, value, key.column - 1).lstrip(" ")
            if node.anchor:
                name = self.anchor(node) if is_inline(value) else f"&{node.anchor}"
                text = text.replace(":", f": {name}".rstrip(), 1)
        self.edits.append((key.start, end, text))

    def insert(self, node: Node, after: Entry | None, key: str, value: Any) -> None:
        """Write a new key behind another one, or in front of all."""
        indent = node.entries[0][0].column - 1
        if node.flow:
            word = f"{scalar(key)}: {inline(value, in_flow=True)}"
            at = node.entries[0][0].start if after is None else after[1].end
            self.edits.append((at, at, f"{word}, " if after is None else f", {word}"))
            return
        text = section(key, value) if indent == 0 else entry(scalar(key), value, indent)
        if after is None and self.alone(node.entries[0]):
            at = max(node.entries[0][0].start - indent - 1, 0)
            text = text.lstrip("\n")
            self.edits.append((at, at, "\n" + text if at else text + "\n"))
        elif after is None:
            at = node.entries[0][0].start
            self.edits.append((at, at, text.lstrip() + "\n" + " " * indent))
        else:
            at = self.line_end(after[1].end if after[1].end > after[1].start else after[0].end)
            self.edits.append((at, at, "\n" + text))

    def delete_lines(self, start: int, end: int) -> None:
        """Take out the lines of a span, with the line end before them."""
        first = self.text.rfind("\n", 0, start)
        last = self.line_end(end)
        self.edits.append((first, last, "") if first >= 0 else (0, last + 1, ""))

    def fits(self, node: Node, values: list[Any]) -> bool:
        """Whether further values find room in the last line of a mapping in brackets."""
        start = self.text.rfind("\n", 0, node.end) + 1
        room = WIDTH - (node.end - start)
        return sum(len(inline(value)) + 12 for value in values) <= room

    def keep_comments(self, start: int, end: int) -> None:
        """Put the comments of a span that goes away above it."""
        line = self.text.rfind("\n", 0, start) + 1
        pad = len(self.text[line:]) - len(self.text[line:].lstrip(" "))
        for hit in _COMMENT.finditer(self.text[start:end]):
            self.edits.append((line, line, " " * pad + hit[1] + "\n"))

    def anchor(self, node: Node) -> str:
        return f"&{node.anchor} " if node.anchor else ""

    def alone(self, pair: Entry) -> bool:
        """Whether a key is the first thing in its line."""
        start = pair[0].start
        return not self.text[self.text.rfind("\n", 0, start) + 1 : start].strip()

    def line_end(self, at: int) -> int:
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found
