"""What becomes of the rules of a table: checks of values, what is unique, foreign keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from backend_lead.model.finding import Finding
from backend_lead.views.data.ddl import (
    Check,
    checks,
    foreign_name,
    foreign_sql,
    listed,
    quoted,
    unique_name,
)
from backend_lead.views.data.migration import batches
from backend_lead.views.data.migration.steps import Choices, Phase, Step
from backend_lead.views.data.parts import Column, ForeignKey, Table


def again(sql: str, name: str) -> tuple[str, ...]:
    """An index made while everybody goes on; one that a stop left half made is dropped first."""
    return f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(name)};", sql


class Rules:
    """The steps for the rules of one table in two models; of a column that is `added` none is
    needed but for what it must keep."""

    def __init__(
        self, old: Table, new: Table, choices: Choices, added: set[str],
        was: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """`was` are the names that renamed columns had: the old program writes them too."""
        self.old, self.new, self.choices, self.added = old, new, choices, added
        self.was = was or {}
        self.findings: list[Finding] = []

    def alter(self, action: str) -> str:
        return f"ALTER TABLE {quoted(self.new.name)} {action};"

    def steps(self) -> Iterator[Step]:
        """Every step: checks, then what is unique, then foreign keys."""
        before = {check.name: check for check in checks(self.old)}
        after = {check.name: check for check in checks(self.new)}
        for name, check in after.items():
            if check.column in self.was and not self.kept_already(check):
                yield from self.narrowed(check)
                yield from self.add_check(check, "contract")
            elif check.column in self.added:
                yield from self.add_check(check, "expand")
            elif name not in before:
                yield from self.add_check(check, "contract")
            elif before[name].rule != check.rule:
                yield from self.change_check(before[name], check)
        for name, check in before.items():
            if name not in after and check.column in self.new.has:
                yield Step("expand", f"free_{name}", "the rule is gone", self.new.name,
                           (self.alter(f"DROP CONSTRAINT IF EXISTS {quoted(name)}"),),
                           (self.alter(f"ADD {check.sql} NOT VALID"),),
                           blocks="reads and writes")  # fmt: skip
        yield from self.uniques()
        yield from self.foreign()

    def add_check(self, check: Check, phase: Phase) -> Iterator[Step]:
        """A rule that was not there: for new rows first, then checked while all go on."""
        yield Step(phase, f"check_{check.name}", f"new rows keep: {check.rule}", self.new.name,
                   (self.alter(f"ADD {check.sql} NOT VALID"),),
                   (self.alter(f"DROP CONSTRAINT IF EXISTS {quoted(check.name)}"),),
                   blocks="reads and writes")  # fmt: skip
        breaking = f"SELECT 1 FROM {quoted(self.new.name)} WHERE NOT ({check.rule}) LIMIT 1"
        after: Phase = "backfill" if phase == "expand" else "contract"
        yield Step(after, f"validate_{check.name}", "every row keeps it", self.new.name,
                   (self.alter(f"VALIDATE CONSTRAINT {quoted(check.name)}"),), work="scan",
                   rows=self.new.rows, must_be_empty=breaking)  # fmt: skip

    def change_check(self, old: Check, new: Check) -> Iterator[Step]:
        """A rule that changes: one that allows more at once; one that allows less only when the
        new program runs and no row breaks it."""
        wider = _wider(self.old.column(old.column), self.new.column(new.column))
        swap = (self.alter(f"DROP CONSTRAINT IF EXISTS {quoted(old.name)}"),
                self.alter(f"ADD {new.sql} NOT VALID"))  # fmt: skip
        back = (self.alter(f"DROP CONSTRAINT IF EXISTS {quoted(new.name)}"),
                self.alter(f"ADD {old.sql} NOT VALID"))  # fmt: skip
        if not wider:
            yield from self.narrowed(new)
        why = "allows more" if wider else "allows less: no row may break it"
        yield Step("expand" if wider else "contract", f"check_{new.name}",
                   f"{why}: {new.rule}", self.new.name, swap, back,
                   blocks="reads and writes")  # fmt: skip
        breaking = f"SELECT 1 FROM {quoted(self.new.name)} WHERE NOT ({new.rule}) LIMIT 1"
        yield Step("backfill" if wider else "contract", f"validate_{new.name}",
                   "every row keeps it", self.new.name,
                   (self.alter(f"VALIDATE CONSTRAINT {quoted(new.name)}"),), work="scan",
                   rows=self.new.rows, must_be_empty="" if wider else breaking)  # fmt: skip

    def kept_already(self, check: Check) -> bool:
        """Whether whatever the old program writes under the old name keeps the rule."""
        old, new = self.old.column(self.was[check.column]), self.new.column(check.column)
        known = {c.name.removeprefix(f"{self.old.name}_{old.name}") for c in checks(self.old)
                 if c.column == old.name}  # fmt: skip
        word = check.name.removeprefix(f"{self.new.name}_{new.name}")
        return word in known and _wider(old, new)

    def narrowed(self, new: Check) -> Iterator[Step]:
        """Rows that break a rule get the value that was said, before the rule is there."""
        fill = self.choices.fill.get(f"{self.new.name}.{new.column}")
        if fill is not None:
            slug = f"{self.new.name}_{new.column}_allowed"
            yield Step("expand", f"procedure_{slug}", "moves values that are not allowed any more",
                       self.new.name,
                       (batches.CREATE_PROGRESS,
                        batches.procedure(self.new, slug, [(new.column, fill)],
                                          f"NOT ({new.rule})")),
                       batches.drop(slug))  # fmt: skip
            yield Step("contract", f"backfill_{slug}", "in small transactions; after the new "
                       "program alone writes", self.new.name, (batches.call(slug),),
                       transaction=False, work="backfill", rows=self.new.rows)  # fmt: skip

    def uniques(self) -> Iterator[Step]:
        """An index that is made while everybody goes on, and then named as the rule."""
        for group in self.new.unique:
            if group in self.old.unique:
                continue
            name = quoted(unique_name(self.new, group))
            twice = (f"SELECT 1 FROM {quoted(self.new.name)} GROUP BY {listed(group)} "
                     "HAVING count(*) > 1 LIMIT 1")  # fmt: skip
            when: Phase = "backfill" if self.old_keeps(group) else "contract"
            yield Step(when, f"unique_index_{name.strip(chr(34))}",
                       "no two rows have the same; nobody waits while it is made", self.new.name,
                       again(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON "
                             f"{quoted(self.new.name)} ({listed(group)});", name.strip('"')),
                       (f"DROP INDEX CONCURRENTLY IF EXISTS {name};",), transaction=False,
                       work="index", rows=self.new.rows, must_be_empty=twice)  # fmt: skip
            yield Step(when, f"unique_{name.strip(chr(34))}", "the index is the rule",
                       self.new.name,
                       (self.alter(f"ADD CONSTRAINT {name} UNIQUE USING INDEX {name}"),),
                       (self.alter(f"DROP CONSTRAINT IF EXISTS {name}"),),
                       blocks="reads and writes")  # fmt: skip
        for group in self.old.unique:
            if group not in self.new.unique:
                name = quoted(unique_name(self.old, group))
                yield Step("expand", f"free_{name.strip(chr(34))}", "need not be unique any more",
                           self.new.name, (self.alter(f"DROP CONSTRAINT IF EXISTS {name}"),),
                           (self.alter(f"ADD CONSTRAINT {name} UNIQUE ({listed(group)})"),),
                           blocks="reads and writes")  # fmt: skip

    def old_keeps(self, group: Iterable[str]) -> bool:
        """Whether nothing that the old program writes can break a rule for columns: it does not
        know one of them, or kept the rule under the names it knows."""
        before = tuple(self.was.get(name, name) for name in group)
        if set(before) <= self.old.has:
            return before in self.old.unique
        return not any(f"{self.new.name}.{name}" in self.choices.fill for name in group)

    def foreign(self) -> Iterator[Step]:
        """A foreign key: for new rows first, then checked without holding up anybody."""
        before = {_same(key) for key in self.old.foreign}
        for key in self.new.foreign:
            if _same(key) in before:
                continue
            name = quoted(foreign_name(self.new, key))
            known = tuple(self.was.get(c, c) for c in key.columns)
            kept = set(known) - self.old.has or any(
                k.columns == known and k.table == key.table for k in self.old.foreign
            )
            first: Phase = "expand" if set(key.columns) & self.added and kept else "contract"
            yield Step(first, f"foreign_{name.strip(chr(34))}", f"points to {key.table}",
                       self.new.name, (self.alter(f"ADD {foreign_sql(self.new, key)} NOT VALID"),),
                       (self.alter(f"DROP CONSTRAINT IF EXISTS {name}"),),
                       blocks="writes")  # fmt: skip
            lost = " AND ".join(f"o.{quoted(a)} = t.{quoted(b)}"
                                for a, b in zip(key.refers, key.columns))  # fmt: skip
            there = " AND ".join(f"t.{quoted(c)} IS NOT NULL" for c in key.columns)
            there += f" AND NOT EXISTS (SELECT 1 FROM {quoted(key.table)} o WHERE {lost})"
            yield Step("backfill" if first == "expand" else "contract",
                       f"validate_{name.strip(chr(34))}", "every row points to one that is there",
                       self.new.name, (self.alter(f"VALIDATE CONSTRAINT {name}"),), work="scan",
                       rows=self.new.rows,
                       must_be_empty=f"SELECT 1 FROM {quoted(self.new.name)} t "
                       f"WHERE {there} LIMIT 1")  # fmt: skip
        now = {_same(key) for key in self.new.foreign}
        for key in self.old.foreign:
            if _same(key) not in now and set(key.columns) <= self.new.has:
                name = quoted(foreign_name(self.old, key))
                yield Step("expand", f"free_{name.strip(chr(34))}", "does not point there any more",
                           self.new.name, (self.alter(f"DROP CONSTRAINT IF EXISTS {name}"),),
                           (self.alter(f"ADD {foreign_sql(self.old, key)} NOT VALID"),),
                           blocks="reads and writes")  # fmt: skip


def _same(key: ForeignKey) -> tuple[tuple[str, ...], str, bool]:
    return key.columns, key.table, key.cascade


def _wider(old: Column, new: Column) -> bool:
    """Whether a rule allows all that it allowed."""
    if old.one_of or new.one_of:
        return bool(old.one_of) and set(old.one_of) <= set(new.one_of)
    return (new.most or 0) >= (old.most or 0)
