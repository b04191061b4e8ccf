"""Connection gateway: a part of its own holds the connections of clients."""

from __future__ import annotations

from backend_lead.catalog import first_of, kind_of
from backend_lead.model.quantity import Duration
from backend_lead.model.system import Component, Endpoint, Step, System
from backend_lead.model.units import DURATION
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, fresh_name, steps_up
from backend_lead.views.api.moved import follow

GATEWAYS_MAX = 2000
PASS_ON = Duration.model_validate({
    "value": "0.05 ms", "range": ["0.02 ms", "0.2 ms"], "origin": "assumed",
    "why": "a frame taken in and passed on",
})  # fmt: skip
WITHIN = Duration.model_validate({
    "value": "1 s", "range": ["200 ms", "5 s"], "origin": "assumed",
    "why": "what the service does states no timeout",
})  # fmt: skip


class ConnectionGateway(Tactic):
    id = "connection-gateway"
    title = "Hold connections in a gateway"
    does = (
        "Instances that do nothing else hold the connections of clients and answer their "
        "heartbeats; the service is asked only for what needs its data."
    )
    helps = (
        "When many clients hold connections to a service that changes often or is busy: a new "
        "version of it no longer cuts them (the deploy trial shows it), clients that come back do "
        "not take the cores that answer requests, and either side grows by itself."
    )
    costs = (
        "One more part to run, and a hop on the way; what is pushed to a client must find the "
        "instance that holds its connection."
    )
    hurts = (
        "It saves no work: where a service holds few connections, or is seldom changed, machines "
        "are paid for that mostly wait. An instance that is lost takes many connections with it, "
        "and all their clients come back within seconds."
    )
    sources = (
        "Phoenix, 'The Road to 2 Million Websocket Connections' (2015)",
        "RFC 6455, The WebSocket Protocol (2011), sections 5.5.2 (ping) and 7.2.3 (reconnecting "
        "after a random delay)",
    )

    def sites(self, system: System) -> list[str]:
        homes = {
            client.connection.open.split(".", 1)[0]
            for client in system.workload.clients.values()
            if client.connection is not None
        }
        return [
            name
            for name, part in system.components.items()
            if name in homes and kind_of(part.kind).role == "service"
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        part = out.components[site]
        gateway = fresh_name(out, f"{site}-gateway")
        moved = _held(out, site)
        endpoints = {}
        for name in moved:
            endpoints[name], left = _split(part.endpoints[name], f"{site}.{name}")
            if left is None:
                del part.endpoints[name]
            else:
                part.endpoints[name] = left
        _ask(out, {f"{site}.{name}": f"{gateway}.{name}" for name in moved})
        kind = first_of("connection gateway")
        out.components[gateway] = Component(
            kind=kind.id, title=f"Connections of {site}", instance=kind.smallest,
            count=part.zones, zones=part.zones, endpoints=endpoints,
        )  # fmt: skip
        knob = Knob(gateway, "count", steps_up(part.zones, GATEWAYS_MAX),
                    frozenset({"CPU", "workers", "held", "redundancy"}))  # fmt: skip
        return Applied(out, (knob,))

    def heading(self, site: str) -> str:
        return f"Hold the connections of {site} in a gateway"


def _held(system: System, site: str) -> list[str]:
    """Endpoints of a service that open connections or keep them alive, and nothing else calls."""
    refs: dict[str, None] = {}
    for client in system.workload.clients.values():
        if client.connection is not None:
            for ref in (client.connection.open, client.connection.heartbeat):
                if ref is not None and ref.startswith(f"{site}."):
                    refs[ref.split(".", 1)[1]] = None
    return list(refs)


def _split(endpoint: Endpoint, ref: str) -> tuple[Endpoint, Endpoint | None]:
    """What the gateway does itself, and what it asks the service for (None: nothing).

    The gateway computes: keys, frames, clocks. What asks others stays where the data is.
    """
    own = [step for step in endpoint.does if step.cpu is not None]
    rest = [step for step in endpoint.does if step.cpu is None]
    if not rest:
        return endpoint, None
    call = Step(call=ref, timeout=_within(rest))
    outer = endpoint.model_copy(update={"does": [*own, call]})
    inner = Endpoint(title=endpoint.title, writes=endpoint.writes,
                     does=[Step(cpu=PASS_ON), *rest])  # fmt: skip
    return outer, inner


def _within(steps: list[Step]) -> Duration:
    """How long the gateway waits: as long as all the steps of the service may take."""
    total = 0.0
    for step in steps:
        times = [s.timeout.value for s in step.parallel or [step] if s.timeout is not None]
        if not times:
            return WITHIN
        total += max(times) * (1 + step.retries)
    return Duration.model_validate({
        "value": DURATION.format(total), "origin": "computed",
        "why": "the sum of the timeouts of what the service does for it",
    })  # fmt: skip


def _ask(system: System, new: dict[str, str]) -> None:
    """Let clients, journeys and entities name endpoints where they are now."""
    for client in system.workload.clients.values():
        held = client.connection
        if held is not None:
            held.open = new.get(held.open, held.open)
            held.heartbeat = new.get(held.heartbeat, held.heartbeat) if held.heartbeat else None
    for journey in system.journeys.values():
        journey.steps = [new.get(ref, ref) for ref in journey.steps]
    for entity in system.entities.values():
        if entity.created_by is not None:
            entity.created_by = new.get(entity.created_by, entity.created_by)
    follow(system, new)


TACTIC = ConnectionGateway()
