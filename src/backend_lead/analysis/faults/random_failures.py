"""Instances fail at random, as `fails` of components says, for as long as enough of them did."""

from __future__ import annotations

import random
from collections.abc import Iterator

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.faults.places import SILENT, away
from backend_lead.analysis.lowering import Event
from backend_lead.catalog.kind import Station
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.serving import Failing
from backend_lead.views.flow import Flow

ENOUGH = 10.0  # failures that are waited for, on average
SPAN_MIN_S, SPAN_MAX_S = 60.0, 3600.0
EVENTS_MAX = 1_000_000  # of one run


def drawn_failures(flow: Flow, seed: int, until_s: float) -> list[Event]:
    """What fails until then by the `fails` of each component: exponential times, each instance by
    itself, the same for the same seed whatever else the model says.

    Raises InvalidInput for more events than a run can hold.
    """
    events: list[Event] = []
    for station in flow.stations.values():
        said = flow.system.components[station.component].fails
        if said is None:
            continue
        for i in range(station.replicas_most):
            events += _of_one(station, i, said, seed, until_s)
            if len(events) > EVENTS_MAX:
                raise InvalidInput([Finding(
                    "simulate-failures", "error", "more random failures than one run can hold",
                    Place(f"components.{station.component}.fails"),
                    f"every {said.every.text}, {station.replicas_most:,} instances, "
                    f"{until_s:g} s", f"up to {EVENTS_MAX:,} events",
                    "let them fail more rarely, or give a shorter --duration",
                )])  # fmt: skip
    return sorted(events, key=lambda event: event.at_s)


def _of_one(station: Station, i: int, said: Failing, seed: int, until_s: float) -> Iterator[Event]:
    rng = random.Random(f"{seed} {station.id} {i}")
    at = rng.expovariate(1 / said.every.value)
    while at < until_s:
        lasts_s = rng.expovariate(1 / said.lasts.value)
        yield from away(station, i, at, lasts_s, SILENT)
        at += lasts_s + rng.expovariate(1 / said.every.value)


def _per_s(flow: Flow) -> float:
    """Failures a second of all instances together."""
    parts = flow.system.components
    return sum(
        station.replicas / (said.every.value + said.lasts.value)
        for station in flow.stations.values()
        if (said := parts[station.component].fails) is not None
    )


class RandomFailures(Fault):
    id = "random-failures"
    title = "Instances fail at random"
    in_design = False
    rank = 21
    by_chance = True
    lacks = "give a part `fails: {every: 30d, lasts: 5 min}`"

    def __init__(self, seed: int = 1, span_s: float | None = None) -> None:
        self.seed, self.span_s = seed, span_s

    def seeded(self, seed: int) -> RandomFailures:
        return RandomFailures(seed, self.span_s)

    def lasting(self, span_s: float) -> RandomFailures:
        return RandomFailures(self.seed, span_s)

    def applies(self, flow: Flow) -> bool:
        return _per_s(flow) > 0

    def events(self, flow: Flow, at: float) -> list[Event]:
        drawn = drawn_failures(flow, self.seed, self.ends_s(flow))
        return [
            Event(at + event.at_s, event.action, event.station, event.replica, event.x)
            for event in drawn
        ]

    def lasts_s(self, flow: Flow) -> float:
        return self.ends_s(flow)

    def ends_s(self, flow: Flow) -> float:
        if self.span_s is not None:
            return self.span_s
        return min(SPAN_MAX_S, max(SPAN_MIN_S, ENOUGH / _per_s(flow)))

    def words(self, flow: Flow) -> str:
        said = [
            f"each instance of {name} every {part.fails.every.text} for {part.fails.lasts.text}"
            for name, part in flow.system.components.items()
            if part.fails is not None
        ]
        span_s = self.ends_s(flow)
        return (
            f"at random, on average {'; '.join(said)}; over {span_s:.0f} s, in which"
            f" {span_s * _per_s(flow):,.0f} failures are expected"
        )


FAULT = RandomFailures()
