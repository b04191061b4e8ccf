"""One person erased as the design says it: with the statements of its governance file, not with our
own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from backend_lead.trial.pipeline.made_rows import Rows, value
from backend_lead.views.data.ddl import create_table, listed, quoted
from backend_lead.views.data.erasing import Plan, Step
from backend_lead.views.data.erasing_sql import told_rows
from backend_lead.views.data.governing import erasing, erasures
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.parts import Table
from backend_lead.views.data.upkeep import SCHEMA, prepare

_ASK = (
    f"INSERT INTO {SCHEMA}.erasures (person_table, person_key, due_at) "
    "VALUES ($1, $2, now() + interval '30 days')"
)


@dataclass(frozen=True)
class Forgetting:
    """How people whose rows a table holds are erased: the plan, and its step for that table."""

    plan: Plan
    step: Step
    layer: Layer
    table: Table

    @property
    def stays(self) -> str:
        """Why rows of theirs stay, where a law or the model wants that; else empty."""
        return self.step.why if self.step.action == "keep" else ""

    async def prepare(self, store: Any, person: Any) -> None:
        """Make what the store's own files make: the other tables, and what erases people; and a
        row of the person."""
        for table in self.layer.of_store(self.table.store):
            if table.name != self.table.name:
                await store.execute(create_table(replace(table, foreign=(), parts=None)).sql)
        for statement in (*prepare(), *erasing(self.layer, self.table.store)):
            await store.execute(statement.sql)
        who = self.plan.person
        row = {c.name: value(c, Rows(who, 0).dice) for c in who.columns}
        row[who.key[0]] = person
        marks = ", ".join(f"${i}" for i in range(1, len(row) + 1))
        await store.execute(
            f"INSERT INTO {quoted(who.name)} ({listed(row)}) VALUES ({marks})", *row.values()
        )

    async def erase(self, store: Any, person: Any) -> None:
        """Ask for it, and let the store's procedure carry it out."""
        await store.execute(_ASK, self.plan.person.name, str(person))
        await store.execute(f"CALL {SCHEMA}.erase_asked()")

    async def rows(self, store: Any, person: Any) -> int:
        """Rows of the table that should be gone, or that still tell of the person."""
        return int(await store.fetchval(told_rows(self.step, self.table), [person]))


def forgetting(layer: Layer, table: Table) -> Forgetting | None:
    """How people are erased whose rows a table holds; None where nothing of the design does it."""
    if not table.person:
        return None
    refers = table.column(table.person).refers
    for plan in erasures(layer, table.store):
        for step in plan.steps:
            if plan.person.name == refers and step.table == table.name:
                return Forgetting(plan, step, layer, table)
    return None
