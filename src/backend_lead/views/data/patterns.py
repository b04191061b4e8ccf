"""The access patterns of every store: what is asked of which table, how often and how fresh."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from backend_lead.catalog.tables import PAGE_ROWS
from backend_lead.model.contract import ApiOperation
from backend_lead.model.data import Change, Pattern
from backend_lead.model.system import Component, Operation, Step, System
from backend_lead.views.api.derived import derived
from backend_lead.views.data.parts import AccessPattern, Consistency, Does, Table
from backend_lead.views.data.tables import columns_of
from backend_lead.views.flow import Flow

_TIMES = ("timestamp", "date")
_TEXTS = ("string", "text")


def patterns(flow: Flow, made: Mapping[str, Table]) -> list[AccessPattern]:
    """Every statement about an entity with fields, the most frequent first.

    Where the model does not say how it finds its rows, that is read off the API: what its endpoint
    is asked for, else by key.
    """
    mains = {table.entity: table for table in made.values() if not table.parent}
    asked = _asked_by(flow.system)
    out = []
    for name, component in flow.system.components.items():
        for word, operation in component.operations.items():
            said = operation.pattern
            table = mains.get((said and said.of) or operation.entity or "")
            if table is None:
                continue
            key = f"{name}.{word}"
            ends = tuple(asked.get(key, ()))
            pattern = operation.pattern or _read_off(flow.system, table, operation, ends)
            out.append(_pattern(flow, made, key, operation, component, table, pattern, ends))
    return sorted(out, key=lambda p: (-p.rate_per_s, p.id))


def _pattern(
    flow: Flow, made: Mapping[str, Table], key: str, operation: Operation, component: Component,
    table: Table, said: Pattern, ends: tuple[str, ...],
) -> AccessPattern:  # fmt: skip
    by = tuple(c for field in said.by for c in columns_of(table, field)[:1])
    order = next(iter(columns_of(table, said.order.lstrip("-"))), "") if said.order else ""
    one = set(table.key) <= set(by) or said.change == "insert"
    rows = said.rows.value if said.rows else 1.0 if one else PAGE_ROWS.value
    children = tuple(
        t.name for t in made.values()
        if t.parent == table.name and t.listed in {w.replace("-", "_") for w in said.with_}
    )  # fmt: skip
    words = said.words or (list(_texts(table)) if operation.search else [])
    return AccessPattern(
        key, operation.title or key, table.name, _does(operation, said, table, by),
        flow.visits.get(key, 0.0) * flow.batch.get(key, 1.0), by,
        next(iter(columns_of(table, said.range)), "") if said.range else "", order,
        bool(said.order and said.order.startswith("-")), rows,
        tuple(c for field in words for c in columns_of(table, field)[:1]),
        tuple(c for field in said.sums for c in columns_of(table, field)[:1]),
        tuple(c for field in said.groups for c in columns_of(table, field)[:1]),
        (said.change or _change(flow.system, table, ends)) if operation.type == "write" else None,
        tuple(c for field in said.sets for c in columns_of(table, field)), children,
        tuple((c, value) for field, value in said.usual.items()
              for c in columns_of(table, field)[:1]),
        said.fresh.value if said.fresh else None, _consistency(operation, component), ends,
        tuple(j for j, journey in flow.system.journeys.items() if set(journey.steps) & set(ends)),
        operation.pattern is not None, said,
    )  # fmt: skip


def _does(operation: Operation, said: Pattern, table: Table, by: tuple[str, ...]) -> Does:
    if operation.type == "write":
        return "write"
    if said.sums or said.groups:
        return "aggregate"
    if operation.search or said.words:
        return "search"
    return "point" if set(table.key) <= set(by) else "range"


def _change(system: System, table: Table, ends: tuple[str, ...]) -> Change:
    created = system.entities[table.entity].created_by
    return "insert" if created in ends else "update"


def _consistency(operation: Operation, component: Component) -> Consistency:
    if operation.type == "write" or not operation.stale_ok:
        return "primary"
    return "own writes" if component.own_writes is not None else "may lag"


def _texts(table: Table) -> Iterator[str]:
    for column in table.columns:
        if column.type in _TEXTS and not column.hidden and "." not in column.field:
            yield column.field


def _read_off(system: System, table: Table, operation: Operation, ends: tuple[str, ...]) -> Pattern:
    """The pattern of a statement that states none."""
    key = [column.field for column in table.columns if column.name in table.key]
    if operation.type == "write":
        changed = _change(system, table, ends)
        return Pattern(change=changed, by=[] if changed == "insert" else key)
    if operation.search:
        return Pattern(words=list(_texts(table)))
    said = _operation(system, table.entity, ends)
    if said is None or said.does not in ("list", "search"):
        return Pattern(by=key)
    newest = next((c for c in table.columns if c.type in _TIMES and c.made == "now"), None)
    newest = newest or next((c for c in table.columns if c.type in _TIMES), None)
    order = f"-{newest.field}" if newest else None
    by = [table.column(table.person).field] if table.person and not said.public else []
    if by == key:
        by = []
    return Pattern(by=by, order=order, rows=said.page)


def _operation(system: System, entity: str, ends: tuple[str, ...]) -> ApiOperation | None:
    """What callers ask of an endpoint about an entity; lists before others."""
    api = system.api or derived(system)
    if api is None:
        return None
    told = [op for op in api.operations.values() if op.endpoint in ends and op.of == entity]
    return min(told, key=lambda op: op.does not in ("list", "search"), default=None)


def _asked_by(system: System) -> dict[str, list[str]]:
    """The endpoints that run each statement, misses and parallel steps included."""
    out: dict[str, list[str]] = defaultdict(list)
    for name, component in system.components.items():
        for word, endpoint in component.endpoints.items():
            for step in _steps(endpoint.does):
                if step.query and f"{name}.{word}" not in out[step.query]:
                    out[step.query].append(f"{name}.{word}")
    return out


def _steps(does: list[Step]) -> Iterator[Step]:
    for step in does:
        yield step
        yield from _steps(step.miss or [])
        yield from _steps(step.parallel or [])
