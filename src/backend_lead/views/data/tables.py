"""The tables that hold the entities of a model: columns, keys, what hangs on what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from backend_lead.catalog.tables import ITEMS
from backend_lead.model.contract import TYPE, TYPES, EntityField, Shape
from backend_lead.model.data import Class
from backend_lead.model.system import Entity, System
from backend_lead.views.api.names import plural, singular, snake, without_id
from backend_lead.views.data.looking import looks
from backend_lead.views.data.parting import parts_of
from backend_lead.views.data.parts import Column, ForeignKey, Made, Parts, Table
from backend_lead.views.data.types import KEPT, width

POSITION = "position"
_DEEP = 3  # shapes in shapes that become columns; what lies deeper is kept as json


def tables(system: System) -> dict[str, Table]:
    """The tables of every store by name: entities in the order of the model, then what hangs on
    each. An entity without fields has none."""
    named = {name: table_name(system, name) for name in system.entities}
    out: dict[str, Table] = {}
    for name, entity in system.entities.items():
        if entity.fields and not _put_together(system, name, entity):
            made = _Maker(system, named, name, entity).tables()
            out.update((table.name, table) for table in made)
    return _bound(system, out)


def _put_together(system: System, name: str, entity: Entity) -> bool:
    """Whether rows are only ever put together from others and live in caches: their store is not
    said where that of others is, and no statement writes them."""
    said = any(e.store is not None for e in system.entities.values())
    return (
        said and entity.store is None and entity.created_by is None
        and not any(op.entity == name and op.type == "write"
                    for part in system.components.values() for op in part.operations.values())
    )  # fmt: skip


def table_name(system: System, entity: str) -> str:
    """What the table of an entity is called: its plural, which no SQL word is reserved for."""
    said = system.entities[entity].plural
    return snake(said) if said else plural(entity)


def store_of(system: System, entity: Entity) -> str:
    """The store of an entity: its own word, else that of the statements about it, else the first
    that takes statements."""
    if entity.store is not None:
        return entity.store
    name = next(n for n, e in system.entities.items() if e is entity)
    for part, component in system.components.items():
        if any(op.entity == name for op in component.operations.values()):
            return part
    return next((n for n, c in system.components.items() if c.operations), "")


def columns_of(table: Table, field: str) -> tuple[str, ...]:
    """The columns that a field of the model became: two of an amount of money (the amount first),
    several of a shape, the key of what it refers to."""
    word = snake(field)
    return tuple(c.name for c in table.columns if c.field.split(".")[0] == word or c.name == word)


@dataclass
class _Maker:
    """Makes the tables of one entity."""

    system: System
    named: Mapping[str, str]
    name: str
    entity: Entity

    def tables(self) -> Iterator[Table]:
        entity, store = self.entity, store_of(self.system, self.entity)
        purpose = tuple(entity.purpose)
        columns: list[Column] = []
        lists: list[tuple[str, EntityField]] = []
        for field, said in entity.fields.items():
            if _hangs(said, self.shapes, self.system):
                lists.append((field, said))
            else:
                columns += self.columns(field, said, purpose)
        keys = tuple(n for f, said in entity.fields.items() if said.key
                     for n in _of_field(columns, f))  # fmt: skip
        if not keys:
            columns.insert(0, Column("id", "uuid", "id", "Made for the table", made="id"))
            keys = ("id",)
        unique = [tuple(n for f in group for n in _of_field(columns, f)) for group in entity.unique]
        unique += [tuple(_of_field(columns, f)) for f, said in entity.fields.items() if said.unique]
        main = Table(
            self.named[self.name], self.name, entity.title or self.name, store, tuple(columns),
            keys, unique=tuple(group for group in unique if group), rows=entity.rows.value,
            skew=entity.skew.value if entity.skew else 0.0, owner=entity.owner or "",
            person=next(iter(_of_field(columns, entity.owned_by)), "") if entity.owned_by else "",
            tenant=next(iter(_of_field(columns, entity.tenant)), "") if entity.tenant else "",
            keep_s=entity.retention.value if entity.retention else None,
            hold_s=entity.legal_hold.value if entity.legal_hold else None,
            erase=entity.erase or "delete",
        )  # fmt: skip
        main = replace(main, parts=parts_of(entity, main))
        children = [self.child(main, field, said, purpose) for field, said in lists]
        yield from _weighed(entity.row.value, main, children)

    @property
    def shapes(self) -> Mapping[str, Shape]:
        return self.system.api.shapes if self.system.api else {}

    def columns(
        self, field: str, said: EntityField, purpose: tuple[str, ...], before: str = "",
        path: str = "", depth: int = 0, null: bool = False,
    ) -> Iterator[Column]:  # fmt: skip
        """The columns of a field; of a shape those of its fields, named after it."""
        name = before + snake(field)
        place = f"{path}{snake(field)}"
        match = TYPE.fullmatch(said.type)
        assert match is not None
        inner = match["item"] or match["one"]
        title = said.title or name.replace("_", " ").capitalize()
        made = Column(
            name, "json", place, title, null=null or said.nullable, one_of=tuple(said.one_of),
            most=said.most, cls=class_of(said, field), purpose=tuple(said.purpose) or purpose,
            hidden=said.hidden, example=said.example,
        )  # fmt: skip
        if match["item"]:
            plain = inner in TYPES or said.one_of
            yield replace(made, type="words" if plain else "json", most=None, null=False)
        elif inner == "money":
            yield replace(made, name=f"{name}_amount", type="amount", most=None)
            yield replace(made, name=f"{name}_currency", type="currency", most=3)
        elif said.one_of:
            yield replace(made, type="word", most=None)
        elif inner.startswith("ref(") or inner in self.named:
            yield from self.reference(made, inner.removeprefix("ref(").removesuffix(")"))
        elif inner in self.shapes and depth < _DEEP:
            for within, part in self.shapes[inner].fields.items():
                guarded = _guarded(part, said)
                yield from self.columns(
                    within, guarded, made.purpose, f"{name}_", f"{place}.", depth + 1, made.null
                )
        elif inner in self.shapes:
            yield replace(made, most=None)
        else:
            yield self.scalar(made, inner, said)

    def scalar(self, made: Column, inner: str, said: EntityField) -> Column:
        """A plain value: what the database gives is said."""
        type_: str = inner
        how: Made = ""
        if inner == "id" and said.key:
            type_, how = "uuid", "id"
        elif inner in ("long", "int") and said.key and said.generated:
            how = "id"
        elif inner == "timestamp" and said.generated and not said.nullable:
            how = "now"
        most = (said.most or KEPT[type_].most) if not KEPT[type_].bytes else None
        return replace(made, type=type_, made=how, most=most)

    def reference(self, made: Column, target: str) -> Iterator[Column]:
        """The key of another entity's row, a column for each of its fields."""
        entity = self.system.entities[target]
        keys = {f: said for f, said in entity.fields.items() if said.key}
        table = self.named[target]
        base = without_id(made.name)
        if not keys:
            yield replace(made, name=f"{base}_id", type="uuid", refers=table, most=None)
        for field, said in keys.items():
            for column in self.columns(field, said, made.purpose):
                many = len(keys) > 1
                yield replace(
                    made, name=f"{base}_{column.name}" if many else f"{base}_id",
                    type=column.type, refers=table, most=column.most, made="",
                )  # fmt: skip

    def child(self, main: Table, field: str, said: EntityField, purpose: tuple[str, ...]) -> Table:
        """The table of what an entity lists: the parent's key, a position, and the fields."""
        match = TYPE.fullmatch(said.type)
        assert match is not None
        inner = match["item"]
        stem = singular(snake(self.name))
        up = tuple(f"{stem}_{k}" for k in main.key)
        columns = [
            replace(main.column(k), name=n, refers=main.name, made="", field=f"{snake(field)}.{n}")
            for k, n in zip(main.key, up, strict=True)
        ]
        columns.append(Column(POSITION, "int", f"{snake(field)}.{POSITION}",
                              "Place in the list, from 1", made="position"))  # fmt: skip
        taken = {c.name for c in columns}
        if inner.startswith("ref("):
            one = EntityField(type=inner, title=said.title, personal=said.personal)
            more = list(self.columns(singular(snake(field)), one, purpose, path=f"{snake(field)}."))
        else:
            more = [
                column
                for within, part in self.shapes[inner].fields.items()
                for column in self.columns(within, _guarded(part, said), purpose,
                                           path=f"{snake(field)}.", depth=1)
            ]  # fmt: skip
        columns += [replace(c, name=f"line_{c.name}") if c.name in taken else c for c in more]
        title = said.title or f"{field.replace('_', ' ').capitalize()} of {main.name}"
        return Table(
            f"{stem}_{snake(field)}", self.name, title, main.store, tuple(columns),
            (*up, POSITION), (ForeignKey(up, main.name, main.key, cascade=True),),
            parts=_parts_beside(main, up), parent=main.name, listed=snake(field),
            per_parent=min(ITEMS.value, said.most or 1e9),
            skew=main.skew, owner=main.owner, keep_s=main.keep_s, hold_s=main.hold_s,
            erase=main.erase,
        )  # fmt: skip


