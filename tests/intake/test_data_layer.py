"""Reading what a model says of its data layer: every fault is a finding with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.finding import InvalidInput
from backend_lead.views.data.layer import layer
from tests.intake.data_shop import DATA_SHOP

UNKNOWN, _D = "model-unknown-reference", "model-data-"
OPS = "components.db.operations"
READ, WRITE = f"{OPS}.orders_of.pattern", f"{OPS}.put_order.pattern"
ORDER, SOLD, SPENT = "entities.order", "data.products.sold", "data.online.spent"


def test_a_good_data_layer_is_read_without_findings() -> None:
    """Patterns, parts, purposes, products and online answers are read, and make a layer."""
    reading = read_text(DATA_SHOP)
    assert reading.findings == []
    found = layer(reading.system)
    assert found is not None and found.tables["orders"].parts is not None


@pytest.mark.parametrize(("old", "new", "rule", "path", "seen", "allowed", "hint"), [
    # statements
    ("by: [buyer_id], order", "by: [buyer], order", UNKNOWN, f"{READ}.by[0]", "buyer",
     "buyer_id", "did you mean `buyer_id`?"),
    ("order: -made_at", "order: -made", UNKNOWN, f"{READ}.order", "made", "made_at",
     "did you mean `made_at`?"),
    ("with: [lines], rows", "with: [total], rows", UNKNOWN, f"{READ}.with[0]", "total", "lines",
     "use one that is there"),
    ("usual: {state: open}", "usual: {state: opn}", UNKNOWN, f"{READ}.usual.state", "opn",
     "open, done", "did you mean `open`?"),
    ("usual: {state: open}", "change: update", _D + "pattern", f"{READ}.change", "update", "writes",
     "type: write"),
    ("pattern: {change: insert", "pattern: {of: ordr, change: insert", UNKNOWN, f"{WRITE}.of",
     "ordr", "order", "did you mean `order`?"),
    ("entity: order\n        pattern: {change", "pattern: {change", _D + "pattern", WRITE,
     "no entity", "statements about an entity", "entity: NAME"),
    # rows
    ("unique: [[email]]", "unique: [[mail]]", UNKNOWN, "entities.buyer.unique[0][0]", "mail",
     "email", "did you mean `email`?"),
    ("legal_hold: 6 y", "legal_hold: 6 y\n    unique: [[made_at, lines]]", _D + "unique",
     f"{ORDER}.unique[0][1]", "lines", "one value", "take it out"),
    ("legal_hold: 6 y", "legal_hold: 6 y\n    unique: [[state]]", _D + "partition",
     f"{ORDER}.partition.by", "made_at", "with `made_at` in them", "add made_at"),
    ("legal_hold: 6 y", "legal_hold: 6 y\n    tenant: shop_id", UNKNOWN, f"{ORDER}.tenant",
     "shop_id", "buyer_id", "use one that is there"),
    ("legal_hold: 6 y", "legal_hold: 8 y", _D + "hold", f"{ORDER}.retention", "7 y",
     "8 y or more", "say retention: 8 y"),
    ("generated: true, key: true}", "generated: true}", _D + "partition", f"{ORDER}.partition.by",
     "key: id", "a key with `made_at` in it", "key: true at made_at"),
    ("partition: {by: made_at", "partition: {by: total", _D + "partition", f"{ORDER}.partition.by",
     "money", "made_at", "timestamp"),
    ("partition: {by: made_at", "partition: {by: mad_at", UNKNOWN, f"{ORDER}.partition.by",
     "mad_at", "made_at", "did you mean `made_at`?"),
    # purposes
    ("purposes: {selling: {basis", "purposes: {sellin: {basis", UNKNOWN,
     "entities.buyer.purpose[0]", "selling", "sellin", "did you mean `sellin`?"),
    ("  purposes: {selling: {basis: contract}}\n", "", UNKNOWN, "entities.buyer.purpose[0]",
     "selling", "nothing: the model has no purpose", "say data: {purposes: {selling:"),
    ("basis: contract", "basis: habit", "model-wrong-value", "data.purposes.selling.basis", "habit",
     "contract, consent", "contract"),
    # products
    ("      of: order\n      each", "      of: note\n      each", _D + "product", f"{SOLD}.of",
     "note", "buyer, order", "give entities.note fields"),
    ("each: lines", "each: line", UNKNOWN, f"{SOLD}.each", "line", "lines",
     "did you mean `lines`?"),
    ("      when: made_at", "      when: state", _D + "product", f"{SOLD}.when", "string",
     "made_at", "timestamp"),
    ("measures: [quantity]", "measures: [sku]", _D + "product", f"{SOLD}.measures[0]", "string",
     "total, quantity", "type int"),
    ("dimensions: [sku, state]", "dimensions: [sku, stat]", UNKNOWN, f"{SOLD}.dimensions[1]",
     "stat", "state", "did you mean `state`?"),
    ("      by: buyer_id", "      by: buyer_i", UNKNOWN, f"{SPENT}.by", "buyer_i", "buyer_id",
     "did you mean `buyer_id`?"),
    ("sums: [total]", "sums: [state]", _D + "product", f"{SPENT}.sums[0]", "string", "total",
     "type int"),
    ("id: {type: id, key: true}\n      email", "id: {type: id}\n      email", _D + "key",
     "entities.buyer.fields.id", "no key: true", "key: true", "say key: true at id"),
    ("  buyer:\n    store: db", "  buyer:\n    store: app", _D + "store", "entities.buyer.store",
     "app", "db", "store: db"),
    ("erase_within: 30 d", "erase_within: 0 s", "model-zero", "data.erase_within", "0 s",
     "more than zero", "for example"),
])  # fmt: skip
def test_a_fault_is_told_with_its_place(
    old: str, new: str, rule: str, path: str, seen: str, allowed: str, hint: str
) -> None:
    """What is referred to must be there and fit; the finding says where, what, and what to do."""
    assert DATA_SHOP.count(old) >= 1
    with pytest.raises(InvalidInput) as caught:
        read_text(DATA_SHOP.replace(old, new, 1))
    finding = next(f for f in caught.value.findings if f.place.path == path)
    assert finding.rule == rule and finding.level == "error" and finding.place.line
    assert seen in finding.seen and allowed in finding.allowed
    assert hint in finding.hint


@pytest.mark.parametrize(("old", "new", "rule", "path", "words"), [
    ("email: {type: email, personal: true}",
     "email: {type: email, personal: true}\n      last: {type: ref(order)}", "circle",
     "entities.buyer.fields.last", ("buyer.last -> order.buyer_id -> buyer", "nullable: true")),
    ("state: {type: string, one_of: [open, done]}",
     "state: {type: string, one_of: [open, done]}\n      user: {type: string}", "reserved",
     "entities.order.fields.user", ("a word of SQL", "call it order_user")),
    ("  note:\n", "  note:\n    plural: end\n    fields: {id: {type: id, key: true}}\n", "reserved",
     "entities.note", ("`end`, the table of `note`", "plural: end-rows")),
    ("erase: keep", "erase: delete", "hold", "entities.order.erase",
     ("the law wins", "erase: keep")),
])  # fmt: skip
def test_what_works_but_will_hurt_is_a_warning(
    old: str, new: str, rule: str, path: str, words: tuple[str, ...]
) -> None:
    """Circles, words of SQL and a hold against an erasure are told, and the model is read."""
    found = [f for f in read_text(DATA_SHOP.replace(old, new, 1)).findings
             if f.rule == _D + rule]  # fmt: skip
    assert [f.place.path for f in found] == [path] and found[0].level == "warning"
    assert all(word in f"{found[0].message} {found[0].hint}" for word in words)


def test_a_reference_into_another_store_is_a_note() -> None:
    """No foreign key can hold between two stores, so the model's reader is told."""
    text = DATA_SHOP.replace("  buyer:\n    store: db", "  buyer:\n    store: other").replace(
        "  db:\n    kind: postgres",
        "  other: {kind: postgres, instance: db.m7g.large}\n  db:\n    kind: postgres",
        1,
    )
    found = [f for f in read_text(text).findings if f.rule == _D + "apart"]
    assert [(f.level, f.place.path) for f in found] == [("note", "entities.order.fields.buyer_id")]


