"""What a model says of rows and how they are found must fit the fields of its entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backend_lead.intake.backend_yaml.telling import Teller
from backend_lead.model.contract import TYPE, EntityField
from backend_lead.model.data import Pattern
from backend_lead.model.finding import Finding
from backend_lead.model.system import Entity, Operation, System
from backend_lead.views.document import Document, Loc

TIMES = ("timestamp", "date")
NUMBERS = ("int", "long", "number", "decimal", "money", "duration")


class DataTeller(Teller):
    """Makes findings about the data layer of one model."""

    def __init__(self, system: System, document: Document) -> None:
        super().__init__(document)
        self.system = system
        self.shapes = system.api.shapes if system.api else {}

    def error(self, rule: str, message: str, loc: Loc, seen: str, fits: str, hint: str,
              of_key: bool = False) -> Finding:  # fmt: skip
        """An error of the data layer."""
        return self.find(f"model-data-{rule}", "error", message, loc, seen, fits, hint, of_key)

    def field(self, word: str, fields: Mapping[str, EntityField], loc: Loc) -> Iterator[Finding]:
        """A field that is not there."""
        if word not in fields:
            yield self.unknown("field", word, fields, loc)

    def lists(self, entity: Entity) -> dict[str, str]:
        """The fields of an entity that are lists of shapes or of others, with what they list."""
        out = {}
        for name, field in entity.fields.items():
            match = TYPE.fullmatch(field.type)
            item = match["item"] if match else None
            if item and (item.startswith("ref(") or item in self.shapes):
                out[name] = item
        return out


class Rows(DataTeller):
    """Findings about entities and the patterns of statements."""

    def every(self) -> Iterator[Finding]:
        """All findings, in the order of the model."""
        for name, part in self.system.components.items():
            for word, operation in part.operations.items():
                if operation.pattern is not None:
                    loc: Loc = ("components", name, "operations", word, "pattern")
                    yield from self.pattern(operation, operation.pattern, loc)
        for name, entity in self.system.entities.items():
            if entity.fields:
                yield from self.entity(name, entity)

    def pattern(self, operation: Operation, said: Pattern, loc: Loc) -> Iterator[Finding]:
        """A pattern names fields of its entity and fits its statement."""
        if said.of is not None and said.of not in self.system.entities:
            yield self.unknown("entity", said.of, self.system.entities, (*loc, "of"))
            return
        if operation.type == "read" and (said.change or said.sets):
            word = "change" if said.change else "sets"
            yield self.error("pattern", "a read changes nothing", (*loc, word),
                             str(said.change or ", ".join(said.sets)), "writes",
                             "delete it, or say type: write", True)  # fmt: skip
        entity = self.system.entities.get(said.of or operation.entity or "")
        if entity is None:
            if operation.entity is None:
                yield self.error("pattern", "a pattern without an entity finds rows of nothing",
                                 loc, "no entity", "statements about an entity",
                                 "say entity: NAME at the operation", True)  # fmt: skip
            return
        if not entity.fields:
            return
        for word in ("by", "words", "sums", "groups", "sets"):
            for i, field in enumerate(getattr(said, word)):
                yield from self.field(field, entity.fields, (*loc, word, i))
        if said.range is not None:
            yield from self.field(said.range, entity.fields, (*loc, "range"))
        if said.order is not None:
            yield from self.field(said.order.lstrip("-"), entity.fields, (*loc, "order"))
        lists = self.lists(entity)
        for i, field in enumerate(said.with_):
            if field not in lists:
                yield self.unknown(
                    "list",
                    field,
                    lists,
                    (*loc, "with", i),
                    hint="" if lists else "only lists of shapes hang on a row",
                )
        for field, value in said.usual.items():
            yield from self.field(field, entity.fields, (*loc, "usual", field))
            known = entity.fields[field].one_of if field in entity.fields else []
            if known and value not in known:
                yield self.unknown("value", value, known, (*loc, "usual", field))

    def entity(self, name: str, entity: Entity) -> Iterator[Finding]:
        """Keys, parts, tenants, and how long."""
        loc: Loc = ("entities", name)
        for i, group in enumerate(entity.unique):
            for j, field in enumerate(group):
                if field in self.lists(entity):
                    yield self.error("unique", f"`{field}` is a list: its rows are a table of their"
                                     " own", (*loc, "unique", i, j), field, "fields of one value",
                                     "take it out")  # fmt: skip
                yield from self.field(field, entity.fields, (*loc, "unique", i, j))
        if entity.tenant is not None:
            yield from self.field(entity.tenant, entity.fields, (*loc, "tenant"))
        if entity.partition is not None:
            yield from self.parts(name, entity, (*loc, "partition", "by"))
        keep, hold = entity.retention, entity.legal_hold
        if keep is not None and hold is not None and keep.value < hold.value:
            yield self.error(
                "hold", f"rows of `{name}` are deleted before a law allows it", (*loc, "retention"),
                keep.text, f"{hold.text} or more, the legal_hold",
                f"say retention: {hold.text}, or correct legal_hold",
            )  # fmt: skip
        if hold is not None and entity.erase == "delete":
            yield self.find(
                "model-data-hold", "warning", f"rows of `{name}` are kept by a law and deleted "
                "when a person asks for it: the law wins", (*loc, "erase"), "delete",
                "keep or anonymise",
                "say erase: keep; they are made anonymous when the law ends",
            )  # fmt: skip

    def parts(self, name: str, entity: Entity, loc: Loc) -> Iterator[Finding]:
        """A table is parted by a time, and that time is part of its key."""
        assert entity.partition is not None
        word = entity.partition.by
        field = entity.fields.get(word)
        times = [n for n, f in entity.fields.items() if f.type in TIMES]
        if field is None:
            yield self.unknown("field", word, times or entity.fields, loc)
        elif field.type not in TIMES:
            yield self.error("partition", f"`{word}` is no time, so `{name}` has no parts by it",
                             loc, field.type, ", ".join(times) or "a timestamp or date",
                             "take a field of type timestamp")  # fmt: skip
        elif not field.key:
            keys = [n for n, f in entity.fields.items() if f.key]
            yield self.error(
                "partition", f"`{name}` is in parts by `{word}`, which is not in its key: no part "
                "can tell whether a key is there in another", loc,
                f"key: {', '.join(keys) or 'none'}", f"a key with `{word}` in it",
                f"say key: true at {word}, or delete partition and let old rows be deleted",
            )  # fmt: skip
        elif any(word not in group for group in entity.unique) or any(
            f.unique and n != word for n, f in entity.fields.items()
        ):
            yield self.error(
                "partition", f"`{name}` is in parts by `{word}`, so what is unique must hold it "
                "too: no part can tell whether a value is there in another", loc, word,
                f"unique groups with `{word}` in them",
                "unique over all parts: an entity of its own with the value as its key, which "
                f"`{name}` refers to and which is written with it; unique in each "
                f"{entity.partition.every.text} only: add {word} to the group; or delete partition "
                "and let old rows be deleted",
            )  # fmt: skip
