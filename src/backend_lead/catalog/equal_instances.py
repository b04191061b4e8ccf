"""What all parts have in common that are equal instances of one program on machines of theirs."""

from __future__ import annotations

from typing import ClassVar

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Item, Kind, Station, Traffic, scaling, spread
from backend_lead.catalog.network import BACKLOG, held_max
from backend_lead.model.system import Component


class EqualInstances(Kind):
    """Base of parts that keep nothing of their own. Its `facts` have one with the id detect."""

    asked_with = "call"
    required = frozenset({"instance", "endpoints"})
    at_once: ClassVar[int]  # requests or batches one instance handles at once, where unsaid
    balance: ClassVar[str] = "least-outstanding"
    listens: ClassVar[bool] = True  # clients connect to it: they wait in a backlog and may stay
    availability = Fact(
        "instance-availability", "one instance is up", 0.999, 0.995, 0.9999, "ratio", "assumed",
        "Amazon Compute SLA commits to 99.5 % for a single instance; deploys and crashes of what "
        "runs on it are the larger part, no general figure exists",
    )  # fmt: skip
    repair = Fact(
        "instance-repair", "time until a lost instance is replaced", 300.0, 60.0, 1800.0, "s",
        "assumed", "start of a machine and of what runs on it; minutes, by experience",
    )  # fmt: skip

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        count, machine = component.count or 1, self.machine(component)
        backlog = int(BACKLOG.value) if self.listens else None
        return [
            Station(
                id=name, component=name, groups=1, per_group=count, cores=machine.vcpu,
                workers=component.concurrency or self.at_once,
                queue=backlog if component.queue is None else component.queue,
                patience_s=component.patience.value if component.patience else 0.0,
                balance=component.balance or self.balance,
                zones=spread(1, count, component.zones),
                detect_s=component.detect.value if component.detect else self.fact("detect"),
                held_max=held_max(machine.memory_bytes) if self.listens else 0,
                scaling=scaling(component, traffic.peak_hour), serving=component.serving,
                watch=component.watch,
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        return [Item("instances", component.instance, self.hours(component, traffic), "hour")]

    def instances(self, component: Component) -> int:
        return component.count or 1
