"""Text that Mermaid takes as text, and ids that are never one of its words.

Checked with the parser of Mermaid 11: a C4 string ends at the next double quote and knows no
escape; a line of a sequence ends at `;`, `#` begins a code, and `%%` a comment.
"""

from __future__ import annotations

import re

_SEQUENCE = {"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;", '"': "#quot;", "&": "#amp;"}
_C4 = {'"': "'", "<": "#lt;", ">": "#gt;"}
_CODE = re.compile(r"#(\w+);")


def identifier(letter: str, name: str) -> str:
    """`app-cache` of components is `C_app__cache`: names have no `__` and begin in lower case."""
    return f"{letter}_{name.replace('-', '__')}"


def in_sequence(text: str) -> str:
    """Text of a message, a name or a note of a sequence diagram; one line."""
    safe = "".join(_SEQUENCE.get(c, c) for c in " ".join(text.split()))
    return safe.replace("%%", "#37;#37;") or "-"


def in_c4(text: str) -> str:
    """Text between the quotes of a C4 element; one line."""
    plain = _CODE.sub(r"#\1,", " ".join(text.split()))
    return "".join(_C4.get(c, c) for c in plain)


def fenced(text: str) -> str:
    """A diagram inside a Markdown page."""
    return f"```mermaid\n{text}\n```"
