"""The graph: what is in it and for whom, what our apps send, and how a gateway answers it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import graphql
import pytest

from backend_lead.catalog.domains import domains, load
from backend_lead.emit.api.graphql import MORE, contracts, files, subgraphs
from backend_lead.emit.api.persisted import operations, router, text
from backend_lead.model.contract import EntityField
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.documents import documents
from backend_lead.views.api.graph import Graph, graph_of, graph_pays
from backend_lead.views.api.plan import cost, depth, plan, plans
from tests.emit.api.joined_shop import joined_shop
from tests.emit.api.judges import COMPOSER, node
from tests.emit.api.merged import merged
from tools.example_results import answer_of

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "marketplace" / "backend.yaml"


def joined(**changes: Any) -> Graph:
    """The graph of the shop."""
    found = contract(joined_shop().model_copy(update=changes))
    assert found is not None
    graph = graph_of(found)
    assert graph is not None
    return graph


def composed(graph: Graph) -> dict[str, Any]:
    """What the composer makes of a graph: the schema, and that of each audience."""
    excluded = {a: c["exclude"] for a, c in contracts(graph)["contracts"].items()}
    (verdict,) = node("compose", COMPOSER, [{"subgraphs": subgraphs(graph), "contracts": excluded}])
    assert verdict["errors"] == []
    return verdict


# --- whether it pays ------------------------------------------------------------------------------
@pytest.mark.parametrize("name", domains())
def test_one_service_is_given_no_graph(name: str) -> None:
    """A reference domain, one service, gets no graph, and the reason."""
    found = contract(System.model_validate(load(name).system()))
    assert found is not None
    pays = graph_pays(found)
    assert not pays.yes and "nothing to join" in pays.why


def test_a_graph_pays_with_services_to_join_and_people_to_own_them() -> None:
    """Four services and thirty engineers are given one, three engineers are not."""
    shop = joined_shop()
    assert shop.team is not None
    few = shop.model_copy(update={"team": shop.team.model_copy(update={"size": 3})})
    many, small = contract(shop), contract(few)
    assert many is not None and graph_pays(many).yes
    assert small is not None and not graph_pays(small).yes
    assert "3 engineers are one team" in graph_pays(small).why


def test_the_subgraphs_of_the_marketplace_compose() -> None:
    """The example of twelve services is given a graph of those that own something; it composes for
    apps and pages, joins products of one with prices of another, and its screens are priced."""
    design = answer_of(EXAMPLE, "api")
    found = contract(design.system)
    assert found is not None and graph_pays(found).yes
    graph = graph_of(found)
    assert graph is not None and len(graph.services) == 8
    verdict = composed(graph)
    assert set(verdict["contracts"]) == {"mobile", "web"}
    assert {len(plans(graph, name)) for name in ("mobile", "web")} == {len(found.screens)}
    assert design.screens is not None
    for screen in design.screens.screens:
        assert screen.own.of("graph").calls == 1
        assert screen.own.of("graph").p95_s > 0


# --- what is in it --------------------------------------------------------------------------------
def test_a_subgraph_knows_of_others_only_keys() -> None:
    """The key of what another service owns is there, unresolvable unless it adds a list."""
    written = subgraphs(joined())
    assert set(written) == {"catalog", "order-desk", "people", "reviews"}
    assert 'type Account @key(fields: "id", resolvable: false)' in written["catalog"]
    assert 'type Review @key(fields: "product { id } author { id }")' in written["reviews"]
    assert 'type Product @key(fields: "id") {\n  "Id."\n  id: ID!\n  "List' in written["reviews"]
    assert "seller: Account!" in written["catalog"]


def test_what_partners_see_is_not_in_the_graph() -> None:
    """A field for partners alone is nowhere; one for a single audience is cut from the others."""
    graph = joined()
    assert all("margin" not in sdl for sdl in subgraphs(graph).values())
    cut = composed(graph)["contracts"]
    assert "notes: String!" in cut["web"] and "notes" not in cut["mobile"]


def test_values_are_not_called_like_a_type_of_the_protocol() -> None:
    """A field `page` or `input` of a few values does not take the name of a page or an input."""
    shop = joined_shop()
    order = shop.entities["order"]
    few = {w: EntityField(type="string", one_of=["a", "b"]) for w in ("page", "input", "sort")}
    changed = order.model_copy(update={"fields": {**order.fields, **few}})
    graph = joined(entities={**shop.entities, "order": changed})
    schema = graphql.build_schema(composed(graph)["sdl"])
    assert isinstance(schema.type_map["OrderPage"], graphql.GraphQLObjectType)
    assert isinstance(schema.type_map["OrderPageValue"], graphql.GraphQLEnumType)


def test_what_no_operation_gives_is_known_by_its_key() -> None:
    """Without an operation that gives accounts, references tell who, and nothing about them."""
    shop = joined_shop()
    assert shop.api is not None
    kept = {name: op for name, op in shop.api.operations.items() if name != "get_account"}
    graph = joined(api=shop.api.model_copy(update={"operations": kept, "screens": {}}))
    schema = graphql.build_schema(composed(graph)["sdl"])
    account = schema.type_map["Account"]
    assert isinstance(account, graphql.GraphQLObjectType) and list(account.fields) == ["id"]


# --- what apps send -------------------------------------------------------------------------------
def test_persisted_operations_are_valid_for_their_client() -> None:
    """Every operation is valid by the contract of its client's audience, and known by its hash."""
    graph = joined()
    cut = composed(graph)["contracts"]
    written = operations(graph)
    seen = 0
    for client, audience in (("app", "mobile"), ("site", "web")):
        schema = graphql.build_schema(cut[audience])
        manifest = json.loads(written[f"api/graphql/operations/{client}/manifest.json"])
        assert len({entry["name"] for entry in manifest["operations"]}) == len(
            manifest["operations"]
        )
        for entry in manifest["operations"]:
            body = entry["body"]
            assert graphql.validate(schema, graphql.parse(body)) == []
            assert entry["id"] == hashlib.sha256(body.encode()).hexdigest()
            assert body in written.values()
            seen += 1
    assert seen == 9


