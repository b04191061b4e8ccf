"""The contracts of the reference domains: whole, sound, and for each audience."""

from __future__ import annotations

from typing import Any

import pytest

from backend_lead.catalog.domains import domains, load
from backend_lead.catalog.domains.callers import for_clients
from backend_lead.emit.api.openapi import openapi
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.guarding import people
from backend_lead.views.api.parts import Contract
from backend_lead.views.yaml_layout import document

# What the types of a contract are filled with where nobody said how a thing looks.
MADE_UP = (" example\n", "A longer text.", "theme: dark", "blue lamp")


def with_partners(id: str) -> dict[str, Any]:
    """A domain's system with the partners that a brief may bring."""
    system, about = load(id).system(), load(id).partners
    clients = system["workload"]["clients"]
    if about:
        journeys = next(iter(clients.values()))["journeys"]
        clients["partners"] = {**about, "rate": "10/s", "journeys": journeys}
        system["api"] = load(id).api(clients)
    return system


def contract_of(system: dict[str, Any]) -> Contract:
    found = contract(System.model_validate(system))
    assert found is not None and not found.derived
    return found


@pytest.mark.parametrize("id", domains())
def test_a_domain_is_read_back_without_findings(id: str) -> None:
    """Written as a model, with partners and without, the reader finds nothing wrong with it."""
    for system in (load(id).system(), with_partners(id)):
        assert read_text(fresh(System.model_validate(system))).findings == []


@pytest.mark.parametrize("id", domains())
def test_a_contract_is_whole(id: str) -> None:
    """Every endpoint that is asked for has its operation; there are events, a bulk, something that
    takes long, screens, and one that fans out where there is more than one kind of thing; every
    client may ask for something."""
    system = System.model_validate(with_partners(id))
    found = contract_of(with_partners(id))
    asked = {ref for journey in system.journeys.values() for ref in journey.steps}
    operations = found.operations.values()
    assert asked <= {op.said.endpoint for op in operations}
    assert 2 <= sum(op.nature == "event" for op in operations) <= 5
    assert any(op.said.bulk for op in operations) and any(op.said.takes_long for op in operations)
    assert 4 <= len(found.screens) <= 8
    things = {op.of.name for op in operations} - people(found)
    fans_out = any(need.each for screen in found.screens.values() for need in screen.needs)
    assert fans_out or len(things) == 1
    assert {name for op in operations for name in op.clients} == set(found.callers)
    assert "partner" in found.audiences


@pytest.mark.parametrize("id", domains())
def test_types_say_what_they_hold(id: str) -> None:
    """No open `json`, no cents beside a currency, and each entity has an owner and somebody's."""
    system = System.model_validate(load(id).system())
    assert system.api is not None
    groups = [entity.fields for entity in system.entities.values()]
    groups += [shape.fields for shape in system.api.shapes.values()]
    groups += [said.takes for said in system.api.operations.values()]
    fields = {name: field for group in groups for name, field in group.items()}
    assert not [name for name, field in fields.items() if "json" in field.type]
    assert not [name for name in fields if name.endswith("_cents")]
    assert all(entity.owner == "app" for entity in system.entities.values())


@pytest.mark.parametrize("id", domains())
def test_examples_look_like_the_real_thing(id: str) -> None:
    """No example in a contract is one that only fills its type."""
    found = contract_of(with_partners(id))
    for audience in found.audiences:
        text = document(openapi(found, audience))
        assert not [words for words in MADE_UP if words in text], audience


@pytest.mark.parametrize("id", domains())
def test_apps_and_partners_say_how_they_come(id: str) -> None:
    """Apps say how long an old release must work, partners what they may choose from, each number
    with its origin."""
    for client in with_partners(id)["workload"]["clients"].values():
        access = client["access"]
        if access["audience"] == "mobile":
            assert {"every", "support"} == set(access["release"])
        if access["audience"] == "partner":
            for tier in access["tiers"].values():
                assert {"range", "origin", "source", "why"} <= set(tier["callers"])
                assert {"range", "origin", "source", "why"} <= set(tier["limit"]["rate"])


def test_without_a_client_what_only_it_needs_is_left_out() -> None:
    """Operations, events and screens of clients that are not there are not in the contract."""
    api = load("generic").api(["web"])
    assert {c for said in api["operations"].values() for c in said["for"]} == {"web"}
    assert "import_items" not in api["operations"] and "offline_copy" not in api["screens"]
    left = for_clients(load("ecommerce").api(["web", "partners"]), ["partners"])
    assert "order_placed" not in left["operations"] and left["screens"] == {}
