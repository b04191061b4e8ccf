"""Instances fail at random, as `fails` of components says, for as long as enough of them did."""

from __future__ import annotations

from backend_lead.analysis.faults.fault import Fault
from backend_lead.analysis.lowering import Event
from backend_lead.analysis.random_failures import drawn_failures
from backend_lead.views.flow import Flow

ENOUGH = 10.0  # failures that are waited for, on average
SPAN_MIN_S, SPAN_MAX_S = 60.0, 3600.0
SEED = 1  # of the failures; those of the requests are the run's


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
    trigger = "the failures"

    def applies(self, flow: Flow) -> bool:
        return _per_s(flow) > 0

    def events(self, flow: Flow, at: float) -> list[Event]:
        drawn = drawn_failures(flow, SEED, self.ends_s(flow))
        return [
            Event(at + event.at_s, event.action, event.station, event.replica, event.x)
            for event in drawn
        ]

    def lasts_s(self, flow: Flow) -> float:
        return self.ends_s(flow)

    def ends_s(self, flow: Flow) -> float:
        return min(SPAN_MAX_S, max(SPAN_MIN_S, ENOUGH / _per_s(flow)))

    def words(self, flow: Flow) -> str:
        said = [
            f"each instance of {name} every {part.fails.every.text} for {part.fails.lasts.text}"
            for name, part in flow.system.components.items()
            if part.fails is not None
        ]
        return f"at random, on average {'; '.join(said)}; over {self.ends_s(flow):.0f} s"


FAULT = RandomFailures()
