"""Fields of entities, shapes and inputs: their types, keys, bounds and examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from backend_lead.intake.backend_yaml.contract_examples import example_fault
from backend_lead.intake.backend_yaml.telling import Teller
from backend_lead.intake.backend_yaml.type_words import type_hint, types_allowed
from backend_lead.model.contract import TYPE, TYPES, EntityField
from backend_lead.model.finding import Finding
from backend_lead.model.system import EVERYBODY, System
from backend_lead.views.document import Document, Loc

_NO_KEY = ("json", "money", "text")  # too long or too loose to tell one from another
_TEXTS = ("string", "text", "email", "url")


@dataclass(frozen=True)
class Group:
    """Fields that stand together. `sort` is entity, shape or operation."""

    sort: str
    name: str
    loc: tuple[str, ...]
    fields: dict[str, EntityField]


def groups(system: System) -> Iterator[Group]:
    """Every group of fields of a model, in its order."""
    for name, entity in system.entities.items():
        yield Group("entity", name, ("entities", name, "fields"), entity.fields)
    if system.api is not None:
        for name, shape in system.api.shapes.items():
            yield Group("shape", name, ("api", "shapes", name, "fields"), shape.fields)
        for name, said in system.api.operations.items():
            yield Group("operation", name, ("api", "operations", name, "takes"), said.takes)


class Fields(Teller):
    """What is wrong with fields."""

    def __init__(self, system: System, document: Document) -> None:
        super().__init__(document)
        self.system = system
        self.shapes = list(system.api.shapes) if system.api is not None else []
        self.named = {*self.shapes, *(n for n, e in system.entities.items() if e.fields)}

    def every(self) -> Iterator[Finding]:
        """All findings, those about recursion last."""
        for group in groups(self.system):
            for name, field in group.fields.items():
                yield from self.field(group, name, field, (*group.loc, name))
        for name, entity in self.system.entities.items():
            word = entity.owned_by
            if word is not None and word not in entity.fields:
                yield self.unknown("field", word, entity.fields, ("entities", name, "owned_by"))
            elif word is not None and is_list(entity.fields[word].type):
                yield self.wrong("owned-by", f"`{word}` is a list, and `{name}` has one owner",
                                 ("entities", name, "owned_by"), word, "a field with one value",
                                 f"name the owner's field, and say shared_with: [{word}]",
                                 )  # fmt: skip
            for i, other in enumerate(entity.shared_with):
                if other not in (*entity.fields, EVERYBODY):
                    yield self.unknown("field", other, [*entity.fields, EVERYBODY],
                                       ("entities", name, "shared_with", i))  # fmt: skip
        yield from self.visible()
        yield from self.rings()

    def field(self, group: Group, name: str, field: EntityField, loc: Loc) -> Iterator[Finding]:
        """One field."""
        wrong = self.type_fault(field.type, (*loc, "type"))
        if wrong is not None:
            yield wrong
            return
        inner = inner_type(field.type)
        if field.key:
            yield from self.key(group, name, field, loc)
        if field.one_of and inner != "string":
            yield self.wrong("one-of", f"`{name}` is one of a few values, but of type {inner}",
                             (*loc, "type"), field.type, "string or list(string)",
                             "say type: string; values are told by name")  # fmt: skip
        if field.most is not None and not (inner in _TEXTS or is_list(field.type)):
            yield self.wrong("most", f"`most` bounds a text or a list, `{name}` is {field.type}",
                             (*loc, "most"), str(field.most), "texts and lists",
                             "delete it", True)  # fmt: skip
        for i, client in enumerate(field.seen_by):
            if client not in self.system.workload.clients:
                yield self.unknown("client", client, self.system.workload.clients,
                                   (*loc, "seen_by", i))  # fmt: skip
        if field.deprecated is not None and field.deprecated.instead is not None:
            yield from self.instead(group, name, field.deprecated.instead, loc)
        fault = example_fault(field, inner) if field.example is not None else None
        if fault is not None:
            yield self.wrong("example", f"the example of `{name}` {fault.why}", (*loc, "example"),
                             str(field.example), fault.fits, fault.hint)  # fmt: skip

    def instead(self, group: Group, name: str, other: str, loc: Loc) -> Iterator[Finding]:
        """What takes the place of a deprecated field stands beside it, and stays."""
        place, there = (*loc, "deprecated", "instead"), group.fields.get(other)
        if there is None:
            yield self.unknown("field", other, [n for n in group.fields if n != name], place)
        elif there.hidden or there.deprecated is not None:
            why = "leaves the backend never" if there.hidden else "is deprecated itself"
            yield self.wrong("instead", f"`{other}` {why}, so it cannot replace `{name}`", place,
                             other, "another field that stays",
                             "name what replaces it, or delete instead")  # fmt: skip

    def type_fault(self, written: str, loc: Loc) -> Finding | None:
        """What is wrong with a type: it names what is not there."""
        inner = inner_type(written)
        if written.startswith(("ref(", "list(ref(")):
            if inner not in self.system.entities:
                return self.unknown("entity", inner, self.system.entities, loc)
            return None
        if inner in TYPES or inner in self.named:
            return None
        if inner in self.system.entities:
            return self.wrong(
                "type", f"`{inner}` has no fields that could be answered", loc, written,
                types_allowed(self.shapes), f"say ref({inner}), or give the entity fields",
            )  # fmt: skip
        return self.find("model-unknown-reference", "error", f"there is no type `{inner}`", loc,
                         written, types_allowed(self.shapes),
                         type_hint(written, self.named))  # fmt: skip

    def key(self, group: Group, name: str, field: EntityField, loc: Loc) -> Iterator[Finding]:
        """A key is there, short, and seen by all who may ask."""
        if group.sort != "entity":
            yield self.wrong("key", f"a {group.sort} has no identity, so `{name}` is no key",
                             (*loc, "key"), "key: true", "keys of entities",
                             "delete key, or make it an entity", True)  # fmt: skip
            return
        for word, why in (("nullable", "may be empty"), ("hidden", "leaves the backend never"),
                          ("seen_by", "is not seen by all"),
                          ("deprecated", "ends one day")):  # fmt: skip
            if getattr(field, word):
                yield self.wrong("key", f"`{name}` is a key of `{group.name}` and {why}",
                                 (*loc, word), word, "keys that are always there",
                                 f"delete {word}, or take another key", True)  # fmt: skip
        inner = inner_type(field.type)
        shape = inner not in TYPES and not field.type.startswith("ref(")
        if is_list(field.type) or shape or inner in _NO_KEY:
            yield self.wrong("key", f"`{name}` is a key of `{group.name}` and {field.type}",
                             (*loc, "type"), field.type,
                             "keys such as id, string, long, int, date, timestamp, ref(ENTITY)",
                             "take a field that tells one from another, of type id")  # fmt: skip

    def visible(self) -> Iterator[Finding]:
        """What is answered has at least one field that leaves the backend."""
        for group in groups(self.system):
            hidden = [field.hidden for field in group.fields.values()]
            if group.sort != "operation" and hidden and all(hidden):
                yield self.wrong("hidden", f"every field of `{group.name}` is hidden",
                                 group.loc[:-1], group.name, "a field that may be seen",
                                 "take hidden off one, or delete it all", True)  # fmt: skip

    def rings(self) -> Iterator[Finding]:
        """Shapes that hold themselves for ever: only through what may be empty or a list do they
        end."""
        holds: dict[str, dict[str, str]] = {}
        places = {}
        for group in groups(self.system):
            if group.sort == "operation":
                continue
            places[group.name] = group.loc
            holds[group.name] = {
                field.type: name for name, field in group.fields.items()
                if field.type in self.named and not field.nullable and not field.hidden
            }  # fmt: skip
        for ring in rings(holds):
            fields = [f"{a}.{holds[a][b]}" for a, b in pairwise(ring)]
            yield self.wrong(
                "recursive", f"`{ring[0]}` holds itself without end: {' -> '.join(fields)}",
                (*places[ring[0]], holds[ring[0]][ring[1]], "type"), " -> ".join(ring),
                "circles through a list, a field with nullable: true, or a ref(...)",
                f"say nullable: true, list({ring[1]}), or ref(ENTITY) at one of them",
            )  # fmt: skip


def rings(holds: dict[str, dict[str, str]]) -> Iterator[list[str]]:
    """A closed path through each circle, found once."""
    done: set[str] = set()
    for root in holds:
        path: list[str] = []
        at: dict[str, int] = {}
        stack: list[Iterator[str]] = [iter([root])]
        while stack:
            name = next(stack[-1], None)
            if name is None:
                stack.pop()
                if path:
                    done.add(path[-1])
                    del at[path.pop()]
            elif name in at:
                yield [*path[at[name] :], name]
            elif name not in done:
                at[name] = len(path)
                path.append(name)
                stack.append(iter(holds.get(name, {})))


def is_list(written: str) -> bool:
    """Whether a type is a list."""
    return written.startswith("list(")


def inner_type(written: str) -> str:
    """The word inside of `list(...)` and `ref(...)`."""
    match = TYPE.fullmatch(written)
    assert match is not None
    word = match["item"] or match["one"]
    return word[4:-1] if word.startswith("ref(") else word
