"""Places and the ways between them, against what the model has: regions, zones, hops."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from backend_lead.app.model_told import wrong
from backend_lead.intake.backend_yaml.words import did_you_mean, listed
from backend_lead.model import units
from backend_lead.model.finding import Finding
from backend_lead.model.quantity import Bandwidth
from backend_lead.model.serving import Happening
from backend_lead.model.system import System
from backend_lead.views.document import Document, Loc
from backend_lead.views.network import hop_between, region_of, regions
from backend_lead.views.places import placed_steps

_wrong = partial(wrong, rule="model-network")
SENT_MAX_S = 600.0  # of one message, alone on its way


def network_findings(system: System, document: Document) -> Iterator[Finding]:
    """Hops between places that are not there or that are said twice, and ways that nobody says."""
    yield from _hops(system, document)
    yield from _too_slow(system, document)
    told: set[tuple[str, str]] = set()
    for placed in placed_steps(system):
        step = placed.step
        here = placed.endpoint.split(".", 1)[0]
        for target in (step.call, step.query, step.publish, step.read, step.invalidate):
            there = (target or "").split(".", 1)[0]
            if there not in system.components:
                continue
            ends = [region_of(system, system.components[name]) for name in (here, there)]
            pair = (min(ends), max(ends))
            if ends[0] == ends[1] or hop_between(system, *ends) or pair in told:
                continue
            told.add(pair)
            away = here if system.components[here].region is not None else there
            loc: Loc = ("components", away, "region")
            yield Finding(
                "model-network", "error",
                f"`{here}` asks `{there}` in another region, and the way there is not said",
                document.place(loc), f"{ends[0]} to {ends[1]}", "a hop of topology.network",
                f"hops: [{{between: [{ends[0]}, {ends[1]}], rtt: 80 ms}}]",
            )  # fmt: skip


def _hops(system: System, document: Document) -> Iterator[Finding]:
    network = system.topology.network
    for i, hop in enumerate(network.hops if network is not None else []):
        loc: Loc = ("topology", "network", "hops", i, "between")
        zones, named = system.topology.zones, regions(system)
        for place in hop.between:
            if isinstance(place, int) and place > zones:
                yield _wrong(document, loc, "names a zone that the topology does not have",
                             f"zone {place}", f"1 to {zones}", "raise topology.zones")  # fmt: skip
            if isinstance(place, str) and place not in named:
                yield _wrong(
                    document, loc, "names a region in which nothing runs", place, listed(named),
                    did_you_mean(place, named) or "say the region of a component",
                )  # fmt: skip
        if hop_between(system, *hop.between) is not hop:
            yield _wrong(document, loc, "is said before", " and ".join(map(str, hop.between)),
                         "each pair once", "delete one of the two")  # fmt: skip


def _too_slow(system: System, document: Document) -> Iterator[Finding]:
    """Bandwidths over which the largest thing of the model takes longer than anybody waits."""
    network = system.topology.network
    if network is None:
        return
    ends = [end for part in system.components.values() for end in part.endpoints.values()]
    said = [size for end in ends for size in (end.request, end.response) if size is not None]
    said += [topic.message for part in system.components.values() for topic in part.topics.values()]
    said += [entity.row for entity in system.entities.values()]
    largest = max(said, key=lambda size: size.value, default=None)
    stated: list[tuple[Loc, Bandwidth | None]] = [(("bandwidth",), network.bandwidth)]
    stated += [(("hops", i, "bandwidth"), hop.bandwidth) for i, hop in enumerate(network.hops)]
    for loc, bandwidth in stated:
        if bandwidth is None or largest is None or largest.value <= SENT_MAX_S * bandwidth.value:
            continue
        least = units.BANDWIDTH.format(largest.value / SENT_MAX_S)
        yield _wrong(
            document, ("topology", "network", *loc),
            f"takes {largest.value / bandwidth.value:,.0f} s for what is {largest.text} large",
            bandwidth.text, f"{least} or more: {SENT_MAX_S:g} s", "look at the units of both",
        )  # fmt: skip


def region_struck(
    system: System, one: Happening, loc: Loc, document: Document
) -> Iterator[Finding]:  # fmt: skip
    """A region that is lost or cut off must be one in which something runs."""
    named = regions(system)
    if one.region not in named:
        yield _wrong(
            document, (*loc, "region"), "is no region in which something runs", str(one.region),
            listed(named), did_you_mean(str(one.region), named) or "name one of these",
        )  # fmt: skip
    elif one.what == "cut" and len(named) == 1:
        yield _wrong(document, (*loc, "region"), "cannot be cut off: everything runs in it",
                     str(one.region), "a model of two regions", "what: region")  # fmt: skip
