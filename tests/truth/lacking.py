"""What the product lacks for the rest of the collection, and how it shows when that has changed.

A reason in not_yet.md is made of these features. Each has words the product would likely use if it
had the feature, and rests on parts of the kernel that would have to change; both are looked up.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import backend_lead
from backend_lead.kernel import layout
from backend_lead.kernel.program import DTYPES
from backend_lead.model.system import System

# What the kernel is made of where features are missing: columns of tables, and the names in its
# layout that begin so. A change here asks whether the reasons that rest on it are still true.
AS_IT_WAS = {
    "FAULT": "DOWN UP HIDE SHOW SLOW FLUSH DRAIN ERRORS FREEZE LEAST CUT LOSS LAG BEHIND",
    "fault": "at action replica x row pad",
    "call": "endpoint group pool pool_scope room retries optional timeout lane deadline budget "
    "breaker rtt backoff backoff_cap shape cancel by_key hop zones pad hedge",
    "shelf": "service keys first drawer capacity policy coalesce ttl renew pad",
}


@dataclass(frozen=True)
class Lack:
    """A feature the product lacks.

    `words`: beginnings of words in names (two joined by "_" follow each other), none of which is in
    the vocabulary. `rests_on`: parts of the kernel that would change if it had the feature.
    """

    words: tuple[str, ...]
    rests_on: tuple[str, ...] = ()

    def signs(self) -> list[str]:
        """Names in the product that look like the feature, or are new where it would be."""
        starts = [rf"(?:^|_){word.replace('_', '[a-z]*_')}" for word in self.words]
        named = {name for name in vocabulary() if any(re.search(start, name) for start in starts)}
        return sorted(named) + [change for part in self.rests_on for change in changes(part)]


def changes(part: str) -> list[str]:
    """Names that have come to a part of the kernel, or gone from it."""
    if part.isupper():
        now = {
            name.removeprefix(f"{part}_") for name in vars(layout) if name.startswith(f"{part}_")
        }
    else:
        now = set(DTYPES[part].names or ())
    return [f"{part}: {name}" for name in sorted(now ^ set(AS_IT_WAS[part].split()))]


LACKS = {
    # --- of the kernel
    "more than 38 retries whose backoff doubles": Lack(("doublings",), ("call",)),
    "repair crews": Lack(("crew", "repairer"), ("fault", "FAULT")),
    # --- of what is calculated without a simulation
    "how often and how long a group is out": Lack(("outages_per", "outage_length", "mttf")),
    "incidents in minutes a year": Lack(("incidents_per", "incident_min")),
    "error budgets split by who spent them": Lack(("error_budget",)),
    "burn-rate alerts": Lack(("burn",)),
    "bounds of a closed network as formulas": Lack(("asymptot", "closed_bound", "mva")),
    "bounds of a join as formulas": Lack(("join_bound", "fork_join")),
    "Nelson and Tantawi's approximation": Lack(("nelson", "tantawi")),
    "the exact product, for availabilities that the user states": Lack(("stated_avail",)),
    "the throughput of evenly loaded shards, as a formula": Lack(("if_balanced", "evenly_load")),
    "the gain by pipelining, a ratio of two measurements": Lack(("pipelining",)),
}  # fmt: skip


@cache
def vocabulary() -> frozenset[str]:
    """Names the kernel's tables, the model and the product's code are made of, in lower case."""
    names = set(vars(layout)) | set(DTYPES)
    names |= {column for dtype in DTYPES.values() for column in dtype.names or ()}
    names |= set(_of_schema(System.model_json_schema()))
    for path in Path(backend_lead.__file__).parent.rglob("*.py"):
        names |= {path.stem, path.parent.name, *_defined(path)}
    return frozenset(re.sub(r"(?<=[a-z])(?=[A-Z])|-", "_", name).lower() for name in names)


def _of_schema(schema: Any) -> Iterator[str]:
    """Fields and words of the model."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        yield from (word for word in schema.get("enum", ()) if isinstance(word, str))
        schema = list(schema.values())
    if isinstance(schema, list):
        for inner in schema:
            yield from _of_schema(inner)


def _defined(path: Path) -> Iterator[str]:
    """Functions, classes, their parameters and fields, and constants of a source file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
