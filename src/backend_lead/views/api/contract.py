"""The contract of a system: operations, types and who may call what, from which every protocol is
written. Nothing here knows a protocol beyond names and paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from backend_lead.model.contract import (
    COMMANDS,
    NOTHING,
    QUERIES,
    TYPE,
    Access,
    Api,
    ApiOperation,
    Audience,
    Auth,
    EntityField,
    Screen,
)
from backend_lead.model.system import Entity, System
from backend_lead.views.api.derived import access_of, derived
from backend_lead.views.api.names import camel, kebab, pascal, plural, screaming, snake, without_id
from backend_lead.views.api.types import LIST_MOST, MONEY, SCALARS, Type

AUDIENCES: tuple[Audience, ...] = ("mobile", "web", "partner", "internal")
Nature = Literal["query", "command", "event"]
USUAL_AUTH: dict[Audience, Auth] = {
    "mobile": "pkce", "web": "pkce", "partner": "client-credentials-jwt", "internal": "workload",
}  # fmt: skip
_SMALL_WORDS = {"to", "from", "of", "in", "for", "on", "at", "by", "with", "the", "a", "an"}


@dataclass(frozen=True)
class FieldOf:
    """A field of a shape or an input, with its name in each protocol."""

    name: str
    type: Type
    title: str
    null: bool = False
    key: bool = False
    personal: bool = False
    generated: bool = False
    most: int | None = None
    seen_by: tuple[str, ...] = ()
    example: Any = None
    required: bool = True

    @property
    def json(self) -> str:
        """The name in JSON; a reference is told by its id."""
        base = without_id(self.name) + "_id" if self.type.sort == "ref" else self.name
        if self.type.item is not None and self.type.item.sort == "ref":
            base = without_id(self.name) + "_ids"
        return camel(base)

    @property
    def graphql(self) -> str:
        """The name in GraphQL, where a reference is what it points to."""
        return camel(without_id(self.name) if self.type.sort == "ref" else self.name)

    @property
    def proto(self) -> str:
        """The name in protobuf; its JSON form is `json`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.json).lower()


@dataclass(frozen=True)
class ShapeOf:
    """A structure. Of an entity `key` names the fields that tell one from another."""

    name: str
    title: str
    fields: tuple[FieldOf, ...]
    entity: bool = False
    owner: str = ""

    @property
    def type_name(self) -> str:
        """The name of its type in every protocol."""
        return pascal(self.name)

    @property
    def key(self) -> tuple[FieldOf, ...]:
        """The fields that identify one; none of a shape that is no entity."""
        return tuple(f for f in self.fields if f.key)

    def named(self, name: str) -> FieldOf | None:
        """A field by its name in the model."""
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True)
class EnumOf:
    """An enumeration: of which shape and field, and its values in the order of the model."""

    name: str
    values: tuple[str, ...]

    @property
    def type_name(self) -> str:
        """The name of its type in every protocol."""
        return pascal(self.name)

    @property
    def wire(self) -> tuple[str, ...]:
        """The values as they travel."""
        return tuple(screaming(value) for value in self.values)


@dataclass(frozen=True)
class Operation:
    """One operation of the contract, all that follows from its words decided.

    `inputs` are what it takes beside the key fields in `keys`; `body` tells whether they travel in
    a body. `gives` is None where it answers with nothing. `method` and `path` are empty for events.
    """

    name: str
    title: str
    does: str
    nature: Nature
    of: ShapeOf
    service: str
    said: ApiOperation
    keys: tuple[FieldOf, ...]
    inputs: tuple[FieldOf, ...]
    gives: Type | None
    paged: bool
    filters: tuple[FieldOf, ...]
    clients: tuple[str, ...]
    audiences: tuple[Audience, ...]
    method: str
    path: str
    scope: str

    @property
    def id(self) -> str:
        """Its operationId, the name of its field in GraphQL."""
        return camel(self.name)

    @property
    def type_name(self) -> str:
        """The stem of names of its messages."""
        return pascal(self.name)

    @property
    def body(self) -> bool:
        """Whether its inputs travel in a body."""
        return self.nature == "command" and self.method != "DELETE"

    @property
    def needs_key(self) -> bool:
        """Whether a repeated request does its work twice unless it carries an idempotency key."""
        return self.does in ("create", "act") and not self.said.idempotent

    @property
    def changes_one(self) -> bool:
        """Whether it writes one thing that is there: `If-Match` guards it."""
        return self.does in ("update", "delete") and bool(self.keys or self.said.mine)


@dataclass(frozen=True)
class Caller:
    """A class of callers in the contract."""

    name: str
    title: str
    audience: Audience
    auth: Auth
    access: Access


