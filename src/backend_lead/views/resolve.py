"""Resolving a model: from `System` to `Flow`."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.model.system import System
from backend_lead.views.flow import Flow
from backend_lead.views.pages import read_from_disk
from backend_lead.views.rates import set_rates
from backend_lead.views.steps import consumers, entry, nodes
from backend_lead.views.traffic import traffic
from backend_lead.views.transfers import transfers


def resolve(system: System) -> Flow:
    """Resolve a valid system. Raises KeyError for an unknown kind or machine."""
    roots, sources, links = entry(system)
    flow = Flow(
        system, {node.key: node for node in nodes(system)}, roots, sources, consumers(system), links
    )
    set_rates(flow)
    for name, component in system.components.items():
        for station in kind_of(component.kind).stations(name, component, traffic(flow, name)):
            flow.stations[station.id] = station
    read_from_disk(flow)
    for name in system.components:
        flow.traffic[name] = traffic(flow, name)
    flow.transfers = transfers(flow)
    return flow
