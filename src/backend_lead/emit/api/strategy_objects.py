"""The rules that each request is checked by, object by object and field by field."""

from __future__ import annotations

from backend_lead.emit.api.reading import Reading, code, listed
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell
from backend_lead.views.api.guarding import agreed, nobodys_token
from backend_lead.views.api.owning import HIDDEN, has_owner, objects_of, owner_through, sees_all
from backend_lead.views.api.parts import Operation, ShapeOf


def objects_and_fields(read: Reading) -> str:
    """The rules that each request is checked by, derived from the entities."""
    objects = [row for op in read.found.operations.values() for row in _object_rule(read, op)]
    told = ["## Rules of objects and fields"]
    if objects:
        told.append(table(["operation", "may be called by", "for which objects"], objects))
    told += _gaps(read)
    fields = [row for shape in read.found.shapes.values() if shape.entity
              for row in _field_rules(read, shape)]  # fmt: skip
    if fields:
        told.append(table(["field", "rule"], fields))
    return "\n\n".join(told) if len(told) > 1 else ""


def _object_rule(read: Reading, op: Operation) -> list[list[str]]:
    if op.nature == "event" or op.said.public:
        return []
    owned = read.found.entities[op.of.name].owned_by
    who = code(op.clients)
    if op.said.roles:
        who += f" with role {code(op.said.roles)}"
    if op.said.mine:
        which = "the caller's own: no key is taken, so none can be guessed"
    elif owned:
        which = objects_of(read.found.entities, op)
        if op.does in ("list", "search") and not op.keys:
            which = which.removesuffix(HIDDEN)
            which = which if which.startswith("any") else f"only those whose {which}"
        if op.does == "create" and not op.keys:
            which = f"`{op.of.name}.{owned}` is set from the token, it is in no body"
            if owner_through(read.found.entities, op.of.name):
                which = f"`{op.of.name}.{owned}` names what the caller has; else 404"
            elif any(f.name == owned for f in op.inputs):
                which = f"`{op.of.name}.{owned}` is in the body, for those who act for others"
        if sees_all(read.found.entities, op):
            which += "; the role sees all"
    elif op.nature == "command":
        which = f"any: `{op.of.name}` belongs to nobody"
    else:
        return []
    return [[f"`{op.id}`", who, which + _of_partners(read, op)]]


def _of_partners(read: Reading, op: Operation) -> str:
    """Who the caller is where a partner asks for what is somebody's."""
    asking = [c for c in read.callers("partner") if c.name in op.clients]
    if not has_owner(read.found.entities, op.of.name):
        return ""
    people = [c.name for c in asking if agreed(c)]
    blind = [c.name for c in asking if nobodys_token(read.found, op, c)]
    told = f"; the caller of {code(people)} is the person who agreed" if people else ""
    return told + (f"; of {code(blind)} to be decided" if blind else "")


def undecided(read: Reading) -> list[str]:
    """The operations of partners about what belongs to a person."""
    out = []
    for op in read.found.operations.values():
        owned = read.found.entities[op.of.name].owned_by
        asking = [c for c in read.callers("partner") if c.name in op.clients]
        blind = any(nobodys_token(read.found, op, c) for c in asking)
        if op.nature == "event" or not blind or not owned:
            continue
        owner = op.of.named(owned)
        refers = owner.type.name if owner is not None and owner.type.sort == "ref" else op.of.name
        if not op.said.mine or refers != op.of.name:
            out.append(f"`{op.id}`")
    return out


def _gaps(read: Reading) -> list[str]:
    """Operations whose rule the model does not say."""
    out = undecided(read)
    if not out:
        return []
    return [
        f"To be decided: partners call {listed(out)}, and what these are about belongs to a "
        f"person. A partner's token names no person: either it acts for one who agreed (token "
        "exchange, RFC 8693), or it sees only what it made itself."
    ]


def _field_rules(read: Reading, shape: ShapeOf) -> list[list[str]]:
    out = []
    said = read.found.entities[shape.name].fields
    for name, field in said.items():
        rules = []
        if field.hidden:
            rules.append("never leaves the backend")
        if field.seen_by:
            rules.append(f"only {code(field.seen_by)} get it: it is in no other contract")
        if field.personal:
            rules.append("personal: kept out of logs, metrics and URLs")
        if rules:
            out.append([f"`{cell(shape.name)}.{cell(name)}`", "; ".join(rules)])
    return out
