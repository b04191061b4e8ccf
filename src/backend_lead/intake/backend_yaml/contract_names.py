"""Names that stay distinct in every protocol: in its case, and beside its own words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from backend_lead.intake.backend_yaml.contract_fields import Group, groups
from backend_lead.intake.backend_yaml.telling import Teller
from backend_lead.model.contract import NOTHING, TYPES, EntityField
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.views.api.names import (
    RESERVED_FIELDS,
    RESERVED_TYPES,
    camel,
    pascal,
    plural,
    screaming,
    snake,
    without_id,
)
from backend_lead.views.document import Document, Loc

# What protocols make of the name of a type or operation: a page of orders is an `OrderPage`.
DERIVED = ("Page", "Connection", "Edge", "Input", "Payload", "Filter", "Sort", "Event", "Request",
           "Response", "Result", "Service", "Patch")  # fmt: skip
_RESERVED_WORDS = frozenset({*TYPES, NOTHING, "list", "ref"})
Named = tuple[str, Loc]


class Names(Teller):
    """What is wrong with names."""

    def __init__(self, system: System, document: Document) -> None:
        super().__init__(document)
        self.system = system

    def every(self) -> Iterator[Finding]:
        """All findings."""
        yield from self.types()
        for group in groups(self.system):
            yield from self.fields(group)
            for name, field in group.fields.items():
                values: list[Named] = [
                    (value, (*group.loc, name, "one_of", i)) for i, value in enumerate(field.one_of)
                ]
                yield from self.apart(f"values of `{name}`", values, screaming, of_key=False)
        api = self.system.api
        if api is not None:
            operations: list[Named] = [(name, ("api", "operations", name))
                                       for name in api.operations]  # fmt: skip
            yield from self.apart("operations", operations, camel)
            for name, loc in operations:
                if camel(name) in RESERVED_FIELDS:
                    yield self.reserved("an operation", name, loc, camel(name))

    def types(self) -> Iterator[Finding]:
        """Entities, shapes and enumerations share the names of types."""
        found: list[Named] = []
        for group in groups(self.system):
            loc: Loc = group.loc[:-1]
            if group.sort != "operation" and group.fields:
                found.append((group.name, loc))
                made = pascal(group.name)
                if made in RESERVED_TYPES or group.name in _RESERVED_WORDS:
                    article = "an entity" if group.sort == "entity" else "a shape"
                    yield self.reserved(article, group.name, loc, made)
        types = {pascal(name): name for name, _ in found}
        yield from self.apart("entities and shapes", found, pascal)
        yield from self.plurals()
        for group in groups(self.system):
            for name, field in group.fields.items():
                made = pascal(f"{snake(group.name)}_{snake(name)}")
                if field.one_of and made in types:
                    yield self.clash("the values of", name, types[made], made, (*group.loc, name))
        for name, loc in found:
            made = pascal(name)
            for ending in DERIVED:
                stem = made.removesuffix(ending)
                if stem != made and stem in types:
                    yield self.clash(f"{stem}'s {ending.lower()} and", name, types[stem], made, loc)

    def plurals(self) -> Iterator[Finding]:
        """Paths and scopes are named by the plural."""
        found: list[Named] = [
            (entity.plural or plural(name), ("entities", name))
            for name, entity in self.system.entities.items() if entity.fields
        ]  # fmt: skip
        yield from self.apart("plurals of entities", found, snake)

    def fields(self, group: Group) -> Iterator[Finding]:
        """The fields of one group, by their names in JSON and in GraphQL."""
        seen: dict[str, str] = {}
        for name, field in group.fields.items():
            loc: Loc = (*group.loc, name)
            if RESERVED_FIELDS & _spellings(name, field):
                yield self.reserved("a field", name, loc, camel(name))
            for made in sorted(_spellings(name, field)):
                if seen.setdefault(made, name) != name:
                    yield self.clash("the fields", name, seen[made], made, loc)
                    break

    def apart(
        self, what: str, names: Iterable[Named], spelt: Callable[[str], str], *, of_key: bool = True
    ) -> Iterator[Finding]:
        """Names that become one when a protocol spells them."""
        seen: dict[str, Named] = {}
        for name, loc in names:
            made = spelt(name)
            if made in seen:
                other, there = seen[made]
                at = self.document.place(there, of_key=of_key).line
                yield self.wrong(
                    "name", f"{what}: `{name}` and `{other}` (line {at}) are both `{made}` to "
                    "callers", loc, name, "names that differ in more than - and _",
                    "rename one of the two", of_key,
                )  # fmt: skip
            else:
                seen[made] = (name, loc)

    def clash(self, what: str, name: str, other: str, made: str, loc: Loc) -> Finding:
        """Two names of different things are spelt alike."""
        return self.wrong(
            "name", f"{what} `{name}` and `{other}` are both `{made}` to callers", loc, name,
            "names that stay different in every protocol", "rename one of the two", True,
        )  # fmt: skip

    def reserved(self, what: str, name: str, loc: Loc, made: str) -> Finding:
        """A name that a protocol needs itself."""
        return self.wrong(
            "reserved", f"`{name}` cannot name {what}: `{made}` is a word of a protocol or type",
            loc, name, "any word but those of types and protocols",
            f"say whose it is, for example {self.system.backend}_{snake(name)}", True,
        )  # fmt: skip


def _spellings(name: str, field: EntityField) -> set[str]:
    """A field's names in JSON, protobuf and GraphQL; a reference is told by its id, or is it."""
    if field.type.startswith("list(ref("):
        return {camel(without_id(name) + "_ids"), camel(name)}
    if field.type.startswith("ref("):
        return {camel(without_id(name) + "_id"), camel(without_id(name))}
    return {camel(name)}
