"""What is served is listed, and what ended is gone."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.contract import EntityField
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.views.api.guarding import asked, place_of
from backend_lead.views.document import Loc


def unlisted(system: System, listed: set[str | None]) -> list[str]:
    """Endpoints that clients' journeys ask for and no operation names; opening and keeping a
    connection apart."""
    kept = {
        ref for client in system.workload.clients.values() if client.connection is not None
        for ref in (client.connection.open, client.connection.heartbeat)
    }  # fmt: skip
    used = {name for client in system.workload.clients.values() for name in client.journeys}
    asked_for = dict.fromkeys(
        ref for name, j in system.journeys.items() if name in used for ref in j.steps
    )
    return [ref for ref in asked_for if ref not in listed and ref not in kept]


def fields(system: System) -> Iterator[tuple[Loc, str, EntityField]]:
    """Every field of entities, shapes and inputs, with the place of its group."""
    groups: list[tuple[Loc, dict[str, EntityField]]] = [
        (("entities", name, "fields"), entity.fields) for name, entity in system.entities.items()
    ]
    if system.api is not None:
        groups += [(("api", "shapes", name, "fields"), shape.fields)
                   for name, shape in system.api.shapes.items()]  # fmt: skip
        groups += [(("api", "operations", name, "takes"), said.takes)
                   for name, said in system.api.operations.items()]  # fmt: skip
    for loc, group in groups:
        yield from ((loc, name, field) for name, field in group.items())


class ApiInventory(Rule):
    id = "api-inventory"
    title = "The contract lists what is served, and what ends names its successor"
    why = (
        "Endpoints that no contract lists, and versions that ended on paper only, are served "
        "without anybody looking after them (OWASP API9:2023, Improper Inventory Management)."
    )
    level = "warning"
    tags = ("API9:2023", "CWE-1059")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        told = asked(evidence.system)
        if told is None:
            return
        found, _ = told

        for op in found.operations.values():
            end = op.said.deprecated
            if end is None:
                continue
            place = evidence.place((*place_of(found, op), "deprecated"))
            if evidence.today and end.sunset < evidence.today:
                yield self.finding(
                    f"`{op.name}` ended on {end.sunset} and is still there",
                    place,
                    end.sunset,
                    "no operation after its end",
                    "take it away, or give it a later sunset",
                )
            if end.instead is None:
                yield self.finding(
                    f"`{op.name}` ends on {end.sunset}, and nothing says what to use instead",
                    place,
                    "no instead",
                    "instead: the operation that takes its place",
                    "instead: its successor",
                    level="note",
                )
        for loc, name, field in fields(evidence.system):
            end = field.deprecated
            if end is not None and evidence.today and end.sunset < evidence.today:
                yield self.finding(
                    f"the field `{name}` ended on {end.sunset} and is still there",
                    evidence.place((*loc, name, "deprecated")),
                    end.sunset,
                    "no field after its end",
                    "hide it, so that its number stays, or give it a later sunset",
                )
        if found.derived:
            return
        listed = {op.said.endpoint for op in found.operations.values()}
        for ref in unlisted(evidence.system, listed):
            yield self.finding(
                f"clients ask for `{ref}`, which no operation is served by",
                evidence.request_place(ref),
                "in journeys, not in api",
                "an operation with this endpoint",
                f"api: operations: ...: endpoint: {ref}",
            )


RULE = ApiInventory()
