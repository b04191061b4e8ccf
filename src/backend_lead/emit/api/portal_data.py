"""An OpenAPI document as tables to read: operations by tag, fields, examples, errors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Data = dict[str, Any]
_ERROR = "/schemas/Problem"
DEEP = 3  # levels of fields shown in one table


@dataclass(frozen=True)
class Row:
    """A field or a parameter: its name (indented by `level`), type, whether it must be there, and
    what it is."""

    name: str
    type: str
    needed: bool
    told: str
    level: int = 0
    place: str = ""


@dataclass
class Asked:
    """An operation as it is shown."""

    id: str
    method: str
    path: str
    title: str
    told: str
    deprecated: bool
    security: list[str]
    parameters: list[Row]
    takes: list[Row]
    takes_example: str
    gives: list[Row]
    gives_example: str
    status: str
    media: str
    errors: list[str]


@dataclass
class Shown:
    """Everything of one document."""

    info: Data
    server: str
    tags: list[tuple[str, str, list[Asked]]]
    hooks: list[Asked]
    schemes: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)


def shown(document: Data) -> Shown:
    """The document made ready for a page."""
    operations = [
        _asked(document, path, method, one)
        for path, item in document["paths"].items()
        for method, one in item.items()
    ]
    tags = []
    for tag in document["tags"]:
        own = [op for op, raw in zip(operations, _raw(document), strict=True)
               if tag["name"] in raw["tags"]]  # fmt: skip
        tags.append((tag["name"], tag["description"], own))
    hooks = [_asked(document, name, "post", item["post"])
             for name, item in document.get("webhooks", {}).items()]  # fmt: skip
    return Shown(document["info"], document["servers"][0]["url"], tags, hooks, _schemes(document))


def _raw(document: Data) -> list[Data]:
    return [one for item in document["paths"].values() for one in item.values()]


def _asked(document: Data, path: str, method: str, one: Data) -> Asked:
    parameters = [_parameter(document, resolved(document, p)) for p in one.get("parameters", [])]
    taken: dict[str, Data] = one.get("requestBody", {}).get("content", {})
    media, body = next(iter(taken.items()), ("", {}))
    status, answer = next(iter(one["responses"].items()))
    content: Data = resolved(document, answer).get("content", {})
    given: Data = next(iter(content.values()), {})
    security = [f"{name}: {', '.join(scopes)}" if scopes else name
                for way in one.get("security", []) for name, scopes in way.items()]  # fmt: skip
    return Asked(
        one["operationId"], method.upper(), path, one["summary"],
        one.get("description", "").removeprefix(one["summary"].rstrip(".") + ".").strip(),
        bool(one.get("deprecated")), security, parameters,
        fields(document, body.get("schema", {})), _example(body),
        fields(document, given.get("schema", {})), _example(given), status, media,
        [code for code in one["responses"] if code[0] in "45"],
    )  # fmt: skip


def resolved(document: Data, found: Data) -> Data:
    """What a reference stands for."""
    while "$ref" in found:
        here: Any = document
        for part in found["$ref"].removeprefix("#/").split("/"):
            here = here[part]
        found = here
    return found


def _parameter(document: Data, found: Data) -> Row:
    of = found.get("schema") or found["content"]["application/json"]["schema"]
    told = _sentence(found.get("description", ""), of)
    needed = bool(found.get("required"))
    return Row(found["name"], _type(document, of), needed, told, 0, found["in"])


def fields(document: Data, schema: Data, level: int = 0, seen: tuple[str, ...] = ()) -> list[Row]:
    """The fields of a schema, those of objects inside it below them."""
    ref = schema.get("$ref", "")
    if ref in seen or level > DEEP:
        return []
    inner = (*seen, ref) if ref else seen
    found = resolved(document, schema)
    if found.get("type") == "array":
        return fields(document, found["items"], level, inner)
    rows = []
    for name, of in found.get("properties", {}).items():
        plain = resolved(document, _not_null(of))
        told = _sentence(of.get("description") or plain.get("description", ""), plain)
        if told.startswith(bare := name[0].upper() + name[1:] + "."):
            told = told.removeprefix(bare).strip()  # says no more than the name does
        rows.append(Row(name, _type(document, of), name in found.get("required", []), told, level))
        nested = plain["items"] if plain.get("type") == "array" else _not_null(of)
        if _not_null(nested).get("$ref", "").endswith(_ERROR):
            continue  # has a part of the page of its own
        if resolved(document, nested).get("properties"):
            rows += fields(document, nested, level + 1, inner)
    return rows


def _not_null(found: Data) -> Data:
    """The schema of a field that may be null, without the null."""
    for one in found.get("anyOf", []):
        if one.get("type") != "null":
            return dict(one)
    return found


def _type(document: Data, found: Data) -> str:
    empty = " or null" if "anyOf" in found or isinstance(found.get("type"), list) else ""
    name = str(_not_null(found).get("$ref", "")).rsplit("/", 1)[-1]
    plain = resolved(document, _not_null(found))
    if "const" in plain:
        return f"always {plain['const']}"
    if plain.get("enum"):
        return "one of " + ", ".join(str(v) for v in plain["enum"]) + empty
    if plain.get("type") == "array":
        return f"list of {_type(document, plain['items'])}{empty}"
    if name:
        return name + empty
    kinds = plain.get("type", "value")
    kind = str(kinds if isinstance(kinds, str) else next(k for k in kinds if k != "null"))
    form: str = plain.get("format", "")
    return f"{kind} ({form}){empty}" if form else f"{kind}{empty}"


def _sentence(told: str, schema: Data) -> str:
    """What a field is, with its bounds."""
    bounds = []
    if "maxLength" in schema and schema.get("format") not in ("date", "date-time"):
        bounds.append(f"at most {schema['maxLength']:,} characters")
    if "maxItems" in schema:
        bounds.append(f"at most {schema['maxItems']:,}")
    if "minimum" in schema and "maximum" in schema and schema["maximum"] < 2**31 - 1:
        bounds.append(f"{schema['minimum']:,} to {schema['maximum']:,}")
    if "default" in schema:
        bounds.append(f"`{schema['default']}` if left out")
    every = "; ".join(bounds)
    return f"{told} {every[0].upper()}{every[1:]}.".strip() if bounds else told


def _example(content: Data) -> str:
    one = next(iter(content.get("examples", {}).values()), None)
    return "" if one is None else json.dumps(one["value"], indent=2, ensure_ascii=False)


def _schemes(document: Data) -> list[tuple[str, str, list[tuple[str, str]]]]:
    out = []
    for name, scheme in document["components"].get("securitySchemes", {}).items():
        flow: Data = next(iter(scheme.get("flows", {}).values()), {})
        out.append((name, scheme.get("description", ""), list(flow.get("scopes", {}).items())))
    return out
