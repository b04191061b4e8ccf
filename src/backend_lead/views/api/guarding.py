"""What rules about defence ask of a contract: who is outside, whose things are, what is secret."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.model.contract import Audience
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.names import singular, snake
from backend_lead.views.api.owning import has_owner, owner_through, refers_to
from backend_lead.views.api.parts import Caller, Contract, FieldOf, Operation, ShapeOf
from backend_lead.views.api.types import Type
from backend_lead.views.document import Loc

_SECRET = {"password", "passwort", "passphrase", "secret", "token", "pin", "otp", "cvv", "cvc",
           "credential", "credentials", "apikey"}  # fmt: skip
_SECRET_PAIRS = ("api_key", "access_key", "private_key", "client_secret", "card_number")


def asked(system: System) -> tuple[Contract, list[Operation]] | None:
    """The contract and what callers outside of our own services may ask for; None without one."""
    found = contract(system)
    if found is None:
        return None
    return found, [op for op in found.operations.values() if op.nature != "event" and outside(op)]


def outside(op: Operation) -> bool:
    """Whether somebody other than our own services may call it."""
    return any(audience != "internal" for audience in op.audiences)


def place_of(found: Contract, op: Operation) -> Loc:
    """Where an operation stands; one that was read off an endpoint stands there."""
    if not found.derived:
        return ("api", "operations", op.name)
    component, _, word = (op.said.endpoint or "").partition(".")
    return ("components", component, "endpoints", word)


def owner_field(found: Contract, shape: ShapeOf) -> str | None:
    """The field that names whose a row is; of a person that is its own key."""
    return found.entities[shape.name].owned_by if shape.entity else None


def people(found: Contract) -> set[str]:
    """Entities that belong to themselves: people, accounts, tenants, devices."""
    return {
        name for name, shape in found.shapes.items()
        if shape.entity and owner_field(found, shape) in {f.name for f in shape.key}
        and not any(f.type.sort == "ref" for f in shape.key)
    }  # fmt: skip


def belongs(found: Contract, shape: ShapeOf) -> str:
    """Why a row is somebody's business, in words; empty where it is everybody's.

    It holds personal data, refers to a person, or to what has an owner.
    """
    personal = [f for f in shape.fields if f.personal]
    if personal:
        return f"`{personal[0].name}` is personal data"
    who = people(found)
    for f in shape.fields:
        if f.type.sort != "ref":
            continue
        if f.type.name in who:
            return f"`{f.name}` names a {f.type.name.replace('_', ' ')}"
        if owner_field(found, found.shapes[f.type.name]) is not None:
            return f"`{f.name}` refers to a {f.type.name.replace('_', ' ')}, which has an owner"
    own = owner_field(found, shape)
    return f"`{own}` says whose it is" if own is not None else ""


def nobodys_token(found: Contract, op: Operation, caller: Caller) -> bool:
    """Whether what an operation is about is a person's, and the token of this caller names none: it
    shows which program asks. An owner that is called like the class of callers is the partner."""
    owned = op.of.entity and has_owner(found.entities, op.of.name)
    if not owned or op.said.public or not caller.auth.startswith("client-credentials"):
        return False
    name, entities = op.of.name, found.entities
    for _ in range(len(entities)):
        through = owner_through(entities, name)
        if through is None:
            break
        name = through
    holder = refers_to(entities[name].fields.get(entities[name].owned_by or "")) or name
    return snake(holder) not in {snake(caller.name), singular(snake(caller.name))}


def agreed(caller: Caller) -> bool:
    """Whether a partner acts for a person who agreed to it: its token names both."""
    return caller.audience == "partner" and caller.auth == "pkce"


def is_secret(name: str) -> bool:
    """Whether a field of this name is something that must not be read by others."""
    words = name.lower().replace("-", "_").split("_")
    return bool(_SECRET & set(words)) or any(pair in "_".join(words) for pair in _SECRET_PAIRS)


def parts_of(found: Contract, type_: Type, deep: int = 0) -> Iterator[tuple[str, Type]]:
    """The scalars inside of a type, each with the way to it."""
    if type_.item is not None:
        yield from parts_of(found, type_.item, deep)
    elif type_.sort == "shape" and deep < 4:
        for f in found.shapes[type_.name].fields:
            for way, inner in parts_of(found, f.type, deep + 1):
                yield f"{f.name}.{way}".rstrip("."), inner
    else:
        yield "", type_


def personal_in(
    found: Contract, type_: Type, audience: Audience | None = None, within: tuple[str, ...] = ()
) -> Iterator[tuple[str, str, FieldOf]]:
    """The personal fields inside of a type that an audience sees: the way to each, the shape it is
    of, and the field."""
    if type_.item is not None:
        yield from personal_in(found, type_.item, audience, within)
    elif type_.sort == "shape" and type_.name not in within:
        shape = found.shapes[type_.name]
        for f in found.seen_by(shape, audience) if audience else shape.fields:
            if f.personal:
                yield f.name, shape.name, f
            for way, of, inner in personal_in(found, f.type, audience, (*within, shape.name)):
                yield f"{f.name}.{way}", of, inner


def in_address(op: Operation) -> Iterator[tuple[str, FieldOf]]:
    """What travels in the address of an operation, and as what: logs and histories keep it."""
    for f in op.keys:
        yield "key in its path", f
    for f in op.in_path:
        yield "input in its path", f
    if not op.body:
        for f in op.beside_path:
            yield "input in its query", f
        for f in op.filters:
            yield "filter in its query", f


VERBS = {"authorise", "authorize", "book", "buy", "checkout", "hold", "pay", "register", "reserve",
         "signup", "transfer", "vote", "withdraw"}  # fmt: skip
THINGS = {"account", "booking", "coupon", "gift", "order", "payment", "reservation", "ticket",
          "user", "voucher"}  # fmt: skip


def sells(op: Operation) -> bool:
    """By its words: it makes or takes what is scarce or worth money, and asks for no role."""
    words = op.name.replace("-", "_").split("_")
    return op.does in ("create", "act") and not op.said.roles and bool(
        words[0] in VERBS or (op.does == "create" and THINGS & set(words))
    )  # fmt: skip