def test_what_looks_secret_is_guarded_until_it_is_said_not_to_be() -> None:
    """A field whose name looks like a password or a card is guarded though nobody said so; one that
    is said to be internal is not."""
    text = DATA_SHOP.replace(
        "email: {type: email, personal: true}",
        "email: {type: email, personal: true}\n      password_hash: {type: string}\n"
        "      card_number: {type: string}\n      phone: {type: string, class: internal}",
    )
    found = layer(read_text(text).system)
    assert found is not None
    told = {c.name: c.cls for c in found.tables["buyers"].columns}
    assert (told["password_hash"], told["card_number"]) == ("credential", "financial")
    assert told["phone"] == "internal"


def test_a_circle_that_may_begin_is_none() -> None:
    """Where one of the references may be empty nothing is told."""
    text = DATA_SHOP.replace(
        "email: {type: email, personal: true}",
        'email: {type: email, personal: true}\n      last: {type: ref(order), "null": true}',
    )
    assert read_text(text).findings == []


def test_every_finding_of_the_data_layer_is_on_its_page() -> None:
    """Who meets a finding of a model's data finds on the page what it tells and what to do."""
    root = Path(__file__).parents[2]
    sources = (root / "src/backend_lead/intake/backend_yaml").glob("*.py")
    texts = [p.read_text(encoding="utf-8") for p in sources]
    told = {rule for text in texts for rule in re.findall(r"model-data-([a-z]+)", text)}
    told |= {rule for text in texts
             for rule in re.findall(r'self\.error\(\s*"([a-z]+)"', text)}  # fmt: skip
    page = (root / "docs/data.md").read_text(encoding="utf-8")
    assert {"hold", "partition", "pattern", "key"} <= told
    assert not [rule for rule in sorted(told) if f"`model-data-{rule}`" not in page]
