"""Resolving a model: from `System` to `Flow`."""

from __future__ import annotations

from dataclasses import replace

from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Station
from backend_lead.model.system import System
from backend_lead.views.commits import set_commits
from backend_lead.views.entry import entry
from backend_lead.views.flow import Flow
from backend_lead.views.network import placed
from backend_lead.views.pages import read_from_disk
from backend_lead.views.rates import set_rates
from backend_lead.views.sending import send_over
from backend_lead.views.steps import consumers, nodes
from backend_lead.views.traffic import page_reads_per_s, traffic
from backend_lead.views.transfers import transfers


def resolve(system: System) -> Flow:
    """Resolve a valid system. Raises KeyError for an unknown kind or machine."""
    roots, sources, links, visits = entry(system)
    flow = Flow(
        system,
        {node.key: node for node in nodes(system)},
        roots,
        sources,
        consumers(system),
        links,
        visits,
    )
    set_rates(flow)
    for name, component in system.components.items():
        flow.traffic[name] = traffic(flow, name)
        for station in kind_of(component.kind).stations(name, component, flow.traffic[name]):
            flow.stations[station.id] = _as_said(system, station)
    read_from_disk(flow)
    _order_disks(flow)
    set_commits(flow)
    flow.transfers = transfers(flow)
    send_over(flow)
    return flow


def _as_said(system: System, station: Station) -> Station:
    """A station in its place, on as many cores as its component says."""
    said = station.serving
    if said is not None and said.cores is not None:
        station = replace(station, cores=min(station.cores, said.cores))
    return placed(system, station)


def _order_disks(flow: Flow) -> None:
    """Tell each store what is read from its disks, which are ordered for that."""
    for name, seen in flow.traffic.items():
        if reads := page_reads_per_s(flow, name):
            component = flow.system.components[name]
            flow.traffic[name] = replace(seen, page_reads_per_s=reads)
            for station in kind_of(component.kind).stations(name, component, flow.traffic[name]):
                flow.stations[station.id] = _as_said(flow.system, station)
