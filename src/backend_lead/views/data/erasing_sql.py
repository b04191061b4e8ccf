"""The erasure of people as functions of the store: asked for, carried out, told, and done again
after a restore or when a law ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from backend_lead.views.data.ddl import Statement, literal, quoted
from backend_lead.views.data.erasing import Plan, Step, blank
from backend_lead.views.data.parts import Column, Table
from backend_lead.views.data.types import KEPT
from backend_lead.views.data.upkeep import SCHEMA, age_column

_RANDOM = "replace(gen_random_uuid()::text, '-', '')"
_LONG = 40  # characters that `erased-` and a random word need
_BLANK = {
    "timestamp": "'epoch'", "date": "'epoch'", "json": "'{}'", "words": "'{}'", "int": "0",
    "long": "0", "number": "0", "decimal": "0", "bool": "false", "duration": "'0'",
    "url": "'https://erased.invalid/'",
}  # fmt: skip


def requests() -> list[Statement]:
    """The list of who asked to be erased. It holds keys, no names, and is kept apart from the
    backups of the store: after a restore everybody on it is erased again."""
    return [
        Statement(
            f"CREATE TABLE IF NOT EXISTS {SCHEMA}.erasures (\n"
            "  person_table text NOT NULL,\n  person_key text NOT NULL,\n"
            "  asked_at timestamptz NOT NULL DEFAULT now(),\n  due_at timestamptz NOT NULL,\n"
            "  done_at timestamptz,\n  again boolean NOT NULL DEFAULT true,\n  report jsonb,\n"
            "  PRIMARY KEY (person_table, person_key)\n);",
            "Who asked to be erased, by when, and what was done; `again`: something is still kept",
        ),
    ]


def erase_function(plan: Plan, made: Mapping[str, Table]) -> Statement:
    """The function that erases people of one table and tells what it did."""
    key = KEPT[plan.person.column(plan.person.key[0]).type].postgres
    *theirs, own = plan.steps
    lines = [line for step in theirs for line in _step(step, made[step.table])]
    body = "\n".join([*lines, *_own(own, plan.person, bool(theirs))])
    return Statement(
        f"CREATE OR REPLACE FUNCTION {SCHEMA}.{quoted('erase_' + plan.person.name)}(\n"
        f"  who {key}[], at timestamptz DEFAULT now()) RETURNS jsonb\n"
        "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$\nDECLARE\n"
        "  told jsonb := '{}';\n  n bigint;\n  kept bigint;\n  open boolean := false;\nBEGIN\n"
        f"{body}\n  RETURN jsonb_build_object('tables', told, 'again', open);\nEND $$;",
        f"Erases {plan.person.name} in one transaction",
    )


def carry_out(plans: Iterable[Plan]) -> Statement:
    """The procedure that carries out what was asked for, all people of a table in one pass."""
    loops = "\n".join(_loop(plan.person) for plan in plans)
    return Statement(
        f"CREATE OR REPLACE PROCEDURE {SCHEMA}.erase_asked(at timestamptz DEFAULT now())\n"
        f"LANGUAGE plpgsql AS $$\nDECLARE\n  found jsonb;\nBEGIN\n{loops}\nEND $$;",
        "Every night: CALL upkeep.erase_asked(); everybody at once, so a table is read once",
    )


def _loop(person: Table) -> str:
    key = KEPT[person.column(person.key[0]).type].postgres
    name = literal(person.name)
    return (
        f"  SELECT {SCHEMA}.{quoted('erase_' + person.name)}(\n"
        f"    array_agg(person_key::{key}), at) INTO found\n"
        f"  FROM {SCHEMA}.erasures WHERE person_table = {name} AND (done_at IS NULL OR again)\n"
        "  HAVING count(*) > 0;\n"
        f"  UPDATE {SCHEMA}.erasures SET report = found,\n"
        "    done_at = coalesce(done_at, at), again = (found ->> 'again')::boolean\n"
        f"  WHERE person_table = {name} AND (done_at IS NULL OR again) AND found IS NOT NULL;"
    )


def _own(step: Step, person: Table, others: bool) -> Iterator[str]:
    """The person's own row: it is deleted last, and only when nothing of theirs had to stay."""
    if step.action != "delete" or not others:
        yield from _step(step, person)
        return
    yield "  IF open THEN"
    yield from _step(replace(step, action="anonymise", blanked=blank(person),
                             why="rows that are held point to it"), person)  # fmt: skip
    yield "  ELSE"
    yield from _step(step, person)
    yield "  END IF;"


