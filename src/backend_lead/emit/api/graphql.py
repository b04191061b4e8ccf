"""api/graphql/: one federation v2 subgraph per owning service, and how they are composed."""

from __future__ import annotations

from typing import Any

from backend_lead.emit.api.persisted import operations, plan_page, router
from backend_lead.emit.api.sdl import Subgraph, hidden_tag
from backend_lead.model.design import Design
from backend_lead.views.api.contract import contract
from backend_lead.views.api.graph import Graph, graph_of, graph_pays
from backend_lead.views.api.names import kebab
from backend_lead.views.yaml_layout import document

ID = "graphql"
GROUP = "api"
RUNS = False
FILES = ()
MORE = (
    r"api/graphql/([a-z0-9_-]+\.graphql|supergraph\.yaml|contracts\.yaml|router\.yaml|plans\.md"
    r"|operations/[a-z0-9_-]+/([a-z0-9_.-]+\.graphql|manifest\.json))"
)
COMPOSER = "=2.9.3"  # what rover composes with: the first line of federation with @listSize
PORT = 4001


def emit(design: Design) -> dict[str, str]:
    """The graph, where one pays; nothing where one service answers for everything."""
    found = contract(design.system)
    if found is None or not graph_pays(found).yes:
        return {}
    graph = graph_of(found)
    assert graph is not None
    told = f"Generated from the model {design.digest}; change the model, not this file."
    return {path: _headed(path, text, told) for path, text in files(graph).items()}


def _headed(path: str, text: str, told: str) -> str:
    """A file with where it comes from; not what clients send byte for byte."""
    if "/operations/" in path:
        return text
    return f"{text}\n{told}\n" if path.endswith(".md") else f"# {told}\n{text}"


def files(graph: Graph) -> dict[str, str]:
    """Every file of the graph, whether or not it pays."""
    out = {f"api/graphql/{name}.graphql": text for name, text in subgraphs(graph).items()}
    out["api/graphql/supergraph.yaml"] = document(supergraph(graph))
    out["api/graphql/contracts.yaml"] = document(contracts(graph))
    out["api/graphql/router.yaml"] = document(router(graph))
    asked = operations(graph)
    if asked:
        out["api/graphql/plans.md"] = plan_page(graph)
    return out | asked


def subgraphs(graph: Graph) -> dict[str, str]:
    """The SDL of each service in the graph."""
    return {service: Subgraph(graph, service).text() for service in graph.services}


def supergraph(graph: Graph) -> dict[str, Any]:
    """What `rover supergraph compose --config supergraph.yaml` takes."""
    return {
        "federation_version": COMPOSER,
        "subgraphs": {
            service: {
                "routing_url": f"http://{kebab(service)}:{PORT}/graphql",
                "schema": {"file": f"./{service}.graphql"},
            }
            for service in graph.services
        },
    }


def contracts(graph: Graph) -> dict[str, Any]:
    """The contract of each audience that may query: the graph without what is tagged as hidden
    from it. Without a query there is no graph."""
    return {
        "contracts": {
            audience: {"exclude": [hidden_tag(audience)], "hideUnreachableTypes": True}
            for audience in graph.audiences
            if any(op.nature == "query" and audience in op.audiences for op in graph.operations)
        }
    }
