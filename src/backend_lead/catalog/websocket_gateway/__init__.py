"""A WebSocket gateway: instances whose work is to hold connections open."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Item, Kind, Station, Traffic, scaling, spread
from backend_lead.model.system import Component

CONCURRENCY_DEFAULT = 4096
CONNECTION_B = Fact(
    "connection-memory", "memory of one open connection", 40e3, 10e3, 300e3, "B", "assumed",
    "Phoenix, 'The Road to 2 Million Websocket Connections' (2015): two million on one machine of "
    "128 GB; TLS and the application's own state add to it, compression of messages some 300 kB",
)  # fmt: skip
MEMORY_USABLE = Fact(
    "memory-usable", "share of the machine's memory for connections", 0.6, 0.4, 0.8, "ratio",
    "assumed", "the rest for the system, code, and buffers while messages are sent",
)  # fmt: skip
DESCRIPTORS = Fact(
    "descriptors", "open files of a process", 500e3, 65_535.0, 1_048_576.0, "files", "assumed",
    "Linux fs.nr_open is 1,048,576 by default; the limit of a process is set below it",
)  # fmt: skip
DETECT = Fact(
    "detect", "time until the balancer stops choosing a dead instance", 10.0, 4.0, 60.0, "s",
    "assumed", "two failed health checks five seconds apart",
)  # fmt: skip


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
    facts = (CONNECTION_B, MEMORY_USABLE, DESCRIPTORS, DETECT)
    availability = Fact(
        "instance-availability", "one instance is up", 0.999, 0.995, 0.9999, "ratio", "assumed",
        "as an instance of a service",
    )  # fmt: skip
    repair = Fact(
        "instance-repair", "time until a lost instance is replaced", 300.0, 60.0, 1800.0, "s",
        "assumed", "start of a machine and of the gateway on it; minutes, by experience",
    )  # fmt: skip

    def held_max(self, component: Component) -> int:
        """Connections one instance can hold."""
        memory = self.machine(component).memory_bytes * MEMORY_USABLE.value
        return int(min(memory / CONNECTION_B.value, DESCRIPTORS.value))

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        count = component.count or 1
        return [
            Station(
                id=name, component=name, groups=1, per_group=count,
                cores=self.machine(component).vcpu,
                workers=component.concurrency or CONCURRENCY_DEFAULT, queue=511,
                balance="least-outstanding", zones=spread(1, count, component.zones),
                patience_s=component.patience.value if component.patience else 0.0,
                detect_s=component.detect.value if component.detect else DETECT.value,
                held_max=self.held_max(component), scaling=scaling(component),
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        assert component.instance is not None
        return [Item("instances", component.instance, self.hours(component, traffic), "hour")]

    def instances(self, component: Component) -> int:
        return component.count or 1


KIND = WebsocketGateway()
