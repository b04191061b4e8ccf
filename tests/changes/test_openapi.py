"""OpenAPI: every rule by the edit it is about, in the direction it is about."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend_lead.changes.change import Change, Text
from backend_lead.changes.openapi import PROTOCOL
from backend_lead.changes.schemas import LAWS
from tests.changes import operation_edits, property_edits, public_pairs, schema_edits
from tests.changes.public_pairs import TODAY
from tests.changes.schema_edits import Schema, with_property

# Rules of the reference tool that need a policy of days that it is told, which we do not take.
NOT_COVERED = {
    "api-deprecated-sunset-missing", "request-parameter-deprecated-sunset-missing",
    "request-property-deprecated-sunset-missing", "response-property-deprecated-sunset-missing",
}  # fmt: skip
# The law of a property read off the names for requests and responses.
SCHEMA_CASES: list[tuple[str, str, Schema, Schema]] = [
    *((there, there, old, new) for there, _, old, new in schema_edits.BOTH_WAYS),
    *((back, back, new, old) for _, back, old, new in schema_edits.BOTH_WAYS),
    *((word, word, old, new) for word, old, new in schema_edits.ONE_WAY),
    *schema_edits.BY_DIRECTION,
]


def compared(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    return PROTOCOL.changes(
        Text("old.json", json.dumps(old)), Text("new.json", json.dumps(new)), TODAY
    )


def everywhere(schema: Schema) -> dict[str, Any]:
    """A contract that sends and returns a schema, in bodies, a parameter, a header, a webhook."""
    there = {"$ref": "#/components/schemas/S"}
    media = {"application/json": {"schema": there}}
    operation = {
        "requestBody": {"content": media},
        "parameters": [{"name": "q", "in": "query", "schema": there}],
        "responses": {"200": {"description": "x", "content": media,
                              "headers": {"X-A": {"schema": there}}}},
    }  # fmt: skip
    hook = {"requestBody": {"content": media}, "responses": {}}
    return {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"},
        "paths": {"/a": {"post": operation}}, "webhooks": {"h": {"post": hook}},
        "components": {"schemas": {"S": schema}},
    }  # fmt: skip


def ids_of_schemas() -> set[str]:
    found: set[str] = set()
    for _, _, old, new in SCHEMA_CASES:
        for wrap in (dict, with_property):
            found |= {c.id for c in compared(everywhere(wrap(old)), everywhere(wrap(new)))}
    for _, _, old, new in property_edits.OF_PROPERTIES:
        found |= {c.id for c in compared(everywhere(old), everywhere(new))}
    return found


@pytest.mark.parametrize(
    ("sent", "read", "old", "new"), SCHEMA_CASES, ids=[f"{s}-{r}" for s, r, _, _ in SCHEMA_CASES]
)
def test_a_schema_edit_is_judged_by_who_sends_and_who_reads(
    sent: str, read: str, old: Schema, new: Schema
) -> None:
    """The same edit has the law's level for requests in a request, for responses in a response."""
    for wrap, inner in ((dict, "body"), (with_property, "property")):
        found = compared(everywhere(wrap(old)), everywhere(wrap(new)))
        levels = {change.id: change.level for change in found}
        back = f"response-{inner}-{read}".replace("body-enum-value-rem", "mediatype-enum-value-rem")
        assert levels[f"request-{inner}-{sent}"] == LAWS[sent].request, levels
        assert levels[back] == LAWS[read].response, levels
        hook = levels[f"webhook-request-{inner}-{read}"]
        assert hook == LAWS[read].response  # what the service sends, the subscriber reads


@pytest.mark.parametrize(("sent", "read", "old", "new"), property_edits.OF_PROPERTIES)
def test_a_property_that_comes_and_goes_is_judged_by_direction(
    sent: str, read: str, old: Schema, new: Schema
) -> None:
    """Required, optional, read-only and write-only properties each have their rule."""
    found = compared(everywhere(old), everywhere(new))
    ids = {change.id for change in found}
    assert {sent, read} - {""} <= ids
    if "read-only-property" in sent:
        assert not [c for c in found if c.id.startswith("request-prop")]


@pytest.mark.parametrize(
    ("id", "old", "new"), operation_edits.EDITS, ids=[id for id, _, _ in operation_edits.EDITS]
)
def test_an_edit_outside_of_schemas_is_told_by_its_rule(
    id: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    """Each rule about operations, parameters, bodies, responses and security finds its edit."""
    rules = {rule.id: rule for rule in PROTOCOL.rules()}
    (found,) = {(c.level, c.safe) for c in compared(old, new) if c.id == id}
    assert found == (rules[id].level, rules[id].safe)
    assert (found[0] == "compatible") == found[1].startswith("Nothing to do")


def test_every_rule_of_the_reference_tool_is_reported_with_its_level() -> None:
    """Of its 509 ids all but four are found by an edit of these tables, each at its level."""
    theirs = public_pairs.levels()
    operations = {c.id for _, old, new in operation_edits.EDITS for c in compared(old, new)}
    ours = {rule.id: rule.level for rule in PROTOCOL.rules()}
    found = operations | ids_of_schemas()
    assert set(theirs) - found == NOT_COVERED
    assert found <= set(ours)  # and nothing is reported that the documentation does not list
    assert {id: ours[id] for id in theirs if id in ours} == {
        id: level for id, level in theirs.items() if id not in NOT_COVERED
    }


def _served(url: str, token: str) -> dict[str, Any]:
    flow = {"clientCredentials": {"tokenUrl": token, "scopes": {}}}
    return {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": {},
        "servers": [{"url": url}],
        "components": {"securitySchemes": {"own": {"type": "oauth2", "flows": flow}}},
    }  # fmt: skip


def test_an_address_that_is_gone_is_told() -> None:
    """Another host breaks who calls the old one; another address of tokens may, for who wrote it
    down; a further host is compatible."""
    here, there = "https://a.example", "https://b.example"
    moved = compared(_served(here, here), _served(there, here))
    assert [(c.id, c.level) for c in moved if "server" in c.id] == [
        ("server-removed", "breaking"), ("server-added", "compatible"),
    ]  # fmt: skip
    tokens = compared(_served(here, here), _served(here, there))
    assert ("token-address-gone", "maybe") in {(c.id, c.level) for c in tokens}
    both = _served(here, here)
    both["servers"].append({"url": there})
    assert [c.id for c in compared(_served(here, here), both)] == ["server-added"]
