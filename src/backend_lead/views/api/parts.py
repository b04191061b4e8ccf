"""What a contract is made of: types with their fields, operations, callers.

Nothing here knows a protocol beyond how it spells names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from backend_lead.model.contract import Access, ApiOperation, Audience, Auth, Screen
from backend_lead.model.system import Entity
from backend_lead.views.api.names import (
    camel,
    pascal,
    plural,
    screaming,
    singular,
    snake,
    without_id,
)
from backend_lead.views.api.types import PAGE_MOST, Type

AUDIENCES: tuple[Audience, ...] = ("mobile", "web", "partner", "internal")
Nature = Literal["query", "command", "event"]
Answer = Literal["nothing", "one", "list", "page", "job", "results"]


@dataclass(frozen=True)
class FieldOf:
    """A field of a shape or an input, with its name in each protocol.

    `place` is its place in the model, hidden fields counted: its number in protobuf, for ever.
    `ending` says in words that it is deprecated, until when, and what takes its place.
    """

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
    place: int = 0
    ending: str = ""

    @property
    def told(self) -> str:
        """What it is, in sentences: of whom it tells, and until when it is there."""
        more = ["Personal data"] if self.personal else []
        return ". ".join([self.title.rstrip("."), *more, *([self.ending] if self.ending else [])])

    @property
    def json(self) -> str:
        """The name in JSON; a reference is told by its id."""
        base = without_id(self.name) + "_id" if self.type.sort == "ref" else self.name
        if self.type.item is not None and self.type.item.sort == "ref":
            base = self._one + "_ids"
        return camel(base)

    @property
    def graphql(self) -> str:
        """The name in GraphQL, where a reference is what it points to."""
        if self.type.item is not None and self.type.item.sort == "ref":
            return camel(plural(self._one))
        return camel(without_id(self.name) if self.type.sort == "ref" else self.name)

    @property
    def proto(self) -> str:
        """The name in protobuf; its JSON form is `json`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.json).lower()

    @property
    def _one(self) -> str:
        """What one of a list of references is called: `tag` of `tag_ids` and of `tags`."""
        return singular(re.sub(r"_ids?$", "", snake(self.name)))


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
    `referred` are inputs that name something which is somebody's. `each_keys` are those of the
    inputs that tell, in each item of a bulk, which thing it is about.
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
    referred: tuple[FieldOf, ...] = ()
    each_keys: tuple[FieldOf, ...] = ()

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
    def bulk(self) -> int | None:
        """How many of its inputs it takes at once, where it takes several."""
        return self.said.bulk if self.body and self.inputs else None

    @property
    def long(self) -> bool:
        """Whether it answers with a job before its work is done."""
        return self.said.takes_long and self.nature == "command"

    @property
    def answer(self) -> Answer:
        """What it answers with: `one` and the items of `list` and `page` are what it `gives`."""
        if self.long:
            return "job"
        if self.bulk is not None:
            return "results"
        if self.gives is None:
            return "nothing"
        if self.paged:
            return "page"
        return "list" if self.does in ("list", "search") else "one"

    @property
    def begins(self) -> bool:
        """Whether it makes something new."""
        named = self.keys or self.each_keys or self.said.mine
        return self.does == "create" or (self.does == "act" and not named)

    @property
    def in_path(self) -> tuple[FieldOf, ...]:
        """Inputs that stand in the path: whose things these are, `/orders/{orderId}/lines`."""
        return tuple(f for f in self.inputs if f"{{{f.json}}}" in self.path)

    @property
    def beside_path(self) -> tuple[FieldOf, ...]:
        """Inputs that do not: they travel in the body, or in the query."""
        return tuple(f for f in self.inputs if f"{{{f.json}}}" not in self.path)

    @property
    def needs_input(self) -> bool:
        """Whether something must be sent beside the path: a change of nothing is none."""
        some = self.does == "update" or self.bulk is not None
        return some or any(f.required for f in self.beside_path)

    @property
    def page_most(self) -> int:
        """How many items of a page a caller may ask for."""
        return max(PAGE_MOST, self.said.page)

    @property
    def needs_key(self) -> bool:
        """Whether a repeated request does its work twice unless it carries an idempotency key."""
        return self.does in ("create", "act") and not self.said.idempotent

    @property
    def usual_sort(self) -> str:
        """The order where a caller says none, as JSON tells it: by the first of its fields, times
        with the last first."""
        if not self.said.sorts:
            return ""
        f = self.of.named(self.said.sorts[0])
        late = f is not None and f.type.sort == "scalar" and f.type.name in ("timestamp", "date")
        return ("-" if late else "") + camel(self.said.sorts[0])

    @property
    def wants_match(self) -> bool:
        """Whether `If-Match` must be sent: what is not read before it is changed is lost."""
        return self.does == "update" and self.changes_one

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
    journeys: tuple[str, ...] = ()


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
    team: int | None = None

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

    def reached(self, types: Iterable[Type], audience: Audience | None = None) -> list[str]:
        """The shapes and enumerations that types are made of, in order of first use; for an
        audience, by the fields it sees.

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
                    shape = self.shapes[type_.name]
                    seen = self.seen_by(shape, audience) if audience else shape.fields
                    waiting += [f.type for f in seen]
        return list(found)


def sandbox(found: Contract) -> str:
    """The host at which partners try what they build."""
    return f"sandbox.{found.host}"


def inputs_of(op: Operation) -> Iterator[FieldOf]:
    """Keys and inputs together, in the order every protocol takes them."""
    yield from op.keys
    yield from op.inputs
