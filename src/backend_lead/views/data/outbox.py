"""The outbox of a store as PostgreSQL statements: its table, what writes it, and what relays do.

A trigger writes an event with each row that changes, so that no statement can forget it. A relay
takes a lane, locked, and publishes what waits in it in order; events of one key share a lane, so
their order holds however many relays run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backend_lead.views.data.ddl import Statement, listed, literal, quoted
from backend_lead.views.data.parts import Table
from backend_lead.views.data.streams import Stream

NOBODY = "_"  # in a subject, where an event belongs to no person
ERASURE = "erasure"
LONGEST = 9223372036854775807  # of a bigint: its bits but the sign
TAKE_LANE = (
    "SELECT lane FROM outbox_lanes ORDER BY looked_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED"
)
WAITING = (
    "SELECT id, happened_at, event_id, subject, stream_key, row_key, person, table_name, change, "
    "row::text AS row FROM outbox WHERE lane = $1 AND published_at IS NULL ORDER BY id LIMIT $2"
)
MARK = (
    "UPDATE outbox SET published_at = now() "
    "FROM unnest($1::timestamptz[], $2::bigint[]) AS done(happened_at, id) "
    "WHERE outbox.happened_at = done.happened_at AND outbox.id = done.id"
)
LOOKED = "UPDATE outbox_lanes SET looked_at = clock_timestamp() WHERE lane = $1"
FORGET = "UPDATE outbox SET row = NULL WHERE person = {token}"
OLDEST = (
    "SELECT coalesce(extract(epoch FROM now() - min(happened_at)), 0) FROM outbox "
    "WHERE published_at IS NULL"
)


def outbox_tables(lanes: int) -> Iterator[Statement]:
    """The table of events in parts by time, the index that relays look in, and the lanes."""
    yield Statement(
        "CREATE TABLE outbox (\n"
        "  id bigint GENERATED ALWAYS AS IDENTITY,\n"
        "  event_id uuid NOT NULL DEFAULT uuidv7(),\n"
        "  lane smallint NOT NULL,\n"
        "  subject text NOT NULL,\n"
        "  stream_key text NOT NULL,\n"
        "  row_key text NOT NULL,\n"
        f"  person text NOT NULL DEFAULT {literal(NOBODY)},\n"
        "  table_name text NOT NULL,\n"
        "  change text NOT NULL CHECK (change IN ('insert', 'update', 'delete', 'erase')),\n"
        "  row jsonb,\n"
        "  happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),\n"
        "  published_at timestamptz,\n"
        "  PRIMARY KEY (happened_at, id)\n"
        ") PARTITION BY RANGE (happened_at);",
        "Events beside the rows they tell of; in parts by time, so that what was published is "
        "dropped and not deleted",
    )  # fmt: skip
    yield Statement(
        "CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT;",
        "What no part is made for; watched, and empty where parts are made in time",
    )
    yield Statement(
        "CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE published_at IS NULL;",
        "holds only what waits, so a look costs the same however many rows are kept",
    )
    yield Statement("CREATE INDEX outbox_person ON outbox (person);",
                    "finds what an erasure must reach")  # fmt: skip
    yield Statement("CREATE TABLE outbox_lanes (lane smallint PRIMARY KEY, "
                    "looked_at timestamptz);")  # fmt: skip
    yield Statement(f"INSERT INTO outbox_lanes (lane) SELECT generate_series(0, {lanes - 1});")
    yield Statement(
        "CREATE FUNCTION person_token(person text) RETURNS text LANGUAGE sql IMMUTABLE AS $$\n"
        f"  SELECT CASE WHEN person IS NULL THEN {literal(NOBODY)} ELSE\n"
        "    left(encode(sha256(convert_to(person, 'UTF8')), 'hex'), 32) END\n$$;",
        "stands for a person in subjects and files: it names nobody, and finds all of theirs",
    )


def part_of(first: str, upto: str, name: str) -> Statement:
    """A part of the outbox for a span of time."""
    return Statement(f"CREATE TABLE IF NOT EXISTS {quoted(name)} PARTITION OF outbox "
                     f"FOR VALUES FROM ({literal(first)}) TO ({literal(upto)});")  # fmt: skip


def writers(stream: Stream, lanes: int) -> Iterator[Statement]:
    """What writes an event with each change of a stream's tables."""
    for table in stream.tables:
        yield from _writer(stream, table, lanes)


