"""The tables of a store as PostgreSQL statements, in an order in which they can be run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from backend_lead.views.data.parts import Column, ForeignKey, Index, Table
from backend_lead.views.data.types import KEPT

# PostgreSQL 18 documentation, appendix C: reserved words, those of functions and types included
RESERVED = frozenset({
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric",
    "authorization", "binary", "both", "case", "cast", "check", "collate", "collation", "column",
    "concurrently", "constraint", "create", "cross", "current_catalog", "current_date",
    "current_role", "current_schema", "current_time", "current_timestamp", "current_user",
    "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch",
    "for", "foreign", "freeze", "from", "full", "grant", "group", "having", "ilike", "in",
    "initially", "inner", "intersect", "into", "is", "isnull", "join", "lateral", "leading",
    "left", "like", "limit", "localtime", "localtimestamp", "natural", "not", "notnull", "null",
    "offset", "on", "only", "or", "order", "outer", "overlaps", "placing", "primary",
    "references", "returning", "right", "select", "session_user", "similar", "some", "symmetric",
    "system_user", "table", "tablesample", "then", "to", "trailing", "true", "union", "unique",
    "user", "using", "variadic", "verbose", "when", "where", "window", "with",
})  # fmt: skip
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_MAKES = {"id": "uuidv7()", "now": "now()"}


@dataclass(frozen=True)
class Statement:
    """A statement and what it is about, in a line for whoever reads the file."""

    sql: str
    about: str = ""


def quoted(name: str) -> str:
    """A name as SQL takes it: in quotes where it is a word of SQL."""
    if _PLAIN.fullmatch(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """A text as SQL takes it."""
    return "'" + str(value).replace("'", "''") + "'"


def listed(names: Iterable[str]) -> str:
    """Names in a row."""
    return ", ".join(quoted(name) for name in names)


def create_table(table: Table) -> Statement:
    """The table with its columns, key and checks; foreign keys that close a circle come later."""
    lines = [column_sql(column) for column in table.columns]
    lines.append(f"CONSTRAINT {quoted(named(table, 'pkey'))} PRIMARY KEY ({listed(table.key)})")
    for group in table.unique:
        name = unique_name(table, group)
        lines.append(f"CONSTRAINT {quoted(name)} UNIQUE ({listed(group)})")
    for key in table.foreign:
        if not key.later:
            lines.append(foreign_sql(table, key))
    lines += [check.sql for check in checks(table)]
    body = ",\n".join(f"  {line}" for line in lines)
    end = f"\n) PARTITION BY RANGE ({quoted(table.parts.by)});" if table.parts else "\n);"
    return Statement(f"CREATE TABLE {quoted(table.name)} (\n{body}{end}", table.title)


def add_foreign(table: Table) -> Iterator[Statement]:
    """Foreign keys that had to wait for the other table."""
    for key in table.foreign:
        if key.later:
            sql = f"ALTER TABLE {quoted(table.name)} ADD {foreign_sql(table, key)};"
            yield Statement(sql, f"{table.name} points to {key.table}, which is made after it")


def create_index(index: Index, *, concurrently: bool = False) -> Statement:
    """An index, with the access patterns that need it."""
    unique = "UNIQUE " if index.unique else ""
    how = " CONCURRENTLY" if concurrently else ""
    where = " AND ".join(f"{quoted(c)} = {literal(v)}" for c, v in index.where)
    if index.method == "words":
        method = f"USING gin ({words_vector(index.columns)})"
    elif index.method == "blocks":
        method = f"USING brin ({listed(index.columns)})"
    else:
        columns = [quoted(c) + (" DESC" if c in index.descending else "") for c in index.columns]
        method = f"({', '.join(columns)})"
    sql = f"CREATE {unique}INDEX{how} {quoted(index.name)} ON {quoted(index.table)} {method}"
    return Statement(sql + (f" WHERE {where}" if where else "") + ";",
                     "for " + ", ".join(index.serves))  # fmt: skip


def words_vector(columns: Iterable[str]) -> str:
    """What a search for words looks at; an index of the same expression serves it.

    `simple` knows no language: a shop in one language names it here.
    """
    joined = " || ' ' || ".join(f"coalesce({quoted(c)}, '')" for c in columns)
    return f"to_tsvector('simple', {joined})"


def comments(table: Table) -> Iterator[Statement]:
    """What each column is, its class and its purpose, kept where every tool sees it."""
    yield Statement(f"COMMENT ON TABLE {quoted(table.name)} IS {literal(table.title)};")
    for column in table.columns:
        told = [column.title, f"class: {column.cls}"]
        told += [f"purpose: {', '.join(column.purpose)}"] if column.purpose else []
        yield Statement(f"COMMENT ON COLUMN {quoted(table.name)}.{quoted(column.name)} IS "
                        f"{literal('; '.join(told))};")  # fmt: skip


def column_sql(column: Column) -> str:
    """A column, as a table takes it."""
    sql = f"{quoted(column.name)} {KEPT[column.type].postgres}"
    if column.made == "id" and column.type in ("int", "long"):
        sql += " GENERATED BY DEFAULT AS IDENTITY"
    elif column.made in _MAKES:
        sql += f" DEFAULT {_MAKES[column.made]}"
    elif column.type == "words":
        sql += " DEFAULT '{}'"
    return sql + ("" if column.null else " NOT NULL")


@dataclass(frozen=True)
class Check:
    """A rule that a column's values keep, by name."""

    column: str
    name: str
    rule: str

    @property
    def sql(self) -> str:
        """As a table or an ALTER TABLE takes it."""
        return f"CONSTRAINT {quoted(self.name)} CHECK ({self.rule})"


