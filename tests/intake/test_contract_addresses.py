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
