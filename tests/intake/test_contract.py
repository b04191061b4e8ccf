"""Reading a model's contract with callers: every fault is a finding with its place."""

from __future__ import annotations

import time

import pytest

from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.finding import InvalidInput
from backend_lead.views.api.contract import contract
from tests.intake.api_shop import API_SHOP
from tests.intake.test_backend_yaml import line_of, refused

LIST, GET, PLACE = (f"api.operations.{name}" for name in ("list_products", "get_product",
                                                        "place_order"))  # fmt: skip
CANCEL, PLACED = "api.operations.cancel_order", "api.operations.order_placed"
PRODUCT, ORDER = "entities.product.fields", "entities.order.fields"
UNKNOWN = "model-unknown-reference"
_C = "model-contract-"


def test_a_good_contract_is_read_without_findings() -> None:
    """Operations, shapes, screens and access are read, and make a contract."""
    reading = read_text(API_SHOP)
    assert reading.findings == []
    found = contract(reading.system)
    assert found is not None and not found.derived
    assert found.audiences == ("mobile", "partner")


@pytest.mark.parametrize(("old", "new", "rule", "path", "seen", "allowed", "hint"), [
    # what is referred to
    ("get, of: product", "get, of: prodct", UNKNOWN, f"{GET}.of", "prodct", "product",
     "did you mean `product`?"),
    ("of: product, endpoint: app.show", "of: product, endpoint: app.shw", UNKNOWN,
     f"{GET}.endpoint", "app.shw", "app.show", "did you mean `app.show`?"),
    ("of: product, endpoint: app.show", "of: product, endpoint: db.one", UNKNOWN,
     f"{GET}.endpoint", "db.one", "app.show", "the endpoint that runs it"),
    ("of: product, endpoint: app.show", "of: product, endpoint: mailer.mail", _C + "endpoint",
     f"{GET}.endpoint", "mailer.mail", "without `on`", "takes the request"),
    ("of: product, endpoint: app.show", "of: product", _C + "endpoint", GET, "no endpoint",
     "component.endpoint", "add the line endpoint:"),
    ("topic: bus.orders", "topic: bus.order", UNKNOWN, f"{PLACED}.topic", "bus.order",
     "bus.orders", "did you mean"),
    ("after: place_order", "after: place_ordr", UNKNOWN, f"{PLACED}.after", "place_ordr",
     "place_order", "did you mean `place_order`?"),
    ("filters: [name]", "filters: [nam]", UNKNOWN, f"{LIST}.filters[0]", "nam", "name",
     "did you mean `name`?"),
    ("filters: [name]", "filters: [supplier_note]", _C + "hidden", f"{LIST}.filters[0]",
     "supplier_note", "callers see", "hidden"),
    ("filters: [name]", "filters: [price]", _C + "filters", f"{LIST}.filters[0]", "price",
     "texts, numbers", "takes"),
    ("for: [app], path", "for: [ap], path", UNKNOWN, "api.operations.get_order.for[0]", "ap",
     "app, resellers", "did you mean `app`?"),
    ("home: {journey: browse", "home: {journey: brows", UNKNOWN, "api.screens.home.journey",
     "brows", "browse", "did you mean `browse`?"),
    ("clients: [app], needs", "clients: [web], needs", UNKNOWN, "api.screens.home.clients[0]",
     "web", "app", "client"),
    ("needs: [list_products]", "needs: [list_product]", UNKNOWN, "api.screens.home.needs[0]",
     "list_product", "list_products", "did you mean"),
    ("needs: [list_products]", "needs: [order_placed]", UNKNOWN, "api.screens.home.needs[0]",
     "order_placed", "list_products", "told, not asked"),
    ("owned_by: customer_id", "owned_by: custmer_id", UNKNOWN, "entities.order.owned_by",
     "custmer_id", "customer_id", "did you mean `customer_id`?"),
    ("ref(product)", "ref(prodct)", UNKNOWN, "api.shapes.order_line.fields.product_id.type",
     "prodct", "product", "did you mean `product`?"),
    ("owned_by: id", "owned_by: id\n    owner: shop", UNKNOWN, "entities.customer.owner", "shop",
     "app", "component"),
    ("owned_by: id", "owned_by: id\n    owner: db", _C + "owner", "entities.customer.owner", "db",
     "app", "store"),
    # types
    ("list(order_line)", "list(ordr_line)", UNKNOWN, f"{ORDER}.lines.type", "list(ordr_line)",
     "shapes: order_line", "did you mean `list(order_line)`?"),
    ("stock: {type: int", "stock: {type: uuid", UNKNOWN, f"{PRODUCT}.stock.type", "uuid",
     "id, string, text", "did you mean `id`?"),
    ("stock: {type: int", "stock: {type: jsonb", UNKNOWN, f"{PRODUCT}.stock.type", "jsonb",
     "json", "did you mean `json`?"),
    ("stock: {type: int", "stock: {type: nubmer", UNKNOWN, f"{PRODUCT}.stock.type", "nubmer",
     "number", "did you mean `number`?"),
    ("stock: {type: int", 'stock: {type: "text[]"', "model-wrong-value", f"{PRODUCT}.stock.type",
     "text[]", "list(...)", "did you mean `list(text)`?"),
    ("stock: {type: int", 'stock: {type: "varchar(80)"', "model-wrong-value",
     f"{PRODUCT}.stock.type", "varchar(80)", "string", "did you mean `string` with most: 80?"),
    ("stock: {type: int", "stock: {type: Größe", "model-wrong-value", f"{PRODUCT}.stock.type",
     "Größe", "id, string, text", "shape"),
    ("stock: {type: int", "stock: {type: audit", _C + "type", f"{PRODUCT}.stock.type", "audit",
     "id, string", "ref(audit)"),
    ("quantity: {type: int", "quantity: {type: order_line", _C + "recursive",
     "api.shapes.order_line.fields.quantity.type", "order_line -> order_line", "nullable: true",
     "list(order_line)"),
    ("quantity: {type: int", "quantity: {type: product, example: x}\n        of: {type: int",
     _C + "example", "api.shapes.order_line.fields.quantity.example", "x", "product", "a word"),
    ("stock: {type: int", "stock: {type: int, one_of: [few, many]", _C + "one-of",
     f"{PRODUCT}.stock.type", "int", "string", "type: string"),
    ("stock: {type: int", "stock: {type: int, most: 5", _C + "most", f"{PRODUCT}.stock.most", "5",
     "texts and lists", "delete"),
    ("stock: {type: int", "stock: {type: int, seen_by: [nobody]", UNKNOWN,
     f"{PRODUCT}.stock.seen_by[0]", "nobody", "app", "client"),
    ("example: 7}", "example: seven}", _C + "example", f"{PRODUCT}.stock.example", "seven", "int",
     "for example 3"),
    ("example: 49.90 EUR", "example: 49.90", _C + "example", f"{PRODUCT}.price.example", "49.9",
     "money", "49.90 EUR"),
    ('"2026-03-01"', '"2026-02-30"', _C + "example", f"{ORDER}.ship_on.example", "2026-02-30",
     "date", "2026-03-01"),
    ("example: ada@example.com", "example: ada", _C + "example",
     "entities.customer.fields.email.example", "ada", "email", "ada@"),
    ("example: 7}", "example: 3000000000}", _C + "example", f"{PRODUCT}.stock.example",
     "3000000000", "to 2147483647", "type: long"),
    ("example: 7}", "example: 7.5}", _C + "example", f"{PRODUCT}.stock.example", "7.5", "type int",
     "for example 3"),
    ("most: 80, example: Blue lamp", "most: 4, example: Blue lamp", _C + "example",
     f"{PRODUCT}.name.example", "Blue lamp", "up to 4", "most: 9"),
    ("most: 80, example: Blue lamp", "most: 80, example: 12", _C + "example",
     f"{PRODUCT}.name.example", "12", "in quotes", "a word"),
    ("example: Blue lamp", "example: [Blue, lamp]", "model-wrong-value",
     f"{PRODUCT}.name.example", "[Blue, lamp]", "text", "for example"),
    ('"2026-03-01"', '"20260301"', _C + "example", f"{ORDER}.ship_on.example", "20260301",
     "date", "2026-03-01"),
    ("ship_on: {type: date", "ship_on: {type: timestamp", _C + "example",
     f"{ORDER}.ship_on.example", "2026-03-01", "timestamp", "T09:30:00Z"),
    ("generated: true}\n      ship_on", "example: lost}\n      ship_on", _C + "example",
     f"{ORDER}.state.example", "lost", "placed, sent", "placed"),
    # fields that end
    ("example: 7}", 'example: 7, deprecated: {since: "2026-01-01", sunset: "2027-01-01", '
     "instead: stok}}", UNKNOWN, f"{PRODUCT}.stock.deprecated.instead", "stok", "price", "use one"),
    ("example: 7}", 'example: 7, deprecated: {since: "2026-01-01", sunset: "2027-01-01", '
     "instead: supplier_note}}", _C + "instead", f"{PRODUCT}.stock.deprecated.instead",
     "supplier_note", "stays", "what replaces"),
    ("example: 7}", 'example: 7, deprecated: {since: "2026-01-01", sunset: "2025-01-01"}}',
     "model-deprecated", f"{PRODUCT}.stock.deprecated", "", "", ""),
    # whose it is
    ("owned_by: customer_id", "owned_by: lines", _C + "owned-by", "entities.order.owned_by",
     "lines", "one value", "shared_with: [lines]"),
    ("owned_by: customer_id", "owned_by: customer_id\n    shared_with: [everyone]", UNKNOWN,
     "entities.order.shared_with[0]", "everyone", "everybody", "everybody"),
    ("create, of: order,", "create, of: order, takes: {customer_id: {type: ref(customer)}},",
     _C + "owner-given", f"{PLACE}.takes.customer_id", "customer_id", "owned_by", "roles"),
    # inputs that are taken anyway
    ("create, of: order,", "create, of: order, takes: {idempotency_key: {type: id}},",
     _C + "input", f"{PLACE}.takes.idempotency_key", "idempotency_key", "of their own", "rename"),
    ("list, of: product,", "list, of: product, takes: {cursor: {type: string}},", _C + "input",
     f"{LIST}.takes.cursor", "cursor", "of their own", "rename"),
    # keys
    ("id: {type: id, key: true}\n      name", "id: {type: id}\n      name", _C + "key",
     f"{GET}.of", "product", "key: true", "mine"),
    ("id: {type: id, key: true}\n      name",
     "id: {type: id, key: true, nullable: true}\n      name", _C + "key",
     f"{PRODUCT}.id.nullable", "nullable", "always there", "delete nullable"),
    ("id: {type: id, key: true}\n      name", "id: {type: json, key: true}\n      name",
     _C + "key", f"{PRODUCT}.id.type", "json", "id", "of type id"),
    ("quantity: {type: int", "quantity: {key: true, type: int", _C + "key",
     "api.shapes.order_line.fields.quantity.key", "key: true", "entities", "delete key"),
    ("get, of: product", "get, of: audit", _C + "fields", f"{GET}.of", "audit", "with fields",
     "add fields"),
    # who may call, what it does
    ("app.order, for: [app, resellers]}", "app.order}\n    extra: {does: get, of: product}",
     _C + "endpoint", "api.operations.extra", "no endpoint", "component.endpoint", "endpoint:"),
    ("app.list, for: [app, resellers]", "app.list, for: [resellers]", _C + "caller",
     "api.screens.home.needs[0]", "app", "resellers", "add app to for:"),
    ("{does: get, of: product", "{bulk: 5, does: get, of: product", _C + "unused", f"{GET}.bulk",
     "bulk", "create", "delete"),
    ("{does: get, of: product", "{sorts: [name], does: get, of: product", _C + "unused",
     f"{GET}.sorts", "sorts", "list, search", "delete"),
    ("{does: event", "{public: true, does: event", _C + "unused", f"{PLACED}.public", "public",
     "after", "delete"),
    ("{does: get, of: product", "{gives: int, does: get, of: product", _C + "gives",
     f"{GET}.gives", "int", "a shape", "add a shape"),
    ("{does: get, of: product", "{gives: nothing, does: get, of: product", _C + "gives",
     f"{GET}.gives", "nothing", "an entity", "delete"),
    ("{does: event", "{gives: list(order), does: event", _C + "gives", f"{PLACED}.gives",
     "list(order)", "an entity", "say order"),
    ("instead: place_order", "instead: cancel_order", _C + "instead",
     f"{CANCEL}.deprecated.instead", "cancel_order", "another", "what replaces"),
    ("instead: place_order", "instead: plce_order", UNKNOWN, f"{CANCEL}.deprecated.instead",
     "plce_order", "place_order", "did you mean"),
    ('sunset: "2026-09-01"', 'sunset: "2025-09-01"', "model-deprecated", f"{CANCEL}.deprecated",
     "2025-09-01", "since, and later sunset", "for example"),
    ('since: "2026-01-01"', "since: soon", "model-wrong-value", f"{CANCEL}.deprecated.since",
     "soon", "a day such as", "2026-03-01"),
    ("version: 1.2.0", "version: v1", "model-wrong-value", "api.version", "v1", "1.4.0", "1.0.0"),
    # paths
    ("/orders/{orderId}", "/orders/{id}", UNKNOWN, "api.operations.get_order.path", "id",
     "orderId", "add the input"),
    ("/orders/{orderId}", "/orders/one", _C + "path", "api.operations.get_order.path",
     "/orders/one", "{orderId}", "/orders/one/{orderId}"),
    ("/orders/{orderId}", "Orders", "model-wrong-value", "api.operations.get_order.path",
     "Orders", "/orders/{orderId}/cancel", "/orders"),
    # names
    ("  order:\n    store", "  query:\n    store: db\n    fields: {id: {type: id, key: true}}\n"
     "    row: 1 kB\n    rows: 1\n  order:\n    store", _C + "reserved", "entities.query", "query",
     "protocols", "shop_query"),
    ("    order_line:", "    order-line:\n      fields: {a: {type: int}}\n    order_line:",
     _C + "name", "api.shapes.order_line", "order_line", "more than - and _", "rename"),
    ("    order_line:", "    order_state:\n      fields: {a: {type: int}}\n    order_line:",
     _C + "name", f"{ORDER}.state", "state", "every protocol", "rename"),
    ("    order_line:", "    product_page:\n      fields: {a: {type: int}}\n    order_line:",
     _C + "name", "api.shapes.product_page", "product_page", "every protocol", "rename"),
    ("    order_line:", "    money:\n      fields: {a: {type: int}}\n    order_line:",
     _C + "reserved", "api.shapes.money", "money", "types", "shop_money"),
    ("lines: {type: list", "customer: {type: string}\n      lines: {type: list", _C + "name",
     f"{ORDER}.customer", "customer", "every protocol", "rename"),
    ("one_of: [placed, sent]", "one_of: [on-hold, on_hold]", _C + "name",
     f"{ORDER}.state.one_of[1]", "on_hold", "more than - and _", "rename"),
    ("    get_order:", "    list-orders: {does: list, of: order, endpoint: app.orders}\n"
     "    get_order:", _C + "name", "api.operations.list-orders", "list-orders",
     "more than - and _", "rename"),
    ("stock: {type: int", "größe: {type: int", "model-wrong-name", f"{PRODUCT}.größe", "größe",
     "small letters", "for example grosse"),
    ("stock: {type: int", "constructor: {type: int", _C + "reserved", f"{PRODUCT}.constructor",
     "constructor", "protocols", "shop_constructor"),
    # screens and access
    ("each: list_orders", "each: list_order", UNKNOWN, "api.screens.orders.needs[1].each",
     "list_order", "list_orders", "did you mean"),
    ("ask: get_order, each: list_orders, items: 10", "ask: get_order, after: get_product",
     _C + "screen", "api.screens.orders.needs", "get_order after get_product", "at once", "after"),
    ("after: get_order", "each: get_product, items: 2", _C + "screen", "api.screens.orders.needs",
     "get_product after get_product", "at once", "after"),
    ("- {ask: get_product, after: get_order}", "- {ask: get_product, items: 3}", _C + "screen",
     "api.screens.orders.needs[2].items", "3", "beside each", "add each"),
    ("needs: [list_products]", "needs: [list_products, list_products]", _C + "screen",
     "api.screens.home.needs[1]", "list_products", "once", "each"),
    ("audience: mobile,", "audience: mobile, network: 4gg,", UNKNOWN,
     "workload.clients.app.access.network", "4gg", "4g", "did you mean `4g`?"),
    ("audience: partner", "audience: web", _C + "tiers",
     "workload.clients.resellers.access.tiers", "audience: web", "partner", "limit"),
])  # fmt: skip
def test_a_fault_of_the_contract_says_where_and_what_to_try(
    old: str, new: str, rule: str, path: str, seen: str, allowed: str, hint: str
) -> None:
    """Each fault names its place, the value seen, what is allowed, and a hint; none is a crash."""
    assert old in API_SHOP
    findings = refused(API_SHOP.replace(old, new, 1))
    found = [f for f in findings if (f.rule, f.place.path) == (rule, path)]
    assert found, [(f.rule, f.place.path, f.message) for f in findings]
    finding = found[0]
    assert finding.level == "error" and finding.place.line
    assert seen in finding.seen and allowed in finding.allowed and hint in finding.hint, finding
    words = (finding.message + finding.allowed + finding.hint).lower()
    assert not any(word in words for word in ("pydantic", "pattern", "dict", "keyerror"))


