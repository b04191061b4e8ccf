"""data/streaming/outbox.sql: the outbox of a store, what writes it, what relays do, its upkeep."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from backend_lead.catalog import streams as facts
from backend_lead.emit.data.streaming_reading import StreamReading, stream_reading
from backend_lead.emit.report.wording import rate, seconds
from backend_lead.model.design import Design
from backend_lead.views.api.names import snake
from backend_lead.views.data import outbox
from backend_lead.views.data.access import role
from backend_lead.views.data.ddl import Statement, quoted
from backend_lead.views.data.streams import Capture, Stream

ID = "streaming-outbox"
GROUP = "data"
FILES = ()
MORE = r"data/streaming/outbox(-[a-z0-9-]+)?\.sql"
RUNS = False
PART_S = 3600.0  # a part an hour: what was published is dropped in steps of that
AHEAD = 48  # parts made before they are needed: two days without the job do no harm


def emit(design: Design) -> dict[str, str]:
    """A script for each store whose changes are captured; nothing where none are."""
    read = stream_reading(design)
    if read is None or not read.found.leaves:
        return {}
    out = {}
    for number, capture in enumerate(read.found.captures):
        name = "outbox" if number == 0 else f"outbox-{capture.store}"
        out[f"data/streaming/{name}.sql"] = _script(read, capture)
    return out


def _script(read: StreamReading, capture: Capture) -> str:
    own = [s for s in read.found.leaving if s.table.store == capture.store]
    parts = [_head(read, capture)]
    if capture.how == "outbox":
        parts += [_section(title, statements) for title, statements in _outbox(read, own)]
    if capture.how == "cdc":
        parts.append(_section("The store's log, read by a relay", outbox.publications(own)))
        parts.append(_comment(_SLOT))
    elif capture.how == "outbox":
        other = "\n".join(s.sql for s in outbox.publications(own))
        parts.append(_comment("Instead of triggers: the store's own log (`capture: cdc`). " + _SLOT)
                     + "\n".join(f"--   {line}" for line in other.splitlines()))  # fmt: skip
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


_SLOT = (
    "A logical replication slot keeps the store's log while its reader is away: set "
    "max_slot_wal_keep_size so that the store outlives it, and read the tables anew when a slot "
    "was lost."
)


def _head(read: StreamReading, capture: Capture) -> str:
    if capture.how == "log":
        return _comment(
            f"`{capture.store}`: {capture.why}. So there is no outbox here: the consumer that "
            "fills this store writes each row with the version of its event, as the warehouse does."
        )
    return _comment(
        f"`{capture.store}`, PostgreSQL 18 or later: {capture.why}.",
        f"Written from the model {read.design.digest}; change the model, not this file. After the "
        "tables of the store: psql -v ON_ERROR_STOP=1 -1 -f outbox.sql",
    )


def _outbox(
    read: StreamReading, own: list[Stream]
) -> Iterator[tuple[str, Iterable[Statement]]]:  # fmt: skip
    lanes = read.found.lanes
    yield "The outbox", outbox.outbox_tables(lanes)
    yield ("What writes it: a trigger for each table, as the owner, so that services need no right "
           "to it", [s for stream in own for s in outbox.writers(stream, lanes)])  # fmt: skip
    yield "Who may read it, and whose it is", _rights(read, own)
    yield ("Parts are made ahead and dropped when all in them is published and old enough",
           _upkeep(read))  # fmt: skip
    yield "What a relay does", _relay(read)
    yield "What is watched", [Statement(f"-- {outbox.OLDEST};", "seconds the oldest event waits")]


def _stem(read: StreamReading) -> str:
    return snake(read.design.system.backend)


def _rights(read: StreamReading, own: list[Stream]) -> Iterator[Statement]:
    """The relay reads and marks; the role of the upkeep owns it, so that its jobs may do the rest.
    Roles are those of the store's other files, whichever file runs first."""
    relay, upkeep = quoted(f"{_stem(read)}_relay"), quoted(f"{_stem(read)}_upkeep")
    yield Statement(role(f"{_stem(read)}_relay"), "signs in by a certificate of its own")
    yield Statement(role(f"{_stem(read)}_upkeep"))
    yield Statement(f"GRANT SELECT, UPDATE (published_at) ON outbox TO {relay};")
    yield Statement(f"GRANT SELECT, UPDATE (looked_at) ON outbox_lanes TO {relay};")
    yield Statement(f"GRANT USAGE, CREATE ON SCHEMA public TO {upkeep};")
    for table in ("outbox", "outbox_rest", "outbox_lanes"):
        yield Statement(f"ALTER TABLE {table} OWNER TO {upkeep};")
    for stream in own:
        for told in stream.tables:
            yield Statement(f"ALTER FUNCTION {outbox.writer_name(told)}() OWNER TO {upkeep};")
            yield Statement(f"ALTER TABLE {quoted(told.name)} OWNER TO {upkeep};",
                            "whose triggers read the row that a row hangs on")  # fmt: skip


