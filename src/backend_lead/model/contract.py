"""What callers are promised: who they are, the operations they may ask for, and their screens.

One type system for every protocol. A field's type is a scalar (`TYPES`), the name of a shape,
`ref(ENTITY)` for another entity, or `list(...)` of one of these.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AliasChoices,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import CoreSchema

from backend_lead.model.data import Class
from backend_lead.model.manners import Limit
from backend_lead.model.part import Name, Part, Ref
from backend_lead.model.quantity import Count, Duration

TYPES = (
    "id", "string", "text", "int", "long", "number", "decimal", "bool", "timestamp", "date",
    "duration", "money", "email", "url", "json",
)  # fmt: skip
Audience = Literal["mobile", "web", "partner", "internal"]
Auth = Literal["pkce", "session", "client-credentials-mtls", "client-credentials-jwt", "workload"]
Does = Literal["get", "list", "search", "create", "update", "delete", "act", "event"]
QUERIES = ("get", "list", "search")
COMMANDS = ("create", "update", "delete", "act")
NOTHING = "nothing"
TYPE = re.compile(r"(?:list\((?P<item>.+)\)|(?P<one>.+))")
_NAME = r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*"
_TYPE = rf"^(?:list\((?:ref\({_NAME}\)|{_NAME})\)|ref\({_NAME}\)|{_NAME})$"
TypeText = Annotated[str, StringConstraints(pattern=_TYPE, max_length=140)]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9]$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")]
Path = Annotated[
    str, StringConstraints(pattern=r"^(/([a-z0-9-]+|\{[a-z][A-Za-z0-9]*\}))+$", max_length=200)
]
Network = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63)]
EnumValue = Annotated[str, StringConstraints(pattern=rf"^{_NAME}$", max_length=63)]


class Release(Part):
    """How an app that its users install is released, and how long an old version must work."""

    every: Duration
    support: Duration


class Tier(Part):
    """A class of callers with one key each: how many there are, and what each may ask for."""

    title: str | None = None
    callers: Count
    limit: Limit


class Access(Part):
    """How a class of callers reaches the API.

    `network` is a profile of the catalogue; `auth` how it shows who it is (the usual way of its
    audience where none is said); `tiers` are what partners may choose from.
    With `graph` it asks for a GraphQL API, whether or not the size of the system makes one pay.
    """

    shared: ClassVar[bool] = True
    audience: Audience
    network: Network | None = None
    auth: Auth | None = None
    release: Release | None = None
    tiers: dict[Name, Tier] = {}
    graph: bool = False


class Deprecated(Part):
    """Since when an operation or a field should not be used, when it ends, and the operation, or
    the field beside it, to use instead."""

    since: Day
    sunset: Day
    instead: Name | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Deprecated:
        if self.sunset <= self.since:
            raise PydanticCustomError(
                "deprecated", "sunset must be after since: {since} is not before {sunset}",
                {"since": self.since, "sunset": self.sunset},
            )  # fmt: skip
        return self


class EntityField(Part):
    """A field of an entity or a shape, or an input of an operation.

    `type` is string, int, id, timestamp, money, email, ref(ENTITY), list(TYPE) or a shape's
    name. A `key: true` is part of what a row is known by. `title` says what it is, `example`
    what it looks like. A text is `one_of` some words where only those may stand there.
    `generated` is set by the backend, never by a caller; `hidden` leaves the backend never.
    What is `nullable` may be empty. `most` bounds the characters of a text and the items of a
    list. Only the clients of `seen_by` get it, all where none is named. A `deprecated` one ends
    one day. `class` says how it must be guarded (`personal: true` is class personal), `purpose`
    what it may be used for; `unique`: no two rows have the same.
    """

    shared: ClassVar[bool] = True
    type: TypeText
    title: str | None = None
    key: bool = False
    personal: bool = False
    class_: Class | None = Field(default=None, alias="class")
    purpose: list[Name] = []
    unique: bool = False
    nullable: bool = Field(default=False, validation_alias=AliasChoices("nullable", "null"))
    generated: bool = False
    hidden: bool = False
    one_of: list[EnumValue] = []
    most: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    seen_by: list[Name] = []
    example: str | int | float | bool | None = None
    deprecated: Deprecated | None = None

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = super().__get_pydantic_json_schema__(core, handler)
        schema["properties"]["null"] = schema["properties"]["nullable"]
        return schema


class Shape(Part):
    """Fields that belong together and have no identity of their own: an address, an order line."""

    title: str | None = None
    fields: dict[Name, EntityField] = Field(min_length=1)


class ApiOperation(Part):
    """Something a caller may ask for, or is told of (`event`).

    `of` is the entity it is about, `endpoint` what serves it. `takes` are inputs beside the key;
    where none is said, a create or update takes what a caller may set. `gives` is an entity, a
    shape, `list(...)` or `nothing`; where none is said it follows from what it does. A `mine` is
    about what belongs to the caller, and takes no key. A list is paged unless it is `whole`. An
    event follows an operation (`after`) and may travel on a `topic`.
    """

    title: str | None = None
    does: Does
    of: Name
    endpoint: Ref | None = None
    for_: list[Name] = Field(default=[], alias="for")
    mine: bool = False
    takes: dict[Name, EntityField] = {}
    gives: TypeText | None = None
    filters: list[Name] = []
    sorts: list[Name] = []
    page: Annotated[int, Field(ge=1, le=1000)] = 20
    whole: bool = False
    bulk: Annotated[int, Field(ge=2, le=10_000)] | None = None
    takes_long: bool = False
    idempotent: bool = False
    public: bool = False
    roles: list[Name] = []
    path: Path | None = None
    after: Name | None = None
    topic: Ref | None = None
    deprecated: Deprecated | None = None


class Need(Part):
    """An operation that a screen asks: at once with the others, `after` another is answered, or
    once for `each` of the `items` another gives."""

    ask: Name
    after: Name | None = None
    each: Name | None = None
    items: Annotated[int, Field(ge=1, le=1000)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return {"ask": data} if isinstance(data, str) else data

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(core)]}


class Screen(Part):
    """What a user sees at once, in a journey, and which operations it needs."""

    title: str | None = None
    journey: Name
    clients: list[Name] = []
    needs: list[Need] = Field(min_length=1)


class Api(Part):
    """The contract with callers: operations over entities, shapes they share, and screens."""

    shared: ClassVar[bool] = True
    version: Version = "1.0.0"
    host: str | None = None
    shapes: dict[Name, Shape] = {}
    operations: dict[Name, ApiOperation] = Field(min_length=1)
    screens: dict[Name, Screen] = {}
