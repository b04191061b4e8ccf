"""Request coalescing: of many who miss the same key at once, one asks the store."""

from __future__ import annotations

from backend_lead.model.system import Step, System
from backend_lead.tactics.tactic import Applied, Tactic, copy
from backend_lead.views.places import inner_steps


class RequestCoalescing(Tactic):
    id = "request-coalescing"
    title = "Let one read fetch for all"
    answers = ("cache-cold",)
    does = (
        "Of the reads that miss the same key while it is being fetched, the first asks the store "
        "and the others wait for its answer: of a key read r times a second that takes F seconds "
        "to fetch, at most r / (1 + rF) reads a second reach the store."
    )
    helps = (
        "When popular keys are dear to fetch: after a cold start, an invalidation or the end of a "
        "time to live, every read of such a key asks the store until it is there again. The "
        "cold-cache trial shows it."
    )
    costs = (
        "The cache hands out who may fetch (a lease), or each instance keeps a list of what is "
        "under way; then one fetch per instance is left."
    )
    hurts = (
        "One slow or failing fetch is that of everybody who waits for it; for keys that are read "
        "less than once in their fetch time it changes nothing."
    )
    sources = (
        "Nishtala et al., Scaling Memcache at Facebook, NSDI 2013, section 3.2.1 (leases)",
        "The Go Authors, package golang.org/x/sync/singleflight, documentation",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if any(
                _alone(step) for end in part.endpoints.values() for step in inner_steps(end.does)
            )
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        for endpoint in out.components[site].endpoints.values():
            for step in inner_steps(endpoint.does):
                if _alone(step):
                    step.coalesce = True
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return f"Let one read of {site} fetch for all who miss with it"


def _alone(step: Step) -> bool:
    return step.read is not None and not step.coalesce


TACTIC = RequestCoalescing()
