"""GraphQL: what clients and other subgraphs see of an edit."""

from __future__ import annotations

import sys

import pytest

from backend_lead.changes.change import CannotJudge, Change, Text
from backend_lead.changes.graphql import PROTOCOL
from backend_lead.model.finding import InvalidInput
from tests.changes.public_pairs import TODAY, systems

BASE = """extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT
directive @show(a: Int) repeatable on FIELD | QUERY
type Query { product(id: ID!): Product top(n: Int = 3): [Product!] }
type Product implements Node @key(fields: "id") @key(fields: "sku brand") {
  id: ID!
  sku: String
  brand: String @shareable
  price: Int
  kind: Kind
}
interface Node { id: ID! }
type Other { x: Int }
union Either = Product | Other
enum Kind { A B }
input Filter { a: Int = 1 }
scalar Money
extend type User @key(fields: "email") {
  email: ID! @external
  total: Int @requires(fields: "email")
}
"""
# id -> the edits; the level is the rule's
EDITS: list[tuple[str, str, str]] = [
    ("type-removed", "scalar Money\n", ""),
    ("type-added", "scalar Money", "scalar Money scalar Time"),
    ("type-changed-kind", "scalar Money", "type Money { a: Int }"),
    ("type-removed-from-union", "Product | Other", "Product"),
    ("type-added-to-union", "= Product", "= User | Product"),
    ("value-removed-from-enum", "A B", "A"),
    ("value-added-to-enum", "A B", "A B C"),
    ("required-input-field-added", "a: Int = 1", "a: Int = 1 b: Int!"),
    ("optional-input-field-added", "a: Int = 1", "a: Int = 1 b: Int"),
    ("input-field-default-value-change", "a: Int = 1", "a: Int = 2"),
    ("implemented-interface-removed", " implements Node", ""),
    ("implemented-interface-added", "type Other {", "type Other implements Node { id: ID!"),
    ("field-removed", "  price: Int\n", ""),
    ("field-added", "price: Int", "price: Int cost: Int"),
    ("field-changed-kind", "price: Int", "price: String"),
    ("field-changed-kind-safe", "price: Int", "price: Int!"),
    ("field-moved", "price: Int\n  kind: Kind\n}", "kind: Kind } extend type Other { price: Int }"),
    ("required-arg-added", "(id: ID!)", "(id: ID!, at: Int!)"),
    ("optional-arg-added", "(id: ID!)", "(id: ID!, at: Int)"),
    ("arg-removed", "(n: Int = 3)", ""),
    ("arg-changed-kind", "n: Int = 3", "n: Int!"),
    ("arg-changed-kind-safe", "id: ID!)", "id: ID)"),
    ("arg-default-value-change", "n: Int = 3", "n: Int = 4"),
    ("directive-removed", "directive @show(a: Int) repeatable on FIELD | QUERY\n", ""),
    ("directive-arg-removed", "@show(a: Int)", "@show"),
    ("required-directive-arg-added", "@show(a: Int)", "@show(a: Int, b: Int!)"),
    ("directive-repeatable-removed", "@show(a: Int) repeatable", "@show(a: Int)"),
    ("directive-location-removed", "FIELD | QUERY", "FIELD"),
    ("deprecated", "price: Int", 'price: Int @deprecated(reason: "use cost")'),
    ("deprecated-without-reason", "price: Int", "price: Int @deprecated"),
    ("key-removed", ' @key(fields: "sku brand")', ""),
    ("key-added", '"sku brand")', '"sku brand") @key(fields: "sku")'),
    ("key-not-resolvable", '"id")', '"id", resolvable: false)'),
    ("field-taken-over", "price: Int", 'price: Int @override(from: "prices")'),
    ("inaccessible-added", "price: Int", "price: Int @inaccessible"),
    ("shareable-removed", " @shareable", ""),
    ("external-removed", " @external", ""),
    ("requires-changed", '@requires(fields: "email")', ""),
    ("provides-changed", "ID!): Product", 'ID!): Product @provides(fields: "sku")'),
    ("authorization-added", "price: Int", "price: Int @authenticated"),
]  # fmt: skip


def changes(old: str, new: str) -> list[Change]:
    return PROTOCOL.changes(Text("old.graphql", old), Text("new.graphql", new), TODAY)


@pytest.mark.parametrize(("id", "old", "new"), EDITS, ids=[id for id, _, _ in EDITS])
def test_an_edit_is_told_by_its_rule_and_place(id: str, old: str, new: str) -> None:
    """Each edit of a subgraph is found with its level, in the right file."""
    assert old in BASE
    rules = {rule.id: rule for rule in PROTOCOL.rules()}
    found = changes(BASE, BASE.replace(old, new, 1))
    (one,) = [change for change in found if change.id == id]
    assert (one.level, one.safe) == (rules[id].level, rules[id].safe)
    assert one.place.line and one.place.file in ("old.graphql", "new.graphql")
    assert {change.id for change in found} <= set(rules)


def test_another_spelling_is_no_change() -> None:
    """Order, comments, descriptions and white space say nothing to clients."""
    other = BASE.replace("price: Int\n  kind: Kind", 'kind: Kind\n  "what it costs" price: Int')
    other = other.replace('"sku brand"', '"sku   brand"').replace(
        "type Query", "# asks\ntype Query"
    )
    assert changes(BASE, other) == []


def test_a_directive_that_no_query_can_use_is_nobodys_business() -> None:
    """Definitions of directives of the schema come and go with the tools that compose it."""
    line = "directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT\n"
    assert changes(BASE, BASE.replace(line, "")) == []


def test_public_subgraphs_are_read_and_their_keys_are_seen() -> None:
    """Each public subgraph and the supergraph equals itself; a key taken away breaks."""
    files = sorted((systems() / "graphql-federation").rglob("*.graphql"))
    assert len(files) == 5
    seen = 0
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert PROTOCOL.is_one(text)
        assert changes(text, text) == []
        without = text.replace('@key(fields: "id")', "", 1)
        if without != text:
            seen += 1
            assert "key-removed" in {c.id for c in changes(text, without)}
    assert seen == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type Query { a: }", "not GraphQL"),
        ("type Query { a: Missing }", "not defined"),
        ("type A { a: Int } type A { b: Int }", "twice"),
        ("type Query { a: " + "[" * 5000 + "Int" + "]" * 5000 + " }", "not GraphQL"),
        ("type Query { " + "a: Int " * 700 + "}", "too many"),
    ],
)
def test_what_cannot_be_read_is_a_finding(
    text: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken, contradictory and hostile texts are told with their place, of both files."""
    if message == "too many":
        monkeypatch.setattr("backend_lead.changes.graphql.sdl.TOKENS_MAX", 1000)
    with pytest.raises(InvalidInput) as caught:
        changes(text, text)
    files = {f.place.file for f in caught.value.findings}
    assert files == {"old.graphql", "new.graphql"}
    assert any(message in f.message for f in caught.value.findings)


def test_without_the_parser_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is an extra; its absence is told."""
    monkeypatch.setitem(sys.modules, "backend_lead.changes.graphql.sdl", None)
    monkeypatch.delitem(sys.modules, "backend_lead.changes.graphql.differences", raising=False)
    with pytest.raises(CannotJudge, match=r"pip install 'backend-lead\[api\]'"):
        changes(BASE, BASE)
