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
    """How long a part is, as SQL takes an interval: whole days, hours, else seconds."""
    for unit_s, unit in ((86_400, "days"), (3_600, "hours")):
        if every_s not in _WORDS and every_s % unit_s == 0:
            return f"{every_s / unit_s:.0f} {unit}"
    return _WORDS.get(every_s) or f"{every_s:.0f} seconds"


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
        Statement(_PARTS_OF, "The parts of a table by their time, the one for the rest left out"),
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
  SELECT CASE  -- 30 days equal a month where intervals are compared, so their fields are
    WHEN extract(year FROM step) = 1 THEN date_trunc('year', at, 'UTC')
    WHEN extract(month FROM step) = 1 THEN date_trunc('month', at, 'UTC')
    ELSE date_bin(step, at, '2001-01-01 00:00:00+00') END
$$;"""

_PARTS_OF = f"""\
CREATE OR REPLACE FUNCTION {SCHEMA}.parts_of(parent text)
RETURNS TABLE (low timestamptz, high timestamptz) LANGUAGE sql STABLE AS $$
  SELECT b[1]::timestamptz, b[2]::timestamptz
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
    regexp_match(pg_get_expr(c.relpartbound, c.oid),
                 $re$FROM \\('([^']+)'\\) TO \\('([^']+)'\\)$re$) AS b
  WHERE i.inhparent = to_regclass(quote_ident(parent)) AND b IS NOT NULL
$$;"""

_MAKE_PARTS = f"""\
CREATE OR REPLACE PROCEDURE {SCHEMA}.make_parts(
  parent text, step interval, at timestamptz DEFAULT now(), ahead int DEFAULT {AHEAD})
LANGUAGE plpgsql AS $$
DECLARE
  begins timestamptz := {SCHEMA}.part_start(step, at);
  ends timestamptz;
  there timestamptz;
  inside timestamptz;
  part text;
BEGIN
  FOR i IN 0..ahead LOOP
    inside := greatest(begins, at);
    SELECT max(p.high) INTO there FROM {SCHEMA}.parts_of(parent) p
    WHERE p.low <= inside AND p.high > inside;
    IF there IS NOT NULL THEN  -- a part is there, perhaps of another length: go on behind it
      begins := there;
      CONTINUE;
    END IF;
    ends := {SCHEMA}.part_start(step, begins + step);
    SELECT greatest(begins, max(p.high) FILTER (WHERE p.low <= inside)),
           least(ends, min(p.low) FILTER (WHERE p.low > inside))
    INTO begins, ends FROM {SCHEMA}.parts_of(parent) p;
    part := left(parent, 48) || '_' || to_char(begins AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MI');
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                   part, parent, begins, ends);
    begins := ends;
  END LOOP;
END $$;"""


def retention(tables: Iterable[Table]) -> Iterator[Statement]:
    """Procedures that take away what is older than it may be: parts are dropped, other rows deleted
    in batches; what a law wants or somebody holds stays."""
    tables = list(tables)
    aged = [t for t in tables if kept_s(t) is not None and not t.parent and age_column(t)]
    if not aged:
        return
    yield Statement(_DELETE_OLD, f"Deletes rows that are too old, {BATCH:,} in a transaction")
    yield Statement(_DROP_PARTS, "Drops the parts that are too old; where rows of other tables "
                    "point to them, or a row is held, rows go first, those that may")  # fmt: skip
    calls = []
    for table in reversed(aged):  # what points to others goes before them
        column, old = age_column(table), kept_s(table) or 0.0
        assert column is not None
        words = f"interval '{old / 86_400:g} days'"
        if table.parts:
            children = [t for t in tables if t.parent == table.name and t.parts]
            calls += [_drop(child, tables, words) for child in children]
            calls.append(_drop(table, tables, words))
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


def _drop(table: Table, tables: Iterable[Table], words: str) -> str:
    """The call that takes away the old parts of a table, and old rows that no part was there for.

    What hangs on a table in parts of its own was dropped before it."""
    assert table.parts is not None
    beside = {t.name for t in tables if t.parent == table.name and t.parts}
    pointed = any(key.table == table.name and other.name not in beside
                  for other in tables for key in other.foreign)  # fmt: skip
    key = literal("{" + ",".join(table.key) + "}")
    return (
        f"  CALL {SCHEMA}.drop_parts({literal(table.name)}, {key}, {literal(table.parts.by)}, "
        f"{words}, {str(pointed).lower()}, {literal(_pointed_to(table, tables))}, at);"
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
  parent text, key text[], col text, keep interval, pointed boolean, free text DEFAULT '',
  at timestamptz DEFAULT now())
LANGUAGE plpgsql AS $$
DECLARE
  part record;
  held boolean := EXISTS (
    SELECT FROM {SCHEMA}.held_rows WHERE table_name = parent AND until > at);
  filled boolean;
BEGIN
  FOR part IN
    SELECT c.relname, (regexp_match(pg_get_expr(c.relpartbound, c.oid),
                       $re$TO \\('([^']+)'\\)$re$))[1]::timestamptz AS high
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(quote_ident(parent)) ORDER BY c.relname
  LOOP
    CONTINUE WHEN part.high > at - keep;
    IF part.high IS NULL OR held OR pointed THEN
      CALL {SCHEMA}.delete_old(part.relname, key, col, keep, free, at, held_as => parent);
    END IF;
    CONTINUE WHEN part.high IS NULL;
    filled := false;
    IF held OR pointed THEN
      EXECUTE format('SELECT EXISTS (SELECT FROM %I)', part.relname) INTO filled;
    END IF;
    IF NOT filled THEN
      EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, part.relname);
      EXECUTE format('DROP TABLE %I', part.relname);
      COMMIT;
    END IF;
  END LOOP;
END $$;"""

_DELETE_OLD = f"""\
CREATE OR REPLACE PROCEDURE {SCHEMA}.delete_old(
  tab text, key text[], col text, keep interval, free text DEFAULT '',
  at timestamptz DEFAULT now(), batch int DEFAULT {BATCH}, held_as text DEFAULT NULL)
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
      tab, col, coalesce(held_as, tab), text_key, free) USING at - keep, at, batch;
    GET DIAGNOSTICS gone = ROW_COUNT;
    COMMIT;
    EXIT WHEN gone < batch;
  END LOOP;
END $$;"""
