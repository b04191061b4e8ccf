"""Horizontal scale: more equal instances behind a balancer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend_lead.catalog import kind_of
from backend_lead.model.system import System
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, steps_up

INSTANCES_MAX = 2000
PARTITIONS_MAX = 1000  # of one topic; more make failovers of brokers slow


class HorizontalScale(Tactic):
    id = "horizontal-scale"
    title = "Run more instances"
    does = (
        "Runs several equal instances of a part that keeps nothing of its own, or more brokers of "
        "a stream with more partitions; requests, connections and messages are spread over them."
    )
    helps = "When such a part is the limit: capacity grows in proportion, losses get smaller."
    costs = (
        "Each instance opens its own connection pool, so connections to databases grow in "
        "proportion; sessions and files must not live on an instance; messages are in order within "
        "a partition only."
    )
    hurts = "It moves the limit to whatever the instances share: usually the database."
    sources = (
        "Abbott & Fisher, The Art of Scalability, 2nd ed. (2015), ch. 22, x-axis of the scale cube",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if "count" in kind_of(part.kind).fields and (part.count or 1) < INSTANCES_MAX
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        part = out.components[site]
        part.count = part.count or 1
        counts = steps_up(part.count, INSTANCES_MAX)
        if part.topics:  # two brokers have no majority when one is lost
            counts = tuple(n for n in counts if n != 2 or part.count == 2)
        most = part.autoscale.most if part.autoscale else 0
        knobs: list[Knob] = [
            _Count(site, "count", counts,
                   frozenset({"CPU", "workers", "pool", "held", "redundancy"}), most)
        ]  # fmt: skip
        for name, topic in part.topics.items():
            more = steps_up(topic.partitions, max(topic.partitions, PARTITIONS_MAX))
            knobs.append(Knob(site, f"topics.{name}.partitions", more, frozenset({"partitions"})))
        return Applied(out, tuple(knobs))

    def heading(self, site: str) -> str:
        return f"Run several instances of {site}"


@dataclass(frozen=True)
class _Count(Knob):
    """A number of instances; where they scale, the most that may run is never below it."""

    most: int = 0

    def set(self, system: System, value: Any) -> None:
        super().set(system, value)
        scale = system.components[self.component].autoscale
        if scale is not None:
            scale.most = max(self.most, value)


TACTIC = HorizontalScale()
