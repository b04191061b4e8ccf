"""Connections that clients hold: how many, memory, descriptors, ports, heartbeats, and the rush of
all who come back after a loss."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_lead.analysis.arithmetic.line import bits, byte_words, count, line, people, rate_words
from backend_lead.catalog import kind_of
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.sockets import BEAT_BYTES, HANDSHAKE_CPU, NO_JITTER, PORTS, TRACKED
from backend_lead.model.design import Sum
from backend_lead.model.system import Component
from backend_lead.model.units import trim
from backend_lead.views.flow import Flow, Link
from backend_lead.views.held import Holding, Loss, holdings, losses
from backend_lead.views.steps import endpoint_of

GROUP = "Held connections"
PLACE = 30


def sums(flow: Flow, response_s: float) -> Iterator[Sum]:
    """Nothing where no client holds a connection."""
    for holding in holdings(flow):
        yield from _instances(flow, holding)
        yield from _way(holding)
        for link in holding.links:
            if link.beat:
                yield _beats(flow, holding, link)
        for loss in losses(flow, holding):
            yield from _comes_back(holding, loss)


def _instances(flow: Flow, holding: Holding) -> Iterator[Sum]:
    station, each = holding.station, holding.each
    sid, part = station.id, flow.system.components[station.component]
    users = " + ".join(f"{people(link.users)} {link.client}" for link in holding.links)
    yield line(GROUP, f"{sid}: per instance", f"{users} / {station.replicas:,}", each, "count",
               people(each))  # fmt: skip
    memory = _fact(part, "connection-memory")
    if memory is not None and part.instance is not None:
        usable, machine = _fact(part, "memory-usable"), kind_of(part.kind).machine(part)
        share = usable.value if usable else 1.0
        yield line(
            GROUP, f"{sid}: memory of an instance",
            f"{people(each)} x {byte_words(memory.value)} of {byte_words(machine.memory_bytes)} x "
            f"{share:.0%} for connections: "
            f"{each * memory.value / machine.memory_bytes / share:.0%} in use",
            each * memory.value, "B", byte_words(each * memory.value),
        )  # fmt: skip
    files = _fact(part, "descriptors")
    if files is not None:
        yield line(
            GROUP, f"{sid}: descriptors of an instance",
            f"one a connection; {files.value:,.0f} are allowed to a process"
            + (
                f"; a packet filter tracks {TRACKED.value:,.0f}: none by state on these machines"
                if each > TRACKED.value
                else ""
            ),
            each, "count", f"{people(each)} of {people(files.value)}",
        )  # fmt: skip


def _fact(part: Component, id: str) -> Fact | None:
    return next((fact for fact in kind_of(part.kind).facts if fact.id == id), None)


def _way(holding: Holding) -> Iterator[Sum]:
    """A proxy opens a connection of its own for each, from a port of one of its addresses."""
    if not holding.balancer:
        return
    need = max(1, math.ceil(holding.each / PORTS.value))
    yield line(
        GROUP, f"{holding.balancer}: addresses towards an instance",
        f"{people(holding.each)} connections / {PORTS.value:,.0f} ephemeral ports of an address "
        "towards one address and port; a managed balancer has one or more in each zone", need,
        "count", f"{need:,} address{'es' if need > 1 else ''}",
    )  # fmt: skip


def _beats(flow: Flow, holding: Holding, link: Link) -> Sum:
    assert link.beat is not None
    endpoint = endpoint_of(flow.system, flow.roots[link.beat].target)
    rate = link.users / link.every_s
    stated = [size.value for size in (endpoint.request, endpoint.response) if size]
    size = max(stated) if stated else BEAT_BYTES.value
    return line(
        GROUP, f"{link.client}: heartbeats",
        f"{people(link.users)} / {trim(link.every_s)} s x {byte_words(size)} = "
        f"{bits(rate * size)} each way, {bits(rate * size / holding.station.replicas)} of an "
        "instance", rate, "1/s", rate_words(rate),
    )  # fmt: skip


def _comes_back(holding: Holding, loss: Loss) -> Iterator[Sum]:
    sid = holding.station.id
    back = " + ".join(
        f"{people(loss.connections * link.users / holding.users)} / {trim(link.back_s)} s"
        for link in holding.links
    )
    yield line(
        GROUP, f"{sid}: {loss.what} lost, connections a second",
        f"{back}, each at a random moment; {people(loss.rush_per_s, '/s')} if none waits (all "
        f"within {trim(NO_JITTER.value)} s)", loss.per_s, "1/s", rate_words(loss.per_s),
    )  # fmt: skip
    where = f"TLS ends at {holding.balancer}" if holding.balancer else (
        f"{trim(HANDSHAKE_CPU.value * 1e3)} ms of TLS each"
    )  # fmt: skip
    yield line(
        GROUP, f"{sid}: {loss.what} lost, cores to take them back",
        f"{people(loss.per_s, '/s')} x core time of opening one, {where}; {loss.cores_left:,} "
        f"cores are left in {count(loss.left, 'instance')}", loss.cores, "cores",
        trim(loss.cores, 3),
    )  # fmt: skip
    if holding.balancer:
        cores = loss.per_s * HANDSHAKE_CPU.value
        yield line(
            GROUP, f"{holding.balancer}: {loss.what} lost, TLS handshakes",
            f"{people(loss.per_s, '/s')} x {trim(HANDSHAKE_CPU.value * 1e3)} ms; a managed "
            "balancer brings these cores, but grows over minutes", cores, "cores", trim(cores, 3),
        )  # fmt: skip
