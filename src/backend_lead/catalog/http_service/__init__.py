"""A stateless service that answers requests: many equal instances behind a balancer."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Item, Kind, Station, Traffic, scaling, spread
from backend_lead.catalog.network import BACKLOG, DETECT, HOLDING, held_max
from backend_lead.model.system import Component

CONCURRENCY_DEFAULT = 256


class HttpService(Kind):
    """Requests hold a worker from start to end, calls included, and a core while they compute.

    It may hold clients' connections beside them.
    """

    id = "http-service"
    title = "HTTP service"
    role = "service"
    asked_with = "call"
    summary = "stateless instances; a request holds a worker throughout and a core while computing"
    fields = frozenset(
        [
            "kind",
            "title",
            "instance",
            "count",
            "zones",
            "concurrency",
            "queue",
            "patience",
            "autoscale",
            "balance",
            "detect",
            "endpoints",
            "pool",
            "notes",
            "origins",
        ]
    )
    required = frozenset({"instance", "endpoints"})
    facts = (DETECT, BACKLOG, *HOLDING)
    availability = Fact(
        "instance-availability", "one instance is up", 0.999, 0.995, 0.9999, "ratio", "assumed",
        "Amazon Compute SLA commits to 99.5 % for a single instance; deploys and crashes of the "
        "service itself are the larger part, no general figure exists",
    )  # fmt: skip
    repair = Fact(
        "instance-repair", "time until a lost instance is replaced", 300.0, 60.0, 1800.0, "s",
        "assumed", "start of a machine and of the service on it; minutes, by experience",
    )  # fmt: skip

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        count = component.count or 1
        return [
            Station(
                id=name,
                component=name,
                groups=1,
                per_group=count,
                cores=self.machine(component).vcpu,
                workers=component.concurrency or CONCURRENCY_DEFAULT,
                queue=int(BACKLOG.value) if component.queue is None else component.queue,
                patience_s=component.patience.value if component.patience else 0.0,
                balance=component.balance or "power-of-two",
                zones=spread(1, count, component.zones),
                detect_s=component.detect.value if component.detect else DETECT.value,
                held_max=held_max(self.machine(component).memory_bytes),
                scaling=scaling(component),
            )
        ]

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        return [Item("instances", component.instance, self.hours(component, traffic), "hour")]

    def instances(self, component: Component) -> int:
        return component.count or 1


KIND = HttpService()
