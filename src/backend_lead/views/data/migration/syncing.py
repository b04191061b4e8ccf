"""Two columns that hold one value while the old and the new program both write."""

from __future__ import annotations

from collections.abc import Iterable

from backend_lead.views.data.ddl import quoted


def create(table: str, old: str, new: str, to_new: str, to_old: str, slug: str) -> tuple[str, ...]:
    """A trigger that writes what a program left out: the new column from the old one, and back.

    On an update the column that was changed wins; where both were, the new one.
    """
    function, t = quoted(f"sync_{slug}"[:63]), quoted(table)
    o, n = f"NEW.{quoted(old)}", f"NEW.{quoted(new)}"
    was_o, was_n = f"OLD.{quoted(old)}", f"OLD.{quoted(new)}"
    return (f"""\
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF {n} IS NULL THEN {n} := {to_new.format(value=o)};
    ELSIF {o} IS NULL THEN {o} := {to_old.format(value=n)}; END IF;
  ELSIF {n} IS DISTINCT FROM {was_n} THEN {o} := {to_old.format(value=n)};
  ELSIF {o} IS DISTINCT FROM {was_o} THEN {n} := {to_new.format(value=o)};
  END IF;
  RETURN NEW;
END $$;""",
            f"CREATE TRIGGER {function} BEFORE INSERT OR UPDATE ON {t} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}();")  # fmt: skip


def fill(
    table: str, column: str, expression: str, slug: str, sources: Iterable[str] = ()
) -> tuple[str, ...]:  # fmt: skip
    """A trigger that fills a column which the old program does not know, from the row itself.

    It follows when the old program changes one of the `sources` of its value; a program that sets
    the column itself is not overruled.
    """
    function, t = quoted(f"fill_{slug}"[:63]), quoted(table)
    value, was = f"NEW.{quoted(column)}", f"OLD.{quoted(column)}"
    moved = " OR ".join(f"NEW.{quoted(s)} IS DISTINCT FROM OLD.{quoted(s)}" for s in sources)
    followed = (
        f"\n    OR TG_OP = 'UPDATE' AND {value} IS NOT DISTINCT FROM {was} AND ({moved})"
        if moved else ""
    )  # fmt: skip
    return (f"""\
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {value} IS NULL{followed} THEN
    SELECT {expression} INTO {value} FROM (SELECT NEW.*) AS {t};
  END IF;
  RETURN NEW;
END $$;""",
            f"CREATE TRIGGER {function} BEFORE INSERT OR UPDATE ON {t} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}();")  # fmt: skip


def drop(table: str, slug: str, word: str = "sync") -> tuple[str, ...]:
    """Takes the trigger and its function away."""
    function = quoted(f"{word}_{slug}"[:63])
    return (f"DROP TRIGGER IF EXISTS {function} ON {quoted(table)};",
            f"DROP FUNCTION IF EXISTS {function}();")  # fmt: skip
