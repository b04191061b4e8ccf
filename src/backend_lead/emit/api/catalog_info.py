"""api/catalog-info.yaml: entities for a Backstage catalogue, one API for each audience."""

from __future__ import annotations

from typing import Any

from backend_lead.emit.api import proto
from backend_lead.emit.api.graphql import subgraphs
from backend_lead.emit.api.reading import WHO, Reading, reading
from backend_lead.model.contract import Audience
from backend_lead.model.design import Design
from backend_lead.views.api.graph import graph_of, graph_pays
from backend_lead.views.api.names import kebab
from backend_lead.views.yaml_layout import document

ID = "catalog-info"
GROUP = "api"
FILES = ()
MORE = r"api/catalog-info\.yaml"
RUNS = False


def emit(design: Design) -> dict[str, str]:
    """Nothing where the model promises no API."""
    read = reading(design)
    if read is None:
        return {}
    entities = [_system(read), *(_api(read, a) for a in audiences(read)), *_others(read),
                *(_component(read, name) for name in read.found.services)]  # fmt: skip
    head = (
        f"# Generated from the model {design.digest}; change the model, not this file.\n"
        "# Owners are groups of your catalogue: api-team, and one for each service.\n"
    )
    return {"api/catalog-info.yaml": head + "---\n".join(document(one) for one in entities)}


def audiences(read: Reading) -> list[Audience]:
    """Those with a contract of their own."""
    return [a for a in read.found.audiences if read.asked(a)]


def _name(read: Reading, audience: Audience) -> str:
    return f"{kebab(read.found.name)}-{audience}"


def _system(read: Reading) -> dict[str, Any]:
    return {
        "apiVersion": "backstage.io/v1alpha1", "kind": "System",
        "metadata": {"name": kebab(read.found.name), "title": read.found.title},
        "spec": {"owner": "group:default/api-team"},
    }  # fmt: skip


def _api(read: Reading, audience: Audience) -> dict[str, Any]:
    used = [f"used-by-{kebab(c.name)}" for c in read.callers(audience)]
    ending = any(op.said.deprecated for op in read.asked(audience))
    return {
        "apiVersion": "backstage.io/v1alpha1", "kind": "API",
        "metadata": {
            "name": _name(read, audience),
            "title": f"{read.found.title}: {WHO[audience].lower()}",
            "description": f"{len(read.asked(audience))} operations"
                           + (", some of which end" if ending else ""),
            "tags": [audience, *used],
            "links": [{"url": f"https://{read.found.host}/docs", "title": "Documentation"}],
        },
        "spec": {
            "type": "openapi", "lifecycle": "production", "owner": "group:default/api-team",
            "system": kebab(read.found.name),
            "definition": {"$text": f"./openapi/{audience}.yaml"},
        },
    }  # fmt: skip


def _others(read: Reading) -> list[dict[str, Any]]:
    """The contracts that are not of one audience: events, calls between services, subgraphs."""
    found, graph = read.found, graph_of(read.found)
    out = []
    if any(op.nature == "event" for op in found.operations.values()):
        out.append(_other(read, "events", "asyncapi", "api-team", "./asyncapi.yaml"))
    for path, text in proto.files(found).items():
        if "\nservice " in text:
            service = kebab(path.rpartition("/")[2].removesuffix(".proto"))
            at = "./" + path.removeprefix("api/")
            out.append(_other(read, f"{service}-rpc", "grpc", service, at))
    for service in subgraphs(graph) if graph is not None and graph_pays(found).yes else ():
        out.append(_other(read, f"{kebab(service)}-subgraph", "graphql", kebab(service),
                          f"./graphql/{service}.graphql"))  # fmt: skip
    return out


_TOLD = {"asyncapi": "events", "grpc": "calls between services", "graphql": "a subgraph"}


def _other(read: Reading, name: str, kind: str, owner: str, path: str) -> dict[str, Any]:
    return {
        "apiVersion": "backstage.io/v1alpha1", "kind": "API",
        "metadata": {
            "name": f"{kebab(read.found.name)}-{name}",
            "title": f"{read.found.title}: {name.replace('-', ' ')}",
            "description": _TOLD[kind],
        },
        "spec": {
            "type": kind, "lifecycle": "production", "owner": f"group:default/{owner}",
            "system": kebab(read.found.name), "definition": {"$text": path},
        },
    }  # fmt: skip


def _component(read: Reading, service: str) -> dict[str, Any]:
    own = read.found.of_service(service)
    given = [_name(read, a) for a in audiences(read)
             if any(a in op.audiences for op in own if op.nature != "event")]  # fmt: skip
    part = read.design.system.components[service]
    return {
        "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
        "metadata": {"name": kebab(service), "title": part.title or service},
        "spec": {
            "type": "service", "lifecycle": "production",
            "owner": f"group:default/{kebab(service)}",
            "system": kebab(read.found.name), "providesApis": given,
        },
    }  # fmt: skip
