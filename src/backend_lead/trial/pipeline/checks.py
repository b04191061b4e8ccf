"""Both sides compared: what the store holds, and what the warehouse has made of its events."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from backend_lead.trial.pipeline.made_rows import Rows
from backend_lead.trial.pipeline.proof import Reconciled
from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.outbox import ERASURE


async def reconciled(store: Any, warehouse: Any, rows: Rows) -> Reconciled:
    """Events, rows and sums of a table on both sides; those of erased persons are on neither."""
    name = rows.table.name
    gone = [r[0] for r in warehouse.execute("SELECT person FROM erased").fetchall()]
    stored = {
        str(r["event_id"])
        for r in await store.fetch(
            "SELECT event_id FROM outbox WHERE table_name <> $1 AND person <> ALL($2)",
            ERASURE, gone,
        )
    }  # fmt: skip
    loaded = [str(r[0]) for r in warehouse.execute("SELECT event_id FROM events").fetchall()]
    ours, theirs = await _rows(store, rows, gone), _loaded(warehouse, name)
    sums = {c: (_sum(ours, c), _sum(theirs, c)) for c in rows.sums}
    return Reconciled(
        len(stored), len(loaded), len(ours), len(theirs), sums,
        sum(1 for key in ours.keys() & theirs.keys() if ours[key] != theirs[key]),
        len(stored - set(loaded)), len(loaded) - len(set(loaded)) + len(set(loaded) - stored),
    )  # fmt: skip


async def _rows(store: Any, rows: Rows, gone: list[str]) -> dict[str, dict[str, Any]]:
    """The rows of the store as they may leave it, by the text of their key; without those of
    erased persons that stay in the store."""
    table = rows.table
    key = ", ".join(f"{quoted(c)}::text" for c in table.key)
    whose = f"t.{quoted(table.person)}::text" if table.person else "NULL"
    hidden = {c.name for c in table.columns if c.hidden or c.cls == "credential"}
    found = await store.fetch(
        f"SELECT concat_ws('/', {key}) AS k, to_jsonb(t)::text AS r FROM {quoted(table.name)} t "
        f"WHERE person_token({whose}) <> ALL ($1)", gone,
    )  # fmt: skip
    return {r["k"]: _plain(r["r"], hidden) for r in found}


def _loaded(warehouse: Any, name: str) -> dict[str, dict[str, Any]]:
    found = warehouse.execute(
        'SELECT row_key, "row" FROM latest WHERE table_name = ? AND NOT gone', [name]
    ).fetchall()
    return {key: _plain(text, set()) for key, text in found}


def _plain(text: str, hidden: set[str]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return {k: v for k, v in read.items() if k not in hidden}


def _sum(rows: dict[str, dict[str, Any]], column: str) -> str:
    return str(sum((Decimal(row[column]) for row in rows.values() if row[column] is not None),
                   Decimal(0)))  # fmt: skip
