"""Several at once: each item says which thing it is about, and each result which it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.emit.api.openapi import openapi
from backend_lead.emit.api.proto import files
from backend_lead.mock.answering import Mock
from backend_lead.model.finding import InvalidInput
from backend_lead.views.api.contract import contract
from backend_lead.views.api.parts import Contract
from tests.mock.library_model import LIBRARY
from tests.mock.test_answering import FIRST, NOW_S, ask, said

BULKS = """\
    price_books:
      {does: update, of: book, endpoint: app.keep, for: [readers], bulk: 50, roles: [librarian],
       takes: {pages: {type: int}}}
    retire_books:
      {does: act, of: book, endpoint: app.keep, for: [readers], bulk: 50, roles: [librarian]}
    old_books:
"""
SECOND = "01J9ZQ4T7M8W3K5N6P2R0001"


def library(more: str = BULKS) -> Contract:
    found = contract(read_checked_text(LIBRARY.replace("    old_books:\n", more, 1)).system)
    assert found is not None
    return found


def operation(document: dict[str, Any], id_: str) -> tuple[str, dict[str, Any]]:
    """The path of an operation, and what the document says of it."""
    for path, methods in document["paths"].items():
        for one in methods.values():
            if one["operationId"] == id_:
                return path, one
    raise AssertionError(id_)


def item_of(told: dict[str, Any]) -> dict[str, Any]:
    (content,) = told["requestBody"]["content"].values()
    found: dict[str, Any] = content["schema"]["properties"]["items"]["items"]
    return found


@pytest.mark.parametrize(("id_", "where"), [
    ("priceBooks", "/v1/books"), ("retireBooks", "/v1/bulk/books/retire"),
])  # fmt: skip
def test_each_item_of_a_bulk_names_its_thing(id_: str, where: str) -> None:
    """The key is in every item, none is in the path, and no ETag guards what is many."""
    path, told = operation(openapi(library(), "web"), id_)
    assert path == where
    assert "bookId" in item_of(told)["required"]
    answer = told["responses"]["200"]
    assert "ETag" not in answer["headers"] and "412" not in told["responses"]
    (example,) = answer["content"]["application/json"]["examples"].values()
    assert example["value"]["results"][0]["status"] == 200
    proto = files(library())["api/proto/library/app/v1/app.proto"]
    message = proto.partition(f"message {id_[0].upper()}{id_[1:]}Item {{")[2].partition("\n}")[0]
    assert "string book_id = 1;" in message


def test_a_bulk_changes_each_thing_that_is_named() -> None:
    """Two books get their own values, and one that is not there fails by itself; where an item does
    not fit the schema nothing is done, as the contract says."""
    mock = Mock(library(), "web")
    items = [{"bookId": FIRST, "pages": 11}, {"bookId": SECOND, "pages": 22},
             {"bookId": "none", "pages": 3}]  # fmt: skip
    odd = [{"bookId": FIRST, "pages": 1}, {"bookId": FIRST, "pages": "many"}]
    before = said(ask(mock, "GET", f"/v1/books/{FIRST}"))
    refused = ask(mock, "PATCH", "/v1/books", {"items": odd}, content_type="application/json")
    assert refused.status == 422 and said(refused)["errors"][0]["pointer"] == "/items/1/pages"
    assert said(ask(mock, "GET", f"/v1/books/{FIRST}")) == before
    _, told = operation(openapi(library(), "web"), "priceBooks")
    (content,) = told["requestBody"]["content"].values()
    assert "refused whole: nothing is done" in content["schema"]["description"]
    answer = ask(mock, "PATCH", "/v1/books", {"items": items}, content_type="application/json")
    results = said(answer)["results"]
    assert [r["status"] for r in results] == [200, 200, 404]
    assert [r.get("id") for r in results] == [FIRST, SECOND, None]
    pages = [said(ask(mock, "GET", f"/v1/books/{id_}"))["pages"] for id_ in (FIRST, SECOND)]
    assert pages == [11, 22]


def test_a_bulk_tells_the_ids_of_what_it_made() -> None:
    """Each result of what was made has the id by which it is read."""
    mock = Mock(library(), "partner")
    items = [{"title": "A", "price": {"amount": "1.00", "currency": "EUR"}}] * 2
    answer = ask(mock, "POST", "/v1/books", {"items": items}, idempotency_key="k" * 16)
    ids = [one["id"] for one in said(answer)["results"]]
    assert len(set(ids)) == 2
    assert all(ask(mock, "GET", f"/v1/books/{id_}").status == 200 for id_ in ids)
    _, told = operation(openapi(library(), "partner"), "addBooks")
    assert '"id"' in json.dumps(told["responses"]["200"])
    proto = "".join(files(library()).values())
    assert "optional string id = 4;" in proto.partition("message BulkResult {")[2]


@pytest.mark.parametrize("more", [
    "    drop_books: {does: delete, of: book, endpoint: app.keep, for: [readers], bulk: 5}\n",
    "    change_me: {does: update, of: reader, endpoint: app.keep, for: [readers], bulk: 5, "
    "mine: true}\n",
    "    fix: {does: update, of: book, endpoint: app.keep, for: [readers], bulk: 5, "
    "path: '/books/{bookId}/fix'}\n",
])  # fmt: skip
def test_a_bulk_that_would_say_nothing_of_its_items_is_refused(more: str) -> None:
    """Of a delete, of what is the caller's own, and with a key in its path."""
    with pytest.raises(InvalidInput) as refused:
        library(more + "    old_books:\n")
    assert any("bulk" in f"{f.rule} {f.message}" for f in refused.value.findings)


def test_a_finished_job_carries_what_came_of_it() -> None:
    """The job has what its operation gives once it is done, and RPC can ask after jobs."""
    audit = (
        "    audit_books: {does: act, of: book, endpoint: app.keep, for: [readers], takes_long: "
    )
    found = library(audit + "true}\n" + BULKS)
    mock = Mock(found, "web")
    begun = ask(mock, "POST", f"/v1/books/{FIRST}/audit", None, idempotency_key="k" * 16)
    assert begun.status == 202 and said(begun)["result"] is None
    where = begun.headers["Location"]
    done = said(ask(mock, "GET", where, at_s=NOW_S + 60))
    assert done["state"] == "DONE" and done["result"]["id"] == FIRST
    job = openapi(found, "web")["components"]["schemas"]["Job"]
    assert {"$ref": "#/components/schemas/Book"} in job["properties"]["result"]["anyOf"]
    proto = "".join(files(found).values())
    assert "rpc GetJob(GetJobRequest) returns (GetJobResponse)" in proto
    assert "optional google.protobuf.Any result = 5;" in proto
