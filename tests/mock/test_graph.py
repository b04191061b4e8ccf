"""The graph of the mock: the same operations and rows as REST, asked in one document."""

from __future__ import annotations

from typing import Any

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog.domains import domains, load
from backend_lead.mock.answering import Mock
from backend_lead.mock.chance import Predicted
from backend_lead.mock.graph import graph_for
from backend_lead.mock.message import Answer
from backend_lead.model.contract import Audience
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.graph import graph_of
from tests.mock.library_model import LIBRARY
from tests.mock.test_answering import FIRST, ask, lend, said

WITH_GRAPH = LIBRARY.replace("auth: pkce}", "auth: pkce, graph: true}")
BOOK = "query One($id: ID!) { getBook(bookId: $id) { id title price { amount currency } state } }"


def library(audience: Audience = "web", **more: Any) -> Mock:
    found = contract(read_checked_text(WITH_GRAPH).system)
    assert found is not None
    mock = Mock(found, audience, **more)
    serving = graph_for(mock)
    if serving is not None:
        mock.also("POST", "/graphql", serving)
    return mock


def post(mock: Mock, query: str, variables: Any = None, token: str = "ada", **more: Any) -> Answer:
    body = {"query": query, "variables": variables or {}, **more}
    return ask(mock, "POST", "/graphql", body, token=token)


def test_a_field_gives_what_rest_gives() -> None:
    """The same row by both ways, money and enumerations alike."""
    mock = library()
    rest = said(ask(mock, "GET", f"/v1/books/{FIRST}"))
    found = said(post(mock, BOOK, {"id": FIRST}))["data"]["getBook"]
    assert found == {name: rest[name] for name in ("id", "title", "price", "state")}


def test_a_reference_leads_to_what_it_names() -> None:
    """A loan's book is there in the same answer, its reader an id; pages page."""
    mock = library()
    text = "{ myLoans(limit: 2) { nextCursor items { id book { title } reader } } }"
    page = said(post(mock, text))["data"]["myLoans"]
    assert len(page["items"]) == 2 and page["nextCursor"]
    assert all(item["book"]["title"] and item["reader"] == FIRST for item in page["items"])
    text = "query($c: String) { myLoans(limit: 2, cursor: $c) { items { id } } }"
    second = said(post(mock, text, {"c": page["nextCursor"]}))["data"]["myLoans"]
    assert {i["id"] for i in page["items"]} & {i["id"] for i in second["items"]} == set()


def test_what_a_mutation_makes_rest_finds() -> None:
    """One store behind both; an idempotency key works here too."""
    mock = library()
    text = ('mutation($b: ID!) { lendBook(input: {bookId: $b, note: "soon"}, idempotencyKey: '
            '"kkkkkkkkkkkkkkkk") { id note } }')  # fmt: skip
    made = said(post(mock, text, {"b": FIRST}))["data"]["lendBook"]
    assert said(ask(mock, "GET", f"/v1/loans/{made['id']}"))["note"] == made["note"] == "soon"
    assert said(post(mock, text, {"b": FIRST}))["data"]["lendBook"]["id"] == made["id"]
    assert lend(mock, note="other", key="k" * 16).status == 409
    removed = said(post(mock, 'mutation { removeBook(bookId: "%s") }' % FIRST))  # noqa: UP031
    assert removed["data"]["removeBook"] is True
    assert ask(mock, "GET", f"/v1/books/{FIRST}").status == 404


def test_a_failed_field_is_null_beside_the_others() -> None:
    """What is not found is an error with its code; the rest of the screen has its data."""
    text = '{ getBook(bookId: "none") { id } listBooks(sort: TITLE_DESC) { items { title } } }'
    found = said(post(library(), text))
    assert found["data"]["getBook"] is None
    assert found["errors"][0]["extensions"]["code"] == "not-found"
    titles = [item["title"] for item in found["data"]["listBooks"]["items"]]
    assert titles == sorted(titles, reverse=True) and titles


