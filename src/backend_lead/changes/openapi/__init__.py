"""OpenAPI 3.0 and 3.1: what changed in a REST contract, by the ids of oasdiff's rules."""

from __future__ import annotations

import re
from datetime import date

from backend_lead.changes.change import Change, Protocol, Rule, Text, both, refused, sort_changes
from backend_lead.changes.contract import Contract, Sameness, claims, read
from backend_lead.changes.openapi import bodies, operations, parameters, responses, security
from backend_lead.changes.openapi.report import PROTOCOL as ID
from backend_lead.changes.openapi.report import Report
from backend_lead.changes.openapi.rules import all_rules
from backend_lead.model.finding import Finding

_READ = re.compile(r"3\.[01](\.\d+)?")
_NUMBERS = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")


class OpenAPI(Protocol):
    """REST contracts."""

    id = ID
    title = "OpenAPI"
    reads = "OpenAPI 3.0 and 3.1"

    def rules(self) -> tuple[Rule, ...]:
        return all_rules()

    def is_one(self, text: str) -> bool:
        return claims(text, "openapi") or claims(text, "swagger")

    def changes(self, old: Text, new: Text, today: date) -> list[Change]:
        report = _report(old, new, today)
        for pair in operations.pairs(report):
            operations.compare(report, pair)
            parameters.compare(report, pair)
            bodies.compare(report, pair)
            responses.compare(report, pair)
            security.compare(report, pair)
        for pair in operations.webhooks(report):
            bodies.compare(report, pair)
            responses.compare(report, pair)
        operations.schemas_removed(report)
        security.compare_all(report)
        _servers(report)
        _version(report)
        return sort_changes(report.found)


def _report(old: Text, new: Text, today: date) -> Report:
    contracts = both(_checked, old, new)
    return Report(contracts[0], contracts[1], today, Sameness(*contracts))


def _checked(text: Text) -> Contract:
    contract = read(text)
    stated = str(contract.root.get("openapi", contract.root.get("swagger", "")))
    if not _READ.fullmatch(stated):
        raise refused(Finding(
            "contract-version", "error", "this version of OpenAPI is not read",
            contract.document.place(("openapi",)), stated or "no version", "3.0.x or 3.1.x",
            "convert the contract to OpenAPI 3 first",
        ))  # fmt: skip
    return read(text, siblings=True) if stated.startswith("3.1") else contract


def _servers(report: Report) -> None:
    """The addresses of the contract; one that is not stated is that of the document itself."""
    was, now = ({str(s.get("url", "")).rstrip("/"): s for s in one.top.items("servers")}
                for one in (report.old, report.new))  # fmt: skip
    if not was or not now:
        return
    for url in dict.fromkeys([*was, *now]):
        if url not in now:
            report.add("server-removed", was[url], was=url)
        elif url not in was:
            report.add("server-added", now[url], now=url)


def _version(report: Report) -> None:
    """Where something breaks, the version of the contract should say so."""
    if not any(change.level == "breaking" for change in report.found):
        return
    stated = [one.top.at("info", "version") for one in (report.old, report.new)]
    texts = [str(spot.value) if spot else "" for spot in stated]
    hits = [_NUMBERS.match(text) for text in texts]
    at = stated[1]
    if texts[0] == texts[1]:
        report.add("api-version-not-bumped", at, was=texts[0])
    elif hits[0] and hits[1]:
        was, now = (tuple(int(n or 0) for n in hit.groups()) for hit in hits if hit)
        if now < was:
            report.add("api-version-decreased", at, was=texts[0], now=texts[1])
        elif now[0] == was[0]:
            report.add("api-major-version-not-bumped", at, was=texts[0], now=texts[1])


PROTOCOL = OpenAPI()
