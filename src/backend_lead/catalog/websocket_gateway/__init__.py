"""A WebSocket gateway: instances whose work is to hold connections open."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Item, Kind, Station, Traffic, scaling, spread
from backend_lead.catalog.network import BACKLOG, DETECT, HOLDING, held_max
from backend_lead.model.system import Component

CONCURRENCY_DEFAULT = 4096  # messages handled at once by one instance


class WebsocketGateway(Kind):
    """Holds a connection for each user and passes on what comes through it."""

    id = "websocket-gateway"
    title = "WebSocket gateway"
    role = "connection gateway"
    asked_with = "call"
    smallest = "m7g.large"
    summary = "instances that hold clients' connections; memory and descriptors limit how many"
    fields = frozenset(
        ["kind", "title", "instance", "count", "zones", "concurrency", "patience", "autoscale",
         "detect", "endpoints", "pool", "notes", "origins"]
    )  # fmt: skip
    required = frozenset({"instance", "endpoints"})
    facts = (*HOLDING, DETECT, BACKLOG)
    availability = Fact(
        "instance-availability", "one instance is up", 0.999, 0.995, 0.9999, "ratio", "assumed",
        "Amazon Compute SLA commits to 99.5 % for a single instance; deploys and crashes of the "
        "gateway itself are the larger part",
    )  # fmt: skip
    repair = Fact(
        "instance-repair", "time until a lost instance is replaced", 300.0, 60.0, 1800.0, "s",
        "assumed", "start of a machine and of the gateway on it; minutes, by experience",
    )  # fmt: skip

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        count = component.count or 1
        return [
            Station(
                id=name, component=name, groups=1, per_group=count,
                cores=self.machine(component).vcpu,
                workers=component.concurrency or CONCURRENCY_DEFAULT, queue=int(BACKLOG.value),
                balance="least-outstanding", zones=spread(1, count, component.zones),
                patience_s=component.patience.value if component.patience else 0.0,
                detect_s=component.detect.value if component.detect else DETECT.value,
                held_max=held_max(self.machine(component).memory_bytes), scaling=scaling(component),
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        return [Item("instances", component.instance, self.hours(component, traffic), "hour")]

    def instances(self, component: Component) -> int:
        return component.count or 1


KIND = WebsocketGateway()
