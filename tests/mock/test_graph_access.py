"""The graph gives nobody what REST does not: references stop where things are somebody else's."""

from __future__ import annotations

from typing import Any

from backend_lead.app.model_file import read_checked_text
from backend_lead.mock.answering import Mock
from backend_lead.mock.graph import graph_for
from backend_lead.views.api.contract import contract
from tests.mock.test_answering import FIRST, ask, said
from tests.mock.test_graph import WITH_GRAPH
from tests.mock.test_owning import AS_BOB

PUBLIC = """\
    old_loans:
      {does: list, of: loan, endpoint: app.look, for: [readers], path: /loans}
    old_books:
"""
READERS = (
    "    get_reader: {does: get, of: reader, endpoint: app.look, for: [readers]}\n    old_books:\n"
)
SHARED = ("    owned_by: reader\n", "    owned_by: reader\n    shared_with: [everybody]\n")


def library(*pairs: tuple[str, str]) -> Mock:
    """The library with a graph, its loans open to everybody, and texts replaced by others."""
    text = WITH_GRAPH
    for old, new in (SHARED, *pairs):
        assert old in text, old
        text = text.replace(old, new, 1)
    found = contract(read_checked_text(text).system)
    assert found is not None
    mock = Mock(found, "web")
    serving = graph_for(mock)
    assert serving is not None
    mock.also("POST", "/graphql", serving)
    return mock


def post(mock: Mock, query: str, token: str = AS_BOB) -> Any:
    return said(ask(mock, "POST", "/graphql", {"query": query}, token=token))


def test_a_person_behind_a_reference_is_an_id_where_no_operation_gives_others() -> None:
    """`me` gives the caller; whoever lent a book is no more than an id to others, as in REST."""
    mock = library(("    old_books:\n", PUBLIC))
    refused = post(mock, "{ oldLoans { items { reader { email } } } }")
    assert "errors" in refused and "data" not in refused
    found = post(mock, "{ oldLoans { items { reader } } me { email } }")
    rows = found["data"]["oldLoans"]["items"]
    assert {row["reader"] for row in rows} >= {FIRST} and all(isinstance(r["reader"], str)
                                                              for r in rows)  # fmt: skip
    rest = said(ask(mock, "GET", "/v1/loans", token=AS_BOB))["items"]
    assert [row["readerId"] for row in rest] == [row["reader"] for row in rows]


def test_where_one_may_ask_for_them_each_is_asked_whose_it_is() -> None:
    """With an operation that gives readers, a reference leads to those the caller may see, and to
    nothing where REST answers 404."""
    mock = library(("    old_books:\n", PUBLIC), ("    old_books:\n", READERS))
    found = post(mock, "{ oldLoans(limit: 100) { items { id reader { id email } } } }", "ada")
    rows = found["data"]["oldLoans"]["items"]
    rest = {
        row["id"]: row["readerId"]
        for row in said(ask(mock, "GET", "/v1/loans?limit=100", token="ada"))["items"]
    }
    seen = {row["id"]: row["reader"] for row in rows}
    own = {id_ for id_, reader in rest.items() if reader == FIRST}
    assert own and own != set(rest)
    assert {id_ for id_, reader in seen.items() if reader is not None} == own
    other = next(reader for reader in rest.values() if reader != FIRST)
    assert ask(mock, "GET", f"/v1/readers/{other}", token="ada").status == 404
