"""A field that ends says so in each protocol, with what takes its place."""

from __future__ import annotations

from datetime import date
from typing import Any

import graphql
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from backend_lead.changes import protocols
from backend_lead.changes.change import Text
from backend_lead.emit.api.asyncapi import asyncapi
from backend_lead.emit.api.openapi import openapi
from backend_lead.emit.api.proto import files
from backend_lead.emit.api.sdl import Subgraph
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.graph import graph_of
from backend_lead.views.yaml_layout import document
from tests.api_model import shop_with

END = '{since: "2026-01-15", sunset: "2027-01-15", instead: status}'
TOLD = "Deprecated since 2026-01-15, ends on 2027-01-15; instead: status"
CHANGES = (
    ("      state: {type: string, one_of: [placed, sent, cancelled], generated: true}",
     f"      state: {{type: string, one_of: [placed, sent, cancelled], generated: true, "
     f"deprecated: {END}}}\n      status: {{type: string, generated: true}}"),
    ("      stock: {type: int, example: 12}",
     "      stock: {type: int, example: 12, nullable: true, deprecated: "
     '{since: "2026-01-15", sunset: "2027-01-15"}}'),
    ("      name: {type: string, personal: true, example: Ada}",
     "      name: {type: string, personal: true, example: Ada, deprecated: "
     '{since: "2026-01-15", sunset: "2027-01-15", instead: call_name}}\n'
     "      call_name: {type: string, personal: true, nullable: true}"),
)  # fmt: skip


@pytest.fixture
def shop() -> System:
    return shop_with(*CHANGES)


def schemas_of(system: System) -> dict[str, Any]:
    found = contract(system)
    assert found is not None
    written = openapi(found, "mobile")
    OpenAPIV31SpecValidator(written).validate()
    schemas: dict[str, Any] = written["components"]["schemas"]
    return schemas | {"paths": written["paths"]}


def test_rest_marks_it(shop: System) -> None:
    """OpenAPI has `deprecated` and when it ends, beside a reference and in a body too."""
    schemas = schemas_of(shop)
    state = schemas["Order"]["properties"]["state"]
    assert state["deprecated"] is True and state["description"] == f"State. {TOLD}."
    stock = schemas["Product"]["properties"]["stock"]
    assert stock["deprecated"] is True and stock["description"].endswith("instead: nothing.")
    body = schemas["paths"]["/v2/me/customer"]["patch"]["requestBody"]["content"]
    name = body["application/merge-patch+json"]["schema"]["properties"]["name"]
    assert name["deprecated"] is True and "callName" in name["description"]
    assert "deprecated" not in schemas["Order"]["properties"]["total"]


def test_the_graph_marks_it(shop: System) -> None:
    """Fields of answers and inputs that may be left out carry `@deprecated` with the reason."""
    found = contract(shop)
    assert found is not None
    graph = graph_of(found)
    assert graph is not None
    sdl = Subgraph(graph, "orders").text()
    assert f'state: OrderState! @deprecated(reason: "{TOLD}")' in sdl
    accounts = Subgraph(graph, "accounts").text()
    given = accounts.partition("input ChangeProfileInput {")[2].partition("}")[0]
    assert "name: String @deprecated(" in given and given.count("@deprecated") == 1
    graphql.parse(sdl + accounts)


def test_rpc_and_events_mark_it(shop: System) -> None:
    """Protobuf has the option of the field, AsyncAPI the keyword of the schema."""
    found = contract(shop)
    assert found is not None
    types = files(found)["api/proto/corner_shop/types/v2/types.proto"]
    assert "OrderState state = 5 [deprecated = true];" in types and f"State. {TOLD}." in types
    order = asyncapi(found, shop)["components"]["schemas"]["Order"]["properties"]
    assert order["state"]["deprecated"] is True and "deprecated" not in order["total"]


def texts(system: System) -> dict[str, dict[str, str]]:
    """The contracts of a system by protocol and path."""
    found = contract(system)
    assert found is not None
    graph = graph_of(found)
    assert graph is not None
    return {
        "openapi": {a: document(openapi(found, a)) for a in ("mobile", "partner")},
        "asyncapi": {"events": document(asyncapi(found, system))},
        "graphql": {"orders": Subgraph(graph, "orders").text()},
        "proto": {p: t for p, t in files(found).items() if p.endswith("types.proto")},
    }


def test_marking_a_field_breaks_nobody() -> None:
    """To deprecate is the safe step before a field goes: no protocol calls it breaking."""
    state, marked = CHANGES[0]
    before = texts(shop_with((state, marked.replace(f", deprecated: {END}", ""))))
    after = texts(shop_with(CHANGES[0]))
    for id, protocol in protocols().items():
        for name, old in before[id].items():
            new = after[id][name]
            assert old != new
            told = protocol.changes(Text(name, old), Text(name, new), date(2026, 3, 1))
            assert {change.level for change in told} <= {"compatible"}, told