@dataclass(frozen=True)
class Contract:
    """All that is promised to callers.

    `services` are the components that own an entity or serve an operation; `derived` tells that the
    model states no API and this one was read off its endpoints.
    """

    name: str
    title: str
    version: str
    host: str
    derived: bool
    shapes: dict[str, ShapeOf]
    enums: dict[str, EnumOf]
    operations: dict[str, Operation]
    callers: dict[str, Caller]
    screens: dict[str, Screen]
    services: tuple[str, ...]
    entities: dict[str, Entity] = field(repr=False, default_factory=dict)

    @property
    def major(self) -> int:
        """The number in every path: it changes only with what breaks callers."""
        return max(1, int(self.version.partition(".")[0]))

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """The audiences there are, in the usual order."""
        there = {caller.audience for caller in self.callers.values()}
        return tuple(a for a in AUDIENCES if a in there)

    def of_audience(self, audience: Audience) -> list[Operation]:
        """The operations, events too, that an audience may use."""
        return [op for op in self.operations.values() if audience in op.audiences]

    def of_service(self, service: str) -> list[Operation]:
        """The operations that a service answers for."""
        return [op for op in self.operations.values() if op.service == service]

    def seen_by(self, shape: ShapeOf, audience: Audience) -> tuple[FieldOf, ...]:
        """The fields of a shape that some client of an audience may see."""
        names = {name for name, c in self.callers.items() if c.audience == audience}
        return tuple(f for f in shape.fields if not f.seen_by or names & set(f.seen_by))

    def reached(self, types: Iterable[Type]) -> list[str]:
        """The shapes and enumerations that types are made of, in order of first use.

        A reference is its id: it reaches nothing.
        """
        found: dict[str, None] = {}
        waiting = list(types)
        while waiting:
            type_ = waiting.pop(0)
            if type_.item is not None:
                waiting.append(type_.item)
            elif type_.sort in ("shape", "enum") and type_.name not in found:
                found[type_.name] = None
                if type_.sort == "shape":
                    waiting += [f.type for f in self.shapes[type_.name].fields]
        return list(found)


def contract(system: System) -> Contract:
    """The contract of a system that has none of the faults its reader tells of."""
    api = system.api or derived(system)
    enums: dict[str, EnumOf] = {}
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
    callers = _callers(system)
    operations = {
        name: _operation(name, said, system, api, shapes, enums, callers)
        for name, said in api.operations.items()
    }
    _distinct_paths(operations)
    services = sorted({op.service for op in operations.values() if op.service}
                      | {shapes[op.of.name].owner for op in operations.values()} - {""})  # fmt: skip
    return Contract(
        system.backend, system.title or _say(system.backend), api.version,
        api.host or f"api.{kebab(system.backend)}.example", system.api is None, shapes, enums,
        operations, callers, dict(api.screens), tuple(services), system.entities,
    )  # fmt: skip


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
    amount = FieldOf("amount", Type("scalar", "decimal"), "A decimal number, exact", example="19.90")
    code = FieldOf("currency", Type("scalar", "string"), "ISO 4217", most=3, example="EUR")
    return ShapeOf(MONEY, "An amount of money in a currency", (amount, code))


def _say(name: str) -> str:
    text = " ".join(re.split(r"[-_]", name))
    return text[:1].upper() + text[1:]


def _callers(system: System) -> dict[str, Caller]:
    out = {}
    for name, client in system.workload.clients.items():
        access = access_of(name, client)
        auth = access.auth or USUAL_AUTH[access.audience]
        out[name] = Caller(name, client.title or _say(name), access.audience, auth, access)
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
    enums: dict[str, EnumOf], *, optional: bool = False,
) -> tuple[FieldOf, ...]:  # fmt: skip
    """The fields that may leave the backend; each with `one_of` makes an enumeration."""
    out = []
    for name, said in fields.items():
        if said.hidden:
            continue
        type_ = type_of(said.type, api, system)
        if said.one_of:
            enum = EnumOf(f"{snake(owner)}_{snake(name)}", tuple(said.one_of))
            enums[enum.name] = enum
            one = Type("enum", enum.name)
            type_ = Type("list", "list", one) if type_.item is not None else one
        most = said.most or (LIST_MOST if type_.item is not None else None)
        out.append(FieldOf(
            name, type_, said.title or _say(name), said.null, said.key, said.personal,
            said.generated or said.key, most, tuple(said.seen_by), said.example,
            not optional and not said.null,
        ))  # fmt: skip
    return tuple(out)


