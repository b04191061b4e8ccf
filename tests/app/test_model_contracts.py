"""compare, for two models: what breaks callers, and who they are."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from backend_lead.app.model_contracts import Contracted, contract_changes
from backend_lead.model.system import System

DAY = date(2026, 11, 1)
_WEB = {"users": 100, "think_time": "10 s", "journeys": {"browse": "100%"}}
MODEL: dict[str, Any] = {
    "backend": "shop",
    "workload": {
        "clients": {
            "mobile": {**_WEB, "access": {"audience": "mobile", "release": {
                "every": "14 d", "support": "365 d"}}},
            "web": _WEB,
        },
        "peak": {"factor": 2},
    },
    "journeys": {"browse": {"steps": ["app.list_products", "app.get_product"]}},
    "components": {
        "app": {"kind": "http-service", "endpoints": {
            "list_products": {"does": [{"cpu": "1 ms"}]},
            "get_product": {"does": [{"cpu": "1 ms"}]},
        }},
    },
    "entities": {"product": {"row": "500 B", "rows": "10k", "fields": {
        "id": {"type": "id", "key": True}, "name": {"type": "string"},
        "price": {"type": "money"}, "state": {"type": "string", "one_of": ["new", "used"]},
    }}},
    "api": {
        "operations": {
            "list_products": {"does": "list", "of": "product", "endpoint": "app.list_products"},
            "get_product": {"does": "get", "of": "product", "endpoint": "app.get_product",
                            "for": ["mobile"]},
        },
        "screens": {
            "catalogue": {"journey": "browse", "needs": ["list_products"]},
            "product": {"journey": "browse", "needs": ["get_product"]},
        },
    },
    "slos": [{"p99": "300 ms", "availability": "99%"}],
}  # fmt: skip


def system(change: Any = None) -> System:
    """The model, changed."""
    said = copy.deepcopy(MODEL)
    if change is not None:
        change(said)
    return System.model_validate(said)


def breaking(change: Any) -> list[Contracted]:
    """What breaks in the REST contracts."""
    found = contract_changes(system(), system(change), DAY)
    return [one for one in found if one.breaks and "openapi" in one.document]


def test_a_model_is_compatible_with_itself() -> None:
    """The same contract breaks nobody, and says nothing."""
    assert contract_changes(system(), system(), DAY) == []


def test_a_field_taken_away_names_who_reads_it() -> None:
    """A removed field breaks the clients and screens of the operations that give it, and every
    released version of an app that is still supported."""

    def change(said: dict[str, Any]) -> None:
        del said["entities"]["product"]["fields"]["name"]

    found = breaking(change)
    assert {(one.document, one.operations) for one in found} == {
        ("api/openapi/mobile.yaml", ("get_product",)),
        ("api/openapi/mobile.yaml", ("list_products",)),
        ("api/openapi/web.yaml", ("list_products",)),
    }
    mobile = next(one for one in found if one.operations == ("get_product",))
    assert mobile.clients == ("mobile",)
    assert mobile.screens == ("product",)
    assert mobile.versions == ("27 released versions of mobile, supported for 365 d (14 d apart)",)
    assert all("deprecated" in one.change.safe for one in found)


def test_an_operation_taken_from_one_client_breaks_that_one() -> None:
    """Who may no longer call is who breaks."""

    def change(said: dict[str, Any]) -> None:
        said["api"]["operations"]["list_products"]["for"] = ["mobile"]

    found = breaking(change)
    assert {(one.document, one.clients) for one in found} == {("api/openapi/web.yaml", ("web",))}


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["entities"]["product"]["fields"].update(colour={"type": "string"}),
        lambda said: said["api"]["operations"].update(
            find={"does": "search", "of": "product", "endpoint": "app.list_products"}
        ),
        lambda said: said["entities"]["product"].update(title="A thing"),
    ],
)
def test_what_is_added_breaks_nobody(change: Any) -> None:
    """A further field of an answer, a further operation and other words are compatible."""
    assert breaking(change) == []


def test_a_type_that_changes_breaks() -> None:
    """A field of another type breaks every operation that gives it."""

    def change(said: dict[str, Any]) -> None:
        said["entities"]["product"]["fields"]["price"]["type"] = "decimal"

    assert {name for one in breaking(change) for name in one.operations} == {
        "get_product", "list_products",
    }  # fmt: skip


def test_more_rows_are_no_change_of_a_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    """The head of a file that names its model promises nobody anything; no program is asked."""
    from backend_lead.app import model_contracts

    more = copy.deepcopy(MODEL)
    more["entities"]["product"]["rows"] = "20k"
    monkeypatch.setattr(model_contracts, "_text", None)
    assert contract_changes(System.model_validate(MODEL), System.model_validate(more), DAY) == []
