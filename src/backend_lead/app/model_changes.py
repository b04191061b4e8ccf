"""What one model says that another does not: parts, and fields before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from backend_lead.model.quantity import Quantity
from backend_lead.model.system import System

NOT_COMPARED = frozenset({"origins", "results", "schema_", "brief"})  # of the way here, not of it


@dataclass(frozen=True)
class Change:
    """A component added or removed, or a field with what it was and is; empty where it is not."""

    what: str  # added, removed, changed
    path: str
    before: str = ""
    after: str = ""


def model_changes(before: System, after: System) -> list[Change]:
    """Components first, then fields in the order of the model; a new part is told once."""
    old, new = before.components, after.components
    out = [Change("removed", f"components.{n}", before=old[n].kind) for n in old if n not in new]
    out += [Change("added", f"components.{n}", after=new[n].kind) for n in new if n not in old]
    alone = tuple(f"{change.path}." for change in out)
    said_before, said_after = dict(_fields(before)), dict(_fields(after))
    for path in dict.fromkeys([*said_before, *said_after]):
        was, now = said_before.get(path, ("", "")), said_after.get(path, ("", ""))
        if was == now or path.startswith(alone) or {was[0], now[0]} == {"", "False"}:
            continue
        if was[0] == now[0]:  # the same value from elsewhere: an assumption confirmed, say
            was, now = (f"{was[0]} ({was[1]})", was[1]), (f"{now[0]} ({now[1]})", now[1])
        out.append(Change("changed", path, was[0], now[0]))
    return out


def _fields(part: Any, path: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    """(path, (value, origin)) of everything a model says that is not empty."""
    if isinstance(part, Quantity):
        yield path, (part.text, part.origin)
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            value = getattr(part, name)
            if name not in NOT_COMPARED and value is not None:
                yield from _fields(value, f"{path}.{name}" if path else name)
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from _fields(value, f"{path}.{name}")
    elif isinstance(part, list | tuple):
        for i, value in enumerate(part):
            yield from _fields(value, f"{path}[{i}]")
    else:
        yield path, (str(part), "")
