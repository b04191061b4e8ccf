"""A statement that says nothing of how it finds its rows reads all of them."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.data.layer import layer

ROWS_FEW = 10_000.0  # a table that is read in a few milliseconds; some hundred pages


class StatementUnserved(Rule):
    id = "statement-unserved"
    title = "Statements find their rows"
    why = (
        "Without a field to look by, an order or words, no index can serve a statement: it reads "
        "the whole table each time, and the busy time that the model states holds for small ones "
        "only."
    )
    level = "warning"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        found = layer(evidence.system, evidence.flow)
        for pattern in found.patterns if found else ():
            if not pattern.stated or pattern.change == "insert" or pattern.does == "aggregate":
                continue
            table = found.tables[pattern.table] if found else None
            if table is None or table.rows <= ROWS_FEW or pattern.id.split(".")[0] != table.store:
                continue
            if not (pattern.by or pattern.order or pattern.words or pattern.range):
                store, _, word = pattern.id.partition(".")
                yield self.finding(
                    f"`{pattern.id}` reads all {table.rows:,.0f} rows of `{table.name}`",
                    evidence.place(("components", store, "operations", word, "pattern")),
                    "neither by, range, order nor words", "what it looks by",
                    "say by: [FIELD], or order: -FIELD with rows",
                )  # fmt: skip


RULE = StatementUnserved()
