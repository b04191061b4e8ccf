"""Briefs that ask for an API: whom it is for, and the contract they get."""

from __future__ import annotations

import pytest

from backend_lead.intake.brief import BriefReading, read_brief
from backend_lead.views.api.contract import contract
from backend_lead.views.api.guarding import agreed, nobodys_token


def audiences(reading: BriefReading) -> dict[str, str]:
    return {
        name: client.access.audience
        for name, client in reading.system.workload.clients.items()
        if client.access is not None
    }


@pytest.mark.parametrize(("text", "domain", "expected"), [
    ("Plan our API strategy for mobile, web, and third-party integrations", "generic",
     {"web": "web", "mobile": "mobile", "partners": "partner"}),
    ("API design for our shop's mobile app and B2B partners", "ecommerce",
     {"mobile": "mobile", "partners": "partner"}),
    ("GraphQL and REST for iOS and resellers of our ticketing platform", "ticketing",
     {"mobile": "mobile", "partners": "partner"}),
    ("A public API for third parties of our payments platform", "payments",
     {"partners": "partner"}),
    ("API strategy of our SaaS: web and integrations", "saas",
     {"web": "web", "partners": "partner"}),
])  # fmt: skip
def test_an_api_is_for_those_that_are_named(
    text: str, domain: str, expected: dict[str, str]
) -> None:
    """Each named audience is a client with its access, and has operations of its own."""
    reading = read_brief(text)
    assert (reading.intent, reading.domain) == ("api", domain)
    assert audiences(reading) == expected
    found = contract(reading.system)
    assert found is not None and not found.derived
    for audience in expected.values():
        assert any(op.nature == "query" for op in found.operations.values()
                   if audience in op.audiences)  # fmt: skip
    assert {c for op in found.operations.values() for c in op.clients} == set(expected)


def test_partners_choose_from_tiers_and_are_told_of_events() -> None:
    """Three tiers with numbers, a bulk for partners alone, and webhooks."""
    reading = read_brief("Plan our API strategy for mobile, web, and third-party integrations")
    access = reading.system.workload.clients["partners"].access
    assert access is not None and list(access.tiers) == ["sandbox", "standard", "premium"]
    assert [tier.limit.rate.value for tier in access.tiers.values()] == [2, 10, 100]
    found = contract(reading.system)
    assert found is not None
    theirs = {op.name: op for op in found.operations.values() if "partner" in op.audiences}
    assert theirs["import_items"].bulk == 100 and theirs["import_items"].clients == ("partners",)
    assert "renew_session" not in theirs and "get_dashboard" not in theirs
    assert {name for name, op in theirs.items() if op.nature == "event"} == {
        "item_created", "item_changed", "export_ready"
    }  # fmt: skip


def test_partners_of_the_worked_domain_act_for_those_who_agreed() -> None:
    """Where no product is named partners have tokens of people: whose items they reach is said."""
    reading = read_brief(
        "Plan our API strategy for a platform with web, mobile, partners and internal services"
    )
    found = contract(reading.system)
    assert found is not None and reading.domain == "generic"
    (partners,) = (c for c in found.callers.values() if c.audience == "partner")
    assert agreed(partners)
    asked = [op for op in found.operations.values() if partners.name in op.clients]
    assert len(asked) > 5 and not any(nobodys_token(found, op, partners) for op in asked)


def test_with_ten_times_the_load_come_ten_times_the_partners() -> None:
    """Tiers keep what one partner may ask for; the number of partners follows the load."""

    def callers(users: str, of: str) -> float:
        reading = read_brief(f"API for {of}: web and partners, {users} concurrent users")
        access = reading.system.workload.clients["partners"].access
        assert access is not None
        return access.tiers["standard"].callers.value

    for of in ("our portal", "our SaaS"):
        assert callers("100k", of) == pytest.approx(10 * callers("10k", of), rel=0.02)


def test_without_partners_the_contract_has_none() -> None:
    """A product whose brief names no third party promises them nothing."""
    reading = read_brief("A shop for 5k concurrent users on the web")
    found = contract(reading.system)
    assert found is not None and found.audiences == ("web",)
    assert "submit_order" not in found.operations and "partners" not in str(reading.document)
