"""The one type system: what a type of the model is in REST, GraphQL, events and RPC.

Every protocol reads the same table, so that they cannot disagree:

- an id is an opaque text; a `long` is a text of digits in JSON, where numbers end at 2^53;
- money is an amount as a decimal text and a currency (ISO 4217), never a float;
- a timestamp is RFC 3339 in UTC; a duration ISO 8601, in weeks or in days, hours, minutes and
  seconds;
- a field that may be empty says so; every other one is always there;
- an answer in pages is `items` and `next_cursor`, empty on the last page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Sort = Literal["scalar", "enum", "shape", "ref", "list"]


@dataclass(frozen=True)
class Scalar:
    """A scalar in each protocol. `schema` is JSON Schema; `sample` a value as JSON writes it."""

    id: str
    schema: dict[str, Any]
    graphql: str
    proto: str
    sample: Any
    imports: str = ""


STRING_MOST = 200  # characters of a `string` where the model names no other bound
TEXT_MOST = 20_000  # characters of a `text`
LIST_MOST = 100  # items of a list inside an answer
PAGE_MOST = 100  # items of a page that a caller may ask for, unless the usual page is longer
WHOLE_MOST = 1000  # items of a list that comes without pages, and of a bulk
TIMESTAMP = "google.protobuf.Timestamp"
# A duration: weeks, days of 24 hours, hours, minutes, seconds. Months and years have no length, and
# protobuf no way to tell them.
LENGTH = (
    "P([0-9]{1,6}W|[0-9]{1,6}D|([0-9]{1,6}D)?T([0-9]{1,9}H([0-9]{1,9}M)?([0-9]{1,9}S)?"
    "|[0-9]{1,9}M([0-9]{1,9}S)?|[0-9]{1,9}S))"
)
SCALARS = {
    s.id: s
    for s in (
        Scalar("id", {"type": "string", "minLength": 1, "maxLength": 64}, "ID", "string",
               "01J9ZQ4T7M8W3K5N6P2R1S0V"),
        Scalar("string", {"type": "string", "maxLength": STRING_MOST}, "String", "string",
               "example"),
        Scalar("text", {"type": "string", "maxLength": TEXT_MOST}, "String", "string",
               "A longer text."),
        Scalar("int", {"type": "integer", "format": "int32", "minimum": -(2**31),
                       "maximum": 2**31 - 1}, "Int", "int32", 3),
        Scalar("long", {"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$",
                        "maxLength": 20}, "Long", "int64", "4200000000"),
        Scalar("number", {"type": "number", "format": "double"}, "Float", "double", 1.5),
        Scalar("decimal", {"type": "string", "pattern": "^-?[0-9]{1,18}(\\.[0-9]{1,9})?$",
                           "maxLength": 29}, "Decimal", "string", "19.90"),
        Scalar("bool", {"type": "boolean"}, "Boolean", "bool", True),
        Scalar("timestamp", {"type": "string", "format": "date-time", "maxLength": 40}, "DateTime",
               TIMESTAMP, "2026-03-01T09:30:00Z", "google/protobuf/timestamp.proto"),
        Scalar("date", {"type": "string", "format": "date", "maxLength": 10}, "Date", "string",
               "2026-03-01"),
        Scalar("duration", {"type": "string", "format": "duration", "pattern": f"^{LENGTH}$",
                            "maxLength": 40}, "Duration",
               "google.protobuf.Duration", "PT15M", "google/protobuf/duration.proto"),
        Scalar("email", {"type": "string", "format": "email", "maxLength": 254}, "EmailAddress",
               "string", "ada@example.com"),
        Scalar("url", {"type": "string", "format": "uri", "maxLength": 2000}, "URL", "string",
               "https://example.com/picture.jpg"),
        Scalar("json", {"type": "object", "additionalProperties": True}, "JSON",
               "google.protobuf.Struct", {"theme": "dark"}, "google/protobuf/struct.proto"),
    )
}  # fmt: skip
CUSTOM_SCALARS = ("Long", "Decimal", "DateTime", "Date", "Duration", "EmailAddress", "URL", "JSON")
MONEY = "money"  # a shape of every contract: {amount: decimal, currency: string of 3 letters}


@dataclass(frozen=True)
class Type:
    """What a value is. `name` is a scalar's id, an enumeration, a shape or an entity by its name in
    the model; of a list, `item` says what it is a list of."""

    sort: Sort
    name: str
    item: Type | None = None

    def __str__(self) -> str:
        if self.item is not None:
            return f"list({self.item})"
        return f"ref({self.name})" if self.sort == "ref" else self.name