def _step(step: Step, table: Table) -> Iterator[str]:
    where = _where(step)
    held = _not_held(table)
    name = quoted(step.table)
    about = f"  -- {step.table}: {step.action}, {step.why}"
    if step.action == "delete":
        yield f"{about}\n  DELETE FROM {name} t WHERE {where} AND {held};"
    elif step.action == "anonymise" and step.blanked:
        yield f"{about}\n  UPDATE {name} t SET {_sets(step, table)} WHERE {where} AND {held};"
    elif step.action == "keep" and step.blanked and step.keep_s and _old(table, step):
        old = _old(table, step)
        yield (f"{about} for {step.keep_s / 86_400:g} days\n  UPDATE {name} t SET "
               f"{_sets(step, table)} WHERE {where} AND {held} AND {old};")  # fmt: skip
        yield "  GET DIAGNOSTICS n = ROW_COUNT;"
        yield f"  SELECT count(*) INTO kept FROM {name} t WHERE {where} AND NOT ({old});"
        yield _tell(step, "n", "kept")
        yield "  open := open OR kept > 0;"
        return
    else:
        yield f"{about}\n  SELECT count(*) INTO kept FROM {name} t WHERE {where};"
        yield _tell(step, "0", "kept")
        return
    yield "  GET DIAGNOSTICS n = ROW_COUNT;"
    yield f"  SELECT count(*) INTO kept FROM {name} t WHERE {where} AND NOT ({held});"
    yield "  open := open OR kept > 0;"
    yield _tell(step, "n", "kept")


def _tell(step: Step, done: str, kept: str) -> str:
    return (
        f"  told := told || jsonb_build_object({literal(step.table)}, jsonb_build_object(\n"
        f"    'action', {literal(step.action)}, 'rows', {done}, 'kept', {kept}, "
        f"'why', {literal(step.why)}));"
    )


def rows_of(step: Step, table: Table) -> str:
    """The statement that finds the rows of people (`$1`, a list of keys) that a step is about: the
    key of each as text, and what tells of somebody in it."""
    key = " || '/' || ".join(f"t.{quoted(c)}::text" for c in table.key)
    told = "".join(f", t.{quoted(c)}::text" for c in blank(table))
    return f"SELECT {key} AS row_key{told} FROM {quoted(step.table)} t WHERE {_where(step, '$1')}"


def _where(step: Step, who: str = "who") -> str:
    if not step.parent_key:
        return "(" + " OR ".join(f"t.{quoted(c)} = ANY ({who})" for c in step.by) + ")"
    theirs = " OR ".join(f"p.{quoted(c)} = ANY ({who})" for c in step.via)
    keys = ", ".join(f"t.{quoted(c)}" for c in step.by)
    up = ", ".join(f"p.{quoted(c)}" for c in step.parent_key)
    return f"({keys}) IN (SELECT {up} FROM {quoted(step.to)} p WHERE {theirs})"


def _old(table: Table, step: Step) -> str:
    column = age_column(table)
    days = (step.keep_s or 0) / 86_400
    return f"t.{quoted(column.name)} < at - interval '{days:g} days'" if column else ""


def _not_held(table: Table) -> str:
    key = " || '/' || ".join(f"t.{quoted(c)}::text" for c in table.key)
    return (f"NOT EXISTS (SELECT FROM {SCHEMA}.held_rows h WHERE h.table_name = "
            f"{literal(table.name)} AND h.row_key = {key} AND h.until > at)")  # fmt: skip


def _sets(step: Step, table: Table) -> str:
    return ", ".join(f"{quoted(n)} = {blanked(table, table.column(n))}" for n in step.blanked)


def blanked(table: Table, column: Column) -> str:
    """What stands where a person was: nothing if that may be, else a word that tells of nobody."""
    if column.null:
        return "NULL"
    unique = any(column.name in group for group in table.unique)
    if column.type == "email":
        return f"{_RANDOM} || '@erased.invalid'"
    if column.type in _BLANK and not unique:
        return _BLANK[column.type]
    if not unique:
        return literal("erased"[: column.most])
    word = f"'erased-' || {_RANDOM}"
    return word if (column.most or _LONG) >= _LONG else f"left({_RANDOM}, {column.most})"
