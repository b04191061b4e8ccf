"""Who may do what: how callers show who they are, scopes, tokens, objects and fields."""

from __future__ import annotations

from backend_lead.catalog.api_policies import (
    ACCESS_S,
    ASSERTION_S,
    KEY_LIFE_S,
    KEY_OVERLAP_S,
    REFRESH_S,
    SESSION_S,
    WORKLOAD_S,
)
from backend_lead.emit.api.reading import WHO, Reading, code, days, listed, seconds
from backend_lead.emit.api.securing import scopes_of
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell
from backend_lead.model.contract import Audience, Auth
from backend_lead.views.api.owning import objects_of, owner_through, sees_all
from backend_lead.views.api.parts import Caller, Operation, ShapeOf


def access(read: Reading, audience: Audience) -> str:
    """Sign-in, tokens with their reasons, and the scopes of an audience."""
    told = ["### Authentication and scopes"]
    told += [_way(read, caller) for caller in read.callers(audience)]
    public = [op.id for op in read.asked(audience) if op.said.public]
    if public:
        told.append(f"Without a token: {code(public)}; limited by address instead.")
    scopes = scopes_of(read.found, audience)
    before = read.found.audiences[: read.found.audiences.index(audience)]
    same = [a for a in before if set(scopes_of(read.found, a)) >= set(scopes)]
    if scopes and same and audience != "partner":
        return "\n\n".join([*told, f"Scopes as for {WHO[same[0]].lower()}: {code(scopes)}."])
    rows = [[f"`{scope}`", listed(f"`{op.id}`" for op in read.found.of_audience(audience)
                                  if op.scope == scope and not op.said.public)]
            for scope in scopes]  # fmt: skip
    if rows:
        told.append(table(["scope", "for"], rows))
    return "\n\n".join(told)


def _way(read: Reading, caller: Caller) -> str:
    ways: dict[Auth, str] = {
        "pkce": (
            "authorization code with PKCE (RFC 7636), no secret in the client. Access token "
            f"{seconds(ACCESS_S.value)}: a stolen one is worth that long; {_worth(read, caller)}. "
            f"Refresh token {days(REFRESH_S.value)} without use, replaced at each use: one that "
            "is used twice signs both holders out"
        ),
        "session": (
            f"a `__Host-session` cookie, {seconds(SESSION_S.value)} without use; "
            f"{_worth(read, caller)}, so requests that write check the origin too"
        ),
        "client-credentials-mtls": (
            "client credentials with a certificate (RFC 8705); the access token "
            f"({seconds(ACCESS_S.value)}) works only on connections of that certificate. It is "
            f"replaced every {days(KEY_LIFE_S.value)}, old and new both valid for "
            f"{days(KEY_OVERLAP_S.value)}"
        ),
        "client-credentials-jwt": (
            "client credentials with `private_key_jwt` (RFC 7523): an assertion of "
            f"{seconds(ASSERTION_S.value)}, used once, buys an access token of "
            f"{seconds(ACCESS_S.value)}. We keep public keys only; they are replaced every "
            f"{days(KEY_LIFE_S.value)}, both valid for {days(KEY_OVERLAP_S.value)}"
        ),
        "workload": (
            f"mutual TLS with a certificate of {seconds(WORKLOAD_S.value)} for each service; no "
            "shared secret to leak"
        ),
    }  # fmt: skip
    return f"`{caller.name}`: {ways[caller.auth]}."


def _worth(read: Reading, caller: Caller) -> str:
    """What a stolen token opens."""
    writes = [op.id for op in read.found.operations.values()
              if op.nature == "command" and caller.name in op.clients]  # fmt: skip
    personal = [s.name for s in read.found.shapes.values() if s.entity and any(
        f.personal and (not f.seen_by or caller.name in f.seen_by) for f in s.fields)]  # fmt: skip
    opened = [f"it can call {code(writes[:3])}" if writes else "it can write nothing"]
    if personal:
        opened.append(f"reads personal data of {code(personal)}")
    return " and ".join(opened)


# --- objects and fields ---------------------------------------------------------------------------
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
    return [[f"`{op.id}`", who, which]]


def _gaps(read: Reading) -> list[str]:
    """Operations whose rule the model does not say."""
    out = []
    partners = {c.name for c in read.callers("partner")}
    for op in read.found.operations.values():
        owned = read.found.entities[op.of.name].owned_by
        if op.nature == "event" or op.said.public or not (partners & set(op.clients)) or not owned:
            continue
        owner = op.of.named(owned)
        refers = owner.type.name if owner is not None and owner.type.sort == "ref" else op.of.name
        if not op.said.mine or refers != op.of.name:
            out.append(f"`{op.id}`")
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
