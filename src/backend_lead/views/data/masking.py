"""Views for those who analyse: a column of people is blurred, a secret is not there at all."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.views.data.ddl import Statement, quoted
from backend_lead.views.data.parts import Column, Table

SCHEMA = "masked"
CODE_MOST = 60  # characters of a code, a serial number, a time zone; prose is longer; judgement
VIEWS_OF = "views"  # the end of the role that owns the views


def pseudonyms(owner: str) -> list[Statement]:
    """The key by which people become pseudonyms: as long as it stays, they can be counted and
    followed; when it is changed nobody can be linked to what was seen before."""
    return [
        Statement(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA} AUTHORIZATION {quoted(owner)};"),
        Statement(
            f"CREATE TABLE IF NOT EXISTS {SCHEMA}_key (\n"
            "  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),\n"
            "  word text NOT NULL DEFAULT gen_random_uuid()::text || gen_random_uuid()::text\n);",
            "One row; only the owner of the views reads it",
        ),
        Statement(f"INSERT INTO {SCHEMA}_key DEFAULT VALUES ON CONFLICT DO NOTHING;"),
        Statement(f"REVOKE ALL ON {SCHEMA}_key FROM PUBLIC;"),
        Statement(f"GRANT SELECT ON {SCHEMA}_key TO {quoted(owner)};"),
    ]


def pseudonym(value: str) -> str:
    """What stands for a key of people in a view. It is no function: whoever reads a view may call
    its functions, and could look for somebody whose key is known."""
    return (f"(SELECT left(encode(sha256(convert_to(k.word || {value}, 'UTF8')), 'hex'), 32) "
            f"FROM public.{SCHEMA}_key k)")  # fmt: skip


def masked_view(table: Table, owner: str) -> Iterator[Statement]:
    """The view of a table that analysts read, and its owner."""
    shown = [f"  {_shown(table, c)}" for c in table.columns if c.cls != "credential"]
    name = f"{SCHEMA}.{quoted(table.name)}"
    body = ",\n".join(shown)
    yield Statement(
        f"CREATE VIEW {name} WITH (security_barrier) AS\nSELECT\n{body}\n"
        f"FROM public.{quoted(table.name)} t;",
        f"{table.title}, without what tells of somebody",
    )
    yield Statement(f"ALTER VIEW {name} OWNER TO {quoted(owner)};")


def _shown(table: Table, column: Column) -> str:
    how = mask(table, column)
    name = quoted(column.name)
    return f"t.{name}" if how is None else f"{how} AS {name}"


def mask(table: Table, column: Column) -> str | None:
    """What stands in a masked view for a column; None where it stands as it is.

    Keys of people become pseudonyms, moments days, addresses their domain, text a mark. What
    people wrote themselves may tell of anybody, whatever it is called: text of their rows is shown
    only where its class says `public`.
    """
    at = f"t.{quoted(column.name)}"
    if names_somebody(table, column):
        return pseudonym(f"{at}::text")
    if written(table, column):
        return f"CASE WHEN {at} IS NULL THEN NULL ELSE '***' END"
    if not column.guarded:
        return None
    if column.type == "email":
        return f"'***@' || split_part({at}, '@', 2)"
    if column.type in ("timestamp", "date"):
        return f"date_trunc('day', {at})"
    if column.type in ("amount", "currency", "word", "bool"):
        return None if column.cls == "personal" else f"NULL::{_KIND[column.type]}"
    if column.type in ("number", "decimal", "int", "long"):
        return f"round({at}::numeric, -1)" if column.cls == "personal" else "NULL::numeric"
    return f"CASE WHEN {at} IS NULL THEN NULL ELSE '***' END"


_KIND = {"amount": "numeric", "currency": "text", "word": "text", "bool": "boolean"}


def written(table: Table, column: Column) -> bool:
    """Whether a column holds free text of rows that belong to somebody, longer than a code, and
    nobody said that all may read it."""
    free = column.type in ("string", "text") and not column.one_of and not column.refers
    free = free and (column.most is None or column.most > CODE_MOST)
    return (free and bool(table.person) and column.cls != "public"
            and column.name not in table.key)  # fmt: skip


def names_somebody(table: Table, column: Column) -> bool:
    """Whether a column holds the key of a person: that of the row's owner or of a person's row."""
    return column.name == table.person or (column.guarded and bool(column.refers))