def test_operations_of_domains_are_valid() -> None:
    """So are those of every reference domain's screens."""
    seen = 0
    for name in domains():
        found = contract(System.model_validate(load(name).system()))
        assert found is not None
        graph = graph_of(found)
        assert graph is not None
        schema = graphql.build_schema(merged(subgraphs(graph).values()))
        for caller in found.callers.values():
            for made in documents(graph, caller).values():
                for one in made:
                    assert graphql.validate(schema, graphql.parse(text(one))) == [], text(one)
                    seen += 1
    assert seen > len(domains())


# --- how it is answered ---------------------------------------------------------------------------
def test_fetches_are_counted_as_planners_do() -> None:
    """Side by side at the root, once for each other service below, after what gave the keys."""
    found = {p.document.name: p for made in plans(joined(), "app").values() for p in made}
    told = {
        name: (p.rounds, [(f.service, f.path, f.after, f.times) for f in p.fetches])
        for name, p in found.items()
    }
    assert told == {  # as Apollo's query planner 2.14.4 plans them
        "Product": (2, [("catalog", "", None, 1), ("people", "getProduct.seller", 0, 1),
                        ("reviews", "getProduct", 0, 1)]),
        "Shelf": (2, [("catalog", "", None, 1), ("reviews", "listProducts.items", 0, 12),
                      ("order-desk", "", None, 1)]),
        "Orders": (2, [("order-desk", "", None, 1),
                       ("catalog", "listOrders.items.lines.product", 0, 6)]),
        "Orders_Then1": (1, [("catalog", "", None, 1)]),
        "Orders_PlaceOrder": (1, [("order-desk", "", None, 1)]),
    }  # fmt: skip


def test_work_once_for_each_of_several_is_named() -> None:
    """A list for each product of a page, and a look-up for each line, are named with how often."""
    risks = [r for made in plans(joined(), "app").values() for p in made for r in p.risks]
    assert {(r.service, r.what, r.times) for r in risks} == {
        ("reviews", "the product of each key", 12), ("reviews", "list_reviews", 12),
        ("catalog", "the product of each key", 6),
    }  # fmt: skip


def test_the_gateway_takes_only_known_operations_within_limits() -> None:
    """Every operation is within the depth and cost that the gateway allows; others are refused."""
    graph = joined()
    found = router(graph)
    assert found["persisted_queries"]["safelist"] == {"enabled": True, "require_id": True}
    assert found["supergraph"] == {"introspection": False}
    most = found["demand_control"]["strategy"]["static_estimated"]["max"]
    for caller in graph.found.callers.values():
        for made in documents(graph, caller).values():
            for one in made:
                assert cost(one) < most and depth(one) < found["limits"]["max_depth"]
                assert plan(graph, one).fetches


def test_every_file_is_named() -> None:
    """The files of a graph are those that the artefact names."""
    for path in files(joined()):
        assert re.fullmatch(MORE, path), path


def test_all_that_an_app_may_ask_is_known_to_the_gateway() -> None:
    """The gateway takes known documents alone, so commands and what no screen asks have one, in the
    manifest and the page of plans; each is valid."""
    shop = joined_shop()
    assert shop.api is not None
    kept = {name: one for name, one in shop.api.screens.items() if name == "product"}
    graph = joined(api=shop.api.model_copy(update={"screens": kept}))
    written = operations(graph)
    schema = graphql.build_schema(merged(subgraphs(graph).values()))
    for client in ("app", "site"):
        manifest = json.loads(written[f"api/graphql/operations/{client}/manifest.json"])
        asked: set[str] = set()
        for one in manifest["operations"]:
            document = graphql.parse(one["body"])
            assert graphql.validate(schema, document) == []
            for told in document.definitions:
                assert isinstance(told, graphql.OperationDefinitionNode)
                asked |= {f.name.value for f in told.selection_set.selections
                          if isinstance(f, graphql.FieldNode)}  # fmt: skip
        assert {"placeOrder", "listOrders", "listProducts"} <= asked
    assert (
        f"./operations/app/{'manifest.json'}"
        in router(graph)["persisted_queries"]["local_manifests"]
    )