def checks(table: Table) -> Iterator[Check]:
    """The rules of a table's columns, in their order."""
    for column in table.columns:
        name = quoted(column.name)
        if column.one_of and column.type == "word":
            values = ", ".join(literal(value) for value in column.one_of)
            yield _check(table, column, "value", f"{name} IN ({values})")
        elif column.one_of and column.type == "words":
            values = ", ".join(literal(value) for value in column.one_of)
            yield _check(table, column, "values", f"{name} <@ ARRAY[{values}]")
        elif column.type == "currency":
            yield _check(table, column, "code", f"{name} ~ '^[A-Z]{{3}}$'")
        elif column.made == "position":
            yield _check(table, column, "from_one", f"{name} > 0")
        elif column.most and not KEPT[column.type].bytes and column.type not in ("json", "words"):
            yield _check(table, column, "length", f"char_length({name}) <= {column.most}")


def _check(table: Table, column: Column, word: str, rule: str) -> Check:
    return Check(column.name, named(table, f"{column.name}_{word}"), rule)


def foreign_name(table: Table, key: ForeignKey) -> str:
    """What a foreign key is called."""
    return named(table, "_".join(key.columns) + "_fkey")


def unique_name(table: Table, group: Iterable[str]) -> str:
    """What a rule that columns are unique together is called."""
    return named(table, "_".join(group) + "_key")


def foreign_sql(table: Table, key: ForeignKey) -> str:
    """A foreign key, as a table or an ALTER TABLE takes it."""
    end = " ON DELETE CASCADE" if key.cascade else ""
    end += " DEFERRABLE INITIALLY DEFERRED" if key.circle else ""
    return (f"CONSTRAINT {quoted(foreign_name(table, key))} FOREIGN KEY ({listed(key.columns)}) "
            f"REFERENCES {quoted(key.table)} ({listed(key.refers)}){end}")  # fmt: skip


def named(table: Table, word: str) -> str:
    """A name of at most 63 bytes that two constraints of a table do not share."""
    whole = f"{table.name}_{word}"
    if len(whole) <= 63:
        return whole
    return f"{table.name[:20]}_{word[:28]}_{sum(map(ord, whole)) * 7919 % 99991:05d}"
