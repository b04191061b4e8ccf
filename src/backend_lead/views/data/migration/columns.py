"""What becomes of the columns of a table: added, gone, renamed, of another type, empty or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from backend_lead.model.finding import Finding, Place
from backend_lead.views.data.ddl import column_sql, create_index, quoted
from backend_lead.views.data.migration import batches, syncing
from backend_lead.views.data.migration.guarding import in_the_way
from backend_lead.views.data.migration.part_indexes import on_parts
from backend_lead.views.data.migration.steps import Choices, Step, harmless
from backend_lead.views.data.parts import Column, Index, Table
from backend_lead.views.data.types import KEPT

_TEXTS = ("id", "string", "text", "word", "email", "url", "currency")
_WIDER = {("int", "long"), ("int", "number"), ("int", "decimal"), ("int", "amount"),
          ("long", "decimal"), ("date", "timestamp")}  # fmt: skip
CONSTANT_MADE = ("now",)  # defaults that are one value for all rows that are there


class Columns:
    """The steps for the columns of one table in two models."""

    def __init__(
        self, old: Table, new: Table, choices: Choices, indexes: Sequence[Index] = ()
    ) -> None:
        self.old, self.new, self.choices, self.indexes = old, new, choices, indexes
        self.findings: list[Finding] = []
        self.was = {
            new_name: place.partition(".")[2]
            for place, new_name in choices.renamed.items()
            if place.partition(".")[0] in (old.name, new.name) and "." in place
        }
        gone = set(self.was.values())
        self.added = {c.name for c in new.columns if c.name not in old.has} | set(self.was)
        self.gone = [c for c in old.columns if c.name not in new.has and c.name not in gone]

    def steps(self) -> Iterator[Step]:
        """Every step, in the order of the new table."""
        for column in self.new.columns:
            if column.name in self.was:
                yield from self.renamed(self.old.column(self.was[column.name]), column)
            elif column.name in self.added:
                yield from self.add(column)
            else:
                yield from self.changed(self.old.column(column.name), column)
        for column in self.gone:
            yield from self.drop(column)

    def place(self, column: Column) -> str:
        return f"{self.new.name}.{column.name}"

    def slug(self, column: Column) -> str:
        return f"{self.new.name}_{column.name}"

    def alter(self, *actions: str) -> str:
        return f"ALTER TABLE {quoted(self.new.name)} " + ", ".join(actions) + ";"

    def add(self, column: Column) -> Iterator[Step]:
        """A new column. It is empty where it may be; else rows that are there need a value."""
        name, fill = quoted(column.name), self.choices.fill.get(self.place(column))
        down = (self.alter(f"DROP COLUMN IF EXISTS {name}"),)
        sql = column_sql(column)
        given = column.made in CONSTANT_MADE or column.type == "words"
        if (
            (column.null and fill is None)
            or given
            or (column.made == "id" and column.type != "uuid")
        ):
            yield Step("expand", f"add_{self.slug(column)}", f"{column.title}: a new column",
                       self.new.name, (self.alter(f"ADD COLUMN {sql}"),), down,
                       blocks="reads and writes")  # fmt: skip
        elif fill is None:
            self.findings.append(Finding(
                "migration-fill", "error",
                f"{self.place(column)} may not be empty, but the rows that are there have no value",
                Place(path=f"entities.{self.new.entity}.fields.{column.field}"), "no value",
                "an expression of SQL, or a field that may be empty",
                f"--fill \"{self.place(column)}='...'\", or say nullable: true",
            ))  # fmt: skip
        elif _constant(fill):
            yield Step("expand", f"add_{self.slug(column)}",
                       f"{column.title}: a new column; one default is kept for all rows",
                       self.new.name, (self.alter(f"ADD COLUMN {sql} DEFAULT {fill}"),), down,
                       blocks="reads and writes")  # fmt: skip
            yield Step("contract", f"undefault_{self.slug(column)}",
                       "the new program gives the value itself", self.new.name,
                       (self.alter(f"ALTER COLUMN {name} DROP DEFAULT"),),
                       (self.alter(f"ALTER COLUMN {name} SET DEFAULT {fill}"),),
                       blocks="reads and writes")  # fmt: skip
        else:
            yield from self.add_filled(column, fill)

    def add_filled(self, column: Column, fill: str) -> Iterator[Step]:
        """A new column whose value follows from each row: a trigger fills new rows, batches the
        old ones; then it may not be empty any more."""
        name, slug = quoted(column.name), self.slug(column)
        empty = replace(column, null=True)
        sources = [c.name for c in self.old.columns if re.search(rf"\b{c.name}\b", fill)]
        filling = syncing.fill(self.new.name, column.name, fill, slug, sources)
        yield Step("expand", f"add_{slug}", f"{column.title}: a new column, empty at first",
                   self.new.name, (self.alter(f"ADD COLUMN {column_sql(empty)}"),
                                   *filling),
                   (*syncing.drop(self.new.name, slug, "fill"),
                    self.alter(f"DROP COLUMN IF EXISTS {name}")),
                   blocks="reads and writes")  # fmt: skip
        yield from self.backfill(slug, [(name, fill)], f"{name} IS NULL", column.title)
        if not column.null:
            yield from self.not_null(column)
        yield Step("contract", f"untrigger_{slug}", "the new program gives the value itself",
                   self.new.name, syncing.drop(self.new.name, slug, "fill"),
                   filling,
                   blocks="reads and writes")  # fmt: skip

    def backfill(
        self, slug: str, sets: list[tuple[str, str]], where: str, about: str
    ) -> Iterator[Step]:
        plain = [(name.strip('"'), value) for name, value in sets]
        yield Step("expand", f"procedure_{slug}", f"{about}: fills it in batches, and remembers "
                   "how far it came", self.new.name,
                   (batches.CREATE_PROGRESS,
                    batches.procedure(self.new, slug, plain, where)),
                   batches.drop(slug))  # fmt: skip
        yield Step("backfill", f"backfill_{slug}", f"{about}: in small transactions; may be "
                   "stopped and called again", self.new.name, (batches.call(slug),),
                   transaction=False, work="backfill", rows=self.new.rows)  # fmt: skip
        yield Step("contract", f"forget_{slug}", "the backfill is done", self.new.name,
                   batches.drop(slug))  # fmt: skip

    def not_null(self, column: Column) -> Iterator[Step]:
        """A rule that is checked without holding up anybody, then made the column's own."""
        name, rule = quoted(column.name), quoted(f"{self.slug(column)[:50]}_there")
        t = quoted(self.new.name)
        missing = f"SELECT 1 FROM {t} WHERE {name} IS NULL LIMIT 1"
        slug = self.slug(column)
        yield Step("contract", f"require_{slug}", "new rows must have it",
                   self.new.name,
                   (self.alter(f"ADD CONSTRAINT {rule} CHECK ({name} IS NOT NULL) NOT VALID"),),
                   (self.alter(f"DROP CONSTRAINT IF EXISTS {rule}"),),
                   blocks="reads and writes")  # fmt: skip
        yield Step("contract", f"validate_{slug}", "every row has it; nobody waits while it is "
                   "checked", self.new.name, (self.alter(f"VALIDATE CONSTRAINT {rule}"),),
                   work="scan", rows=self.new.rows, must_be_empty=missing)  # fmt: skip
        yield Step("contract", f"not_null_{slug}", "the rule proves it: nothing is read again",
                   self.new.name, (self.alter(f"ALTER COLUMN {name} SET NOT NULL"),
                                   self.alter(f"DROP CONSTRAINT IF EXISTS {rule}")),
                   (self.alter(f"ALTER COLUMN {name} DROP NOT NULL"),),
                   blocks="reads and writes")  # fmt: skip

    def drop(self, column: Column) -> Iterator[Step]:
        """A column that goes: the new program must be able to leave it out first."""
        name, slug = quoted(column.name), self.slug(column)
        if not column.null and column.name not in self.new.key:
            yield Step("expand", f"optional_{slug}",
                       f"{column.name} goes: new rows may leave it out",
                       self.new.name, (self.alter(f"ALTER COLUMN {name} DROP NOT NULL"),),
                       (self.alter(f"ALTER COLUMN {name} SET NOT NULL"),),
                       blocks="reads and writes")  # fmt: skip
        back = column_sql(replace(column, null=True))
        yield Step("contract", f"drop_{slug}", "no program reads it any more", self.new.name,
                   (self.alter(f"DROP COLUMN {name}"),), (self.alter(f"ADD COLUMN {back}"),),
                   blocks="reads and writes",
                   must_be_empty=in_the_way(self.new.name, column.name),
                   loses=f"the values of {self.place(column)}; take a backup first")  # fmt: skip

    def renamed(self, old: Column, new: Column) -> Iterator[Step]:
        """A column under a new name: two columns kept equal until the old program is gone."""
        same = KEPT[old.type].postgres == KEPT[new.type].postgres
        if not same and not self.may_lose(old, new):
            return
        yield from self.beside(old, new, new)
        yield from self.drop(old)

    def ways(self, old: Column, new: Column) -> tuple[str, str, str]:
        """How a value gets into the new column and back, in a trigger; and into the new one where
        rows are updated. What was said to fill it counts where it may not fit."""
        to_new, to_old = _value_as(old, new), _value_as(new, old)
        fill = self.choices.fill.get(self.place(new))
        if fill is None or not _may_not_fit(old, new):
            return to_new, to_old, to_new.format(value=quoted(old.name))
        plain = fill.replace("{", "{{").replace("}", "}}")
        return f"(SELECT {plain} FROM (SELECT NEW.*) AS {quoted(self.new.name)})", to_old, fill

    def beside(self, old: Column, made: Column, new: Column) -> Iterator[Step]:
        """A second column that is kept equal to the first, filled in batches."""
        slug = self.slug(made)
        to_new, to_old, fill = self.ways(old, new)
        yield Step("expand", f"add_{slug}", f"{made.title}: beside {old.name}, kept equal to it",
                   self.new.name,
                   (self.alter(f"ADD COLUMN {column_sql(replace(made, null=True, made=''))}"),
                    *syncing.create(self.new.name, old.name, made.name, to_new, to_old, slug)),
                   (*syncing.drop(self.new.name, slug),
                    self.alter(f"DROP COLUMN IF EXISTS {quoted(made.name)}")),
                   blocks="reads and writes")  # fmt: skip
        where = f"{quoted(made.name)} IS DISTINCT FROM {fill}"
        yield from self.backfill(slug, [(made.name, fill)], where, made.title)
        yield Step("contract", f"unsync_{slug}", f"only {new.name} is written now", self.new.name,
                   syncing.drop(self.new.name, slug),
                   syncing.create(self.new.name, old.name, made.name, to_new, to_old, slug),
                   blocks="reads and writes")  # fmt: skip
        if not new.null:
            yield from self.not_null(made)

    def changed(self, old: Column, new: Column) -> Iterator[Step]:
        """A column that stays: of another type, or empty where it was not, or the other way."""
        if KEPT[old.type].postgres != KEPT[new.type].postgres:
            yield from self.retyped(old, new)
        elif old.null and not new.null:
            fill = self.choices.fill.get(self.place(new))
            if fill is not None:
                yield from self.backfill(self.slug(new), [(new.name, fill)],
                                         f"{quoted(new.name)} IS NULL", new.title)  # fmt: skip
            yield from self.not_null(new)
        elif new.null and not old.null and new.name not in self.new.key:
            yield Step("expand", f"optional_{self.slug(new)}", "it may be empty now", self.new.name,
                       (self.alter(f"ALTER COLUMN {quoted(new.name)} DROP NOT NULL"),),
                       (self.alter(f"ALTER COLUMN {quoted(new.name)} SET NOT NULL"),),
                       blocks="reads and writes")  # fmt: skip

    def retyped(self, old: Column, new: Column) -> Iterator[Step]:
        """Another type: at once where the table is small, else beside the old one."""
        if not self.may_lose(old, new):
            return
        if new.name in self.new.key or new.refers or any(
            new.name in group for group in self.new.unique
        ):  # fmt: skip
            self.findings.append(Finding(
                "migration-key", "error",
                f"{self.place(new)} is a key or points to one: its type cannot change in place",
                Place(path=f"entities.{self.new.entity}.fields.{new.field}"), new.type, old.type,
                "add a field of the new type beside it, and move over entity by entity",
            ))  # fmt: skip
            return
        target, source = KEPT[new.type].postgres, KEPT[old.type].postgres
        name, slug = quoted(new.name), self.slug(new)
        back = _value_as(new, old).format(value=name)
        using = self.ways(old, new)[2]
        if harmless(self.new.rows, "rewrite") and not _may_not_fit(old, new):
            yield Step("expand", f"retype_{slug}", f"{old.type} becomes {new.type}: the table is "
                       "small enough to be rewritten at once", self.new.name,
                       (self.alter(f"ALTER COLUMN {name} TYPE {target} USING {using}"),),
                       (self.alter(f"ALTER COLUMN {name} TYPE {source} USING {back}"),),
                       blocks="reads and writes", work="rewrite", rows=self.new.rows)  # fmt: skip
            return
        made = replace(new, name=f"{new.name}_new")
        beside = list(self.beside(old, made, new))
        yield from (step for step in beside if step.phase != "contract")
        yield from (replace(step, phase="backfill") for step in beside
                    if step.slug.startswith(("require_", "validate_", "not_null_")))  # fmt: skip
        touched = [i for i in self.indexes if new.name in i.columns]
        for index in touched:
            yield from self.index_beside(index, new, made)
        yield self.swap(old, new, made, touched)
        kept = quoted(f"{new.name}_old")
        yield from (step for step in beside if step.slug.startswith("forget_"))
        yield Step("contract", f"drop_{slug}_old", "the old values are not asked for any more",
                   self.new.name,
                   (*syncing.drop(self.new.name, slug), self.alter(f"DROP COLUMN {kept}")),
                   (self.alter(f"ADD COLUMN {kept} {source}"),), blocks="reads and writes",
                   must_be_empty=in_the_way(self.new.name, f"{new.name}_old"),
                   loses=f"the values of {self.new.name}.{new.name} as they were")  # fmt: skip

    def index_beside(self, index: Index, new: Column, made: Column) -> Iterator[Step]:
        """An index on the column that is to take the name."""
        there = replace(
            index, name=f"{index.name[:58]}_new",
            columns=tuple(made.name if c == new.name else c for c in index.columns),
            descending=tuple(made.name if c == new.name else c for c in index.descending),
        )  # fmt: skip
        if self.new.parts is not None:
            yield from on_parts(there, self.new, "backfill")
            return
        yield Step("backfill", f"index_{there.name}", "the index of the column as it will be",
                   self.new.name, (f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(there.name)};",
                     create_index(there, concurrently=True).sql),
                    (f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(there.name)};",),
                    transaction=False, work="index", rows=self.new.rows)  # fmt: skip

    def swap(self, old: Column, new: Column, made: Column, touched: Sequence[Index] = ()) -> Step:
        """The new column takes the name, in one transaction; the old one is kept equal on."""
        slug = self.slug(new)
        kept = f"{new.name}_old"
        ways = self.ways(old, new)[:2]
        then_ways = (_value_as(old, new), ways[1])  # what is filled names the old column
        first = syncing.create(self.new.name, old.name, made.name, *ways, self.slug(made))
        then = syncing.create(self.new.name, kept, new.name, *then_ways, slug)
        free = () if old.null else (self.alter(f"ALTER COLUMN {quoted(kept)} DROP NOT NULL"),)
        return Step(
            "switch", f"swap_{slug}", f"{new.name} is {new.type} from here on, in one transaction",
            self.new.name,
            (*syncing.drop(self.new.name, self.slug(made)),
             self.alter(f"RENAME COLUMN {quoted(old.name)} TO {quoted(kept)}"),
             self.alter(f"RENAME COLUMN {quoted(made.name)} TO {quoted(new.name)}"),
             *free, *then, *_renamed(touched, "_new", "_old")),
            (*syncing.drop(self.new.name, slug),
             self.alter(f"RENAME COLUMN {quoted(new.name)} TO {quoted(made.name)}"),
             self.alter(f"RENAME COLUMN {quoted(kept)} TO {quoted(old.name)}"), *first,
             *_renamed(touched, "_old", "_new")),
            blocks="reads and writes",
        )  # fmt: skip

    def may_lose(self, old: Column, new: Column) -> bool:
        """Whether a change of type keeps every value, or its loss was accepted."""
        if new.type in _TEXTS or (old.type, new.type) in _WIDER:
            return True
        if self.place(new) in self.choices.loses:
            if _may_not_fit(old, new) and not new.null and self.place(new) not in self.choices.fill:
                self.findings.append(Finding(
                    "migration-fill", "error",
                    f"{self.place(new)} may not be empty, but values of {old.type} that are no "
                    f"{new.type} have no value", Place(
                        path=f"entities.{self.new.entity}.fields.{new.field}"), "no value",
                    "an expression of SQL that gives one for every row, or a field that may be "
                    "empty", f"--fill \"{self.place(new)}=...\", or say nullable: true",
                ))  # fmt: skip
                return False
            return True
        self.findings.append(Finding(
            "migration-loses", "error",
            f"{self.place(new)} from {old.type} to {new.type} may lose or refuse values",
            Place(path=f"entities.{self.new.entity}.fields.{new.field}"), new.type,
            f"{old.type}, or a type that holds all its values",
            f"add a field beside it, or accept the loss with --loses {self.place(new)}",
        ))  # fmt: skip
        return False


