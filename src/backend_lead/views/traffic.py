"""What each component sees: rates at peak, and requests, bytes and storage over a month."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Traffic
from backend_lead.catalog.network import CONNECTION_LIFE
from backend_lead.model.system import System
from backend_lead.views.flow import SECONDS_MONTH, Cpu, Flow
from backend_lead.views.pages import disk_reads
from backend_lead.views.rates import unloaded_s
from backend_lead.views.steps import endpoint_of, passes


def traffic(flow: Flow, name: str) -> Traffic:
    """What one component sees at design peak and over a month; reads from disk come later."""
    component = flow.system.components[name]
    system = flow.system
    mean = 1 / system.workload.peak.factor.value
    if name in system.workload.entry:
        requests = bytes_out = bytes_in = 0.0
        before = system.workload.entry[: system.workload.entry.index(name)]
        for root, rate in flow.root_rates().items():
            ref = flow.roots[root].target
            if not passes(system, name, ref):
                continue
            held = any(kind_of(system.components[part].kind).role == "cdn" for part in before)
            share = 1 - flow.roots[root].edge_hit if held else 1.0
            endpoint = endpoint_of(system, ref)
            requests += rate * share
            bytes_in += rate * share * (endpoint.request.value if endpoint.request else 0.0)
            bytes_out += rate * share * (endpoint.response.value if endpoint.response else 0.0)
        users = sum(source.users or source.rate_per_s for source in flow.sources)
        return Traffic(
            requests, requests * mean * SECONDS_MONTH, bytes_out * mean * SECONDS_MONTH,
            users * mean, users * mean / CONNECTION_LIFE.value, (bytes_in + bytes_out) * mean,
            peak_hour=system.workload.peak.hour,
        )  # fmt: skip
    keys = flow.keys_of(name)
    rate = sum(flow.visits.get(key, 0.0) for key in keys)
    write_cores = sum(
        flow.visits.get(f"{name}.{op}", 0.0)
        * flow.batch.get(f"{name}.{op}", 1.0)
        * (operation.cpu.value if operation.cpu else 0.0)
        for op, operation in component.operations.items()
        if operation.type == "write"
    )
    storage = component.storage.value if component.storage else stored_bytes(system, name)
    rates = {
        node.name: flow.visits.get(node.key, 0.0)
        * (flow.batch.get(node.key, 1.0) if node.name in component.topics else 1.0)
        for node in map(flow.nodes.__getitem__, keys)
    }
    compute, under_way = _in_progress(flow, name)
    return Traffic(
        rate,
        rate * mean * SECONDS_MONTH,
        write_cores=write_cores,
        written_bytes_per_s=written_bytes_per_s(flow, name),
        storage_bytes=storage,
        peak_factor=system.workload.peak.factor.value,
        peak_hour=system.workload.peak.hour,
        messages_per_s=sum(rates[topic] for topic in component.topics),
        held=sum(link.users for link in flow.links if link.station.split(".")[0] == name),
        rates=rates,
        compute=compute,
        under_way=under_way,
    )


def page_reads_per_s(flow: Flow, name: str) -> float:
    """Reads from disk a second of the replica of a component that reads most."""
    stations = dict.fromkeys(flow.nodes[key].station for key in flow.keys_of(name))
    return max((disk_reads(flow, flow.stations[sid]) for sid in stations), default=0.0)


def written_bytes_per_s(flow: Flow, store: str) -> float:
    """Bytes of rows that statements of a store write a second, on the mean of a day."""
    total = 0.0
    for word, operation in flow.system.components[store].operations.items():
        if operation.type == "write" and operation.entity in flow.system.entities:
            key = f"{store}.{word}"
            rate = flow.visits.get(key, 0.0) * flow.batch.get(key, 1.0)
            total += rate * flow.system.entities[operation.entity].row.value
    return total / flow.system.workload.peak.factor.value


def _in_progress(flow: Flow, name: str) -> tuple[float, float]:
    """Core-seconds a second of a component's own endpoints, and their requests in progress, by
    Little's law, where nobody waits."""
    compute = under_way = 0.0
    for word in flow.system.components[name].endpoints:
        key = f"{name}.{word}"
        rate, each = flow.visits.get(key, 0.0), flow.batch.get(key, 1.0)
        own = sum(step.mean_s for step in flow.nodes[key].steps if isinstance(step, Cpu))
        busy, other = unloaded_s(flow, key)
        compute += rate * each * own
        under_way += rate * (each * busy + other)
    return compute, under_way


def direct_bytes_month(flow: Flow) -> float:
    """Response bytes a month that leave without passing a CDN."""
    system = flow.system
    total = 0.0
    for root, rate in flow.root_rates().items():
        ref = flow.roots[root].target
        behind = any(
            kind_of(system.components[name].kind).role == "cdn" and passes(system, name, ref)
            for name in system.workload.entry
        )
        response = endpoint_of(system, ref).response
        if not behind and response is not None:
            total += rate * response.value
    return total / system.workload.peak.factor.value * SECONDS_MONTH


def stored_bytes(system: System, store: str) -> float:
    """Bytes of rows a store holds today, before indexes."""
    return sum(
        entity.row.value * entity.rows.value
        for entity in system.entities.values()
        if entity.store == store
    )
