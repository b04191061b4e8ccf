"""The mock keeps people apart: whose a thing is comes from the token, and what a request names must
be the caller's to name."""

from __future__ import annotations

from typing import Any

from backend_lead.app.model_file import read_checked_text
from backend_lead.mock.answering import Mock
from backend_lead.mock.message import Answer
from backend_lead.views.api.contract import contract
from tests.mock.library_model import LIBRARY
from tests.mock.test_answering import FIRST, ask, lend, said

ADA, BOB = FIRST, "01J9ZQ4T7M8W3K5N6P2RB0B0"
AS_BOB = f"bob~id.{BOB}"
FINE = """\
  fine:
    store: db
    row: 100 B
    rows: 1k
    owned_by: loan
    fields:
      id: {type: id, key: true}
      loan: {type: ref(loan)}
      paid_on: {type: date, nullable: true}
api:
"""
FINES = """\
    ask_fine: {does: create, of: fine, endpoint: app.keep, for: [readers]}
    get_fine: {does: get, of: fine, endpoint: app.look, for: [readers]}
    pay_fine:
      {does: act, of: fine, endpoint: app.keep, for: [readers], idempotent: true,
       takes: {paid_on: {type: date, nullable: true}}}
    old_books:
"""


def library(*pairs: tuple[str, str]) -> Mock:
    """The library with fines, and texts replaced by others."""
    text = LIBRARY
    given = "reader: {type: ref(reader), generated: true}"
    for old, new in (("api:\n", FINE), ("    old_books:\n", FINES),
                     (given, "reader: {type: ref(reader)}"), *pairs):  # fmt: skip
        assert old in text, old
        text = text.replace(old, new, 1)
    found = contract(read_checked_text(text).system)
    assert found is not None
    return Mock(found, "web")


def fine(mock: Mock, loan: str, token: str = "ada", key: str = "f" * 16) -> Answer:
    return ask(mock, "POST", "/v1/fines", {"loanId": loan}, token=token, idempotency_key=key)


def test_whose_a_new_thing_is_comes_from_the_token() -> None:
    """A body that says whose it is is refused; without it, it is the caller's, who alone finds
    it."""
    mock = library()
    body = {"bookId": FIRST, "note": "soon", "readerId": ADA}
    stolen = ask(mock, "POST", "/v1/me/loans", body, token=AS_BOB, idempotency_key="k" * 16)
    assert stolen.status == 422 and "readerId" in said(stolen)["detail"]
    made = lend(mock, token=AS_BOB)
    assert made.status == 201 and said(made)["readerId"] == BOB
    path = f"/v1/loans/{said(made)['id']}"
    assert ask(mock, "GET", path, token=AS_BOB).status == 200
    assert ask(mock, "GET", path, token="ada").status == 404


def test_a_request_names_only_what_the_caller_may_see() -> None:
    """A reference to what is somebody else's is answered as if it were not there; what is made
    through one's own thing is one's own."""
    mock = library()
    loan = said(lend(mock, token=AS_BOB))["id"]
    refused = fine(mock, loan, "ada")
    assert refused.status == 404 and said(refused)["detail"].startswith("loanId:")
    made = fine(mock, loan, AS_BOB, "g" * 16)
    assert made.status == 201
    path = f"/v1/fines/{said(made)['id']}"
    assert ask(mock, "GET", path, token=AS_BOB).status == 200
    assert ask(mock, "GET", path, token="ada").status == 404


def test_what_is_shared_is_seen_and_not_changed() -> None:
    """Those it is shared with see a thing and act on it; to remove it stays its owner's."""
    drop = "    drop_loan: {does: delete, of: loan, endpoint: app.keep, for: [readers]}\n"
    drop += "    get_loan:"
    for shared, seen in (("[everybody]", 200), ("[]", 404)):
        owned = "    owned_by: reader\n"
        mock = library((owned, f"{owned}    shared_with: {shared}\n"), ("    get_loan:", drop))
        path = f"/v1/loans/{said(lend(mock, token=AS_BOB))['id']}"
        assert ask(mock, "GET", path, token="ada").status == seen
        assert ask(mock, "DELETE", path, token="ada").status == 404
        mine = said(ask(mock, "GET", "/v1/me/loans?limit=100", token="ada"))["items"]
        assert not [one for one in mine if one["readerId"] != ADA]
        assert ask(mock, "DELETE", path, token=AS_BOB).status == 204


def test_who_is_named_in_a_thing_it_is_shared_with_sees_it() -> None:
    """A field that names somebody else, or several, shares the thing with them; what hangs on it is
    theirs to see too."""
    friends = "      note: {type: string, most: 200, nullable: true}\n"
    mock = library(
        (friends, f"{friends}      friends: {{type: list(ref(reader)), most: 5}}\n"),
        ("    owned_by: reader\n", "    owned_by: reader\n    shared_with: [friends]\n"),
        ("    owned_by: loan\n", "    owned_by: loan\n    shared_with: [loan]\n"),
    )
    for friend, status in ((ADA, 200), (BOB[:-1] + "1", 404)):
        body = {"bookId": FIRST, "note": "soon", "friendIds": [friend]}
        made = ask(mock, "POST", "/v1/me/loans", body, token=AS_BOB,
                   idempotency_key=friend[-16:])  # fmt: skip
        loan = said(made)["id"]
        assert ask(mock, "GET", f"/v1/loans/{loan}", token="ada").status == status
        asked = fine(mock, loan, AS_BOB, f"f{friend[-15:]}")
        path = f"/v1/fines/{said(asked)['id']}"
        assert ask(mock, "GET", path, token="ada").status == status


def test_a_command_that_needs_nothing_takes_nothing() -> None:
    """Where every input may be left out, so may the body; a change of nothing is refused."""
    mock = library()
    loan = said(lend(mock))["id"]
    path = f"/v1/fines/{said(fine(mock, loan))['id']}"
    for body in (None, {}, {"paidOn": "2026-03-01"}):
        paid: Any = ask(mock, "POST", f"{path}/pay", body)
        assert paid.status == 200, said(paid)
    assert said(paid)["paidOn"] == "2026-03-01"
    nothing = ask(mock, "PATCH", f"/v1/books/{FIRST}", {})
    assert nothing.status == 422
