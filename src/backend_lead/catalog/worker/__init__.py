"""A background worker: instances that handle messages; nobody waits for their answer."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Item, Kind, Station, Traffic, scaling, spread
from backend_lead.model.system import Component

CONCURRENCY_DEFAULT = 64  # batches handled at once by one instance
DETECT = Fact(
    "detect", "time until a dead worker's messages go to another", 30.0, 6.0, 45.0, "s",
    "catalogue",
    "NATS redelivers what was not acknowledged within AckWait, 30 s by default; Apache Kafka's "
    "consumer session.timeout.ms is 45 s by default, and 6 s at least "
    "(group.min.session.timeout.ms); a worker that ends in good order is replaced at once",
)  # fmt: skip


class Worker(Kind):
    """A batch holds a worker from start to end, calls included, and a core while it computes."""

    id = "worker"
    title = "Background worker"
    role = "worker"
    asked_with = "call"
    smallest = "m7g.large"
    summary = "instances that handle messages of topics; their work can wait"
    fields = frozenset(
        ["kind", "title", "instance", "count", "zones", "concurrency", "autoscale", "detect",
         "endpoints", "pool", "notes", "origins"]
    )  # fmt: skip
    required = frozenset({"instance", "endpoints"})
    facts = (DETECT,)
    availability = Fact(
        "instance-availability", "one instance is up", 0.999, 0.995, 0.9999, "ratio", "assumed",
        "Amazon Compute SLA commits to 99.5 % for a single instance; while all are away messages "
        "wait and nothing is lost",
    )  # fmt: skip
    repair = Fact(
        "instance-repair", "time until a lost instance is replaced", 300.0, 60.0, 1800.0, "s",
        "assumed", "start of a machine and of the worker on it; minutes, by experience",
    )  # fmt: skip

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        count = component.count or 1
        return [
            Station(
                id=name, component=name, groups=1, per_group=count,
                cores=self.machine(component).vcpu,
                workers=component.concurrency or CONCURRENCY_DEFAULT, queue=None,
                balance="least-outstanding", zones=spread(1, count, component.zones),
                detect_s=component.detect.value if component.detect else DETECT.value,
                scaling=scaling(component),
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        return [Item("instances", component.instance, self.hours(component, traffic), "hour")]

    def instances(self, component: Component) -> int:
        return component.count or 1


KIND = Worker()
