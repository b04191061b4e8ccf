"""data/contracts/PRODUCT.odcs.yaml: what each data product promises, as an open data contract."""

from __future__ import annotations

from typing import Any

from backend_lead.emit.data.layer_reading import DataReading, data_reading
from backend_lead.model.data import Basis
from backend_lead.model.design import Design
from backend_lead.views.api.names import snake
from backend_lead.views.data.offering import SCHEMA, Offer, Offered, offers
from backend_lead.views.data.types import KEPT
from backend_lead.views.yaml_layout import document

ID = "data-contracts"
GROUP = "data"
FILES = ()
MORE = r"data/contracts/[a-z0-9_-]+\.odcs\.yaml"
RUNS = False
ODCS = "v3.1.0"
_ALLOWED: dict[Basis, str] = {
    "contract": "a contract with the person", "consent": "the person's consent",
    "legal-obligation": "a law that asks for it", "legitimate-interest": "a legitimate interest",
    "vital-interest": "a vital interest", "public-task": "a public task",
}  # fmt: skip


def emit(design: Design) -> dict[str, str]:
    """A contract for each product of the model; nothing where it states none."""
    read = data_reading(design)
    if read is None:
        return {}
    head = f"# Written from the model {design.digest}; change the model, not this file.\n"
    return {
        f"data/contracts/{offer.name}.odcs.yaml": head + document(_contract(read, offer))
        for offer in offers(read.layer) if offer.table.store in read.stores
    }  # fmt: skip


def _contract(read: DataReading, offer: Offer) -> dict[str, Any]:
    product, system = offer.product, read.system
    owner = product.owner or offer.table.owner or system.backend
    version = system.api.version if system.api else "1.0.0"
    out: dict[str, Any] = {
        "apiVersion": ODCS, "kind": "DataContract", "id": f"{system.backend}-{offer.name}",
        "name": product.title or offer.name, "version": version, "status": "draft",
        "domain": system.backend, "dataProduct": offer.name,
        "description": {
            "purpose": product.answers or f"Rows of {offer.table.name} for those who analyse.",
            "usage": "Read the view; it is masked, and only what stands here is promised.",
            "limitations": _limits(read, offer),
        },
        "servers": [{
            "server": offer.table.store, "type": read.component(offer.table.store).kind,
            "environment": "production",
            "host": f"{offer.table.store}.internal", "port": 5432,
            "database": snake(system.backend), "schema": SCHEMA,
        }],
        "schema": [_schema(read, offer)],
        "slaDefaultElement": f"{offer.view}.{offer.when}" if offer.when else offer.view,
        "slaProperties": list(_promises(read, offer)),
        "team": {"name": owner, "members": [{"username": owner, "role": "owner"}]},
        "roles": [{"role": f"{snake(system.backend)}_analyst", "access": "read",
                   "firstLevelApprovers": owner}],
        "support": [{"channel": f"{owner}-data", "tool": "other", "scope": "issues",
                     "description": "Questions and faults; who is on call stands in "
                                    "data/coordination.md"}],
    }  # fmt: skip
    if product.consumers:
        out["customProperties"] = [{"property": "consumers", "value": list(product.consumers)}]
    return out


def _limits(read: DataReading, offer: Offer) -> str:
    told = ["People are pseudonyms: they can be counted, nobody can be read."]
    for name in dict.fromkeys(p for c in offer.columns for p in c.column.purpose):
        purpose = read.data.purposes.get(name)
        if purpose is not None:
            told.append(f"Collected for `{name}` ({purpose.title or name}), allowed by "
                        f"{_ALLOWED[purpose.basis]}.")  # fmt: skip
    if read.data.late is not None:
        told.append(f"Rows may come up to {read.data.late.text} late.")
    return " ".join(told)


def _schema(read: DataReading, offer: Offer) -> dict[str, Any]:
    return {
        "name": offer.view, "physicalName": f"{SCHEMA}.{offer.view}", "physicalType": "view",
        "logicalType": "object",
        "description": f"One row for each row of {offer.table.name}",
        "dataGranularityDescription": f"one row of {offer.table.name} ({', '.join(offer.key)})",
        "properties": [_property(offer, c) for c in offer.columns],
        "quality": list(_quality(offer)),
    }  # fmt: skip


def _property(offer: Offer, offered: Offered) -> dict[str, Any]:
    column = offered.column
    logical = "string" if offered.masked and column.type == "uuid" else KEPT[column.type].logical
    out: dict[str, Any] = {
        "name": column.name, "logicalType": logical, "physicalType": offered.postgres,
        "description": f"{column.title} ({offered.role})", "required": not column.null,
        "classification": _class(offer, offered),
    }  # fmt: skip
    if logical == "array":
        out["items"] = {"logicalType": "string"}
    if offered.role == "key":
        out |= {"primaryKey": True, "primaryKeyPosition": offer.key.index(column.name) + 1}
    if offered.masked:
        out["transformDescription"] = "masked: " + (
            "a pseudonym of the key" if offered.person else offered.sql
        )
    if column.one_of and not offered.masked:
        out["quality"] = [{
            "metric": "invalidValues", "mustBe": 0, "dimension": "conformity",
            "arguments": {"validValues": list(column.one_of)},
        }]  # fmt: skip
    return out


def _class(offer: Offer, offered: Offered) -> str:
    """A pseudonym still is somebody's; another masked value tells of nobody."""
    if not offered.masked:
        return offered.column.cls
    return "personal" if offered.person else "internal"


def _quality(offer: Offer) -> list[dict[str, Any]]:
    """What can be counted on: rows are there, and none is there twice."""
    return [
        {"metric": "rowCount", "mustBeGreaterThan": 0, "dimension": "completeness"},
        {"metric": "duplicateValues", "mustBe": 0, "dimension": "uniqueness",
         "arguments": {"properties": list(offer.key)}},
    ]  # fmt: skip


def _promises(read: DataReading, offer: Offer) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    fresh = offer.product.fresh
    if fresh is not None:
        out.append({
            "property": "latency", "value": fresh.value, "unit": "s", "driver": "operational",
            "description": f"A row is there {fresh.text} after it happened",
        })  # fmt: skip
    if offer.table.keep_s:
        out.append({"property": "retention", "value": round(offer.table.keep_s / 86_400),
                    "unit": "d"})  # fmt: skip
    if read.data.erase_within is not None:
        out.append({
            "property": "erasure", "value": read.data.erase_within.value / 86_400, "unit": "d",
            "driver": "regulatory", "description": "Who asked to be erased is gone by then",
        })  # fmt: skip
    journeys = {j for p in read.layer.of_table(offer.table.name) for j in p.journeys}
    objectives = [read.system.slo_of(j).availability.value for j in journeys]
    if objectives:
        out.append({"property": "availability", "value": round(min(objectives) * 100, 4),
                    "unit": "percent"})  # fmt: skip
    return out
