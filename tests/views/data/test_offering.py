"""Data products on a real PostgreSQL: the view gives what is offered, masked."""

from __future__ import annotations

from typing import Any

import pytest

from backend_lead.catalog.domains import domains
from backend_lead.trial.drivers import Server
from backend_lead.views.data.access import roles
from backend_lead.views.data.governing import governance
from backend_lead.views.data.offering import offers
from backend_lead.views.data.script import schema
from tests.views.data.databases import domain_layer, in_database, run_all
from tests.views.data.test_erasing import customer, order
from tests.views.data.test_upkeep import NOW


async def whole(line: Any, id: str) -> None:
    """A domain's stores with tables and everything that guards and keeps them."""
    found = domain_layer(id)
    for store in found.stores:
        await run_all(line, [s for _, group in schema(found, store) for s in group])
        await run_all(line, [s for _, group in governance(found, store) for s in group])


@pytest.mark.parametrize("id", domains())
def test_a_view_gives_what_is_offered(id: str, server: Server) -> None:
    """Each product of a domain is a view with exactly the columns and types of its offer, which
    every analyst of that system may read."""

    async def use(line: Any) -> None:
        await whole(line, id)
        found = domain_layer(id)
        assert found.system.data is not None
        assert [o.name for o in offers(found)] == list(found.system.data.products)
        for offer in offers(found):
            rows = await line.fetch(
                "SELECT column_name, data_type FROM information_schema.columns "
                "WHERE table_schema = 'offered' AND table_name = $1 ORDER BY ordinal_position",
                offer.view,
            )
            told = {c.column.name: c.postgres for c in offer.columns}
            short = {"timestamp with time zone": "timestamptz"}
            assert {n: short.get(t, t) for n, t in rows} == told
            assert offer.when and offer.key
        analyst = next(r for r in roles(found) if r.endswith("_analyst"))
        await line.execute(f"SET ROLE {analyst}")
        for offer in offers(found):
            await line.fetch(f"SELECT * FROM offered.{offer.view}")
        await line.execute("RESET ROLE")

    in_database(server, use)


def test_lines_come_with_the_time_of_their_order(server: Server) -> None:
    """A product of each line takes its time from the order; whose it is is a pseudonym."""

    async def use(line: Any) -> None:
        await whole(line, "ecommerce")
        ada = await customer(line, "ada")
        bought = await order(line, ada, NOW)
        product = await line.fetchval(
            "INSERT INTO products (sku, name, description, category_id, price_amount, "
            "price_currency, stock, availability) VALUES ('s', 'n', 'd', 'c', 2, 'EUR', 3, "
            "'in_stock') RETURNING id"
        )
        await line.execute(
            "INSERT INTO order_lines VALUES ($1, 1, $2, 's', 'n', 2, 2.5, 'EUR')", bought, product
        )
        row = await line.fetchrow("SELECT * FROM offered.sales")
        assert row["created_at"] == NOW and row["quantity"] == 2
        assert row["customer_id"] != str(ada) and len(row["customer_id"]) == 32
        assert row["unit_price_currency"] == "EUR" and row["product_id"] == product

    in_database(server, use)
