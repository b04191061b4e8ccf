"""The mock as a function: what each kind of request is answered with, without a socket."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.mock.answering import Mock
from backend_lead.mock.chance import Predicted
from backend_lead.mock.message import Answer, Asked
from backend_lead.model.contract import Audience
from backend_lead.views.api.contract import contract
from tests.mock.library_model import LIBRARY

NOW_S = 1_772_357_400.0
FIRST = "01J9ZQ4T7M8W3K5N6P2R1S0V"
SLOW = Predicted(0.02, 0.05, 0.1, 0.0, "computed")


def library(audience: Audience = "web", **more: Any) -> Mock:
    found = contract(read_checked_text(LIBRARY).system)
    assert found is not None
    return Mock(found, audience, **more)


def ask(
    mock: Mock, method: str, path: str, body: Any = None, at_s: float = NOW_S, token: str = "ada",
    **headers: str,
) -> Answer:  # fmt: skip
    media = "application/merge-patch+json" if method == "PATCH" else "application/json"
    sent = {"authorization": f"Bearer {token}"} if token else {}
    sent |= {"content-type": media} if body is not None else {}
    sent |= {"if-match": "*"} if method == "PATCH" else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    path, _, query = path.partition("?")
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return mock.answer(Asked(method, path, query, sent, raw), at_s)


def said(answer: Answer) -> Any:
    return json.loads(answer.body)


def lend(mock: Mock, note: str = "soon", key: str = "k" * 16, **more: Any) -> Answer:
    body = {"bookId": FIRST, "note": note}
    return ask(mock, "POST", "/v1/me/loans", body, idempotency_key=key, **more)


def test_what_is_made_is_found_and_listed() -> None:
    """201 with Location; there it is, with what was sent and what the backend sets."""
    mock = library()
    before = len(said(ask(mock, "GET", "/v1/me/loans?limit=100"))["items"])
    made = lend(mock)
    assert made.status == 201
    found = ask(mock, "GET", made.headers["Location"])
    assert found.status == 200 and said(found) == said(made)
    assert said(found)["note"] == "soon" and said(found)["readerId"] == FIRST
    assert len(said(ask(mock, "GET", "/v1/me/loans?limit=100"))["items"]) == before + 1


def test_a_key_sent_again_gets_the_first_answer() -> None:
    """The same key and body do the work once; another body is a conflict."""
    mock = library()
    first, again = lend(mock), lend(mock)
    assert said(first) == said(again) and first.status == again.status == 201
    other = lend(mock, note="later")
    assert (other.status, said(other)["code"]) == (409, "conflict")
    assert said(lend(mock, key="x" * 16))["id"] != said(first)["id"]
    assert said(lend(mock, at_s=NOW_S + 90_000))["id"] != said(first)["id"]


def test_a_change_is_guarded_by_the_version() -> None:
    """If-Match of an older version is refused with 412; the version of now is taken."""
    mock, path = library(), f"/v1/books/{FIRST}"
    etag = ask(mock, "GET", path).headers["ETag"]
    assert ask(mock, "GET", path, if_none_match=etag).status == 304
    changed = ask(mock, "PATCH", path, {"title": "Red"}, if_match=etag)
    assert changed.status == 200 and said(changed)["title"] == "Red"
    assert changed.headers["ETag"] != etag
    assert ask(mock, "PATCH", path, {"title": "Old"}, if_match=etag).status == 412
    assert ask(mock, "DELETE", path, if_match=etag).status == 412
    assert said(ask(mock, "GET", path, if_none_match=etag))["title"] == "Red"


def test_what_is_deleted_is_gone() -> None:
    """204, then 404, also for the second to delete it."""
    mock, path = library(), f"/v1/books/{FIRST}"
    assert ask(mock, "DELETE", path).status == 204
    assert ask(mock, "GET", path).status == ask(mock, "DELETE", path).status == 404


def test_an_act_moves_the_state_that_its_verb_names() -> None:
    """`withdraw` leaves the book withdrawn."""
    mock = library()
    done = ask(mock, "POST", f"/v1/books/{FIRST}/withdraw", idempotency_key="k" * 16)
    assert done.status == 200 and said(done)["state"] == "WITHDRAWN"
    assert said(ask(mock, "GET", f"/v1/books/{FIRST}"))["state"] == "WITHDRAWN"


def test_pages_give_each_row_once() -> None:
    """Following nextCursor gives all rows, in order, even where one is taken away meanwhile."""
    mock, cursor, titles = library(), "", []
    for _ in range(10):
        more = f"&cursor={cursor}" if cursor else ""
        found = said(ask(mock, "GET", f"/v1/books?limit=7&sort=title{more}"))
        titles += [item["title"] for item in found["items"]]
        cursor = found["nextCursor"]
        if cursor is None:
            break
    assert cursor is None and len(titles) == 25 and titles == sorted(titles)
    assert ask(mock, "GET", "/v1/books?cursor=nonsense").status == 400


def test_filters_and_sorts_work() -> None:
    """Only what was asked for, downwards with a minus."""
    mock = library()
    lent = said(ask(mock, "GET", "/v1/books?state=LENT&limit=100"))["items"]
    assert lent and {item["state"] for item in lent} == {"LENT"}
    prices = [
        float(item["price"]["amount"])
        for item in said(ask(mock, "GET", "/v1/books?sort=-price&limit=100"))["items"]
    ]
    assert prices == sorted(prices, reverse=True) and len(prices) == 25
    found = said(ask(mock, "GET", "/v1/search/books?words=lamp", token=""))["items"]
    assert found and all("lamp" in item["title"].lower() for item in found)


def test_a_bulk_tells_of_each() -> None:
    """One result for each item, by its index."""
    mock = library("partner")
    item = {"title": "New", "price": {"amount": "1.00", "currency": "EUR"}}
    body = {"items": [item, item]}
    done = ask(mock, "POST", "/v1/books", body, idempotency_key="k" * 16)
    assert done.status == 200
    told = said(done)["results"]
    assert [(one["index"], one["status"]) for one in told] == [(0, 201), (1, 201)]
    assert ask(mock, "POST", "/v1/books", {"items": [{}]}, idempotency_key="j" * 16).status == 422


def test_long_work_is_a_job() -> None:
    """202 with where to ask; it waits, runs and is done; a stranger does not find it."""
    mock = library("partner")
    begun = ask(mock, "POST", f"/v1/books/{FIRST}/bind", {"title": "a"}, idempotency_key="k" * 16)
    assert begun.status == 202 and said(begun)["state"] == "WAITING"
    where = begun.headers["Location"]
    states = [said(ask(mock, "GET", where, at_s=NOW_S + s))["state"] for s in (0.1, 2.0, 9.0)]
    assert states == ["WAITING", "RUNNING", "DONE"]
    assert ask(mock, "GET", where, token="eve~id.01J9ZQ4T7M8W3K5N6P2R0002").status == 404


@pytest.mark.parametrize(("method", "path", "body", "headers", "status", "code"), [
    ("GET", "/v1/books?limit=0", None, {}, 400, "invalid-request"),
    ("GET", "/v1/books?limit=1&limit=2", None, {}, 400, "invalid-request"),
    ("GET", "/v1/books?state=EATEN", None, {}, 400, "invalid-request"),
    ("GET", "/v1/books/%FF", None, {}, 400, "invalid-request"),
    ("POST", "/v1/me/loans", {"bookId": "b"}, {}, 400, "invalid-request"),
    ("POST", "/v1/me/loans", b"{", {"idempotency_key": "k" * 16}, 400, "invalid-request"),
    ("POST", "/v1/me/loans", b'{"bookId":NaN}', {"idempotency_key": "k" * 16}, 400,
     "invalid-request"),
    ("POST", "/v1/me/loans", b"[" * 5000, {"idempotency_key": "k" * 16}, 400, "invalid-request"),
    ("POST", "/v1/me/loans", {"bookId": 7}, {"idempotency_key": "k" * 16}, 422, "not-acceptable"),
    ("POST", "/v1/me/loans", {"bookId": "b", "due": "2026-01-01"},
     {"idempotency_key": "k" * 16}, 422, "not-acceptable"),
    ("POST", "/v1/me/loans", {"bookId": "b"},
     {"idempotency_key": "k" * 16, "content_type": "text/plain"}, 415, "media-type"),
    ("GET", "/v1/nothing", None, {}, 404, "not-found"),
    ("GET", "/v1/books/unknown", None, {}, 404, "not-found"),
    ("TRACE", "/v1/books", None, {}, 405, "method-not-allowed"),
])  # fmt: skip
def test_what_is_wrong_is_a_problem(
    method: str, path: str, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    """Status, stable code and the id of the request; what is wrong field by field."""
    answer = ask(library(), method, path, body, **headers)
    found = said(answer)
    assert (answer.status, found["status"], found["code"]) == (status, status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert found["instance"].endswith(answer.headers["X-Request-Id"])
    if status == 422:
        assert all(error["message"] for error in found["errors"]) and found["errors"]
    if status == 405:
        assert answer.headers["Allow"] == "GET, HEAD"


def test_who_may_is_told_by_the_token() -> None:
    """No token 401, a token without the scope or role 403, any other goes through."""
    mock, path = library(), f"/v1/books/{FIRST}"
    none = ask(mock, "GET", path, token="")
    assert none.status == 401 and none.headers["WWW-Authenticate"].startswith("Bearer")
    assert ask(mock, "GET", "/v1/search/books?words=a", token="").status == 200
    assert ask(mock, "GET", path, token="ada~loans.read").status == 403
    assert ask(mock, "GET", path, token="ada~books.read").status == 200
    assert ask(mock, "DELETE", path, token="ada~books.write").status == 403
    assert ask(mock, "DELETE", path, token="ada~books.write~role.librarian").status == 204
    claims = base64.urlsafe_b64encode(json.dumps({"scope": "books:read"}).encode()).decode()
    assert ask(mock, "GET", "/v1/books", token=f"e30.{claims.rstrip('=')}.x").status == 200
    assert ask(mock, "GET", "/v1/loans/x", token=f"e30.{claims.rstrip('=')}.x").status == 403
    only = library(tokens=["secret"])
    assert ask(only, "GET", path).status == 401
    assert ask(only, "GET", path, token="secret").status == 200


def test_what_belongs_to_another_is_not_found() -> None:
    """Rows with an owner answer 404 to others, and are in nobody else's list."""
    mock = library()
    made = lend(mock, token="eve~id.eve")
    assert ask(mock, "GET", made.headers["Location"], token="eve~id.eve").status == 200
    assert ask(mock, "GET", made.headers["Location"]).status == 404
    assert said(made) not in said(ask(mock, "GET", "/v1/me/loans?limit=100"))["items"]


