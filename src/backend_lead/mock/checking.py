"""Requests held to the schemas of the contract: all that is wrong is told at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from backend_lead.mock.message import Asked, Refused

DEEP_MAX = 60  # levels of a body
IF_MATCH = "If-Match"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]*")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
# RFC 3339, appendix A: each unit may be followed by the next smaller one alone.
_DUR_TIME = r"T(\d+H(\d+M(\d+S)?)?|\d+M(\d+S)?|\d+S)"
_DUR_DATE = r"(\d+D|\d+M(\d+D)?|\d+Y(\d+M(\d+D)?)?)"
_DURATION = re.compile(rf"P({_DUR_DATE}({_DUR_TIME})?|{_DUR_TIME}|\d+W)", re.ASCII | re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+|\"[^\"]+\"@[^\s@]+")


def _date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if not _DATE_TIME.fullmatch(value):
        return False
    text = re.sub(r"\.\d+", "", value).upper().replace(" ", "T").replace("Z", "+00:00")
    datetime.fromisoformat(text.replace(":60+", ":59+").replace(":60-", ":59-"))  # a leap second
    return True


def _date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    date.fromisoformat(value)
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII))


def is_duration(value: object) -> bool:
    """Whether it is a duration by RFC 3339, appendix A; what is no text has no format."""
    return not isinstance(value, str) or bool(_DURATION.fullmatch(value))


def _uri(value: object) -> bool:
    return not isinstance(value, str) or bool(_URI.fullmatch(value))


def _email(value: object) -> bool:
    return not isinstance(value, str) or bool(_EMAIL.fullmatch(value))


_formats = FormatChecker(())  # those that the contract's types use, and no other
_formats.checkers = {
    "date-time": (_date_time, ValueError), "date": (_date, ValueError),
    "duration": (is_duration, ()), "uri": (_uri, ()), "email": (_email, ()),
}  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What a request brought, checked and in its types: by place, then by name."""

    path: Mapping[str, str]
    query: dict[str, Any]
    headers: Mapping[str, str]
    body: Any = None


class Checker:
    """The schemas of one document, ready to hold requests to."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._components = document["components"]
        self._made: dict[int, Draft202012Validator] = {}
        self._kept: list[dict[str, Any]] = []  # so that no other schema gets the id of one

    def given(self, operation: dict[str, Any], asked: Asked, path: Mapping[str, str]) -> Given:
        """What a request brought. Raises Refused with all that is wrong."""
        return replace(self.parameters(operation, asked, path), body=self.body(operation, asked))

    def parameters(self, operation: dict[str, Any], asked: Asked, path: Mapping[str, str]) -> Given:
        """What a request brought beside its body. Raises Refused (400) with all that is wrong, but
        not for an `If-Match` that is not there: that has its own status, 428 (RFC 6585)."""
        sent = _query(asked.query)
        wrong: list[tuple[str, str]] = []
        query: dict[str, Any] = {}
        for told in operation.get("parameters", ()):
            name, where = told["name"], told["in"]
            schema = told.get("schema") or told["content"]["application/json"]["schema"]
            if "content" in told:
                value, odd = _json(sent.get(name))
            elif where == "query":
                value, odd = _typed(self._plain(schema), sent.get(name))
            else:
                one = path.get(name) if where == "path" else asked.headers.get(name.lower())
                value, odd = _typed(self._plain(schema), None if one is None else [one])
            at = f"{where}/{name}"
            if value is None and not odd:
                missing = told["required"] and name != IF_MATCH
                wrong += [(at, f"{name} must be given.")] if missing else []
                continue
            wrong += [(at, text) for text in odd or self._errors(schema, value)]
            if where == "query":
                query[name] = value
        if wrong:
            raise Refused(400, wrong[0][1], wrong)
        return Given(path, query, asked.headers)

    def _plain(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema, or the one it refers to."""
        name = schema.get("$ref", "").rpartition("/")[2]
        found: dict[str, Any] = self._components["schemas"][name] if name else schema
        return found

    def body(self, operation: dict[str, Any], asked: Asked) -> Any:
        """The body of a request. Raises Refused (400, 415, 422) with all that is wrong."""
        told = operation.get("requestBody")
        if told is None:
            return None
        media, schema = next((m, c["schema"]) for m, c in told["content"].items())
        if not asked.body and not told["required"]:
            return {}
        sent = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
        if sent != media:
            raise Refused(415, f"Send {media}, not {sent or 'nothing'}.", headers={"Accept": media})
        body = parsed(asked.body)
        errors = sorted(self._validator(schema).iter_errors(body), key=_place)
        if errors:
            wrong = [(_pointer(error), _said(error)) for error in errors]
            raise Refused(422, f"{wrong[0][0] or 'The body'}: {wrong[0][1]}", wrong)
        return body

    def _errors(self, schema: dict[str, Any], value: Any) -> list[str]:
        return [_said(error) for error in self._validator(schema).iter_errors(value)]

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        if id(schema) not in self._made:
            whole = {**schema, "components": self._components}
            self._kept.append(schema)
            self._made[id(schema)] = Draft202012Validator(whole, format_checker=_formats)
        return self._made[id(schema)]