def _parts_beside(main: Table, up: tuple[str, ...]) -> Parts | None:
    """The parts of what hangs on a table by time: the same ones, so that both are dropped."""
    if main.parts is None or main.parts.by not in main.key:
        return None
    return replace(main.parts, by=up[main.key.index(main.parts.by)])


def class_of(said: EntityField, name: str = "") -> Class:
    """How a field must be guarded: its own word, else personal where it says so, else what its name
    looks like: who forgot to say it shows nobody."""
    if said.class_ or said.personal:
        return said.class_ or "personal"
    return (looks(name, said) if name else None) or "internal"


def _guarded(part: EntityField, around: EntityField) -> EntityField:
    """A field of a shape, guarded at least as what holds it."""
    if part.class_ is None and not part.personal and class_of(around) != "internal":
        return part.model_copy(update={"class_": class_of(around)})
    return part


def _hangs(said: EntityField, shapes: Mapping[str, Shape], system: System) -> bool:
    """Whether a field is a table of its own: a list of shapes or of other entities."""
    match = TYPE.fullmatch(said.type)
    assert match is not None
    inner = match["item"] or ""
    return inner.startswith("ref(") or inner in shapes


def _of_field(columns: list[Column], field: str) -> list[str]:
    return [c.name for c in columns if c.field.split(".")[0] == snake(field)]


