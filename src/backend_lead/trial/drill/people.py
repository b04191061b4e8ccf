"""One person in a store: traces counted, erased as the store's own procedure does it, and the list
of who asked kept outside, to be carried out again on a store that came from a backup."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend_lead.trial.drill.counting import ask
from backend_lead.trial.drill.proof import Forgotten
from backend_lead.views.data.ddl import Statement, quoted
from backend_lead.views.data.erasing import Plan, Step, blank, people, plan
from backend_lead.views.data.erasing_sql import rows_of
from backend_lead.views.data.governing import erasing
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.parts import Table
from backend_lead.views.data.upkeep import SCHEMA, prepare

LOOKED_AT = 200  # people of whom the one with most rows is taken
DUE = "interval '30 days'"
_LIST = f"SELECT person_table, person_key, asked_at::text, due_at::text FROM {SCHEMA}.erasures"
_REPLAY = f"""
INSERT INTO {SCHEMA}.erasures (person_table, person_key, asked_at, due_at)
SELECT person_table, person_key, asked_at, due_at
FROM jsonb_to_recordset($1::jsonb) AS r (
  person_table text, person_key text, asked_at timestamptz, due_at timestamptz)
ON CONFLICT (person_table, person_key) DO UPDATE SET again = true, done_at = NULL
"""
Rows = dict[str, dict[str, tuple[str | None, ...]]]


def prepared(layer: Layer, store: str) -> list[Statement]:
    """What a store needs so that people can be erased from it: what is shipped."""
    return [*prepare(), *erasing(layer, store)]


@dataclass
class Somebody:
    """A person with rows in the store, and what told of them at first."""

    tables: Mapping[str, Table]
    plan: Plan
    key: Any
    first: Rows = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    _asked: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, url: str, tables: Mapping[str, Table]) -> Somebody | None:
        """Of some people the one with rows in most tables; None where no table is of people."""
        best: tuple[int, Somebody] | None = None
        for person in people(tables):
            made = plan(tables, person)
            key = quoted(person.key[0])
            for (who,) in ask(url, f"SELECT {key} FROM {quoted(person.name)} ORDER BY 1 "
                                   f"LIMIT {LOOKED_AT // 10}"):  # fmt: skip
                one = cls(tables, made, who)
                one.first = one.rows(url)
                wide = sum(1 for rows in one.first.values() if rows)
                if best is None or wide > best[0]:
                    best = wide, one
        return best[1] if best else None

    @property
    def steps(self) -> list[Step]:
        """What is erased; what a law keeps is told apart."""
        return [step for step in self.plan.steps if step.action != "keep"]

    def rows(self, url: str) -> Rows:
        """Everything that is theirs now, by table and key."""
        out: Rows = {}
        for step in self.plan.steps:
            found = ask(url, rows_of(step, self.tables[step.table]), [self.key])
            out.setdefault(step.table, {}).update({r[0]: tuple(r)[1:] for r in found})
        return out

    def count(self, url: str, moment: str) -> None:
        """Count what is left of them at a moment: rows that should be gone, else rows in which a
        value still stands that told of them."""
        now, out = self.rows(url), {}
        for step in self.steps:
            table = self.tables[step.table]
            then, here = self.first.get(step.table, {}), now.get(step.table, {})
            if blank(table):
                out[step.table] = sum(1 for key, values in here.items()
                                      if _tells(then.get(key, ()), values))  # fmt: skip
            else:
                out[step.table] = len(here) if step.action == "delete" else 0
        self.counts[moment] = {name: n for name, n in out.items() if n or moment != "before"}
        if moment != "before":
            known = self.counts["before"]
            self.counts[moment] = {name: self.counts[moment].get(name, 0) for name in known}

    def erase(self, url: str, kept: Path) -> None:
        """Ask for it and carry it out; the list goes to a file outside before anybody is told."""
        ask(url, f"INSERT INTO {SCHEMA}.erasures (person_table, person_key, due_at) "
                 f"VALUES ($1, $2, now() + {DUE})",
            self.plan.person.name, str(self.key))  # fmt: skip
        kept.write_text("".join(json.dumps(dict(r)) + "\n" for r in ask(url, _LIST)), "utf-8")
        ask(url, f"CALL {SCHEMA}.erase_asked()")

    def replay(self, url: str, kept: Path) -> float:
        """Carry out the list again on a store that came from a backup; the seconds it took."""
        began = time.monotonic()
        asked = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
        ask(url, _REPLAY, json.dumps(asked))
        ask(url, f"CALL {SCHEMA}.erase_asked()")
        return time.monotonic() - began

    def told(self, replay_s: float) -> Forgotten:
        """What was seen of them."""
        kept = {step.table: len(self.first.get(step.table, {})) for step in self.plan.steps
                if step.action == "keep" and self.first.get(step.table)}  # fmt: skip
        return Forgotten(
            self.plan.person.name, self.counts["before"], self.counts["erased"],
            self.counts["restored"], self.counts["replayed"], kept, replay_s,
        )  # fmt: skip


def _tells(then: tuple[str | None, ...], now: tuple[str | None, ...]) -> bool:
    """Whether a value that stood in a row, and told something, still does."""
    return any(a is not None and a == b for a, b in zip(then, now, strict=False))
