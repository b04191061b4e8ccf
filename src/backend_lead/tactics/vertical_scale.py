"""Vertical scale: the same part on a larger machine."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.model.system import System
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, steps_up

TIMES = 16


class VerticalScale(Tactic):
    id = "vertical-scale"
    title = "Use a larger machine"
    does = "Moves a component to a larger machine of the same family; nothing else changes."
    helps = (
        "When one component's cores are the limit and a larger machine exists: the only way to "
        "grow "
        "that needs no change of code, data or operation."
    )
    costs = (
        "Price grows in proportion; changing the size of a database means a restart or failover."
    )
    hurts = (
        "It ends at the largest machine, and a single large machine fails as a whole: twice the "
        "size is twice the loss."
    )
    sources = ("AWS Well-Architected Framework, Performance Efficiency pillar, PERF02 (2024)",)

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if part.instance is not None
            and kind_of(part.kind).role != "cache"
            and _larger(part.instance, kind_of(part.kind).ladder(part))
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        part = out.components[site]
        assert part.instance is not None
        larger = _larger(part.instance, kind_of(part.kind).ladder(part))
        knob = Knob(site, "instance", (part.instance, *larger),
                    frozenset({"CPU", "connections", "disk", "held"}))  # fmt: skip
        knobs = [knob]
        # a larger machine may hold more requests and connections; opened only as far as needed
        if part.pool is not None:
            pools = steps_up(part.pool, part.pool * TIMES)
            knobs.append(Knob(site, "pool", pools, frozenset({"pool"})))
        if part.concurrency is not None:
            doubled = tuple(part.concurrency * 2**k for k in range(TIMES.bit_length()))
            knobs.append(Knob(site, "concurrency", doubled, frozenset({"workers"})))
        return Applied(out, tuple(knobs))

    def heading(self, site: str) -> str:
        return f"Put {site} on a larger machine"


def _larger(instance: str, ladder: list[str]) -> list[str]:
    """Machines above `instance` in its family."""
    return ladder[ladder.index(instance) + 1 :] if instance in ladder else []


TACTIC = VerticalScale()