def writer_name(table: Table) -> str:
    """What the function and the trigger are called that write a table's events."""
    return quoted(f"tell_{table.name}"[:63])


def _writer(stream: Stream, table: Table, lanes: int) -> Iterator[Statement]:
    name = writer_name(table)
    key = _text("changed", stream.key if set(stream.key) <= table.has else _parents(table))
    row_key = _text("changed", table.key)
    hidden = [c.name for c in table.columns if c.hidden or c.cls == "credential"]
    row = "to_jsonb(changed)"
    if hidden:
        row += f" - ARRAY[{', '.join(literal(c) for c in hidden)}]"
    yield Statement(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n"
        "  SET search_path = public, pg_temp AS $$\n"
        "DECLARE\n"
        f"  changed {quoted(table.name)} := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;\n"
        f"  kept_by text := {key};\n"
        f"  whose text := person_token({_person(stream, table)});\n"
        "BEGIN\n"
        "  INSERT INTO outbox (lane, subject, stream_key, row_key, person, table_name, change, "
        "row)\n"
        f"  VALUES ((hashtextextended(kept_by, 0) & {LONGEST}) % {lanes},\n"
        f"    {literal(stream.topic + '.')} || whose, kept_by, {row_key}, whose, "
        f"{literal(table.name)},\n"
        f"    lower(TG_OP), CASE WHEN TG_OP <> 'DELETE' THEN {row} END);\n"
        "  RETURN NULL;\n"
        "END $$;",
        f"{table.name}: an event in the transaction of each change"
        + (f"; {', '.join(hidden)} never leave" if hidden else ""),
    )  # fmt: skip
    yield Statement(f"CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON "
                    f"{quoted(table.name)} FOR EACH ROW EXECUTE FUNCTION {name}();")  # fmt: skip


def _text(row: str, columns: Iterable[str]) -> str:
    """The text that stands for columns of a row."""
    parts = [f"{row}.{quoted(c)}::text" for c in columns]
    return parts[0] if len(parts) == 1 else f"concat_ws('/', {', '.join(parts)})"


def _parents(table: Table) -> tuple[str, ...]:
    """The columns of the row that a row hangs on."""
    return next((k.columns for k in table.foreign if k.cascade), table.key)


def _person(stream: Stream, table: Table) -> str:
    """Whose row it is: said by itself, or by the row it hangs on."""
    main = stream.table
    if table.person:
        return f"changed.{quoted(table.person)}::text"
    if not main.person or table is main:
        return "NULL"
    if main.person in main.key:
        return f"changed.{quoted(_parents(table)[main.key.index(main.person)])}::text"
    match = " AND ".join(
        f"parent.{quoted(theirs)} = changed.{quoted(ours)}"
        for theirs, ours in zip(main.key, _parents(table), strict=True)
    )
    return (
        f"(SELECT parent.{quoted(main.person)}::text FROM {quoted(main.name)} parent WHERE {match})"
    )


def erase_events(backend: str, people: str) -> str:
    """Statement that tells every consumer to forget people, an expression for a list of keys."""
    return (
        "INSERT INTO outbox (lane, subject, stream_key, row_key, person, table_name, change) "
        f"SELECT 0, {literal(f'{backend}.{ERASURE}.')} || token, token, token, token, "
        f"{literal(ERASURE)}, 'erase' "
        f"FROM (SELECT DISTINCT person_token(p) AS token FROM unnest({people}) AS p) AS those"
    )


def publications(found: Iterable[Stream]) -> Iterator[Statement]:
    """What a reader of the store's log is given, where changes are captured from there."""
    for stream in found:
        for table in stream.tables:
            shown = [c.name for c in table.columns if not c.hidden and c.cls != "credential"]
            yield Statement(f"ALTER TABLE {quoted(table.name)} REPLICA IDENTITY DEFAULT;")
            yield Statement(
                f"CREATE PUBLICATION {quoted('changes_' + table.name)} FOR TABLE "
                f"{quoted(table.name)} ({listed(shown)});",
                "only the columns that may leave",
            )
