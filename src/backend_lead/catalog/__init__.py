"""What things are: component kinds, machines and prices, reference domains, each number with its
source. Kinds list themselves: a package in this folder with a `KIND` is one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from backend_lead.catalog.kind import Kind


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by id, sorted."""
    found = {}
    for info in pkgutil.iter_modules(__path__):
        if info.ispkg and info.name not in ("prices", "domains"):
            kind: Kind = importlib.import_module(f"{__name__}.{info.name}").KIND
            if kind.id.replace("-", "_") != info.name:
                raise RuntimeError(f"catalog/{info.name} holds the kind {kind.id!r}")
            found[kind.id] = kind
    return dict(sorted(found.items()))


def kind_of(name: str) -> Kind:
    """The kind called `name`. Raises KeyError for a word that is no kind."""
    return kinds()[name]


def first_of(role: str) -> Kind:
    """The kind a tactic adds for a role: of the lowest rank, by id. Raises ValueError for none."""
    fits = [kind for kind in kinds().values() if kind.role == role]
    return min(fits, key=lambda kind: (kind.rank, kind.id))
