"""compare, for two models: what breaks callers, and who they are."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from backend_lead.app.contracted import Contracted
from backend_lead.app.model_contracts import contract_changes
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
        ("api/openapi/mobile.yaml", ("get_product", "list_products")),
        ("api/openapi/web.yaml", ("list_products",)),
    }
    mobile = next(one for one in found if "get_product" in one.operations)
    assert mobile.clients == ("mobile",)
    assert set(mobile.screens) == {"product", "catalogue"}
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


TIERS = {"basic": {"callers": 10, "limit": {"rate": "5/s", "burst": 10}}}
OWN = {"owner": "stock-keeper", "row": "100 B", "rows": "1k", "fields": {
    "sku": {"type": "string", "key": True}, "count": {"type": "int"}}}  # fmt: skip


def sold(change: Any = None) -> System:
    """The model with a service of its own for stock, which partners and a job read."""

    def more(said: dict[str, Any]) -> None:
        said["workload"]["clients"] |= {
            "partner": {"rate": "20/s", "journeys": {"feed": "100%"}, "access": {
                "audience": "partner", "auth": "client-credentials-jwt",
                "tiers": copy.deepcopy(TIERS)}},
            "batch": {"rate": "1/s", "journeys": {"feed": "100%"},
                      "access": {"audience": "internal"}},
        }  # fmt: skip
        said["journeys"]["feed"] = {"steps": ["stock-keeper.feed"]}
        for name in ("stock-keeper", "depot"):
            said["components"][name] = {"kind": "http-service", "endpoints": {
                "feed": {"does": [{"cpu": "1 ms"}]}}}  # fmt: skip
        said["entities"]["stock"] = copy.deepcopy(OWN)
        said["entities"]["product"]["owner"] = "app"
        said["api"]["operations"] |= {
            "get_stock": {"does": "get", "of": "stock", "endpoint": "stock-keeper.feed",
                          "for": ["partner", "batch", "mobile"]},
            "old_stock": {"does": "get", "of": "stock", "endpoint": "stock-keeper.feed",
                          "for": ["partner"], "path": "/old-stocks/{sku}",
                          "deprecated": {"since": "2026-01-01", "sunset": "2027-06-01",
                                         "instead": "get_stock"}},
        }  # fmt: skip
        said["api"]["screens"]["product"]["needs"].append("get_stock")
        if change is not None:
            change(said)

    return system(more)


def broken(change: Any) -> list[Contracted]:
    """What breaks in any contract or promise."""
    return [one for one in contract_changes(sold(), sold(change), DAY) if one.breaks]


def _tier(said: dict[str, Any]) -> None:
    access = said["workload"]["clients"]["partner"]["access"]
    access["tiers"]["basic"]["limit"]["rate"] = "1/s"


def _role(said: dict[str, Any]) -> None:
    said["api"]["operations"]["get_product"]["roles"] = ["admin"]


def _sunset(said: dict[str, Any]) -> None:
    said["api"]["operations"]["old_stock"]["deprecated"]["sunset"] = "2026-12-15"


def _gone(said: dict[str, Any]) -> None:
    del said["api"]["operations"]["old_stock"]


def _host(said: dict[str, Any]) -> None:
    said["api"]["host"] = "api.elsewhere.example"


@pytest.mark.parametrize(
    ("change", "id", "clients"),
    [
        (_tier, "tier-lowered", {"partner"}),
        (_role, "role-required", {"mobile"}),
        (_sunset, "sunset-earlier", {"partner"}),
        (_gone, "removed-before-sunset", {"partner"}),
        (_gone, "api-path-removed-before-sunset", {"partner"}),
        (_host, "server-removed", {"mobile", "web", "partner", "batch"}),
    ],
)
def test_promises_that_end_break(change: Any, id: str, clients: set[str]) -> None:
    """A lower tier, a role that is asked for, an earlier end and another host break callers, though
    no shape changes; those who may call what it is about are named."""
    found = [one for one in broken(change) if one.change.id == id]
    assert found
    assert {name for one in found for name in one.clients} == clients
    assert all(one.change.safe for one in found)


def test_what_promises_more_breaks_nobody() -> None:
    """A higher tier and a later end are no break."""

    def change(said: dict[str, Any]) -> None:
        access = said["workload"]["clients"]["partner"]["access"]
        access["tiers"]["basic"]["limit"]["rate"] = "50/s"
        said["api"]["operations"]["old_stock"]["deprecated"]["sunset"] = "2028-06-01"

    assert broken(change) == []


def test_who_does_not_speak_a_protocol_does_not_break_by_it() -> None:
    """Things that move to another service change RPC alone: no partner and no app is named, and
    nothing that another service answers."""

    def change(said: dict[str, Any]) -> None:
        said["entities"]["stock"]["owner"] = "depot"
        for name in ("get_stock", "old_stock"):
            said["api"]["operations"][name]["endpoint"] = "depot.feed"

    found = broken(change)
    protos = [one for one in found if one.document.endswith(".proto")]
    assert protos and not [one for one in found if "openapi" in one.document]
    assert {name for one in protos for name in one.clients} <= {"batch"}
    assert {name for one in protos for name in one.operations} <= {"get_stock", "old_stock"}


def test_screens_are_those_that_the_client_shows() -> None:
    """A screen that names no client is one of those who make its journey: not of partners."""

    def change(said: dict[str, Any]) -> None:
        said["api"]["operations"]["get_stock"]["for"] = ["batch", "mobile"]

    found = [one for one in broken(change) if one.document == "api/openapi/partner.yaml"]
    assert found and all(one.clients == ("partner",) and one.screens == () for one in found)


def test_one_cause_is_told_once() -> None:
    """A field that three operations of a contract give is one change of it, with all of them."""

    def change(said: dict[str, Any]) -> None:
        del said["entities"]["stock"]["fields"]["count"]

    found = [one for one in broken(change) if one.document == "api/openapi/partner.yaml"]
    told = [one for one in found if "removed" in one.change.id and "count" in one.change.message]
    assert [one.operations for one in told] == [("get_stock", "old_stock")]
    assert "and 1 more place" in told[0].change.message
