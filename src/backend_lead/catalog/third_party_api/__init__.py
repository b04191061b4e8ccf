"""Somebody else's API: it answers in its own time and within its own limit."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import ANY_NUMBER, Item, Kind, Station, Traffic
from backend_lead.model.system import Component, Operation

ANSWER_S = Fact(
    "answer", "time of one answer, where the model does not say", 0.2, 0.03, 1.5, "s", "assumed",
    "no general figure; over the internet, from tens of milliseconds to seconds: measure yours",
)  # fmt: skip


class ThirdPartyApi(Kind):
    """Takes any number of requests up to its `limit`; who is over it is refused.

    It lies in no zone of this system. Its price is its own affair and not in the bill.
    """

    id = "third-party-api"
    title = "Third-party API"
    role = "third party"
    asked_with = "query"
    own_cores = False
    summary = "somebody else's API with its own limit and promise; its price is not in the bill"
    fields = frozenset(["kind", "title", "operations", "limit", "notes", "origins"])
    required = frozenset({"operations"})
    facts = (ANSWER_S,)
    availability = Fact(
        "third-party", "the third party answers", 0.999, 0.99, 0.9999, "ratio", "assumed",
        "what its contract says; published ones run from 99.9 % (AssemblyAI, 'What is your API "
        "Uptime SLA?') over 99.95 % (Twilio API SLA) to 99.99 %, many promise nothing",
    )  # fmt: skip
    repair = Fact(
        "repair", "time until it answers again", 3600.0, 300.0, 14_400.0, "s", "assumed",
        "no general figure; minutes to hours, and nobody here can shorten it",
    )  # fmt: skip

    def work_s(self, component: Component, operation: Operation) -> tuple[float, float]:
        return 0.0, operation.wait.value if operation.wait else ANSWER_S.value

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        return [
            Station(
                id=name, component=name, groups=1, per_group=1, cores=1, workers=ANY_NUMBER,
                queue=None, balance="random", zones=(), limited=False,
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        return []


KIND = ThirdPartyApi()
