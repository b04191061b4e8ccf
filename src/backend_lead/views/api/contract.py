"""The contract of a system: operations, types and who may call what, from which every protocol is
written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from backend_lead.model.contract import (
    COMMANDS,
    NOTHING,
    QUERIES,
    TYPE,
    Api,
    ApiOperation,
    Audience,
    Auth,
    EntityField,
)
from backend_lead.model.system import System
from backend_lead.views.api.addresses import address, begins, distinct_paths, key_of
from backend_lead.views.api.derived import access_of, derived
from backend_lead.views.api.names import PAGING, enum_name, kebab, plural
from backend_lead.views.api.owning import owner_by_token, referred
from backend_lead.views.api.parts import (
    AUDIENCES,
    Caller,
    Contract,
    EnumOf,
    FieldOf,
    Nature,
    Operation,
    ShapeOf,
)
from backend_lead.views.api.types import LIST_MOST, MONEY, SCALARS, Sort, Type

USUAL_AUTH: dict[Audience, Auth] = {
    "mobile": "pkce", "web": "pkce", "partner": "client-credentials-jwt", "internal": "workload",
}  # fmt: skip


def contract(system: System) -> Contract | None:
    """The contract of a system that has none of the faults its reader tells of; None where the
    model says too little: no operation, and no endpoint about an entity with fields."""
    api = system.api or derived(system)
    if api is None:
        return None
    enums = _Enums(_shared_values(system))
    shapes = {MONEY: _money()}
    for name, shape in api.shapes.items():
        shapes[name] = ShapeOf(
            name, shape.title or _say(name), _fields(name, shape.fields, api, system, enums)
        )
    for name, entity in system.entities.items():
        shapes[name] = ShapeOf(
            name, entity.title or _say(name), _fields(name, entity.fields, api, system, enums),
            True, owner_of(system, api, name),
        )  # fmt: skip
    callers = callers_of(system)
    operations = {
        name: _operation(name, said, system, api, shapes, enums, callers)
        for name, said in api.operations.items()
    }
    distinct_paths(operations)
    serving = {op.service for op in operations.values()}
    services = sorted((serving | {op.of.owner for op in operations.values()}) - {""})
    return Contract(
        system.backend, system.title or _say(system.backend), api.version,
        api.host or f"api.{kebab(system.backend)}.example", system.api is None, shapes, enums,
        operations, callers, dict(api.screens), tuple(services), system.entities,
        system.team.size if system.team else None,
    )  # fmt: skip


class _Enums(dict[str, EnumOf]):
    """The enumerations so far. `shared` names those of entities by field and values: a shape or an
    input with the same field of the same values speaks of the same."""

    def __init__(self, shared: Mapping[tuple[str, tuple[str, ...]], str]) -> None:
        super().__init__()
        self.shared = shared

    def name(self, owner: str, field: str, said: EntityField) -> str:
        """The enumeration of a field."""
        return self.shared.get((field, tuple(said.one_of)), enum_name(owner, field))


def _shared_values(system: System) -> dict[tuple[str, tuple[str, ...]], str]:
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, entity in system.entities.items():
        for field, said in entity.fields.items():
            if said.one_of and not said.hidden:
                found.setdefault((field, tuple(said.one_of)), []).append(enum_name(name, field))
    return {key: names[0] for key, names in found.items() if len(names) == 1}


def owner_of(system: System, api: Api, entity: str) -> str:
    """The service that answers for an entity: its own word, else who serves its writes, else its
    reads, else the first service of the model."""
    said = system.entities[entity].owner
    if said:
        return said
    served = [op for op in api.operations.values() if op.of == entity and op.endpoint]
    for among in ([op for op in served if op.does in COMMANDS], served):
        for op in among:
            return (op.endpoint or "").partition(".")[0]
    creator = (system.entities[entity].created_by or "").partition(".")[0]
    if creator in system.components and system.components[creator].endpoints:
        return creator
    return next((name for name, part in system.components.items() if part.endpoints), "")


def _money() -> ShapeOf:
    amount = FieldOf(
        "amount",
        Type("scalar", "decimal"),
        "A decimal number, exact",
        example="19.90",
        place=1,
    )
    code = FieldOf("currency", Type("scalar", "string"), "ISO 4217", most=3, example="EUR",
                   place=2)  # fmt: skip
    return ShapeOf(MONEY, "An amount of money in a currency", (amount, code))


def _say(name: str) -> str:
    text = " ".join(re.split(r"[-_]", name))
    return text[:1].upper() + text[1:]


def callers_of(system: System) -> dict[str, Caller]:
    """The classes of callers by name, each with its way to show who it is."""
    out = {}
    for name, client in system.workload.clients.items():
        access = access_of(name, client)
        auth = access.auth or USUAL_AUTH[access.audience]
        out[name] = Caller(name, client.title or _say(name), access.audience, auth, access,
                           tuple(client.journeys))  # fmt: skip
    return out


def type_of(text: str, api: Api, system: System) -> Type:
    """The type that a text names; KeyError with the word that names none."""
    match = TYPE.fullmatch(text)
    assert match is not None
    if match["item"]:
        inner = type_of(match["item"], api, system)
        return Type("list", "list", inner)
    if text.startswith("ref("):
        name = text[4:-1]
        if name not in system.entities:
            raise KeyError(name)
        return Type("ref", name)
    if text in SCALARS:
        return Type("scalar", text)
    if text == MONEY or text in api.shapes or text in system.entities:
        return Type("shape", text)
    raise KeyError(text)


def _fields(
    owner: str, fields: Mapping[str, EntityField], api: Api, system: System,
    enums: _Enums, *, optional: bool = False,
) -> tuple[FieldOf, ...]:  # fmt: skip
    """The fields that may leave the backend; each with `one_of` makes an enumeration.

    A list is never null: where there is nothing it is empty, which is all protobuf can say.
    """
    out = []
    for place, (name, said) in enumerate(fields.items(), 1):
        if said.hidden:
            continue
        type_ = type_of(said.type, api, system)
        if said.one_of:
            enum = EnumOf(enums.name(owner, name, said), tuple(said.one_of))
            enums[enum.name] = enum
            one = Type("enum", enum.name)
            type_ = Type("list", "list", one) if type_.item is not None else one
        most = said.most or (LIST_MOST if type_.item is not None else None)
        null = said.nullable and type_.item is None
        out.append(FieldOf(
            name, type_, said.title or _say(name), null, said.key, _is_personal(said),
            said.generated or said.key, most, tuple(said.seen_by), said.example,
            not optional and not said.nullable, place, _ending(said, fields),
        ))  # fmt: skip
    return tuple(out)


def _is_personal(said: EntityField) -> bool:
    return said.personal or said.class_ in ("personal", "sensitive")


def _ending(said: EntityField, fields: Mapping[str, EntityField]) -> str:
    """Until when a field is there, and what takes its place; empty where it stays."""
    end = said.deprecated
    if end is None:
        return ""
    instead = "nothing"
    if end.instead is not None:
        sort: Sort = "ref" if "ref(" in fields[end.instead].type else "scalar"
        type_ = Type(sort, "id")
        if fields[end.instead].type.startswith("list("):
            type_ = Type("list", "list", type_)
        instead = FieldOf(end.instead, type_, "").json
    return f"Deprecated since {end.since}, ends on {end.sunset}; instead: {instead}"


def _operation(
    name: str, said: ApiOperation, system: System, api: Api, shapes: dict[str, ShapeOf],
    enums: _Enums, callers: dict[str, Caller],
) -> Operation:  # fmt: skip
    of = shapes[said.of]
    nature: Nature = (
        "event" if said.does == "event" else "query" if said.does in QUERIES else "command"
    )
    keys = of.key if said.does in ("get", "update", "delete") and not said.mine else ()
    if said.does == "act" and not said.mine and not begins(said):
        keys = of.key
    clients = clients_of(said, system, callers)
    audiences = tuple(a for a in AUDIENCES if a in {callers[c].audience for c in clients})
    inputs = _fields(name, said.takes, api, system, enums) if said.takes else _settable(said, of)
    if not said.takes and audiences != ("internal",):
        inputs = tuple(f for f in inputs if f.name != owner_by_token(system.entities, said.of))
    if said.does == "search" and not any(f.name == "words" for f in inputs):
        words = FieldOf("words", Type("scalar", "string"), "What to look for", example="blue lamp")
        inputs = (words, *inputs)
    inputs = _beside(keys, inputs, of, nature)
    said = _sound(said, nature, bool(inputs or keys))
    each = tuple(_each(of, f) for f in keys) if said.bulk is not None else ()
    if each:
        keys, inputs = (), (*each, *inputs)
    gives = _gives(said, api, system)
    paged = said.does in ("list", "search") and not said.whole and gives is not None
    service = (said.endpoint or "").partition(".")[0] or of.owner
    method, path = address(name, said, of, keys, system.entities[said.of], api)
    named = (of.named(word) for word in said.filters)
    wanted = _beside(keys or each, tuple(f for f in named if f is not None), of, nature)
    return Operation(
        name, said.title or _say(name), said.does, nature, of, service, said, keys, inputs, gives,
        paged, wanted, clients, audiences, method, path,
        f"{kebab(plural(said.of))}:{'read' if nature != 'command' else 'write'}",
        referred(system.entities, inputs) if nature != "event" and not said.public else (), each,
    )  # fmt: skip


def _beside(
    keys: tuple[FieldOf, ...], inputs: tuple[FieldOf, ...], of: ShapeOf, nature: Nature
) -> tuple[FieldOf, ...]:
    """Inputs without what is taken anyway: the key, and of a query the words of paging."""
    taken = {key_of(of, f) for f in keys} | (PAGING if nature == "query" else set())
    return tuple(f for f in inputs if f.json not in taken | {"idempotencyKey"})


def _each(of: ShapeOf, f: FieldOf) -> FieldOf:
    """A key as each item of a bulk brings it, under the name it has in a path."""
    spelt = key_of(of, f)
    name = f.name if f.json == spelt else f"{of.name}_{f.name}"
    return replace(f, name=name, required=True)


def _sound(said: ApiOperation, nature: Nature, takes: bool) -> ApiOperation:
    """Without what only a command can be: many at once, or longer than its request."""
    one = said.does == "delete" or (said.mine and said.does != "create")
    many = nature == "command" and not one and takes
    long = said.takes_long and nature == "command"
    return said.model_copy(update={"bulk": said.bulk if many else None, "takes_long": long})


def _settable(said: ApiOperation, of: ShapeOf) -> tuple[FieldOf, ...]:
    """What a caller may set: all that the backend does not; of an update every one may be left
    out. Whose it is no caller sets."""
    if said.does not in ("create", "update"):
        return ()
    own = [f for f in of.fields if not f.generated]
    if said.does == "update":
        return tuple(_with(f, required=False) for f in own)
    return tuple(own)


def _with(f: FieldOf, *, required: bool) -> FieldOf:
    return replace(f, required=required)


def _gives(said: ApiOperation, api: Api, system: System) -> Type | None:
    """What one answer is, or one item of a page or list."""
    if said.gives == NOTHING or (said.gives is None and said.does == "delete"):
        return None
    if said.gives is not None:
        given = type_of(said.gives, api, system)
        if said.does in ("list", "search") and given.item is not None:
            return given.item
        return given
    return Type("shape", said.of)


def clients_of(
    said: ApiOperation, system: System, callers: Mapping[str, Caller]
) -> tuple[str, ...]:
    """Who may call: those named, else those with a journey that asks for its endpoint, else all
    of ours (not partners)."""
    if said.for_:
        return tuple(name for name in callers if name in said.for_)
    asking = tuple(
        name for name, client in system.workload.clients.items()
        if any(said.endpoint in system.journeys[j].steps for j in client.journeys)
    )  # fmt: skip
    return asking or tuple(n for n, c in callers.items() if c.audience != "partner")
