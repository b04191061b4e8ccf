"""data/oltp/STORE.sql: the tables of a store with keys, checks, parts and indexes, each index with
the statements that need it."""

from __future__ import annotations

import textwrap

from backend_lead.emit.data.layer_reading import DataReading, at_peak, data_reading, span
from backend_lead.emit.report.wording import count, data
from backend_lead.model.design import Design
from backend_lead.views.data.ddl import Statement
from backend_lead.views.data.parts import Index
from backend_lead.views.data.script import PARTS_WORDS, schema
from backend_lead.views.data.volume import index_row_bytes, sizes

ID = "store-ddl"
GROUP = "data"
FILES = ()
MORE = r"data/oltp/[a-z0-9_-]+\.sql"
RUNS = False


def emit(design: Design) -> dict[str, str]:
    """A script for each relational store that holds entities with fields."""
    read = data_reading(design)
    if read is None:
        return {}
    return {f"data/oltp/{store}.sql": _script(read, store) for store in read.stores}


def _script(read: DataReading, store: str) -> str:
    parts = [_head(read, store)]
    for title, statements in schema(read.layer, store):
        parts.append(f"-- {title}\n")
        if title == PARTS_WORDS:
            parts.append(_about_parts(read, store))
        parts += [_statement(read, s) for s in statements]
    return "\n".join(parts)


def _head(read: DataReading, store: str) -> str:
    shards = read.component(store).shards
    lines = [
        f"{read.system.title or read.system.backend}: the tables of `{store}`, PostgreSQL 18 or "
        "later (uuidv7).",
        f"Written from the model {read.design.digest}; change the model, not this file. On an "
        f'empty database: psql -v ON_ERROR_STOP=1 -1 -f "{store}.sql", then '
        f'"../governance/{store}.sql".',
    ]
    if shards > 1:
        lines.append(
            f"The same on each of {shards} shards. Between shards no foreign key can hold: those "
            "are left out, and ../README.md says who checks them."
        )
    return _comment(*lines) + "\n"


def _about_parts(read: DataReading, store: str) -> str:
    tables = [t for t in read.layer.of_store(store) if t.parts]
    told = "; ".join(f"{t.name} by {t.parts.by}, a part every {span(t.parts.every_s)}, kept "
                     f"{span(t.parts.keep_s)}" for t in tables if t.parts)  # fmt: skip
    return _comment(
        f"{told}. `CALL upkeep.make_all_parts();` once a day makes those of the next days; a row "
        "of another time goes to the part `_rest`, which must stay empty: watch it."
    )


def _statement(read: DataReading, statement: Statement) -> str:
    index = next((i for i in read.layer.indexes
                  if statement.sql.startswith("CREATE ") and f"INDEX {i.name} " in statement.sql),
                 None)  # fmt: skip
    if index is not None:
        return _why(read, index) + statement.sql + "\n"
    about = _comment(statement.about) if statement.about else ""
    end = "" if statement.sql.startswith("COMMENT") else "\n"
    return about + statement.sql + end


def _why(read: DataReading, index: Index) -> str:
    """The statements an index is there for, and what it costs."""
    asked = {p.id: p for p in read.layer.patterns}
    offered = {v.id for v in read.layer.offered}
    lines = []
    for word in index.serves:
        pattern = asked.get(word)
        told = f"for {word}"
        if pattern:
            told += f": {pattern.title}; {at_peak(pattern)} at peak, {count(pattern.rows)} rows"
        elif word in offered:
            told += ", which the API offers: without it a page is looked for in too many rows"
        lines.append(told)
    table = read.layer.tables[index.table]
    size = sizes(read.layer)[index.table].rows * index_row_bytes(table, index)
    writes = sum(p.rate_per_s for p in read.writers(table) if _touches(p.change, p.sets, index))
    lines.append(f"costs about {data(size)} and an entry more in {count(writes)} writes/s at peak")
    return _comment(*lines)


def _touches(change: str | None, sets: tuple[str, ...], index: Index) -> bool:
    """Whether a write must add to an index: all do but updates that leave its columns alone."""
    return change != "update" or not sets or bool({*sets} & {*index.columns})


def _comment(*lines: str) -> str:
    """Lines as comments of SQL, wrapped."""
    out: list[str] = []
    for line in lines:
        plain = " ".join(line.split())
        out += textwrap.wrap(plain, 96) or [""]
    return "".join(f"-- {line}\n" for line in out)
