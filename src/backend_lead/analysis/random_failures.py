"""Failures at random, drawn before a run: when each instance goes and when it is back."""

from __future__ import annotations

import random
from collections.abc import Iterator

from backend_lead.analysis.faults.stated import SILENT, away
from backend_lead.analysis.lowering import Event
from backend_lead.catalog.kind import Station
from backend_lead.model.serving import Failing
from backend_lead.views.flow import Flow

EVENTS_MAX = 1_000_000  # of one run


def drawn_failures(flow: Flow, seed: int, until_s: float) -> list[Event]:
    """What fails until then by the `fails` of each component: exponential times, each instance by
    itself, the same for the same seed whatever else the model says."""
    events: list[Event] = []
    for station in flow.stations.values():
        said = flow.system.components[station.component].fails
        if said is None:
            continue
        for i in range(station.replicas):
            events += _of_one(station, i, said, seed, until_s)
            if len(events) > EVENTS_MAX:
                return sorted(events[:EVENTS_MAX], key=lambda event: event.at_s)
    return sorted(events, key=lambda event: event.at_s)


def _of_one(station: Station, i: int, said: Failing, seed: int, until_s: float) -> Iterator[Event]:
    rng = random.Random(f"{seed} {station.id} {i}")
    at = rng.expovariate(1 / said.every.value)
    while at < until_s:
        lasts_s = rng.expovariate(1 / said.lasts.value)
        yield from away(station, i, at, lasts_s, SILENT)
        at += lasts_s + rng.expovariate(1 / said.every.value)
