"""Whose a thing is: in no request of those outside, and said so in each protocol."""

from __future__ import annotations

from typing import Any

import pytest

from backend_lead.emit.api.openapi import openapi
from backend_lead.emit.api.proto import files
from backend_lead.emit.api.sdl import Subgraph
from backend_lead.model.contract import Audience
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.graph import graph_of
from backend_lead.views.api.owning import objects_of, sees_all
from backend_lead.views.api.parts import Contract
from tests.api_model import shop_with

FROM_TOKEN = "`customerId` is set from the caller's token, never from the request."


def contract_of(system: System) -> Contract:
    found = contract(system)
    assert found is not None
    return found


def body_of(found: Contract, id_: str) -> tuple[dict[str, Any], str]:
    """The body an operation takes, and its description."""
    for methods in openapi(found, "mobile")["paths"].values():
        for op in methods.values():
            if op["operationId"] == id_:
                content = op["requestBody"]["content"]
                return next(iter(content.values()))["schema"], op["description"]
    raise AssertionError(id_)


def test_no_request_says_whose_a_new_thing_is() -> None:
    """The field of `owned_by` is in no body, no input of the graph and no message, and each says
    where it comes from; answers have it."""
    found = contract_of(shop_with())
    body, told = body_of(found, "placeOrder")
    assert "customerId" not in body["properties"] and FROM_TOKEN in told
    graph = graph_of(found)
    assert graph is not None
    sdl = Subgraph(graph, "orders").text()
    given = sdl.partition("input PlaceOrderInput {")[2].partition("}")[0]
    assert given and "customer" not in given and FROM_TOKEN in sdl
    proto = files(found)["api/proto/corner_shop/orders/v2/orders.proto"]
    asked = proto.partition("message PlaceOrderRequest {")[2].partition("\n}")[0]
    assert "lines" in asked and "customer_id" not in asked and FROM_TOKEN in proto
    schemas = openapi(found, "mobile")["components"]["schemas"]
    assert "customerId" in schemas["Order"]["required"]


def test_our_own_services_say_whose_it_is() -> None:
    """A call that internal clients alone make says whose the thing is: its token names nobody."""
    inner = "    inner: {rate: 1/s, access: {audience: internal}, journeys: {resell: 100%}}\n"
    system = shop_with(
        ("  peak: {factor: 3}", inner + "  peak: {factor: 3}"),
        ("    list_orders: {does: list", "    enter_order: {does: create, of: order, endpoint: "
         "orders.place_order, for: [inner], path: /entered-orders}\n    list_orders: {does: list"),
    )  # fmt: skip
    found = contract_of(system)
    assert "customer_id" in {f.name for f in found.operations["enter_order"].inputs}
    assert "customer_id" not in {f.name for f in found.operations["place_order"].inputs}


def test_what_belongs_to_something_of_the_caller_names_it() -> None:
    """Where the owner is known through another thing, the caller names that, and it is checked."""
    system = shop_with(
        ("  customer:\n    store", """  parcel:
    store: shop-db
    owned_by: order_id
    row: 100 B
    rows: 10k
    fields:
      id: {type: id, key: true}
      order_id: {type: ref(order)}
  customer:
    store"""),
        ("    list_orders: {does: list", "    ship: {does: create, of: parcel, endpoint: "
         "orders.place_order, for: [app]}\n    list_orders: {does: list"),
    )  # fmt: skip
    found = contract_of(system)
    body, told = body_of(found, "ship")
    assert body["required"] == ["orderId"]
    assert "`orderId` must name what the caller may see, else 404." in told
    assert objects_of(system.entities, found.operations["ship"]).startswith("`parcel.order_id` is,")


@pytest.mark.parametrize(("shared", "told"), [
    ("", True), ("    shared_with: [everybody]\n", False),
])  # fmt: skip
def test_what_is_shared_with_everybody_is_found_by_everybody(shared: str, told: bool) -> None:
    """Only where things are not shared with everybody does a read answer 404 for another's."""
    found = contract_of(shop_with(("    owned_by: customer_id\n",
                                   f"    owned_by: customer_id\n{shared}")))  # fmt: skip
    described = openapi(found, "mobile")["paths"]["/v2/orders/{orderId}"]["get"]["description"]
    assert ("somebody else" in described) is told


def test_a_role_within_an_owner_sees_no_other_owner() -> None:
    """A role that people hold within a tenant does not open other tenants; support does."""
    system = shop_with((
        "      email: {type: email, personal: true, seen_by: [app, site]}",
        "      email: {type: email, personal: true, seen_by: [app, site]}\n"
        "  member:\n    store: shop-db\n    owned_by: customer_id\n    row: 100 B\n    rows: 10k\n"
        "    fields:\n      id: {type: id, key: true}\n      customer_id: {type: ref(customer)}\n"
        "      role: {type: string, one_of: [clerk, owner]}",
    ), ("roles: [support]", "roles: [clerk]"))  # fmt: skip
    clerk = contract_of(system)
    assert not sees_all(clerk.entities, clerk.operations["cancel_order"])
    support = contract_of(shop_with())
    assert sees_all(support.entities, support.operations["cancel_order"])


def test_what_asks_for_a_role_says_so_in_each_protocol() -> None:
    """The role is in the description and a field of REST, in the graph and in RPC."""
    found = contract_of(shop_with())
    wanted = "Wants one of these roles: support."
    for methods in openapi(found, "web")["paths"].values():
        for op in methods.values():
            assert (op.get("x-required-roles") == ["support"]) is (
                op["operationId"] == "cancelOrder"
            )
            assert (wanted in op["description"]) is (op["operationId"] == "cancelOrder")
    graph = graph_of(found)
    assert graph is not None and wanted in Subgraph(graph, "orders").text()
    assert wanted in files(found)["api/proto/corner_shop/orders/v2/orders.proto"]


def test_a_token_that_names_nobody_sets_no_owner() -> None:
    """Partners with client credentials are told that whose a new thing is is to be agreed."""
    found = contract_of(shop_with())
    who: tuple[tuple[Audience, str], ...] = (("partner", "names no person"), ("mobile", FROM_TOKEN))
    for audience, told in who:
        paths = openapi(found, audience)["paths"]
        (said,) = (op["description"] for methods in paths.values() for op in methods.values()
                   if op["operationId"] == "placeOrder")  # fmt: skip
        assert told in said
        assert (FROM_TOKEN in said) is (audience == "mobile")
