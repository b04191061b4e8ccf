"""What is measured of pipelines, and the statements that measure it: on the store, in the
warehouse.

Both sides count the same events: those that happened in a span that ended a while ago, so that what
is still on its way is in neither. The store counts what its outbox holds, the warehouse what it
loaded; the difference is what was lost or came twice. That the outbox itself tells the truth is
held inside the store: a row that changed lately must be what its last event says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from backend_lead.views.data.ddl import literal, quoted
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.materialised import AHEAD, CALENDAR, SCHEMA
from backend_lead.views.data.needs import needs
from backend_lead.views.data.outbox import ERASURE
from backend_lead.views.data.parts import Table
from backend_lead.views.data.star import star
from backend_lead.views.data.stores import ONE, REPLICA, simplest
from backend_lead.views.data.streams import SINK, Streams
from backend_lead.views.data.types import KEPT

NUMBERS = ("int", "long", "number", "decimal", "amount")
SUM_TYPE = "{}(38, 6)"  # of sums: exact, so that both sides round alike
AGES_S = 300.0  # ages are those of the events loaded in the last five minutes
REST_MOST = 1000  # rows counted in the part of the rest: one is enough to be told
LOOKED_AT = 1000  # last events whose rows are compared with them, at each look
QUANTILES = (0.5, 0.99)


@dataclass(frozen=True)
class Window:
    """The span whose events are counted: `span_s` long, it ended at least `settle_s` ago, at a
    multiple of `step_s`, so that both sides mean the same span."""

    settle_s: float = 900.0
    span_s: float = 3600.0
    step_s: float = 300.0

    def ends(self, now: str) -> str:
        """When it ended, as SQL that both engines take: seconds since 1970 from those of now."""
        return f"floor(({now} - {self.settle_s:g}) / {self.step_s:g}) * {self.step_s:g}"


@dataclass(frozen=True)
class Column:
    """A column of a query: a label of its samples, or a value that is a metric of its own."""

    name: str
    usage: str  # LABEL, GAUGE or COUNTER
    about: str


@dataclass(frozen=True)
class Query:
    """A statement whose rows are samples: its labels, and a metric `id_column` for each value."""

    id: str
    sql: str
    columns: tuple[Column, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns if c.usage == "LABEL")

    @property
    def metrics(self) -> dict[str, Column]:
        """Its metrics by name."""
        return {f"{self.id}_{c.name}": c for c in self.columns if c.usage != "LABEL"}


@dataclass(frozen=True)
class Watched:
    """A table whose changes are followed, and the columns of it that can be added up."""

    table: Table
    sums: tuple[str, ...]


def watched(found: Streams, store: str) -> tuple[Watched, ...]:
    """The tables that a store's outbox tells of; none where it has no outbox."""
    if not any(c.store == store and c.how == "outbox" for c in found.captures):
        return ()
    tables = [t for s in found.leaving if s.table.store == store for t in s.tables]
    return tuple(Watched(t, sums(t)) for t in tables)


def sums(table: Table) -> tuple[str, ...]:
    """The columns of a table that can be added up, and may leave it."""
    return tuple(c.name for c in table.columns
                 if c.type in NUMBERS and not c.hidden and c.cls != "credential")  # fmt: skip


STORE = Column("store", "LABEL", "the store whose outbox it is")
TABLE = Column("table", "LABEL", "the table that changed")
SUMMED = Column("column", "LABEL", "the column that is added up")
CONSUMER = Column("consumer", "LABEL", "who takes the events")


def of_store(store: str, tables: Iterable[Watched], window: Window) -> Iterator[Query]:
    """What PostgreSQL is asked about its outbox."""
    tables = tuple(tables)
    name = literal(store)
    yield Query(
        "outbox",
        f"SELECT {name} AS store, coalesce(extract(epoch FROM clock_timestamp() - "
        "min(happened_at)), 0) AS oldest_waiting_seconds, (SELECT count(*) FROM outbox_rest) AS "
        "rest_rows FROM outbox WHERE published_at IS NULL",
        (STORE, Column("oldest_waiting_seconds", "GAUGE", "age of the oldest event not published"),
         Column("rest_rows", "GAUGE", "events that no part was made for")),
    )  # fmt: skip
    yield Query(
        "reconciliation_store",
        f'SELECT {name} AS store, t.name AS "table", count(o.id) AS events FROM '
        f"{_names(tables)} LEFT JOIN ({_happened(window)}) AS o ON o.table_name = t.name "
        "GROUP BY t.name",
        (STORE, TABLE, Column("events", "GAUGE", "events that happened in the span compared")),
    )
    totals = [
        f'SELECT {name} AS store, {literal(w.table.name)} AS "table", {literal(c)} AS "column", '
        f"coalesce(sum((o.row->>{literal(c)})::{SUM_TYPE.format('numeric')}), 0) AS store_added_up "
        f"FROM happened AS o WHERE o.table_name = {literal(w.table.name)}"
        for w in tables for c in w.sums
    ]  # fmt: skip
    if totals:
        yield Query(
            "reconciliation",
            f"WITH happened AS ({_happened(window)})\n" + "\nUNION ALL ".join(totals),
            (STORE, TABLE, SUMMED, Column("store_added_up", "GAUGE", "sum over those events")),
        )
    yield Query(
        "outbox_differing",
        "\nUNION ALL ".join(_differing(name, w.table) for w in tables),
        (STORE, TABLE, Column("rows", "GAUGE", "rows that are not what their last event says")),
    )


