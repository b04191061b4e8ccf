"""What is allowed at a place of the model, in words people use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from rapidfuzz import fuzz, process

from backend_lead.model.contract import TYPES, Day, Path, TypeText, Version
from backend_lead.model.data import Class
from backend_lead.model.quantity import Quantity
from backend_lead.model.system import System
from backend_lead.model.units import Dimension
from backend_lead.views.document import Loc

_NEAR = 60.0  # likeness in percent from which a word is worth proposing
_WORD_MAX = 80
_NOUNS = {"count": "a number", "duration": "a duration", "bytes": "a size", "ratio": "a share",
          "factor": "a number", "rate": "a rate", "money": "an amount",
          "bandwidth": "a bandwidth"}  # fmt: skip


TYPE_WORDS = f"{', '.join(TYPES)}, the name of a shape or entity, ref(ENTITY), or list(...) of one"


def did_you_mean(word: str, known: Iterable[str], near: float = _NEAR) -> str:
    """A question that proposes the nearest known word, or nothing if none is near."""
    hit = near_word(word, known, near)
    return f"did you mean `{hit}`?" if hit else ""


def near_word(word: str, known: Iterable[str], near: float = _NEAR) -> str:
    """The nearest known word, or nothing if none is near."""
    hit = process.extractOne(word[:_WORD_MAX], list(known), scorer=fuzz.ratio, score_cutoff=near)
    return str(hit[0]) if hit else ""


def listed(names: Iterable[str], most: int = 30) -> str:
    """Names as a list that stays readable."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def type_at(loc: Loc) -> Any:
    """The declared type of the value at a path; None where the model has no such place."""
    kind: Any = System
    for part in loc:
        kind = bare(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = {f.alias or name: f for name, f in kind.model_fields.items()}
            if part not in fields:
                return None
            found = fields[str(part)]
            kind = found.annotation
            if found.metadata:
                kind = Annotated[kind, *found.metadata]
        elif get_origin(kind) is dict:
            kind = get_args(kind)[1]
        elif get_origin(kind) in (list, tuple):
            kind = get_args(kind)[0]
        else:
            return None
    return kind


def bare(kind: Any) -> Any:
    """A type without what only limits it: `Annotated` and `| None`."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, UnionType):
            kind = next(arm for arm in get_args(kind) if arm is not NoneType)
        else:
            return kind


def _limits(kind: Any) -> dict[str, Any]:
    """Bounds and pattern that `Annotated` puts on a type."""
    found: dict[str, Any] = {}
    while get_origin(kind) in (Annotated, Union, UnionType):
        if get_origin(kind) is Annotated:
            for extra in get_args(kind)[1:]:
                for entry in [extra, *getattr(extra, "metadata", [])]:
                    for word in ("ge", "le", "pattern"):
                        if getattr(entry, word, None) is not None:
                            found[word] = getattr(entry, word)
            kind = get_args(kind)[0]
        else:
            kind = next(arm for arm in get_args(kind) if arm is not NoneType)
    return found


# What texts with a pattern of their own are called, and one of them.
_PATTERNS = {
    _limits(TypeText)["pattern"]: (f"a type: {TYPE_WORDS}", "string"),
    _limits(Path)["pattern"]: ("a path such as /orders/{orderId}/cancel", "/orders"),
    _limits(Day)["pattern"]: ('a day such as "2026-03-01"', '"2026-03-01"'),
    _limits(Version)["pattern"]: ("a version such as 1.4.0", "1.0.0"),
}  # fmt: skip


def keys_of(kind: Any) -> list[str]:
    """The keys a mapping of this type takes; empty where they are free names."""
    kind = bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [f.alias or name for name, f in kind.model_fields.items()]
    return []


def quantity_noun(dim: Dimension) -> str:
    """What a quantity of this dimension is called."""
    return _NOUNS[dim.id]


def allowed(kind: Any) -> str:
    """What may stand at a place of this type."""
    limits, core = _limits(kind), bare(kind)
    if get_origin(core) is Literal:
        return f"one of {listed(str(value) for value in get_args(core))}"
    if get_origin(core) is dict:
        return f"a mapping of names, each to {allowed(get_args(core)[1])}"
    if get_origin(core) is list:
        return f"a list, each entry {allowed(get_args(core)[0])}"
    if get_origin(core) is tuple:
        return "two values, [low, high]"
    if core is bool:
        return "true or false"
    if core is int:
        if "ge" in limits and "le" in limits:
            return f"a whole number from {limits['ge']:,} to {limits['le']:,}"
        return "a whole number"
    if core is float:
        return "a number"
    if core is str:
        pattern = str(limits.get("pattern", ""))
        if pattern in _PATTERNS:
            return _PATTERNS[pattern][0]
        if "\\." in pattern:
            return "component.endpoint, such as app.list_items"
        return "a name of small letters, digits, - and _" if pattern else "text"
    if isinstance(core, type) and issubclass(core, Quantity):
        dim = core.dimension
        return (f"{quantity_noun(dim)} such as {dim.example}, from {dim.format(dim.low)} to"
                f" {dim.format(dim.high)}")  # fmt: skip
    names = keys_of(core)
    return f"a mapping with the keys {listed(names)}" if names else "a value"


def is_type(kind: Any) -> bool:
    """Whether the type of a field is told at such a place."""
    return bool(_limits(kind).get("pattern") == _limits(TypeText)["pattern"])


def fitting(kind: Any, text: str) -> bool:
    """Whether a text may stand where a type is told by its pattern."""
    return bool(re.search(str(_limits(kind).get("pattern") or "^$"), text))


def example(kind: Any) -> str:
    """One value that fits a type, to show the author; nothing where it takes several lines."""
    core = bare(kind)
    if core == Class:
        return "personal"  # the one that is looked for: what tells who somebody is
    if get_origin(core) is Literal:
        return str(get_args(core)[0])
    if isinstance(core, type) and issubclass(core, Quantity):
        return core.dimension.example.partition(",")[0].partition(" or ")[0]
    if core is str and _limits(kind).get("pattern") in _PATTERNS:
        return _PATTERNS[_limits(kind)["pattern"]][1]
    return {int: "1", str: "NAME", bool: "true", float: "1.5"}.get(core, "")
