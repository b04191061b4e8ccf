"""REST, the graph, events and RPC agree with the model and with one another, read back by readers
that are not ours."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings

from backend_lead.emit.api.asyncapi import asyncapi, events_of
from backend_lead.emit.api.graphql import subgraphs
from backend_lead.emit.api.openapi import openapi
from backend_lead.emit.api.proto import files
from backend_lead.model.contract import Audience
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.graph import graph_of
from backend_lead.views.api.parts import Contract
from backend_lead.views.yaml_layout import document
from tests.emit.api.expected import (
    GRAPH,
    PROTO,
    REST,
    answer_of,
    camel,
    inputs_of,
    pascal,
    shape_fields,
)
from tests.emit.api.merged import merged
from tests.emit.api.random_models import systems
from tests.emit.api.readings import (
    Reading,
    Seen,
    read_asyncapi,
    read_graphql,
    read_openapi,
    read_proto,
)

GATE_CASES = 150
FULL_CASES = int(os.environ.get("BACKEND_LEAD_CASES", "3000"))
CONTROLS = {"limit": Seen("int", True), "cursor": Seen("text", True)}
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=GATE_CASES, **QUIET)
@given(systems())
def test_protocols_agree(system: System) -> None:
    """Shapes, fields, types, what may be empty, lists, values, inputs and answers are the same."""
    agree(system)


@pytest.mark.full
@settings(max_examples=FULL_CASES, **QUIET)
@given(systems())
def test_protocols_agree_over_thousands(system: System) -> None:
    """The same over thousands of models."""
    agree(system)


def agree(system: System) -> None:
    """Emit every protocol, read each back, and compare with what the model says."""
    found = contract(system)
    assert found is not None
    for audience in found.audiences:
        if any(op.nature != "event" for op in found.of_audience(audience)):
            rest_agrees(system, found, audience)
    proto_agrees(system, found)
    graph_agrees(system, found)
    events_agree(system, found)


def rest_agrees(system: System, found: Contract, audience: Audience) -> None:
    """REST, for one audience."""
    seen = read_openapi(document(openapi(found, audience)))
    asked = {op.name for op in found.of_audience(audience) if op.nature != "event"}
    same_shapes(seen, shape_fields(system, REST, {audience}), keys_too=False)
    same_operations(system, seen, asked, REST)


def proto_agrees(system: System, found: Contract) -> None:
    """RPC, for our own services."""
    asked = {op.name for op in found.operations.values() if op.nature != "event"}
    written = files(found)
    assert bool(written) == bool(asked)
    if written:
        seen = read_proto(written)
        same_shapes(seen, shape_fields(system, PROTO, None))
        same_operations(system, seen, asked, PROTO)


def graph_agrees(system: System, found: Contract) -> None:
    """The graph, for the apps of ours, as its subgraphs say together."""
    graph = graph_of(found)
    if graph is None:
        return
    seen = read_graphql(merged(subgraphs(graph).values()))
    readers = {name: frozenset[str](graph.readable.get(name, ())) for name in found.entities}
    askers = {op.name: op.clients for op in graph.operations}
    wanted = shape_fields(system, GRAPH, set(graph.audiences), readers, askers)
    for name, lists in graph.reverses.items():
        for reverse in lists:
            del seen.shapes[found.shapes[name].type_name][reverse.name]
    same_shapes(seen, wanted)
    same_operations(system, seen, {op.name for op in graph.operations}, GRAPH)


def events_agree(system: System, found: Contract) -> None:
    """Events carry the shapes that REST gives."""
    if not events_of(found):
        return
    seen = read_asyncapi(document(asyncapi(found, system)))
    same_shapes(seen, shape_fields(system, REST, None))
    events = {pascal(op.name): answer_of(system, op.name, REST) for op in events_of(found)}
    assert seen.answers == events


def same_shapes(
    seen: Reading, wanted: dict[str, dict[str, Seen]], *, keys_too: bool = True
) -> None:
    """Each shape of the model that a contract has is as the model says."""
    for name, fields in wanted.items():
        if name in seen.shapes:
            differ = set(seen.shapes[name].items()) ^ set(fields.items())
            assert not differ, f"{name}: {differ}"


def same_operations(system: System, seen: Reading, asked: Iterable[str], protocol: str) -> None:
    """Every operation is there, takes and answers what the model says, and no other is there."""
    ids = {camel(name): name for name in asked}
    asking = {"getJob", "getBackgroundJob"} | {f"{id_}Job" for id_ in ids}
    assert set(seen.answers) - (asking - set(ids)) == set(ids)
    for id_, name in ids.items():
        wanted = inputs_of(system, name, protocol)
        controls = {"sort", "idempotencyKey", "updateMask"} - set(wanted)
        takes = {n: s for n, s in seen.inputs[id_].items() if n not in controls}
        way, what = answer_of(system, name, protocol)
        if way == "page":
            wanted = wanted | CONTROLS
        assert takes == wanted, f"{name}: {set(takes.items()) ^ set(wanted.items())}"
        if protocol == GRAPH and way == "nothing":
            way, what = "one", Seen("bool")  # GraphQL has no empty answer: true where it is done
        found_way, given = seen.answers[id_]
        assert found_way == way, name
        if what is not None:
            assert given is not None and given.sort == what.sort, name
