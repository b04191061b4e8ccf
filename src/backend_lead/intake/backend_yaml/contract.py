"""What the contract with callers refers to must be there, be callable, and have one owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backend_lead.catalog.network_profiles import PROFILES
from backend_lead.intake.backend_yaml.contract_fields import Fields
from backend_lead.intake.backend_yaml.contract_names import Names
from backend_lead.intake.backend_yaml.contract_operations import Operations
from backend_lead.intake.backend_yaml.contract_screens import Screens
from backend_lead.intake.backend_yaml.telling import Teller
from backend_lead.model.contract import COMMANDS, Api
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.views.document import Document, Loc

OPERATIONS_MAX = 1000  # each takes some 3.5 kB of a document (measured): more are megabytes
FINDINGS_MAX = 200  # as many as anybody mends at once


def contract_findings(system: System, document: Document) -> Iterator[Finding]:
    """Every finding about clients' access, entities' fields and the API, up to two hundred."""
    for n, finding in enumerate(_every(system, document)):
        if n == FINDINGS_MAX:
            yield Teller(document).wrong(
                "many", "the contract has more faults than these", ("api",),
                f"more than {FINDINGS_MAX}", "none", "mend the ones above first", True,
            )  # fmt: skip
            return
        yield finding


def _every(system: System, document: Document) -> Iterator[Finding]:
    yield from _access(system, document)
    yield from Fields(system, document).every()
    yield from Names(system, document).every()
    yield from _owners_named(system, document)
    if system.api is not None and len(system.api.operations) > OPERATIONS_MAX:
        count = len(system.api.operations)
        yield Teller(document).find(
            "model-contract-large", "warning",
            f"{count:,} operations in one API: its documents are too large for most tools and for "
            "every reader", ("api", "operations"), f"{count:,}", f"up to {OPERATIONS_MAX:,}",
            "a model for each part of the product that is released by itself", True,
        )  # fmt: skip
    if system.api is not None:
        yield from Operations(system, system.api, document).every()
        yield from _one_owner(system, system.api, document)
        yield from Screens(system, system.api, document).every()


def _access(system: System, document: Document) -> Iterator[Finding]:
    tell = Teller(document)
    for name, client in system.workload.clients.items():
        access = client.access
        if access is not None and access.network not in (None, *PROFILES):
            yield tell.unknown("network profile", access.network or "", PROFILES,
                               ("workload", "clients", name, "access", "network"))  # fmt: skip
        if access is not None and access.tiers and access.audience != "partner":
            yield tell.wrong(
                "tiers", f"`{name}` is no partner, so it has no tiers to choose from",
                ("workload", "clients", name, "access", "tiers"), f"audience: {access.audience}",
                "tiers for clients of audience partner",
                "say audience: partner, or limit the client with limit: {rate: 50/s}", True,
            )  # fmt: skip


def _owners_named(system: System, document: Document) -> Iterator[Finding]:
    tell = Teller(document)
    answering = [
        name for name, part in system.components.items()
        if any(endpoint.on is None for endpoint in part.endpoints.values())
    ]  # fmt: skip
    for name, entity in system.entities.items():
        loc: Loc = ("entities", name, "owner")
        if entity.owner is None or entity.owner in answering:
            continue
        if entity.owner not in system.components:
            yield tell.unknown("component", entity.owner, answering, loc)
        else:
            yield tell.wrong(
                "owner", f"`{entity.owner}` answers no request, so it cannot own `{name}`", loc,
                entity.owner, ", ".join(answering) or "a component with endpoints",
                "name the service that answers for it; where its rows lie is store",
            )  # fmt: skip


def _one_owner(system: System, api: Api, document: Document) -> Iterator[Finding]:
    """Who changes an entity owns it; two services may only where one of them is said to own it."""
    tell = Teller(document)
    changing: dict[str, dict[str, str]] = {}
    for name, said in api.operations.items():
        if said.does in COMMANDS and said.endpoint and said.of in system.entities:
            service = said.endpoint.partition(".")[0]
            if service in system.components:
                changing.setdefault(said.of, {}).setdefault(service, name)
    for entity, services in changing.items():
        owner = system.entities[entity].owner
        if len(services) > 1 and owner is None:
            yield _two(tell, entity, services)
        elif len(services) > 1:
            for service, name in services.items():
                if service != owner:
                    yield tell.find(
                        "model-contract-owner", "warning",
                        f"{service} changes `{entity}` (`{name}`), which {owner} owns",
                        ("api", "operations", name, "endpoint"), service, owner or "",
                        f"serve it from {owner}, or let {service} ask {owner} and say so in its "
                        "endpoint",
                    )  # fmt: skip


def _two(tell: Teller, entity: str, services: Mapping[str, str]) -> Finding:
    (first, one), (second, other) = list(services.items())[:2]
    loc: Loc = ("api", "operations", other, "endpoint")
    line = tell.line(("api", "operations", one, "endpoint"))
    return tell.wrong(
        "owner", f"`{entity}` has two owners: {first} (`{one}`, line {line}) and {second} "
        f"(`{other}`) change it", loc, ", ".join(services), "one service that owns an entity",
        f"say who owns it: owner: {first} under entities.{entity}; or serve both from one service",
    )  # fmt: skip
