"""What a data product offers: one view of columns that a contract can promise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.model.data import Product
from backend_lead.views.api.names import snake
from backend_lead.views.data.ddl import Statement, quoted
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.masking import VIEWS_OF, mask, names_somebody
from backend_lead.views.data.parts import Column, Table
from backend_lead.views.data.tables import columns_of
from backend_lead.views.data.types import KEPT

SCHEMA = "offered"


@dataclass(frozen=True)
class Offered:
    """A column of an offer: what it holds, how it is shown, and what it is there for."""

    column: Column
    sql: str
    role: str  # key, time, measure or dimension
    masked: bool
    person: bool = False  # a pseudonym, which still is somebody's

    @property
    def postgres(self) -> str:
        """The type that PostgreSQL gives the column."""
        if self.masked and self.column.type == "uuid":
            return "text"
        return KEPT[self.column.type].postgres.partition("(")[0]


@dataclass(frozen=True)
class Offer:
    """A product as its consumers see it."""

    name: str
    product: Product
    table: Table
    parent: Table | None
    columns: tuple[Offered, ...]

    @property
    def view(self) -> str:
        """The view's name."""
        return snake(self.name)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell one row from another."""
        return tuple(c.column.name for c in self.columns if c.role == "key")

    @property
    def when(self) -> str:
        """The column that tells when a row happened; empty where there is none."""
        times = {c.column.name for c in self.columns if c.column.type in ("timestamp", "date")}
        source = self.parent or self.table
        own = _columns(self.table, self.product.when) if self.product.when else ()
        found = own or (columns_of(source, self.product.when) if self.product.when else ())
        return next((name for name in found if name in times), "")


def offers(layer: Layer) -> list[Offer]:
    """The offers of a system's products, in the order of the model."""
    data = layer.system.data
    products = data.products if data else {}
    return [made for name, product in products.items()
            if (made := _offer(layer, name, product)) is not None]  # fmt: skip


def _offer(layer: Layer, name: str, product: Product) -> Offer | None:
    main = next((t for t in layer.tables.values() if t.entity == product.of and not t.parent), None)
    if main is None:
        return None
    table, parent = main, None
    if product.each:
        listed = snake(product.each)
        hanging = (t for t in layer.tables.values()
                   if t.parent == main.name and t.listed == listed)  # fmt: skip
        table, parent = next(hanging, main), main
        parent = main if table is not main else None
    wanted = [("key", k, table) for k in table.key]
    for role, fields in (
        ("time", [product.when] if product.when else []),
        ("dimension", product.dimensions),
        ("measure", product.measures),
    ):
        for field in fields:
            source = _source(field, table, parent)
            wanted += [(role, c, source) for c in _columns(source, field)]
    seen: dict[str, Offered] = {}
    for role, column, source in wanted:
        if column not in seen:
            seen[column] = _shown(role, source.column(column), source, source is parent)
    return Offer(name, product, table, parent, tuple(seen.values()))


def _source(field: str, table: Table, parent: Table | None) -> Table:
    return table if parent is None or _columns(table, field) else parent


def _columns(table: Table, field: str) -> tuple[str, ...]:
    """The columns of a field; of a list, the field of its items."""
    found = columns_of(table, field)
    if found or not table.parent:
        return found
    word = f"{table.listed}.{snake(field)}"
    return tuple(c.name for c in table.columns if c.field == word)


def _shown(role: str, column: Column, table: Table, above: bool) -> Offered:
    at = "p" if above else "t"
    how = mask(table, column)
    sql = how.replace("t.", f"{at}.") if how else f"{at}.{quoted(column.name)}"
    person = how is not None and names_somebody(table, column)
    return Offered(column, sql, role, how is not None, person)


def offered_views(layer: Layer, store: str, owner: str, reader: str) -> Iterator[Statement]:
    """The views of a store's products: what a contract promises is exactly what they give."""
    here = [offer for offer in offers(layer) if offer.table.store == store]
    if not here:
        return
    yield Statement(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA} AUTHORIZATION {quoted(owner)};")
    for offer in here:
        body = ",\n".join(f"  {c.sql} AS {quoted(c.column.name)}" for c in offer.columns)
        source = f"public.{quoted(offer.table.name)} t"
        if offer.parent is not None:
            key = offer.table.foreign[0]
            same = " AND ".join(f"p.{quoted(b)} = t.{quoted(a)}"
                                for a, b in zip(key.columns, key.refers, strict=True))  # fmt: skip
            source += f" JOIN public.{quoted(offer.parent.name)} p ON {same}"
        name = f"{SCHEMA}.{quoted(offer.view)}"
        yield Statement(f"CREATE VIEW {name} WITH (security_barrier) AS\nSELECT\n{body}\n"
                        f"FROM {source};", offer.product.title or offer.name)  # fmt: skip
        yield Statement(f"ALTER VIEW {name} OWNER TO {quoted(owner)};")
    yield Statement(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {quoted(reader)};")
    yield Statement(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {quoted(reader)};")


def views_owner(stem: str) -> str:
    """The role that owns the views of a system."""
    return f"{stem}_{VIEWS_OF}"