def in_parts(layer: Layer, store: str) -> tuple[Table, ...]:
    """The tables of a store that are kept in parts."""
    return tuple(t for t in layer.of_store(store) if t.parts)


def of_parts(store: str, tables: Iterable[Table]) -> Query:
    """Rows of a time that no part was made for; counted up to some, as there should be none."""
    asked = [
        f'SELECT {literal(store)} AS store, {literal(t.name)} AS "table", count(*) AS rows FROM '
        f"(SELECT 1 FROM {quoted(f'{t.name}_rest')} LIMIT {REST_MOST}) AS r"
        for t in tables
    ]
    about = f"rows that no part was made for, at most {REST_MOST:,}"
    columns = (STORE, TABLE, Column("rows", "GAUGE", about))
    return Query("parts_rest", "\nUNION ALL ".join(asked), columns)


def refreshed(layer: Layer) -> tuple[str, ...]:
    """The store whose views are refreshed for analyses; none where another store is asked."""
    made = star(layer)
    if made is None or simplest(needs(made)).id not in (ONE, REPLICA):
        return ()
    return tuple(layer.stores[:1])


def of_views(store: str) -> Query:
    """When views were refreshed: the calendar is made with them, up to a week ahead."""
    return Query(
        "analytics_refreshed",
        f"SELECT {literal(store)} AS store, {AHEAD} - max(date_key) AS days_since FROM "
        f"{SCHEMA}.{CALENDAR}",
        (STORE, Column("days_since", "GAUGE", "days since the views were refreshed")),
    )


def _names(tables: Iterable[Watched]) -> str:
    listed = ", ".join(f"({literal(w.table.name)})" for w in tables)
    return f"(VALUES {listed}) AS t(name)"


def _happened(window: Window) -> str:
    """Events of the span, but those of persons that were erased since: they are on no side."""
    ends = window.ends("extract(epoch FROM now())")
    return (
        f"SELECT id, table_name, row FROM outbox WHERE happened_at < to_timestamp({ends}) AND "
        f"happened_at >= to_timestamp({ends} - {window.span_s:g}) AND table_name <> "
        f"{literal(ERASURE)} AND person NOT IN (SELECT person FROM outbox WHERE table_name = "
        f"{literal(ERASURE)})"
    )


def _differing(store: str, table: Table) -> str:
    """Rows of a table that are not what their last event says. A row and its event are seen in one
    snapshot, so a difference is a change that no event tells of."""
    name = quoted(table.name)
    match = " AND ".join(
        f"t.{quoted(c.name)} = (e.row->>{literal(c.name)})::{KEPT[c.type].postgres}"
        for c in (table.column(k) for k in table.key)
    )
    hidden = [c.name for c in table.columns if c.hidden or c.cls == "credential"]
    row = "to_jsonb(t)" + (f" - ARRAY[{', '.join(literal(c) for c in hidden)}]" if hidden else "")
    return (
        f'SELECT {store} AS store, {literal(table.name)} AS "table", count(*) AS rows FROM ('
        "SELECT DISTINCT ON (row_key) row_key, change, row FROM (SELECT * FROM outbox WHERE "
        f"table_name = {literal(table.name)} ORDER BY happened_at DESC LIMIT {LOOKED_AT}) AS late "
        f"ORDER BY row_key, id DESC) AS e LEFT JOIN {name} AS t ON {match} "
        f"WHERE e.row IS NOT NULL AND {row} IS DISTINCT FROM e.row"
    )


