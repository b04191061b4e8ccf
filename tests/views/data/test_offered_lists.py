"""What callers may filter and sort lists by: found by an index, or its price is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_lead.catalog.domains import domains
from backend_lead.catalog.tables import OFFERED_ROWS
from backend_lead.views.data.offered_lists import costs, found, unanswered
from tests.views.data.databases import domain_layer


@pytest.mark.parametrize("id", domains())
def test_no_offered_list_reads_too_many_rows(id: str) -> None:
    """Whatever filter or order the API of a domain offers, a page is found in few rows."""
    made = domain_layer(id)
    for variant in made.offered:
        assert not costs(found(variant, made.indexes, made.tables).rows), variant.id


def test_an_order_over_a_whole_table_has_its_index() -> None:
    """Products by price: an index whose only reason is what the API offers; a filter on few rows of
    one owner has none, and says how many rows it reads."""
    made = domain_layer("ecommerce")
    price = next(i for i in made.indexes if i.serves == ("list_products sort=price",))
    assert price.columns == ("price_amount",)
    orders = next(v for v in made.offered if v.id == "list_orders state=...")
    there = found(orders, made.indexes, made.tables)
    assert there.by == "orders_customer_id_created_at_idx" and there.rows < 100
    assert not any(orders.id in i.serves for i in made.indexes)


def test_without_an_index_the_rows_of_the_table_are_the_price() -> None:
    """Where nothing serves an order, all rows are read and sorted; an equality narrows that to the
    rows that have the value."""
    made = domain_layer("ecommerce")
    price = next(v for v in made.offered if v.id == "list_products sort=price")
    bare = found(price, [], made.tables)
    assert (bare.by, bare.rows, bare.sorts) == ("", made.tables["products"].rows, True)
    assert bare.rows > OFFERED_ROWS.value
    orders = next(v for v in made.offered if v.id == "list_orders sort=created_at")
    other = replace(orders, pattern=replace(orders.pattern, order="total_amount"))
    narrowed = found(other, made.indexes, made.tables)
    assert narrowed.sorts and narrowed.by == "orders_customer_id_created_at_idx"
    assert narrowed.rows < 100 < made.tables["orders"].rows


def test_a_list_that_no_statement_answers_is_told() -> None:
    """A list of entries without a statement has no known cost."""
    made = domain_layer("payments")
    assert unanswered(made.system, made.tables, made.patterns) == ["list_entries"]
