"""Nothing private stands in an address."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import asked, in_address, is_secret, place_of
from backend_lead.views.api.types import Type

EMAIL = Type("scalar", "email")


class AddressPrivate(Rule):
    id = "address-private"
    title = "No secret or personal data in an address"
    why = (
        "Paths and queries stay in logs, histories, caches and referrers, where nobody protects "
        "them. A secret belongs into a header or body, a person is named by an opaque id (OWASP "
        "API2:2023 and API3:2023)."
    )
    level = "warning"
    tags = ("API2:2023", "API3:2023", "CWE-598")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        told = asked(evidence.system)
        if told is None:
            return
        found, operations = told

        for op in operations:
            for where, f in in_address(op):
                personal = f.personal or f.type == EMAIL
                if personal or is_secret(f.name):
                    yield self.finding(
                        f"`{op.name}` takes `{f.name}` as {where}",
                        evidence.place(place_of(found, op)),
                        f"{'personal' if personal else 'secret'}, in an address",
                        "opaque ids; secrets and personal data in the body",
                        "search by it in a body (an act that takes it), or use an id",
                    )


RULE = AddressPrivate()
