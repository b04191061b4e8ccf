"""Load shedding: who waited too long is told so at once."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.model.quantity import Duration
from backend_lead.model.system import System
from backend_lead.model.units import DURATION
from backend_lead.tactics.tactic import Applied, Tactic, copy
from backend_lead.views.places import reached


class LoadShedding(Tactic):
    id = "load-shedding"
    title = "Shed load that comes too late"
    answers = ("flash-crowd",)
    does = (
        "A request that waited for a worker as long as its p99 objective allows is refused at once "
        "instead of being served late."
    )
    helps = (
        "When more is asked than can be carried: the queue stays short, those who are served are "
        "served in time, and the others know at once. The flash crowd trial shows it."
    )
    costs = "Clients must treat a refusal as such: tell the user, or wait before they try again."
    hurts = "Set too low, it refuses bursts that the queue would have absorbed."
    sources = (
        "Nichols and Jacobson, Controlling Queue Delay, ACM Queue 10 (5), 2012",
        "B. Maurer, Fail at Scale, ACM Queue 13 (8), 2015: adaptive LIFO and CoDel at Facebook",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if "patience" in kind_of(part.kind).fields and part.patience is None
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        strictest = _strictest(system, site)
        out.components[site].patience = Duration.model_validate({
            "value": DURATION.format(strictest), "origin": "computed",
            "why": "the strictest p99 objective of what it answers: who waited so long is late",
        })  # fmt: skip
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return f"Shed load at {site} that comes too late"


def _strictest(system: System, site: str) -> float:
    """The strictest p99 objective (s) of the requests that come to a component."""
    asking = [
        ref
        for journey in system.journeys.values()
        for ref in journey.steps
        if any(end.partition(".")[0] == site for end in reached(system, ref))
    ]
    every = [slo.p99.value for slo in system.slos]
    return min((system.p99_of(ref) for ref in asking), default=min(every))


TACTIC = LoadShedding()
