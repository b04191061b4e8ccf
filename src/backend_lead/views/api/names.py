"""How a name of the model is spelt in each protocol: decided once, for all of them.

JSON and GraphQL names are camelCase, which is also what protobuf makes of its snake_case names when
it writes JSON; types are PascalCase, values of an enumeration UPPER_SNAKE_CASE, paths kebab-case.
"""

from __future__ import annotations

import re

IRREGULAR = {"person": "people", "child": "children", "staff": "staff", "media": "media",
             "series": "series", "news": "news", "equipment": "equipment"}  # fmt: skip
# Names of types that a protocol or the contract itself needs.
RESERVED_TYPES = frozenset({
    "Query", "Mutation", "Subscription", "String", "Int", "Float", "Boolean", "ID", "Long",
    "Decimal", "DateTime", "Date", "Duration", "URL", "EmailAddress", "JSON", "Money", "Problem",
    "Timestamp", "Struct", "Empty", "Any", "Job", "JobState", "BulkResult", "FieldSet",
})  # fmt: skip
# Words that no field may be called: GraphQL keeps names with two underscores, JavaScript engines
# and parsers trip over the others.
RESERVED_FIELDS = frozenset({"constructor", "prototype", "__typename"})
# What operations take beside keys and inputs, in one protocol or another.
PAGING = frozenset({"limit", "cursor", "sort"})
CONTROLS = PAGING | {"input", "items", "idempotencyKey", "updateMask"}
# Words that end the names of types which protocols make themselves: `OrderPage`, `OrderInput`.
MADE = frozenset({"page", "input", "sort", "item", "request", "response"})
_WORDS = re.compile(r"[-_]")


def words(name: str) -> list[str]:
    """The parts of a name of the model."""
    return [part for part in _WORDS.split(name) if part]


def camel(name: str) -> str:
    """`unit_price` as `unitPrice`."""
    first, *rest = words(name)
    return first + "".join(part[0].upper() + part[1:] for part in rest)


def pascal(name: str) -> str:
    """`order-line` as `OrderLine`."""
    return "".join(part[0].upper() + part[1:] for part in words(name))


def snake(name: str) -> str:
    """`order-line` as `order_line`."""
    return "_".join(words(name))


def screaming(name: str) -> str:
    """`in-stock` as `IN_STOCK`."""
    return snake(name).upper()


def kebab(name: str) -> str:
    """`order_line` as `order-line`."""
    return "-".join(words(name))


def plural(name: str) -> str:
    """`category` as `categories`: the usual rules of English, and the usual exceptions."""
    head, last = words(name)[:-1], words(name)[-1]
    if last in IRREGULAR:
        many = IRREGULAR[last]
    elif re.search(r"[^aeiou]y$", last):
        many = last[:-1] + "ies"
    elif re.search(r"(s|x|z|ch|sh)$", last):
        many = last + "es"
    else:
        many = last + "s"
    return "_".join([*head, many])


def enum_name(owner: str, field: str) -> str:
    """The enumeration of a field: `order_state`; `order_page_value` where a protocol makes a type
    of the shorter name."""
    made = f"{snake(owner)}_{snake(field)}"
    return f"{made}_value" if words(field)[-1] in MADE else made


def singular(name: str) -> str:
    """`categories` as `category`: the word whose plural it is; itself where there is none."""
    guesses = [name[:-3] + "y", name[:-2], name[:-1]]
    guesses += [name.removesuffix(many) + one for one, many in IRREGULAR.items()]
    return next((one for one in guesses if one and one[-1] != "_" and plural(one) == name), name)


def without_id(name: str) -> str:
    """`customer_id` as `customer`: what a reference points to, not how."""
    parts = words(name)
    return "_".join(parts[:-1]) if len(parts) > 1 and parts[-1] == "id" else snake(name)
