"""Lineage is read out of the SQL: it follows what the SQL says, not what anybody noted."""

from __future__ import annotations

import pytest

from backend_lead.catalog.domains import domains
from backend_lead.views.data.lineage import Statement, facets, lineage, personal, traced
from backend_lead.views.data.transformations import transformations
from tests.views.data.stars import of_domain, of_shop


@pytest.mark.parametrize("id", domains())
def test_every_column_of_a_mart_has_an_origin(id: str) -> None:
    """Each column comes from one of a store, but for what counts rows and says what is current."""
    star = of_domain(id)
    found = lineage(star)
    counts = {m.name for f in star.facts for m in f.measures if m.counts}
    for step in transformations(star):
        assert set(found[step.relation]) == {c.name for c in step.model.columns}
        for column, origins in found[step.relation].items():
            assert origins or column in counts | {"is_current"}, (step.relation, column)
            for origin in origins:
                assert origin.column in star.layer.tables[origin.table].has


def test_a_renamed_column_is_followed() -> None:
    """A model's SQL that takes another column, under another name, has another lineage."""
    star = of_shop()
    steps = [Statement(t.relation, t.select) for t in transformations(star)]
    edited = [
        Statement(s.relation, s.select.replace("f.quantity,", "f.position as pieces,", 1))
        if s.relation == "marts.fct_sales" else s for s in steps if "agg_" not in s.relation
    ]  # fmt: skip
    assert [s.select for s in edited] != [s.select for s in steps if "agg_" not in s.relation]
    stage = next(i for i, s in enumerate(edited) if s.relation == "staging.stg_order_lines")
    edited[stage] = Statement(
        "staging.stg_order_lines", edited[stage].select.replace("quantity", "position, quantity", 1)
    )
    before, after = (traced(s, star.layer.tables)["marts.fct_sales"] for s in (steps, edited))
    assert [o.column for o in before["quantity"]] == ["quantity"] and "pieces" not in before
    assert [o.column for o in after["pieces"]] == ["position"] and "quantity" not in after


def test_computed_columns_name_all_they_come_from() -> None:
    """Quantity times price comes from both, summed by day it is an aggregation of both."""
    found = lineage(of_shop())
    made = {(o.column, o.how) for o in found["marts.fct_sales"]["line_amount"]}
    assert made == {("quantity", "transformation"), ("unit_price_amount", "transformation")}
    summed = {(o.column, o.how) for o in found["marts.agg_sales_daily"]["line_amount"]}
    assert summed == {("quantity", "aggregation"), ("unit_price_amount", "aggregation")}


def test_each_personal_column_in_a_mart_is_told() -> None:
    """A pseudonym is a note; the same column unhashed, by whoever edits the SQL, is a warning."""
    star = of_shop()
    told = personal(star, lineage(star))
    assert {f.level for f in told} == {"note"}
    assert any("orders.ship_to_city" in f.message and "pseudonym" in f.message for f in told)
    steps = [
        Statement(t.relation, t.select.replace(
            "md5('' || '|' || cast(ship_to_city as varchar))", "ship_to_city"))
        for t in transformations(star)
    ]  # fmt: skip
    found = personal(star, traced(steps, star.layer.tables))
    bare = [f for f in found if f.level == "warning"]
    assert bare and all("ship_to_city" in f.message and f.hint for f in bare)


def test_facets_have_the_shape_of_openlineage() -> None:
    """Each field names its input fields with what was done to them and whether it was masked."""
    facet = facets(lineage(of_shop()), "backend://shop")
    one = next(d for d in facet["datasets"] if d["name"] == "marts.fct_sales")
    fields = one["facets"]["columnLineage"]["fields"]
    assert fields["customer_key"]["inputFields"] == [{
        "namespace": "backend://shop", "name": "raw.customers", "field": "id",
        "transformations": [{"type": "DIRECT", "subtype": "TRANSFORMATION", "description": "",
                             "masking": True}],
    }]  # fmt: skip
