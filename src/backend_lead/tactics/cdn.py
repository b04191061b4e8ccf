"""CDN: requests that may be answered from the edge never reach the origin."""

from __future__ import annotations

from backend_lead.catalog import first_of, kind_of
from backend_lead.model.system import Component, System
from backend_lead.tactics.tactic import Applied, Tactic, copy, fresh_name


class Cdn(Tactic):
    id = "cdn"
    title = "Put a CDN in front"
    does = "Answers public pages, images and files from points of presence near the user."
    helps = "When a good part of requests or bytes is the same for many users."
    costs = "Egress is charged by the CDN; deployments must version or purge what it holds."
    hurts = "A wrong cache key shows one user's page to another; purging is never instant."
    sources = (
        "RFC 9111, HTTP Caching (2022)",
        "Nygren, Sitaraman, Sun, The Akamai Network, ACM SIGOPS OSR 44 (2010)",
    )

    def sites(self, system: System) -> list[str]:
        if any(kind_of(part.kind).role == "cdn" for part in system.components.values()):
            return []
        asked = {step for journey in system.journeys.values() for step in journey.steps}
        for name, part in system.components.items():
            for end, endpoint in part.endpoints.items():
                share = endpoint.edge_cache.value if endpoint.edge_cache else 0.0
                if share > 0 and f"{name}.{end}" in asked:
                    return ["system"]
        return []

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        kind = first_of("cdn")
        name = fresh_name(out, kind.id)
        out.components = {name: Component(kind=kind.id, title=kind.title), **out.components}
        out.workload.entry = [name, *out.workload.entry]
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return "Answer public requests from a CDN"


TACTIC = Cdn()
