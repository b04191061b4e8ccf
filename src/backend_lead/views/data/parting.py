"""Where a table is kept in parts by time, so that what is too old is dropped and not deleted."""

from __future__ import annotations

from backend_lead.catalog.tables import PARTS_KEPT
from backend_lead.model.system import Entity
from backend_lead.views.data.parts import Parts, Table

HOUR_S, DAY_S = 3600.0, 86_400.0
STEPS_S = (HOUR_S, DAY_S, 7 * DAY_S, 30.4375 * DAY_S, 365.25 * DAY_S)


def parts_of(entity: Entity, table: Table) -> Parts | None:
    """The parts of a table: as the model says; else by the time in its key, where rows are deleted
    by age and come in by requests, in steps that leave about `PARTS_KEPT` of them."""
    keep_s = entity.retention.value if entity.retention else None
    if entity.partition is not None:
        names = [c.name for c in table.columns if c.field == entity.partition.by.replace("-", "_")]
        return Parts(names[0], entity.partition.every.value, keep_s) if names else None
    times = [n for n in table.key if table.column(n).type in ("timestamp", "date")]
    if not times or keep_s is None or entity.created_by is None:
        return None
    if any(times[0] not in group for group in table.unique):
        return None  # no part could tell whether a value is there in another
    wanted = keep_s / PARTS_KEPT.value
    least = DAY_S if table.column(times[0]).type == "date" else HOUR_S
    every = min((s for s in STEPS_S if s >= least), key=lambda s: abs(s - wanted))
    return Parts(times[0], every, keep_s)
