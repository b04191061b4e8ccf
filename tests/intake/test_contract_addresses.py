"""Addresses of operations that meet are told, whether a path was written or made."""

from __future__ import annotations

import pytest

from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.finding import Finding, InvalidInput
from tests.intake.api_shop import API_SHOP


def told(operation: str) -> list[Finding]:
    """What is found in the shop with one operation more."""
    text = API_SHOP.replace("    list_products:", f"    {operation}\n    list_products:", 1)
    try:
        return list(read_text(text, "shop.yaml").findings)
    except InvalidInput as err:
        return list(err.findings)


SHOW = "more: {does: get, of: product, endpoint: app.show, for: [app], path: %s}"
CHANGE = "more: {does: delete, of: product, endpoint: app.show, for: [app], path: %s}"


@pytest.mark.parametrize(("operation", "message"), [
    (SHOW % '"/products/{productId}"', "`more` and `get_product` are asked for at the same path"),
    (SHOW % '"/orders/{productId}"', "`get_order` and `more` are asked for at the same path"),
    ("more: {does: act, of: product, endpoint: app.order, for: [app], gives: nothing, mine: true, "
     "path: /orders}", "`more` and `place_order` are asked for at the same path"),
    ("more: {does: delete, of: order, endpoint: app.order, for: [app], mine: true, path: "
     '"/products"}', ""),
    (CHANGE % '"/orders/{productId}"',
     "`/orders/{orderId}` cannot be told from `/orders/{productId}` of `more`"),
    (SHOW % '"/{productId}/cancel"', "cannot be told from"), (SHOW % '"/shown/{productId}"', ""),
])  # fmt: skip
def test_a_path_that_is_another_operations_is_refused(operation: str, message: str) -> None:
    """Another's path, and another's path with other names in it; a path of its own is fine."""
    found = [f for f in told(operation) if f.rule == "model-contract-path"]
    assert any(message in f.message for f in found) if message else not found, found


@pytest.mark.parametrize(("old", "new", "hint"), [
    ("backend: shop\n", "backend: My Shop!\n", "for example my-shop"),
    ("one_of: [placed, sent]", "one_of: [Placed, sent]", "for example placed"),
    ("endpoint: app.show", "endpoint: App.Show", "for example app.show"),
    ("    store: db\n    owned_by: id", "    store: db\n    owner: [app, mailer]\n    owned_by: id",
     "name one: app"),
])  # fmt: skip
def test_a_wrong_name_is_answered_with_one_that_may_stand(old: str, new: str, hint: str) -> None:
    """The hint is made of what was written."""
    with pytest.raises(InvalidInput) as refused:
        read_text(API_SHOP.replace(old, new, 1), "shop.yaml")
    assert hint in {f.hint for f in refused.value.findings}


def test_a_second_service_that_changes_an_entity_is_told() -> None:
    """Though the owner is said, whoever else changes it is named; a single one is no finding."""
    more = "  mailer:\n    kind: http-service\n    endpoints:\n      fix: {does: [query: db.put]}\n"
    text = API_SHOP.replace("  mailer:\n    kind: worker\n    endpoints:\n", f"{more}  sender:\n"
                            "    kind: worker\n    endpoints:\n", 1)  # fmt: skip
    text = text.replace("  order:\n    store: db\n", "  order:\n    store: db\n    owner: app\n", 1)
    change = "    fix: {does: update, of: order, endpoint: mailer.fix, for: [app]}\n"
    reading = read_text(text.replace("    list_products:", f"{change}    list_products:", 1))
    (finding,) = (f for f in reading.findings if f.rule == "model-contract-owner")
    assert finding.level == "warning" and "mailer changes `order` (`fix`)" in finding.message
    assert not [f for f in read_text(text).findings if f.rule == "model-contract-owner"]


def test_months_are_no_duration() -> None:
    """A length that protobuf cannot tell is refused as an example; days and hours are fine."""
    for value, fine in (("P1M", False), ("P2Y", False), ("P30D", True), ("P1DT2H30M", True)):
        field = f"ship_in: {{type: duration, example: {value}}}\n      ship_on:"
        text = API_SHOP.replace("ship_on:", field, 1)
        if fine:
            assert read_text(text).findings == []
            continue
        with pytest.raises(InvalidInput) as refused:
            read_text(text)
        assert refused.value.findings[0].rule == "model-contract-example"
