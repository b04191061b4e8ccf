"""A design read for the pages about its API: contract, figures, and how they are spelled."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from backend_lead.catalog.api_policies import RELEASE_S, SUPPORT_S
from backend_lead.catalog.network_profiles import PROFILES
from backend_lead.emit.report.wording import count, data, rate, seconds, share
from backend_lead.model.contract import Audience
from backend_lead.model.design import Design, JourneyAvailability
from backend_lead.model.screens import ApiPlan, Recommended, ScreenCost, Style
from backend_lead.views.api.contract import contract
from backend_lead.views.api.parts import Caller, Contract, Operation

WHO: dict[Audience, str] = {
    "mobile": "Mobile apps", "web": "Web application", "partner": "Partners",
    "internal": "Own services",
}  # fmt: skip
STYLE: dict[Style, str] = {
    "rest": "REST", "fitted": "REST with fuller lists", "bff": "REST with composed screens",
    "graph": "one GraphQL schema", "federated": "federated GraphQL", "rpc": "RPC (protobuf)",
}  # fmt: skip
FIRST_PARTY: tuple[Audience, ...] = ("mobile", "web")


@dataclass(frozen=True)
class Reading:
    """A design with the contract of its API and what was found about it."""

    design: Design
    found: Contract
    plan: ApiPlan

    def callers(self, audience: Audience) -> list[Caller]:
        """The classes of callers of an audience."""
        return [c for c in self.found.callers.values() if c.audience == audience]

    def asked(self, audience: Audience) -> list[Operation]:
        """The operations of an audience that are requests."""
        return [op for op in self.found.of_audience(audience) if op.nature != "event"]

    def events(self, audience: Audience) -> list[Operation]:
        """The events an audience is told of."""
        return [op for op in self.found.of_audience(audience) if op.nature == "event"]

    def screens(self, audience: Audience) -> list[ScreenCost]:
        """The screens of an audience, those looked at most first."""
        own = [s for s in self.plan.screens if s.audience == audience]
        return sorted(own, key=lambda s: (-s.views_per_s, s.screen, s.client))

    def advice(self, audience: Audience) -> Recommended:
        """What an audience is given."""
        return next(r for r in self.plan.recommended if r.audience == audience)

    def rate(self, op: Operation) -> float:
        """How often an operation is asked for (1/s), the screens built as recommended."""
        return (self.plan.rates or {}).get(op.name, 0.0)

    def p99(self, op: Operation) -> float | None:
        """Its predicted p99 (s) at the stated load; of several at once none is."""
        if op.said.bulk is not None:
            return None
        found = (self.plan.served_s or {}).get(op.name)
        return found[1] if found else None

    def load(self, caller: Caller) -> tuple[str, float]:
        """How many there are, in words, and their requests a second without waiting."""
        client = self.design.system.workload.clients[caller.name]
        if client.users is not None and client.think_time is not None:
            return (
                f"{count(client.users.value)} users",
                client.users.value / client.think_time.value,
            )
        each = client.rate.value if client.rate else 0.0
        return rate(each), each

    def release(self, caller: Caller) -> tuple[float, float, bool]:
        """Seconds between releases, seconds a release must work, and whether the model says so."""
        said = caller.access.release
        if said is None:
            return RELEASE_S.value, SUPPORT_S.value, False
        return said.every.value, said.support.value, True

    def network(self, caller: Caller) -> str:
        """The network its users are usually on."""
        return network(caller.access.network or "") or "not said"

    def journeys(self, audience: Audience) -> list[str]:
        """The journeys its callers make."""
        clients = self.design.system.workload.clients
        return list(
            dict.fromkeys(j for c in self.callers(audience) for j in clients[c.name].journeys)
        )

    def availability(self, audience: Audience) -> JourneyAvailability | None:
        """The least available journey of an audience."""
        names = set(self.journeys(audience))
        own = [j for j in self.design.availability if j.journey in names]
        return min(own, key=lambda j: (j.availability, j.journey), default=None)


def reading(design: Design) -> Reading | None:
    """None where the model promises no API, or nothing was found about it."""
    found = contract(design.system)
    if found is None or design.screens is None:
        return None
    return Reading(design, found, design.screens)


def network(word: str) -> str:
    """A network as people say it: 4G."""
    return PROFILES[word].title if word in PROFILES else word


def ms(value: float | None) -> str:
    """A time of a screen or a request: 1,340 ms; of one for which a part is full, none."""
    if value is None:
        return "not known"
    return "does not hold" if math.isinf(value) else f"{value * 1e3:,.0f} ms"


def code(names: Iterable[str]) -> str:
    """Names as code: `a`, `b`."""
    return ", ".join(f"`{name}`" for name in names)


def listed(words: Iterable[str], most: int = 8) -> str:
    """Words in a sentence: a, b and c; many are cut with their number."""
    every = list(words)
    if len(every) > most:
        every = [*every[:most], f"{len(every) - most} more"]
    return (
        every[0]
        if len(every) == 1
        else ", ".join(every[:-1]) + f" and {every[-1]}"
        if every
        else ""
    )


def days(value: float) -> str:
    """A window as people say it: 365 days."""
    return many(round(value / 86_400), "day")


def many(number: float, one: str, more: str = "") -> str:
    """A number with its noun: 1 round, 3 rounds."""
    return f"{count(number)} {one if number == 1 else more or one + 's'}"


__all__ = [
    "FIRST_PARTY", "STYLE", "WHO", "Reading", "code", "count", "data", "days", "listed", "many",
    "ms", "network", "rate", "reading", "seconds", "share",
]  # fmt: skip
