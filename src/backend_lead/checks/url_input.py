"""No address that a caller gives is fetched unseen."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import asked, parts_of, place_of
from backend_lead.views.api.types import Type


class UrlInput(Rule):
    id = "url-input"
    title = "Addresses given by callers are kept apart"
    why = (
        "A backend that fetches an address which a caller gave can be sent to its own network "
        "and its provider's metadata. Take an upload or an id; where it must be an address, "
        "allow hosts by name, resolve once, refuse private networks and follow no redirects "
        "(OWASP API7:2023, Server Side Request Forgery)."
    )
    level = "warning"
    tags = ("API7:2023", "CWE-918")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        told = asked(evidence.system)
        if told is None:
            return
        found, operations = told

        for op in operations:
            if op.nature != "command":
                continue
            ways = [
                f"{f.name}.{way}".rstrip(".") for f in op.inputs
                for way, inner in parts_of(found, f.type) if inner == Type("scalar", "url")
            ]  # fmt: skip
            if ways:
                yield self.finding(
                    f"a caller of `{op.name}` gives an address: "
                    + ", ".join(f"`{way}`" for way in ways),
                    evidence.place(place_of(found, op)),
                    "an input of type url",
                    "the id of an upload, or addresses of hosts that are listed",
                    "take an id; else fetch it through a proxy that refuses private networks",
                    level="note",
                )


RULE = UrlInput()