def parsed(body: bytes) -> Any:
    """A body as JSON; refused where it is none, or says something twice."""
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_none)
    except (ValueError, RecursionError) as err:
        raise Refused(400, f"The body is no JSON: {err}.") from None
    if _too_deep(found):
        raise Refused(400, "The body is nested too deep.")
    return found


def _too_deep(value: Any) -> bool:
    """Whether a value has more levels than are taken."""
    level = [value]
    for _ in range(DEEP_MAX):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        raise ValueError("a name is there twice")
    return out


def _none(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def _query(text: str) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(text, keep_blank_values=True, errors="strict",
                                     max_num_fields=200):  # fmt: skip
            out.setdefault(name, []).append(value)
    except ValueError:
        raise Refused(400, "The query cannot be read.") from None
    return out


def _typed(schema: dict[str, Any], sent: list[str] | None) -> tuple[Any, list[str]]:
    """A parameter in its type, and what is odd about it; None where it was not sent."""
    if sent is None:
        return None, []
    types = schema.get("type", "string")
    names = types if isinstance(types, list) else [types]
    if "array" in names:
        return [_one(schema.get("items", {}).get("type", "string"), text) for text in sent], []
    if len(sent) > 1:
        return sent[0], ["it must be there once."]
    return _one(names[0], sent[0]), []


def _json(sent: list[str] | None) -> tuple[Any, list[str]]:
    """A parameter that travels as JSON."""
    if sent is None:
        return None, []
    try:
        found = json.loads(sent[0])
    except (ValueError, RecursionError):
        return sent[0], ["it must be JSON."]
    return found, ["it must be JSON, once."] if len(sent) > 1 or found is None else []


def _one(type_: str, text: str) -> Any:
    """A text in its type; as it is where it is none of it, which the schema then tells."""
    if type_ == "integer" and re.fullmatch(r"-?[0-9]{1,30}", text):
        return int(text)
    if type_ == "number" and re.fullmatch(r"-?[0-9]{1,300}(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", text):
        return float(text)
    if type_ == "boolean" and text in ("true", "false"):
        return text == "true"
    if type_ == "object":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _place(error: ValidationError) -> str:
    return "/".join(str(part) for part in error.absolute_path)


def _pointer(error: ValidationError) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in error.absolute_path)
    return "".join(f"/{part}" for part in parts)


def _said(error: ValidationError) -> str:
    text = str(error.message)
    return (text if len(text) <= 200 else f"{text[:197]}...") + "."


def path_values(names: Iterable[str], texts: Iterable[str]) -> dict[str, str]:
    """The parts of a path by name. Raises Refused for what is no UTF-8."""
    try:
        return {name: unquote(text, errors="strict") for name, text in zip(names, texts)}
    except UnicodeDecodeError:
        raise Refused(400, "The path cannot be read.") from None
