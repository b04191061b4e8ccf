"""Connections that clients hold: how many an instance has, how fast lost ones come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Station
from backend_lead.catalog.sockets import HANDSHAKE_CPU, NO_JITTER
from backend_lead.views.flow import Cpu, Flow, Link
from backend_lead.views.steps import passes
from backend_lead.views.weights import asked_by


@dataclass(frozen=True)
class Holding:
    """A station with the links of all classes of callers to it.

    `balancer` is the load balancer on the way, "" where clients reach the instances themselves.
    """

    station: Station
    links: tuple[Link, ...]
    balancer: str

    @property
    def users(self) -> float:
        return sum(link.users for link in self.links)

    @property
    def each(self) -> float:
        """Connections of one instance, all up."""
        return self.users / self.station.replicas


@dataclass(frozen=True)
class Loss:
    """`connections` are lost at once and come back to `left` instances.

    `per_s` if each client waits a random moment, `rush_per_s` if none does. `cores` is what the
    instances need to take them at `per_s`: the endpoint that opens one, and the handshake unless
    a balancer makes it; `cores_left` is what they have.
    """

    what: str
    connections: float
    left: int
    per_s: float
    rush_per_s: float
    cores: float
    cores_left: int


def holdings(flow: Flow) -> list[Holding]:
    """Every station that clients hold connections to."""
    found: dict[str, list[Link]] = {}
    for link in flow.links:
        found.setdefault(link.station, []).append(link)
    return [
        Holding(flow.stations[sid], tuple(links), _balancer(flow, links[0]))
        for sid, links in found.items()
    ]


def _balancer(flow: Flow, link: Link) -> str:
    ref = flow.roots[link.root].target
    for name in flow.system.workload.entry:
        kind = kind_of(flow.system.components[name].kind)
        if kind.role == "load balancer" and passes(flow.system, name, ref):
            return name
    return ""


def losses(flow: Flow, holding: Holding) -> Iterator[Loss]:
    """What may be lost at once: an instance, a zone, all of them; least first."""
    station = holding.station
    n, zones = station.replicas, set(station.zones)
    cases = [("an instance", 1 / n, n - 1)] if n > 1 else []
    if len(zones) > 1:
        most = max(station.zones.count(zone) for zone in zones)
        cases.append(("a zone", most / n, n - most))
    cases.append(("all of them", 1.0, n))
    work = {link.root: _opening_s(flow, holding, link) for link in holding.links}
    for what, share, left in cases:
        lost = holding.users * share
        cores = sum(share * link.users / link.back_s * work[link.root] for link in holding.links)
        rate = sum(share * link.users / link.back_s for link in holding.links)
        yield Loss(what, lost, left, rate, lost / NO_JITTER.value, cores, left * station.cores)


def _opening_s(flow: Flow, holding: Holding, link: Link) -> float:
    """Core time of an instance for one connection."""
    asked = asked_by(flow, flow.roots[link.root].target)
    compute = sum(
        often * step.mean_s
        for key, often in asked.items()
        if flow.nodes[key].station == link.station
        for step in flow.nodes[key].steps
        if isinstance(step, Cpu)
    )
    return compute + (0.0 if holding.balancer else HANDSHAKE_CPU.value)