def _operation(
    name: str, said: ApiOperation, system: System, api: Api, shapes: dict[str, ShapeOf],
    enums: dict[str, EnumOf], callers: dict[str, Caller],
) -> Operation:  # fmt: skip
    of = shapes[said.of]
    nature: Nature = (
        "event" if said.does == "event" else "query" if said.does in QUERIES else "command"
    )
    keys = of.key if said.does in ("get", "update", "delete") and not said.mine else ()
    if said.does == "act" and not said.mine and not _makes(said):
        keys = of.key
    inputs = _fields(name, said.takes, api, system, enums) if said.takes else _settable(said, of)
    if said.does == "search" and not any(f.name == "words" for f in inputs):
        words = FieldOf("words", Type("scalar", "string"), "What to look for", example="blue lamp")
        inputs = (words, *inputs)
    gives = _gives(said, api, system)
    paged = said.does in ("list", "search") and not said.whole
    clients = _clients(said, system, callers)
    audiences = tuple(a for a in AUDIENCES if a in {callers[c].audience for c in clients})
    service = (said.endpoint or "").partition(".")[0] or of.owner
    method, path = _address(name, said, of, keys, system.entities[said.of], api)
    wanted = (of.named(word) for word in said.filters)
    return Operation(
        name, said.title or _say(name), said.does, nature, of, service, said, keys, inputs, gives,
        paged, tuple(f for f in wanted if f is not None), clients, audiences, method, path,
        f"{kebab(plural(said.of))}:{'read' if nature != 'command' else 'write'}",
    )  # fmt: skip


def _makes(said: ApiOperation) -> bool:
    """Whether an act begins something new, and so has no key yet: it takes inputs of its own and
    answers with the entity."""
    return said.gives == said.of and bool(said.takes) and not said.mine


def _settable(said: ApiOperation, of: ShapeOf) -> tuple[FieldOf, ...]:
    """What a caller may set: all that the backend does not; of an update every one may be left
    out."""
    if said.does not in ("create", "update"):
        return ()
    own = [f for f in of.fields if not f.generated]
    if said.does == "update":
        return tuple(_with(f, required=False) for f in own)
    return tuple(own)


def _with(f: FieldOf, *, required: bool) -> FieldOf:
    from dataclasses import replace

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


def _clients(
    said: ApiOperation, system: System, callers: dict[str, Caller]
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


_METHODS = {"get": "GET", "list": "GET", "search": "GET", "create": "POST", "update": "PATCH",
            "delete": "DELETE", "act": "POST"}  # fmt: skip


def _address(
    name: str, said: ApiOperation, of: ShapeOf, keys: tuple[FieldOf, ...], entity: Entity, api: Api
) -> tuple[str, str]:
    """The method and path of REST, from what the operation does."""
    if said.does == "event":
        return "", ""
    method = _METHODS[said.does]
    base = f"/v{max(1, int(api.version.partition('.')[0]))}"
    if said.path:
        return method, base + said.path
    many = kebab(entity.plural or plural(of.name))
    where = f"/me/{many if said.does in ('list', 'create') else kebab(of.name)}" if said.mine else (
        f"/{many}"
    )  # fmt: skip
    if said.does == "search":
        where = f"/search/{many}"
    one = "".join(f"/{{{_key(of, f)}}}" for f in keys)
    verb = f"/{_verb(name, of)}" if said.does == "act" else ""
    return method, base + where + one + verb


def _key(of: ShapeOf, f: FieldOf) -> str:
    """The name of a key in a path: `productId` for the `id` of a product."""
    return camel(f"{of.name}_id") if f.name == "id" else f.json


def key_name(op: Operation, f: FieldOf) -> str:
    """The name under which a key field is taken: in a path, as an argument, in a message."""
    return _key(op.of, f)


def _verb(name: str, of: ShapeOf) -> str:
    """`cancel_order` of an order as `cancel`."""
    own = set(snake(of.name).split("_")) | set(plural(of.name).split("_")) | _SMALL_WORDS
    left = [part for part in snake(name).split("_") if part not in own]
    return "-".join(left) or kebab(name)


def _distinct_paths(operations: dict[str, Operation]) -> None:
    """A further operation at an address that is taken gets one of its own, made of its name."""
    from dataclasses import replace

    taken: set[tuple[str, str]] = set()
    for name, op in operations.items():
        if op.nature == "event":
            continue
        address = (op.method, re.sub(r"\{[^}]*\}", "{}", op.path))
        if address in taken and not op.said.path:
            version = "/" + op.path.split("/")[1]
            keys = "".join(f"/{{{_key(op.of, f)}}}" for f in op.keys)
            op = replace(op, path=f"{version}/views/{kebab(name)}{keys}")
            operations[name] = op
        taken.add((op.method, re.sub(r"\{[^}]*\}", "{}", op.path)))


def inputs_of(op: Operation) -> Iterator[FieldOf]:
    """Keys and inputs together, in the order every protocol takes them."""
    yield from op.keys
    yield from op.inputs
