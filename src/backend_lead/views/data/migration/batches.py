"""Backfills in small batches that remember where they were, so that they go on after a crash."""

from __future__ import annotations

from collections.abc import Iterable

from backend_lead.catalog.migrations import BATCH, PAUSE
from backend_lead.views.data.ddl import listed, literal, quoted
from backend_lead.views.data.parts import Table
from backend_lead.views.data.types import KEPT

PROGRESS = "migration_progress"
CREATE_PROGRESS = f"""\
CREATE TABLE IF NOT EXISTS {PROGRESS} (
  step text PRIMARY KEY,
  last_key jsonb,
  rows_done bigint DEFAULT 0 NOT NULL,
  done boolean DEFAULT false NOT NULL
);"""


def procedure(table: Table, slug: str, sets: Iterable[tuple[str, str]], where: str) -> str:
    """A procedure that updates the rows of a table where `where` holds, batch by batch in the order
    of the key, each batch a transaction that also says how far it came."""
    name = quoted(f"backfill_{slug}"[:63])
    key = list(table.key)
    types = [KEPT[table.column(k).type].postgres for k in key]
    last = [f"last_{i}" for i, _ in enumerate(key)]
    upto = [f"upto_{i}" for i, _ in enumerate(key)]
    declared = "\n".join(f"  {v} {t};" for pair in (last, upto) for v, t in zip(pair, types))
    keys = listed(key)
    row = f"({keys})" if len(key) > 1 else keys
    since = f"({', '.join(last)})" if len(key) > 1 else last[0]
    till = f"({', '.join(upto)})" if len(key) > 1 else upto[0]
    back = ", ".join(f"{quoted(k)} DESC" for k in key)
    saved = ", ".join(f"{literal(k)}, {v}::text" for k, v in zip(key, upto))
    read = "\n".join(
        f"    {v} := (saved.last_key ->> {literal(k)})::{t};" for k, v, t in zip(key, last, types)
    )
    moved = "\n".join(f"    {a} := {b};" for a, b in zip(last, upto))
    assign = ", ".join(f"{quoted(column)} = {value}" for column, value in sets)
    step = literal(slug)
    return f"""\
CREATE OR REPLACE PROCEDURE {name}(
  batch integer DEFAULT {BATCH.value:.0f}, pause_s double precision DEFAULT {PAUSE.value:g}
) LANGUAGE plpgsql AS $$
DECLARE
  saved {PROGRESS}%ROWTYPE;
  begun boolean;
  touched bigint;
{declared}
BEGIN
  INSERT INTO {PROGRESS} (step) VALUES ({step}) ON CONFLICT (step) DO NOTHING;
  SELECT * INTO saved FROM {PROGRESS} WHERE step = {step};
  COMMIT;
  IF saved.done THEN RETURN; END IF;
  begun := saved.last_key IS NOT NULL;
  IF begun THEN
{read}
  END IF;
  LOOP
    IF begun THEN
      SELECT {keys} INTO {", ".join(upto)} FROM (
        SELECT {keys} FROM {quoted(table.name)} WHERE {row} > {since} ORDER BY {keys} LIMIT batch
      ) AS batch_of ORDER BY {back} LIMIT 1;
    ELSE
      SELECT {keys} INTO {", ".join(upto)} FROM (
        SELECT {keys} FROM {quoted(table.name)} ORDER BY {keys} LIMIT batch
      ) AS batch_of ORDER BY {back} LIMIT 1;
    END IF;
    EXIT WHEN {upto[0]} IS NULL;
    IF begun THEN
      UPDATE {quoted(table.name)} SET {assign}
        WHERE {row} > {since} AND {row} <= {till} AND ({where});
    ELSE
      UPDATE {quoted(table.name)} SET {assign} WHERE {row} <= {till} AND ({where});
    END IF;
    GET DIAGNOSTICS touched = ROW_COUNT;
    UPDATE {PROGRESS} SET last_key = jsonb_build_object({saved}), rows_done = rows_done + touched
      WHERE step = {step};
    COMMIT;
    begun := true;
{moved}
    PERFORM pg_sleep(pause_s);
  END LOOP;
  UPDATE {PROGRESS} SET done = true WHERE step = {step};
  COMMIT;
END $$;"""


def call(slug: str) -> str:
    """Runs it; not inside a transaction, because it makes its own."""
    return f"CALL {quoted(f'backfill_{slug}'[:63])}();"


def drop(slug: str) -> tuple[str, ...]:
    """Takes it away with its memory."""
    return (f"DROP PROCEDURE IF EXISTS {quoted(f'backfill_{slug}'[:63])};",
            f"DELETE FROM {PROGRESS} WHERE step = {literal(slug)};")  # fmt: skip
