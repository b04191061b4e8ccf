"""What a model says of its data layer: products, purposes, circles of references, words of SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from backend_lead.catalog import kind_of
from backend_lead.intake.backend_yaml.contract_fields import rings
from backend_lead.intake.backend_yaml.data_fields import NUMBERS, TIMES, DataTeller, Rows
from backend_lead.model.contract import EntityField
from backend_lead.model.data import Data, Online, Product
from backend_lead.model.finding import Finding
from backend_lead.model.system import Entity, System
from backend_lead.views.data.ddl import RESERVED
from backend_lead.views.data.tables import table_name
from backend_lead.views.document import Document, Loc

KEEPS = frozenset({"relational store", "object store", "search index", "cache"})  # roles that keep


def data_findings(system: System, document: Document) -> Iterator[Finding]:
    """Every finding about rows, statements, products and purposes."""
    yield from Rows(system, document).every()
    yield from _Layer(system, document).every()


class _Layer(DataTeller):
    def every(self) -> Iterator[Finding]:
        yield from self.purposes()
        yield from self.places()
        data = self.system.data
        if data is not None:
            yield from self.products(data)
            for name, online in data.online.items():
                yield from self.online(online, ("data", "online", name))
        yield from self.circles()
        yield from self.reserved()

    # purposes

    def purposes(self) -> Iterator[Finding]:
        """A purpose that is named is stated, with what allows it."""
        known = self.system.data.purposes if self.system.data else {}
        for loc, names in self.named():
            for i, name in enumerate(names):
                if name not in known:
                    hint = (
                        "" if known else f"say data: {{purposes: {{{name}: {{basis: contract}}}}}}"
                    )
                    yield self.unknown("purpose", name, known, (*loc, i), hint=hint)

    def named(self) -> Iterator[tuple[Loc, list[str]]]:
        """Where purposes are named."""
        for name, entity in self.system.entities.items():
            yield ("entities", name, "purpose"), entity.purpose
            for word, field in entity.fields.items():
                yield ("entities", name, "fields", word, "purpose"), field.purpose
        for name, shape in self.shapes.items():
            for word, field in shape.fields.items():
                yield ("api", "shapes", name, "fields", word, "purpose"), field.purpose

    # products

    def products(self, data: Data) -> Iterator[Finding]:
        """Each product is made of fields that are there."""
        for name, product in data.products.items():
            yield from self.product(product, ("data", "products", name))

    def of(self, name: str, loc: Loc) -> tuple[Entity | None, list[Finding]]:
        """An entity with fields, or what is wrong."""
        entity = self.system.entities.get(name)
        if entity is None:
            return None, [self.unknown("entity", name, self.system.entities, (*loc, "of"))]
        if not entity.fields:
            full = [n for n, e in self.system.entities.items() if e.fields]
            return None, [self.error(
                "product", f"`{name}` has no fields, so nothing can be made of it", (*loc, "of"),
                name, ", ".join(full) or "an entity with fields",
                f"give entities.{name} fields, or take another",
            )]  # fmt: skip
        return entity, []

    def product(self, said: Product, loc: Loc) -> Iterator[Finding]:
        entity, wrong = self.of(said.of, loc)
        yield from wrong
        if entity is None:
            return
        fields = dict(entity.fields)
        if said.each is not None:
            lists = self.lists(entity)
            if said.each not in lists:
                yield self.unknown(
                    "list",
                    said.each,
                    lists,
                    (*loc, "each"),
                    hint="" if lists else f"`{said.of}` lists nothing: delete each",
                )
                return
            shape = self.shapes.get(lists[said.each])
            fields |= shape.fields if shape else {}
        if said.when is not None:
            yield from self.field(said.when, fields, (*loc, "when"))
            yield from self.typed(said.when, fields, TIMES, "a time", (*loc, "when"))
        for i, word in enumerate(said.measures):
            yield from self.field(word, fields, (*loc, "measures", i))
            yield from self.typed(word, fields, NUMBERS, "a number", (*loc, "measures", i))
        for i, word in enumerate(said.dimensions):
            yield from self.field(word, fields, (*loc, "dimensions", i))

    def typed(self, word: str, fields: Mapping[str, EntityField], types: tuple[str, ...],
              what: str, loc: Loc) -> Iterator[Finding]:  # fmt: skip
        """A field of one of a few types."""
        field = fields.get(word)
        if field is not None and field.type not in types:
            fitting = [n for n, f in fields.items() if f.type in types]
            yield self.error("product", f"`{word}` is {field.type}, not {what}", loc, field.type,
                             ", ".join(fitting) or ", ".join(types),
                             f"take one of type {types[0]}")  # fmt: skip

    def online(self, said: Online, loc: Loc) -> Iterator[Finding]:
        entity, wrong = self.of(said.of, loc)
        yield from wrong
        if entity is None:
            return
        yield from self.field(said.by, entity.fields, (*loc, "by"))
        for i, word in enumerate(said.sums):
            yield from self.field(word, entity.fields, (*loc, "sums", i))
            yield from self.typed(word, entity.fields, NUMBERS, "a number", (*loc, "sums", i))

    # tables

    def places(self) -> Iterator[Finding]:
        """Entities with fields lie in a store that holds tables, by a key; what refers to another
        store is said, because nothing holds it."""
        for name, entity in self.system.entities.items():
            loc: Loc = ("entities", name)
            if not entity.fields:
                continue
            if "id" in entity.fields and not any(f.key for f in entity.fields.values()):
                yield self.find(
                    "model-data-key", "error", f"`{name}` has a field `id` and no key",
                    (*loc, "fields", "id"), "no key: true", "a field with key: true",
                    "say key: true at id", True,
                )  # fmt: skip
            part = self.system.components.get(entity.store or "")
            if part is not None and kind_of(part.kind).role not in KEEPS:
                fits = [n for n, c in self.system.components.items()
                        if kind_of(c.kind).role in KEEPS]  # fmt: skip
                yield self.find(
                    "model-data-store", "error", f"`{name}` lies in `{entity.store}`, which is "
                    f"{kind_of(part.kind).title}: it keeps no rows", (*loc, "store"),
                    str(entity.store), ", ".join(fits) or "a component that keeps rows",
                    f"for example store: {fits[0]}" if fits else "add a store",
                )  # fmt: skip
                continue
            for word, field in entity.fields.items():
                other = self.system.entities.get(field.type[4:-1] if field.type[:4] == "ref("
                                                 else "")  # fmt: skip
                if other and other.store and entity.store and other.store != entity.store:
                    yield self.find(
                        "model-data-apart", "note", f"`{name}.{word}` refers to `{other.store}`: "
                        "no foreign key can hold between two stores", (*loc, "fields", word),
                        field.type, "a reference that may lead nowhere",
                        "the reader must take that it is gone; compare both sides at night", True,
                    )  # fmt: skip

    def circles(self) -> Iterator[Finding]:
        """Entities that point to each other: a row of one can only be added with one of the other,
        unless one of the references may be empty."""
        points: dict[str, dict[str, str]] = {}
        for name, entity in self.system.entities.items():
            for word, field in entity.fields.items():
                if field.type.startswith("ref(") and not field.nullable:
                    target = field.type[4:-1]
                    if target in self.system.entities and target != name:
                        points.setdefault(name, {}).setdefault(target, word)
        for name in self.system.entities:
            points.setdefault(name, {})
        for ring in rings(points):
            ways = [f"{a}.{points[a][b]}" for a, b in pairwise(ring)]
            yield self.find(
                "model-data-circle", "warning", f"references go round in a circle: "
                f"{' -> '.join(ways)} -> {ring[0]}; no row of any can be added first",
                ("entities", ring[0], "fields", points[ring[0]][ring[1]]), " -> ".join(ring),
                "a circle in which one reference may be empty",
                "say nullable: true at one of them; else all are added in one transaction, and "
                "checked at its end", True,
            )  # fmt: skip

    def reserved(self) -> Iterator[Finding]:
        """Words of SQL as names of tables and columns: they work in quotes only."""
        for name, entity in self.system.entities.items():
            if not entity.fields:
                continue
            table = table_name(self.system, name)
            if table in RESERVED:
                yield self.find(
                    "model-data-reserved", "warning", f"`{table}`, the table of `{name}`, is a "
                    "word of SQL: every statement must put it in quotes", ("entities", name), table,
                    "names that are no words of SQL", f"say plural: {table}-rows, or rename it",
                    True,
                )  # fmt: skip
            for word in entity.fields:
                if word.replace("-", "_") in RESERVED:
                    yield self.find(
                        "model-data-reserved", "warning", f"`{word}` is a word of SQL: as a column "
                        "every statement must put it in quotes", ("entities", name, "fields", word),
                        word, "names that are no words of SQL", f"call it {name}_{word}", True,
                    )  # fmt: skip
