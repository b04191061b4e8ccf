"""What a design needs of each quota that its provider sets by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.catalog.quotas import QUOTAS, Quota
from backend_lead.model.system import Component
from backend_lead.views.flow import SECONDS_MONTH, Flow
from backend_lead.views.rates import unloaded_s
from backend_lead.views.steps import passes
from backend_lead.views.transfers import to_outside


@dataclass(frozen=True)
class Need:
    """`value` of what a quota counts, `terms` how it is counted, `component` who needs most."""

    quota: Quota
    value: float
    terms: str
    component: str

    @property
    def share(self) -> float:
        return self.value / self.quota.fact.value

    @property
    def over(self) -> bool:
        return self.value > self.quota.fact.value


_Terms = list[tuple[str, float, str]]  # component, how much, in words


def needs(flow: Flow) -> list[Need] | None:
    """Per quota that the design uses anything of; None where the provider's are not known."""
    quotas = QUOTAS.get(flow.system.topology.provider)
    if quotas is None:
        return None
    out = []
    for quota in quotas:
        add, terms = MEASURES[quota.measure]
        found = [term for term in terms(flow) if term[1] > 0]
        if found:
            top = max(found, key=lambda term: term[1])
            counted = found if add else [top]
            out.append(Need(quota, sum(term[1] for term in counted),
                            " + ".join(term[2] for term in counted), top[0]))  # fmt: skip
    return out


def _parts(flow: Flow, machine_class: str) -> list[tuple[str, Component]]:
    """Components with machines of a class: "" one's own, "db." databases, "cache." caches."""
    return [
        (name, part)
        for name, part in flow.system.components.items()
        if part.instance is not None and kind_of(part.kind).machine_class == machine_class
    ]


def _vcpus(flow: Flow) -> _Terms:
    return [
        (name, float(n * cores), f"{n:,} {name} x {cores}")
        for name, part in _parts(flow, "")
        for kind in [kind_of(part.kind)]
        for n, cores in [(kind.instances(part), kind.machine(part).vcpu)]
    ]  # fmt: skip


def _targets(flow: Flow) -> _Terms:
    """Instances that requests reach behind a load balancer."""
    out = {}
    for entry in flow.system.workload.entry:
        if kind_of(flow.system.components[entry].kind).role != "load balancer":
            continue
        for root in flow.roots.values():
            name = root.target.split(".", 1)[0]
            n = kind_of(flow.system.components[name].kind).instances(flow.system.components[name])
            if passes(flow.system, entry, root.target):
                out[name] = (name, float(n), f"{n:,} {name}")
    return list(out.values())


def _edge(flow: Flow, field: str) -> _Terms:
    peak, month = flow.system.workload.peak.factor.value, SECONDS_MONTH
    out = []
    for name in flow.system.workload.entry:
        if kind_of(flow.system.components[name].kind).role != "cdn":
            continue
        seen = flow.traffic[name]
        if field == "requests":
            out.append((name, seen.requests_per_s, f"requests of {name} at peak"))
        else:
            out.append((name, seen.bytes_out_month / month * peak, f"bytes of {name} at peak"))
    return out


def _databases(flow: Flow) -> _Terms:
    return [
        (name, part.shards * (1 + part.replicas),
         f"{part.shards} x {1 + part.replicas} {name}")
        for name, part in _parts(flow, "db.")
    ]  # fmt: skip


def _database_bytes(flow: Flow) -> _Terms:
    out: _Terms = []
    for name, part in _parts(flow, "db."):
        each = _volume(flow, name, part)
        nodes = part.shards * (1 + part.replicas)
        out.append((name, each * nodes, f"{nodes} volumes of {name}"))
    return out


def _volume(flow: Flow, name: str, part: Component) -> float:
    """Bytes on the disk of one database: its rows with indexes."""
    factor = next((f.value for f in kind_of(part.kind).facts if f.id == "index-factor"), 1.0)
    return flow.traffic[name].storage_bytes * factor / part.shards


def _nodes(flow: Flow) -> _Terms:
    return [
        (name, float(kind_of(part.kind).instances(part)), f"{kind_of(part.kind).instances(part)}"
         f" {name}") for name, part in _parts(flow, "cache.")
    ]  # fmt: skip


def _runs(flow: Flow) -> _Terms:
    """Functions under way by Little's law, when nobody waits."""
    out: _Terms = []
    for name, part in flow.system.components.items():
        if kind_of(part.kind).role == "function":
            busy = sum(
                flow.visits.get(f"{name}.{word}", 0.0) * sum(unloaded_s(flow, f"{name}.{word}"))
                for word in part.endpoints
            )
            out.append((name, busy, f"rate x time of {name}"))
    return out


def _nat_zones(flow: Flow) -> int:
    """One NAT gateway in each zone with machines of one's own."""
    return max((part.zones for _, part in _parts(flow, "")), default=1)


def _nat_connections(flow: Flow) -> _Terms:
    """Calls under way to each outside system, by Little's law; each has a connection."""
    zones = _nat_zones(flow)
    out: _Terms = []
    for name in sorted({flow.stations[one.target].component for one in to_outside(flow)}):
        busy = sum(
            flow.visits.get(key, 0.0) * sum(unloaded_s(flow, key))
            for key, node in flow.nodes.items()
            if node.component == name
        )
        out.append((name, busy / zones, f"rate x answer time of {name} / {zones} gateways"))
    return out


def _nat_bytes(flow: Flow) -> _Terms:
    zones = _nat_zones(flow)
    return [
        (flow.stations[one.target].component, max(one.asked_b, one.answered_b) / zones,
         f"bytes of {flow.stations[one.target].component} / {zones} gateways")
        for one in to_outside(flow)
    ]  # fmt: skip


# what a quota counts: whether over all components or for the largest alone, and how
MEASURES: dict[str, tuple[bool, Callable[[Flow], _Terms]]] = {
    "vcpus": (True, _vcpus),
    "targets": (True, _targets),
    "cdn requests": (False, lambda flow: _edge(flow, "requests")),
    "cdn bytes": (False, lambda flow: _edge(flow, "bytes")),
    "databases": (True, _databases),
    "database bytes": (True, _database_bytes),
    "replicas": (False, lambda flow: [
        (name, part.replicas, f"replicas of {name}") for name, part in _parts(flow, "db.")]),
    "volume bytes": (False, lambda flow: [
        (name, _volume(flow, name, part), f"rows of a shard of {name} with indexes")
        for name, part in _parts(flow, "db.")]),
    "cache nodes": (True, _nodes),
    "nodes of one cache": (False, _nodes),
    "function runs": (True, _runs),
    "nat connections": (False, _nat_connections),
    "nat bytes": (True, _nat_bytes),
}  # fmt: skip
