"""Examples of fields: values of their type, within its bounds, as contracts will show them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime

from backend_lead.model.contract import TYPES, EntityField
from backend_lead.views.api.types import LENGTH, SCALARS

_LONG = range(-(2**63), 2**63)
_MONEY = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})? [A-Z]{3}")
# How a text of a type looks; what JSON Schema's formats refuse is refused here too.
_LOOKS = {
    "long": re.compile(r"-?[0-9]{1,19}"),
    "decimal": re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?"),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    "url": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+"),
    "duration": re.compile(LENGTH),
    "timestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII),
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "money": _MONEY,
}
_GOOD = {
    "int": "3", "long": "4200000000", "number": "1.5", "decimal": '"19.90"', "bool": "true",
    "timestamp": '"2026-03-01T09:30:00Z"', "date": '"2026-03-01"', "duration": "PT15M",
    "money": "49.90 EUR", "email": "ada@example.com", "url": "https://example.com/a.jpg",
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """Why an example will not do, what would, and one that does."""

    why: str
    fits: str
    hint: str


def example_fault(field: EntityField, inner: str) -> Fault | None:
    """What is wrong with the example of a field whose type is, or is a list of, `inner`; of a list,
    one item is said."""
    value = field.example
    if field.one_of:
        if value in field.one_of:
            return None
        return Fault("is none of its values", ", ".join(field.one_of),
                     f"for example {field.one_of[0]}")  # fmt: skip
    kind = "id" if "ref(" in field.type else inner
    if kind not in TYPES or kind == "json":
        why = f"is no {field.type}: it has parts, each with an example of its own"
        return Fault(why, f"no example of type {field.type}", "delete it; say a word for each part")
    good = f"for example {_GOOD.get(kind, 'a word')}"
    if not _is(kind, value):
        quoted = ", in quotes" if kind in ("id", "string", "text") else ""
        return Fault(f"is no {field.type}", f"a value of type {kind}{quoted}", good)
    return _beyond(field, kind, value, good)


def _is(kind: str, value: str | int | float | bool | None) -> bool:
    """Whether a value is of a type, its bounds aside."""
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int)
    if kind == "number":
        return isinstance(value, int | float) and math.isfinite(value)
    if kind in ("long", "decimal") and isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str):
        return False
    looks = _LOOKS.get(kind)
    if looks is not None and not looks.fullmatch(value):
        return False
    if kind == "timestamp":
        return _reads(datetime, value)
    return kind != "date" or _reads(date, value)


def _beyond(
    field: EntityField, kind: str, value: str | int | float | bool | None, good: str
) -> Fault | None:
    """Whether a value of the type is beyond what it holds."""
    schema = SCALARS[kind].schema if kind in SCALARS else {}
    if kind in ("int", "long"):
        low, high = schema.get("minimum", _LONG.start), schema.get("maximum", _LONG.stop - 1)
        if not low <= int(str(value)) <= high:
            wider = "type: long" if kind == "int" else "type: decimal"
            return Fault(f"is beyond what {kind} holds", f"{low} to {high}", f"{good}, or {wider}")
    if not isinstance(value, str):
        return None
    single = field.most if not field.type.startswith("list(") else None  # of a list: its items
    most = single or schema.get("maxLength")
    least = schema.get("minLength", 0)
    if most is not None and len(value) > most:
        why = f"has {len(value)} characters, more than the {most} that it may have"
        return Fault(why, f"up to {most} characters", f"a shorter one, or most: {len(value)}")
    if len(value) < least:
        return Fault("is empty", f"at least {least} character", good)
    return None


def _reads(kind: type[date], text: str) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True