def test_two_services_that_change_an_entity_are_two_owners() -> None:
    """Both are named with their lines; a stated owner settles it."""
    two = API_SHOP.replace("  mailer:", "  desk:\n    kind: http-service\n    endpoints:\n"
                           "      take: {does: [query: db.put]}\n  mailer:", 1)  # fmt: skip
    two = two.replace("buy: {steps: [app.show,", "buy: {steps: [desk.take, app.show,")
    two = two.replace("      endpoint: app.order\n", "      endpoint: desk.take\n")
    (finding,) = refused(two)
    assert finding.rule == "model-contract-owner"
    assert finding.place.line == line_of(two, "endpoint: desk.take")
    first = line_of(two, "place_order: {does: create")
    assert f"app (`place_order`, line {first}) and desk (`cancel_order`)" in finding.message
    assert "owner: app under entities.order" in finding.hint
    assert read_text(two.replace("owned_by: customer_id", "owned_by: customer_id\n    owner: app"))


def test_an_operation_that_no_client_may_call() -> None:
    """With partners alone, what no journey asks for and no `for` opens is nobody's."""
    text = API_SHOP.replace("audience: mobile", "audience: partner").replace(
        "buy: {steps: [app.show, app.order, app.orders]}", "buy: {steps: [app.show, app.order]}"
    )
    text = text.replace("endpoint: app.orders, for: [app]}", "endpoint: app.orders}")
    first = next(f for f in refused(text) if f.rule == "model-contract-caller")
    assert (first.place.path, first.seen) == ("api.operations.list_orders", "nobody")
    assert first.hint == "add the line for: [app]"


