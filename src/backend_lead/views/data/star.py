"""The star schema of a data layer: what its products name, else what can be read off its entities.

Without products, entities that a request creates at a time are fact tables, and so are their lists
that hold measures; what they refer to are dimensions. Each says then that it was derived.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from backend_lead.catalog.analytics import LATE
from backend_lead.model.data import Data, Product
from backend_lead.model.finding import Finding, Level, Place
from backend_lead.model.quantity import origin_of
from backend_lead.views.api.names import singular, snake, without_id
from backend_lead.views.data.guarding import about_people, treatment
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.measuring import extended, measures
from backend_lead.views.data.parts import Column, Table
from backend_lead.views.data.star_parts import (
    Attribute,
    Dimension,
    FactTable,
    Grows,
    LeftOut,
    Link,
    Measure,
    Reference,
)

TIMES = ("timestamp", "date")
CHANGED = frozenset({"updated", "changed", "modified"})  # words of a time of the last change
AHEAD = frozenset({"expires", "until", "ends", "due", "starts"})  # of a time that is to come
FAST = CHANGED | {"stock", "balance", "seen", "last", "count", "likes", "comments", "position"}
STATES = frozenset({"state", "status", "stage"})  # words of what changes after a row is there
SHORT = 64  # characters: texts up to this length may be grouped by


@dataclass(frozen=True)
class Star:
    """Fact tables, dimensions, what was left out, and what there is to tell of all that."""

    facts: tuple[FactTable, ...]
    dimensions: tuple[Dimension, ...]
    left_out: tuple[LeftOut, ...]
    findings: tuple[Finding, ...]
    layer: Layer = field(repr=False)

    def dimension(self, name: str) -> Dimension:
        """A dimension by its name."""
        return next(d for d in self.dimensions if d.name == name)

    def link_key(self, link: Link) -> str:
        """What the key of a dimension is called in a fact table."""
        dim = self.dimension(link.dimension)
        return link.role + dim.version_key.removeprefix(dim.key.removesuffix("_key"))

    @property
    def derived(self) -> bool:
        """Whether no product is stated."""
        return all(fact.derived for fact in self.facts)


def star(layer: Layer) -> Star | None:
    """The star schema of a data layer; None where nothing happens that could be counted."""
    return _Maker(layer).star()


@dataclass
class _Maker:
    layer: Layer
    findings: list[Finding] = field(default_factory=list)
    left: dict[tuple[str, str], LeftOut] = field(default_factory=dict)

    def star(self) -> Star | None:
        data = self.layer.system.data or Data()
        wanted = [self.stated(name, p) for name, p in data.products.items()] or self.derived()
        facts = tuple(f for f in wanted if f is not None)
        if not facts:
            return None
        facts = tuple(self.referring(f, facts) for f in facts)
        used = {link.dimension for fact in facts for link in fact.links}
        dimensions = tuple(
            self.dimension(t, facts) for t in self.layer.tables.values() if dim_name(t) in used
        )
        return Star(facts, dimensions, tuple(self.left.values()), tuple(self.findings), self.layer)

    # fact tables

    def derived(self) -> list[FactTable | None]:
        out: list[FactTable | None] = []
        for table in self.mains():
            if self.layer.system.entities[table.entity].created_by is None:
                continue
            when = self.time_of(table)
            if when is None:
                self.tell("star-no-time", "note", table.entity,
                          f"rows of {table.name} are created by requests but have no time of it, "
                          "so no fact table was made of them",
                          "state a product with `when`, or keep when a row was made")  # fmt: skip
                continue
            out.append(self.fact(table, None, when, Product(of=table.entity), table.name))
            for child in self.children(table):
                made = self.fact(child, table, when, Product(of=table.entity), child.name)
                if any(not m.counts for m in made.measures):
                    out.append(made)
        return out

    def stated(self, name: str, product: Product) -> FactTable | None:
        place = f"data.products.{name}"
        main = next((t for t in self.mains() if t.entity == product.of), None)
        if main is None:
            self.tell("product-entity", "error", place, f"product {name} is of {product.of}, which "
                      "has no table", "name an entity with fields")  # fmt: skip
            return None
        table, parent = main, None
        if product.each:
            each = snake(product.each)
            found = next((t for t in self.children(main) if t.listed == each), None)
            if found is None:
                self.tell("product-list", "error", place, f"product {name} is of each "
                          f"{product.each}, which is no list of shapes of {product.of}",
                          "name a list of it")  # fmt: skip
                return None
            table, parent = found, main
        when = next((c.name for c in of_field(main, product.when or "") if c.type in TIMES), None)
        when = when or self.time_of(main)
        if when is None:
            self.tell("product-time", "error", place, f"product {name} has no time: {main.name} "
                      "has none that is known", "say `when`")  # fmt: skip
            return None
        return self.fact(table, parent, when, product, snake(name), stated=name)

    def fact(
        self, table: Table, parent: Table | None, when: str, product: Product, name: str,
        stated: str = "",
    ) -> FactTable:  # fmt: skip
        asked = bool(stated)
        head = parent or table
        groups = self.picked(table, parent, product.dimensions, stated)
        if not asked or not product.dimensions:
            groups = [(c, t is parent) for t in (table, parent) if t for c in self.groups(t, when)]
        sums = self.picked(table, parent, product.measures, stated)
        if not asked:
            sums = [(c, False) for c in table.columns if self.allowed(table, c, asked=False)]
        numbers = [m for c, above in sums for m in measures(head if above else table, [c],
                                                            asked=asked, above=above)]  # fmt: skip
        one = singular(table.name)
        numbers += extended(numbers, one)
        numbers.append(Measure(f"{one}_count", "int", "One for each row", "all", counts=True))
        for m in numbers:
            here = head if m.above else table
            groups += [(c, m.above) for c in here.columns if c.name == m.currency]
        links, degenerate = self.sorted_out(groups, table, parent, when)
        up = (
            [Reference(singular(parent.name), singular(parent.name), parent.name)] if parent else []
        )
        grows, changed, why = self.grows(head, when)
        data = self.layer.system.data or Data()
        return FactTable(
            id=stated or table.name, name=f"fct_{name}", table=table.name,
            title=product.title or table.title, grain=grain(table, parent), key=f"{one}_key",
            natural=table.key, when=when, when_above=parent is not None, grows=grows,
            late_s=data.late.value if data.late else LATE.value, links=tuple(links),
            references=tuple(up), degenerate=tuple(degenerate), measures=tuple(numbers),
            parent=parent.name if parent else "", changed=changed, derived=not asked,
            person=bool(head.person), answers=product.answers or "",
            consumers=tuple(product.consumers), owner=product.owner or table.owner,
            fresh_s=product.fresh.value if product.fresh else None,
            queries_per_s=product.queries.value if product.queries else None,
            scans_s=product.scans.value if product.scans else None, why=why,
            origins=(("fresh", origin_of(product.fresh)), ("queries", origin_of(product.queries)),
                     ("scans", origin_of(product.scans))),
        )  # fmt: skip

    def sorted_out(
        self, groups: list[tuple[Column, bool]], table: Table, parent: Table | None, when: str
    ) -> tuple[list[Link], list[Attribute]]:
        """Groups as references to other rows and as columns that the fact table keeps."""
        links: dict[str, Link] = {}
        kept: dict[str, Attribute] = {}
        for column, above in groups:
            here = parent if above and parent else table
            if column.refers:
                if parent and not above and column.refers == parent.name:
                    continue
                held = role_of(here, column, self.layer.tables)
                role = held if held not in links else f"{singular(here.name)}_{held}"
                if all((k.held, k.above) != (held, above) for k in links.values()):
                    links[role] = Link(role, held, f"dim_{singular(column.refers)}", above)
            elif column.name != when:
                made = self.attribute(here, column, above=above)
                if made.name in kept and kept[made.name].above != above:
                    made = replace(made, name=f"{singular(here.name)}_{made.name}")
                kept.setdefault(made.name, made)
        return list(links.values()), list(kept.values())

    def referring(self, fact: FactTable, facts: tuple[FactTable, ...]) -> FactTable:
        """Links to what is a fact table itself become references: its key, not a dimension."""
        events = {dim_name(self.layer.tables[f.table]): f.table for f in facts}
        turned = [Reference(link.role, link.held, events[link.dimension], link.above)
                  for link in fact.links if link.dimension in events]  # fmt: skip
        known = {r.role for r in fact.references}
        return replace(
            fact, links=tuple(link for link in fact.links if link.dimension not in events),
            references=(*fact.references, *(r for r in turned if r.role not in known)),
        )  # fmt: skip

    def grows(self, table: Table, when: str) -> tuple[Grows, str, str]:
        """How new and changed rows are found, and why so."""
        changed = next((c.name for c in table.columns if c.type == "timestamp"
                        and CHANGED & set(c.name.split("_")) and c.name != when), "")  # fmt: skip
        if changed:
            return "by change", changed, f"`{changed}` says when a row was changed last"
        asked = self.layer.of_table(table.name)
        written = [p for p in asked if p.does == "write" and p.change != "insert"]
        states = [c.name for c in table.columns if STATES & set(c.name.split("_"))]
        if not written and not states:
            return "by time", "", "rows are only added"
        about = f"`{written[0].id}` changes rows" if written else f"`{states[0]}` changes"
        return (
            "also daily",
            "",
            (f"{about}, and no column says when: a run a day makes all of it anew"),
        )

    # dimensions

    def dimension(self, table: Table, facts: tuple[FactTable, ...]) -> Dimension:
        name, one = dim_name(table), singular(table.name)
        entity = self.layer.system.entities[table.entity]
        attributes = []
        for column in table.columns:
            if column.refers or column.name in table.key:
                continue
            if entity.history and FAST & set(column.name.split("_")):
                self.left.setdefault((table.name, column.name), LeftOut(
                    table.name, column.name, "changes with each event: a version for each would "
                    "make a second fact table of the dimension"))  # fmt: skip
            elif self.allowed(table, column, asked=False):
                attributes.append(self.attribute(table, column, above=False))
        lasting = [a for a in attributes if table.column(a.column).made != "now"]
        person = about_people(table)
        if not person:
            attributes[:0] = [self.attribute(table, table.column(n), above=False)
                              for n in table.key if not table.column(n).refers]  # fmt: skip
        shared = tuple(f.name for f in facts if any(k.dimension == name for k in f.links))
        return Dimension(name, table.name, table.title, f"{one}_key", table.key, tuple(attributes),
                         2 if entity.history and lasting else 1, person, shared)  # fmt: skip

    # columns

    def attribute(self, table: Table, column: Column, *, above: bool) -> Attribute:
        """A column that is kept; an `id` is named after whose it is."""
        how, _ = treatment(column, asked=True)
        type_ = "string" if how == "pseudonym" else column.type
        name = f"{singular(table.name)}_id" if column.name == "id" else column.name
        type_ = "number" if type_ == "duration" else type_
        return Attribute(name, column.name, type_, column.title, column.cls, how, column.one_of,
                         column.null, above)  # fmt: skip

    def allowed(self, table: Table, column: Column, *, asked: bool) -> bool:
        """Whether a column reaches the warehouse; what does not is kept in mind."""
        how, why = treatment(column, asked=asked)
        if how == "left out":
            self.left.setdefault((table.name, column.name), LeftOut(table.name, column.name, why))
        return how != "left out"

    def groups(self, table: Table, when: str) -> Iterator[Column]:
        """What rows may be grouped by where nobody says: keys of others, words, codes, and the own
        key unless it is a person's."""
        for column in table.columns:
            if column.name == when or not self.allowed(table, column, asked=False):
                continue
            short = column.type == "string" and (column.most or SHORT + 1) <= SHORT
            code = column.type in ("int", "long") and column.name in table.key
            few = column.refers or short or code or column.type in ("word", "bool", "id", "uuid")
            if few and not (column.name in table.key and about_people(table)):
                yield column

    def picked(
        self, table: Table, parent: Table | None, names: list[str], stated: str
    ) -> list[tuple[Column, bool]]:
        """The columns of fields that a product names, its own before those of the row above."""
        out = []
        for name in names:
            own = [(c, False) for c in of_field(table, name)]
            found = own or [(c, True) for c in (of_field(parent, name) if parent else [])]
            if not found:
                self.tell("product-field", "error", f"data.products.{stated}", f"product {stated} "
                          f"names {name}, which {table.name} has not", "name a field")  # fmt: skip
            for column, above in found:
                here = parent if above and parent else table
                if not self.allowed(here, column, asked=True):
                    self.tell("product-guarded", "warning", f"data.products.{stated}",
                              f"product {stated} names {name}: {here.name}.{column.name} is "
                              f"left out, {self.left[here.name, column.name].why}",
                              "take it out of the product")  # fmt: skip
                    continue
                out.append((column, above))
        return out

    def time_of(self, table: Table) -> str | None:
        """When a row happened: the time of its key, else a time that is neither of a change nor to
        come. A time that the store sets at each change says nothing of when a row began."""
        times = [c for c in table.columns if c.type in TIMES and not c.null]

        def worth(column: Column) -> tuple[bool, bool, bool]:
            words = set(column.name.split("_"))
            return (column.name not in table.key, bool(words & CHANGED), bool(words & AHEAD))

        best = min(times, key=worth, default=None)
        if best is None or (CHANGED & set(best.name.split("_")) and best.made):
            return None
        return best.name

    def mains(self) -> list[Table]:
        return [t for t in self.layer.tables.values() if not t.parent]

    def children(self, table: Table) -> list[Table]:
        return [t for t in self.layer.tables.values() if t.parent == table.name]

    def tell(self, rule: str, level: Level, path: str, message: str, hint: str) -> None:
        self.findings.append(Finding(rule, level, message, Place(path=path), hint=hint))


def of_field(table: Table, name: str) -> list[Column]:
    """The columns that a field became, its table's list taken off their places."""
    word = snake(name)
    before = f"{table.listed}." if table.listed else ""

    def place(column: Column) -> str:
        return column.field.removeprefix(before).split(".")[0]

    return [c for c in table.columns if word and word in (c.name, place(c))]


def role_of(table: Table, column: Column, tables: Mapping[str, Table]) -> str:
    """As what a row refers to another: `author` for `author_id`; the row's name where its key is of
    several columns."""
    if len(tables[column.refers].key) == 1:
        return without_id(column.name)
    return singular(column.refers)


def dim_name(table: Table) -> str:
    """What the dimension of a table is called."""
    return f"dim_{singular(table.name)}"


def grain(table: Table, parent: Table | None) -> str:
    """What a row stands for, in words."""
    one = singular(table.name).replace("_", " ")
    if parent is not None:
        item = singular(table.listed).replace("_", " ")
        return f"one row for each {item} of each {singular(parent.name).replace('_', ' ')}"
    if len(table.key) > 1:
        keys = " and ".join(without_id(k).replace("_", " ") for k in table.key)
        return f"one row for each {one}, known by {keys}"
    return f"one row for each {one}"
