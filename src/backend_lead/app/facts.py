"""The catalogue facts a design rests on, as assumptions with their ranges."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.analysis import lowered_devices, lowered_manners, lowering, uses
from backend_lead.analysis.faults import consumer_outage
from backend_lead.catalog import (
    complexity,
    kind,
    kind_of,
    kinds,
    network,
    quotas,
    regions,
    sockets,
    telemetry,
    transfer,
)
from backend_lead.catalog.fact import Fact
from backend_lead.model.design import Assumption
from backend_lead.model.system import System
from backend_lead.model.units import BYTES, DURATION, RATIO, trim
from backend_lead.search.state import GROWTH
from backend_lead.views.places import placed_steps

_HELD = (*sockets.FACTS, uses.STORM_MAX)
_PAUSES = lowered_manners.PAUSES
_LINKS = (lowered_devices.SHARING,)
_STREAMS = (lowering.AGAIN, consumer_outage.OUTAGE)


def facts_of(system: System) -> list[tuple[str, Fact]]:
    """(whose, fact) of everything the catalogue says about the parts of a system."""
    found: dict[tuple[str, str], Fact] = {}
    for part in system.components.values():
        own = kind_of(part.kind)
        for fact in (*own.facts, own.availability, own.repair):
            found[own.id, fact.id] = fact
    held = any(client.connection for client in system.workload.clients.values())
    streams = any(part.topics for part in system.components.values())
    stated = system.topology.network
    links = stated is not None and any(hop.bandwidth for hop in stated.hops)
    more = (*(_HELD if held else ()), *(_STREAMS if streams else ()), *(_LINKS if links else ()))
    for fact in (*_general(), *more, *(_PAUSES if _retries(system) else ())):
        found["all", fact.id] = fact
    return [(whose, fact) for (whose, _), fact in found.items()]


def _retries(system: System) -> bool:
    """Whether something is tried again after a pause that nobody states."""
    steps = (placed.step for placed in placed_steps(system))
    clients = system.workload.clients.values()
    return any(one.retries and one.backoff is None for one in steps) or any(
        one.retries and one.backoff is None for one in clients
    )


def all_facts() -> list[Fact]:
    """Every fact of the catalogue and of the search, of whatever kind."""
    of_kinds = [f for k in kinds().values() for f in (*k.facts, k.availability, k.repair)]
    apart = (*_HELD, *_STREAMS, *_LINKS, *_PAUSES, *telemetry.UNBILLED, *quotas.FACTS)
    return [*_general(), *apart, *of_kinds]


def _general() -> Iterator[Fact]:
    yield from (network.RTT_SAME_ZONE, network.RTT_CROSS_ZONE, network.ZONE_AVAILABILITY)
    yield from (network.ZONE_REPAIR, network.REGION_AVAILABILITY, network.CONNECTION_LIFE)
    yield from (regions.REGION_REPAIR, regions.TAKE_OVER, regions.LAG, kind.EARLY)
    yield from (uses.BUSY_MAX, GROWTH, *complexity.FACTS, *transfer.FACTS, *telemetry.BILLED)


def fact_assumptions(system: System) -> list[Assumption]:
    """The same, in the words of a report; exact facts (low = high) are left out."""
    return [
        Assumption(
            f"catalogue.{whose}.{fact.id}",
            f"{whose}: {fact.label}" if whose != "all" else fact.label,
            _text(fact, fact.value),
            _text(fact, fact.low),
            _text(fact, fact.high),
            fact.source,
            f"catalogue, {fact.origin}",
        )
        for whose, fact in facts_of(system)
        if fact.low < fact.high
    ]


def _text(fact: Fact, value: float) -> str:
    if fact.unit == "s":
        return DURATION.format(value)
    if fact.unit == "B":
        return BYTES.format(value)
    if fact.unit == "ratio":
        return RATIO.format(value)
    return trim(value, 4) + ("" if fact.unit == "factor" else f" {fact.unit}")
