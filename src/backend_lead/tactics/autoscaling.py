"""Autoscaling: instances follow the day, and are there before the peak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend_lead.catalog import kind_of
from backend_lead.model.manners import Autoscale
from backend_lead.model.quantity import Duration, Ratio
from backend_lead.model.system import Component, System
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, steps_up

INSTANCES_MAX = 2000
TIMES = 2  # up to twice the instances of the peak, for a crowd nobody scheduled
BUSY = 0.75  # of the cores that are left when a zone is lost, at any hour
FLAT = 1.15  # a peak so near to the mean leaves too little to save
DELAY = Duration.model_validate({
    "value": "2 min", "range": ["45 s", "6 min"], "origin": "assumed",
    "why": "a machine boots and the service on it gets ready; containers on running machines are "
    "faster",
})  # fmt: skip
COOL = Duration.model_validate({
    "value": "5 min", "range": ["3 min", "15 min"], "origin": "assumed",
    "source": "Kubernetes documentation, Horizontal Pod Autoscaling: the stabilization window for "
    "scaling down is 300 s by default",
    "why": "one calm moment is not the night",
})  # fmt: skip


class Autoscaling(Tactic):
    id = "autoscaling"
    title = "Let instances follow the load"
    does = (
        "Instances are taken away when the day is calm and added as it fills up. A schedule brings "
        "all that the peak needs before it comes; above it, use of the cores adds more. What is "
        "left when a zone is lost carries the load of that hour without waiting for new machines."
    )
    helps = (
        "When the peak is far above the mean: machines are paid for by the hour, and outside of "
        "the peak fewer do."
    )
    costs = (
        "Start-up must be fast and tested, instances must leave without losing requests, and the "
        "schedule follows what the product plans: sales, matches, campaigns."
    )
    hurts = (
        "Nothing is faster than its delay: a crowd that comes unannounced in a calm hour finds "
        "fewer instances than without it. In a large outage new machines may not be had."
    )
    sources = (
        "B. Beyer et al., The Site Reliability Workbook, 2018, ch. 11 (autoscaling and its limits)",
        "AWS, Static stability using Availability Zones, Amazon Builders' Library (2019)",
        "Kubernetes documentation, 'Horizontal Pod Autoscaling' (1.34, 2025)",
    )

    def sites(self, system: System) -> list[str]:
        if system.workload.peak.factor.value < FLAT:
            return []
        return [
            name
            for name, part in system.components.items()
            if "autoscale" in kind_of(part.kind).fields
            and part.autoscale is None
            and (part.count or 1) > _least(part)
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        part = out.components[site]
        count = part.count or 1
        part.count = count
        part.autoscale = Autoscale(
            least=_least(part), most=count * TIMES, target=_target(part), delay=DELAY, cool=COOL,
            ahead=True,
        )  # fmt: skip
        knob = _Scaled(site, "count", steps_up(count, INSTANCES_MAX),
                       frozenset({"CPU", "workers", "pool", "held", "redundancy"}))  # fmt: skip
        return Applied(out, (knob,))

    def heading(self, site: str) -> str:
        return f"Let the instances of {site} follow the load"


def _least(part: Component) -> int:
    """Instances that always run: one in each zone, two at least."""
    return max(2, part.zones)


def _target(part: Component) -> Ratio:
    """Use to aim at, so that those left when a zone is lost are no busier than planned."""
    left = 1 - 1 / part.zones if part.zones > 1 else 1.0
    return Ratio.model_validate({
        "value": f"{100 * BUSY * left:.0f}%", "origin": "computed",
        "why": f"{BUSY:.0%} of the cores left when one of {part.zones} zones is lost"
        if part.zones > 1 else f"{BUSY:.0%} of the cores at most, as planned for the peak",
    })  # fmt: skip


@dataclass(frozen=True)
class _Scaled(Knob):
    """A number of instances at peak, with the most that scaling may add above it."""

    def set(self, system: System, value: Any) -> None:
        super().set(system, value)
        part = system.components[self.component]
        if part.autoscale is not None:
            part.autoscale.most = value * TIMES


TACTIC = Autoscaling()
