"""What watches a pipeline, asked on both real sides: silent as they are, and not when one row, one
event or one number of an event is missing."""

from __future__ import annotations

import re
from typing import Any

from backend_lead.trial.pipeline.proof import Seen
from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.streams import Stream
from backend_lead.views.data.watching import Watched, Window, exposed, of_store, of_warehouse, sums

NOW = Window(settle_s=0.0, step_s=0.001)  # nothing is written any more, so nothing is on its way
STORE = "store"  # what the one store of a trial is called
_SAMPLE = re.compile(r"(\w+)\{(.*)\} (\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
Key = tuple[str, tuple[tuple[str, str], ...]]  # a metric and its labels
Samples = dict[Key, float]


async def seen(store: Any, warehouse: Any, stream: Stream) -> Seen:
    """Differences as they are, and what is seen of one event, one sum and one row withheld; each is
    put back."""
    tables = tuple(Watched(t, sums(t)) for t in stream.tables)
    name = stream.table.name
    fine = differences(await of(store, tables), here(warehouse, tables))
    fine_rows = (await of(store, tables))[_key("outbox_differing_rows", store=STORE, table=name)]
    warehouse.execute("BEGIN")
    warehouse.execute(
        "DELETE FROM events WHERE event_id = (SELECT event_id FROM events WHERE table_name = ? AND "
        '"row" IS NOT NULL ORDER BY version DESC LIMIT 1)', [name],
    )  # fmt: skip
    lost = differences(await of(store, tables), here(warehouse, tables))
    warehouse.execute("ROLLBACK")
    whole = store.transaction()
    await whole.start()
    await store.execute("SET LOCAL session_replication_role = replica")  # no trigger tells of it
    await store.execute(
        f"DELETE FROM {quoted(name)} AS t WHERE t.ctid = (SELECT u.ctid FROM {quoted(name)} AS u "
        "JOIN outbox AS o ON o.table_name = $1 AND o.row IS NOT NULL AND o.row_key = "
        f"{_key_text(stream)} ORDER BY o.happened_at DESC LIMIT 1)", name,
    )  # fmt: skip
    hidden = (await of(store, tables))[_key("outbox_differing_rows", store=STORE, table=name)]
    await whole.rollback()
    return Seen(
        sorted({m for m, _ in (await of(store, tables)) | here(warehouse, tables)}),
        sum(abs(v) for v in fine.values()) + fine_rows,
        lost[_key("reconciliation_missing_events", table=name)],
        sum(abs(v) for (m, _), v in lost.items() if m == "reconciliation_sum_difference"),
        bool(tables[0].sums), hidden,
    )  # fmt: skip


def _key_text(stream: Stream) -> str:
    parts = [f"u.{quoted(c)}::text" for c in stream.table.key]
    return parts[0] if len(parts) == 1 else f"concat_ws('/', {', '.join(parts)})"


async def of(store: Any, tables: tuple[Watched, ...], window: Window = NOW) -> Samples:
    """Samples of the store's side, as an exporter makes them of rows."""
    out: Samples = {}
    for query in of_store(STORE, tables, window):
        for row in await store.fetch(query.sql):
            labels = tuple(sorted((label, row[label]) for label in query.labels))
            for metric, column in query.metrics.items():
                out[metric, labels] = float(row[column.name])
    return out


def here(warehouse: Any, tables: tuple[Watched, ...], window: Window = NOW) -> Samples:
    """Samples of the warehouse's side, read from the lines that it writes."""
    out: Samples = {}
    for (line,) in warehouse.execute(exposed(of_warehouse(tables, window))).fetchall():
        found = _SAMPLE.fullmatch(line)
        if found is not None:
            out[found[1], tuple(sorted(_LABEL.findall(found[2])))] = float(found[3])
    return out


def differences(ours: Samples, theirs: Samples) -> Samples:
    """What the recording rules make of both: the store less the warehouse."""
    out: Samples = {}
    for made, left, right in (
        ("reconciliation_missing_events", "reconciliation_store_events",
         "reconciliation_warehouse_events"),
        ("reconciliation_sum_difference", "reconciliation_store_added_up",
         "reconciliation_warehouse_added_up"),
    ):  # fmt: skip
        both = [_by_table(samples, metric) for samples, metric in ((ours, left), (theirs, right))]
        for labels in both[0].keys() & both[1].keys():
            out[made, labels] = both[0][labels] - both[1][labels]
    return out


def _by_table(samples: Samples, metric: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {tuple(x for x in labels if x[0] in ("table", "column")): value
            for (name, labels), value in samples.items() if name == metric}  # fmt: skip


def _key(metric: str, **labels: str) -> Key:
    return metric, tuple(sorted(labels.items()))
