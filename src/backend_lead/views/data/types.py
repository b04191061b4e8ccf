"""What a type of the model is in a table: one row for each word, one column for each engine.

- an id that a key is made of is a `uuid`, given by the database in order of time (`uuidv7`); any
  other id is opaque text, because somebody else gave it;
- money is an amount and a currency, two columns, never a float;
- a timestamp is a moment in UTC;
- text is bounded by a check, which can be changed without a rewrite;
- a value of a list of words is text with a check, which can be changed without a lock on readers.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.views.api.types import STRING_MOST, TEXT_MOST

EMAIL_MOST, URL_MOST, ID_MOST = 254, 2000, 64  # characters, as the contract bounds them


@dataclass(frozen=True)
class Kept:
    """How a value is kept. `bytes` is its usual width on disk, 0 where that is up to its text.

    Sources: PostgreSQL documentation, chapter 8; DuckDB and ClickHouse documentation, data types;
    ODCS 3.1, logicalType.
    """

    id: str
    postgres: str
    duckdb: str
    clickhouse: str
    logical: str
    bytes: int
    most: int | None = None


KEPT = {
    k.id: k
    for k in (
        Kept("uuid", "uuid", "UUID", "UUID", "string", 16),
        Kept("id", "text", "VARCHAR", "String", "string", 0, ID_MOST),
        Kept("string", "text", "VARCHAR", "String", "string", 0, STRING_MOST),
        Kept("text", "text", "VARCHAR", "String", "string", 0, TEXT_MOST),
        Kept("word", "text", "VARCHAR", "LowCardinality(String)", "string", 0),
        Kept("int", "integer", "INTEGER", "Int32", "integer", 4),
        Kept("long", "bigint", "BIGINT", "Int64", "integer", 8),
        Kept("number", "double precision", "DOUBLE", "Float64", "number", 8),
        Kept("decimal", "numeric(28,9)", "DECIMAL(28,9)", "Decimal(28,9)", "number", 8),
        Kept("amount", "numeric(19,4)", "DECIMAL(19,4)", "Decimal(19,4)", "number", 8),
        Kept("currency", "text", "VARCHAR", "LowCardinality(String)", "string", 4, 3),
        Kept("bool", "boolean", "BOOLEAN", "Bool", "boolean", 1),
        Kept("timestamp", "timestamptz", "TIMESTAMPTZ", "DateTime64(6, 'UTC')", "timestamp", 8),
        Kept("date", "date", "DATE", "Date", "date", 4),
        Kept("duration", "interval", "INTERVAL", "Int64", "string", 16),
        Kept("email", "text", "VARCHAR", "String", "string", 0, EMAIL_MOST),
        Kept("url", "text", "VARCHAR", "String", "string", 0, URL_MOST),
        Kept("json", "jsonb", "JSON", "String", "object", 0),
        Kept("words", "text[]", "VARCHAR[]", "Array(String)", "array", 0),
    )
}  # fmt: skip
USUAL_BYTES = {"id": 27, "string": 24, "text": 200, "word": 9, "email": 24, "url": 60, "json": 80,
               "words": 40}  # fmt: skip
# Usual widths of text; those of a table are scaled to what the model says a row has.


def width(type_: str, most: int | None = None) -> float:
    """The usual width of a value (bytes) before it is scaled to what the model says of a row."""
    kept = KEPT[type_]
    if kept.bytes:
        return float(kept.bytes)
    usual = USUAL_BYTES[type_]
    return float(min(usual, most)) if most else float(usual)
