"""Horizontal scale: more equal instances behind a balancer."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.model.system import System
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, steps_up

INSTANCES_MAX = 2000


class HorizontalScale(Tactic):
    id = "horizontal-scale"
    title = "Run more instances"
    does = "Runs several equal instances of a stateless service; the balancer spreads requests."
    helps = (
        "When a stateless service is the limit: capacity grows in proportion, losses get smaller."
    )
    costs = (
        "Each instance opens its own connection pool, so connections to databases grow in "
        "proportion; sessions and files must not live on an instance."
    )
    hurts = "It moves the limit to whatever the instances share: usually the database."
    sources = (
        "Abbott & Fisher, The Art of Scalability, 2nd ed. (2015), ch. 22, x-axis of the scale cube",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if kind_of(part.kind).role == "service" and (part.count or 1) < INSTANCES_MAX
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        part = out.components[site]
        part.count = part.count or 1
        knob = Knob(site, "count", steps_up(part.count, INSTANCES_MAX),
                    frozenset({"CPU", "workers", "pool", "redundancy"}))  # fmt: skip
        return Applied(out, (knob,))

    def heading(self, site: str) -> str:
        return f"Run several instances of {site}"


TACTIC = HorizontalScale()