def _may_not_fit(old: Column, new: Column) -> bool:
    """Whether a value of the old type may be none of the new one."""
    times = {old.type, new.type} == {"timestamp", "date"}
    return not (times or new.type in _TEXTS or (old.type, new.type) in _WIDER)


def _value_as(old: Column, new: Column) -> str:
    """A value as the new type takes it, the same in every session: days and texts of times are
    those of UTC, and what does not fit is empty, so that no write fails."""
    target = KEPT[new.type].postgres
    if KEPT[old.type].postgres == target:
        return "{value}"
    if old.type == "timestamp" and new.type == "date":
        return "({value} AT TIME ZONE 'UTC')::date"
    if old.type == "date" and new.type == "timestamp":
        return "({value}::timestamp AT TIME ZONE 'UTC')"
    if old.type == "timestamp" and new.type in _TEXTS:
        return "to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    return _where_it_fits(target) if _may_not_fit(old, new) else f"{{value}}::{target}"


def _where_it_fits(type_: str) -> str:
    """A value as the old type takes it; empty where that cannot hold it, so no write fails."""
    return (f"CASE WHEN pg_input_is_valid({{value}}::text, '{type_}') "
            f"THEN {{value}}::text::{type_} END")  # fmt: skip


def _renamed(indexes: Sequence[Index], take: str, leave: str) -> Iterator[str]:
    """Indexes change names: what is called `take` gets the name, what had it is called `leave`."""
    for index in indexes:
        stem = index.name[:58]
        yield f"ALTER INDEX {quoted(index.name)} RENAME TO {quoted(stem + leave)};"
        yield f"ALTER INDEX {quoted(stem + take)} RENAME TO {quoted(index.name)};"


def _constant(expression: str) -> bool:
    """Whether an expression is one literal: a number, a text, true, false."""
    text = expression.strip()
    if text.lower() in ("true", "false"):
        return True
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return "'" not in text[1:-1].replace("''", "")
    return text.lstrip("-").replace(".", "", 1).isdigit()
