"""The script of a store runs on a real PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from backend_lead.catalog.domains import domains
from backend_lead.trial.drivers import Server
from backend_lead.views.data.script import in_order, schema
from tests.views.data.databases import domain_layer, in_database, run_all


@pytest.mark.parametrize("id", domains())
def test_a_domain_runs(id: str, server: Server) -> None:
    """Each reference domain's tables, parts and indexes are made without an error, and are there
    with the columns, keys and indexes that the layer says."""
    found = domain_layer(id)

    async def use(line: Any) -> None:
        for store in found.stores:
            groups = dict(schema(found, store))
            await run_all(line, [s for group in groups.values() for s in group])
        rows = await line.fetch(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public'"
        )
        there: dict[str, set[str]] = {}
        for table, column in rows:
            there.setdefault(table, set()).add(column)
        for table in found.tables.values():
            assert there[table.name] == table.has
        made = {r[0] for r in await line.fetch("SELECT indexname FROM pg_indexes")}
        assert {index.name for index in found.indexes} <= made

    in_database(server, use)


@pytest.mark.parametrize("id", domains())
def test_tables_follow_those_they_point_to(id: str) -> None:
    """A table comes after those its foreign keys point to, unless the key is added later."""
    found = domain_layer(id)
    for store in found.stores:
        seen: set[str] = set()
        for table in in_order(found.of_store(store)):
            assert all(k.later or k.table in seen | {table.name} for k in table.foreign)
            seen.add(table.name)
