"""What keeps tables as they should be: parts made ahead, rows taken away when they are too old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backend_lead.views.data.ddl import Statement, literal, quoted
from backend_lead.views.data.parting import STEPS_S
from backend_lead.views.data.parts import Column, Table

SCHEMA = "upkeep"
AHEAD = 3  # parts that are there before they are needed: a night in which the job fails is no loss
BATCH = 5_000  # rows in a transaction: short locks, and replicas that follow
_WORDS = dict(zip(STEPS_S, ("1 hour", "1 day", "7 days", "1 month", "1 year"), strict=True))


def step_words(every_s: float) -> str:
    """How long a part is, as SQL takes an interval."""
    return _WORDS.get(every_s) or f"{every_s:g} seconds"


def age_column(table: Table) -> Column | None:
    """The column that tells how old a row is: of its parts, else when it was made, else a time."""
    if table.parts is not None:
        return table.column(table.parts.by)
    times = [c for c in table.columns if c.type in ("timestamp", "date") and not c.null]
    return next((c for c in times if c.made == "now"), times[0] if times else None)


def kept_s(table: Table) -> float | None:
    """How long rows are kept: as long as the model says, and never shorter than a law wants."""
    if table.keep_s is None:
        return None
    return max(table.keep_s, table.hold_s or 0.0)


def prepare() -> list[Statement]:
    """The schema of the upkeep, and what may not be deleted for as long as somebody says so."""
    return [
        Statement(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};"),
        Statement(
            f"CREATE TABLE IF NOT EXISTS {SCHEMA}.held_rows (\n"
            "  table_name text NOT NULL,\n  row_key text NOT NULL,\n  reason text NOT NULL,\n"
            "  until timestamptz NOT NULL,\n  PRIMARY KEY (table_name, row_key)\n);",
            "Rows that a court or an authority wants kept: no job deletes them before `until`",
        ),
    ]


def make_parts(tables: Iterable[Table]) -> list[Statement]:
    """A procedure that makes the parts from now on, `AHEAD` of them, and drops those too old."""
    calls = "\n".join(
        f"  CALL {SCHEMA}.make_parts({literal(t.name)}, "
        f"{literal(step_words(t.parts.every_s))}, at);"
        for t in tables if t.parts
    )  # fmt: skip
    return [
        Statement(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};"),
        Statement(_PART_START, "When the part begins that a moment lies in (UTC)"),
        Statement(_MAKE_PARTS, "Makes the part of a moment and those after it; run it every day"),
        Statement(
            f"CREATE OR REPLACE PROCEDURE {SCHEMA}.make_all_parts(at timestamptz DEFAULT now())\n"
            f"LANGUAGE plpgsql AS $$\nBEGIN\n{calls}\nEND $$;"
        ),
        Statement(f"CALL {SCHEMA}.make_all_parts();"),
    ]


def rest_part(table: Table) -> Statement:
    """The part of rows whose time no part is there for: kept, counted and looked into."""
    name = quoted(f"{table.name}_rest")
    return Statement(
        f"CREATE TABLE {name} PARTITION OF {quoted(table.name)} DEFAULT;",
        "Rows of a time that no part is there for: an alert, not an error",
    )


_PART_START = f"""\
CREATE OR REPLACE FUNCTION {SCHEMA}.part_start(step interval, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
  SELECT CASE step
    WHEN '1 month' THEN date_trunc('month', at, 'UTC')
    WHEN '1 year' THEN date_trunc('year', at, 'UTC')
    ELSE date_bin(step, at, '2001-01-01 00:00:00+00') END
$$;"""

_MAKE_PARTS = f"""\
CREATE OR REPLACE PROCEDURE {SCHEMA}.make_parts(
  parent text, step interval, at timestamptz DEFAULT now(), ahead int DEFAULT {AHEAD})
LANGUAGE plpgsql AS $$
DECLARE
  low timestamptz := {SCHEMA}.part_start(step, at);
  high timestamptz;
  part text;
BEGIN
  FOR i IN 0..ahead LOOP
    high := {SCHEMA}.part_start(step, low + step);
    part := left(parent, 48) || '_' || to_char(low AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MI');
    IF to_regclass(quote_ident(part)) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                     part, parent, low, high);
    END IF;
    low := high;
  END LOOP;
END $$;"""


def retention(tables: Iterable[Table]) -> Iterator[Statement]:
    """Procedures that take away what is older than it may be: parts are dropped, other rows deleted
    in batches; what a law wants or somebody holds stays."""
    tables = list(tables)
    aged = [t for t in tables if kept_s(t) is not None and not t.parent and age_column(t)]
    if not aged:
        return
    yield Statement(_DROP_PARTS, "Drops the parts that are too old, unless a row of one is held")
    yield Statement(_DELETE_OLD, f"Deletes rows that are too old, {BATCH:,} in a transaction")
    calls = []
    for table in reversed(aged):  # what points to others goes before them
        column, old = age_column(table), kept_s(table) or 0.0
        assert column is not None
        words = f"interval '{old / 86_400:g} days'"
        if table.parts:
            for child in (t for t in tables if t.parent == table.name and t.parts):
                calls.append(f"  CALL {SCHEMA}.drop_parts({literal(child.name)}, {words}, at);")
            calls.append(f"  CALL {SCHEMA}.drop_parts({literal(table.name)}, {words}, at);")
        else:
            key = literal("{" + ",".join(table.key) + "}")
            free = literal(_pointed_to(table, tables))
            calls.append(f"  CALL {SCHEMA}.delete_old({literal(table.name)}, {key}, "
                         f"{literal(column.name)}, {words}, {free}, at);")  # fmt: skip
    body = "\n".join(calls)
    yield Statement(
        f"CREATE OR REPLACE PROCEDURE {SCHEMA}.keep_no_longer(at timestamptz DEFAULT now())\n"
        f"LANGUAGE plpgsql AS $$\nBEGIN\n{body}\nEND $$;",
        "Every night: CALL upkeep.keep_no_longer();",
    )


def _pointed_to(table: Table, tables: Iterable[Table]) -> str:
    """What must hold of a row `t` so that no row that stays points to it; empty: nothing can."""
    rules = []
    for other in tables:
        for key in other.foreign:
            if key.table == table.name and not key.cascade and other.name != table.name:
                same = " AND ".join(
                    f"o.{quoted(a)} = t.{quoted(b)}"
                    for a, b in zip(key.columns, key.refers, strict=True)
                )
                rules.append(f" AND NOT EXISTS (SELECT FROM {quoted(other.name)} o WHERE {same})")
    return "".join(rules)


_DROP_PARTS = f"""\
CREATE OR REPLACE PROCEDURE {SCHEMA}.drop_parts(
  parent text, keep interval, at timestamptz DEFAULT now())
LANGUAGE plpgsql AS $$
DECLARE
  part record;
BEGIN
  IF EXISTS (SELECT FROM {SCHEMA}.held_rows WHERE table_name = parent AND until > at) THEN
    RAISE WARNING 'rows of % are held: none of its parts is dropped', parent;
    RETURN;
  END IF;
  FOR part IN
    SELECT c.relname, (regexp_match(pg_get_expr(c.relpartbound, c.oid),
                       $re$TO \\('([^']+)'\\)$re$))[1]::timestamptz AS high
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(quote_ident(parent))
  LOOP
    IF part.high IS NOT NULL AND part.high <= at - keep THEN
      EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, part.relname);
      EXECUTE format('DROP TABLE %I', part.relname);
    END IF;
  END LOOP;
END $$;"""

_DELETE_OLD = f"""\
CREATE OR REPLACE PROCEDURE {SCHEMA}.delete_old(
  tab text, key text[], col text, keep interval, free text DEFAULT '',
  at timestamptz DEFAULT now(), batch int DEFAULT {BATCH})
LANGUAGE plpgsql AS $$
DECLARE
  gone bigint;
  text_key text := (SELECT string_agg(format('t.%I::text', k), ' || ''/'' || ') FROM unnest(key) k);
BEGIN
  LOOP
    EXECUTE format(
      'DELETE FROM %1$I WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM %1$I t WHERE t.%2$I < $1'
      ' AND NOT EXISTS (SELECT FROM {SCHEMA}.held_rows h WHERE h.table_name = %3$L'
      ' AND h.row_key = %4$s AND h.until > $2)%5$s LIMIT $3 FOR UPDATE SKIP LOCKED))',
      tab, col, tab, text_key, free) USING at - keep, at, batch;
    GET DIAGNOSTICS gone = ROW_COUNT;
    COMMIT;
    EXIT WHEN gone < batch;
  END LOOP;
END $$;"""
