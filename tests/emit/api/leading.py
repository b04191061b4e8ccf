"""Where references of the graph lead, worked out from the words of a model alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from backend_lead.model.contract import EntityField
from backend_lead.model.system import System


def target(f: EntityField) -> str | None:
    """The entity that a field refers to."""
    found = re.fullmatch(r"(?:list\()?ref\(([^)]*)\)+", f.type)
    return found[1] if found else None


def owned(system: System, name: str) -> bool:
    """Whether things of this sort are somebody's, and not for everybody."""
    entity = system.entities[name]
    return entity.owned_by is not None and "everybody" not in entity.shared_with


def personal(system: System, name: str, within: tuple[str, ...] = ()) -> bool:
    """Whether a shape or entity tells of a person, in itself or in what it holds."""
    assert system.api is not None
    shapes = {n: s.fields for n, s in system.api.shapes.items()}
    fields = {**shapes, **{n: e.fields for n, e in system.entities.items()}}.get(name, {})
    for f in fields.values():
        inner = re.sub(r"^list\((.*)\)$", r"\1", f.type)
        holds = inner not in within and personal(system, inner, (*within, name))
        if not f.hidden and (f.personal or holds):
            return True
    return False


def leads(
    system: System, f: EntityField, readers: Mapping[str, frozenset[str]],
    askers: Mapping[str, tuple[str, ...]],
) -> bool:  # fmt: skip
    """Whether a reference is more than an id: what it names is nobody's in particular, or every app
    that is given such things may ask for others' than its own user's. `askers` are the clients of
    each operation of the graph."""
    name = target(f)
    assert name is not None and system.api is not None
    if not any(one.key for one in system.entities[name].fields.values()):
        return False
    if f.key and owned(system, name):
        return False
    if not (owned(system, name) or personal(system, name)):
        return True
    clients = system.workload.clients
    opening = {
        c for n, said in system.api.operations.items() if n in askers for c in askers[n]
        if said.does in ("get", "list", "search") and not said.mine and not said.roles
        and (said.gives or said.of) == name
    }  # fmt: skip
    asking = {c for all_ in askers.values() for c in all_}
    for audience in readers.get(name, ()):
        for c in asking:
            access = clients[c].access
            if access is not None and access.audience == audience and c not in opening:
                return False
    return True
