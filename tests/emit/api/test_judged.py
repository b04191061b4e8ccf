"""Contracts of every reference domain and of random models, judged by the tools of their users."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from openapi_spec_validator import OpenAPIV31SpecValidator

from backend_lead.catalog.domains import domains, load
from backend_lead.emit.api.asyncapi import asyncapi, events_of
from backend_lead.emit.api.graphql import contracts, subgraphs
from backend_lead.emit.api.openapi import openapi
from backend_lead.emit.api.proto import files
from backend_lead.emit.model.content import content
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.graph import graph_of
from backend_lead.views.api.parts import Contract
from backend_lead.views.yaml_layout import document
from tests.emit.api.judges import ASYNCAPI, COMPOSER, ROOT, buf, node, redocly
from tests.emit.api.random_models import systems
from tests.emit.api.readings import read_graphql, read_proto

# 3.0 is what is asked for, and what generators and brokers' tools read.
EXPLAINED = {"asyncapi-latest-version"}
RANDOM = 60
SEED = 20_260


@cache
def models() -> dict[str, System]:
    """The reference domains, by their id."""
    return {name: System.model_validate(load(name).system()) for name in domains()}


@cache
def random_models() -> dict[str, System]:
    """Some random models, the same in every run of a version of hypothesis.

    Made in a process of their own: hypothesis draws constants of the modules that are loaded.
    """
    code = f"from {__name__} import collected; collected()"
    path = {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True,
                          env=os.environ | path)  # fmt: skip
    said = json.loads(done.stdout)
    return {name: System.model_validate(one) for name, one in said.items()}


def collected() -> None:
    """Write the random models as JSON."""
    out: dict[str, System] = {}

    @seed(SEED)
    @settings(max_examples=RANDOM, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(systems())
    def collect(system: System) -> None:
        name = f"random{len(out)}"
        out[name] = system.model_copy(update={"backend": f"{system.backend}-n{len(out)}"})

    collect()
    said = {name: content(one, full=False) for name, one in out.items()}
    sys.stdout.write(json.dumps(said))


def known(found: dict[str, System]) -> dict[str, Contract]:
    """The contracts of models."""
    out = {name: contract(system) for name, system in found.items()}
    return {name: c for name, c in out.items() if c is not None}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_no_audience_gets_what_it_never_sees(system: System) -> None:
    """A document has no component that nothing in it refers to, such as one behind a field that is
    for others; who may not query has no contract of the graph."""
    found = contract(system)
    if found is None:
        return
    for audience in found.audiences:
        if any(op.nature != "event" for op in found.of_audience(audience)):
            one = openapi(found, audience)
            text = json.dumps(one)
            for name in one["components"]["schemas"]:
                assert f'"#/components/schemas/{name}"' in text
    graph = graph_of(found)
    for audience in contracts(graph)["contracts"] if graph is not None else ():
        assert any(op.nature == "query" for op in found.of_audience(audience))


@pytest.mark.parametrize("which", [models, random_models], ids=["domains", "random"])
def test_openapi_is_clean(which) -> None:
    """OpenAPI documents have no error and no warning: Redocly's recommended rules, and the schema
    of OpenAPI 3.1."""
    documents, plain = {}, []
    for name, c in known(which()).items():
        for audience in c.audiences:
            if any(op.nature != "event" for op in c.of_audience(audience)):
                plain.append(openapi(c, audience))
                documents[f"{name}-{audience}.yaml"] = document(plain[-1])
    for one in plain if which is models else random.Random(SEED).sample(plain, 10):
        OpenAPIV31SpecValidator(one).validate()
    assert redocly(documents) == []


@pytest.mark.parametrize("which", [models, random_models], ids=["domains", "random"])
def test_subgraphs_compose(which) -> None:
    """Subgraphs compose, the contract of each audience too, and clients get a valid schema."""
    graphs = [g for c in known(which()).values() if (g := graph_of(c)) is not None]
    assert graphs
    cases = [
        {
            "subgraphs": subgraphs(g),
            "contracts": {a: c["exclude"] for a, c in contracts(g)["contracts"].items()},
        }
        for g in graphs
    ]
    for verdict in node("compose", COMPOSER, cases):
        assert verdict["errors"] == []
        for sdl in (verdict["sdl"], *verdict["contracts"].values()):
            read_graphql(sdl)


@pytest.mark.parametrize("which", [models, random_models], ids=["domains", "random"])
def test_asyncapi_is_clean(which) -> None:
    """AsyncAPI documents have no diagnostic of AsyncAPI's parser, and none of Redocly's linter."""
    texts = {
        f"{name}.yaml": document(asyncapi(c, which()[name]))
        for name, c in known(which()).items() if events_of(c)
    }  # fmt: skip
    if not texts:
        assert all(not events_of(c) for c in known(which()).values())
        return
    for verdict in node("asyncapi", ASYNCAPI, list(texts.values())):
        assert verdict["read"]
        assert [told for told in verdict["told"] if told.split()[1] not in EXPLAINED] == []
    assert redocly(texts) == []


@pytest.mark.parametrize("which", [models, random_models], ids=["domains", "random"])
def test_proto_is_clean(which) -> None:
    """Protobuf passes buf's standard lint rules and builds; protoc compiles each model alone."""
    together: dict[str, str] = {}
    for c in known(which()).values():
        written = files(c)
        if written and which is models:
            assert read_proto(written).answers
        together |= written
    assert buf(together) == ""