def test_the_limit_of_a_tier_is_kept() -> None:
    """The burst goes through, the next is refused with when to come back; later it may again."""
    mock = library("partner")
    answers = [ask(mock, "GET", "/v1/books?limit=1", token="s~tier.basic") for _ in range(11)]
    assert [a.status for a in answers] == [200] * 10 + [429]
    assert answers[0].headers["RateLimit"] == '"basic";r=9;t=1'
    assert answers[0].headers["RateLimit-Policy"] == '"basic";q=10;w=2'
    assert answers[10].headers["Retry-After"] == "1"
    later = ask(mock, "GET", "/v1/books?limit=1", token="s~tier.basic", at_s=NOW_S + 1)
    assert later.status == 200
    assert ask(mock, "GET", "/v1/books?limit=1", token="t~tier.gold").status == 200


def test_a_field_of_others_is_not_given() -> None:
    """Partners do not get what only readers' clients see."""
    readers, shops = library(), library("partner")
    assert "cost" in said(ask(readers, "GET", f"/v1/books/{FIRST}"))
    assert "cost" not in said(ask(shops, "GET", f"/v1/books/{FIRST}"))


def test_what_ends_says_so() -> None:
    """Deprecation (RFC 9745) and Sunset (RFC 8594) on every answer of the operation."""
    answer = ask(library("partner"), "GET", "/v1/views/old-books")
    assert answer.headers["Deprecation"] == "@1767225600"
    assert answer.headers["Sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"


def test_latency_follows_the_prediction() -> None:
    """Of many requests half take less than the p50 and one in a hundred more than the p99."""
    mock = library(predicted={"get_book": SLOW}, seed=7)
    waits = sorted(
        ask(mock, "GET", f"/v1/books/{FIRST}", at_s=NOW_S + i).wait_s for i in range(4000)
    )
    assert waits[2000] == pytest.approx(SLOW.p50_s, rel=0.05)
    assert waits[3800] == pytest.approx(SLOW.p95_s, rel=0.08)
    assert waits[3960] == pytest.approx(SLOW.p99_s, rel=0.15)
    assert ask(mock, "GET", "/v1/books").wait_s == 0.0


def test_failures_follow_the_prediction_unless_switched_off() -> None:
    """The predicted share fails with 503 and Retry-After; none with faults off."""
    bad = Predicted(0.02, 0.05, 0.1, 0.2, "simulated")
    for faults, low, high in ((True, 320, 480), (False, 0, 0)):
        mock = library(predicted={"get_book": bad}, faults=faults, seed=3)
        answers = [ask(mock, "GET", f"/v1/books/{FIRST}", at_s=NOW_S + i) for i in range(2000)]
        failed = [a for a in answers if a.status == 503]
        assert low <= len(failed) <= high
        assert all("Retry-After" in a.headers for a in failed)


def test_the_same_seed_gives_the_same_answers() -> None:
    """Rows, latencies and failures are drawn from the seed alone."""

    def run(seed: int) -> list[tuple[bytes, float]]:
        mock = library(seed=seed, predicted={"get_book": SLOW})
        answers = [ask(mock, "GET", path) for path in ("/v1/books", f"/v1/books/{FIRST}")]
        return [(a.body, a.wait_s) for a in answers]

    assert run(1) == run(1) != run(2)
