"""Rows that a system adds, by the requests that create them."""

from __future__ import annotations

from backend_lead.model.system import System
from backend_lead.views.flow import Flow

DAY_S = 86_400.0
YEAR_S = 365 * DAY_S


def rows_per_s(flow: Flow) -> dict[str, float]:
    """Rows added a second, on the mean of a day, to each entity that a request creates."""
    mean = 1 / flow.system.workload.peak.factor.value
    out = {}
    for name, entity in flow.system.entities.items():
        if entity.created_by and not _only_replaced(flow.system, name):
            out[name] = _rate(flow, entity.created_by) * mean
    return out


def _only_replaced(system: System, entity: str) -> bool:
    """Whether every statement that adds rows of an entity writes over the row of that key: then
    there are as many rows as there are keys, however often it is asked."""
    changes = [
        operation.pattern.change
        for component in system.components.values()
        for operation in component.operations.values()
        if operation.entity == entity and operation.pattern is not None
    ]
    return "upsert" in changes and "insert" not in changes


def _rate(flow: Flow, ref: str) -> float:
    """Times a second that an endpoint is asked for; of a handler, the messages it takes."""
    if any(ref == consumer.handler for consumer in flow.consumers):
        return flow.visits.get(ref, 0.0) * flow.batch.get(ref, 1.0)
    return sum(rate for root, rate in flow.root_rates().items() if flow.roots[root].target == ref)


def grown(flow: Flow, after_s: float) -> System:
    """The system as it is after a time of the same load: more rows, but none past retention."""
    out = flow.system.model_copy(deep=True)
    for name, rate in rows_per_s(flow).items():
        entity = out.entities[name]
        rows = entity.rows.value + rate * after_s
        if entity.retention is not None:
            rows = min(rows, max(entity.rows.value, rate * entity.retention.value))
        low, high = entity.rows.range or (rows, rows)
        entity.rows = entity.rows.model_copy(
            update={"value": rows, "range": (min(low, rows), max(high, rows))}
        )
    return out
