"""What requests carry: versions, orders, parameters with parts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.emit.api.openapi import openapi
from backend_lead.emit.api.sdl import Subgraph
from backend_lead.mock.answering import Mock
from backend_lead.mock.message import Asked
from backend_lead.model.finding import InvalidInput
from backend_lead.views.api.contract import contract
from backend_lead.views.api.graph import graph_of
from backend_lead.views.api.parts import Contract
from tests.emit.api.test_bulk import operation
from tests.mock.library_model import LIBRARY
from tests.mock.test_answering import FIRST, NOW_S, ask, said


def library(*pairs: tuple[str, str]) -> Contract:
    text = LIBRARY
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    found = contract(read_checked_text(text).system)
    assert found is not None
    return found


def parameter(told: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (p for p in told["parameters"] if p["name"] == name)
    return dict(found)


def test_a_change_tells_the_version_it_was_based_on() -> None:
    """`If-Match` must be sent with an update: 428 without, 412 with another version; a removal may
    go without."""
    found = library()
    _, told = operation(openapi(found, "web"), "changeBook")
    assert parameter(told, "If-Match")["required"] and {"412", "428"} <= set(told["responses"])
    _, removed = operation(openapi(found, "web"), "removeBook")
    assert not parameter(removed, "If-Match")["required"]
    mock = Mock(found, "web")
    sent = {"authorization": "Bearer ada", "content-type": "application/merge-patch+json"}
    bare = mock.answer(Asked("PATCH", f"/v1/books/{FIRST}", "", sent, b'{"pages": 3}'), NOW_S)
    assert bare.status == 428 and said(bare)["code"] == "version-wanted"
    stale = ask(mock, "PATCH", f"/v1/books/{FIRST}", {"title": "A", "pages": 3}, if_match='"x"')
    assert stale.status == 412
    etag = ask(mock, "GET", f"/v1/books/{FIRST}").headers["ETag"]
    assert (
        ask(mock, "PATCH", f"/v1/books/{FIRST}", {"title": "A", "pages": 3}, if_match=etag).status
        == 200
    )


def test_times_come_with_the_last_first() -> None:
    """A list that is sorted by a time has the last first where its caller says nothing; other
    fields go upwards."""
    found = library(("sorts: [title, price], page: 20", "sorts: [changed_at, title], page: 20"))
    _, told = operation(openapi(found, "web"), "listBooks")
    assert parameter(told, "sort")["schema"]["default"] == "-changedAt"
    items = said(ask(Mock(found, "web"), "GET", "/v1/books?limit=25"))["items"]
    times = [one["changedAt"] for one in items]
    assert times == sorted(times, reverse=True) and len(set(times)) > 5
    graph = graph_of(found)
    assert graph is not None
    assert "CHANGED_AT_DESC where it is left out" in Subgraph(graph, "app").text()
    _, plain = operation(openapi(library(), "web"), "listBooks")
    assert parameter(plain, "sort")["schema"]["default"] == "title"


def test_a_parameter_with_parts_travels_as_json() -> None:
    """The contract says so, and the mock takes it so and no other way."""
    found = library(("search_books: {does: search, of: book, ",
                     "search_books: {does: search, of: book, takes: {words: {type: string}, "
                     "most_price: {type: money, nullable: true}}, "))  # fmt: skip
    _, told = operation(openapi(found, "web"), "searchBooks")
    one = parameter(told, "mostPrice")
    assert "schema" not in one
    assert one["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Money"}
    mock = Mock(found, "web")
    money = quote(json.dumps({"amount": "9.90", "currency": "EUR"}))
    path = "/v1/search/books?words=lamp&mostPrice="
    assert ask(mock, "GET", path + money).status == 200
    for wrong in ("9.90", "%7B", quote('{"amount": 9}'), "null"):
        assert ask(mock, "GET", path + wrong).status == 400


def test_for_nobody_is_refused() -> None:
    """`for: []` is no way to say everybody."""
    with pytest.raises(InvalidInput) as refused:
        library(("endpoint: app.get_book, for: [readers, shops]}", "endpoint: app.get_book, "
                 "for: []}"))  # fmt: skip
    (finding,) = refused.value.findings
    assert finding.rule == "model-contract-caller" and finding.seen == "for: []"
    assert finding.place.path == "api.operations.get_book.for"


def test_a_contract_speaks_of_its_own_product() -> None:
    """Problems, limits and scopes in examples are those of this API; partners find the sandbox."""
    document = openapi(library(), "partner")
    assert [one["url"] for one in document["servers"]] == [
        "https://api.library.example", "https://sandbox.api.library.example"]  # fmt: skip
    assert len(openapi(library(), "web")["servers"]) == 1
    answers = document["components"]["responses"]
    (forbidden,) = answers["NotAllowed"]["content"]["application/problem+json"]["examples"].values()
    assert forbidden["value"]["detail"] == "The scope books:read is missing."
    assert forbidden["value"]["type"] == "https://api.library.example/docs/problems#not-allowed"
    headers = document["components"]["headers"]
    assert headers["RateLimit-Policy"]["example"] == '"basic";q=10;w=2'
    assert "quantity" not in json.dumps(document) and "orders:write" not in json.dumps(document)
    codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert "method-not-allowed" in codes
    missing = ask(Mock(library(), "web"), "GET", "/v1/books/none")
    assert said(missing)["type"] == "https://api.library.example/docs/problems#not-found"


def test_the_same_values_of_the_same_field_are_one_enumeration() -> None:
    """A shape that repeats a field of an entity has its type, not one beside it."""
    found = library(
        ("api:\n", "api:\n  shapes:\n    card: {fields: {title: {type: string}, state: {type: "
         "string, one_of: [available, lent, withdrawn]}}}\n"),
        ("get_book: {does: get, of: book, ", "get_book: {does: get, of: book, gives: card, "),
    )  # fmt: skip
    schemas = openapi(found, "web")["components"]["schemas"]
    assert schemas["Card"]["properties"]["state"] == {"$ref": "#/components/schemas/BookState"}
    assert "CardState" not in schemas
