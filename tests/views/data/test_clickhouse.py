"""ClickHouse DDL, read by a parser of its dialect. (Its own server weighs 0.8 GB: not run here.)"""

from __future__ import annotations

import pytest
from sqlglot import exp, parse_one

from backend_lead.catalog.domains import domains
from backend_lead.views.data.clickhouse import clickhouse
from tests.views.data.stars import of_domain, of_shop


@pytest.mark.parametrize("id", domains())
def test_it_is_clickhouse(id: str) -> None:
    """Each table parses in the dialect, with an engine and an order, and says nothing twice."""
    for ddl in clickhouse(of_domain(id)):
        tree = parse_one(ddl.sql, dialect="clickhouse")
        assert isinstance(tree, exp.Create), ddl.sql
        if tree.kind == "TABLE":
            assert tree.find(exp.EngineProperty) and tree.find(exp.Order), ddl.sql
            names = [c.name for c in tree.find_all(exp.ColumnDef)]
            assert names and len(names) == len(set(names))


def test_what_is_dropped_together_lies_together() -> None:
    """Fact tables are in parts by month, by day where rows are kept for a month, and end when the
    model says; words of a list have few values."""
    texts = {d.sql.split("(")[0].split()[-1]: d.sql for d in clickhouse(of_domain("telemetry"))}
    readings = next(t for n, t in texts.items() if n.startswith("marts.fct_"))
    assert "PARTITION BY date_key" in readings and "INTERVAL 30 DAY DELETE" in readings
    sales = next(d.sql for d in clickhouse(of_shop()) if "marts.fct_sales " in d.sql)
    assert "PARTITION BY toYYYYMM(date_key)" in sales
    assert "`state` LowCardinality(String)" in sales and "`customer_key` FixedString(32)" in sales
    assert "ORDER BY (`state`, `unit_price_currency`, `date_key`, `order_line_key`)" in sales
