"""Who changed or deleted what is guarded or kept by law, and when: a log that is only added to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backend_lead.views.data.ddl import Statement, listed, literal, quoted
from backend_lead.views.data.parts import Table
from backend_lead.views.data.upkeep import SCHEMA as UPKEEP

SCHEMA = "audit"


def audited(table: Table) -> tuple[str, ...]:
    """The columns whose changes are logged: all of what a law wants kept, else those guarded; none
    where the table holds neither."""
    if table.hold_s:
        return tuple(c.name for c in table.columns if c.name not in table.key)
    return tuple(c.name for c in table.columns if c.guarded and c.name not in table.key)


def audit(tables: Iterable[Table], auditor: str) -> Iterator[Statement]:
    """The log, and what writes it. Rows that are added are not logged: they tell of themselves."""
    yield Statement(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};")
    yield Statement(_LOG, "Names of columns, no values: the log must not become a second store")
    yield Statement(_NOTE)
    for table in tables:
        yield from trigger(table)
    yield Statement(f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM PUBLIC;")
    yield Statement(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {quoted(auditor)};")
    yield Statement(f"GRANT SELECT ON {SCHEMA}.changes TO {quoted(auditor)};")


def trigger(table: Table) -> Iterator[Statement]:
    """What writes the log of a table; nothing where nothing of it is logged."""
    columns = audited(table)
    if columns:
        key = ", ".join(literal(k) for k in table.key)
        yield Statement(
            f"CREATE TRIGGER audited AFTER UPDATE OF {listed(columns)} OR DELETE "
            f"ON {quoted(table.name)}\nFOR EACH ROW EXECUTE FUNCTION {SCHEMA}.note({key});"
        )


_LOG = f"""\
CREATE TABLE IF NOT EXISTS {SCHEMA}.changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  role text NOT NULL,
  caller text,
  table_name text NOT NULL,
  row_key text NOT NULL,
  action text NOT NULL,
  columns text[] NOT NULL
);"""

_NOTE = f"""\
CREATE OR REPLACE FUNCTION {SCHEMA}.note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {SCHEMA}, pg_temp AS $$
DECLARE
  was jsonb := to_jsonb(OLD);
  is_now jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(NEW) ELSE '{{}}' END;
BEGIN
  INSERT INTO {SCHEMA}.changes (role, caller, table_name, row_key, action, columns)
  VALUES (session_user, nullif(current_setting('app.caller', true), ''), TG_TABLE_NAME,
    (SELECT string_agg(was ->> k, '/' ORDER BY n) FROM unnest(TG_ARGV) WITH ORDINALITY a(k, n)),
    lower(TG_OP),
    ARRAY(SELECT key FROM jsonb_each(was) WHERE value IS DISTINCT FROM is_now -> key
          AND TG_OP = 'UPDATE' ORDER BY key));
  RETURN NULL;
END $$;"""


def forget(keep_s: float, upkeep: str) -> Iterator[Statement]:
    """The log too is kept no longer than it is needed; the role of the upkeep sees to it."""
    yield Statement(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {quoted(upkeep)};")
    yield Statement(f"GRANT SELECT (at), DELETE ON {SCHEMA}.changes TO {quoted(upkeep)};")
    yield Statement(
        f"CREATE OR REPLACE PROCEDURE {UPKEEP}.shorten_audit(at timestamptz DEFAULT now())\n"
        f"LANGUAGE sql AS $$\n  DELETE FROM {SCHEMA}.changes WHERE at < shorten_audit.at - "
        f"interval '{keep_s / 86_400:g} days';\n$$;"
    )
