"""YAML text to nodes that know where they stand, within bounds that no input can talk its way past.

The tokenizer is ruamel.yaml's; what a scalar means follows the core schema of YAML 1.2 (`no` is a
text, `12:30` too), and a key is always the text that was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.views.yaml_text import CONTROL, MAX_BYTES, Bounds, quoted

MAX_NODES = 500_000  # ten thousand components have some 300,000
LARGE = 300_000  # characters from which a text is read by libyaml where it is there
MAX_DEPTH = 60

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INT_DIGITS_MAX = 18  # longer ones become floats, so that no number is too long to convert
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None,
          "true": True, "True": True, "TRUE": True,
          "false": False, "False": False, "FALSE": False}  # fmt: skip

Kind = Literal["scalar", "mapping", "sequence", "alias"]


@dataclass(slots=True, eq=False)
class Node:
    """A value in the text: what it is and the characters `start` to `end` that spell it.

    `size`, `chars` and `depth` count what the value is once aliases are followed. An alias has the
    node it stands for in `target`; `entries` are pairs for a mapping (`index`: key to its number),
    `items` the values of a sequence.
    """

    kind: Kind
    start: int
    end: int
    line: int
    column: int
    text: str = ""
    plain: bool = False
    flow: bool = False
    anchor: str = ""
    target: Node | None = None
    entries: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    size: int = 1
    chars: int = 0
    depth: int = 0

    @property
    def real(self) -> Node:
        """The node itself, or what an alias stands for."""
        return self.target if self.target is not None else self

    def value(self) -> Any:
        """Ordinary Python values, aliases written out."""
        node = self.real
        if node.kind == "mapping":
            return {key.text: inner.value() for key, inner in node.entries}
        if node.kind == "sequence":
            return [inner.value() for inner in node.items]
        return resolve(node.text) if node.plain else node.text


def resolve(text: str) -> str | int | float | bool | None:
    """What an unquoted scalar means in the core schema of YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        if len(text) > _INT_DIGITS_MAX:
            return float(text) if text[:2] not in ("0o", "0x") else text
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text


def compose(text: str, file: str, bounds: Bounds | None = None) -> Node:
    """The one mapping that the text holds. Raises InvalidInput with everything that was found."""
    builder = _Builder(text, file, bounds or Bounds(MAX_BYTES, MAX_NODES, MAX_DEPTH))
    try:
        for event in _events(text, quick=builder.bounds.quick or len(text) > LARGE):
            builder.take(event)
    except InvalidInput:
        raise
    except Exception as err:  # whatever the tokenizer trips over is the author's text, not a fault
        builder.findings.append(_syntax(err, text, file))
    return builder.result()


def _events(text: str, quick: bool) -> Iterator[Any]:
    """The tokenizer's events; libyaml's are the same, in a thirtieth of the time."""
    if quick:
        with suppress(ImportError):
            from yaml import CSafeLoader, parse

            yield from parse(text, Loader=CSafeLoader)
            return
    from ruamel.yaml import YAML

    yield from YAML(typ="safe", pure=True).parse(text)


