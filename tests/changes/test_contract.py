"""Contracts as documents: places, references, and texts that mean harm."""

from __future__ import annotations

import json

import pytest

from backend_lead.changes.change import Text
from backend_lead.changes.contract import Sameness, read
from backend_lead.changes.openapi import PROTOCOL
from backend_lead.model.finding import InvalidInput
from tests.changes.operation_edits import contract
from tests.changes.public_pairs import TODAY

TREE = {
    "type": "object",
    "properties": {
        "left": {"$ref": "#/components/schemas/Tree"},
        "right": {"$ref": "#/components/schemas/Tree"},
        "value": {"type": "string"},
    },
}
WIDE = 12  # schemas that each refer twice to the next: 4096 ways to the last


def refused(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(Text("c.yaml", text))
    assert all(f.place.file == "c.yaml" and f.hint and f.allowed for f in caught.value.findings)
    return sorted(f.rule for f in caught.value.findings)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("openapi: 3.0.0\npaths: {/a: {$ref: other.yaml}}", ["contract-reference-outside"]),
        ("openapi: 3.0.0\npaths: {/a: {$ref: 'http://x/y'}}", ["contract-reference-outside"]),
        ("openapi: 3.0.0\npaths: {/a: {$ref: '#/nope'}}", ["contract-reference-unknown"]),
        ("openapi: 3.0.0\npaths: {/a: {$ref: '#/paths/~1a'}}", ["contract-reference-circle"]),
        ("a: &a [x, x]\nb: *c", ["yaml-alias"]),
        ("a: !!python/object:os.system x", ["yaml-tag"]),
        ("- a\n- b", ["yaml-not-a-mapping"]),
        ("", ["yaml-empty"]),
        ("a: 1\n---\nb: 2", ["yaml-several-documents"]),
        ("a: 1\na: 2", ["yaml-duplicate-key"]),
        ("a: [1", ["yaml-syntax"]),
        ("[" * 200 + "]" * 200, ["yaml-too-deep"]),
    ],
)
def test_what_cannot_be_read_is_a_finding_with_its_place(text: str, rules: list[str]) -> None:
    """References outside, to nothing or in a circle, and every trick of YAML end in findings."""
    assert refused(text) == rules


def test_aliases_that_expand_without_end_are_refused() -> None:
    """A file of ten lines that would become a billion values is told as what it is."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    assert refused("\n".join(lines)) == ["yaml-alias-bomb"]


def test_json_may_be_indented_with_tabs() -> None:
    """JSON is read as it is, and its places are right."""
    found = read(Text("c.json", '{\n\t"openapi": "3.0.0",\n\t"info": {"title": "t"}\n}'))
    spot = found.top.at("info", "title")
    assert spot is not None and (spot.value, spot.place.line) == ("t", 3)


def test_schemas_that_hold_themselves_are_compared_once() -> None:
    """A tree changes in its value: one change on each way that does not go in a circle."""

    def tree(kind: str) -> Text:
        schema = json.loads(json.dumps(TREE).replace("string", kind))
        media = {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}
        operation = {"responses": {"200": {"description": "x", "content": media}}}
        whole = contract(operation, components={"schemas": {"Tree": schema}})
        return Text(f"{kind}.json", json.dumps(whole))

    found = PROTOCOL.changes(tree("string"), tree("boolean"), TODAY)
    assert [c.field for c in found if c.id == "response-property-type-changed"] == ["value"]


def test_many_ways_to_one_schema_end() -> None:
    """Schemas that refer twice to the next have more ways than any report can hold; it ends."""

    def chain(kind: str) -> Text:
        schemas = {
            f"S{i}": {"type": "object", "properties": {
                side: {"$ref": f"#/components/schemas/S{i + 1}"} for side in ("l", "r")}}
            for i in range(3 * WIDE)
        }  # fmt: skip
        last = {f"S{3 * WIDE}": {"type": kind}}
        media = {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}
        operation = {"responses": {"200": {"description": "x", "content": media}}}
        whole = contract(operation, components={"schemas": {**schemas, **last}})
        return Text(f"{kind}.json", json.dumps(whole))

    found = PROTOCOL.changes(chain("string"), chain("boolean"), TODAY)
    assert any(c.id == "response-property-type-changed" for c in found)


def test_what_refers_to_something_changed_has_changed() -> None:
    """Two values with the same words differ where what they refer to differs, however far."""

    def texts(kind: str) -> str:
        return (f"a: {{$ref: '#/c/A'}}\nb: {{$ref: '#/c/C'}}\nc:\n  A: {{x: {{$ref: '#/c/B'}}}}\n"
                f"  B: {{type: {kind}}}\n  C: {{type: string}}\n")  # fmt: skip

    old, new = (read(Text("c.yaml", texts(kind))) for kind in ("string", "integer"))
    sameness = Sameness(old, new)
    for key, same in (("A", False), ("B", False), ("C", True)):
        was, now = old.top.at("c", key), new.top.at("c", key)
        assert was is not None and now is not None
        assert sameness.same(was, now) is same
