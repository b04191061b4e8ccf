"""A function such as AWS Lambda: each request has an environment of its own, paid by the time."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import BILLED_GB, Item, Kind, Station, Traffic
from backend_lead.model.system import Component

MIB = 2.0**20
CONCURRENCY = Fact(
    "concurrency", "requests in progress at once, where the model does not say", 1_000.0, 10.0,
    10_000.0, "requests", "catalogue",
    "AWS Lambda developer guide, 'Lambda quotas': 1,000 concurrent executions an account and "
    "region by default, less for new accounts, tens of thousands on request",
)  # fmt: skip
MEMORY_B = Fact(
    "memory", "memory of a function, where the model does not say", 512 * MIB, 128 * MIB,
    10_240 * MIB, "B", "assumed",
    "AWS Lambda developer guide, 'Configure memory': 128 MB by default, for simple functions only; "
    "10,240 MB at most",
)  # fmt: skip
CORE_B = Fact(
    "memory-of-a-core", "memory with which a function has one core", 1_769 * MIB, 1_769 * MIB,
    1_769 * MIB, "B", "catalogue",
    "AWS Lambda developer guide, 'Configure memory': at 1,769 MB the equivalent of one vCPU, in "
    "proportion below",
)  # fmt: skip
COLD_SHARE = Fact(
    "cold-share", "requests that find no environment ready", 0.005, 0.0005, 0.01, "ratio",
    "catalogue",
    "AWS Lambda operator guide, 'Execution environments': in production typically under 1 % of "
    "invocations; functions that are asked seldom see far more",
)  # fmt: skip
COLD_S = Fact(
    "cold-start", "time until an environment is ready", 0.4, 0.1, 3.0, "s", "catalogue",
    "AWS Lambda operator guide, 'Execution environments': from under 100 ms to over 1 s; "
    "A. Tanasa, 'Lambda Cold Starts Benchmark' (2023), Node.js 20: 0.24 s with a small package, "
    "3.2 s with 64 MB",
)  # fmt: skip


class ServerlessFunction(Kind):
    """Requests beyond `concurrency` are refused at once; none waits for another.

    One thread computes with its share of a core, which follows from `memory`. Billed for requests
    and for memory times the time they are in progress, starts and waits for others included.
    """

    id = "serverless-function"
    title = "Serverless function"
    role = "function"
    asked_with = "call"
    summary = "code without machines; a limit on requests at once, paid by request and time"
    fields = frozenset(
        ["kind", "title", "memory", "concurrency", "endpoints", "pool", "limit", "notes", "origins"]
    )
    required = frozenset({"endpoints"})
    facts = (CONCURRENCY, MEMORY_B, CORE_B, COLD_SHARE, COLD_S)
    availability = Fact(
        "functions", "the platform runs functions", 0.9999, 0.9995, 0.99999, "ratio", "assumed",
        "AWS Lambda SLA commits to 99.95 %; a fifth of that downtime is assumed",
    )  # fmt: skip
    repair = Fact("repair", "repair", 600.0, 60.0, 7200.0, "s", "assumed",
                  "managed; published summaries of incidents tell of minutes to hours")  # fmt: skip

    def memory_bytes(self, component: Component) -> float:
        return component.memory.value if component.memory else MEMORY_B.value

    def slow(self, component: Component) -> float:
        """How much longer computing takes than on a core of its own."""
        return max(1.0, CORE_B.value / self.memory_bytes(component))

    def start_s(self, component: Component) -> tuple[float, float]:
        return COLD_SHARE.value, COLD_S.value

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        most = component.concurrency or int(CONCURRENCY.value)
        return [
            Station(
                id=name, component=name, groups=1, per_group=1, cores=most, workers=most, queue=0,
                balance="random", zones=(), slow=self.slow(component),
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        in_progress = traffic.under_way + traffic.compute * (self.slow(component) - 1)
        gigabytes = self.memory_bytes(component) / BILLED_GB
        seconds = traffic.in_month(in_progress)
        return [
            Item("requests", "lambda-request", traffic.requests_month, "request", tiered=True,
                 by_load=True),
            Item("compute", "lambda-gb-second", seconds * gigabytes, "GiB-second", tiered=True,
                 by_load=True),
        ]  # fmt: skip


KIND = ServerlessFunction()