class _Builder:
    """Takes the tokenizer's events one by one; stops at the first bound that is passed."""

    def __init__(self, text: str, file: str, bounds: Bounds) -> None:
        self.text, self.file, self.bounds = text, file, bounds
        self.findings: list[Finding] = []
        self.root: Node | None = None
        self.open: list[Node] = []
        self.keys: list[Node | None] = []  # per open node: the key that waits for its value
        self.anchors: dict[str, Node] = {}
        self.count = 0
        self.documents = 0

    def take(self, event: Any) -> None:
        word = type(event).__name__.removesuffix("Event")
        if word == "DocumentStart":
            self.documents += 1
            if self.documents > 1:
                self.stop("yaml-several-documents", "the file holds several documents", event,
                          "---", "one document", "keep one model per file")  # fmt: skip
        elif word in ("Scalar", "Alias", "MappingStart", "SequenceStart"):
            self.count += 1
            if self.count > self.bounds.nodes:
                self.stop("yaml-too-many-nodes", "the file holds too many values", event,
                          f"more than {self.bounds.nodes:,}",
                          f"up to {self.bounds.nodes:,} values",
                          "is this the right file?")  # fmt: skip
            self.start(event, word)
        elif word in ("MappingEnd", "SequenceEnd"):
            self.end(event)

    def start(self, event: Any, word: str) -> None:
        mark = event.start_mark
        node = Node("scalar", mark.index, event.end_mark.index, mark.line + 1, mark.column + 1)
        node.anchor = event.anchor or "" if word != "Alias" else ""
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.add("yaml-tag", "tags are not used in a model", node, quoted(str(tag)),
                     "values without tag", "delete the word that starts with !")  # fmt: skip
        if word == "Scalar":
            node.text, node.plain = event.value, not event.style and event.implicit[0]
            node.chars = len(node.text)
            node.end = node.start + len(self.text[node.start : node.end].rstrip())
            hit = CONTROL.search(node.text)
            if hit:
                self.add("yaml-control-character", "a control character is not text", node,
                         f"U+{ord(hit[0]):04X}", "printable characters",
                         "delete the escape")  # fmt: skip
            self.close(node)
        elif word == "Alias":
            node.kind = "alias"
            self.follow(node, event.anchor)
            self.close(node)
        else:
            node.kind = "mapping" if word == "MappingStart" else "sequence"
            node.flow = bool(event.flow_style)
            self.open.append(node)
            self.keys.append(None)
            if len(self.open) > self.bounds.depth:
                self.stop("yaml-too-deep", "values are nested too deeply", event,
                          f"more than {self.bounds.depth} levels",
                          f"up to {self.bounds.depth} levels",
                          "is a bracket missing its partner?")  # fmt: skip
        if node.anchor:
            self.anchors[node.anchor] = node

    def follow(self, node: Node, anchor: str) -> None:
        target = self.anchors.get(anchor)
        if target is None or target in self.open:
            what = "refers to itself" if target else "refers to nothing above it"
            known = ", ".join(sorted(self.anchors)[:10]) or "no anchors above this line"
            self.add("yaml-alias", f"the alias {what}", node, f"*{quoted(anchor)}", quoted(known),
                     "write the value out")  # fmt: skip
            return
        node.target = target
        node.size, node.chars, node.depth = target.size, target.chars, target.depth

    def end(self, event: Any) -> None:
        node = self.open.pop()
        self.keys.pop()
        if node.flow:
            node.end = event.end_mark.index
        else:
            last = node.entries[-1] if node.entries else node.items[-1:]
            node.end = max((n.end for n in last), default=node.start)
        for i, (key, _) in enumerate(node.entries):
            if node.index.setdefault(key.text, i) != i:
                self.add("yaml-duplicate-key", "the key is there twice", key, quoted(key.text),
                         "each key once", "join the two, or rename one")  # fmt: skip
            if key.text == "<<" and key.plain:
                self.add("yaml-merge-key", "YAML 1.2 has no merge keys", key, "<<",
                         "keys of the model", "write the fields out")  # fmt: skip
        self.close(node)

    def close(self, node: Node) -> None:
        """Hand a complete value to what contains it."""
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if parent.kind == "sequence":
            parent.items.append(node)
        elif self.keys[-1] is None:
            if node.real.kind != "scalar":
                self.add("yaml-key", "a key is a word, not a list or mapping", node,
                         quoted(self.text[node.start : node.end]), "a word",
                         "put quotes around text that starts with [, { or *")  # fmt: skip
            self.keys[-1] = node
        else:
            parent.entries.append((self.keys[-1], node))
            self.keys[-1] = None
        parent.size += node.size
        parent.chars += node.chars
        parent.depth = max(parent.depth, node.depth + 1)
        most = self.bounds
        if parent.size > most.nodes or parent.chars > most.bytes or parent.depth > most.depth:
            self.add("yaml-alias-bomb", "aliases expand to more than a model can hold", node,
                     quoted(self.text[node.start : node.end]),
                     f"up to {most.nodes:,} values, {most.bytes // 1_000_000} MB of text and"
                     f" {most.depth} levels",
                     "write the values out instead of repeating aliases")  # fmt: skip
            raise InvalidInput(self.findings)

    def add(self, rule: str, message: str, node: Node, *words: str) -> None:
        self.findings.append(
            Finding(rule, "error", message, Place(self.file, node.line, node.column), *words)
        )

    def stop(self, rule: str, message: str, event: Any, *words: str) -> None:
        mark = event.start_mark
        place = Place(self.file, mark.line + 1, mark.column + 1)
        raise InvalidInput([*self.findings, Finding(rule, "error", message, place, *words)])

    def result(self) -> Node:
        root = self.root
        if not self.findings and (root is None or (root.plain and not root.text)):
            self.findings.append(Finding(
                "yaml-empty", "error", "the file says nothing", Place(self.file, 1, 1), "no values",
                "a model: backend, workload, journeys, components, slos",
                'start with: backend-lead design "..."',
            ))  # fmt: skip
        elif root is not None and root.kind != "mapping":
            self.add("yaml-not-a-mapping", "a model is a mapping of keys to values", root,
                     {"sequence": "a list"}.get(root.kind) or quoted(root.text),
                     "keys with values, such as backend: shop",
                     "start with the line backend: NAME")  # fmt: skip
        if self.findings:
            raise InvalidInput(self.findings)
        assert root is not None
        return root


_HINTS = (
    ("mapping values are not allowed", "put quotes around a text that contains ': '"),
    ("found character '\\t'", "replace the tab by spaces"),
    ("found character", "put quotes around a text that starts with this character"),
    ("expected ',' or", "close the bracket, or put a comma between the values"),
    ("expected the node content", "close the bracket, or give the value"),
    ("expected <block end>", "check the indentation of this line: keys of one level stand in one"
     " column"),
    ("could not find expected ':'", "a key is followed by a colon and a space"),
    ("quoted scalar", "close the quotes"),
    ("unexpected end of stream", "close the quotes"),
    ("escape", "use single quotes where a backslash is meant"),
)  # fmt: skip


def _syntax(err: Exception, text: str, file: str) -> Finding:
    mark = getattr(err, "problem_mark", None) or getattr(err, "context_mark", None)
    problem = str(getattr(err, "problem", None) or "the text cannot be read as YAML")
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines()
    seen = lines[line - 1] if line <= len(lines) else "end of the file"
    hint = next((words for part, words in _HINTS if part in problem), "check quotes, brackets and"
                " indentation of this line and the one above")  # fmt: skip
    return Finding("yaml-syntax", "error", f"this is not YAML: {quoted(problem)}",
                   Place(file, line, column), quoted(seen), "YAML 1.2", hint)  # fmt: skip