@pytest.mark.parametrize(("query", "status"), [
    ("{ getBook", 400), ("{ nothing }", 400), ("{ getBook(bookId: 1) { secret } }", 400),
    ("{ " + "a " * 3000 + "}", 400), ("{ " + "a { " * 900, 400), ("", 400),
])  # fmt: skip
def test_what_is_no_document_is_refused(query: str, status: int) -> None:
    """Errors of the language, in its own form, without a trace."""
    answer = post(library(), query)
    assert answer.status == status and said(answer)["errors"] and b"Traceback" not in answer.body


def test_who_may_is_asked_for_each_field() -> None:
    """No token, or a token without the scope, gets an error in place of the field."""
    mock = library()
    nobody = said(post(mock, BOOK, {"id": FIRST}, token=""))
    assert nobody["data"]["getBook"] is None
    assert nobody["errors"][0]["extensions"]["status"] == 401
    found = said(post(mock, BOOK, {"id": FIRST}, token="ada~loans.read"))
    assert found["data"]["getBook"] is None
    assert found["errors"][0]["extensions"]["status"] == 403


def test_it_takes_as_long_as_what_it_asks() -> None:
    """Fields of a query are asked together, those of a mutation one after the other."""
    slow = Predicted(0.1, 0.1, 0.1, 0.0, "computed")
    mock = library(predicted={"get_book": slow, "withdraw_book": slow})
    one = 'getBook(bookId: "%s") { id }' % FIRST  # noqa: UP031
    assert post(mock, f"{{ a: {one} b: {one} }}").wait_s == pytest.approx(0.1)
    act = 'withdrawBook(bookId: "%s", idempotencyKey: "%s") { id }'
    both = f"a: {act % (FIRST, 'k' * 16)} b: {act % (FIRST, 'j' * 16)}"
    assert post(mock, f"mutation {{ {both} }}").wait_s == pytest.approx(0.2)


def test_it_is_there_only_where_one_pays() -> None:
    """Not for partners, and not of a model with one service and no client that asks for it."""
    assert ask(library("partner"), "POST", "/graphql", {"query": "{ __typename }"}).status == 404
    found = contract(read_checked_text(LIBRARY).system)
    assert found is not None and graph_for(Mock(found, "web")) is None


@pytest.mark.parametrize("domain", domains())
def test_every_query_without_inputs_is_answered(domain: str) -> None:
    """In each reference domain, with all scalar fields of what it gives."""
    system = System.model_validate(load(domain).system())
    clients = {
        name: client.model_copy(update={
            "access": client.access and client.access.model_copy(update={"graph": True})})
        for name, client in system.workload.clients.items()
    }  # fmt: skip
    workload = system.workload.model_copy(update={"clients": clients})
    found = contract(system.model_copy(update={"workload": workload}))
    assert found is not None
    graph = graph_of(found)
    assert graph is not None
    mock = Mock(found, graph.audiences[0])
    serving = graph_for(mock)
    assert serving is not None
    mock.also("POST", "/graphql", serving)
    schema = said(post(mock, _FIELDS))["data"]["__schema"]
    types = {one["name"]: one for one in schema["types"]}
    asked = 0
    for f in types["Query"]["fields"]:
        if any(a["type"]["kind"] == "NON_NULL" for a in f["args"]):
            continue
        asked += 1
        answer = said(post(mock, f"{{ {f['name']} {_chosen(f['type'], types)} }}"))
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert codes <= {"not-found"}, answer
    assert asked


_FIELDS = """{ __schema { types { name kind fields { name args { type { kind } }
  type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }"""


def _chosen(type_: dict[str, Any], types: dict[str, Any], deep: int = 0) -> str:
    while type_.get("ofType"):
        type_ = type_["ofType"]
    if type_["kind"] != "OBJECT":
        return ""
    parts = []
    for f in types[type_["name"]]["fields"]:
        inner = _chosen(f["type"], types, deep + 1) if deep < 3 else ""
        leaf = not inner and _is_leaf(f["type"])
        if not f["args"] and (leaf or inner):
            parts.append(f"{f['name']} {inner}")
    return f"{{ {' '.join(parts)} }}" if parts else ""


def _is_leaf(type_: dict[str, Any]) -> bool:
    while type_.get("ofType"):
        type_ = type_["ofType"]
    return type_["kind"] in ("SCALAR", "ENUM")
