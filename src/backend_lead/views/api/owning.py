"""Whose a row is: its caller's by the token, or of whoever has what it belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from backend_lead.model.contract import EntityField
from backend_lead.model.system import EVERYBODY, Entity
from backend_lead.views.api.parts import Contract, FieldOf, Operation

Entities = Mapping[str, Entity]
HIDDEN = "; else 404, not 403"  # what others have is not told to be there
_SEEING = ("get", "list", "search", "act")  # what those may whom a row is shared with


def refers_to(field: EntityField | None) -> str | None:
    """The entity that a single reference names."""
    if field is None or not field.type.startswith("ref("):
        return None
    return field.type[4:-1]


def is_person(entities: Entities, name: str) -> bool:
    """Whether what an entity holds belongs to itself: people, accounts, tenants."""
    entity = entities[name]
    field = entity.fields.get(entity.owned_by or "")
    return field is not None and field.key and refers_to(field) is None


def has_owner(entities: Entities, name: str) -> bool:
    """Whether what an entity holds is somebody's, and not shared with everybody."""
    entity = entities[name]
    return entity.owned_by is not None and EVERYBODY not in entity.shared_with


def owner_through(entities: Entities, name: str) -> str | None:
    """The entity by which a row has its owner: a reading is of whoever has its device; None where
    the row names its owner itself."""
    entity = entities[name]
    parent = refers_to(entity.fields.get(entity.owned_by or ""))
    if parent is None or parent not in entities or entities[parent].owned_by is None:
        return None
    return None if is_person(entities, parent) else parent


def owner_by_token(entities: Entities, name: str) -> str | None:
    """The field that names the caller itself: the backend sets it by the token, no caller gives
    it."""
    owned = entities[name].owned_by
    return owned if owner_through(entities, name) is None else None


def set_by_token(entities: Entities, op: Operation) -> FieldOf | None:
    """The field of a new row that tells whose it is, where the token and nothing else decides."""
    f = op.of.named(owner_by_token(entities, op.of.name) or "") if op.begins else None
    return None if f is None or f.name in {one.name for one in op.inputs} else f


def referred(entities: Entities, inputs: tuple[FieldOf, ...]) -> tuple[FieldOf, ...]:
    """Inputs that name something which is somebody's: a caller may name what it may see."""
    out = []
    for f in inputs:
        one = f.type.item or f.type
        entity = entities.get(one.name) if one.sort == "ref" else None
        if entity is None or entity.owned_by is None or EVERYBODY in entity.shared_with:
            continue
        if not is_person(entities, one.name):
            out.append(f)
    return tuple(out)


def sees_all(entities: Entities, op: Operation) -> bool:
    """Whether a role makes its holder see what others own; not one that people hold within what
    owns the thing, as editors of a tenant do."""
    if not op.said.roles:
        return False
    own = entities[op.of.name]
    owner = refers_to(own.fields.get(own.owned_by or ""))
    within = {
        value for e in entities.values() for field in e.fields.values() for value in field.one_of
        if owner is not None and refers_to(e.fields.get(e.owned_by or "")) == owner
    }  # fmt: skip
    return not set(op.said.roles) <= within


def taken_from(found: Contract, op: Operation, *, nobody: bool = False) -> list[str]:
    """Sentences on what the backend takes from the token, and on what inputs may refer to;
    `nobody` tells that no token of those who read it names a person."""
    out = []
    own = set_by_token(found.entities, op)
    if own is not None and nobody:
        out.append(
            f"`{own.json}` is never taken from the request. A token of client credentials names no "
            "person: whose it is then is to be agreed before this is used."
        )
    elif own is not None:
        out.append(f"`{own.json}` is set from the caller's token, never from the request.")
    if op.referred:
        names = ", ".join(f"`{f.json}`" for f in op.referred)
        out.append(f"{names} must name what the caller may see, else 404.")
    return out


def wanted_roles(op: Operation) -> list[str]:
    """A sentence on the roles of which a caller must have one."""
    return [f"Wants one of these roles: {', '.join(op.said.roles)}."] if op.said.roles else []


def belongs_to(entities: Entities, op: Operation) -> bool:
    """Whether an operation is for those alone whose the thing is, or with whom it is shared."""
    entity = entities[op.of.name]
    return entity.owned_by is not None and not (
        op.does in _SEEING and EVERYBODY in entity.shared_with
    )


def objects_of(entities: Entities, op: Operation) -> str:
    """For which objects a caller may ask an operation, in words; empty of what nobody owns."""
    entity, name = entities[op.of.name], op.of.name
    if entity.owned_by is None:
        return ""
    if not belongs_to(entities, op):
        return f"any: `{name}` is shared with everybody"
    told = [f"`{name}.{entity.owned_by}`"]
    told += [f"`{name}.{f}`" for f in entity.shared_with if f != EVERYBODY and op.does in _SEEING]
    parents = [refers_to(entity.fields.get(f)) for f in entity.shared_with]
    parents = [one for one in parents if one in entities and not is_person(entities, one or "")]
    parents += [one for one in [owner_through(entities, name)] if one]
    what = "is, or belongs to, the caller" if parents else "is the caller"
    return f"{' or '.join(told)} {what}{HIDDEN}"