def test_a_circle_through_a_list_or_what_may_be_empty_ends() -> None:
    """A tree of comments is no endless type: lists and empty fields end it."""
    for type_ in ("list(order_line)", "order_line, nullable: true"):
        reading = read_text(API_SHOP.replace("quantity: {type: int, example: 2}",
                                             f"parts: {{type: {type_}}}"))  # fmt: skip
        assert contract(reading.system) is not None


def test_five_thousand_operations_are_read_in_seconds() -> None:
    """A large contract is read and checked; of five thousand faults two hundred are told."""
    many = "".join(
        f"    op_{i}: {{does: list, of: product, endpoint: app.list, filters: [name]}}\n"
        for i in range(5000)
    )
    text = API_SHOP.replace("  screens:\n", many + "  screens:\n", 1)
    start = time.process_time()
    reading = read_text(text)
    assert reading.system.api is not None and len(reading.system.api.operations) == 5007
    with pytest.raises(InvalidInput) as caught:
        read_text(text.replace("filters: [name]}", "filters: [nme]}"))
    assert len(caught.value.findings) == 201
    assert any(f.rule == "model-contract-many" for f in caught.value.findings)
    assert time.process_time() - start < 30


def test_the_old_word_for_nullable_is_still_read() -> None:
    """`nullable` is the word; `null`, which other YAML tools want in quotes, says the same."""
    for word in ("nullable", "null", '"null"'):
        text = API_SHOP.replace("stock: {type: int,", f"stock: {{type: int, {word}: true,")
        reading = read_text(text)
        assert reading.findings == []
        assert reading.system.entities["product"].fields["stock"].nullable


