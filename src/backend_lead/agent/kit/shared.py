"""Our part in a text that others wrote too: put in as text, so that theirs stays as it is."""

from __future__ import annotations

import json
from typing import Any

from backend_lead.agent.kit.content import BEGIN, END
from backend_lead.model.finding import Finding, InvalidInput, Place

INDENT = "  "


def parsed(path: str, text: str | None, home: str) -> dict[str, Any]:
    """The object a JSON file holds; empty where there is no file. Raises InvalidInput."""
    if text is None or not text.strip():
        return {}
    try:
        content = json.loads(text.removeprefix("\ufeff"))
    except ValueError as err:
        place = Place(path, getattr(err, "lineno", 0))
        told = Finding("kit-json", "error", f"{path} is no JSON: {err}", place, "text", "JSON",
                       "mend it, then install again")  # fmt: skip
        raise InvalidInput([told]) from None
    for name, value in (("", content), (home, content.get(home, {}) if content else {})):
        if not isinstance(value, dict):
            what = f"{path}: {name} holds no object" if name else f"{path} holds no object"
            raise InvalidInput([Finding("kit-json", "error", what, Place(path, path=name),
                                        type(value).__name__, "an object")])  # fmt: skip
    return dict(content)


def with_entry(path: str, text: str | None, home: str, name: str, entry: Any) -> tuple[str, str]:
    """A JSON text with an entry at the head of the object `home`, and what was put in."""
    content = parsed(path, text, home)
    if text is None or not text.strip():
        whole = json.dumps({home: {name: entry}}, indent=INDENT) + "\n"
        return whole, whole
    end = "\r\n" if "\r\n" in text else "\n"
    said = f'"{name}": {json.dumps(entry)}'
    if home in content:
        at = _object(text, home)
        put = f"{end}{INDENT * 2}{said}{',' if content[home] else end + INDENT}"
    else:
        at = text.index("{") + 1
        put = f'{end}{INDENT}"{home}": {{{said}}}{"," if content else end}'
    return text[:at] + put + text[at:], put


def without_entry(path: str, text: str, home: str, name: str) -> str:
    """A JSON text whose entry somebody moved or changed, without it; spelled anew."""
    content = parsed(path, text, home)
    inner = content.get(home, {})
    if name not in inner:
        return text
    del inner[name]
    if not inner:
        del content[home]
    return json.dumps(content, indent=INDENT, ensure_ascii=False) + "\n"


def with_section(text: str | None, section: str) -> tuple[str, str]:
    """A text with a section at its end, and what was put in."""
    if text is None or not text.strip():
        return section, section
    end = "\r\n" if "\r\n" in text else "\n"
    put = (end if text.endswith("\n") else end * 2) + section.replace("\n", end)
    return text + put, put


def without_section(text: str) -> str:
    """A text whose section somebody changed, without it."""
    start, stop = text.find(BEGIN), text.find(END)
    if start < 0 or stop < start:
        return text
    return text[:start].rstrip("\n") + "\n" + text[stop + len(END) :].lstrip("\n")


def _object(text: str, key: str) -> int:
    """Where the object of a key of the outermost object begins: the place behind its brace."""
    decoder, depth, i, last = json.JSONDecoder(), 0, 0, ""
    while i < len(text):
        char = text[i]
        if char == '"':
            value, i = decoder.raw_decode(text, i)
            last = value if depth == 1 else last
            continue
        if char in "{[":
            depth += 1
            if depth == 2 and char == "{" and last == key:
                return i + 1
        elif char in "}]":
            depth -= 1
        elif char == "," and depth == 1:
            last = ""
        i += 1
    raise LookupError(key)
