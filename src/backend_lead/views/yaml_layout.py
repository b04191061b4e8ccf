"""Plain content laid out as YAML: one idea a line, short mappings in one line.

What is written reads the same in YAML 1.1 and 1.2: a text is quoted wherever either takes it for
something else.
"""

from __future__ import annotations

import json
import re
from typing import Any

from backend_lead.views.yaml_nodes import resolve
from backend_lead.views.yaml_text import CONTROL

WIDTH = 100
_WORD = re.compile(r"[^\W_][\w ./()%@;=<>~+*!?&|^'\"°µ…–—-]*|[$][a-z]+|/[\w/.-]*")
_LOOKS_LIKE_NUMBER = re.compile(r"[-+.]?[0-9][0-9a-fA-F_:.xXoO+-]*")
_BLOCK_WORD = re.compile(r"[^\W_][^:#\t\r\n]*|[$][a-z]+|/[\w/.-]*")
_OLD_WORDS = {"y", "n", "yes", "no", "on", "off"}  # what YAML 1.1 readers take for true and false


class OneLine(dict[str, Any]):
    """A mapping that is written where it stands: `{value: 10 s, range: [5 s, 20 s]}`."""


class Words(str):
    """A text that is written as it is, never in quotes."""

    __slots__ = ()


def document(content: dict[str, Any]) -> str:
    """A whole document, its entries in their order."""
    return "".join(entry(scalar(key), value, 0) + "\n" for key, value in content.items())


def entry(key: str, value: Any, indent: int) -> str:
    """`key: value` as lines, the first one with its indent. `key` is spelled already."""
    pad = " " * indent
    if (
        isinstance(value, str)
        and not isinstance(value, Words)
        and "\n" in value
        and _literal(value)
    ):
        lines = (f"{pad}  {line}" if line else "" for line in value.split("\n"))
        return f"{pad}{key}: |-\n" + "\n".join(lines)
    if is_inline(value):
        text = f"{pad}{key}: {inline(value)}"
        if len(text) <= WIDTH:
            return text
        if not isinstance(value, dict | list):
            return f"{pad}{key}: " + _folded(value, indent + len(key) + 2, indent + 3)
        if isinstance(value, OneLine) and not any(isinstance(v, dict) for v in value.values()):
            return f"{pad}{key}: " + _packed(value, indent + len(key) + 3)
    return f"{pad}{key}:\n{block(value, indent + 2)}"


def block(value: Any, indent: int) -> str:
    """The entries of a mapping or list as lines."""
    if isinstance(value, dict):
        return "\n".join(entry(scalar(key), inner, indent) for key, inner in value.items())
    return "\n".join(" " * indent + "- " + item(inner, indent + 2) for inner in value)


def item(value: Any, indent: int) -> str:
    """An entry of a list, its first line without indent."""
    if isinstance(value, dict) and value:
        text = block(value, indent)
        return text[indent:]
    return inline(value)


def is_inline(value: Any) -> bool:
    """Whether a value is written in the line of its key."""
    if isinstance(value, OneLine) or not value:
        return True
    if isinstance(value, dict):
        return all(isinstance(inner, Words) for inner in value.values())
    if isinstance(value, list):
        return not any(isinstance(inner, dict | list) for inner in value)
    return True


def inline(value: Any, *, in_flow: bool = False) -> str:
    """A value in one line, collections in brackets."""
    if isinstance(value, dict):
        inner = (f"{scalar(k)}: {inline(v, in_flow=True)}" for k, v in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(v, in_flow=True) for v in value) + "]"
    return scalar(value, in_flow=in_flow)


def _packed(value: OneLine, indent: int) -> str:
    """A mapping in brackets over several lines, each filled as far as it goes."""
    text, width = "{", indent
    for i, (key, inner) in enumerate(value.items()):
        word, end = scalar(key), "}" if i == len(value) - 1 else ","
        part = f"{word}: {inline(inner, in_flow=True)}{end}"
        if i and width + 1 + len(part) > WIDTH:
            text, width = text + "\n" + " " * indent, indent
        elif i:
            text, width = text + " ", width + 1
        if width + len(part) > WIDTH:
            column = width + len(word) + 2
            part = f"{word}: {_folded(inner, column, indent + len(word) + 3)}{end}"
        text, width = text + part, width + len(part)
    return text


def _folded(value: Any, column: int, indent: int) -> str:
    """A text in quotes over several lines; a line end in quotes reads as a space."""
    if not isinstance(value, str) or isinstance(value, Words):
        return inline(value, in_flow=True)
    words = _quoted(value).split(" ")
    if "" in words:  # several spaces in a row would not survive
        return " ".join(words)
    text = words[0]
    width = column + len(text)
    for word in words[1:]:
        if width + 1 + len(word) > WIDTH - 1:
            text, width = text + "\n" + " " * indent + word, indent + len(word)
        else:
            text, width = text + " " + word, width + 1 + len(word)
    return text


def scalar(value: Any, *, in_flow: bool = True) -> str:
    """A single value; text in quotes only where YAML needs them."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int | Words):
        return str(value)
    text = _printable(value)
    plain = (_WORD if in_flow else _BLOCK_WORD).fullmatch(text)
    if (
        plain
        and not text.endswith(" ")
        and isinstance(resolve(text), str)
        and text.lower() not in _OLD_WORDS
        and not _LOOKS_LIKE_NUMBER.fullmatch(text)
    ):
        return str(text)
    return _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(_printable(text), ensure_ascii=False)


def _printable(text: str) -> str:
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _literal(text: str) -> bool:
    """Whether a text of several lines can be written as it is, below its key."""
    lines = text.split("\n")
    return (
        not CONTROL.search(text)
        and "\r" not in text
        and "\t" not in text
        and bool(lines[-1])
        and not text.startswith((" ", "\n"))
        and all(line == "" or line.strip() for line in lines)
    )
