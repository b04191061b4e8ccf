"""The star schema: what is counted, what it is grouped by, and what never gets there."""

from __future__ import annotations

import pytest

from backend_lead.catalog.domains import domains, load
from tests.views.data.stars import made, of_domain, of_shop


@pytest.mark.parametrize("id", domains())
def test_every_domain_has_one(id: str) -> None:
    """Each reference domain has a fact table whose dimensions are there, with a count of its rows
    and no column twice."""
    star = of_domain(id)
    known = {d.name for d in star.dimensions}
    for fact in star.facts:
        assert {link.dimension for link in fact.links} <= known
        assert [m.name for m in fact.measures if m.counts]
        names = [a.name for a in fact.degenerate] + [m.name for m in fact.measures]
        assert len(names) == len(set(names))
    assert not [f for f in star.findings if f.level == "error"]


def test_without_products_it_is_read_off_and_says_so() -> None:
    """What a request creates at a time becomes a fact table, its lists with measures another one,
    what they refer to dimensions; a cart has only the time of its last change and becomes none."""
    system = load("ecommerce").system()
    system.pop("data", None)
    star = made(system)
    assert star.derived and all(f.derived for f in star.facts)
    assert [f.name for f in star.facts] == ["fct_orders", "fct_order_lines"]
    assert star.facts[1].grain == "one row for each line of each order"
    assert {d.name for d in star.dimensions} == {"dim_product", "dim_customer"}
    assert [f.rule for f in star.findings] == ["star-no-time"]


def test_a_stated_product_has_its_grain_measures_and_dimensions() -> None:
    """A product of each line has quantity, price and their product; money is added up only within
    a currency, and a price for one never."""
    star = of_shop()
    (sales,) = star.facts
    assert not sales.derived and sales.name == "fct_sales" and sales.late_s == 86_400
    assert {m.name: m.additive for m in sales.measures} == {
        "quantity": "all", "unit_price_amount": "none", "line_amount": "currency",
        "order_line_count": "all",
    }  # fmt: skip
    assert {m.currency for m in sales.measures if m.type == "amount"} == {"unit_price_currency"}
    assert [(k.role, k.dimension) for k in sales.links] == [
        ("product", "dim_product"), ("customer", "dim_customer")]  # fmt: skip


def test_history_makes_versions_of_what_lasts() -> None:
    """A dimension with history is of type 2, without what changes at each event, such as stock."""
    product = of_shop().dimension("dim_product")
    assert product.changes == 2 and product.version_key == "product_version_key"
    assert "price_amount" in {a.name for a in product.attributes}
    assert not {"stock", "updated_at"} & {a.name for a in product.attributes}
    assert of_shop().dimension("dim_customer").changes == 1


@pytest.mark.parametrize("id", domains())
def test_guarded_columns_stay_out_where_nobody_asks(id: str) -> None:
    """No personal, sensitive or secret column of any domain is kept where no product names it."""
    system = load(id).system()
    system.pop("data", None)
    star = made(system)
    tables = star.layer.tables
    kept = [(d.table, a.column) for d in star.dimensions for a in d.attributes]
    kept += [(f.parent if a.above else f.table, a.column) for f in star.facts for a in f.degenerate]
    for table, name in kept:
        column = tables[table].column(name)
        assert not column.hidden and column.cls not in ("personal", "sensitive", "credential")
    assert {d.person for d in star.dimensions if d.table in ("users", "customers", "fans")} <= {
        True
    }


def test_what_a_product_asks_for_is_a_pseudonym() -> None:
    """Personal text that a product names is hashed; a secret stays out, and that is told."""
    sales = of_shop().facts[0]
    hashed = {a.name for a in sales.degenerate if a.treatment == "pseudonym"}
    assert hashed == {f"ship_to_{w}" for w in ("name", "street", "postal_code", "city", "country")}
    system = load("payments").system()
    system["data"] = {"products": {"taken": {"of": "payment", "dimensions": ["idempotency_key"]}}}
    told = made(system).findings
    assert [(f.rule, f.level) for f in told] == [("product-guarded", "warning")]


@pytest.mark.parametrize(("product", "rule"), [
    ({"of": "order", "each": "total"}, "product-list"),
    ({"of": "order", "dimensions": ["colour"]}, "product-field"),
    ({"of": "nothing"}, "product-entity"),
])  # fmt: skip
def test_a_product_that_cannot_be_made_is_told(product: dict[str, object], rule: str) -> None:
    """A product of what is not there is a finding that names it, and the others are made."""
    star = of_shop(bad=product, good={"of": "order"})
    assert [f.rule for f in star.findings if f.level == "error"] == [rule]
    assert "fct_good" in [f.name for f in star.facts]
