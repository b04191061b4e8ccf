"""Words for people who do not build: parts, faults and load without the terms of the trade."""

from __future__ import annotations

from backend_lead.catalog import kinds
from backend_lead.model.design import Design, Trial
from backend_lead.model.system import System

_ROLES = {
    "service": "runs the program", "relational store": "keeps the data",
    "cache": "answers repeated reads from memory", "cdn": "serves copies close to users",
    "load balancer": "spreads requests over machines",
}  # fmt: skip
_FAULTS = {
    "zone-loss": "one data centre is lost",
    "primary-failover": "the main database machine fails",
    "cache-cold": "everything held in memory for quick answers is lost",
}


def fault(trial: Trial) -> str:
    """What is broken, without the terms of the trade."""
    return _FAULTS.get(trial.id, trial.title[:1].lower() + trial.title[1:])


def does(system: System, name: str) -> str:
    """What a component is for; empty where its kind is not known."""
    kind = kinds().get(system.components[name].kind)
    return _ROLES.get(kind.role, "") if kind else ""


def machines(system: System) -> list[tuple[str, int]]:
    """How many machines each component has; managed parts have none to count."""
    found = []
    for name, component in system.components.items():
        kind = kinds().get(component.kind)
        n = kind.instances(component) if kind else 0
        if n:
            found.append((name, n))
    return found


def users(design: Design) -> float:
    """Concurrent users at the stated peak; 0 where the load is stated as a rate."""
    clients = design.system.workload.clients.values()
    return sum(client.users.value for client in clients if client.users)
