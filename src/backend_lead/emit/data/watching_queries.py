"""data/watching/: what makes the metrics that the alerts read, for the exporters people use.

The file of a store is in the format of postgres_exporter's custom queries (prometheus-community;
`--extend.query-path`, and `custom_queries_config_path` of Grafana Alloy's
prometheus.exporter.postgres): a key for each query, its columns as labels, gauges and counters; a
metric is called KEY_COLUMN.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from backend_lead.emit.data.streaming_reading import StreamReading
from backend_lead.emit.report.wording import seconds
from backend_lead.views.data.saga_steps import plans, watch
from backend_lead.views.data.watching import (
    Query,
    Watched,
    Window,
    exposed,
    in_parts,
    of_parts,
    of_store,
    of_views,
    of_warehouse,
    refreshed,
    watched,
)
from backend_lead.views.yaml_layout import document

WINDOW = Window()
FILE = "warehouse.prom"


def measured(read: StreamReading, head: str) -> dict[str, str]:
    """The file of each store with an outbox, and that of the warehouse."""
    out, tables = {}, list[Watched]()
    for capture in read.found.captures:
        own = watched(read.found, capture.store)
        if own:
            asked = [q for q in of_store(capture.store, own, WINDOW)
                     if read.found.needed or not q.id.startswith("reconciliation")]  # fmt: skip
            out[f"data/watching/{capture.store}.queries.yaml"] = (
                head + _about_store(capture.store, read.found.needed) + queries(asked)
            )
        tables += own
    for store in read.layer.stores:
        if tables_in_parts := in_parts(read.layer, store):
            path = f"data/watching/{store}.queries.yaml"
            out[path] = out.get(path, head + _about_store(store)) + queries(
                [of_parts(store, tables_in_parts)]
            )
    for store in refreshed(read.layer):
        path = f"data/watching/{store}.queries.yaml"
        out[path] = out.get(path, head + _about_store(store)) + queries([of_views(store)])
    for home in dict.fromkeys(p.home for p in plans(read.layer)):
        path = f"data/watching/{home}.queries.yaml"
        out[path] = out.get(path, head + _about_store(home)) + queries([watch(home)])
    if not read.found.needed:
        return out
    return out | {"data/watching/warehouse.sql": _warehouse(tables, head)}


def queries(found: Iterable[Query]) -> str:
    """Queries as postgres_exporter reads them."""
    listed: dict[str, Any] = {}
    for query in found:
        listed[query.id] = {
            "query": query.sql,
            "metrics": [{c.name: {"usage": c.usage, "description": c.about}}
                        for c in query.columns],
        }  # fmt: skip
    return document(listed)


def _about_store(store: str, compared: bool = False) -> str:
    late = (
        " Events of the span that ended "
        f"{seconds(WINDOW.settle_s)} ago are counted, so that what is on its way is in neither "
        "side; a relay or a sink that is later than that is told by other alerts."
    )
    return _comment(
        "prometheus-postgres-exporter --disable-default-metrics --disable-settings-metrics "
        f"--extend.query-path={store}.queries.yaml, with DATA_SOURCE_NAME as a role that may "
        "SELECT from outbox, its parts and the tables, and sees every row of them (BYPASSRLS where "
        f"tenants share a table).{late if compared else ''}"
    )


def _warehouse(tables: list[Watched], head: str) -> str:
    about = _comment(
        f"DuckDB. The sink runs it each minute, then moves {FILE}.new into the folder of the "
        "textfile collector of node_exporter (one step, so that no half file is read).", mark="--",
    )  # fmt: skip
    lines = exposed(of_warehouse(tables, WINDOW))
    form = "FORMAT csv, HEADER false, QUOTE '', DELIMITER '\\t'"
    return head.replace("# ", "-- ", 1) + about + f"COPY (\n{lines}\n) TO '{FILE}.new' ({form});\n"


def _comment(text: str, mark: str = "#") -> str:
    return "".join(f"{mark} {line}\n" for line in textwrap.wrap(text, 96))
