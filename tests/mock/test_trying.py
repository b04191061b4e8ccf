"""What client teams try against the mock: old apps, cursors, known documents, who is who."""

from __future__ import annotations

from typing import Any

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.mock.answering import Mock
from backend_lead.mock.graph import graph_for
from backend_lead.views.api.contract import contract
from tests.mock.library_model import LIBRARY
from tests.mock.test_answering import FIRST, NOW_S, ask, said
from tests.mock.test_graph import WITH_GRAPH, library, post


def test_a_cursor_belongs_to_its_list() -> None:
    """With other filters or another order it is refused; with another page size it goes on."""
    mock = library()
    first = said(ask(mock, "GET", "/v1/books?limit=2&sort=title"))
    after = f"cursor={first['nextCursor']}"
    assert ask(mock, "GET", f"/v1/books?limit=3&sort=title&{after}").status == 200
    for other in ("sort=-title", "sort=title&state=LENT", ""):
        assert ask(mock, "GET", f"/v1/books?limit=2&{other}&{after}").status == 400


def mobile_library() -> Mock:
    found = contract(read_checked_text(LIBRARY.replace("audience: web", "audience: mobile")).system)
    assert found is not None
    return Mock(found, "mobile")


def test_an_app_that_is_too_old_is_refused() -> None:
    """A version before 1 gets 426, as the contract says of those that are served no more."""
    mock = mobile_library()
    assert ask(mock, "GET", f"/v1/books/{FIRST}", app_version="0.0.1").status == 426
    assert ask(mock, "GET", f"/v1/books/{FIRST}", app_version="4.2.0").status == 200


@pytest.mark.parametrize(("version", "status"), [
    ("0", 426), ("0.9.12", 426), ("00.1", 426), ("1", 200), ("1.0.0", 200), ("10.0", 200),
    ("0..0", 400), ("", 400), ("4.2.0.1", 400), ("0.", 400), ("v1", 400), ("1.0-beta", 400),
    ("-1", 400),
])  # fmt: skip
def test_what_is_no_version_is_wrong_before_it_is_too_old(version: str, status: int) -> None:
    """What the pattern of the contract does not take is 400; of the rest, versions before 1 426."""
    mock = mobile_library()
    assert ask(mock, "GET", f"/v1/books/{FIRST}", app_version=version).status == status
    changed = ask(mock, "PATCH", f"/v1/books/{FIRST}", {"noSuchField": 1}, app_version=version)
    assert changed.status == (422 if status == 200 else status)


def test_what_everybody_may_ask_needs_no_token_in_the_graph() -> None:
    """A public operation is answered, others are refused beside it, as in REST."""
    mock = library()
    asked = '{ searchBooks(words: "lamp") { items { id } } me { id } }'
    found = said(post(mock, asked, token=""))
    assert found["data"]["searchBooks"]["items"] and found["data"]["me"] is None
    assert [e["extensions"]["status"] for e in found["errors"]] == [401]


def test_a_known_document_is_asked_by_its_hash() -> None:
    """As the gateway does, which takes these alone; a hash that is not known is refused."""
    from backend_lead.emit.api.persisted import known
    from backend_lead.views.api.graph import graph_of

    mock = library()
    graph = graph_of(mock.found)
    assert graph is not None
    (hash_,) = (h for h, body in known(graph, "web").items() if body.startswith("query Me "))
    for id_, status in ((hash_, 200), ("0" * 64, 400)):
        body: Any = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": id_}}}
        answer = ask(mock, "POST", "/graphql", body)
        assert answer.status == status
        if status == 200:
            assert said(answer)["data"]["me"]["id"] == FIRST


@pytest.mark.parametrize("token", ["ada", "somebody"])
def test_plain_tokens_are_one_user_for_jobs_too(token: str) -> None:
    """A job begun with one plain token is found with another, as other things are."""
    found = contract(read_checked_text(LIBRARY).system)
    assert found is not None
    mock = Mock(found, "partner")
    begun = ask(mock, "POST", f"/v1/books/{FIRST}/bind", {"title": "a"}, idempotency_key="k" * 16)
    where = begun.headers["Location"]
    assert ask(mock, "GET", where, token=token).status == 200
    assert ask(mock, "GET", where, token="bob~id.01J9ZQ4T7M8W3K5N6P2R0002").status == 404


def test_what_was_made_was_not_changed_before() -> None:
    """In rows with both times, that of the making is the first."""
    text = LIBRARY.replace("      changed_at: {type: timestamp, generated: true}\n",
                           "      changed_at: {type: timestamp, generated: true}\n"
                           "      created_at: {type: timestamp, generated: true}\n", 1)  # fmt: skip
    found = contract(read_checked_text(text).system)
    assert found is not None
    items = said(ask(Mock(found, "web"), "GET", "/v1/books?limit=25"))["items"]
    assert all(one["createdAt"] <= one["changedAt"] for one in items)


def test_a_job_is_asked_after_in_the_graph_too() -> None:
    """By whoever began it: its state, and what came of it once it is done."""
    bind = "    bind_book:\n      {does: act, of: book, endpoint: app.keep, for: [shops]"
    assert bind in WITH_GRAPH
    text = WITH_GRAPH.replace(bind, bind.replace("[shops]", "[readers]"), 1)
    found = contract(read_checked_text(text.replace("takes_long: true, gives: nothing,",
                                                    "takes_long: true,")).system)  # fmt: skip
    assert found is not None
    mock = Mock(found, "web")
    serving = graph_for(mock)
    assert serving is not None
    mock.also("POST", "/graphql", serving)
    given = f'bookId: "{FIRST}", input: {{title: "a"}}, idempotencyKey: "{"k" * 16}"'
    begin = f"mutation {{ bindBook({given}) {{ id state }} }}"
    job = said(post(mock, begin))["data"]["bindBook"]
    asked = f'query {{ bindBookJob(jobId: "{job["id"]}") {{ state result }} }}'
    assert said(post(mock, asked))["data"]["bindBookJob"] == {"state": "WAITING", "result": None}
    done = said(ask(mock, "POST", "/graphql", {"query": asked}, at_s=NOW_S + 60))
    assert done["data"]["bindBookJob"]["state"] == "DONE"
    assert done["data"]["bindBookJob"]["result"]["id"] == FIRST
    other = said(ask(mock, "POST", "/graphql", {"query": asked}, token="bob~id.B", at_s=NOW_S + 60))
    assert other["data"]["bindBookJob"] is None
