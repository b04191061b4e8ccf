"""A migration as files: one for each step or run of quick steps, with its undoing, and a page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from backend_lead.catalog.migrations import LOCK_WAIT
from backend_lead.model.units import DURATION
from backend_lead.views.data.migration.steps import Phase, Plan, Step

_TOLD = {  # rules of the linter that a step breaks knowingly, and why it may
    "DROP COLUMN": ("ban-drop-column", "no program reads it any more"),
    "DROP TABLE": ("ban-drop-table", "it was retired before"),
    "RENAME COLUMN": ("renaming-column", "a trigger keeps both names' values in one transaction"),
    "RENAME TO": ("renaming-table", "a view, or nobody, asks for the old name"),
    "SET NOT NULL": ("adding-not-nullable-field", "a validated check proves it without a scan"),
    " TYPE ": ("changing-column-type", "the table is small enough to be rewritten at once"),
    "DROP CONSTRAINT": ("ban-drop-constraint", "the model does not ask for it any more"),
    "DROP FUNCTION": ("ban-drop-function", "only this migration used it"),
    "DROP PROCEDURE": ("ban-drop-function", "only this migration used it"),
    "DROP NOT NULL": ("ban-drop-not-null", "programs that read it must take that it is empty"),
    "DROP DEFAULT": ("ban-drop-default", "the program gives the value itself"),
    " ON ONLY ": ("require-concurrent-index-creation", "of the table alone: no row is read"),
    "DROP INDEX IF EXISTS": (
        "require-concurrent-index-deletion",
        "of a table in parts there is no other way; or nobody uses it yet",
    ),
    "INDEX CONCURRENTLY": ("prefer-robust-stmts", "what a stop left is dropped first"),
}
WHEN: dict[Phase, str] = {
    "expand": "before the new version is rolled out; the old one goes on as it is",
    "backfill": "while the old and the new version run",
    "switch": "when the new version has been rolled out",
    "contract": "when no instance of the old version runs any more, and none will come back",
}


_INT = re.compile(r"\binteger\b")


@dataclass(frozen=True)
class File:
    """Steps that run one after another from one file."""

    number: int
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """`0003_backfill_orders_channel`."""
        first = self.steps[0]
        slug = first.slug if len(self.steps) == 1 else first.table
        phase = "" if slug.startswith(first.phase) else f"{first.phase}_"
        return f"{self.number:04d}_{phase}{slug}"[:90]

    @property
    def transaction(self) -> bool:
        """Whether its statements run in one transaction."""
        return self.steps[0].transaction

    @property
    def up(self) -> str:
        """The statements forward."""
        told = [_run(step, sql) for step in self.steps for sql in step.up]
        return _text(self.steps, told, self.transaction)

    @property
    def down(self) -> str:
        """The statements back; a line that says so where there are none."""
        back = [_run(step, sql) for step in reversed(self.steps) for sql in step.down]
        lost = [step.loses for step in self.steps if step.loses]
        if not back:
            why = f"this cannot bring back {lost[0]}" if lost else "there is nothing to undo"
            return f"-- {why[0].upper()}{why[1:]}.\nSELECT 1;\n"
        return _text(self.steps, back, self.transaction, back=True)


def _run(step: Step, sql: str) -> str:
    """A statement as psql runs it; of a query that writes statements, those."""
    return f"{sql}\n\\gexec" if step.each else sql


def files_of(plan: Plan, first: int = 1) -> list[File]:
    """The files of a plan: quick steps about one table that follow each other share one."""
    groups: list[list[Step]] = []
    for step in plan.steps:
        last = groups[-1][-1] if groups else None
        if last is not None and _together(last, step):
            groups[-1].append(step)
        else:
            groups.append([step])
    return [File(first + i, tuple(group)) for i, group in enumerate(groups)]


def _together(a: Step, b: Step) -> bool:
    quick = all(s.transaction and s.work == "none" and not s.loses and not s.must_be_empty
                for s in (a, b))  # fmt: skip
    return quick and a.phase == b.phase and a.table == b.table


def _text(
    steps: Iterable[Step], statements: Iterable[str], transaction: bool, *, back: bool = False
) -> str:
    lines = [] if back else [f"-- {step.why}" for step in steps]
    lines += ["-- Undoes what the file of the same number did."] if back else []
    if not transaction:
        lines.append("-- Not in a transaction: run it as it is.")
    told = list(statements)
    if any(_INT.search(s.split("AS $$")[0]) for s in told):
        lines.append("-- squawk-ignore-file prefer-bigint-over-int -- the contract says 32 bits")
    lines += ["", f"SET lock_timeout = '{LOCK_WAIT.value:g}s';", "SET statement_timeout = 0;", ""]
    if transaction:
        lines += ["BEGIN;", ""]
    for statement in told:
        lines += [*_ignored(statement), statement, ""]
    lines += ["COMMIT;", ""] if transaction else []
    return "\n".join(lines)


def _ignored(statement: str) -> list[str]:
    """What the linter is told to pass, and why."""
    head = statement.split("AS $$")[0]
    if head.endswith("\\gexec"):
        return ["-- psql runs each row of this as a statement."]
    broken = {rule: why for word, (rule, why) in _TOLD.items() if word in head}
    if head.startswith(("CREATE FUNCTION", "CREATE OR REPLACE", "CREATE TABLE", "COMMENT")):
        return []
    return [f"-- squawk-ignore {rule} -- {why}" for rule, why in broken.items()]


def page(plan: Plan, files: Iterable[File]) -> str:
    """What runs when, what it locks and for how long."""
    files = list(files)
    out = [f"# Migration of {plan.store}", ""]
    if not files:
        return "\n".join([*out, "Nothing of the tables changes.", ""])
    out += [
        "Each file runs by itself, in the order of the numbers. What waits for a lock gives up "
        f"after {LOCK_WAIT.value:g} s and is run again: while it waits, all behind it wait too. "
        "Times are expected from assumed rates; `backend-lead migrate ... --prove` measures them "
        "under load on a filled database.", "",
    ]  # fmt: skip
    for phase, when in WHEN.items():
        of = [file for file in files if file.steps[0].phase == phase]
        if not of:
            continue
        out += [f"## {phase.capitalize()}: {when}", "",
                "| file | what | others cannot meanwhile | takes | undone by |",
                "|---|---|---|---|---|"]  # fmt: skip
        for file in of:
            for i, step in enumerate(file.steps):
                name = f"`{file.name}.up.sql`" if i == 0 else '"'
                out.append(f"| {name} | {step.why} | {_blocked(step)} | {_takes(step)} | "
                           f"{_undone(step)} |")  # fmt: skip
        out.append("")
    queries = [step for step in plan.steps if step.must_be_empty]
    if queries:
        out += ["## Before these, ask", "",
                "Each must give no row; else the step stops and changes nothing.", ""]  # fmt: skip
        for step in queries:
            out += [f"- {step.slug}: `{step.must_be_empty}`"]
        out.append("")
    return "\n".join(out)


def _blocked(step: Step) -> str:
    if step.blocks == "nothing":
        return "nothing"
    word = "read or write" if step.blocks == "reads and writes" else "write"
    quick = step.work == "none"
    return f"{word} `{step.table}`" + (", for some milliseconds" if quick else "")


def _takes(step: Step) -> str:
    if step.work == "none":
        return "milliseconds"
    low, high = step.range_s
    return f"{spelled(step.expected_s)} ({spelled(low)} to {spelled(high)})"


def spelled(seconds: float) -> str:
    """A time that is expected, to two digits."""
    return DURATION.format(float(f"{max(0.001, seconds):.2g}"))


def _undone(step: Step) -> str:
    if step.loses:
        return f"loses {step.loses}"
    return "`down`" if step.down else "nothing to undo"
