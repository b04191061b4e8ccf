"""Bulkhead: one dependency may hold a part of the workers, never all."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.model.system import Component, Step, System
from backend_lead.tactics.tactic import Applied, Tactic, copy
from backend_lead.views.places import inner_steps

SHARE = 0.5  # of the workers one dependency may hold: what is left serves everything else


class Bulkhead(Tactic):
    id = "bulkhead"
    title = "Keep workers for the others"
    answers = ("slow-dependency",)
    does = (
        "Limits how many calls to one dependency an instance has under way, those that wait for a "
        "connection included, to half of its workers; the next is refused at once."
    )
    helps = (
        "When requests that need a slow dependency and requests that do not share the workers of a "
        "service: without a limit the former take all of them, and the latter wait too."
    )
    costs = (
        "A limit per dependency to choose and to watch; half of the workers are never used for the "
        "dependency, however busy it is."
    )
    hurts = (
        "Set below what the peak holds, it refuses requests that would have been served; where "
        "every request needs the dependency, nothing is left to protect."
    )
    sources = (
        "M. Nygard, Release It!, 2nd ed., 2018, ch. 5 'Stability Patterns' (Bulkheads)",
        "Microsoft, Azure Architecture Center, Cloud Design Patterns, 'Bulkhead pattern'",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if _workers(part) > 1
            and _needs(part)
            and any(_unlimited(s) for e in part.endpoints.values() for s in inner_steps(e.does))
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        part = out.components[site]
        limit = max(1, part.pool or 1, int(_workers(part) * SHARE))
        for endpoint in part.endpoints.values():
            for step in inner_steps(endpoint.does):
                if _unlimited(step):
                    step.limit = limit
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return f"Let no dependency take all workers of {site}"


def _workers(part: Component) -> int:
    """Workers of an instance; 0 where the kind knows none."""
    if "concurrency" not in kind_of(part.kind).fields:
        return 0
    return part.concurrency or 0


def _needs(part: Component) -> bool:
    """Whether some requests do without a dependency that others need, so that there is something
    to protect: not every endpoint begins with the same one."""
    each: list[set[str]] = [
        {_dependency(step) for step in endpoint.does if _unlimited(step)}
        | {_dependency(inner) for step in endpoint.does for inner in step.parallel or []}
        for endpoint in part.endpoints.values()
        if endpoint.on is None
    ]
    return bool(each) and bool(set.union(*each) - each[0].intersection(*each[1:]))


def _dependency(step: Step) -> str:
    return (step.call or step.query or "").partition(".")[0]


def _unlimited(step: Step) -> bool:
    return step.verb in ("call", "query") and step.limit is None


TACTIC = Bulkhead()
