"""No resource is asked for more than it has, with all zones up and with one lost."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_lead.checks.evidence import FULL, Evidence, Use
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import amount, percent
from backend_lead.model.finding import Finding
from backend_lead.model.units import per_of
from backend_lead.model.ways import is_way

WAY = "way"  # from one region to another, which all who send share
LAWS = {
    "CPU": "utilisation law: use = requests/s x CPU time / cores",
    "workers": "Little's law: workers held = requests/s x time each is held",
    "pool": "Little's law: connections held = queries/s x time each is held",
    "commits": "use = writes/s, each batch once / commits a second the log of a primary takes",
    "disk": "utilisation law: use = reads/s / reads the disk sustains",
    "sending": "use = bytes/s / bandwidth of a replica",
    WAY: "use = bytes/s / bandwidth of the way",
}


# What relieves a resource where that is not seen from its name.
RELIEF = {
    "disk": "a larger machine has more memory and disk operations; a cache, replicas or shards "
    "take reads away; its volume is ordered large enough already",
    "sending": "smaller answers, or more replicas",
    WAY: "smaller answers or fewer calls on it, or more `bandwidth` of this hop",
}


class LoadCarried(Rule):
    id = "load-carried"
    title = "Every resource carries its load"
    why = (
        "A resource that is asked for more than it has builds a queue without end: no p99 "
        "exists. Its use grows with the load, so the load at which it is full follows from its "
        "use now."
    )
    level = "error"
    needs = ("model", "solution")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        yield from self._scaled(evidence)
        told: set[str] = set()
        for when, solved in evidence.zones_words:
            over = [u for u in solved.uses if _full(u) and "failover" not in u.id]
            for use in sorted(over, key=lambda u: (-u.busy, u.id)):
                if use.id not in told:
                    told.add(use.id)
                    rate = solved.requests_per_s - evidence.refused_per_s
                    yield self._over(evidence, use, when, rate)
            if not over and not solved.stable:
                yield self.finding(
                    f"a queue has no end {when}", evidence.place(("components",)),
                    "no steady state", "queues that end", "lower the load",
                )  # fmt: skip

    def _scaled(self, evidence: Evidence) -> Iterator[Finding]:
        """Where the load is carried only by replicas that scaling adds."""
        for sid, n in evidence.scaled.items():
            assert evidence.flow is not None
            station = evidence.flow.stations[sid]
            assert station.scaling is not None
            yield self.finding(
                f"`{sid}` needs {n} instances at peak: its autoscaling adds "
                f"{n - station.per_group}, and until it has, requests wait or fail",
                evidence.component_place(station.component, "autoscale"),
                f"{station.per_group} stated, up to {station.scaling.most} with autoscaling",
                "the load carried", f"count: {n} has them there from the start", level="note",
            )  # fmt: skip

    def _most(self, evidence: Evidence, use: Use) -> str:
        """That even the most instances that scaling may have are too few."""
        found = evidence.flow.stations.get(use.id.removesuffix(" cores")) if evidence.flow else None
        if found is None or found.scaling is None:
            return ""
        return f"; with all the instances it may have (most: {found.scaling.most}), raise `most`"

    def _over(self, evidence: Evidence, use: Use, when: str, rate: float) -> Finding:
        name = WAY if is_way(use.resource) else use.resource.partition(" ")[0]
        law = LAWS.get(name, LAWS["CPU"])
        if use.busy < FULL:
            seen = f"{percent(use.busy)} of the cores, all that its workers may use"
            full = "fewer workers than cores: raise concurrency"
        else:
            seen = percent(use.busy)
            per = per_of(rate)
            most = per.number(rate / use.busy, amount)
            full = f"full at about {most} of {per.text(rate, 'requests', amount)} ({law})"
            if evidence.refused_per_s:
                full += ", of those that limits at the door let in"
            full += f"; {RELIEF[name]}" if name in RELIEF else ""
            full += self._most(evidence, use)
        return self.finding(
            f"`{use.component}` is asked for {percent(use.busy)} of its {use.resource} at peak"
            f" {when}", evidence.component_place(use.component), seen, "below 100%", full,
        )  # fmt: skip


def _full(use: Use) -> bool:
    """Whether a queue for it has no end; who goes on without it queues for nothing."""
    if use.sheds:
        return False
    return use.busy >= FULL or math.isinf(use.wait_s)


RULE = LoadCarried()