@pytest.mark.parametrize(("words", "method_and_path", "findings"), [
    ("", "POST /v1/orders/{orderId}/cancel", 0),
    ("takes: {why: {type: string}}, gives: order", "POST /v1/orders/{orderId}/cancel", 0),
    ('takes: {why: {type: string}}, gives: order, path: "/orders/{orderId}/end"',
     "POST /v1/orders/{orderId}/end", 0),
    ('takes: {why: {type: string}}, gives: order, path: "/endings"', "POST /v1/endings", 0),
    ('takes: {why: {type: string}}, path: "/endings"', "", 1),
    ('path: "/orders/end"', "", 1),
])  # fmt: skip
def test_an_act_is_about_the_one_it_names(words: str, method_and_path: str, findings: int) -> None:
    """An act takes the key of its entity, whatever it answers with; without it in a path of its own
    it begins something new, or is refused."""
    act = "cancel_order: {does: act, of: order, endpoint: app.order, for: [app]"
    before, _, rest = API_SHOP.partition("    cancel_order:\n")
    after = rest[rest.index("    order_placed:") :]
    text = f"{before}    {act}{', ' if words else ''}{words}}}\n{after}"
    if findings:
        told = refused(text)
        assert [(f.rule, f.place.path) for f in told] == [(_C + "path", f"{CANCEL}.path")]
        assert "{orderId}" in told[0].hint
        return
    found = contract(read_text(text).system)
    assert found is not None
    op = found.operations["cancel_order"]
    assert f"{op.method} {op.path}" == method_and_path
