"""Star schemas to test with: of reference domains, and of a shop whose products are stated."""

from __future__ import annotations

from typing import Any

import duckdb

from backend_lead.catalog.domains import load
from backend_lead.model.system import System
from backend_lead.views.data.layer import layer
from backend_lead.views.data.star import Star, star
from backend_lead.views.data.transformations import schemas, transformations

PRODUCTS: dict[str, Any] = {
    "sales": {
        "of": "order", "each": "lines", "when": "created_at",
        "measures": ["quantity", "unit_price"],
        "dimensions": ["product_id", "customer_id", "state", "ship_to"], "fresh": "5 min",
        "queries": "0.05/s", "scans": "90 d", "consumers": ["finance"], "owner": "app",
        "answers": "What sells?",
    },
}  # fmt: skip


def of_domain(id: str) -> Star:
    """The star schema of a reference domain as it is."""
    return made(load(id).system())


def of_shop(**products: Any) -> Star:
    """A shop that keeps the history of its products and states what is made of its data."""
    system = load("ecommerce").system()
    system["data"] = {"late": "1 d", "products": products or PRODUCTS}
    system["entities"]["product"]["history"] = True
    return made(system)


def made(system: dict[str, Any]) -> Star:
    """The star schema of a system."""
    found = layer(System.model_validate(system))
    assert found is not None
    out = star(found)
    assert out is not None
    return out


def run(star: Star, database: duckdb.DuckDBPyConnection, pepper: str = "p") -> None:
    """Run every transformation once."""
    for statement in schemas():
        database.execute(statement)
    for step in transformations(star, pepper=pepper):
        for statement in step.statements:
            database.execute(statement)


def rows(database: duckdb.DuckDBPyConnection, relation: str) -> list[list[str]]:
    """The rows of a relation as texts, sorted, columns in the order of their names."""
    named = database.execute(f"select * from {relation} limit 0").description
    columns = ", ".join(sorted(f'"{c[0]}"' for c in named or ()))
    found = database.execute(f"select {columns} from {relation}").fetchall()
    return sorted([str(value) for value in row] for row in found)
