"""The steps from the tables of one model to those of another, by size and traffic."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog.migrations import BLOCK_MOST
from backend_lead.model.finding import Finding, Place
from backend_lead.model.units import DURATION
from backend_lead.views.data.ddl import (
    add_foreign,
    comments,
    create_index,
    create_table,
    quoted,
)
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.migration.columns import Columns
from backend_lead.views.data.migration.guarding import around, guards, parts_step
from backend_lead.views.data.migration.part_indexes import on_parts
from backend_lead.views.data.migration.rules import Rules, again
from backend_lead.views.data.migration.steps import PHASES, Choices, Plan, Step, harmless
from backend_lead.views.data.parts import Index, Table


def plan(old: Layer, new: Layer, choices: Choices) -> list[Plan]:
    """A plan for each store that holds tables in either model; none where nothing changes."""
    out = []
    for store in dict.fromkeys([*old.stores, *new.stores]):
        steps, findings = _Planner(old, new, store, choices).all()
        if steps or findings:
            ordered = sorted(steps, key=lambda step: PHASES.index(step.phase))
            findings += _too_long(ordered)
            out.append(Plan(store, tuple(ordered), tuple(findings)))
    unknown = [_unknown_place(place) for place in _places(choices)
               if place.split(".")[0] not in {*old.tables, *new.tables}]  # fmt: skip
    if unknown:
        out.append(Plan(next(iter(new.stores), ""), (), tuple(unknown)))
    return out


class _Planner:
    """Compares the tables of one store."""

    def __init__(self, old: Layer, new: Layer, store: str, choices: Choices) -> None:
        self.old, self.new, self.store, self.choices = old, new, store, choices
        self.before = {t.name: t for t in old.of_store(store)}
        self.after = {t.name: t for t in new.of_store(store)}

    def all(self) -> tuple[list[Step], list[Finding]]:
        """Every step, tables in the order of the new model, and what is refused."""
        steps: list[Step] = []
        findings: list[Finding] = []
        was = {new: old for old, new in self.choices.renamed.items() if "." not in old}
        for name, table in self.after.items():
            source = self.before.get(was.get(name, name))
            if source is None:
                steps += self.added(table)
                if name in self.old.tables:
                    findings.append(_moves(table, self.old.tables[name].store))
                continue
            if source.name != name:
                steps += renamed(source, table)
            findings += _refused(source, table)
            asked = [i for i in self.new.indexes if i.table == name]
            columns = Columns(source, table, self.choices, asked)
            rules = Rules(source, table, self.choices, columns.added, columns.was)
            steps += [*columns.steps(), *rules.steps(), *parts_step(source, table, self.new)]
            findings += [*columns.findings, *rules.findings]
        gone = [t for n, t in self.before.items()
                if n not in self.after and n not in self.choices.renamed]  # fmt: skip
        steps += [step for table in reversed(gone) for step in dropped(table)]
        steps += self.indexes(set(was))
        steps = [around(s, self.old, self.store) if s.work == "rewrite" else s for s in steps]
        first, last = guards(self.old, self.new, self.store) if steps else ([], [])
        return [*last, *steps, *first], findings

    def added(self, table: Table) -> Iterator[Step]:
        """A new table: nobody uses it yet, so nobody waits, but for a moment at those it points
        to."""
        up = [create_table(table).sql, *(s.sql for s in add_foreign(table)),
              *(s.sql for s in comments(table))]  # fmt: skip
        yield Step("expand", f"create_{table.name}", f"{table.title}: a new table", table.name,
                   tuple(up), (f"DROP TABLE {quoted(table.name)};",))  # fmt: skip

    def indexes(self, fresh: set[str]) -> Iterator[Step]:
        """Indexes that an access pattern needs now, and those that none needs any more."""
        before = {i.name: i for i in self.old.indexes if i.table in self.before}
        after = {i.name: i for i in self.new.indexes if i.table in self.after}
        for name, index in after.items():
            if name in before:
                continue
            table = self.after[index.table]
            there = index.table in self.before or index.table in fresh
            if there and table.parts is not None and not harmless(table.rows, "index"):
                yield from on_parts(index, table)
                continue
            whole = not there or table.parts is not None
            made = create_index(index, concurrently=not whole)
            down = f"DROP INDEX {'' if whole else 'CONCURRENTLY '}IF EXISTS {quoted(name)};"
            why = made.about
            if there and table.parts is not None:
                why += "; all parts at once, as their rows are few"
            up = (made.sql,) if whole else again(made.sql, name)
            yield Step("expand", f"index_{name}", why, table.name, up, (down,),
                       transaction=whole, blocks="writes" if there and whole else "nothing",
                       work="index" if there else "none", rows=table.rows)  # fmt: skip
        for name, index in before.items():
            if name not in after and index.table in self.after:
                yield self.drop(index, self.after[index.table])

    def drop(self, index: Index, table: Table) -> Step:
        """An index that goes; of a table in parts all at once, which is quick and locks it."""
        parts = table.parts is not None
        how = "" if parts else "CONCURRENTLY "
        made = create_index(index, concurrently=not parts).sql
        return Step(
            "contract",
            f"drop_index_{index.name}",
            "no access pattern needs it any more",
            index.table,
            (f"DROP INDEX {how}IF EXISTS {quoted(index.name)};",),
            (made,) if parts else again(made, index.name),
            transaction=parts,
            blocks="reads and writes" if parts else "nothing",
        )


def renamed(old: Table, new: Table) -> Iterator[Step]:
    """A table under a new name; a view of the old name takes what the old program asks."""
    a, b = quoted(old.name), quoted(new.name)
    yield Step("expand", f"rename_{old.name}",
               f"{old.name} is {new.name} now; a view of the old name serves the old program",
               new.name, (f"ALTER TABLE {a} RENAME TO {b};",
                          f"CREATE VIEW {a} AS SELECT * FROM {b};"),
               (f"DROP VIEW {a};", f"ALTER TABLE {b} RENAME TO {a};"),
               blocks="reads and writes")  # fmt: skip
    yield Step("contract", f"drop_view_{old.name}", "nobody asks for the old name any more",
               new.name, (f"DROP VIEW {a};",),
               (f"CREATE VIEW {a} AS SELECT * FROM {b};",))  # fmt: skip


def dropped(table: Table) -> Iterator[Step]:
    """A table that goes: first out of sight, so that it can come back; then for good."""
    name, kept = quoted(table.name), quoted(f"{table.name}_retired"[:63])
    yield Step("contract", f"retire_{table.name}",
               f"{table.name} goes; under another name first, so that who still asks is found out",
               table.name, (f"ALTER TABLE {name} RENAME TO {kept};",),
               (f"ALTER TABLE {kept} RENAME TO {name};",), blocks="reads and writes")  # fmt: skip
    yield Step("contract", f"drop_{table.name}", "nobody asked for it since it was retired",
               table.name, (f"DROP TABLE {kept};",), blocks="reads and writes",
               loses=f"the rows of {table.name}; take a backup first")  # fmt: skip


def _refused(old: Table, new: Table) -> Iterator[Finding]:
    if old.key != new.key:
        yield Finding("migration-key", "error",
                      f"the key of {new.name} changes from ({', '.join(old.key)}) to "
                      f"({', '.join(new.key)})", Place(path=f"entities.{new.entity}"),
                      ", ".join(new.key), "the key it has",
                      "make a new entity, write both for a while, move readers over")  # fmt: skip
    if (old.parts is None) != (new.parts is None):
        yield Finding("migration-parts", "error",
                      f"{new.name} cannot become {'parts' if new.parts else 'one table'} in place",
                      Place(path=f"entities.{new.entity}.partition"), "partition",
                      "the parts it has", "make a new entity, write both for a while, copy in "
                      "batches, and move readers over")  # fmt: skip


def _too_long(steps: list[Step]) -> Iterator[Finding]:
    """Steps that would hold others up for longer than they bear."""
    for step in steps:
        if step.held_up_s > BLOCK_MOST.value:
            yield Finding(
                "migration-blocks", "error",
                f"{step.slug} would hold up {step.blocks} of {step.table} for about "
                f"{DURATION.format(_round(step.held_up_s))}", Place(path=step.table),
                f"{step.rows:,.0f} rows",
                f"at most {BLOCK_MOST.value:g} s",
                "make a new entity, write both for a while, copy in batches, and move readers over",
            )  # fmt: skip


def _round(seconds: float) -> float:
    return float(f"{seconds:.2g}")


def _moves(table: Table, store: str) -> Finding:
    return Finding("migration-store", "error", f"{table.name} moves from {store} to {table.store}",
                   Place(path=f"entities.{table.entity}.store"), table.store, store,
                   "copy it with change data capture, compare counts and sums, then move readers, "
                   "then writers; no statement of one store can do it")  # fmt: skip


def _places(choices: Choices) -> list[str]:
    return [*choices.renamed, *choices.fill, *choices.loses]


def _unknown_place(place: str) -> Finding:
    return Finding("migration-place", "error", f"there is no table for {place!r}", Place(), place,
                   "table or table.column of either model", "see data/oltp/ for names")  # fmt: skip
