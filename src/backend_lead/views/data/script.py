"""A store's tables as one script, in an order in which it runs on an empty database."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.views.data.ddl import (
    Statement,
    add_foreign,
    comments,
    create_index,
    create_table,
)
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.parts import Table
from backend_lead.views.data.upkeep import make_parts, rest_part

PARTS_WORDS = "Parts of tables by time"


def schema(layer: Layer, store: str) -> Iterator[tuple[str, list[Statement]]]:
    """Titled groups of statements: tables, what closes circles, parts, indexes, comments."""
    tables = in_order(layer.of_store(store))
    names = {table.name for table in tables}
    yield "Tables", [create_table(table) for table in tables]
    later = [s for table in tables for s in add_foreign(table)]
    if later:
        yield "Foreign keys that close a circle", later
    parted = [table for table in tables if table.parts]
    if parted:
        yield PARTS_WORDS, [*make_parts(parted), *(rest_part(table) for table in parted)]
    found = [create_index(index) for index in layer.indexes if index.table in names]
    if found:
        yield "Indexes", found
    yield "Comments", [s for table in tables for s in comments(table)]


def in_order(tables: list[Table]) -> list[Table]:
    """The tables, each after those its foreign keys point to where they are not added later."""
    left, done, out = list(tables), set[str](), list[Table]()
    while left:
        ready = [
            t for t in left
            if all(k.later or k.table in done or k.table == t.name for k in t.foreign)
        ] or left[:1]  # fmt: skip
        out += ready
        done |= {t.name for t in ready}
        left = [t for t in left if t.name not in done]
    return out
