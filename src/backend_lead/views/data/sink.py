"""The sink of events in the warehouse as DuckDB statements: whatever comes twice counts once.

Every load is one transaction: events by their id, then the latest state of each row by its version.
Only then are events acknowledged. A crash before that brings them again, and they change nothing.
"""

from __future__ import annotations

INCOMING = ("event_id", "topic", "table_name", "row_key", "person", "change", "version",
            "happened_at", "load", "row")  # fmt: skip
_TYPES = {"event_id": "UUID", "version": "BIGINT", "happened_at": "TIMESTAMPTZ", "load": "BIGINT",
          "row": "JSON"}  # fmt: skip
TABLES = (
    "CREATE TABLE IF NOT EXISTS events ("
    + ", ".join(f'"{name}" {_TYPES.get(name, "VARCHAR")}' for name in INCOMING)
    + ", PRIMARY KEY (event_id))",
    "CREATE TABLE IF NOT EXISTS latest (table_name VARCHAR, row_key VARCHAR, person VARCHAR, "
    'version BIGINT, gone BOOLEAN, happened_at TIMESTAMPTZ, "row" JSON, '
    "PRIMARY KEY (table_name, row_key))",
    "CREATE TABLE IF NOT EXISTS erased (person VARCHAR PRIMARY KEY, erased_at TIMESTAMPTZ)",
    "CREATE TABLE IF NOT EXISTS put_aside (event_id VARCHAR, subject VARCHAR, why VARCHAR, "
    "seen_at TIMESTAMPTZ, body VARCHAR)",
    "CREATE TABLE IF NOT EXISTS loads (load BIGINT PRIMARY KEY, committed_at TIMESTAMPTZ, "
    "events BIGINT)",
)
STAGE = "CREATE OR REPLACE TEMP TABLE incoming AS SELECT " + ", ".join(
    f'unnest(?::{_TYPES.get(name, "VARCHAR")}[]) AS "{name}"' for name in INCOMING
)
REMEMBER = (
    "INSERT INTO erased SELECT person, max(happened_at) FROM incoming WHERE change = 'erase' "
    "GROUP BY person ON CONFLICT DO NOTHING"
)
FORGET = (
    REMEMBER,
    "DELETE FROM events WHERE person IN (SELECT person FROM incoming WHERE change = 'erase')",
    "DELETE FROM latest WHERE person IN (SELECT person FROM incoming WHERE change = 'erase')",
)
_KNOWN = "person NOT IN (SELECT person FROM erased)"
ADD_EVENTS = (
    f"INSERT INTO events SELECT * FROM incoming WHERE change <> 'erase' AND {_KNOWN} "
    "QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY version) = 1 "
    "ON CONFLICT (event_id) DO NOTHING"
)
ADD_LATEST = (
    "INSERT INTO latest SELECT table_name, row_key, person, version, change = 'delete', "
    f"happened_at, \"row\" FROM incoming WHERE change <> 'erase' AND {_KNOWN} "
    "QUALIFY row_number() OVER (PARTITION BY table_name, row_key ORDER BY version DESC) = 1 "
    "ON CONFLICT (table_name, row_key) DO UPDATE SET person = excluded.person, "
    "version = excluded.version, gone = excluded.gone, happened_at = excluded.happened_at, "
    '"row" = excluded."row" WHERE excluded.version > latest.version'
)
ADD = (ADD_EVENTS, ADD_LATEST)
LOADED = "INSERT OR REPLACE INTO loads VALUES (?, ?, ?)"  # in the transaction of the load
LAST_LOAD = "SELECT coalesce(max(load), 0) FROM loads"
BEAT_S = 60.0  # without events a load is noted all the same, so that silence is not taken for one
PUT_ASIDE = "INSERT INTO put_aside VALUES (?, ?, ?, ?, ?)"