def of_warehouse(tables: Iterable[Watched], window: Window) -> Iterator[Query]:
    """What DuckDB is asked about what it loaded."""
    tables = tuple(tables)
    name = literal(SINK)
    yield from of_loads(
        SINK,
        {q: f"quantile_cont(epoch(l.committed_at) - epoch(e.happened_at), {q:g})"
         for q in QUANTILES},
        "events AS e JOIN loads AS l USING (load) WHERE epoch(l.committed_at) > "
        f"epoch(now()) - {AGES_S:g}",
        "SELECT max(epoch(committed_at)) AS last_at FROM loads",
        "SELECT count(*) AS n FROM put_aside",
    )  # fmt: skip
    if not tables:
        return
    ends = window.ends("epoch(now())")
    happened = (
        'SELECT event_id, table_name, "row" FROM events WHERE '
        f"epoch(happened_at) < {ends} AND epoch(happened_at) >= {ends} - {window.span_s:g}"
    )
    yield Query(
        "reconciliation_warehouse",
        f'SELECT {name} AS consumer, t.name AS "table", count(e.event_id) AS events FROM '
        f"{_names(tables)} LEFT JOIN ({happened}) AS e ON e.table_name = t.name GROUP BY t.name",
        (CONSUMER, TABLE, Column("events", "GAUGE", "events loaded of the span compared")),
    )
    totals = [
        f'SELECT {name} AS consumer, {literal(w.table.name)} AS "table", {literal(c)} AS '
        f"\"column\", coalesce(sum((e.\"row\"->>{literal('$.' + quoted(c))})::"
        f"{SUM_TYPE.format('DECIMAL')}), 0) AS warehouse_added_up FROM happened AS e "
        f"WHERE e.table_name = {literal(w.table.name)}"
        for w in tables for c in w.sums
    ]  # fmt: skip
    if totals:
        yield Query(
            "reconciliation",
            f"WITH happened AS ({happened})\n" + "\nUNION ALL ".join(totals),
            (
                CONSUMER,
                TABLE,
                SUMMED,
                Column("warehouse_added_up", "GAUGE", "sum over those events"),
            ),
        )
    yield Query(
        "reconciliation",
        f"SELECT {name} AS consumer, epoch(now()) AS timestamp_seconds",
        (CONSUMER, Column("timestamp_seconds", "GAUGE", "when this side was counted last")),
    )


def of_loads(
    consumer: str, ages: Mapping[float, str], loaded: str, last: str, aside: str
) -> Iterator[Query]:  # fmt: skip
    """How old events were when a consumer loaded them (`ages` by quantile, out of what was
    `loaded`), when that was last, and what was put aside."""
    name = literal(consumer)
    by_quantile = "\nUNION ALL ".join(
        f"SELECT {name} AS consumer, {literal(f'{q:g}')} AS quantile, {age} AS age_seconds "
        f"FROM {loaded} HAVING count(*) > 0" for q, age in ages.items()
    )  # fmt: skip
    yield Query(
        "pipeline_event", by_quantile,
        (CONSUMER, Column("quantile", "LABEL", "share of the events that are younger"),
         Column("age_seconds", "GAUGE", "age of events when they were loaded")),
    )  # fmt: skip
    yield Query(
        "pipeline_last_load",
        f"SELECT {name} AS consumer, last_at AS timestamp_seconds FROM ({last}) AS l "
        "WHERE last_at IS NOT NULL",
        (CONSUMER, Column("timestamp_seconds", "GAUGE", "when the last load was committed, empty "
                          "or not")),
    )  # fmt: skip
    yield Query(
        "pipeline_put_aside", f"SELECT {name} AS consumer, n AS total FROM ({aside}) AS a",
        (CONSUMER, Column("total", "COUNTER", "dead letters")),
    )  # fmt: skip


def exposed(queries: Iterable[Query]) -> str:
    """A DuckDB statement that gives all samples as the lines that Prometheus reads."""
    parts = []
    for query in queries:
        for metric, column in query.metrics.items():
            about = [f"# HELP {metric} {column.about}", f"# TYPE {metric} {column.usage.lower()}"]
            labels = " || ',' || ".join(
                f"""{literal(f'{name}="')} || {quoted(name)} || {literal('"')}"""
                for name in query.labels
            )
            parts.append(f"SELECT unnest([{', '.join(literal(line) for line in about)}]) AS line")
            parts.append(
                "SELECT " + literal(metric + "{") + f" || {labels} || '}} ' || "
                f"{quoted(column.name)}::DOUBLE FROM (\n{query.sql}\n)"
            )
    return "\nUNION ALL ".join(parts)
