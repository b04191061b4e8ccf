"""Rate limit: each class of callers that we do not pace ourselves gets what it was promised."""

from __future__ import annotations

from backend_lead.model.manners import Limit
from backend_lead.model.quantity import Rate
from backend_lead.model.system import System
from backend_lead.model.units import RATE
from backend_lead.model.workload import Client
from backend_lead.tactics.tactic import Applied, Tactic, copy

ROOM = 1.25  # tokens per request at the stated peak: an empty bucket is then chance, not load
BURST_MIN = 50  # of Poisson arrivals at 1/1.25 of the rate, one in a billion finds it empty


class RateLimit(Tactic):
    id = "rate-limit"
    title = "Limit the rate of each class of callers"
    answers = ("flash-crowd",)
    does = (
        "Gives each class of callers that comes at a rate a bucket of tokens at the edge, a "
        "quarter above its stated peak; who finds none is told so at once (HTTP 429) and costs "
        "nothing behind the edge."
    )
    helps = (
        "When one class of callers (partners, devices, crawlers) may ask for more than was agreed: "
        "it is refused, and the others are served. The flash crowd trial shows it."
    )
    costs = (
        "A counter per class that all edges share; partners must treat a 429 as such and wait as "
        "long as it says."
    )
    hurts = (
        "A limit that is not raised with what was agreed refuses honest growth; within a class one "
        "caller can still use up the share of all others."
    )
    sources = (
        "M. Nottingham and R. Fielding, RFC 6585, Additional HTTP Status Codes, 2012, section 4 "
        "(429 Too Many Requests)",
        "J. Heinanen and R. Guerin, RFC 2697, A Single Rate Three Color Marker, 1999 (token "
        "buckets)",
    )

    def sites(self, system: System) -> list[str]:
        return ["system"] if any(map(_unlimited, system.workload.clients.values())) else []

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        for client in out.workload.clients.values():
            if _unlimited(client):
                client.limit = _limit(client)
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return self.title


def _unlimited(client: Client) -> bool:
    """One that asks nothing yet gets no bucket: what it was promised is not known."""
    return client.rate is not None and client.rate.value > 0 and client.limit is None


def _limit(client: Client) -> Limit:
    assert client.rate is not None
    allowed = client.rate.value * ROOM
    rate = Rate.model_validate({
        "value": RATE.format(allowed), "origin": "computed",
        "why": "a quarter above the stated peak of this class: nothing is refused at peak",
    })  # fmt: skip
    return Limit(rate=rate, burst=BURST_MIN if allowed < BURST_MIN else None)


TACTIC = RateLimit()
