"""The erasure of people as functions of the store: asked for, carried out, told, and done again
after a restore or when a law ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from backend_lead.views.data.ddl import Statement, literal, quoted
from backend_lead.views.data.erasing import Plan, Step, blank
from backend_lead.views.data.outbox import FORGET, erase_events
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
            "Who asked to be erased, by when, and what was done; `again`: something is kept that "
            "has an end, and the job comes back",
        ),
    ]


def told_functions(backend: str) -> list[Statement]:
    """What the functions of all sorts of people need: a report for each person, passes added up,
    and what is told to streams in the same transaction."""
    return [
        Statement(_TOLD, "Adds to the report of each person what was done with rows of a table"),
        Statement(_SUMMED, "A report with the rows of an earlier pass added"),
        Statement(
            f"CREATE OR REPLACE FUNCTION {SCHEMA}.forget_in_streams(people text[]) RETURNS void\n"
            "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$\nBEGIN\n"
            "  IF to_regclass('public.outbox') IS NOT NULL THEN\n"
            f"    {FORGET.format(token='ANY (SELECT person_token(p) FROM unnest(people) AS p)')};\n"
            f"    {erase_events(backend, 'people')};\n"
            "  END IF;\nEND $$;",
            "Where the store has an outbox: bodies of the person's events are emptied, and an "
            "event tells whoever reads them to forget the person",
        ),
    ]  # fmt: skip


_TOLD = f"""\
CREATE OR REPLACE FUNCTION {SCHEMA}.told(
  so_far jsonb, people text[], tab text, action text, why text, done jsonb, kept jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT so_far || coalesce(jsonb_object_agg(p, (so_far -> p) || jsonb_build_object(tab,
    jsonb_build_object('action', action, 'rows', coalesce((done ->> p)::bigint, 0),
      'kept', coalesce((kept ->> p)::bigint, 0), 'why', why))), '{{}}')
  FROM unnest(people) AS p
$$;"""

_SUMMED = f"""\
CREATE OR REPLACE FUNCTION {SCHEMA}.summed(before jsonb, now jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_set(now, '{{tables}}', coalesce((
    SELECT jsonb_object_agg(key, value || jsonb_build_object('rows', (value ->> 'rows')::bigint
      + coalesce((before -> 'tables' -> key ->> 'rows')::bigint, 0)))
    FROM jsonb_each(now -> 'tables')), '{{}}'))
$$;"""


def erase_function(plan: Plan, made: Mapping[str, Table]) -> Statement:
    """The function that erases people of one table and tells of each what it did.

    All are erased in one pass over each table, and each is decided on alone: what is held of one
    does not keep another.
    """
    key = KEPT[plan.person.column(plan.person.key[0]).type].postgres
    name = plan.person.name
    *theirs, own = plan.steps
    gone = {step.table for step in plan.steps if step.action == "delete"}
    lines = [line for step in theirs for line in _step(step, made, gone)]
    body = "\n".join([*lines, *_own(own, made, bool(theirs))])
    return Statement(
        f"CREATE OR REPLACE FUNCTION {SCHEMA}.{quoted('erase_' + name)}(\n"
        f"  who {key}[], at timestamptz DEFAULT now()) RETURNS jsonb\n"
        "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$\nDECLARE\n"
        "  everybody text[] := who::text[];\n"
        "  told jsonb := (SELECT coalesce(jsonb_object_agg(p, '{}'::jsonb), '{}') "
        "FROM unnest(everybody) AS p);\n"
        "  done jsonb;\n  kept jsonb;\n"
        "  open jsonb := '{}';  -- of whom something is kept that has an end\n"
        "  pointed jsonb := '{}';  -- of whom a row stays because others point to it\n"
        f"BEGIN\n{body}\n"
        f"  PERFORM {SCHEMA}.forget_in_streams(ARRAY(SELECT p FROM unnest(everybody) AS p WHERE\n"
        "    EXISTS (SELECT FROM jsonb_each(told -> p) AS d\n"
        "      WHERE (d.value ->> 'rows')::bigint > 0)\n"
        f"    OR NOT EXISTS (SELECT FROM {SCHEMA}.erasures e WHERE e.person_table = "
        f"{literal(name)} AND e.person_key = p AND e.done_at IS NOT NULL)));\n"
        "  RETURN (SELECT coalesce(jsonb_object_agg(p, jsonb_build_object("
        "'tables', told -> p, 'again', open ? p)), '{}') FROM unnest(everybody) AS p);\nEND $$;",
        f"Erases {name} in one transaction; tells of each key what was done and kept",
    )  # fmt: skip


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
        f"  UPDATE {SCHEMA}.erasures AS e SET report = {SCHEMA}.summed(e.report, "
        f"found -> e.person_key::{key}::text),\n"
        "    done_at = coalesce(done_at, at),\n"
        f"    again = (found -> e.person_key::{key}::text ->> 'again')::boolean\n"
        f"  WHERE person_table = {name} AND (done_at IS NULL OR again)\n"
        f"    AND found ? e.person_key::{key}::text;"
    )


def _own(step: Step, made: Mapping[str, Table], others: bool) -> Iterator[str]:
    """The person's own row: it is deleted last, and only of those of whom nothing had to stay."""
    if step.action != "delete" or not others:
        yield from _step(step, made, set())
        return
    key = quoted(step.by[0])
    some = "ARRAY(SELECT p FROM unnest(everybody) AS p WHERE {0}(open ? p OR pointed ? p))"
    free = f" AND NOT (open ? t.{key}::text OR pointed ? t.{key}::text)"
    yield from _step(step, made, set(), only=free, people=some.format("NOT "))
    blanking = replace(step, action="anonymise", blanked=blank(made[step.table]),
                       why="rows that stay point to it")  # fmt: skip
    bound = f" AND (open ? t.{key}::text OR pointed ? t.{key}::text)"
    yield from _step(blanking, made, set(), only=bound, people=some.format(""))


def _step(
    step: Step, made: Mapping[str, Table], gone: Collection[str], *, only: str = "",
    people: str = "everybody",
) -> Iterator[str]:  # fmt: skip
    """What is done with the rows of a table; `gone` are the tables whose rows are deleted. `only`
    narrows the rows, `people` those who are told of it."""
    table, parent = made[step.table], made[step.to]
    held, where = _not_held(table), _whose(step) + only
    old = _old(table, parent, step)
    tell = _tell(step, people)
    if step.action == "keep":
        about = f" for {step.keep_s / 86_400:g} days" if step.keep_s else ""
        yield f"  -- {step.table}: keep, {step.why}{about}"
        if step.blanked and old:
            yield _changed(_update(step, table, f"{where} AND {held} AND {old}"), step)
        else:
            yield "  done := NULL;"
        still = f" AND NOT ({held} AND {old})" if old else ""
        yield _counted(step, where + still)
        yield tell
        if step.keep_s:
            yield "  open := open || coalesce(kept, '{}');"
        return
    yield f"  -- {step.table}: {step.action}, {step.why}"
    stay = _pointed_to(table, made, gone) if step.action == "delete" else ""
    if step.action == "delete":
        yield _changed(f"DELETE FROM {quoted(step.table)} t WHERE {where} AND {held}{stay}", step)
        if stay:
            yield _counted(step, f"{where} AND {held}")
            yield "  pointed := pointed || coalesce(kept, '{}');"
            if blank(table):
                blanking = replace(step, blanked=blank(table))
                yield f"  {_update(blanking, table, f'{where} AND {held}')};"
    elif step.blanked:
        yield _changed(_update(step, table, f"{where} AND {held}"), step)
    else:
        yield "  done := NULL;"
    yield _counted(step, f"{where} AND NOT ({held})")
    yield "  open := open || coalesce(kept, '{}');"
    yield tell


def _tell(step: Step, people: str) -> str:
    return (f"  told := {SCHEMA}.told(told, {people}, {literal(step.table)}, "
            f"{literal(step.action)}, {literal(step.why)}, done, kept);")  # fmt: skip


def _theirs(step: Step) -> str:
    """Whose a row is, as a list: of those who asked."""
    at, columns = ("p", step.via) if step.parent_key else ("t", step.by)
    every = ", ".join(f"{at}.{quoted(c)}" for c in columns)
    if len(columns) == 1:
        return f"ARRAY[{every}]"
    return f"ARRAY(SELECT DISTINCT w FROM unnest(ARRAY[{every}]) AS w WHERE w = ANY (who))"


def _whose(step: Step) -> str:
    """What holds of the rows `t` of those who asked; rows that hang on others are joined to `p`."""
    if not step.parent_key:
        return _where(step)
    theirs = " OR ".join(f"p.{quoted(c)} = ANY (who)" for c in step.via)
    same = " AND ".join(f"t.{quoted(a)} = p.{quoted(b)}"
                        for a, b in zip(step.by, step.parent_key, strict=True))  # fmt: skip
    return f"{same} AND ({theirs})"


def _update(step: Step, table: Table, where: str) -> str:
    """Blanks what is not blank yet, so that a second pass changes nothing."""
    named = (_is_told(table, table.column(n)) for n in step.blanked)
    told = " OR ".join(rule for rule in named if rule)
    more = f" AND ({told})" if told else ""
    start = f" FROM {quoted(step.to)} p" if step.parent_key else ""
    return f"UPDATE {quoted(step.table)} t SET {_sets(step, table)}{start} WHERE {where}{more}"


def _changed(sql: str, step: Step) -> str:
    """A statement that changes rows, and how many it changed of each person."""
    return (
        f"  WITH changed AS ({sql}\n    RETURNING {_theirs(step)} AS theirs)\n"
        "  SELECT jsonb_object_agg(p, n) INTO done FROM (SELECT p, count(*) AS n\n"
        "    FROM changed, unnest(theirs) AS p GROUP BY p) AS each;"
    )


def told_rows(step: Step, table: Table) -> str:
    """How many rows of people (`$1`, a list of keys) there are that should be gone, or in which
    something still tells of them."""
    told = [rule for n in step.blanked if (rule := _is_told(table, table.column(n)))]
    more = "" if step.action == "delete" else f" AND ({' OR '.join(told) or 'false'})"
    start = f", {quoted(step.to)} p" if step.parent_key else ""
    where = _whose(step).replace("(who)", "($1)")
    return f"SELECT count(*) FROM {quoted(step.table)} t{start} WHERE {where}{more}"


def _counted(step: Step, where: str) -> str:
    """How many rows there are of each person."""
    start = f", {quoted(step.to)} p" if step.parent_key else ""
    return (
        "  SELECT jsonb_object_agg(p, n) INTO kept FROM (SELECT p, count(*) AS n\n"
        f"    FROM (SELECT {_theirs(step)} AS theirs FROM {quoted(step.table)} t{start}\n"
        f"      WHERE {where}) AS found, unnest(theirs) AS p GROUP BY p) AS each;"
    )


def _pointed_to(table: Table, made: Mapping[str, Table], gone: Collection[str]) -> str:
    """What must hold of a row so that no row that is left points to it: rows of other people, or
    those that are held."""
    rules = []
    for other in made.values():
        for key in other.foreign:
            if key.table == table.name and not key.cascade and other.name in gone:
                same = " AND ".join(
                    f"o.{quoted(a)} = t.{quoted(b)}"
                    for a, b in zip(key.columns, key.refers, strict=True)
                )
                rules.append(f" AND NOT EXISTS (SELECT FROM {quoted(other.name)} o WHERE {same})")
    return "".join(rules)


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


def _old(table: Table, parent: Table, step: Step) -> str:
    """When a row is older than it must be kept; of what hangs on a row, that row. Empty: nothing
    tells, or there is no end."""
    own, above = age_column(table), age_column(parent) if step.parent_key else None
    column, at = (own, "t") if own else (above, "p")
    if column is None or not step.keep_s:
        return ""
    return f"{at}.{quoted(column.name)} < at - interval '{step.keep_s / 86_400:g} days'"


def _not_held(table: Table) -> str:
    key = " || '/' || ".join(f"t.{quoted(c)}::text" for c in table.key)
    return (f"NOT EXISTS (SELECT FROM {SCHEMA}.held_rows h WHERE h.table_name = "
            f"{literal(table.name)} AND h.row_key = {key} AND h.until > at)")  # fmt: skip


def _sets(step: Step, table: Table) -> str:
    return ", ".join(f"{quoted(n)} = {blanked(table, table.column(n))}" for n in step.blanked)


def _is_told(table: Table, column: Column) -> str:
    """When a column still tells of somebody; empty where that cannot be seen."""
    name, word = f"t.{quoted(column.name)}", blanked(table, column)
    if word == "NULL":
        return f"{name} IS NOT NULL"
    if column.type == "email":
        return f"{name} NOT LIKE '%@erased.invalid'"
    if _RANDOM not in word:
        return f"{name} <> {word}"
    return f"{name} NOT LIKE 'erased-%'" if word.startswith("'erased-'") else "true"


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