def _upkeep(read: StreamReading) -> Iterator[Statement]:
    kept = facts.OUTBOX_KEPT
    yield Statement(
        "CREATE PROCEDURE outbox_upkeep() LANGUAGE plpgsql SECURITY DEFINER\n"
        "SET search_path = public, pg_temp AS $$\n"
        "DECLARE\n"
        "  hour timestamptz;\n"
        "  part record;\n"
        "  waits boolean;\n"
        "BEGIN\n"
        "  SET LOCAL lock_timeout = '2s';\n"
        f"  FOR step IN 0..{AHEAD} LOOP\n"
        f"    hour := date_trunc('hour', now(), 'UTC') + step * interval '{PART_S:.0f} s';\n"
        "    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF outbox FOR VALUES FROM "
        "(%L) TO (%L)',\n"
        "      'outbox_' || to_char(hour AT TIME ZONE 'UTC', 'YYYYMMDDHH24'), hour,\n"
        f"      hour + interval '{PART_S:.0f} s');\n"
        "  END LOOP;\n"
        "  FOR part IN SELECT child.relname FROM pg_inherits\n"
        "    JOIN pg_class child ON child.oid = inhrelid\n"
        "    WHERE inhparent = 'outbox'::regclass AND child.relname ~ '^outbox_[0-9]{10}$'\n"
        "      AND to_timestamp(right(child.relname, 10) || '+00', 'YYYYMMDDHH24TZH')\n"
        f"        < now() - interval '{kept.value + PART_S:.0f} s' LOOP\n"
        "    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE published_at IS NULL)', "
        "part.relname) INTO waits;\n"
        "    IF NOT waits THEN\n"
        "      EXECUTE format('DROP TABLE %I', part.relname);\n"
        "    END IF;\n"
        "  END LOOP;\n"
        "END $$;",
        f"each hour; keeps {seconds(kept.value)} of what was published, and all that was not",
    )
    upkeep = quoted(f"{_stem(read)}_upkeep")
    yield Statement(f"ALTER PROCEDURE outbox_upkeep() OWNER TO {upkeep};")
    yield Statement("REVOKE ALL ON PROCEDURE outbox_upkeep() FROM PUBLIC;")
    yield Statement("CALL outbox_upkeep();")


def _relay(read: StreamReading) -> Iterator[Statement]:
    batch = read.line(read.found.sink).relay_batch
    yield Statement(
        "\n".join(f"-- {line}" for line in (
            "BEGIN;",
            f"{outbox.TAKE_LANE};",
            f"{outbox.WAITING};",
            "publish each in order, event_id as the message id; wait for all acknowledgements",
            f"{outbox.MARK};",
            f"{outbox.LOOKED};",
            "COMMIT;",
        )),
        f"Each {seconds(read.found.poll_s)}, at most {batch} events; at once again when there were "
        f"so many. At peak {rate(read.found.rate_per_s / read.found.lanes)} in each of "
        f"{read.found.lanes} lanes. Set idle_in_transaction_session_timeout above the time to "
        "publish. Several relays may run: a lane that is locked is skipped.",
    )  # fmt: skip


def _section(title: str, statements: Iterable[Statement]) -> str:
    lines = [f"-- {title}."]
    for statement in statements:
        lines.append((_comment(statement.about) if statement.about else "") + statement.sql)
    return "\n".join(lines)


def _comment(*lines: str) -> str:
    return "".join(f"-- {part}\n" for line in lines for part in textwrap.wrap(line, 96))
