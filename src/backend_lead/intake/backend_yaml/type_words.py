"""The types a field may have, told in words, and our word for those of other systems."""

from __future__ import annotations

import re
from collections.abc import Iterable

from backend_lead.intake.backend_yaml.words import TYPE_WORDS, listed, near_word
from backend_lead.model.contract import TYPES

# What databases, languages and other schemas call what is called otherwise here.
OTHERS = {
    "uuid": "id", "guid": "id", "ulid": "id", "serial": "id", "bigserial": "id", "identifier": "id",
    "str": "string", "varchar": "string", "char": "string", "citext": "string", "name": "string",
    "markdown": "text", "longtext": "text", "html": "text", "clob": "text",
    "integer": "int", "int32": "int", "smallint": "int", "short": "int", "number32": "int",
    "int64": "long", "bigint": "long", "uint64": "long",
    "float": "number", "double": "number", "real": "number", "float64": "number",
    "numeric": "decimal", "bigdecimal": "decimal",
    "boolean": "bool", "flag": "bool",
    "datetime": "timestamp", "date-time": "timestamp", "timestamptz": "timestamp",
    "instant": "timestamp", "time": "timestamp", "interval": "duration", "timespan": "duration",
    "amount": "money", "price": "money", "currency": "money",
    "mail": "email", "uri": "url", "link": "url",
    "jsonb": "json", "object": "json", "map": "json", "any": "json", "struct": "json",
    "enum": "string with one_of: [a, b]", "bytea": "url of the file", "blob": "url of the file",
    "bytes": "url of the file",
}  # fmt: skip
_LENGTH = re.compile(r"^(\w+)\s*\(\s*(\d+)(?:\s*,\s*\d+)?\s*\)$")  # varchar(255), numeric(10,2)
_LIST = re.compile(
    r"^(?:list|array|set|seq|repeated)?\s*[<\[(]\s*([\w-]+)\s*[>\])]$|^([\w-]+)\[\]$"
)


def type_hint(written: str, known: Iterable[str] = ()) -> str:
    """A type that would do, made from what was written."""
    word = written.strip().lower()
    bare = word.removesuffix("?").removesuffix("!")
    many = _LIST.match(bare)
    inner = (many[1] or many[2]) if many else bare
    sized = _LENGTH.match(inner)
    inner = sized[1] if sized else inner
    names = [*TYPES, *known]
    found = OTHERS.get(inner) or (inner if inner in names else near_word(inner, names))
    if not found:
        return "add the shape under api.shapes, or use one of these"
    also = " with nullable: true" if word.endswith("?") else ""
    if sized and found == "string":
        also += f" with most: {sized[2]}"
    return f"did you mean `{f'list({found})' if many else found}`{also}?"


def types_allowed(known: Iterable[str]) -> str:
    """The types there are, with the shapes of the model."""
    shapes = listed(known, 20)
    return f"{TYPE_WORDS}; shapes: {shapes}" if shapes else TYPE_WORDS