def _weighed(row_bytes: float, main: Table, children: list[Table]) -> Iterator[Table]:
    """The tables with their share of the bytes that the model says a row has, parts included.

    Numbers, times and keys have the width that they have: where a share would be less than that,
    lists are taken to be shorter, and texts share what is left.
    """
    every = [main, *children]
    fixed = {t.name: _wide(t, texts=False) for t in every}
    texts = {t.name: _wide(t, texts=True) for t in every}
    scale = row_bytes / max(1.0, sum((fixed[t.name] + texts[t.name]) * t.per_parent for t in every))
    shares = {t.name: (fixed[t.name] + texts[t.name]) * scale for t in every}
    if any(shares[name] < fixed[name] for name in shares):
        lists = sum(fixed[t.name] * t.per_parent for t in children)
        fewer = min(1.0, max(0.0, row_bytes - fixed[main.name]) / max(1.0, lists))
        every = [main, *(replace(t, per_parent=max(1.0, t.per_parent * fewer)) for t in children)]
        rest = max(0.0, row_bytes - sum(fixed[t.name] * t.per_parent for t in every))
        scale = rest / max(1.0, sum(texts[t.name] * t.per_parent for t in every))
        shares = {t.name: fixed[t.name] + texts[t.name] * scale for t in every}
    for table in every:
        yield replace(table, rows=main.rows * table.per_parent, row_bytes=shares[table.name])


def _wide(table: Table, *, texts: bool) -> float:
    """The usual bytes of a row's texts, or of what is as wide as its type."""
    return sum(width(c.type, c.most) for c in table.columns if (KEPT[c.type].bytes == 0) == texts)


def _bound(system: System, made: dict[str, Table]) -> dict[str, Table]:
    """The tables with the foreign keys that their stores can hold them to.

    Between two stores, and between shards that do not share a key, nothing can.
    """
    out: dict[str, Table] = {}
    after, circle = _after(made), _circles(made)
    for table in made.values():
        component = system.components.get(table.store)
        sharded = component is not None and component.shards > 1
        keys = list(table.foreign)
        for target, columns in _references(table).items():
            other = made.get(target)
            if target == table.parent and table.foreign and columns == table.foreign[0].columns:
                continue
            if other is None or other.store != table.store or sharded:
                continue
            later, closed = (table.name, target) in after, (table.name, target) in circle
            keys += [ForeignKey(group, target, other.key, later=later, circle=closed)
                     for group in _groups(columns, len(other.key))]  # fmt: skip
        out[table.name] = replace(table, foreign=tuple(keys))
    return out


def _references(table: Table) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for column in table.columns:
        if column.refers:
            found.setdefault(column.refers, []).append(column.name)
    return {target: tuple(names) for target, names in found.items()}


def _groups(columns: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    """Columns that refer to one row together: a key has `size` of them."""
    for i in range(0, len(columns) - size + 1, size):
        yield columns[i : i + size]


def _after(made: Mapping[str, Table]) -> set[tuple[str, str]]:
    """References to a table that is made later."""
    place = {name: i for i, name in enumerate(made)}
    return {
        (table.name, target) for table in made.values() for target in _references(table)
        if target in place and place[target] > place[table.name]
    }  # fmt: skip


def _circles(made: Mapping[str, Table]) -> set[tuple[str, str]]:
    """References that one can follow back to where they start, those to the own table left out."""
    to = {table.name: [t for t in _references(table) if t in made] for table in made.values()}

    def leads(start: str, end: str) -> bool:
        seen, waiting = set[str](), [start]
        while waiting:
            name = waiting.pop()
            if name == end:
                return True
            if name not in seen:
                seen.add(name)
                waiting += to[name]
        return False

    return {(a, b) for a, targets in to.items() for b in targets if a != b and leads(b, a)}
